"""Accuracy on request: how many nodes, how long, and what error is left.

Pilot passes measure how much is learned, which sets the largest psi. Then the grid is refined in
one direction at a time; what each changes in the reported values says what it contributes to the
error, and from that the nodes of the next pass are chosen. The first grid, continued outwards, says
what ending it contributes, and the steps' tolerance bounds what time contributes. A change between
two passes is the error of the coarser one; of it the finer one keeps a share that falls with the
number of nodes, at orders deliberately below the scheme's own (8 along xi, 5 along psi), and lower
still where attention has a kink, so that the estimate is not optimistic.
"""

from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pdesolve.case import Case
from pdesolve.model.economy import Economy
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import Metered, OutOfReach, node_count, steps_tried
from pdesolve.solver.pde.certificate import widened
from pdesolve.solver.pde.contributions import ends_error, rest_of_doubt, steps_error
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import (
    Errors,
    ErrorTuning,
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
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.tuning import PilotTuning, Tuning
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
    nodes, fixed = first_nodes(case, economy, domain, tolerance, tuning.pilot, tuning.errors)
    run = Metered(case, economy, tolerance, tuning.budget, progress=progress)
    domain, first = _settle(run, domain, nodes, tolerance, fixed.xi, tuning.pilot)
    for _ in range(tuning.refine.domains):
        domain, best = _refined(run, domain, first, fixed, tolerance, tuning)
        wider = widened(domain, best, tolerance, tuning.pilot.margin)
        if wider == domain:
            return best
        domain = wider
        first = _pilot(run, domain, _nodes(first), tolerance, fixed.xi, tuning.pilot)
    why = "; what the grid has to cover keeps growing with it"
    return replace(best, converged=False, message=f"not certain: {best.message}{why}")


def _refined(
    run: Metered,
    domain: Domain,
    first: Solution,
    fixed: ByAxis[bool],
    tolerance: float,
    tuning: Tuning,
) -> tuple[Domain, Solution]:
    """Refine from a first pass; the domain is made wider as soon as a pass says that it must be."""
    how, doubt = tuning.refine, tuning.errors
    best, time_tolerance, parts = _explore(run, domain, first, fixed, tolerance, tuning)
    ends = ends_error(run, first, tuning)
    order = _order(best, how.later_order, tuning)
    note = ""
    for left in reversed(range(how.passes + 1)):
        if worst(best, ends) > how.enough * tolerance:  # the first grid may be too coarse to say
            ends = ends_error(run, best, tuning)
        steps = steps_error(run, best, first, time_tolerance, tuning)
        rest = rest_of_doubt(best, tolerance, doubt)
        best = judge(best, total(parts, ends, steps, rest), tolerance, doubt)
        growth = _growth(best, parts, tolerance, fixed, run.left, tuning)
        line = best.space.n_xi == 1
        untested = line and left > how.passes - how.tests  # one line of nodes: a test is cheap
        slow = worst(best, steps) / (how.steps * tolerance)
        if (best.converged and not untested) or (all(fixed) and slow <= 1.0) or not left:
            break
        domain = widened(domain, best, tolerance, tuning.pilot.margin)
        try:
            time_tolerance *= min(how.tighter, 1.0 / max(slow, 1.0))
            wanted = (_more(n, g) for n, g in zip(_nodes(best), growth, strict=True))
            finer = run(domain, ByAxis(*wanted), time_tolerance)
        except OutOfReach:
            note = "; finer grids are out of reach"
            break
        except PassError as failure:
            note = f"; a finer pass broke down: {failure}"
            break
        parts = remaining(change(finer, best, doubt), parts, growth, order, doubt, line=line)
        best = finer
    if not best.converged and has_kink(best):
        note += (
            "; attention leaves zero, meets its cap or jumps inside the grid, "
            "and convergence is slow there"
        )
    return domain, replace(best, message=best.message + note)


# ---------------------------------------------------------------------- first passes


def first_nodes(
    case: Case,
    economy: Economy,
    domain: Domain,
    tolerance: float,
    tuning: PilotTuning,
    doubt: ErrorTuning,
) -> tuple[ByAxis[int], ByAxis[bool]]:
    """Nodes of the first pass, and which axes may not be refined.

    The degenerate axes of normal and two-point payoffs have one node; where the case file fixes a
    number of nodes, the first pass has fewer, so that the fixed number has an error estimate.
    """
    numerics, prior = case.numerics, economy.prior
    grid = domain.grid(2, 2, numerics.order)
    fan = 1.0 + grid.spread * domain.psi_top
    steps = 2.0 * grid.width / domain.finest * fan**0.5 / tuning.spacing
    n_xi = int(np.clip(steps * (1e-5 / tolerance) ** (1 / numerics.order), 36, 240))
    depth = np.log1p(domain.psi_top / domain.psi_scale)
    n_psi = 1 + 3 * round((4.0 + depth) * (1e-5 / tolerance) ** 0.2)
    n_xi = 1 if prior.is_normal else n_xi
    n_psi = 1 if prior.is_two_point or domain.psi_top == 0.0 else n_psi
    wanted = (numerics.xi_nodes, numerics.psi_nodes)
    nodes = [
        n if not want else max(1, round(want / doubt.probe)) if want > 1 else 1
        for n, want in zip((n_xi, n_psi), wanted, strict=True)
    ]
    fixed = [bool(want) or n == 1 for n, want in zip(nodes, wanted, strict=True)]
    return ByAxis(*nodes), ByAxis(*fixed)


def _settle(
    run: Metered,
    domain: Domain,
    nodes: ByAxis[int],
    tolerance: float,
    stuck: bool,
    tuning: PilotTuning,
) -> tuple[Domain, Solution]:
    """Measure the largest psi, cheaply at first: the domain with it, and a first pass there."""
    if nodes.psi > 1:
        with suppress(PassError):  # too coarse for this case
            few = nodes._replace(xi=_more(nodes.xi, tuning.scout_nodes))
            scout = run(domain, few, tuning.scout_tolerance * tolerance, tuning.steps)
            domain = _with_top(domain, scout, tuning)
    first = _pilot(run, domain, nodes, tolerance, stuck, tuning)
    for _ in range(tuning.rounds if nodes.psi > 1 else 0):
        better = _with_top(domain, first, tuning)
        if better == domain:
            break
        domain = better
        here = nodes._replace(xi=first.space.n_xi)
        first = _pilot(run, domain, here, tolerance, stuck, tuning)
    return domain, first


def _with_top(domain: Domain, found: Solution, tuning: PilotTuning) -> Domain:
    """The domain, with another largest psi if what the fastest learner reached calls for it."""
    needed = min(float(found.psi_reached[-1]), domain.psi_informed)
    if needed == domain.psi_top or 1.08 * needed <= domain.psi_top <= 1.4 * needed:
        return domain
    return replace(domain, psi_top=min(tuning.margin * needed, domain.psi_informed))


def _pilot(
    run: Metered,
    domain: Domain,
    nodes: ByAxis[int],
    tolerance: float,
    stuck: bool,
    tuning: PilotTuning,
) -> Solution:
    """Run a first pass, with more xi nodes as long as it breaks down."""
    few = round(tuning.steps * max(1.0, 1e-5 / tolerance) ** 0.25)
    for _ in range(0 if stuck else tuning.attempts - 1):
        try:
            return run(domain, nodes, tolerance, few)
        except OutOfReach:
            raise
        except PassError:
            nodes = nodes._replace(xi=_more(nodes.xi, tuning.more))
    return run(domain, nodes, tolerance)


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
        more = getattr(wanted, axis) or _more(before, doubt.probe)
        nodes = _nodes(best)._replace(**{axis: more})
        steps = time_tolerance if last else tolerance
        finer = _pilot(run, domain, nodes, steps, fixed.xi, tuning.pilot)
        error = times(change(finer, best, doubt), doubt.safety)
        spared = not last and not getattr(fixed, axis)
        if spared and worst(finer, error) < how.enough * tolerance:
            left = error
        else:
            gained = getattr(_nodes(finer), axis) / before
            left = times(error, gained ** -_order(finer, how.first_order, tuning))
            best = finer
        parts = parts._replace(**{axis: left})
    return _Explored(best, time_tolerance, parts)


def _order(solution: Solution, smooth: float, tuning: Tuning) -> float:
    """Order at which the error is taken to fall from here on."""
    kink = has_kink(solution)
    if kink and has_jump(solution, tuning.errors):
        return tuning.refine.jumping_order
    rough = kink or solution.space.n_xi == 1  # one line can afford to be modest
    return tuning.refine.kinked_order if rough else smooth


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
    line = best.space.n_xi == 1
    least = doubt.probe if line else how.least
    for part, power, stuck in zip(parts, (1 / 6, 1 / 4), fixed, strict=True):
        size = worst(best, part) / tolerance
        enough = stuck or (size < how.nothing and not line)
        wanted.append(1.0 if enough else float(np.clip((size / 0.3) ** power, least, how.most)))
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


def _more(nodes: int, factor: float) -> int:
    return 1 if nodes == 1 else round(nodes * factor)
