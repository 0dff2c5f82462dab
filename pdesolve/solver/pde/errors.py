"""How far a pass is from the answer: what errors are measured against, and their estimates.

A change between two passes is the error of the coarser one; of it the finer one keeps a share that
falls with the number of nodes, at orders deliberately below the scheme's own. The estimates are
tuned, and tested, against far finer solves of named and random cases (tests/error_bars.py).
"""

from dataclasses import replace

import numpy as np

from pdesolve.model.attention.response import best_response
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS

Errors = dict[str, float]

TRACKED = (*ERRORS, "price_volatility")  # from pass to pass
KEPT = 0.03  # least share of a change that is taken to be left
PROBE = 1.45  # growth of the nodes when a direction is probed
# least share of an estimate that is kept from pass to pass, if nodes grow like that; on one line
LUCK = 0.03, 0.3
UNSEEN = 0.05  # share of an estimate below which a change does not put it to the test
COUPLED = 0.6  # least share of the worst field's error that every field is taken to have
SAFETY = 2.0  # on every estimate
TIME = 0.5, 1.5  # error that the steps leave, in units of their tolerance; on one line of nodes
JUMP = 0.1  # of the range of attention, between neighbours of 2001 variances
PROBES = np.array([0.0, -0.4, -0.2, 0.2, 0.4])  # states near the initial one that are compared


def error_scales(solution: Solution) -> Errors:
    """What errors are measured against.

    The payoff's sd and variance, attention and precision rate themselves (or a thousandth of what
    the prior's variance would call for, if that is more), and 1 for the log value. No accuracy is
    asked of the gain and the price volatility; theirs are one over the risk aversion and kappa
    times the payoff's variance.
    """
    prior, initial, case = solution.prior, solution.initial, solution.case
    rs = case.market.risk_aversion * case.market.supply_volatility
    usual = best_response(case.attention, case.market.risk_aversion, np.array([prior.variance]))
    tiny = float(np.finfo(float).tiny)
    return {
        "price": prior.sd,
        "variance": prior.variance,
        "attention": max(initial.attention, 1e-3 * float(usual.attention[0]), tiny),
        "precision_rate": max(initial.precision_rate, 1e-3 * float(usual.precision_rate[0]), tiny),
        "log_value": 1.0,
        "certainty_equivalent_gain": 1.0 / case.market.risk_aversion,
        "price_volatility": (initial.precision_rate / rs + rs) * prior.variance,
    }


def worst(solution: Solution, error: Errors) -> float:
    """Largest of the errors that accuracy is asked of, each relative to its scale."""
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
    floor = {key: COUPLED * found * scales[key] if error[key] > 0 else 0.0 for key in TRACKED}
    bars = {key: max(error[key], floor[key]) for key in TRACKED}
    good = found <= tolerance
    text = f"largest relative error estimate {found:.1e} ({field})"
    return replace(
        solution,
        error={name: bars[name] for name in ERRORS},
        volatility_error=bars["price_volatility"],
        converged=good,
        message=f"converged: {text}" if good else f"not within {tolerance:.1e}: {text}",
    )


def has_kink(solution: Solution) -> bool:
    """Whether attention is zero or capped in one part of the grid and not in another."""
    variance = solution.static_nodes.variance + solution.states[..., 1]
    rho = solution.case.market.risk_aversion
    regime = best_response(solution.case.attention, rho, variance).regime
    felt = variance > 1e-6 * solution.prior.variance
    return bool(np.unique(regime[felt]).size > 1)


def has_jump(solution: Solution) -> bool:
    """Whether the best attention jumps somewhere between the variances that occur."""
    variance = solution.static_nodes.variance + solution.states[..., 1]
    ends = np.maximum([variance.min(), variance.max()], 1e-6 * solution.prior.variance)
    rho = solution.case.market.risk_aversion
    found = best_response(solution.case.attention, rho, np.geomspace(ends[0], ends[1], 2001))
    return bool(np.diff(found.attention).max() > JUMP * np.ptp(found.attention))


def change(fine: Solution, coarse: Solution) -> Errors:
    """Largest change between passes of the reported values, at and near the initial state."""
    market = fine.case.market
    half = 0.5 * (fine.prior.high - fine.prior.low)
    width = 1.0 / (half if np.isfinite(half) else fine.prior.sd)
    xi = -market.risk_aversion * market.initial_supply + PROBES * width
    values = [{name: getattr(one, name)(xi) for name in TRACKED} for one in (fine, coarse)]
    return {name: float(np.nanmax(np.abs(values[0][name] - values[1][name]))) for name in TRACKED}


def times(error: Errors, factor: float) -> Errors:
    """Scale every field's error."""
    return {name: factor * error[name] for name in TRACKED}


def total(
    parts: tuple[Errors, Errors], ends: Errors, solution: Solution, time_tolerance: float
) -> Errors:
    """Of too few nodes either way, of the grid's ends and of the time steps.

    What no refinement changed at all is exact.
    """
    scales = error_scales(solution)
    share = TIME[solution.space.n_xi == 1]
    grid = {name: parts[0][name] + parts[1][name] for name in TRACKED}
    return {
        name: grid[name] + ends[name] + share * time_tolerance * scales[name]
        if grid[name] > 0.0
        else 0.0
        for name in TRACKED
    }


def remaining(
    change: Errors,
    parts: tuple[Errors, Errors],
    growth: tuple[float, float],
    orders: tuple[float, float],
    line: bool,
) -> tuple[Errors, Errors]:
    """Contributions to the error that are left after a refinement that changed the values so.

    The change is shared out like the estimate before. Where it is larger than that estimate was,
    the error falls more slowly than it was taken to, and the share that is kept grows likewise.
    A direction that was not refined, or that had so small a part in the estimate that the change
    says nothing about it, keeps its part, less what more nodes should take off it.
    """
    left: tuple[Errors, Errors] = ({}, {})
    for name in TRACKED:
        before = parts[0][name] + parts[1][name]
        slow = max(1.0, change[name] / before) if before > 0 else 1.0
        for k in range(2):
            share = parts[k][name] / before if before > 0 else 0.5
            kept = float(np.clip(slow * growth[k] ** -orders[k], KEPT, 1.0))
            # a small change may be two errors that cancel, the less so the more nodes were added
            lucky = LUCK[line] * min(1.0, (growth[k] / PROBE) ** -orders[k])
            unseen = growth[k] == 1.0 or share < UNSEEN
            least = growth[k] ** -orders[k] if unseen else lucky
            left[k][name] = max(SAFETY * change[name] * share * kept, least * parts[k][name])
    return left
