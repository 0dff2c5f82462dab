"""Passes on a budget of work, so that every case ends in reasonable time."""

import sys
import time
from dataclasses import dataclass

import numpy as np

from pdesolve.case import Case
from pdesolve.model.economy import Economy
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rosenbrock import StepControl
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.passes import PassError, retrace, run_pass
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class BudgetTuning:
    """How much work a solve may take.

    Attributes
    ----------
    work : float
        Nodes times steps of all passes together at a tolerance of 1e-5: about half a minute on one
        core, since a node takes 3 to 5 microseconds a step (tests/tools/benchmark.py).
    spare : float
        Share of it that is put aside, where attention has kinks, for refining without ladders; the
        last pass has it once these have led somewhere.
    few_steps : int
        With fewer time steps left there is no point in starting a pass.
    whole : float
        Steps, times the nodes of a first pass, that a solve takes at least, as if it were refined:
        two probes with 1.45 and 2.1 times the nodes would follow it, of sixteen steps or so.
    kinked : float
        Nodes times steps of a whole solve, over those of its first pass, where attention has kinks,
        at a tolerance of 1e-5 (nearly three times as many at a tenth of it).
    whole_pass : float
        The same over those of its last pass, without kinks.
    long : float
        Seconds that are worth a word beforehand.
    """

    work: float = 6e6
    spare: float = 0.25
    few_steps: int = 5
    whole: float = 72.0
    kinked: float = 70.0
    whole_pass: float = 1.5
    long: float = 60.0

    def kinked_work(self, first: Solution, tolerance: float) -> float:
        """About how many nodes times steps follow a first pass where attention has kinks."""
        harder = (1e-5 / tolerance) ** 0.45
        return self.kinked * harder * node_count(first) * steps_tried(first)


class BudgetSpent(PassError):
    """The budget of work is used up."""


class Metered:
    """Passes on a budget of work, so that every case ends in reasonable time.

    Attributes
    ----------
    tolerance : float
        What the solve is to reach.
    economy : Economy
        To be solved.
    more_steps : int
        That announcements call for: time between any two of them takes some.
    left : float
        Nodes times steps that may still be spent; no limit where the case file fixes the nodes.
    """

    def __init__(
        self,
        case: Case,
        economy: Economy,
        tolerance: float,
        tuning: BudgetTuning,
        control: StepControl,
        *,
        progress: bool = False,
    ):
        numerics, self.tolerance = case.numerics, tolerance
        self.more_steps = control.fewest * len(case.market.announcements)
        free = not (numerics.xi_nodes or numerics.psi_nodes)
        self.left = tuning.work * max(1.0, 1e-5 / tolerance) ** 0.5 if free else np.inf
        self._case, self.economy = case, economy
        self._tuning, self._control, self._progress = tuning, control, progress
        self._work = self._seconds = self._aside = 0.0

    def require(self, nodes: ByAxis[int]) -> None:
        """Give up before a first pass on so many nodes, if what has to follow is out of reach.

        Raises
        ------
        BudgetSpent
        """
        if nodes.xi * nodes.psi * self._tuning.whole > self.left:
            raise _beyond(nodes, 0)

    def spare(self, share: float) -> None:
        """Put such a share of what is left aside, in case what follows leads nowhere."""
        self._aside = share * self.left if np.isfinite(self.left) else 0.0
        self.left -= self._aside

    def release(self) -> None:
        """Have what was put aside again."""
        self.left += self._aside
        self._aside = 0.0

    def announce(self, work: float) -> None:
        """Say on a terminal how long so many nodes times steps take, if that is long."""
        if not (self._progress and sys.stderr.isatty()) or not self._work:
            return
        seconds = min(work, self.left) * self._seconds / self._work
        if seconds > self._tuning.long:
            about = f"a tolerance of {self.tolerance:.1g} takes about {_minutes(seconds)}"
            sys.stderr.write(f"{self._case.name}: {about}, going by the first passes\n")

    def __call__(
        self,
        domain: Domain,
        nodes: ByAxis[int],
        tolerance: float,
        most: int | None = None,
        *,
        least: int = 0,
    ) -> Solution:
        """Run one pass of at most so many time steps; it is known to take so many at least.

        Raises
        ------
        PassError
            If it breaks down.
        BudgetSpent
            If the budget does not suffice.
        """
        size, allowed = nodes.xi * nodes.psi, self._case.numerics.max_steps
        wanted = min(allowed, most or allowed)
        steps = int(min(wanted, self.left / size))
        if steps < min(max(self._tuning.few_steps, least), wanted):
            raise _beyond(nodes, 0)
        began = time.perf_counter()
        try:
            found = run_pass(
                self._case,
                self.economy,
                domain,
                nodes,
                tolerance,
                steps,
                control=self._control,
                progress=self._progress,
            )
        except PassError as failure:
            self.left -= size * failure.attempts
            if steps < wanted and failure.attempts >= steps:
                raise _beyond(nodes, failure.attempts) from failure
            raise
        self._spent(size * steps_tried(found), began)
        return found

    def along(self, found: Solution, grid: Grid, times: Array) -> Solution:
        """The same once more, on another grid, with time steps that end at these times.

        Raises
        ------
        PassError
            If a step breaks down.
        BudgetSpent
            If the budget does not suffice.
        """
        size, steps, began = grid.n_xi * grid.n_psi, times.size - 1, time.perf_counter()
        if steps > (most := self._case.numerics.max_steps):
            raise PassError(f"more than {most} time steps", None, 0)
        if size * steps > self.left:
            raise _beyond(ByAxis(grid.n_xi, grid.n_psi), 0)
        try:
            finer = retrace(found, grid, times, progress=self._progress)
        except ArithmeticError as failure:
            self.left -= size * steps
            raise PassError(str(failure), failure, steps) from failure
        self._spent(size * steps, began)
        return finer

    def _spent(self, work: float, began: float) -> None:
        """Take off so many nodes times steps, begun at that time."""
        self.left -= work
        self._work += work
        self._seconds += time.perf_counter() - began


def _beyond(nodes: ByAxis[int], attempts: int) -> BudgetSpent:
    text = f"{nodes.xi} x {nodes.psi} nodes are needed at least, too many to go on with"
    return BudgetSpent(text, None, attempts)


def _minutes(seconds: float) -> str:
    """In words: a rough figure."""
    count = max(1, round(seconds / 60.0))
    return f"{count} minute{'s' * (count > 1)}" if count < 120 else f"{round(count / 60)} hours"


def steps_tried(solution: Solution) -> int:
    """Time steps tried."""
    return solution.steps["accepted"] + solution.steps["rejected"]


def node_count(solution: Solution) -> int:
    """Nodes."""
    return solution.space.n_xi * solution.space.n_psi
