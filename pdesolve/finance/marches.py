"""Marches of a law on two grids and at two steps: what is computed from them, and its error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pdesolve.finance.law import Clock, Law, laws
from pdesolve.finance.nodes import finer, with_nodes
from pdesolve.finance.schedule import efolds, trading_dates
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.pde.system import OutOfRange
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class MarchTuning:
    """How laws are marched, and how far what changes with grid and steps is trusted.

    Attributes
    ----------
    coarse, coarsest : float
        Nodes in either direction of the coarse grid, over the solution's; the latter where there is
        a kink, which lowers the order so that near grids would agree too well, and for a normal
        payoff, whose grid is more than fine enough.
    nearer : tuple of float
        Shares that are tried next, where prices leave the payoff's range on a coarser grid.
    least : int
        Xi nodes of the coarse grid, at least.
    marched, each : int
        Steps of a march, at least; and for each e-fold by which what is known grows.
    grid, kinked : float
        Share of the change from the coarse grid that is taken to be left; the same with a kink.
    steps : float
        Share of the change from shorter steps, by which results are corrected.
    """

    coarse: float = 0.5
    coarsest: float = 0.5
    nearer: tuple[float, ...] = (0.7, 0.85)
    least: int = 24
    marched: int = 16
    each: int = 3
    grid: float = 1.0
    kinked: float = 1.5
    steps: float = 0.5


class Measured(NamedTuple):
    """Values, and what grid and steps leave in them."""

    value: Array
    error: Array


@dataclass(frozen=True, kw_only=True)
class Marches:
    """Clocks on the solution's grid; on a coarser one; and there with two steps for each.

    The fields are solved again there, with their own steps, so that what these leave is seen too.

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
        cls, solution: Solution, tuning: MarchTuning = MarchTuning(), dates: Sequence[float] = ()
    ) -> "Marches":
        """Make them; these dates are met exactly."""
        whole = with_nodes(solution)
        times = _steps(whole, tuning, dates)
        far = has_kink(solution) or solution.space.n_xi == 1
        share = tuning.coarsest if far else tuning.coarse
        for one in (share, *(s for s in tuning.nearer if s > share)):
            nodes, lines = (round(one * n) for n in (whole.space.n_xi, whole.space.n_psi))
            small = whole.space.resized(max(nodes, tuning.least), lines)
            try:
                coarse = retrace(whole, small)
                short = retrace(coarse, small, _halved(whole, whole.times))
            except OutOfRange as failure:
                broken = failure
            else:
                break
        else:
            raise OutOfRange(f"{broken} beside the solution's; lower the tolerance") from broken
        return cls(
            solution=solution,
            fine=Clock(solution=whole, times=times),
            coarse=Clock(solution=coarse, times=times),
            short=Clock(solution=short, times=_halved(whole, times)),
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
        with np.errstate(invalid="ignore"):  # a density may be infinite at an end
            moved = short - coarse
            left = self.grid_share * np.abs(fine - coarse) + self.tuning.steps * np.abs(moved)
            return Measured(fine + moved, left)


def _halved(solution: Solution, times: Array) -> Array:
    """Every step in two, with both states of every announcement."""
    return np.concatenate([finer(t) for t in pieces(times, solution.case.market)])


def _steps(solution: Solution, tuning: MarchTuning, dates: Sequence[float]) -> Array:
    """Dates of a march, with both states of every announcement; some are met exactly."""
    market, clock = solution.case.market, trading_dates(solution, 200)
    parts = pieces(solution.times, market)
    least = max(tuning.marched, round(tuning.each * efolds(solution)))
    many = max(solution.times.size - len(parts), least)
    shares = [round(many * t.size / solution.times.size) for t in parts]
    steps = [_between(t, clock, n) for t, n in zip(parts, shares, strict=True)]
    found = np.concatenate(steps)
    return np.union1d(found, dates) if len(dates) else found


def _between(times: Array, clock: Array, least: int) -> Array:
    """Dates between announcements: a third where the solution's are, in what is learned, early.

    The fields' steps are long where fields move slowly, but the states do not; and what has just
    begun to spread changes fast, on the scale of what is learned.
    """
    every = np.union1d(times, clock[(times[0] < clock) & (clock < times[-1])])
    index = np.interp(every, times, np.linspace(0.0, 1.0, times.size))
    learned = np.interp(every, clock, np.linspace(0.0, 1.0, clock.size))
    learned = (learned - learned[0]) / (learned[-1] - learned[0])
    share = (index + learned + np.sqrt(learned)) / 3.0
    found = np.interp(np.linspace(0.0, 1.0, 1 + max(times.size - 1, least)), share, every)
    return np.asarray(found, dtype=np.float64)
