"""Growth-optimal weights of solved cases as assets, whose payoffs are independent of one another.

The outside investor buys at the prices of t = 0 and holds until the payoffs; their joint law is the
product of the priors. What counts is the number of shares, so a price may be zero or less. (Who
trades without pause has the sum of what the cases' growths are alone, since markets that have
nothing in common add up in E of the integral of lambda²/2.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pdesolve.case import Case
from pdesolve.case.arguments import CaseLike, as_case
from pdesolve.investing.law import LawError, check_rate
from pdesolve.investing.many_assets import GrowthError, most_growth
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.pde import solver
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

NODES = 16  # values that stand for a payoff with a density
LEAST = 4  # of them, half of which tell what they miss
MOST = 2**18  # joint values


@dataclass(frozen=True, kw_only=True, eq=False)
class CasesPortfolio:
    """The shares n that maximise E log((1 + r)(1 - n'p) + n'x), per unit of wealth.

    Attributes
    ----------
    assets : tuple of str
        The cases' names.
    shares : array
        Per unit of wealth, one per case.
    weights : array
        Shares of wealth, n p; what is left is in cash, or borrowed.
    growth : float
        Of the log of wealth, until the payoffs.
    volatility : float
        Standard deviation of the portfolio's return.
    small_limit : array
        Weights where returns are small: p mu/sigma² of each payoff less its price with interest, at
        least 0 shares if none may be sold short.
    optimality : float
        Largest residual of the first-order conditions.
    shares_error, weights_error, growth_error : array, array, float
        What the prices' error bars do, and values that stand for a density.
    """

    assets: tuple[str, ...]
    shares: Array
    weights: Array
    growth: float
    volatility: float
    small_limit: Array
    optimality: float
    shares_error: Array
    weights_error: Array
    growth_error: float


def growth_among(
    cases: Sequence[CaseLike | Solution],
    rate: float = 0.0,
    *,
    long_only: bool = False,
    nodes: int = NODES,
    progress: bool = False,
) -> CasesPortfolio:
    """The Kelly portfolio of cases as assets that pay independently.

    Parameters
    ----------
    cases : sequence of Case, str, path or Solution
        Of one horizon, with payoffs that have a least and a largest value.
    rate : float
        Riskless, until the payoffs.
    long_only : bool
        Whether none may be sold short. Borrowing is allowed either way.
    nodes : int
        Values that stand for a payoff with a density, or with more values than that.
    progress : bool
        Show progress bars while cases are solved.

    Raises
    ------
    LawError
        If a case is not such a one, or there are too many joint values.
    GrowthError
        If no growth is the largest short of ruin.
    CaseError, SolveError
        If a case could not be solved.
    """
    check_rate(rate)
    known = [one if isinstance(one, Solution) else as_case(one) for one in cases]
    check_cases([one.case if isinstance(one, Solution) else one for one in known], nodes)
    solutions = [
        one if isinstance(one, Solution) else solver.solve(one, progress=progress) for one in known
    ]
    prices = np.array([one.initial.price for one in solutions])
    bars = np.array([one.error["price"] for one in solutions])
    found = _best(solutions, prices, rate, long_only, nodes)
    others = [
        _best(solutions, prices + bar, rate, long_only, nodes) for bar in np.diag(bars) if bar.any()
    ]
    if any(one.prior.gauss(nodes)[0].size == nodes for one in solutions):
        others.append(_best(solutions, prices, rate, long_only, nodes // 2))
    gain = np.array([one.prior.mean for one in solutions]) - (1.0 + rate) * prices
    sd = np.array([one.prior.sd for one in solutions])
    limit = gain * (1.0 + rate) / sd**2

    def apart(name: str) -> Array:
        gaps = (np.abs(getattr(one, name) - getattr(found, name)) for one in others)
        return np.asarray(sum(gaps, np.zeros(np.shape(getattr(found, name)))))

    return CasesPortfolio(
        assets=tuple(one.case.name for one in solutions),
        shares=found.shares,
        weights=found.weights,
        growth=found.growth,
        volatility=float(np.sqrt(found.shares**2 @ sd**2)),
        small_limit=prices * (np.maximum(limit, 0.0) if long_only else limit),
        optimality=found.optimality,
        shares_error=apart("shares"),
        weights_error=apart("weights"),
        growth_error=float(apart("growth")),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Best:
    """Shares, what they cost, their growth and the residual of the first-order conditions."""

    shares: Array
    weights: Array
    growth: float
    optimality: float


def _best(
    solutions: Sequence[Solution], prices: Array, rate: float, long_only: bool, nodes: int
) -> _Best:
    """The best shares at these prices."""
    size = 1.0 + rate
    laws = [one.prior.gauss(nodes) for one in solutions]
    gains = [x / size - p for (x, _), p in zip(laws, prices, strict=True)]
    joint = np.stack([part.ravel() for part in np.meshgrid(*gains, indexing="ij")], axis=1)
    often = np.ones(1)
    for _, probabilities in laws:
        often = np.outer(often, probabilities).ravel()
    shares, optimality = most_growth(joint, long_only=long_only, probabilities=often)
    ends = np.array([[one.prior.low, one.prior.high] for one in solutions])
    worst = shares[:, None] * (ends / size - prices[:, None])
    if not 1.0 + worst.min(axis=1).sum() > 0.0:
        raise GrowthError("no growth is the largest short of ruin, at the ends of the payoffs")
    growth = float(np.log1p(rate) + often @ np.log1p(joint @ shares))
    return _Best(shares=shares, weights=shares * prices, growth=growth, optimality=optimality)


def check_cases(cases: Sequence[Case], nodes: int = NODES) -> None:
    """Refuse what has no such portfolio, before it is solved."""
    if not cases:
        raise LawError("a portfolio of cases needs at least one, got none")
    if nodes < LEAST:
        raise LawError(f"nodes must be at least {LEAST}, got {nodes}")
    horizons = sorted({one.market.horizon for one in cases})
    if len(horizons) > 1:
        several = ", ".join(f"{horizon:g}" for horizon in horizons)
        raise LawError(f"cases must have one horizon, got {several}")
    count = 1.0
    for one in cases:
        prior = make_prior(one.payoff)
        if not np.isfinite(prior.high - prior.low):
            raise LawError(f"{one.name}: of a payoff without ends every fraction but 0 risks ruin")
        count *= prior.gauss(nodes)[0].size
    if count > MOST:
        raise LawError(f"there are {count:.0f} joint values, at most {MOST}: ask for fewer nodes")
