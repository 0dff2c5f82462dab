"""The numbers that a solve of the equations goes by, besides those of the case, by part."""

from dataclasses import dataclass

from pdesolve.numerics.rosenbrock import StepControl
from pdesolve.solver.brief import Brief
from pdesolve.solver.pde.budget import BudgetTuning
from pdesolve.solver.pde.certificate import CertificateTuning
from pdesolve.solver.pde.domain import DomainTuning
from pdesolve.solver.pde.errors import ErrorTuning


@dataclass(frozen=True, kw_only=True)
class PilotTuning:
    """First passes, which find the largest psi and a grid that does not break down.

    Set by trial on the named cases, for the least work in all (tests/tools/benchmark.py).

    Attributes
    ----------
    spacing : float
        Of the first pass's xi nodes, in units of the domain's finest length.
    margin : float
        On the largest psi that is reached.
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
    margin: float = 1.2
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
    beyond : float
        Xi nodes added at either end, as a share, to see what ending the grid costs.
    passes : int
        At most, once both directions have been explored.
    time, time_rough, tighter : float
        Time tolerance of the first grid that may do, in units of the tolerance; the same with a
        kink; each next one's share.
    steps : float
        Share of the tolerance that the time steps may take up before theirs is tightened.
    coarse : float
        Nodes in either direction of the grid on which the time steps' error is measured, over the
        first pass's.
    """

    least: float = 1.2
    most: float = 1.9
    nothing: float = 0.1
    enough: float = 0.1
    first_order: float = 3.0
    later_order: float = 4.0
    kinked_order: float = 2.0
    jumping_order: float = 1.0
    beyond: float = 0.06
    passes: int = 8
    time: float = 0.3
    time_rough: float = 0.2
    tighter: float = 0.6
    steps: float = 0.3
    coarse: float = 0.5


@dataclass(frozen=True, kw_only=True)
class LineTuning:
    """How a single line of nodes along psi is refined.

    Set by trial on sixty random normal payoffs at 1e-3 to 1e-7: error and bar are measured, so that
    only the work depends on these.

    Attributes
    ----------
    passes : int
        At most, after the first.
    growth, tighter : float
        Of the nodes from pass to pass, and of the time steps' tolerance.
    settled : float
        Of the tolerance: the last refinement may change the initial values by so much. The error
        at one state may be small by luck, and the fields are wanted elsewhere too.
    exact, doubt : float
        Of the tolerance: accuracy to which the closed form's equations are integrated, and what is
        taken to be left of that where attention has kinks.
    """

    passes: int = 8
    growth: float = 1.6
    tighter: float = 0.6
    settled: float = 2.0
    exact: float = 1e-4
    doubt: float = 2e-3


@dataclass(frozen=True, kw_only=True, repr=False)
class Tuning(Brief):
    """The numbers that a solve of the equations goes by, by part."""

    domain: DomainTuning = DomainTuning()
    steps: StepControl = StepControl(fewest=6)  # fewer cannot be merged to see what they leave
    budget: BudgetTuning = BudgetTuning()
    pilot: PilotTuning = PilotTuning()
    refine: RefineTuning = RefineTuning()
    line: LineTuning = LineTuning()
    errors: ErrorTuning = ErrorTuning()
    certificate: CertificateTuning = CertificateTuning()
