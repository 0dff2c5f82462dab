"""One pass on as many nodes and steps as ladders of thin grids call for, and its error."""

from dataclasses import replace

import numpy as np

from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import Metered, steps_tried
from pdesolve.solver.pde.certificate import widened
from pdesolve.solver.pde.contributions import ends_leave, with_news
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import concluded, has_kink, judge, none, total, worst
from pdesolve.solver.pde.first import nodes_of, pilot
from pdesolve.solver.pde.ladder import Ladder, Rung
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.step_ladder import climb_steps
from pdesolve.solver.pde.tuning import LadderTuning, Tuning
from pdesolve.solver.solution import Solution


def climbed(
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
            axis = "xi" if how.whole and nodes.psi == 1 else "psi"
            on = getattr(ladders, axis).solved(getattr(nodes, axis)) or first
            paces = climb_steps(run, on, quick * tolerance, how, doubt)
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
                    run, domain, nodes_of(first), how.steps_for(tolerance), False, tuning.pilot
                )
            except PassError as failure:
                note = f"a wider grid broke down: {failure}"
                break
            ladders = ByAxis(*(Ladder(run, first, axis, how, doubt) for axis in ByAxis._fields))
    if best is None:
        return None
    certain = replace(tuning.certificate, margin=1.0)
    covers = widened(domain, best, ends, tolerance, certain) == domain
    return concluded(best, covers, note)


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
