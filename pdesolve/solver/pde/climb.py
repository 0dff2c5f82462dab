"""One pass on as many nodes and steps as ladders of thin grids call for, and its error."""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from pdesolve.model.economy import Economy
from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import BudgetSpent, Metered, steps_tried
from pdesolve.solver.pde.certificate import widened
from pdesolve.solver.pde.contributions import ends_leave, jumps_leave, news_leave
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import (
    Errors,
    ErrorTuning,
    concluded,
    has_kink,
    judge,
    lifted,
    made_up,
    none,
    plus,
    still,
    total,
    worst,
)
from pdesolve.solver.pde.first import nodes_of, pilot
from pdesolve.solver.pde.ladder import Ladder, Rung
from pdesolve.solver.pde.ladder_tuning import LadderTuning
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.step_ladder import climb_steps
from pdesolve.solver.pde.tuning import JumpTuning, Tuning
from pdesolve.solver.solution import Solution


def climbed(
    run: Metered,
    domain: Domain,
    first: Solution,
    tolerance: float,
    tuning: Tuning,
    how: LadderTuning,
) -> Solution | None:
    """Solve on as many nodes as the ladders call for; None where those do not lead anywhere.

    Lines closer along psi may call for more time steps, most of all where attention has kinks: when
    errors grow on a ladder or something breaks down all is tried again with twice the steps.
    """
    best, note = None, ""
    doubt = replace(tuning.errors, coupled=0.0, doubt=how.doubt)
    share, quick = 1.0, how.time
    ladders, left, tries = _ladders(run, first, how, doubt), how.passes, how.shorter
    while left:
        try:
            rungs = _rungs(ladders, first, share * tolerance, how)
            nodes = ByAxis(*(one.nodes for one in rungs))
            axis = "xi" if how.whole and nodes.psi == 1 else "psi"
            on = getattr(ladders, axis).solved(getattr(nodes, axis)) or first
            aimed = quick * _rest(rungs.psi, tolerance)
            paces = climb_steps(run, on, aimed, how, doubt)
            steps = int(np.ceil(max(paces.needed(aimed), steps_tried(first))))
            run.announce(tuning.budget.whole_pass * nodes.xi * nodes.psi * steps)
            best = run.along(first, nodes, respaced(first.times, first.case.market, steps))
        except PassError as failure:
            note = f"a finer pass broke down: {failure}"
            spent = isinstance(failure, BudgetSpent) or not tries
            closer = None if spent else _closer(run, first)
            if closer is None:
                break
            ladders, first, tries = _ladders(run, closer, how, doubt), closer, tries - 1
            continue
        left, note = left - 1, ""
        if how is tuning.ladder and has_kink(best):
            return None
        made = made_up(best)
        left_by = (*(one.error for one in rungs), paces.left(best.steps["accepted"]))
        xi, psi, late = (lifted(best, *one) for one in zip(left_by, how.coupled, strict=True))
        parts = ByAxis(xi, psi)
        ends = ends_leave(run, best, first, tuning)
        spread = jumps_leave(run, best, first, tuning)
        rest = plus(plus(ends, spread), news_leave(best, tuning))
        best = judge(best, total(parts, rest, late, made), tolerance, doubt)
        economy = _narrower(best, spread, tolerance, tuning.jumps)
        wider = widened(domain, best, ends, tolerance, tuning.certificate)
        if not left or (best.converged and wider == domain):
            break
        if not best.converged:
            by_steps = total(ByAxis(still(), still()), none(), late, made)
            by_nodes = total(parts, ends, still(), made)
            quick *= min(1.0, how.again * tolerance / worst(best, by_steps))
            share *= min(1.0, how.again * tolerance / worst(best, by_nodes))
        if wider != domain or economy is not best.economy:
            domain, run.economy = wider, economy
            try:
                first = pilot(
                    run, domain, nodes_of(first), how.steps_for(tolerance), False, tuning.pilot
                )
            except PassError as failure:
                note = f"a wider grid broke down: {failure}"
                break
            ladders = _ladders(run, first, how, doubt)
    if best is None:
        return None
    certain = replace(tuning.certificate, margin=1.0)
    covers = widened(domain, best, ends, tolerance, certain) == domain
    return concluded(best, covers, note)


def _ladders(
    run: Metered, first: Solution, how: LadderTuning, doubt: ErrorTuning
) -> ByAxis[Ladder]:
    """From a first pass, one for each direction."""
    return ByAxis(*(Ladder(run, first, axis, how, doubt) for axis in ByAxis._fields))


def _closer(run: Metered, first: Solution) -> Solution | None:
    """A first pass with twice the time steps; None if it cannot be had."""
    times = respaced(first.times, first.case.market, 2 * first.steps["accepted"])
    with suppress(PassError):
        return run.along(first, nodes_of(first), times)
    return None


def _narrower(best: Solution, spread: Errors, tolerance: float, tuning: JumpTuning) -> Economy:
    """The economy, with jumps spread less if what that leaves stands in the way."""
    size = worst(best, spread) / tolerance
    if best.converged or size <= tuning.share:
        return best.economy
    width = tuning.narrower(best.economy.jump_width, size)
    return replace(best.economy, jump_width=width)


def _rest(psi: Rung, tolerance: float) -> float:
    """What too few nodes along psi leave of the tolerance for all else.

    Some of it in any case: nodes of the case file may take up more than there is.
    """
    return max(tolerance - psi.size, 0.3 * tolerance)


def _rungs(
    ladders: ByAxis[Ladder], first: Solution, tolerance: float, how: LadderTuning
) -> ByAxis[Rung]:
    """Nodes either way, and what they leave: as many as it takes, or those of the case file."""
    numerics, found = first.case.numerics, dict[str, Rung]()
    fixed, share = ByAxis(numerics.xi_nodes, numerics.psi_nodes), ByAxis(*how.share)
    for axis in ("psi", "xi"):
        ladder, count = getattr(ladders, axis), getattr(fixed, axis)
        if axis == "xi" and how.whole:
            ladder.widen(found["psi"].nodes)
        left = _rest(found["psi"], tolerance) if found else tolerance
        target = getattr(share, axis) * left
        found[axis] = ladder.at(count) if count else ladder.climb(target)
    return ByAxis(**found)
