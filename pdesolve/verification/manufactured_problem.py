"""The production equations with a source that makes the answer known, marched by production code.

Whatever is wrong in the right-hand side, in its operators or in the attention search leaves an
error that does not go away, or goes away too slowly, as the grid is refined. Everything that is
under test is looked up in its own module when it is called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from pdesolve.model.economy import Economy
from pdesolve.model.equations import FIELDS
from pdesolve.numerics import grid as grids
from pdesolve.numerics import rosenbrock
from pdesolve.solver.pde import system
from pdesolve.typing import Array
from pdesolve.verification.manufactured_solution import (
    CASE,
    CENTRE,
    PSI_KNOWN,
    PSI_SCALE,
    SPREAD,
    STRETCH,
    WIDTH,
    Truth,
)

STEP = 1e-30j  # complex step for derivatives in time
MOST_STEPS = 150  # twice what is needed to settle


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A manufactured problem on one grid of the production code.

    The state that is marched has a fourth field, the time s itself, so that the system is
    autonomous: s' = 1 at every node.

    Parameters
    ----------
    intervals, elements : int
        Along xi, and of collocation along psi; 0 leaves the axis out.
    order, psi_order : int
        Of the operators.
    timed : bool
        Whether the solution moves in time.
    """

    intervals: int
    elements: int
    order: int = 8
    psi_order: int = 5
    timed: bool = True

    @cached_property
    def grid(self) -> grids.Grid:
        """The production grid."""
        stages = (self.psi_order + 1) // 2
        return grids.Grid(
            centre=CENTRE,
            width=WIDTH,
            stretch=STRETCH,
            spread=SPREAD if self.elements else 0.0,
            psi_scale=PSI_SCALE,
            psi_known=PSI_KNOWN if self.elements else 0.0,
            psi_top=PSI_KNOWN * (1.0 + 1e-9) if self.elements else 0.0,
            n_xi=1 + self.intervals,
            n_psi=1 + stages * self.elements,
            order=self.order,
            psi_order=self.psi_order,
        )

    @cached_property
    def truth(self) -> Truth:
        """The exact solution at the grid's nodes."""
        xi = self.grid.xi
        psi = np.broadcast_to(self.grid.psi[:, None], xi.shape)
        below = psi < PSI_KNOWN * (1.0 + 1e-10)
        fade = np.where(below & (self.elements > 0), 1.0, 0.0)
        moves = (self.intervals > 0, self.elements > 0, self.timed)
        return Truth(xi=xi, psi=psi, fade=fade, moves=moves)

    @cached_property
    def equations(self) -> system.Equilibrium:
        """The production equations."""
        economy = Economy.of(CASE)
        return system.Equilibrium(
            economy=economy,
            grid=self.grid,
            static=economy.prior.cumulants(self.truth.xi, self.truth.psi),
            price_range=(-inf, inf),
            sizes=(1.0, 1.0, 1.0),
        )

    @cached_property
    def start(self) -> Array:
        """The exact state and the time at s = 0, shape (n_psi, n_xi, 4)."""
        u = self.truth.exact(0.0).u
        u = np.broadcast_to(u, (*self.truth.xi.shape, 3))
        return np.concatenate([u, np.zeros_like(u[..., :1])], axis=-1)

    def source(self, s: complex) -> Array:
        """The source at the nodes, shape (n_psi, n_xi, 3)."""
        return self.truth.source(s) if self.timed else self._steady

    @cached_property
    def _steady(self) -> Array:
        return self.truth.source(0.0)

    def source_rate(self, s: float) -> Array:
        """The derivative of `source` in time, by a complex step: exact to round-off."""
        if not self.timed:
            return np.zeros_like(self._steady)
        return np.asarray(self.truth.source(s + STEP).imag / STEP.imag)

    def linearise(self, u: Array) -> "ProblemAt":
        """Production equations and source, seen from the state u."""
        return ProblemAt(self, u)

    def errors(self, u: Array) -> dict[str, Array]:
        """Absolute errors of a state by field, each of shape (n_psi, n_xi), own units."""
        s = float(u[0, 0, 3])
        off = np.abs(u[..., :3] - self.truth.exact(s).u)
        found = self.equations.respond(u[..., :3])
        chosen = np.abs(found.attention - self.truth.choose(s).attention)
        fields = dict(zip(FIELDS, np.moveaxis(off, -1, 0), strict=True))
        return {**fields, "attention": chosen}


class ProblemAt:
    """A manufactured problem near one state."""

    def __init__(self, problem: Problem, u: Array):
        self._problem, self._s = problem, float(u[0, 0, 3])
        self._local = problem.equations.linearise(u[..., :3])
        self.initial_rates = self._add(self._local.initial_rates, self._s)

    def _add(self, rates: Array, s: float) -> Array:
        forced = rates + self._problem.source(s)
        return np.concatenate([forced, np.ones_like(forced[..., :1])], axis=-1)

    def rates(self, u: Array) -> Array:
        """Rates at a state nearby."""
        return self._add(self._local.rates(u[..., :3]), float(u[0, 0, 3]))

    def factor(self, shift: float) -> Callable[[Array], Array]:
        """Solver of (shift - J) x = r: the time first, then the production solver."""
        solve, by_time = self._local.factor(shift), self._problem.source_rate(self._s)

        def with_time(r: Array) -> Array:
            time = r[..., 3:] / shift
            return np.concatenate([solve(r[..., :3] + by_time * time), time], axis=-1)

        return with_time


def march_steady(problem: Problem, span: float, share: float = 1e-3) -> Array:
    """Last state of the production march, from the exact one, of a solution that stands still.

    What moves is the error of the space discretisation alone, so the tolerance is a share of what
    its initial rates would add up to.
    """
    rates = problem.linearise(problem.start).initial_rates[..., :3]
    drift = float(np.sqrt(np.max(np.mean(rates**2, axis=(0, 1))))) * span
    path = rosenbrock.march(
        problem.linearise,
        problem.start,
        span,
        scale=np.ones(4),
        tolerance=max(share * drift, 1e-15),
        max_steps=MOST_STEPS,
    )
    return path.states[-1]


def march_fixed(problem: Problem, span: float, steps: int) -> Array:
    """Last state after equal production steps from the exact one."""
    return rosenbrock.fixed_steps(problem.linearise, problem.start, [span / steps] * steps)
