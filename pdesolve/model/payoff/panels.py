"""Panels on either side of a mode, as far as a density reaches.

They are graded by powers of a ratio chosen per point, from where the density has begun to fall to
where it has fallen by the factor exp(-far), so that a flat density, a needle and a pile-up at an
end take the same number of nodes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial.legendre import leggauss

from pdesolve.typing import Array

# distances from a mode -> falls of the log density (negative), and displacements
Fall = Callable[[Array], tuple[Array, Array]]


@dataclass(frozen=True, kw_only=True)
class Panels:
    """How finely a tilted density is integrated.

    Cumulants are then within 5e-16 of the range to the power k, and the log mass within 4e-14, of
    45-digit arithmetic (tests/model/payoff).

    Attributes
    ----------
    near, far : float
        Falls of the log density that bound the first and the last panel.
    graded : int
        Panels between them, on each side of a mode.
    nodes : int
        Gauss nodes in each panel.
    flat : int
        Nodes of the one panel that does for the uniform prior.
    """

    near: float = 1.0
    far: float = 44.0
    graded: int = 8
    nodes: int = 20
    flat: int = 64

    @property
    def each(self) -> int:
        """Nodes around one mode."""
        return 2 * (self.graded + 1) * self.nodes


@lru_cache(maxsize=8)
def gauss(count: int) -> tuple[Array, Array]:
    """Nodes and weights of Gauss and Legendre."""
    return leggauss(count)


def two_sides(
    fall_left: Fall, left: Array, fall_right: Fall, right: Array, panels: Panels
) -> tuple[Array, Array]:
    """Shifts and weights on both sides of a mode, as far as the distances left and right."""
    parts = [_side(fall_left, left, panels), _side(fall_right, right, panels)]
    shift, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    return shift, weight


def _side(fall: Fall, limit: Array, panels: Panels) -> tuple[Array, Array]:
    """Shifts and weights on one side of a mode, no further than the distance `limit`."""
    farthest = np.log(np.clip(limit, 1e-200, 1e12))
    near, far = _reach(fall, np.array([[panels.near], [panels.far]]), farthest)
    near = np.minimum(np.minimum(near, 0.0), far)
    fractions = np.linspace(0.0, 1.0, panels.graded + 1)[:, None]
    edges = np.exp(near + fractions * (far - near))
    edges = np.concatenate([np.zeros_like(far)[None], edges])
    half = 0.5 * np.diff(edges, axis=0)[:, None]
    places, weight = gauss(panels.nodes)
    distance = edges[:-1, None] + half * (1.0 + places[:, None])
    flat = (-1, far.size)
    log_ratio, shift = fall(distance.reshape(flat))
    return shift, (half * weight[:, None]).reshape(flat) * np.exp(log_ratio)


def _reach(fall: Fall, level: Array, farthest: Array) -> Array:
    """Log distances at which the log density has fallen by levels (roughly), or `farthest`."""
    lower, upper = farthest - 100.0, farthest
    for _ in range(16):
        middle = 0.5 * (lower + upper)
        above = fall(np.exp(middle))[0] > -level
        lower, upper = np.where(above, middle, lower), np.where(above, upper, middle)
    return upper
