"""Accuracy on request: how many nodes, how long, and what error is left.

Pilot passes measure how much is learned, which sets the largest psi. Then the grid is refined in
one direction at a time; what each changes in the reported values says what it contributes to the
error, and from that the nodes of the next pass are chosen. The first grid, continued outwards, says
what ending it contributes, and the steps' tolerance bounds what time contributes. A change between
two passes is the error of the coarser one; of it the finer one keeps a share that falls with the
number of nodes, at orders deliberately below the scheme's own (8 along xi, 5 along psi), and lower
still where attention has a kink, so that the estimate is not optimistic.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pdesolve.case import Case
from pdesolve.model.payoff.factory import Prior
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.budget import Metered, OutOfReach, PassError, Run, node_count, steps_tried
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import (
    PROBE,
    SAFETY,
    Errors,
    change,
    has_jump,
    has_kink,
    judge,
    remaining,
    times,
    total,
    worst,
)
from pdesolve.solver.solution import Solution

Again = Callable[[Solution, Grid], Solution]

XI, PSI = 0, 1  # the directions
MARGIN = 1.1  # on the largest psi that is reached
LEAST, MOST = 1.2, 1.9  # growth of either direction from pass to pass
NOTHING = 0.1  # of the tolerance: a direction that contributes less is left as it is
ORDERS = (3.0, 3.0)  # at which the error is taken to fall along xi and psi
LATER = (4.0, 4.0)  # once a first estimate has been put to the test
KINKED = (2.0, 2.0)  # the same where attention leaves zero or meets its cap
JUMPING = (1.0, 1.0)  # and where it jumps
SPACING = 1.7  # of the first pass's nodes, in units of the domain's finest length
ENOUGH = 0.1  # of the tolerance: a smaller change does not call for more nodes
BEYOND = 0.06  # xi nodes added at either end, as a share, to see what ending the grid costs
SCOUT = 0.7, 10.0  # of the first pass's xi nodes and tolerance
PILOTS = 4
PILOT_STEPS = 64  # more than these, at a tolerance of 1e-5, mean that the grid is too coarse
ATTEMPTS = 4  # at a pilot pass, each with so many more xi nodes
MORE = 2.2
PASSES = 8
# time tolerance of the first grid that may do, and with a kink; each next one's share
LAST, LAST_ROUGH, TIGHTER = 0.3, 0.2, 0.6


def refine(
    run: Run, again: Again, case: Case, prior: Prior, domain: Domain, tolerance: float
) -> Solution:
    """Run passes until the estimated error is within the tolerance.

    Parameters
    ----------
    run : callable
        (domain, (n_xi, n_psi), time tolerance, most time steps) -> Solution of one pass.
    again : callable
        (Solution, grid) -> Solution on that grid with the same time steps.
    case : Case
    prior : Prior
    domain : Domain
        A generous one; its largest psi is replaced by a measured one.
    tolerance : float
        Relative to `error_scales`.

    Returns
    -------
    Solution
        Of the last pass, with its errors, and `converged` and `message` set.

    Raises
    ------
    PassError
        If a pass breaks down on the largest grid that may be tried.
    """
    nodes, fixed = first_nodes(case, prior, domain, tolerance)
    passes = Metered(run, case, tolerance)
    domain, first = _settle(passes, domain, nodes, tolerance, fixed[XI])
    best, time_tolerance, parts = _explore(passes, domain, first, fixed, tolerance)
    ends = _ends(passes, again, first)
    orders = _orders(best, LATER)
    note = ""
    for left in reversed(range(PASSES + 1)):
        if worst(best, ends) > ENOUGH * tolerance:  # the first grid may be too coarse to say
            ends = _ends(passes, again, best)
        best = judge(best, total(parts, ends, best, time_tolerance), tolerance)
        growth = _growth(best, parts, tolerance, fixed, passes.left)
        untested = best.space.n_xi == 1 and left == PASSES  # one line of nodes: a test is cheap
        if (best.converged and not untested) or all(fixed) or not left:
            break
        try:
            time_tolerance *= TIGHTER
            nodes = (_more(best.space.n_xi, growth[XI]), _more(best.space.n_psi, growth[PSI]))
            finer = passes(domain, nodes, time_tolerance)
        except OutOfReach:
            note = "; finer grids are out of reach"
            break
        except PassError as failure:
            note = f"; a finer pass broke down: {failure}"
            break
        parts = remaining(change(finer, best), parts, growth, orders, best.space.n_xi == 1)
        best = finer
    if not best.converged and has_kink(best):
        note += (
            "; attention leaves zero, meets its cap or jumps inside the grid, "
            "and convergence is slow there"
        )
    return replace(best, message=best.message + note)


def _settle(
    run: Metered, domain: Domain, nodes: tuple[int, int], tolerance: float, stuck: bool
) -> tuple[Domain, Solution]:
    """Measure the largest psi, cheaply at first: the domain with it, and a first pass there."""
    if nodes[PSI] > 1:
        with suppress(PassError):  # too coarse for this case
            few = (_more(nodes[XI], SCOUT[0]), nodes[PSI])
            domain = _with_top(domain, run(domain, few, SCOUT[1] * tolerance, PILOT_STEPS))
    first = _pilot(run, domain, nodes, tolerance, stuck)
    for _ in range(PILOTS if nodes[PSI] > 1 else 0):
        better = _with_top(domain, first)
        if better == domain:
            break
        domain = better
        first = _pilot(run, domain, (first.space.n_xi, nodes[PSI]), tolerance, stuck)
    return domain, first


def _with_top(domain: Domain, found: Solution) -> Domain:
    """The domain, with another largest psi if what the fastest learner reached calls for it."""
    needed = min(float(found.psi_reached[-1]), domain.psi_informed)
    if needed == domain.psi_top or 1.05 * needed <= domain.psi_top <= 1.3 * needed:
        return domain
    return replace(domain, psi_top=min(MARGIN * needed, domain.psi_informed))


class _Explored(NamedTuple):
    """The finest pass so far, its time tolerance, and what too few nodes leave in its errors."""

    best: Solution
    time_tolerance: float
    parts: tuple[Errors, Errors]


def _explore(
    run: Metered, domain: Domain, first: Solution, fixed: tuple[bool, bool], tolerance: float
) -> _Explored:
    """Refine each direction once, the one along xi last: it tends to need the most nodes.

    At a kink it is the other way round: what the nodes along psi do to it shows only among many xi.
    """
    nothing = times(change(first, first), 0.0)
    best, parts = first, [nothing, nothing]
    rough = has_kink(first)
    time_tolerance = tolerance * (LAST_ROUGH if rough else LAST)
    order = (XI, PSI) if rough else (PSI, XI)
    numerics = first.case.numerics
    wanted = (numerics.xi_nodes, numerics.psi_nodes)
    axes = [axis for axis in order if _nodes(first)[axis] > 1] or [PSI]
    for axis in axes:
        last = axis == axes[-1]
        nodes = list(_nodes(best))
        nodes[axis] = wanted[axis] or _more(nodes[axis], PROBE)
        steps = time_tolerance if last else tolerance
        finer = _pilot(run, domain, (nodes[XI], nodes[PSI]), steps, fixed[XI])
        error = times(change(finer, best), SAFETY)
        if not last and not fixed[axis] and worst(finer, error) < ENOUGH * tolerance:
            parts[axis] = error
        else:
            gained = _nodes(finer)[axis] / _nodes(best)[axis]
            parts[axis] = times(error, gained ** -_orders(finer, ORDERS)[axis])
            best = finer
    return _Explored(best, time_tolerance, (parts[XI], parts[PSI]))


def _ends(run: Metered, again: Again, first: Solution) -> Errors:
    """Change when the grid is continued outwards along xi; nodes and time steps are the same.

    The largest psi needs none of this: what `psi_reached` does not reach is never heard of.

    If the outer states break the integration down, their part is not known and left out: the next
    passes have the same ends, and they are `domain.REACH` standard deviations away.
    """
    run.left -= node_count(first) * steps_tried(first)
    nodes = max(1, round(BEYOND * first.space.n_xi))
    try:
        return times(change(again(first, first.space.extended(nodes)), first), SAFETY)
    except ArithmeticError:
        return times(change(first, first), 0.0)


def _orders(solution: Solution, smooth: tuple[float, float]) -> tuple[float, float]:
    """Orders at which the error is taken to fall from here on."""
    if has_kink(solution) and has_jump(solution):
        return JUMPING
    rough = has_kink(solution) or solution.space.n_xi == 1  # one line can afford to be modest
    return KINKED if rough else smooth


def _growth(
    best: Solution,
    parts: tuple[Errors, Errors],
    tolerance: float,
    fixed: tuple[bool, bool],
    work: float,
) -> tuple[float, float]:
    """Factors on the nodes that should bring each direction's share of the error within bounds.

    Scaled back to the work that is left, as long as that still refines.
    """
    wanted = []
    line = best.space.n_xi == 1
    least = PROBE if line else LEAST
    for part, power, stuck in zip(parts, (1 / 6, 1 / 4), fixed, strict=True):
        size = worst(best, part) / tolerance
        enough = stuck or (size < NOTHING and not line)
        wanted.append(1.0 if enough else float(np.clip((size / 0.3) ** power, least, MOST)))
    excess = max(
        1.0, 1.3 * steps_tried(best) * node_count(best) * wanted[0] * wanted[1] / max(work, 1.0)
    )
    free = 2 - sum(fixed)
    trimmed = [
        1.0 if stuck else g / excess ** (1 / free) for g, stuck in zip(wanted, fixed, strict=True)
    ]
    growth = wanted if max(trimmed) < PROBE**0.5 else [max(1.0, g) for g in trimmed]
    return growth[0], growth[1]


def _nodes(solution: Solution) -> tuple[int, int]:
    """Nodes along xi and psi."""
    return solution.space.n_xi, solution.space.n_psi


def first_nodes(
    case: Case, prior: Prior, domain: Domain, tolerance: float
) -> tuple[tuple[int, int], tuple[bool, bool]]:
    """Nodes of the first pass, and which axes may not be refined.

    The degenerate axes of normal and two-point payoffs have one node; where the case file fixes a
    number of nodes, the first pass has fewer, so that the fixed number has an error estimate.
    """
    numerics = case.numerics
    grid = domain.grid(2, 2, numerics.order)
    fan = 1.0 + grid.spread * domain.psi_top
    steps = 2.0 * grid.width / domain.finest * fan**0.5 / SPACING
    n_xi = int(np.clip(steps * (1e-5 / tolerance) ** (1 / numerics.order), 36, 240))
    depth = np.log1p(domain.psi_top / domain.psi_scale)
    n_psi = 1 + 3 * round((4.0 + depth) * (1e-5 / tolerance) ** 0.2)
    n_xi = 1 if prior.is_normal else n_xi
    n_psi = 1 if prior.is_two_point or domain.psi_top == 0.0 else n_psi
    wanted = (numerics.xi_nodes, numerics.psi_nodes)
    nodes = [
        n if not want else max(1, round(want / PROBE)) if want > 1 else 1
        for n, want in zip((n_xi, n_psi), wanted, strict=True)
    ]
    fixed = [bool(want) or n == 1 for n, want in zip(nodes, wanted, strict=True)]
    return (nodes[0], nodes[1]), (fixed[0], fixed[1])


def _pilot(
    run: Metered, domain: Domain, nodes: tuple[int, int], tolerance: float, stuck: bool
) -> Solution:
    """Run a first pass, with more xi nodes as long as it breaks down."""
    few = round(PILOT_STEPS * max(1.0, 1e-5 / tolerance) ** 0.25)
    for _ in range(0 if stuck else ATTEMPTS - 1):
        try:
            return run(domain, nodes, tolerance, few)
        except OutOfReach:
            raise
        except PassError:
            nodes = (_more(nodes[0], MORE), nodes[1])
    return run(domain, nodes, tolerance)


def _more(nodes: int, factor: float) -> int:
    return 1 if nodes == 1 else round(nodes * factor)
