"""What the ends of the grid, spread jumps and time steps contribute to the error, measured."""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from pdesolve.solver.fields import just_before
from pdesolve.solver.on_grid import Known
from pdesolve.solver.pde.announcements import NewsTuning, announced, pieces
from pdesolve.solver.pde.budget import Metered, node_count, steps_tried
from pdesolve.solver.pde.errors import (
    ROUGHER,
    Errors,
    change,
    error_scales,
    is_known,
    none,
    plus,
    times,
    worst,
)
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.regimes import has_jump, has_kink
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import TRACKED
from pdesolve.typing import Array


def measure(
    run: Metered, best: Solution, first: Solution, time_tolerance: float, tuning: Tuning
) -> tuple[Errors, Errors]:
    """What the grid's ends and spread jumps leave; and steps, with the quadrature over news."""
    steps = _steps(run, best, first, time_tolerance, tuning)
    ends, spread = (leave(run, best, first, tuning) for leave in (ends_leave, jumps_leave))
    return plus(ends, spread), plus(steps, news_leave(best, tuning))


def ends_leave(run: Metered, best: Solution, first: Solution, tuning: Tuning) -> Errors:
    """What the ends of the grid leave: on the first pass's, if it is fine enough to say."""
    found = _ends(run, first, tuning)
    if worst(best, found) > tuning.refine.enough * run.tolerance:
        found = _ends(run, best, tuning)
    return found


def jumps_leave(run: Metered, best: Solution, first: Solution, tuning: Tuning) -> Errors:
    """What it leaves that jumps of attention are spread over some variances, by a wider spread.

    What that changes is more than is left even at order two. On the first pass's grid if it is
    little there; on the last one's, less by the order that a still wider one shows if it is much.
    If either breaks the integration down it is not known: all of the tolerance.
    """
    if not (first.economy.jump_width and has_jump(best)):
        return none()
    how = tuning.jumps
    try:
        for found, enough in ((first, how.share), (best, how.much)):
            wide = _as_wide(run, found, how.wider)
            moved = change(wide, found, tuning.errors)
            size = worst(best, moved)
            if size <= enough * run.tolerance:
                return moved
        wider = _as_wide(run, best, how.wider**2)
        further = worst(best, change(wider, wide, tuning.errors))
        left = how.left(further / size)
        return {name: moved[name] * (1.0 if name in ROUGHER else left) for name in TRACKED}
    except ArithmeticError:
        sizes = error_scales(best)
        return {name: run.tolerance * sizes[name] for name in TRACKED}


def _as_wide(run: Metered, found: Solution, factor: float) -> Solution:
    """The same with jumps spread over so many times the variances."""
    run.left -= node_count(found) * steps_tried(found)
    economy = replace(found.economy, jump_width=factor * found.economy.jump_width)
    known = Known(found.case, economy, found.space, found.static_nodes)
    return retrace(replace(found, known=known), found.space)


def _ends(run: Metered, found: Solution, tuning: Tuning) -> Errors:
    """Changes when the grid is continued outwards, along xi and along psi."""
    wider, later = _wider(run, found, tuning), _later(run, found, tuning)
    return {name: wider[name] + later[name] for name in TRACKED}


def _wider(run: Metered, found: Solution, tuning: Tuning) -> Errors:
    """Change when the grid is continued outwards along xi; nodes and time steps are the same.

    If the outer states break the integration down, their part is not known and left out: the next
    passes have the same ends, and they are `DomainTuning.reach` standard deviations away.
    """
    run.left -= node_count(found) * steps_tried(found)
    nodes = max(1, round(tuning.refine.beyond * found.space.n_xi))
    try:
        longer = retrace(found, found.space.extended(nodes))
    except ArithmeticError:
        return none()
    return times(change(longer, found, tuning.errors), tuning.errors.safety)


def _later(run: Metered, found: Solution, tuning: Tuning) -> Errors:
    """Change when psi ends one element later; none where that is never heard of.

    If that breaks the integration down what is beyond is not known: all of the tolerance.
    """
    if found.psi_possible <= found.space.psi_known:
        return none()
    run.left -= node_count(found) * steps_tried(found)
    try:
        later = retrace(found, found.space.deeper())
    except ArithmeticError:
        sizes = error_scales(found)
        return {name: run.tolerance * sizes[name] for name in TRACKED}
    return times(change(later, found, tuning.errors), tuning.errors.safety)


def _steps(
    run: Metered, best: Solution, first: Solution, time_tolerance: float, tuning: Tuning
) -> Errors:
    """Change, on as few xi nodes as the first pass has, when every time step is taken in two.

    The error in time hardly depends on how many there are, but on the nodes along psi: it is those
    of this pass, or the first one's at kinks, where they are many. Where that grid breaks down, the
    tolerance of the steps has to do.
    """
    space = first.space
    if not has_kink(best):
        space = best.space.resized(space.n_xi, best.space.n_psi)
    run.left -= 3.0 * space.n_xi * space.n_psi * (best.times.size - 1)
    with suppress(ArithmeticError):
        usual = retrace(best, space)
        moved = change(retrace(usual, space, halved(best)), usual, tuning.errors)
        if is_known(moved):
            return times(moved, tuning.errors.halved)
    sizes, blind = error_scales(best), tuning.errors.blind * time_tolerance
    return {name: blind * sizes[name] for name in TRACKED}


def news_leave(best: Solution, tuning: Tuning) -> Errors:
    """Largest change in the fields just before announcements by a finer quadrature."""
    economy, space, moved = best.economy, best.space, 0.0
    system = Equilibrium.of(economy, space, best.static_nodes)
    finer = NewsTuning(step=NewsTuning().step / 1.5, tail=1.2 * NewsTuning().tail)
    for one in best.case.market.announcements:
        known = space.psi <= np.interp(just_before(one.time), best.times, best.psi_limit)
        after = best.states[np.searchsorted(best.times, one.time)]
        usual = announced(system, after, one.precision)
        gap = np.abs(announced(system, after, one.precision, finer) - usual)[known]
        moved = max(moved, float(np.max(gap / np.array(system.sizes))))
    sizes = error_scales(best)
    return {name: tuning.errors.safety * moved * sizes[name] for name in TRACKED}


def halved(found: Solution) -> Array:
    """Ends of the time steps, each of them in two, between any two announcements."""
    parts = pieces(found.times, found.case.market)
    return np.concatenate([np.sort(np.append(t, 0.5 * (t[1:] + t[:-1]))) for t in parts])
