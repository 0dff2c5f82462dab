"""A solution on another grid of its region, and how its start is read there."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.interpolate import make_interp_spline

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
        space = self.found.space
        return _between(space.eta, self.grid.eta), _between(space.z, self.grid.z).T

    def _here(self, u: Array) -> Array:
        """Nodal values (..., n_psi, n_xi, 3) on the grid."""
        by_psi, by_xi = self._onto
        return np.moveaxis(by_psi @ np.moveaxis(u, -1, -3) @ by_xi, -3, -1)

    def at(self, dates: Array) -> Array:
        """Deviations at dates, shape (dates, n_psi, n_xi, 3)."""
        found = self.found
        every = [hermite(found.times, found.states, -found.rates, t) for t in dates.tolist()]
        return self._here(np.stack(every))

    @cached_property
    def solution(self) -> Solution:
        """All of it."""
        states, rates = self._here(self.found.states), self._here(self.found.rates)
        return replace(self.found, space=self.grid, states=states, rates=rates)

    @cached_property
    def reading(self) -> tuple[Array, Array]:
        """Weights by which nodes at psi = 0 read the start, and slopes along xi there, (n_xi,)."""
        line = self.grid if self.grid.n_psi == 1 else replace(self.grid, n_psi=1)
        z = line.locate(np.array([self.found.economy.start]), np.zeros(1))[1]
        value = _between(line.z, z)[0]
        if not self.kinked:
            line = replace(line, order=max(line.order, min(READING, line.n_xi // 4 * 2)))
        return value, value @ line.derivatives(np.eye(line.n_xi)[None])[0][0]


def _between(nodes: Array, places: Array) -> Array:
    """Matrix from nodal values to those elsewhere, by splines."""
    return _along(nodes, np.eye(nodes.size), places)


def read_at_start(found: Solution, nodes: int) -> tuple[Array, Array]:
    """Q, v, l and q_xi in the initial state, and how they move with xi, each (4,).

    The latter by differences between so many xi nodes.
    """
    space = replace(found.space, n_psi=1, n_xi=nodes)
    line = _along(found.space.z, found.states[0, 0], space.z)
    u_xi, u_xixi, _ = space.derivatives(line[None])
    z = space.locate(np.array([found.economy.start]), np.zeros(1))[1]
    values = np.concatenate([line, u_xi[0], u_xixi[0, :, :1]], axis=-1)
    read = _along(space.z, values, z)[0]
    return read[:4], read[3:]


def _along(nodes: Array, values: Array, places: Array) -> Array:
    """Nodal values elsewhere, by a spline."""
    if np.array_equal(nodes, places):
        return values
    if nodes.size == 1:
        return np.broadcast_to(values, (places.size, values.shape[-1]))
    return np.asarray(make_interp_spline(nodes, values, k=degree_of(nodes.size))(places))
