"""Accuracy on request: how many nodes, how long, and what error is left.

Pilot passes measure how much is learned, which sets the largest psi (:mod:`.first`). Then the grid
is refined in one direction at a time; what each changes in the reported values says what it
contributes to the error, and from that the nodes of the next pass are chosen. A change between two
passes is the error of the coarser one; of it the finer one keeps a share that falls with the number
of nodes, at orders deliberately below the scheme's own (8 along xi, 5 along psi), and lower still
where attention has a kink, so that the estimate is not optimistic. What the grid's ends and the
time steps contribute is measured apart (:mod:`.contributions`), and a pass is accepted only if the
grid covers what the solution on it needs (:mod:`.certificate`).
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pdesolve.case import Case
from pdesolve.model.economy import Economy
from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import BudgetSpent, Metered, node_count, steps_tried
from pdesolve.solver.pde.certificate import widened
from pdesolve.solver.pde.contributions import ends_leave, measure, with_news
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import (
    Errors,
    change,
    has_jump,
    has_kink,
    judge,
    none,
    remaining,
    times,
    total,
    worst,
)
from pdesolve.solver.pde.first import first_nodes, more, pilot, settle
from pdesolve.solver.pde.ladder import Ladder, Rung
from pdesolve.solver.pde.line import refine_line
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.step_ladder import climb_steps
from pdesolve.solver.pde.tuning import LadderTuning, Tuning
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
    run = Metered(case, economy, tolerance, tuning.budget, tuning.steps, progress=progress)
    domain, first = settle(run, domain, nodes, rough, fixed.xi, tuning.pilot)
    if first.space.n_xi == 1:
        return refine_line(run, domain, first, tolerance, tuning)
    if not has_kink(first):
        found = _climbed(run, domain, first, tolerance, tuning)
        if found is not None:
            return found
    domain = domain.of_order(tuning.refine.psi_order, tuning.refine.fade)
    nodes, fixed = first_nodes(
        case, economy, domain, min(tolerance, 1e-5), tuning.pilot, tuning.errors, rough=True
    )
    nodes = nodes._replace(xi=first.space.n_xi)
    if not has_jump(first, tuning.errors):
        rough = tuning.kinked.steps_for(tolerance)
        first = pilot(run, domain, nodes, rough, fixed.xi, tuning.pilot)
        run.announce(tuning.budget.kinked_work(first, tolerance))
        found = _climbed(run, domain, first, tolerance, tuning, kinked=True)
        if found is not None:
            return found
    first = pilot(run, domain, nodes, tolerance, fixed.xi, tuning.pilot)
    run.announce(tuning.budget.kinked_work(first, tolerance))
    return _refined(run, domain, first, fixed, tolerance, tuning)


def _climbed(
    run: Metered,
    domain: Domain,
    first: Solution,
    tolerance: float,
    tuning: Tuning,
    *,
    kinked: bool = False,
) -> Solution | None:
    """Solve on as many nodes as the ladders call for; None where those do not lead anywhere."""
    how, best, note = tuning.kinked if kinked else tuning.ladder, None, ""
    doubt = replace(tuning.errors, coupled=how.coupled, doubt=how.doubt)
    share, quick = 1.0, how.time
    ladders = ByAxis(*(Ladder(run, first, axis, how, doubt) for axis in ByAxis._fields))
    for left in reversed(range(how.passes)):
        try:
            rungs = _rungs(ladders, first, share * tolerance, how)
            nodes = ByAxis(*(one.nodes for one in rungs))
            on = ladders.psi.solved(nodes.psi) or first
            paces = climb_steps(run, first, on, quick * tolerance, how, doubt)
            steps = int(np.ceil(max(paces.needed(quick * tolerance), steps_tried(first))))
            run.announce(tuning.budget.whole_pass * nodes.xi * nodes.psi * steps)
            best = run.along(first, nodes, respaced(first.times, first.case.market, steps))
        except PassError as failure:
            note = f"a finer pass broke down: {failure}"
            break
        if has_kink(best) and not kinked:
            return None
        parts = ByAxis(*(one.error for one in rungs))
        ends = ends_leave(run, best, first, tuning)
        late = with_news(best, paces.left(best.steps["accepted"]), tuning)
        best = judge(best, total(parts, ends, late), tolerance, doubt)
        wider = widened(domain, best, ends, tolerance, tuning.certificate)
        if not left or (best.converged and wider == domain):
            break
        if not best.converged:
            quick *= min(1.0, how.again * tolerance / worst(best, late))
            share *= min(1.0, how.again * tolerance / worst(best, total(parts, ends, none())))
        if wider != domain:
            domain = wider
            try:
                first = pilot(
                    run, domain, _nodes(first), how.steps_for(tolerance), False, tuning.pilot
                )
            except PassError as failure:
                note = f"a wider grid broke down: {failure}"
                break
            ladders = ByAxis(*(Ladder(run, first, axis, how, doubt) for axis in ByAxis._fields))
    if best is None:
        return None
    certain = replace(tuning.certificate, margin=1.0)
    covers = widened(domain, best, ends, tolerance, certain) == domain
    return _concluded(best, covers, note)


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
        target = getattr(share, axis) * tolerance
        found[axis] = ladder.at(count) if count else ladder.climb(target)
    return ByAxis(**found)


def _refined(
    run: Metered,
    domain: Domain,
    first: Solution,
    fixed: ByAxis[bool],
    tolerance: float,
    tuning: Tuning,
) -> Solution:
    """Refine from a first pass; the domain is made wider as soon as a pass says that it must be."""
    how, doubt = tuning.refine, tuning.errors
    best, time_tolerance, parts = _explore(run, domain, first, fixed, tolerance, tuning)
    order = ByAxis(*(_order(best, later, tuning) for later in how.later_order))
    note = ""
    for left in reversed(range(how.passes + 1)):
        ends = steps = none()
        near = worst(best, total(parts, ends, steps)) <= tolerance
        if near or all(fixed) or not left:  # else the nodes are too few, whatever these are
            ends, steps = measure(run, best, first, time_tolerance, tuning)
        best = judge(best, total(parts, ends, steps), tolerance, doubt)
        wider = widened(domain, best, ends, tolerance, tuning.certificate)
        slow = worst(best, steps) / (how.steps * tolerance)
        settled = best.converged or (all(fixed) and slow <= 1.0)
        if not left or (settled and wider == domain):
            break
        domain = wider
        growth = _growth(best, parts, tolerance, fixed, run.left, tuning)
        time_tolerance *= min(how.tighter, 1.0 / max(slow, 1.0))
        wanted = (more(n, g) for n, g in zip(_nodes(best), growth, strict=True))
        try:
            least = best.steps["accepted"]
            finer = run(domain, ByAxis(*wanted), time_tolerance, least=least)
        except PassError as failure:
            note = f"a finer pass broke down: {failure}"
            if isinstance(failure, BudgetSpent):
                note = "finer grids are out of reach"
            ends, steps = measure(run, best, first, time_tolerance, tuning)
            best = judge(best, total(parts, ends, steps), tolerance, doubt)
            break
        parts = remaining(change(finer, best, doubt), parts, growth, order, doubt)
        best = finer
    certain = replace(tuning.certificate, margin=1.0)
    covers = widened(domain, best, ends, tolerance, certain) == domain
    return _concluded(best, covers, note)


def _concluded(best: Solution, covers: bool, note: str) -> Solution:
    """The last pass, with all that is to be said about it; certain only if the grid covers it."""
    said = [best.message, note]
    if not best.converged and has_kink(best):
        said.append(
            "attention leaves zero, meets its cap or jumps inside the grid, and convergence is "
            "slow there"
        )
    if best.converged and not covers:
        said = [f"not certain: {best.message}", "what the grid has to cover keeps growing with it"]
        best = replace(best, converged=False)
    return replace(best, message="; ".join(filter(None, said)))


# ---------------------------------------------------------------------- one direction at a time


class _Explored(NamedTuple):
    """The finest pass so far, its time tolerance, and what too few nodes leave in its errors."""

    best: Solution
    time_tolerance: float
    parts: ByAxis[Errors]


def _explore(
    run: Metered,
    domain: Domain,
    first: Solution,
    fixed: ByAxis[bool],
    tolerance: float,
    tuning: Tuning,
) -> _Explored:
    """Refine each direction once, the one along xi last: it tends to need the most nodes.

    At a kink it is the other way round: what the nodes along psi do to it shows only among many xi.
    """
    how, doubt = tuning.refine, tuning.errors
    best, parts, rough = first, ByAxis(none(), none()), has_kink(first)
    time_tolerance = tolerance * (how.time_rough if rough else how.time)
    numerics = first.case.numerics
    wanted = ByAxis(numerics.xi_nodes, numerics.psi_nodes)
    turns = ("xi", "psi") if rough else ("psi", "xi")
    axes = [axis for axis in turns if getattr(_nodes(first), axis) > 1] or ["psi"]
    for axis in axes:
        last, before = axis == axes[-1], getattr(_nodes(best), axis)
        count = getattr(wanted, axis) or more(before, doubt.probe)
        nodes = _nodes(best)._replace(**{axis: count})
        steps = time_tolerance if last else tolerance
        finer = pilot(run, domain, nodes, steps, fixed.xi, tuning.pilot)
        error = times(change(finer, best, doubt), doubt.safety)
        spared = not last and not getattr(fixed, axis)
        if spared and worst(finer, error) < how.enough * tolerance:
            left = error
        else:
            gained = getattr(_nodes(finer), axis) / before
            order = _order(finer, getattr(ByAxis(*how.first_order), axis), tuning)
            left = times(error, gained**-order)
            best = finer
        parts = parts._replace(**{axis: left})
    return _Explored(best, time_tolerance, parts)


def _order(solution: Solution, smooth: float, tuning: Tuning) -> float:
    """Order at which the error is taken to fall from here on."""
    kink = has_kink(solution)
    if kink and has_jump(solution, tuning.errors):
        return tuning.refine.jumping_order
    return tuning.refine.kinked_order if kink else smooth


def _growth(
    best: Solution,
    parts: ByAxis[Errors],
    tolerance: float,
    fixed: ByAxis[bool],
    work: float,
    tuning: Tuning,
) -> ByAxis[float]:
    """Factors on the nodes that should bring each direction's share of the error within bounds.

    Scaled back to the work that is left, as long as that still refines.
    """
    how, doubt, wanted = tuning.refine, tuning.errors, []
    for part, power, stuck in zip(parts, (1 / 6, 1 / 4), fixed, strict=True):
        size = worst(best, part) / tolerance
        enough = stuck or size < how.nothing
        wanted.append(1.0 if enough else float(np.clip((size / 0.3) ** power, how.least, how.most)))
    excess = max(
        1.0, 1.3 * steps_tried(best) * node_count(best) * wanted[0] * wanted[1] / max(work, 1.0)
    )
    free = 2 - sum(fixed)
    trimmed = [
        1.0 if stuck else g / excess ** (1 / free) for g, stuck in zip(wanted, fixed, strict=True)
    ]
    growth = wanted if max(trimmed) < doubt.probe**0.5 else [max(1.0, g) for g in trimmed]
    return ByAxis(*growth)


def _nodes(solution: Solution) -> ByAxis[int]:
    """Nodes along xi and psi."""
    return ByAxis(solution.space.n_xi, solution.space.n_psi)
