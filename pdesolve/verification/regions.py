"""Parts of a grid, and the order that is expected of errors there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdesolve.numerics.grid import Grid

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of the grid and the order expected there.

    Attributes
    ----------
    name : str
    nodes : callable
        Grid -> boolean array, shape (n_psi, n_xi).
    expected, cap : float
        As in `OrderRow`.
    """

    name: str
    nodes: Callable[[Grid], Mask]
    expected: float
    cap: float


def across(expected: float, cap: float) -> tuple[Region, ...]:
    """Nodes inside the xi axis, and its ends."""
    return (
        Region(name="interior", nodes=_inside, expected=expected, cap=cap),
        Region(name="boundary", nodes=_edge, expected=expected, cap=cap),
    )


def _edge(grid: Grid) -> Mask:
    """The ends of the xi axis."""
    nodes = np.zeros(grid.xi.shape, dtype=bool)
    nodes[:, [0, -1]] = True
    return nodes


def _inside(grid: Grid) -> Mask:
    return ~_edge(grid)


def lowest(grid: Grid) -> Mask:
    """The line psi = 0, where an economy starts."""
    return np.broadcast_to(np.arange(grid.n_psi)[:, None] == 0, grid.xi.shape)


def above(grid: Grid) -> Mask:
    """The lines above it."""
    return ~lowest(grid)


def element_ends(grid: Grid) -> Mask:
    """Ends of the elements, without the inflow at the top, which knows nothing of the others."""
    lines = np.arange(grid.n_psi)
    chosen = (lines % grid.stages == 0) & (lines < grid.n_psi - 1)
    return np.broadcast_to(chosen[:, None], grid.xi.shape)
