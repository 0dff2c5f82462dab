"""One pass on as many nodes and steps as ladders of thin grids call for, and its error."""

from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pdesolve.model.economy import Economy
from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import BudgetSpent, Metered, steps_tried
from pdesolve.solver.pde.certificate import learned_after_all, widened
from pdesolve.solver.pde.contributions import ends_leave, jumps_leave, news_leave
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import (
    Errors,
    ErrorTuning,
    Moves,
    change,
    concluded,
    is_broken,
    judge,
    lifted,
    made_up,
    none,
    plus,
    still,
    times,
    total,
    worst,
)
from pdesolve.solver.pde.first import as_close, coarseness, nodes_of, pilot, with_lines
from pdesolve.solver.pde.ladder import Ladder, Rung
from pdesolve.solver.pde.ladder_tuning import LadderTuning
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.regimes import has_kink
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
    errors hardly fall on a ladder or something breaks down all is tried again with twice the steps.
    """
    how = how.at(tolerance)
    best, note, covers = None, "", False
    doubt = _wary(tuning, how)
    share, quick = 1.0, how.time
    ladders, left, tries = _ladders(run, domain, first, how, doubt), how.passes, how.shorter
    while left:
        begun = run.left
        try:
            best, parts = _passed(run, ladders, first, tolerance, (share, quick), tuning, how)
        except PassError as failure:
            note = f"a finer pass broke down: {failure}"
            short = run.left < 2.0 * (begun - run.left)  # of work for the same with more steps
            spent = isinstance(failure, BudgetSpent) or short or not tries
            closer = None if spent else _closer(run, first, ladders.psi.begun)
            if closer is None:
                break
            ladders, first, tries = _ladders(run, domain, closer, how, doubt), closer, tries - 1
            continue
        left, note = left - 1, ""
        if has_kink(best) and not how.whole:
            return None
        judged = _judged(run, best, first, parts, tuning, doubt)
        judged, domain, wider = _covering(run, judged, domain, first, parts, tuning, how)
        best, ends, covers = judged.best, judged.ends, wider == domain
        economy = _narrower(best, judged.spread, tolerance, tuning.jumps)
        if not left or (best.converged and covers):
            break
        if not best.converged:
            made = made_up(best)
            by_steps = total(ByAxis(still(), still()), none(), parts.steps, made)
            by_nodes = total(parts.nodes, ends, still(), made)
            quick *= min(1.0, how.again * tolerance / worst(best, by_steps))
            share *= min(1.0, how.again * tolerance / worst(best, by_nodes))
        if not covers or economy is not best.economy:
            domain, run.economy = wider, economy
            nodes, steps = with_lines(nodes_of(first), domain, economy), how.steps_for(tolerance)
            try:
                first = pilot(run, domain, nodes, steps, False, tuning.pilot)
            except PassError as failure:
                note = f"a wider grid broke down: {failure}"
                break
            ladders, tries = _ladders(run, domain, first, how, doubt), how.shorter
    return None if best is None else concluded(best, covers, note)


class _Parts(NamedTuple):
    """What nodes either way and steps leave in a pass."""

    nodes: ByAxis[Moves]
    steps: Moves


class _Judged(NamedTuple):
    """A pass with its errors, and what of them is left by the ends and by spread jumps."""

    best: Solution
    ends: Errors
    spread: Errors


def _passed(
    run: Metered,
    ladders: ByAxis[Ladder],
    first: Solution,
    tolerance: float,
    shares: tuple[float, float],
    tuning: Tuning,
    how: LadderTuning,
) -> tuple[Solution, _Parts]:
    """One pass on as many nodes and steps as it takes to leave these shares of the tolerance."""
    share, quick = shares
    doubt = _wary(tuning, how)
    rungs = _rungs(ladders, first, share * tolerance, how)
    run.release()  # the ladders lead somewhere
    nodes = ByAxis(*(one.nodes for one in rungs))
    axis = "xi" if how.whole and nodes.psi == 1 else "psi"
    on = getattr(ladders, axis).closest(getattr(nodes, axis)) or first
    aimed = quick * _rest(rungs.psi, tolerance)
    paces = climb_steps(run, on, aimed, how, doubt)
    stable = (one.steps for one in ladders if one.steps > one.begun)
    steps = int(np.ceil(max(paces.needed(aimed), steps_tried(first), *stable)))
    if how.close and not first.case.numerics.xi_nodes:
        nodes = nodes._replace(xi=nodes.xi | 1)  # an odd number has one where values are read
    run.announce(tuning.budget.whole_pass * nodes.xi * nodes.psi * steps)
    lying = respaced(first.times, first.case.market, steps)
    best = run.along(first, first.space.resized(*nodes), lying)
    if is_broken(best, first, doubt):
        raise PassError(f"{steps} time steps are unstable", None, steps)
    left_by = (*(one.error for one in rungs), paces.left(best.steps["accepted"]))
    xi, psi, late = (
        times(lifted(best, *one), how.counted) for one in zip(left_by, how.coupled, strict=True)
    )
    return best, _Parts(ByAxis(xi, psi), late)


def _judged(
    run: Metered,
    best: Solution,
    first: Solution,
    parts: _Parts,
    tuning: Tuning,
    doubt: ErrorTuning,
) -> _Judged:
    """A pass with its errors; what its ends leave is measured on a first one's grid if need be."""
    ends = ends_leave(run, best, first, tuning)
    spread = jumps_leave(run, best, first, tuning)
    rest = plus(plus(ends, spread), news_leave(best, tuning))
    errors = total(parts.nodes, rest, parts.steps, made_up(best))
    return _Judged(judge(best, errors, run.tolerance, doubt), ends, spread)


def _covering(
    run: Metered,
    judged: _Judged,
    domain: Domain,
    first: Solution,
    parts: _Parts,
    tuning: Tuning,
    how: LadderTuning,
) -> tuple[_Judged, Domain, Domain]:
    """An accepted pass again with nodes as close as they are, while its domain has to be wider.

    Unless that breaks down, changes more than the tolerance, or is because the ends are felt: what
    nodes and steps leave has to be measured anew then.

    Returns
    -------
    judged : _Judged
    domain, wider : Domain
        Of that pass, and the one that it calls for.
    """
    doubt = _wary(tuning, how)

    def needed(one: _Judged, on: Domain) -> Domain:
        return widened(on, one.best, one.ends, run.tolerance, tuning.certificate)

    wider = needed(judged, domain)
    for _ in range(how.passes):
        felt = worst(judged.best, judged.ends) > tuning.certificate.ends * run.tolerance
        felt = felt or learned_after_all(judged.best) > 0.0
        if wider == domain or not judged.best.converged or felt:
            break
        best, coarse = _over(run, judged.best, wider), _over(run, first, wider)
        if best is None or worst(best, change(best, judged.best, doubt)) > run.tolerance:
            break
        domain, first = wider, best if coarse is None else coarse
        judged = _judged(run, best, first, parts, tuning, doubt)
        wider = needed(judged, domain)
    return judged, domain, wider


def _wary(tuning: Tuning, how: LadderTuning) -> ErrorTuning:
    """Less than elsewhere: what a field has of the worst one's error was seen to by direction."""
    return replace(tuning.errors, coupled=0.0, doubt=how.doubt)


def _over(run: Metered, found: Solution, wider: Domain) -> Solution | None:
    """The same pass over a wider domain, with nodes as close; None if it breaks down."""
    with suppress(PassError):
        grid = as_close(wider, found.space, found.economy.start)
        return replace(run.along(found, grid, found.times), sds=wider.sds)
    return None


def _ladders(
    run: Metered, domain: Domain, first: Solution, how: LadderTuning, doubt: ErrorTuning
) -> ByAxis[Ladder]:
    """From a first pass, one for each direction."""
    how = how.on(coarseness(domain, first.space))
    return ByAxis(*(Ladder(run, first, axis, how, doubt) for axis in ByAxis._fields))


def _closer(run: Metered, first: Solution, steps: int) -> Solution | None:
    """A first pass with twice so many time steps, or four times; None if it cannot be had."""
    for more in (2, 4):
        closer = respaced(first.times, first.case.market, more * steps)
        with suppress(PassError):
            return run.along(first, first.space, closer)
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
        if axis == "xi":
            told = np.inf if how.whole else ladders.psi.telling
            _widen(ladder, found["psi"].nodes, told, 1.0 if how.whole else how.apart)
            if how.whole and ladders.psi.steps > ladders.psi.begun:
                ladder.shorten(ladders.psi.steps)  # on as many lines these were needed
            ladder.borrow(ladders.psi.known(found["psi"].nodes))
        left = _rest(found["psi"], tolerance) if found else tolerance
        on_line = axis == "xi" and found["psi"].nodes == 1
        target = (how.on_line if on_line else getattr(share, axis)) * left
        found[axis] = ladder.at(count) if count else ladder.climb(target)
    psi = _again(ladders, ByAxis(**found), fixed.psi, share.psi * tolerance, how)
    return ByAxis(found["xi"], psi)


def _again(
    ladders: ByAxis[Ladder], found: ByAxis[Rung], fixed: int, target: float, how: LadderTuning
) -> Rung:
    """What psi nodes leave once more, if xi nodes across that ladder were too few to tell."""
    minor = found.psi.size < how.minor * target
    if minor or not _widen(ladders.psi, found.xi.nodes, ladders.xi.telling, how.apart):
        return found.psi
    rung = ladders.psi.at(found.psi.nodes)
    return rung if fixed or rung.size <= target else ladders.psi.climb(target)


def _widen(ladder: Ladder, most: int, told: float, apart: float) -> bool:
    """Have that many nodes across a ladder, or the most, if they are so many times what it has."""
    few = min(told, most) > apart * ladder.across
    if few:
        ladder.widen(int(np.ceil(min(told, most))))
    return few
