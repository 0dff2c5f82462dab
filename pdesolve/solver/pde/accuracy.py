"""Accuracy on request: how many nodes, how long, and what error is left.

Pilot passes measure how much is learned, which sets the largest psi (:mod:`.first`). Then ladders
of thin grids say how many nodes and steps are needed (:mod:`.climb`), and one pass follows. Where
attention has kinks or jumps, or these lead nowhere, ladders of other numbers are tried; where they
lead nowhere either, the grid is refined in one direction at a time (:mod:`.refine`). What the
grid's ends contribute is measured apart (:mod:`.contributions`), and a pass is accepted only if the
grid covers what the solution on it needs (:mod:`.certificate`).
"""

from dataclasses import replace

from pdesolve.case import Case
from pdesolve.model.economy import Economy
from pdesolve.solver.pde.budget import Metered
from pdesolve.solver.pde.climb import climbed
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.first import first_nodes, more, pilot, settle
from pdesolve.solver.pde.line import refine_line
from pdesolve.solver.pde.refine import refined
from pdesolve.solver.pde.regimes import has_jump, has_kink
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.pde.turns import turns_of
from pdesolve.solver.solution import Solution


def solve_to_tolerance(
    case: Case,
    economy: Economy,
    domain: Domain,
    tolerance: float,
    tuning: Tuning = Tuning(),
    *,
    progress: bool = False,
) -> Solution:
    """Run passes until the estimated error is within the tolerance.

    Parameters
    ----------
    case : Case
    economy : Economy
        Of that case.
    domain : Domain
        A generous one; its largest psi is replaced by a measured one.
    tolerance : float
        Relative to `error_scales`.
    tuning : Tuning
    progress : bool
        Show progress bars on standard error if it is a terminal.

    Returns
    -------
    Solution
        Of the last pass, with its errors, and `converged` and `message` set.

    Raises
    ------
    PassError
        If a pass breaks down on the largest grid that may be tried.
    """
    rough = tuning.ladder.steps_for(tolerance)
    if economy.prior.is_normal:
        domain, rough = domain.of_order(tuning.refine.psi_order, tuning.refine.fade), tolerance
    nodes, fixed = first_nodes(case, economy, domain, tolerance, tuning.pilot, tuning.errors)
    width = tuning.line.width if economy.prior.is_normal else tuning.jumps.at(tolerance)
    economy = replace(economy, jump_width=width)
    control = tuning.steps if economy.prior.is_normal else tuning.first
    run = Metered(case, economy, tolerance, tuning.budget, control, progress=progress)
    domain, first = settle(run, domain, nodes, rough, fixed.xi, tuning.pilot)
    if first.space.n_xi == 1:
        return refine_line(run, domain, first, tolerance, tuning)
    if not has_kink(first):
        found = climbed(run, domain, first, tolerance, tuning, tuning.ladder)
        if found is not None:
            return found
    domain = domain.of_order(tuning.refine.psi_order, tuning.refine.fade)
    nodes, fixed = first_nodes(  # few psi nodes exaggerate there what happens along xi
        case, economy, domain, 1e-5, tuning.pilot, tuning.errors, rough=True
    )
    nodes = nodes._replace(xi=first.space.n_xi)
    how = tuning.kinked
    if has_jump(first):
        how, nodes = tuning.jumped, nodes._replace(xi=more(nodes.xi, tuning.jumps.nodes))
    near = replace(domain.about_start(how.close), turns=turns_of(first, tolerance, tuning.turns))
    first = pilot(run, near, nodes, how.steps_for(tolerance), fixed.xi, tuning.pilot)
    run.announce(tuning.budget.kinked_work(first, tolerance))
    run.spare(tuning.budget.spare)
    found = climbed(run, near, first, tolerance, tuning, how)
    if found is not None:
        return found
    run.release()
    first = pilot(run, domain, nodes, tolerance, fixed.xi, tuning.pilot)
    run.announce(tuning.budget.kinked_work(first, tolerance))
    return refined(run, domain, first, fixed, tolerance, tuning)
