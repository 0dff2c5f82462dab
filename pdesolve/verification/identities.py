"""What holds exactly, whatever the grid: identities, closed forms, the best attention."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pdesolve.model.payoff.prior import Prior
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import ORDERS
from pdesolve.solver.normal import normal_initial
from pdesolve.solver.solution import Solution
from pdesolve.verification.by_definition import cost_of, precision_of
from pdesolve.verification.check import Check, barred


def identity_checks(solution: Solution) -> Iterator[Check]:
    """What holds exactly, whatever the grid."""
    yield _limit(
        "heat equation: phi_psi + (V^s + p^s²)/2", _heat(solution.prior), 1e-7, "of V^s + p^s²"
    )
    yield _limit(
        "attention: gain from the best other choice", _deviation(solution), 1e-9, "of the gain"
    )
    yield _limit("payoff date: fields are the static ones", _at_the_end(solution), 1e-12, "")
    text = "difference weights against findiff, all orders"
    bound = 1e-12 * 10.0 ** max(0.0, (max(ORDERS) - 10) / 2)  # what findiff's own rounding grows by
    yield _limit(text, _weights(solution.space), bound, "weight for unit spacing")
    tolerance = solution.case.numerics.tolerance
    if solution.prior.is_two_point:
        low, high = solution.prior.low, solution.prior.high
        xi = solution.space.xi[0] + solution.prior.centre * 0.0
        p = np.array([solution.price(xi, 0.0, t) for t in solution.times])
        v = np.array([solution.variance(xi, 0.0, t) for t in solution.times])
        gap = np.nanmax(np.abs(v - (p - low) * (high - p))) / solution.prior.variance
        yield _limit("two payoffs: V = (p - low)(high - p)", float(gap), tolerance, "of Var F")
    if solution.prior.is_normal:
        truth = normal_initial(solution.case)
        for name in barred(solution):
            gap = abs(getattr(truth, name) - getattr(solution.initial, name))
            bound = max(solution.bars[name], 1e-11 * abs(getattr(truth, name)))
            text = f"normal payoff: {name.replace('_', ' ')} in closed form"
            yield _limit(text, gap, bound, "")


def _limit(name: str, value: float, bound: float, unit: str) -> Check:
    return Check(
        group="identities", name=name, value=value, bound=bound, passed=value <= bound, unit=unit
    )


def _heat(prior: Prior) -> float:
    """Largest violation of phi_psi = -(phi_xixi + phi_xi²)/2, by central differences in psi.

    At every state with the best of three steps: payoffs far out need short ones, and rounding does
    not like them.
    """
    xi = np.linspace(-3.0, 3.0, 25) / prior.sd
    worst = 0.0
    for psi in np.array([0.1, 1.0, 10.0]) / prior.variance:
        here = prior.cumulants(xi, np.full_like(xi, psi))
        size = here.variance + here.mean**2
        left = np.full(xi.shape, np.inf)
        for step in psi * np.array([1e-2, 1e-3, 1e-4]):
            phi = [
                prior.cumulants(xi, np.full_like(xi, psi + k * step)).phi for k in (-2, -1, 1, 2)
            ]
            phi_psi = (phi[0] - 8 * phi[1] + 8 * phi[2] - phi[3]) / (12 * step)
            left = np.fmin(left, np.abs(phi_psi + 0.5 * size) / (prior.variance + size))
        worst = max(worst, float(np.max(left)))
    return worst


def _deviation(solution: Solution) -> float:
    """Largest relative gain that a scan over other attention finds, at variances that occur.

    The scan goes through totals and ways to split them over the signals, with precision and cost
    from their definitions.
    """
    case, rho = solution.case.attention, solution.economy.risk_aversion
    variance = solution.static_nodes.variance + solution.states[0][..., 1]
    v = np.geomspace(max(variance.min(), 1e-6 * variance.max()), variance.max(), 41)
    found = solution.economy.respond(v)
    most = min(2.0 * float(found.attention.max()) + 1e-3, case.capacity)
    rng = np.random.default_rng(0)
    splits = np.vstack([np.eye(case.signals)[0], np.full(case.signals, 1.0 / case.signals)])
    splits = np.vstack([splits, rng.dirichlet(np.ones(case.signals), 30)])
    totals = np.linspace(0.0, most, 1001)
    bought = np.array([precision_of(case, np.outer(totals, split)).sum(axis=1) for split in splits])
    worth = v[:, None] / (2.0 * rho)
    gain = worth * bought.max(axis=0) - cost_of(case, totals)
    best = worth[:, 0] * found.precision_rate - found.cost
    size = np.maximum(np.abs(best), worth[:, 0] * found.precision_rate) + 1e-300
    return max(0.0, float(np.max((gain.max(axis=1) - best) / size)))


def _at_the_end(solution: Solution) -> float:
    return float(np.max(np.abs(solution.states[-1])))


def _weights(space: Grid) -> float:
    """Largest distance of the weights that the grid differentiates with from those of findiff."""
    import findiff

    worst, nodes = 0.0, 33
    for order in ORDERS:
        grid = replace(space, n_xi=nodes, order=order)
        step = 2.0 / (nodes - 1)
        for derivative, rows in zip((1, 2), grid.rows, strict=True):
            theirs = findiff.coefficients(deriv=derivative, acc=order)["center"]
            wanted = dict(zip(theirs["offsets"], theirs["coefficients"], strict=True))
            ours = rows[:, nodes // 2] * step**derivative
            for offset, weight in zip(range(-(order // 2), order // 2 + 1), ours, strict=True):
                worst = max(worst, abs(float(weight) - float(wanted.get(offset, 0.0))))
    return worst
