"""Growth-optimal weights of solved cases as assets, whose payoffs are independent of one another.

The outside investor buys at the prices of t = 0 and holds until the payoffs; their joint law is the
product of the priors. (Who trades without pause has the sum of what the cases' growths are alone,
since markets that have nothing in common add up in E of the integral of lambda²/2.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pdesolve.case import Case
from pdesolve.investing.law import LawError, check_rate
from pdesolve.investing.many_assets import GrowthError, most_growth
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

NODES = 16  # values that stand for a payoff with a density
LEAST = 4  # of them, half of which tell what they miss
MOST = 2**18  # joint values


@dataclass(frozen=True, kw_only=True, eq=False)
class CasesPortfolio:
    """The weights that maximise E log(1 + w'X + (1 - Σw) r), X the returns x/p - 1 of the cases.

    Attributes
    ----------
    assets : tuple of str
        The cases' names.
    weights : array
        Shares of wealth, one per case; what is left is in cash, or borrowed.
    growth : float
        Of the log of wealth, until the payoffs.
    volatility : float
        Standard deviation of the portfolio's return.
    small_limit : array
        mu/sigma² of each return relative to the riskless one, at least 0 if the weights are.
    optimality : float
        Largest residual of the first-order conditions.
    weights_error, growth_error : array, float
        What the prices' error bars do, and values that stand for a density.
    """

    assets: tuple[str, ...]
    weights: Array
    growth: float
    volatility: float
    small_limit: Array
    optimality: float
    weights_error: Array
    growth_error: float


def growth_among(
    solutions: Sequence[Solution],
    rate: float = 0.0,
    *,
    long_only: bool = False,
    nodes: int = NODES,
) -> CasesPortfolio:
    """The Kelly portfolio of solved cases that pay independently.

    Parameters
    ----------
    solutions : sequence of Solution
        Of one horizon, with payoffs that have a least and a largest value, and prices above zero.
    rate : float
        Riskless, until the payoffs.
    long_only : bool
        Whether none may be sold short. Borrowing is allowed either way.
    nodes : int
        Values that stand for a payoff with a density, or with more values than that.

    Raises
    ------
    LawError
        If a case is not such a one, or there are too many joint values.
    GrowthError
        If no growth is the largest short of ruin.
    """
    check_rate(rate)
    _check(solutions, nodes)
    prices = np.array([one.initial.price for one in solutions])
    bars = np.array([one.error["price"] for one in solutions])
    found = _best(solutions, prices, rate, long_only, nodes)
    others = [
        _best(solutions, prices + bar, rate, long_only, nodes) for bar in np.diag(bars) if bar.any()
    ]
    if any(one.prior.gauss(nodes)[0].size == nodes for one in solutions):
        others.append(_best(solutions, prices, rate, long_only, nodes // 2))
    mean = np.array([one.prior.mean for one in solutions]) / prices - 1.0
    sd = np.array([one.prior.sd for one in solutions]) / prices
    limit = (mean - rate) * (1.0 + rate) / sd**2
    return CasesPortfolio(
        assets=tuple(one.case.name for one in solutions),
        weights=found.weights,
        growth=found.growth,
        volatility=float(np.sqrt(found.weights**2 @ sd**2)),
        small_limit=np.maximum(limit, 0.0) if long_only else limit,
        optimality=found.optimality,
        weights_error=sum((abs(one.weights - found.weights) for one in others), np.zeros(len(sd))),
        growth_error=sum((abs(one.growth - found.growth) for one in others), 0.0),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Best:
    """Weights, their growth and the residual of the first-order conditions."""

    weights: Array
    growth: float
    optimality: float


def _best(
    solutions: Sequence[Solution], prices: Array, rate: float, long_only: bool, nodes: int
) -> _Best:
    """The best weights at these prices."""
    size = 1.0 + rate
    laws = [one.prior.gauss(nodes) for one in solutions]
    returns = [(x / p - size) / size for (x, _), p in zip(laws, prices, strict=True)]
    joint = np.stack([part.ravel() for part in np.meshgrid(*returns, indexing="ij")], axis=1)
    often = np.ones(1)
    for _, probabilities in laws:
        often = np.outer(often, probabilities).ravel()
    weights, optimality = most_growth(joint, long_only=long_only, probabilities=often)
    ends = np.array([[one.prior.low, one.prior.high] for one in solutions])
    worst = weights[:, None] * (ends / prices[:, None] - size) / size
    if not 1.0 + worst.min(axis=1).sum() > 0.0:
        raise GrowthError("no growth is the largest short of ruin, at the ends of the payoffs")
    growth = float(np.log1p(rate) + often @ np.log1p(joint @ weights))
    return _Best(weights=weights, growth=growth, optimality=optimality)


def _check(solutions: Sequence[Solution], nodes: int) -> None:
    """Refuse what has no such portfolio."""
    if not solutions:
        raise LawError("a portfolio of cases needs at least one, got none")
    if nodes < LEAST:
        raise LawError(f"nodes must be at least {LEAST}, got {nodes}")
    check_cases([one.case for one in solutions])
    for one in solutions:
        name, price = one.case.name, one.initial.price
        if not price > 0.0:
            raise LawError(f"{name}: a return needs a price > 0, and the price is {price:g}")
    count = int(np.prod([float(one.prior.gauss(nodes)[0].size) for one in solutions]))
    if count > MOST:
        raise LawError(f"there are {count} joint values, and at most {MOST}: ask for fewer nodes")


def check_cases(cases: Sequence[Case]) -> None:
    """Refuse cases of several horizons, or payoffs without ends, before they are solved."""
    horizons = sorted({one.market.horizon for one in cases})
    if len(horizons) > 1:
        several = ", ".join(f"{horizon:g}" for horizon in horizons)
        raise LawError(f"cases must have one horizon, got {several}")
    for one in cases:
        prior = make_prior(one.payoff)
        if not np.isfinite(prior.high - prior.low):
            raise LawError(f"{one.name}: of a payoff without ends every fraction but 0 risks ruin")
