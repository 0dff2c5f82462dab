"""Paths under the risk-neutral measure: the price must be a martingale whose variance adds up.

The measure and the drift of xi are those of derivation.md, section 4.
"""

from typing import NamedTuple

import numpy as np

from pdesolve.finance.paths import NAMES, Estimate, Fields, dates, estimates, respond
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


class _Neutral(NamedTuple):
    """Paths under the risk-neutral measure; `moves` adds up kappa² p_xi² dt."""

    xi: Array
    psi: Array
    moves: Array


def _drift(solution: Solution, now: _Neutral, fields: Fields, dt: float, shock: Array) -> _Neutral:
    """From one date to the next: dxi = mu dt + kappa dB, with the shock for dB."""
    market = solution.case.market
    p, variance, p_xi, l_xi = fields.at(now.xi, now.psi, *NAMES)
    _, kappa, speed = respond(solution, variance)
    mu = kappa**2 * l_xi - market.risk_aversion * market.supply_volatility * kappa * p
    return _Neutral(
        xi=now.xi + mu * dt + kappa * shock,
        psi=now.psi + speed * dt,
        moves=now.moves + (kappa * p_xi) ** 2 * dt,
    )


def risk_neutral(
    solution: Solution, rng: np.random.Generator, paths: int, steps: int
) -> list[Estimate]:
    """Martingale property and variance of the price."""
    market, initial, none = solution.case.market, solution.initial, np.zeros(paths)
    t = dates(solution, steps)
    xi = np.full(paths, -market.risk_aversion * market.initial_supply)
    fine = coarse = _Neutral(xi, none, none)
    for k in range(0, steps, 2):
        dt = np.diff(t[k : k + 3])
        shocks = np.sqrt(dt)[:, None] * rng.standard_normal((2, paths))
        first, second = (Fields(solution, now) for now in t[k : k + 2])
        fine = _drift(solution, fine, first, float(dt[0]), shocks[0])
        fine = _drift(solution, fine, second, float(dt[1]), shocks[1])
        coarse = _drift(solution, coarse, first, float(dt.sum()), shocks[0] + shocks[1])

    def outcome(end: _Neutral) -> list[Array]:
        p, left = Fields(solution, market.horizon).at(end.xi, end.psi, "price", "variance")
        return [p, end.moves + left, (p - initial.price) ** 2 + left]

    price, variance = solution.error["price"], solution.error["variance"]
    names = {
        "martingale: E^Q of the price at T": (initial.price, price),
        "variance: E^Q (squared price moves + V at T)": (initial.variance, variance),
        "variance: Var^Q of the price at T + E^Q V at T": (initial.variance, variance),
    }
    return estimates(names, outcome(fine), outcome(coarse))
