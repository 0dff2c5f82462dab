"""Ten ways from returns, or a covariance matrix, to a portfolio: long only, fully invested."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.investing.methods import METHODS, best_weights, check_methods
from pdesolve.investing.moments import (
    RISKLESS,
    Moments,
    PortfolioError,
    given_moments,
    moments_of,
)
from pdesolve.investing.results import Portfolio, Portfolios
from pdesolve.investing.returns import Returns, as_returns
from pdesolve.typing import Array


def portfolio(
    returns: Any = None,
    method: str = "equal_risk",
    *,
    rate: float = 0.0,
    prices: bool = False,
    covariance: Any = None,
    mean: Any = None,
) -> Portfolio:
    """A portfolio of assets from their returns, or from their covariance matrix.

    Parameters
    ----------
    returns : array_like, pandas DataFrame, str or Path, optional
        Periods by assets; a path is that of a CSV file.
    method : str
        equal_weight, inverse_volatility, inverse_variance, minimum_variance,
        maximum_diversification, maximum_decorrelation, equal_risk, hierarchical_minimum_variance,
        tangency or growth_optimal. All are without short sales and fully invested.
    rate : float
        Riskless rate per period.
    prices : bool
        Whether `returns` are prices.
    covariance, mean : array_like or pandas objects, optional
        In place of returns; `mean` is that of the returns, and only tangency needs it.

    Returns
    -------
    Portfolio
        Weights as a pandas Series where pandas objects are given, volatility, mean, Sharpe and
        diversification ratio, and the residual of the condition that the weights should fulfil.

    Raises
    ------
    CaseError, ReturnsError, PortfolioError
        If returns or matrices are not what they should be, or there is no such portfolio.
    NotOptimal
        If the residual is above 1e-9.
    """
    check_methods([method])
    moments, label = _given(returns, rate, prices, covariance, mean)
    return _found(moments, method, label)


def compare_portfolios(
    returns: Any = None,
    methods: Iterable[str] | None = None,
    *,
    rate: float = 0.0,
    prices: bool = False,
    covariance: Any = None,
    mean: Any = None,
) -> Portfolios:
    """Several portfolios of the same assets, all ten by default; else as `portfolio`.

    If all are asked for, those that do not exist are in `missing`, with the reason.
    """
    names = list(METHODS) if methods is None else check_methods(methods)
    moments, label = _given(returns, rate, prices, covariance, mean)
    found: dict[str, Portfolio] = {}
    missing: dict[str, PdesolveError] = {}
    for name in names:
        try:
            found[name] = _found(moments, name, label)
        except PdesolveError as error:
            if methods is not None:
                raise
            missing[name] = error
    return Portfolios(
        moments=moments,
        found=found,
        missing=missing,
        bets=moments.bets,
        quality_ratio=moments.bets / moments.sd.size,
    )


def _given(
    returns: Any, rate: float, prices: bool, covariance: Any, mean: Any
) -> tuple[Moments, Callable[[Array], Any]]:
    """Moments, and how weights are labelled."""
    if not -1.0 < rate < np.inf:
        raise PortfolioError(f"rate must be a number above -1, got {rate!r}")
    if (returns is None) == (covariance is None):
        raise PortfolioError("a portfolio needs returns or a covariance matrix, and not both")
    if covariance is not None:
        moments = given_moments(covariance, mean, rate)
        labels = getattr(covariance, "columns", None)
        return moments, Returns(
            values=np.zeros((0, 0)), assets=moments.assets, labels=labels
        ).labelled
    if mean is not None:
        raise PortfolioError("mean is for a covariance matrix; returns have theirs")
    data = as_returns(returns, prices=prices)
    return moments_of(data.values, data.assets, rate), data.labelled


def _found(moments: Moments, method: str, label: Callable[[Array], Any]) -> Portfolio:
    weights = best_weights(moments, method)
    volatility = moments.volatility(weights)
    mean = None if moments.mean is None else float(weights @ moments.mean)
    has_risk = volatility**2 > RISKLESS * float(weights @ moments.sd) ** 2
    return Portfolio(
        method=method,
        assets=moments.assets,
        weights=label(weights),
        volatility=volatility,
        mean=mean,
        sharpe=(mean - moments.rate) / volatility if mean is not None and has_risk else None,
        diversification_ratio=float(weights @ moments.sd) / volatility if has_risk else np.inf,
        effective_assets=1.0 / float(weights @ weights),
        optimality=METHODS[method].optimality(moments, weights),
    )
