"""Refining in one direction at a time, where ladders lead nowhere.

What each refinement changes in the reported values says what its direction contributes to the
error, and from that the nodes of the next pass are chosen. A change between two passes is the error
of the coarser one; of it the finer one keeps a share that falls with the number of nodes, at orders
deliberately below the scheme's own, and lower still where attention has a kink or jumps, so that
the estimate is not optimistic.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import BudgetSpent, Metered, node_count, steps_tried
from pdesolve.solver.pde.certificate import widened
from pdesolve.solver.pde.contributions import measure
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import (
    Errors,
    ErrorTuning,
    change,
    concluded,
    judge,
    none,
    times,
    total,
    worst,
)
from pdesolve.solver.pde.first import more, nodes_of, pilot
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.regimes import has_jump, has_kink
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import TRACKED


def refined(
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
        wanted = (more(n, g) for n, g in zip(nodes_of(best), growth, strict=True))
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
    return concluded(best, covers, note)


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
    axes = [axis for axis in turns if getattr(nodes_of(first), axis) > 1] or ["psi"]
    for axis in axes:
        last, before = axis == axes[-1], getattr(nodes_of(best), axis)
        count = getattr(wanted, axis) or more(before, doubt.probe)
        nodes = nodes_of(best)._replace(**{axis: count})
        steps = time_tolerance if last else tolerance
        finer = pilot(run, domain, nodes, steps, fixed.xi, tuning.pilot)
        error = times(change(finer, best, doubt), doubt.safety)
        spared = not last and not getattr(fixed, axis)
        if spared and worst(finer, error) < how.enough * tolerance:
            left = error
        else:
            gained = getattr(nodes_of(finer), axis) / before
            order = _order(finer, getattr(ByAxis(*how.first_order), axis), tuning)
            left = times(error, gained**-order)
            best = finer
        parts = parts._replace(**{axis: left})
    return _Explored(best, time_tolerance, parts)


def _order(solution: Solution, smooth: float, tuning: Tuning) -> float:
    """Order at which the error is taken to fall from here on."""
    kink = has_kink(solution)
    if kink and has_jump(solution):
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


def remaining(
    change: Errors,
    parts: ByAxis[Errors],
    growth: ByAxis[float],
    order: ByAxis[float],
    tuning: ErrorTuning,
) -> ByAxis[Errors]:
    """Contributions to the error that are left after a refinement that changed the values so.

    The change is shared out like the estimate before. Where it is larger than that estimate was,
    the error falls more slowly than it was taken to, and the share that is kept grows likewise.
    A direction that was not refined, or that had so small a part in the estimate that the change
    says nothing about it, keeps its part, less what more nodes should take off it.
    """

    def left(part: Errors, growth: float, order: float, name: str) -> float:
        before = parts.xi[name] + parts.psi[name]
        slow = max(1.0, change[name] / before) if before > 0 else 1.0
        share = part[name] / before if before > 0 else 0.5
        kept = float(np.clip(slow * growth**-order, tuning.kept, 1.0))
        # a small change may be two errors that cancel, the less so the more nodes were added
        lucky = tuning.lucky * min(1.0, (growth / tuning.probe) ** -order)
        unseen = growth == 1.0 or share < tuning.unseen
        least = growth**-order if unseen else lucky
        return max(tuning.safety * change[name] * share * kept, least * part[name])

    found = [
        {name: left(part, grown, rate, name) for name in TRACKED}
        for part, grown, rate in zip(parts, growth, order, strict=True)
    ]
    return ByAxis(found[0], found[1])
