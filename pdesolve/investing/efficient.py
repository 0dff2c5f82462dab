"""The efficient frontier without short sales, and lines from the riskless asset to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pdesolve.investing.methods import METHODS, OPTIMAL, NotOptimal, best_weights
from pdesolve.investing.moments import Moments, PortfolioError
from pdesolve.investing.quadratic import least_risk, residual
from pdesolve.typing import Array

TIE = 1e-12  # of the spread of means: what equal ones may differ by


@dataclass(frozen=True, kw_only=True, eq=False)
class Frontier:
    """Portfolios of least variance for their means, from the least variance of all upwards.

    Attributes
    ----------
    mean, volatility : array, shape (points,)
        Per period.
    weights : array, shape (points, assets)
    optimality : array, shape (points,)
        Residual of the conditions for least variance at that mean.
    """

    mean: Array
    volatility: Array
    weights: Array
    optimality: Array


@dataclass(frozen=True, kw_only=True)
class CapitalLine:
    """The best means for a volatility with a riskless asset: r + volatility times the best Sharpe.

    Attributes
    ----------
    rate, sharpe, volatility : float
        Riskless rate; Sharpe ratio and volatility of the tangency portfolio.
    """

    rate: float
    sharpe: float
    volatility: float

    def mean(self, volatility: Array | float) -> Array:
        """Best mean for a volatility; beyond the tangency portfolio's it takes borrowing."""
        return self.rate + self.sharpe * np.asarray(volatility)

    def share(self, volatility: float) -> float:
        """Share of wealth in the tangency portfolio, above 1 with borrowing."""
        return volatility / self.volatility


def frontier(moments: Moments, points: int = 50) -> Frontier:
    """The efficient frontier at equal steps of the mean.

    Raises
    ------
    PortfolioError
        If no means are known.
    NotOptimal
        If a point is not accurate to 1e-9.
    """
    if moments.mean is None:
        raise PortfolioError("a frontier needs mean returns, and only covariances are given")
    least = best_weights(moments, "minimum_variance")
    found = [(least, METHODS["minimum_variance"].optimality(moments, least))]
    low, high = float(least @ moments.mean), float(moments.mean.max())
    spread = float(np.ptp(moments.mean))
    rounding = np.finfo(float).eps * least.size * float(np.abs(least) @ np.abs(moments.mean))
    if high - low > max(TIE * spread, rounding):
        for mean in np.linspace(low, high, points)[1:-1].tolist():
            found.append(_at(moments, mean, spread))
        found.append(_top(moments, high - TIE * spread))
    weights, optimality = (np.array(part) for part in zip(*found, strict=True))
    if optimality.max() > OPTIMAL:
        raise NotOptimal(f"frontier: optimality residual {optimality.max():.1e}, above {OPTIMAL:g}")
    return Frontier(
        mean=weights @ moments.mean,
        volatility=np.array([moments.volatility(one) for one in weights]),
        weights=weights,
        optimality=optimality,
    )


def capital_line(moments: Moments) -> CapitalLine:
    """The capital allocation line; PortfolioError if no portfolio has a mean above the rate."""
    weights = best_weights(moments, "tangency")
    volatility = moments.volatility(weights)
    sharpe = float(weights @ moments.excess("the capital allocation line")) / volatility
    return CapitalLine(rate=moments.rate, sharpe=sharpe, volatility=volatility)


def _at(moments: Moments, mean: float, spread: float) -> tuple[Array, float]:
    """Weights of least variance with this mean, and their residual."""
    assert moments.mean is not None
    level = 1.0 / moments.sd
    rows = np.stack([level, (moments.mean - mean) / spread * level])
    rows /= np.abs(rows).max(axis=1)[:, None]
    x = least_risk(moments.correlation, moments.root, rows, np.array([1.0, 0.0]))
    x /= x.sum()
    off = max(residual(moments.correlation, rows, x), float(np.abs(rows[1] @ x)))
    weights = x / moments.sd
    return weights / weights.sum(), off


def _top(moments: Moments, least: float) -> tuple[Array, float]:
    """Weights of least variance of the assets with the greatest mean, and their residual."""
    assert moments.mean is not None
    best = np.flatnonzero(moments.mean >= least)
    part = Moments(
        assets=tuple(moments.assets[k] for k in best),
        sd=moments.sd[best],
        correlation=moments.correlation[np.ix_(best, best)],
    )
    weights = np.zeros(moments.sd.size)
    weights[best] = METHODS["minimum_variance"].weights(part)
    return weights, METHODS["minimum_variance"].optimality(part, weights[best])
