"""A solution on another grid of its region, and how its start is read there."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline

from pdesolve.numerics.grid import Grid
from pdesolve.numerics.splines import degree_of, hermite
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

READING = 20  # order, at most, of the differences that read a slope where all is smooth


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """A solution's fields on another grid of the same region, at any date.

    Attributes
    ----------
    found : Solution
    grid : Grid
    kinked : bool
        Whether attention has a kink, and the fields no more derivatives than the scheme uses.
    """

    found: Solution
    grid: Grid
    kinked: bool

    @cached_property
    def _onto(self) -> tuple[Array, Array]:
        eta, places = self.found.space.eta, self.grid.eta
        by_psi = np.eye(eta.size)
        if not np.array_equal(eta, places):
            by_psi = _through(eta, by_psi)(places)
        return by_psi, _onto_nodes(self.found.space.n_xi, self.grid.n_xi).T

    def onto(self, u: Array) -> Array:
        """The solution's nodal values, (states, n_psi, n_xi, 3), on the grid."""
        by_psi, by_xi = self._onto
        return (by_psi @ u.transpose(0, 3, 1, 2) @ by_xi).transpose(0, 2, 3, 1)

    def at(self, dates: Array) -> Array:
        """Deviations at dates, shape (dates, n_psi, n_xi, 3)."""
        found, rates = self.found, -self.found.rates
        every = [hermite(found.times, found.states, rates, t) for t in dates.tolist()]
        return self.onto(np.stack(every))

    @cached_property
    def reading(self) -> tuple[Array, Array]:
        """Weights by which nodes at psi = 0 read the start, and slopes along xi there, (n_xi,)."""
        line = self.grid if self.grid.n_psi == 1 else replace(self.grid, n_psi=1)
        z = line.locate(np.array([self.found.economy.start]), np.zeros(1))[1]
        value = _reading(line, z)
        if not self.kinked:
            line = replace(line, order=max(line.order, min(READING, line.n_xi // 4 * 2)))
        return value, value @ line.derivatives(np.eye(line.n_xi)[None])[0][0]


def _reading(space: Grid, z: Array) -> Array:
    """Weights by which nodes along xi read one place, by splines, shape (n_xi,)."""
    return np.ones(1) if space.n_xi == 1 else np.asarray(_cardinal(space.n_xi)(z))[0]


@lru_cache(maxsize=16)  # solutions alike ask for the same ones
def _onto_nodes(count: int, others: int) -> Array:
    """Matrix from values at so many nodes along xi to those at so many others, by splines."""
    if count == others:
        return np.eye(count)
    return np.asarray(_cardinal(count)(np.linspace(-1.0, 1.0, others)))


@lru_cache(maxsize=8)
def _cardinal(count: int) -> BSpline:
    """Splines along z that are one at one of so many nodes."""
    return _through(np.linspace(-1.0, 1.0, count), np.eye(count))


def _through(nodes: Array, values: Array) -> BSpline:
    """The spline through nodal values."""
    return make_interp_spline(nodes, values, k=degree_of(nodes.size))


def read_at_start(found: Solution, nodes: int) -> tuple[Array, Array]:
    """Q, v, l and q_xi in the initial state, and how they move with xi, each (4,).

    The latter by differences between so many xi nodes.
    """
    space = replace(found.space, n_psi=1, n_xi=nodes)
    line = _onto_nodes(found.space.n_xi, nodes) @ found.states[0, 0]
    u_xi, u_xixi, _ = space.derivatives(line[None])
    z = space.locate(np.array([found.economy.start]), np.zeros(1))[1]
    values = np.concatenate([line, u_xi[0], u_xixi[0, :, :1]], axis=-1)
    read = _reading(space, z) @ values
    return read[:4], read[3:]
