"""First passes: how many nodes to begin with, and how far psi goes."""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from pdesolve.case import Case
from pdesolve.model.economy import Economy
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import BudgetSpent, Metered
from pdesolve.solver.pde.certificate import learned_after_all
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import ErrorTuning
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.tuning import PilotTuning
from pdesolve.solver.solution import Solution

LOGISTIC = 0.56  # length over which the variance between two payoffs bends, over 1 / distance


def first_nodes(
    case: Case,
    economy: Economy,
    domain: Domain,
    tolerance: float,
    tuning: PilotTuning,
    doubt: ErrorTuning,
    *,
    rough: bool = False,
) -> tuple[ByAxis[int], ByAxis[bool]]:
    """Nodes of the first pass, and which axes may not be refined.

    The degenerate axes of normal and two-point payoffs have one node; where the case file fixes a
    number of nodes, the first pass has fewer, so that the fixed number has an error estimate.
    """
    numerics, prior = case.numerics, economy.prior
    grid = domain.grid(2, 2, numerics.order)
    steps = _steps(domain, grid) / tuning.spacing
    n_xi = int(np.clip(steps * (1e-5 / tolerance) ** (1 / numerics.order), 36, 240))
    n_psi = _lines(domain, grid.stages)
    if rough or prior.is_normal:
        depth = np.log1p(domain.psi_top / domain.psi_scale)
        n_psi = 1 + grid.stages * round((4.0 + depth) * (1e-5 / tolerance) ** 0.2)
    n_xi = 1 if prior.is_normal else n_xi
    n_psi = 1 if prior.is_two_point or domain.psi_top == 0.0 else n_psi
    wanted = (numerics.xi_nodes, numerics.psi_nodes)
    nodes = [
        n if not want else max(1, round(want / doubt.probe)) if want > 1 else 1
        for n, want in zip((n_xi, n_psi), wanted, strict=True)
    ]
    fixed = [bool(want) or n == 1 for n, want in zip(nodes, wanted, strict=True)]
    return ByAxis(*nodes), ByAxis(*fixed)


def _lines(domain: Domain, stages: int) -> int:
    """Of a first pass along psi."""
    return 1 + stages * round(1.0 + 0.7 * float(np.log1p(domain.psi_top / domain.psi_scale)))


def with_lines(nodes: ByAxis[int], domain: Domain, economy: Economy) -> ByAxis[int]:
    """As many along psi as there have to be: one if nobody learns, or psi does not matter."""
    if domain.psi_top == 0.0:
        return nodes._replace(psi=1)
    if nodes.psi > 1 or economy.prior.is_two_point:
        return nodes
    return nodes._replace(psi=_lines(domain, domain.grid(2, 2, 8).stages))


def _steps(domain: Domain, grid: Grid) -> float:
    """Intervals from end to end, if they are to resolve what is finest."""
    if grid.clusters:
        psi = np.linspace(0.0, domain.psi_top, 5)
        finest = LOGISTIC / domain.tuning.scales.about
        return max(
            float(np.max(2.0 * grid.spacing(line.at(psi), psi)) / (finest * line.width))
            for line in grid.clusters.lines
        )
    fan = 1.0 + grid.spread * domain.psi_top
    return float(2.0 * grid.width / domain.finest * fan**0.5)


def coarseness(domain: Domain, grid: Grid) -> float:
    """Spacing of a grid's xi nodes, in units of the domain's finest length."""
    return _steps(domain, grid) / max(grid.n_xi - 1, 1)


def settle(
    run: Metered,
    domain: Domain,
    nodes: ByAxis[int],
    tolerance: float,
    stuck: bool,
    tuning: PilotTuning,
) -> tuple[Domain, Solution]:
    """Measure the largest psi, cheaply at first: the domain with it, and a first pass there."""
    if nodes.psi > 1:
        if domain.psi_top == 0.0:  # the case file asks for lines
            domain = replace(domain, psi_top=domain.psi_scale)
        with suppress(PassError):  # too coarse for this case
            few = nodes._replace(xi=more(nodes.xi, tuning.scout_nodes))
            most = tuning.steps + run.more_steps
            scout = run(domain, few, tuning.scout_tolerance * tolerance, most)
            domain = _with_top(domain, scout, tuning, tuning.roomy[0])
    first = pilot(run, domain, with_lines(nodes, domain, run.economy), tolerance, stuck, tuning)
    for _ in range(tuning.rounds):
        better = _with_top(domain, first, tuning, tuning.roomy[1])
        if better == domain:
            break
        domain = better
        here = with_lines(nodes_of(first), domain, run.economy)
        first = pilot(run, domain, here, tolerance, stuck, tuning)
    return domain, first


def _with_top(domain: Domain, found: Solution, tuning: PilotTuning, most: float) -> Domain:
    """The domain, with another largest psi if what the fastest learner reached calls for it.

    Or if it has more than so many times that.
    """
    if found.space.n_psi == 1:
        longest = min(learned_after_all(found), domain.psi_informed)
        least = tuning.least * domain.psi_scale
        return replace(domain, psi_top=max(longest, least)) if longest > 0.0 else domain
    visited, everywhere = found.learning
    if visited == found.economy.told == 0.0:
        lines = everywhere > 0.0 or found.case.numerics.psi_nodes
        return domain if lines else replace(domain, psi_top=0.0, lines=())
    needed = min(float(found.psi_reached[-1]), domain.psi_informed)
    least, best = (share * needed for share in tuning.margin)
    if needed == domain.psi_top or least <= domain.psi_top <= most * needed:
        return domain
    return replace(domain, psi_top=min(best, domain.psi_informed))


def pilot(
    run: Metered,
    domain: Domain,
    nodes: ByAxis[int],
    tolerance: float,
    stuck: bool,
    tuning: PilotTuning,
) -> Solution:
    """Run a first pass, with more xi nodes as long as it breaks down."""
    few = round(tuning.steps * max(1.0, 1e-5 / tolerance) ** 0.25) + run.more_steps
    for _ in range(0 if stuck else tuning.attempts - 1):
        try:
            return run(domain, nodes, tolerance, few)
        except BudgetSpent:
            raise
        except PassError:
            nodes = nodes._replace(xi=more(nodes.xi, tuning.more))
            run.require(nodes)
    return run(domain, nodes, tolerance)


def more(nodes: int, factor: float) -> int:
    """So many times the nodes; one stays one."""
    return 1 if nodes == 1 else round(nodes * factor)


def nodes_of(solution: Solution) -> ByAxis[int]:
    """Nodes along xi and psi."""
    return ByAxis(solution.space.n_xi, solution.space.n_psi)


def as_close(domain: Domain, like: Grid, start: float) -> Grid:
    """A domain's grid, with nodes no further from each other than another's at the initial xi.

    Along that line of psi, and by the shortest elements.
    """
    same = domain.grid(like.n_xi, like.n_psi, like.order)
    xi, psi = np.full(like.n_psi, start), like.psi
    further = float(np.max(same.spacing(xi, psi) / like.spacing(xi, psi)))
    longer = _shortest(same) / _shortest(like)
    elements = int(np.ceil((like.n_psi - 1) / like.stages * max(1.0, longer) - 1e-9))
    n_xi = int(np.ceil(like.n_xi * max(1.0, further) - 1e-9))
    return same.resized(n_xi, 1 + like.stages * elements)


def _shortest(grid: Grid) -> float:
    """Length of the shortest element along psi."""
    return float(np.diff(grid.eta[:: grid.stages]).min(initial=1.0))
