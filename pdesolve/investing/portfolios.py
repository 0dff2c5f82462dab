"""Ten ways from returns, or a covariance matrix, to a portfolio: long only, fully invested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.case.sources import nearest, shown
from pdesolve.investing.equal_risk import contribution_residual, equal_contributions
from pdesolve.investing.growth_weights import growth_residual, log_optimal
from pdesolve.investing.hierarchy import hierarchical_weights, split_residual
from pdesolve.investing.moments import (
    RISKLESS,
    Moments,
    PortfolioError,
    given_moments,
    moments_of,
)
from pdesolve.investing.quadratic import least_risk, residual
from pdesolve.investing.returns import Returns, as_returns
from pdesolve.typing import Array

OPTIMAL = 1e-9  # the largest residual of an answer


class NotOptimal(PdesolveError):
    """A portfolio that was found, but not to the accuracy that every one of them has."""


class Method(NamedTuple):
    """A way to a portfolio.

    Attributes
    ----------
    label : str
    weights : callable
        From moments to weights that add up to one.
    optimality : callable
        From moments and weights to how far these are from the condition that defines them.
    """

    label: str
    weights: Callable[[Moments], Array]
    optimality: Callable[[Moments, Array], float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Portfolio:
    """Weights and what they imply, per period.

    Attributes
    ----------
    method : str
    assets : tuple of str
    weights : pandas Series or array
        As the returns came; they add up to one.
    volatility : float
    mean, sharpe : float or None
        Mean return, and that above the riskless rate over volatility; None if no means are known.
    diversification_ratio : float
        Average volatility of what is held over that of the whole.
    effective_assets : float
        1/Σw².
    optimality : float
        Residual of the condition that defines the method; 0 at the answer.
    """

    method: str
    assets: tuple[str, ...]
    weights: Any
    volatility: float
    mean: float | None
    sharpe: float | None
    diversification_ratio: float
    effective_assets: float
    optimality: float

    def __repr__(self) -> str:
        from pdesolve.investing.portfolio_summary import portfolio_table

        return portfolio_table(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Portfolios:
    """Portfolios of the same assets.

    Attributes
    ----------
    moments : Moments
    found : dict
        Portfolio by the method's name.
    missing : dict
        Why there is none, by the method's name.
    bets : float
        Number of independent bets; infinite if the assets can be combined without any risk.
    quality_ratio : float
        Bets per asset.
    """

    moments: Moments
    found: Mapping[str, Portfolio]
    missing: Mapping[str, PdesolveError]
    bets: float
    quality_ratio: float

    def __repr__(self) -> str:
        from pdesolve.investing.portfolio_summary import table

        return table(self)


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


def portfolios(
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
        except (PortfolioError, NotOptimal) as error:
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


def check_methods(names: Iterable[str]) -> list[str]:
    """These names, each once; PortfolioError if one is no method's."""
    for name in (names := list(dict.fromkeys(names))):
        if name not in METHODS:
            close = ", ".join(nearest(str(name), METHODS)) or "none"
            raise PortfolioError(
                f"method must be of {', '.join(METHODS)}, got {shown(name)}; nearest: {close}"
            )
    return names


def best_weights(moments: Moments, method: str) -> Array:
    """Weights of a method, once they are known to be accurate; PortfolioError, NotOptimal."""
    weights = METHODS[method].weights(moments)
    far = METHODS[method].optimality(moments, weights)
    if not far <= OPTIMAL:
        raise NotOptimal(f"{method}: optimality residual {far:.1e}, above {OPTIMAL:g}")
    return weights


def _given(
    returns: Any, rate: float, prices: bool, covariance: Any, mean: Any
) -> tuple[Moments, Callable[[Array], Any]]:
    """Moments, and how weights are labelled."""
    if not np.isfinite(rate):
        raise PortfolioError(f"rate must be a finite number, got {rate!r}")
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


# ---------------------------------------------------------------------- the methods


def _share(raw: Array) -> Array:
    return raw / raw.sum()


def _proportional(power: int) -> tuple[Callable[[Moments], Array], Callable[..., float]]:
    """Weights proportional to a power of volatility, and how far ones are from that."""

    def weights(moments: Moments) -> Array:
        return _share((moments.sd / moments.sd.min()) ** power)

    def optimality(moments: Moments, found: Array) -> float:
        level = found * (moments.sd / moments.sd.min()) ** -power
        return float(np.abs(level / level.mean() - 1.0).max())

    return weights, optimality


def _least(
    along: Callable[[Moments], Array],
) -> tuple[Callable[[Moments], Array], Callable[..., float]]:
    """Least variance for what `along` is worth per weight: the best ratio of that to volatility.

    In units of x = weight times volatility the matrix is R, whatever the assets' scales.
    """

    def row(moments: Moments) -> Array:
        a = along(moments) / moments.sd
        return (a / np.abs(a).max())[None, :]

    def weights(moments: Moments) -> Array:
        x = least_risk(moments.correlation, moments.root, row(moments), np.ones(1))
        return _share(x / moments.sd)

    def optimality(moments: Moments, found: Array) -> float:
        return residual(moments.correlation, row(moments), _share(found * moments.sd))

    return weights, optimality


def _equal_risk(moments: Moments) -> Array:
    moments.check_risky("equal_risk")
    return _share(equal_contributions(moments.correlation) / moments.sd)


def _volatilities(moments: Moments) -> Array:
    moments.check_risky("maximum_diversification")
    return moments.sd


def _excess(moments: Moments) -> Array:
    excess = moments.excess("tangency")
    if excess.max() <= 0.0:
        raise PortfolioError(
            "tangency does not exist: no asset has a mean return above the riskless rate,"
            f" {moments.rate:g}; the largest is {excess.max() + moments.rate:.3g}"
        )
    moments.check_risky("tangency")
    return excess


def _growth(moments: Moments) -> Array:
    if moments.values is None:
        raise PortfolioError("growth_optimal needs returns, and only covariances are given")
    return log_optimal(moments.values)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "equal_weight": Method("equal weight", *_proportional(0)),
        "inverse_volatility": Method("inverse volatility", *_proportional(-1)),
        "inverse_variance": Method("inverse variance", *_proportional(-2)),
        "minimum_variance": Method("minimum variance", *_least(lambda m: np.ones(m.sd.size))),
        "maximum_diversification": Method("maximum diversification", *_least(_volatilities)),
        "maximum_decorrelation": Method(
            "maximum decorrelation",
            lambda m: m.decorrelated,
            lambda m, w: residual(m.correlation, np.ones((1, w.size)), w),
        ),
        "equal_risk": Method(
            "equal risk",
            _equal_risk,
            lambda m, w: contribution_residual(m.correlation, w * m.sd),
        ),
        "hierarchical_minimum_variance": Method(
            "hierarchical minimum variance",
            lambda m: hierarchical_weights(m.correlation, m.sd),
            lambda m, w: split_residual(m.correlation, m.sd, w),
        ),
        "tangency": Method("tangency", *_least(_excess)),
        "growth_optimal": Method(
            "growth optimal", _growth, lambda m, w: growth_residual(m.values, w)
        ),
    }
)
