"""Accuracy on request: how many nodes, how long, and what error is left.

Pilot passes measure how much is learned, which sets the largest psi. Then the grid is refined in
one direction at a time; what each changes in the reported values says what it contributes to the
error, and from that the nodes of the next pass are chosen. A change between two passes is the error
of the coarser one; of it the finer one keeps a share that falls with the number of nodes, at orders
deliberately below the scheme's own (8 along xi, 5 along psi), and lower still where attention has a
kink, so that the estimate is not optimistic.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pdesolve.attention import best_response
from pdesolve.case import Case
from pdesolve.domain import Domain
from pdesolve.payoff import Prior
from pdesolve.solution import ERRORS, Solution

Errors = dict[str, float]
Run = Callable[[Domain, tuple[int, int], float, int], Solution]

MARGIN = 1.1  # on the largest psi that is reached
KEPT = 0.03  # least share of a change that is taken to be left
LEAST, MOST = 1.2, 2.2  # growth of either direction from pass to pass; none goes untested
LUCK = 0.03  # least share of an estimate that is kept from pass to pass
COUPLED = 0.4  # least share of the worst field's error that every field is taken to have
SAFETY = 2.0  # on every estimate
GROWTH = 1.45  # of the nodes when a direction is probed
ORDERS = (3.0, 3.0)  # at which the error is taken to fall along xi and psi
LATER = (4.0, 4.0)  # once a first estimate has been put to the test
KINKED = (2.0, 2.0)  # the same where attention leaves zero or meets its cap
SPACING = 1.7  # of the first pass's nodes, in units of the domain's finest length
PILOTS = 4
PILOT_STEPS = 120  # more than these mean that the grid is too coarse
ATTEMPTS = 4  # at a pilot pass, each with more xi nodes
PASSES = 8
WORK = 4e6  # most nodes times steps in a pass
PROBES = np.array([0.0, -0.4, -0.2, 0.2, 0.4])  # states near the initial one that are compared


class PassError(ArithmeticError):
    """A pass that broke down, in one sentence; `reason` is the exception behind it, if any."""

    def __init__(self, message: str, reason: Exception | None = None):
        super().__init__(message)
        self.reason = reason


def refine(run: Run, case: Case, prior: Prior, domain: Domain, tolerance: float) -> Solution:
    """Run passes until the estimated error is within the tolerance.

    Parameters
    ----------
    run : callable
        (domain, (n_xi, n_psi), time tolerance, most time steps) -> Solution of one pass.
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
    most = case.numerics.max_steps
    domain, best, parts = _explore(run, domain, nodes, fixed, tolerance, most)
    orders = KINKED if has_kink(best) else LATER
    note = ""
    for _ in range(PASSES):
        best = judge(best, _total(parts), tolerance)
        growth = _growth(best, parts, tolerance, fixed)
        if best.converged or all(fixed) or _work(best, growth) > WORK:
            break
        nodes = (_more(best.space.n_xi, growth[0]), _more(best.space.n_psi, growth[1]))
        try:
            finer = run(domain, nodes, 0.05 * tolerance, most)
        except PassError as failure:
            note = f"; a finer pass broke down: {failure}"
            break
        parts = _remaining(_change(finer, best), parts, growth, orders)
        best = finer
    if not best.converged and has_kink(best):
        note += (
            "; attention leaves zero, meets its cap or jumps inside the grid, "
            "and convergence is slow there"
        )
    return replace(best, message=best.message + note)


def _explore(
    run: Run,
    domain: Domain,
    nodes: tuple[int, int],
    fixed: tuple[bool, bool],
    tolerance: float,
    most: int,
) -> tuple[Domain, Solution, tuple[Errors, Errors]]:
    """Settle the largest psi, then refine each direction once.

    Returns
    -------
    domain : Domain
    best : Solution
        The finest pass so far.
    parts : (dict, dict)
        What too few nodes along xi and along psi contribute to its errors.
    """
    first = _pilot(run, domain, nodes, tolerance, most, fixed[0])
    for _ in range(PILOTS if nodes[1] > 1 else 0):
        needed = min(_needed_top(first), domain.psi_informed)
        if needed == domain.psi_top or 1.05 * needed <= domain.psi_top <= 1.3 * needed:
            break
        domain = replace(domain, psi_top=min(MARGIN * needed, domain.psi_informed))
        first = _pilot(run, domain, (first.space.n_xi, nodes[1]), tolerance, most, fixed[0])
    n_xi, n_psi = first.space.n_xi, nodes[1]
    finer = first
    if n_xi > 1:
        finer = _pilot(run, domain, (_more(n_xi, GROWTH), n_psi), tolerance, most, fixed[0])
    best = run(domain, (finer.space.n_xi, _more(n_psi, GROWTH)), 0.2 * tolerance, most)
    orders = KINKED if has_kink(best) else ORDERS
    gained = (finer.space.n_xi / n_xi, best.space.n_psi / finer.space.n_psi)
    parts = (
        _times(_change(finer, first), SAFETY * gained[0] ** -orders[0]),
        _times(_change(best, finer), SAFETY * gained[1] ** -orders[1]),
    )
    return domain, best, parts


def _growth(
    best: Solution, parts: tuple[Errors, Errors], tolerance: float, fixed: tuple[bool, bool]
) -> tuple[float, float]:
    """Factors on the nodes that should bring each direction's share of the error within bounds.

    Scaled back to what a pass may cost, as long as that still refines.
    """
    wanted = [
        1.0
        if stuck
        else float(np.clip((worst(best, part) / (0.3 * tolerance)) ** power, LEAST, MOST))
        for part, power, stuck in zip(parts, (1 / 6, 1 / 4), fixed, strict=True)
    ]
    excess = max(1.0, _work(best, (wanted[0], wanted[1])) / WORK)
    free = 2 - sum(fixed)
    trimmed = [
        1.0 if stuck else g / excess ** (1 / free) for g, stuck in zip(wanted, fixed, strict=True)
    ]
    growth = wanted if max(trimmed) < GROWTH**0.5 else [max(1.0, g) for g in trimmed]
    return growth[0], growth[1]


def _work(solution: Solution, growth: tuple[float, float]) -> float:
    """Nodes times steps of a pass with so many times the nodes."""
    steps = solution.steps["accepted"] + solution.steps["rejected"]
    nodes = solution.space.n_xi * solution.space.n_psi
    return float(nodes * growth[0] * growth[1] * steps)


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
        n if not want else max(1, round(want / GROWTH)) if want > 1 else 1
        for n, want in zip((n_xi, n_psi), wanted, strict=True)
    ]
    fixed = [bool(want) or n == 1 for n, want in zip(nodes, wanted, strict=True)]
    return (nodes[0], nodes[1]), (fixed[0], fixed[1])


def error_scales(solution: Solution) -> Errors:
    """What errors are measured against.

    The payoff's sd and variance, attention and precision rate themselves (or a thousandth of what
    the prior's variance would call for, if that is more), and 1 for the log value.
    """
    prior, initial, case = solution.prior, solution.initial, solution.case
    usual = best_response(case.attention, case.market.risk_aversion, np.array([prior.variance]))
    tiny = float(np.finfo(float).tiny)
    return {
        "price": prior.sd,
        "variance": prior.variance,
        "attention": max(initial.attention, 1e-3 * float(usual.attention[0]), tiny),
        "precision_rate": max(initial.precision_rate, 1e-3 * float(usual.precision_rate[0]), tiny),
        "log_value": 1.0,
    }


def worst(solution: Solution, error: Errors) -> float:
    """Largest of the errors, each relative to its scale."""
    scales = error_scales(solution)
    return max(error[name] / scales[name] for name in ERRORS)


def judge(solution: Solution, error: Errors, tolerance: float) -> Solution:
    """Attach the errors and the verdict to a solution.

    The fields are coupled, so none is taken to be much more accurate than the worst of them,
    however little it changed; one that did not change at all is exact (a normal payoff's price).
    """
    scales = error_scales(solution)
    name = max(ERRORS, key=lambda name: error[name] / scales[name])
    found, field = error[name] / scales[name], name.replace("_", " ")
    floor = {key: COUPLED * found * scales[key] if error[key] > 0 else 0.0 for key in ERRORS}
    good = found <= tolerance
    text = f"largest relative error estimate {found:.1e} ({field})"
    return replace(
        solution,
        error={key: max(error[key], floor[key]) for key in ERRORS},
        converged=good,
        message=f"converged: {text}" if good else f"not within {tolerance:.1e}: {text}",
    )


def _pilot(
    run: Run, domain: Domain, nodes: tuple[int, int], tolerance: float, most: int, stuck: bool
) -> Solution:
    """Run a first pass, with more xi nodes as long as it breaks down."""
    for _ in range(1 if stuck else ATTEMPTS - 1):
        try:
            return run(domain, nodes, tolerance, min(PILOT_STEPS, most))
        except PassError:
            nodes = (nodes[0] if stuck else _more(nodes[0], 1.7), nodes[1])
    return run(domain, nodes, tolerance, most)


def has_kink(solution: Solution) -> bool:
    """Whether attention is zero or capped in one part of the grid and not in another."""
    variance = solution.static_nodes.variance + solution.states[..., 1]
    rho = solution.case.market.risk_aversion
    regime = best_response(solution.case.attention, rho, variance).regime
    felt = variance > 1e-6 * solution.prior.variance
    return bool(np.unique(regime[felt]).size > 1)


def _more(nodes: int, factor: float) -> int:
    return 1 if nodes == 1 else round(nodes * factor)


def _needed_top(solution: Solution) -> float:
    """Largest psi that the grid has to cover: what the fastest learner reaches."""
    return float(solution.psi_reached[-1])


def _change(fine: Solution, coarse: Solution) -> Errors:
    """Largest change between passes of the reported values, at and near the initial state."""
    market = fine.case.market
    half = 0.5 * (fine.prior.high - fine.prior.low)
    width = 1.0 / (half if np.isfinite(half) else fine.prior.sd)
    xi = -market.risk_aversion * market.initial_supply + PROBES * width
    values = [{name: getattr(one, name)(xi) for name in ERRORS} for one in (fine, coarse)]
    return {name: float(np.nanmax(np.abs(values[0][name] - values[1][name]))) for name in ERRORS}


def _times(error: Errors, factor: float) -> Errors:
    return {name: factor * error[name] for name in ERRORS}


def _total(parts: tuple[Errors, Errors]) -> Errors:
    return {name: parts[0][name] + parts[1][name] for name in ERRORS}


def _remaining(
    change: Errors,
    parts: tuple[Errors, Errors],
    growth: tuple[float, float],
    orders: tuple[float, float],
) -> tuple[Errors, Errors]:
    """Contributions to the error that are left after a refinement that changed the values so.

    The change is shared out like the estimate before. Where it is larger than that estimate was,
    the error falls more slowly than it was taken to, and the share that is kept grows likewise.
    """
    left: tuple[Errors, Errors] = ({}, {})
    for name in ERRORS:
        before = parts[0][name] + parts[1][name]
        slow = max(1.0, change[name] / before) if before > 0 else 1.0
        for k in range(2):
            share = parts[k][name] / before if before > 0 else 0.5
            kept = float(np.clip(slow * growth[k] ** -orders[k], KEPT, 1.0))
            luck = LUCK * parts[k][name]  # a small change may be two errors that cancel
            left[k][name] = max(SAFETY * change[name] * share * kept, luck)
    return left
