"""The numbers that a solve of the equations goes by, besides those of the case, by part."""

from dataclasses import dataclass

import numpy as np

from pdesolve.numerics.rosenbrock import StepControl
from pdesolve.solver.brief import Brief
from pdesolve.solver.pde.budget import BudgetTuning
from pdesolve.solver.pde.certificate import CertificateTuning
from pdesolve.solver.pde.domain import DomainTuning
from pdesolve.solver.pde.errors import ErrorTuning
from pdesolve.solver.pde.ladder_tuning import JUMPED, KINKED, LadderTuning
from pdesolve.solver.pde.turns import TurnTuning


@dataclass(frozen=True, kw_only=True)
class PilotTuning:
    """First passes, which find the largest psi and a grid that does not break down.

    Set by trial on the named cases, for the least work in all (tests/tools/benchmark.py).

    Attributes
    ----------
    spacing : float
        Of the first pass's xi nodes, in units of the domain's finest length.
    margin : (float, float)
        Largest psi of the domain over the largest that is reached: least that will do, and what it
        is set to.
    roomy : (float, float)
        The most, after the very first look, and after a first pass, which has to be run again then.
    least : float
        Largest psi where one line turns out not to do, in units of 1 / the variance, at least.
    scout_nodes, scout_tolerance : float
        Of the very first look, in units of the first pass's xi nodes and tolerance.
    rounds : int
        Passes until the largest psi must have settled.
    steps : int
        More time steps than these, at a tolerance of 1e-5, mean that the grid is too coarse.
    attempts : int
        At one pass, each with `more` times the xi nodes of the one that broke down.
    more : float
    """

    spacing: float = 1.7
    margin: tuple[float, float] = (1.05, 1.15)
    roomy: tuple[float, float] = (1.3, 1.5)
    least: float = 1e-6
    scout_nodes: float = 0.7
    scout_tolerance: float = 10.0
    rounds: int = 4
    steps: int = 64
    attempts: int = 4
    more: float = 2.2


@dataclass(frozen=True, kw_only=True)
class RefineTuning:
    """How the grid is refined until the error estimate is within the tolerance.

    Set by trial on the named cases, for the least work at bars that hold
    (tests/tools/benchmark.py, tests/tools/error_bars.py).

    Attributes
    ----------
    least, most : float
        Growth of either direction from pass to pass.
    nothing : float
        Of the tolerance: a direction that contributes less is left as it is.
    enough : float
        Of the tolerance: a smaller change does not call for more nodes.
    first_order, later_order : float
        At which the error is taken to fall, for a first estimate and once it has been tested.
    kinked_order, jumping_order : float
        The same where attention leaves zero or meets its cap, and where it jumps.
    psi_order : int
        Of the collocation along psi: a higher one does not pay at kinks.
    fade : (float, float)
        As in `DomainTuning`.
    beyond : float
        Xi nodes added at either end, as a share, to see what ending the grid costs.
    passes : int
        At most, once both directions have been explored.
    time, time_rough, tighter : float
        Time tolerance of the first grid that may do, in units of the tolerance; the same with a
        kink; each next one's share.
    steps : float
        Share of the tolerance that the time steps may take up before theirs is tightened.
    """

    least: float = 1.35
    most: float = 1.9
    nothing: float = 0.1
    enough: float = 0.1
    first_order: tuple[float, float] = (3.0, 3.0)
    later_order: tuple[float, float] = (4.0, 4.0)
    kinked_order: float = 2.5
    jumping_order: float = 1.0
    psi_order: int = 5
    fade: tuple[float, float] = (1.0, 2.0)
    beyond: float = 0.06
    passes: int = 8
    time: float = 0.25
    time_rough: float = 0.3
    tighter: float = 0.6
    steps: float = 0.3


@dataclass(frozen=True, kw_only=True)
class JumpTuning:
    """Over how much of the variance attention's jumps are spread.

    Set by trial on cases of the family of error_bars.py, for the least work.

    Attributes
    ----------
    nodes : float
        Along xi, on the first pass's grid where there are jumps, over those that it has elsewhere.
    width : float
        To begin with, over the variance, at a tolerance of 1e-4: what it leaves falls with its
        fourth power.
    widths : (float, float)
        At least and at most.
    wider : float
        A width that what it leaves is measured by, over the width.
    much : float
        Of the tolerance: what that may change without its order being measured, too.
    order : float
        Which that is taken to be, at most.
    share : float
        Of the tolerance: what it may leave without a narrower one being tried.
    aim, most : float
        The share that the next one is to leave, by that order; the next one over the last, at
        least.
    """

    nodes: float = 1.5
    width: float = 0.15
    widths: tuple[float, float] = (0.03, 0.3)
    wider: float = 1.5
    much: float = 0.35
    order: float = 3.0
    share: float = 0.2
    aim: float = 0.3
    most: float = 0.3

    def at(self, tolerance: float) -> float:
        """The width to begin with."""
        return float(np.clip(self.width * (tolerance / 1e-4) ** 0.25, *self.widths))

    def left(self, fall: float) -> float:
        """Share of what a wider one changes that is left; one wider still changes times as much."""
        order = min(np.log(max(fall, 1.0 + 1e-9)) / np.log(self.wider), self.order)
        return float(min(1.0, 1.0 / (self.wider**order - 1.0)))

    def narrower(self, width: float, size: float) -> float:
        """The next one, after one that leaves so much over the tolerance."""
        return width * float(np.clip((self.aim / size) ** (1.0 / self.order), self.most, 1.0))


@dataclass(frozen=True, kw_only=True)
class LineTuning:
    """How a single line of nodes along psi is refined.

    Set by trial on sixty random normal payoffs at 1e-3 to 1e-7: error and bar are measured, so that
    only the work depends on these.

    Attributes
    ----------
    passes : int
        At most, after the first.
    last : int
        Of these, that are only run if the error is not far from the tolerance.
    near : float
        Times the tolerance: up to there it is not.
    width : float
        Of jumps, to begin with, over the variance.
    growth, tighter, narrower : float
        Of the nodes from pass to pass, of the time steps' tolerance and of the width of jumps.
    hardly, slimmer : float
        An error that is still so many times the last one's is that of the width: it is so many
        times the last one next.
    settled : float
        Of the tolerance: the last refinement may change the initial values by so much. The error
        at one state may be small by luck, and the fields are wanted elsewhere too.
    exact, doubt : float
        Of the tolerance: accuracy to which the closed form's equations are integrated, and what is
        taken to be left of that, as much as where attention has kinks.
    """

    passes: int = 10
    last: int = 2
    near: float = 10.0
    width: float = 0.1
    growth: float = 1.6
    tighter: float = 0.6
    narrower: float = 0.85
    hardly: float = 0.75
    slimmer: float = 0.5
    settled: float = 2.0
    exact: float = 1e-4
    doubt: float = 2e-3


@dataclass(frozen=True, kw_only=True, repr=False)
class Tuning(Brief):
    """The numbers that a solve of the equations goes by, by part.

    Passes choose their time steps by `first`, for normal payoffs, where one line does, by `steps`.
    """

    domain: DomainTuning = DomainTuning()
    steps: StepControl = StepControl(fewest=4)
    first: StepControl = StepControl(begin=0.2, fewest=3)
    budget: BudgetTuning = BudgetTuning()
    pilot: PilotTuning = PilotTuning()
    refine: RefineTuning = RefineTuning()
    ladder: LadderTuning = LadderTuning()
    kinked: LadderTuning = KINKED
    jumped: LadderTuning = JUMPED
    jumps: JumpTuning = JumpTuning()
    turns: TurnTuning = TurnTuning()
    line: LineTuning = LineTuning()
    errors: ErrorTuning = ErrorTuning()
    certificate: CertificateTuning = CertificateTuning()
