"""Grids to look at, and their operators as dense matrices."""

from typing import Any

import numpy as np

from pdesolve.numerics.grid import Grid
from pdesolve.typing import Array

FLAT: dict[str, Any] = {
    "centre": 0.0,
    "width": 1.0,
    "stretch": 0.0,
    "spread": 0.0,
    "psi_scale": 1.0,
    "psi_known": 0.0,
    "psi_top": 0.0,
    "n_xi": 1,
    "n_psi": 1,
}
FANNED: dict[str, Any] = {
    "centre": 0.4,
    "width": 7.0,
    "stretch": 1.3,
    "spread": 0.3,
    "psi_scale": 0.7,
    "psi_known": 3.0,
    "psi_top": 6.0,
    "n_xi": 41,
    "n_psi": 13,
}


def flat(**changes: Any) -> Grid:
    return Grid(**(FLAT | changes))


def fanned(**changes: Any) -> Grid:
    return Grid(**(FANNED | changes))


def matrices(grid: Grid) -> tuple[Array, Array, Array]:
    """Dense matrices of u_xi, u_xixi and u_psi: the grid's operators applied to unit vectors."""
    n = grid.n_psi * grid.n_xi
    columns = grid.derivatives(np.eye(n).reshape(grid.n_psi, grid.n_xi, n))
    return tuple(column.reshape(n, n) for column in columns)
