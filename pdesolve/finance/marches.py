"""Marches of a law on two grids and at two steps: what is computed from them, and its error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pdesolve.finance.law import Clock, Law, laws
from pdesolve.finance.nodes import with_nodes
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.pde.errors import has_kink
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class MarchTuning:
    """How laws are marched, and how far what changes with grid and steps is trusted.

    Attributes
    ----------
    coarse : float
        Nodes in either direction of the coarse grid, over the solution's.
    least : int
        Xi nodes of the coarse grid, at least.
    marched : int
        Steps of a march, at least.
    grid, kinked : float
        Share of the change from the coarse grid that is taken to be left; the same with a kink.
    steps : float
        Share of the change from shorter steps, by which results are corrected.
    """

    coarse: float = 0.5
    least: int = 24
    marched: int = 16
    grid: float = 0.5
    kinked: float = 1.0
    steps: float = 0.3


class Measured(NamedTuple):
    """Values, and what grid and steps leave in them."""

    value: Array
    error: Array


@dataclass(frozen=True, kw_only=True)
class Marches:
    """Clocks on the solution's grid; on a coarser one; and there with two steps for each.

    Attributes
    ----------
    solution : Solution
    fine, coarse, short : Clock
    tuning : MarchTuning
    """

    solution: Solution
    fine: Clock
    coarse: Clock
    short: Clock
    tuning: MarchTuning

    @classmethod
    def of(
        cls, solution: Solution, tuning: MarchTuning = MarchTuning(), date: float | None = None
    ) -> "Marches":
        """Make them; one date is met exactly."""
        whole = with_nodes(solution)
        space, parts = whole.space, pieces(whole.times, whole.case.market)
        many = max(whole.times.size - len(parts), tuning.marched)
        steps = [_steps(part, round(many * part.size / whole.times.size)) for part in parts]
        if date is not None:
            steps = pieces(np.union1d(np.concatenate(steps), [date]), whole.case.market)
        times = np.concatenate(steps)
        nodes, lines = (round(tuning.coarse * n) for n in (space.n_xi, space.n_psi))
        coarse = retrace(whole, space.resized(max(nodes, tuning.least), lines))
        short = np.concatenate([np.sort(np.append(t, 0.5 * (t[1:] + t[:-1]))) for t in steps])
        return cls(
            solution=solution,
            fine=Clock(solution=whole, times=times),
            coarse=Clock(solution=coarse, times=times),
            short=Clock(solution=coarse, times=short),
            tuning=tuning,
        )

    def laws(self, payoffs: Sequence[float | None]) -> list[list[Law]]:
        """Laws given each (centred) payoff, or under Q, by each of the clocks."""
        return [laws(clock, payoffs) for clock in (self.fine, self.coarse, self.short)]

    @property
    def grid_share(self) -> float:
        """Share of the change from the coarse grid that is taken to be left."""
        return self.tuning.kinked if has_kink(self.solution) else self.tuning.grid

    def measured(self, fine: Array, coarse: Array, short: Array) -> Measured:
        """Corrected by what shorter steps change on the coarse grid, with its error."""
        moved = short - coarse
        left = self.grid_share * np.abs(fine - coarse) + self.tuning.steps * np.abs(moved)
        return Measured(fine + moved, left)


def _steps(times: Array, least: int) -> Array:
    """Dates of a march between announcements: a third where the solution's are, equal, early ones.

    The fields' steps are long where fields move slowly, but the states do not; and what has just
    begun to spread changes fast.
    """
    equal = (times - times[0]) / (times[-1] - times[0])
    share = (np.linspace(0.0, 1.0, times.size) + equal + np.sqrt(equal)) / 3.0
    found = np.interp(np.linspace(0.0, 1.0, 1 + max(times.size - 1, least)), share, times)
    return np.asarray(found, dtype=np.float64)
