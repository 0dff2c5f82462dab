"""What portfolios are made of: volatilities, correlations and mean excess returns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.investing.quadratic import least_risk
from pdesolve.typing import Array

RISKLESS = 1e-12  # w'Rw, w adding up to 1, below which rounding is all there is
HEDGED = 1e-6  # and below which contributions to it are not accurate
SYMMETRIC = 1e-8  # what a covariance matrix may differ from its transpose by, of its largest entry
DEFINITE = 1e-8  # how far below zero a correlation matrix's least eigenvalue may be, by rounding


class PortfolioError(PdesolveError, ValueError):
    """Why there is no such portfolio, in one sentence."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """First and second moments of the returns of assets, per period.

    Attributes
    ----------
    assets : tuple of str
    sd : array, shape (assets,)
        Volatilities, positive.
    correlation : array, shape (assets, assets)
        Positive semidefinite; singular or not.
    mean : array, shape (assets,), or None
        Of the returns; unknown if only a covariance matrix is.
    rate : float
        Riskless rate per period.
    values : array, shape (periods, assets), or None
        The returns themselves, if they are known.
    """

    assets: tuple[str, ...]
    sd: Array
    correlation: Array
    mean: Array | None = None
    rate: float = 0.0
    values: Array | None = None

    @property
    def covariance(self) -> Array:
        """Covariance matrix."""
        return self.correlation * np.outer(self.sd, self.sd)

    @cached_property
    def root(self) -> Array:
        """A matrix F with F'F the correlation matrix."""
        values, vectors = np.linalg.eigh(self.correlation)
        return (vectors * np.sqrt(np.clip(values, 0.0, None))).T

    @cached_property
    def decorrelated(self) -> Array:
        """Weights w ≥ 0 that add up to 1 of least w'Rw."""
        return least_risk(self.correlation, self.root, np.ones((1, self.sd.size)), np.ones(1))

    @property
    def bets(self) -> float:
        """Number of independent bets, 1/w'Rw at its least; infinite if that is zero."""
        least = float(self.decorrelated @ self.correlation @ self.decorrelated)
        return 1.0 / least if least > RISKLESS else np.inf

    def excess(self, method: str) -> Array:
        """Mean returns above the riskless rate, which `method` needs."""
        if self.mean is None:
            raise PortfolioError(f"{method} needs mean returns, and only covariances are given")
        return self.mean - self.rate

    def check_risky(self, method: str, least: float = RISKLESS) -> None:
        """Refuse assets that can be combined with no more risk, where `method` has no answer."""
        if self.bets >= 1.0 / least:
            rows = "" if self.values is None else f" over {len(self.values)} periods"
            risk = "no risk at all" if np.isinf(self.bets) else "next to no risk"
            raise PortfolioError(
                f"{method} has no answer: a portfolio of these {self.sd.size} assets has {risk}"
                f"{rows}; take more periods or fewer assets"
            )

    def volatility(self, weights: Array) -> float:
        """Of a portfolio, per period."""
        scaled = weights * self.sd
        return float(np.sqrt(np.clip(scaled @ self.correlation @ scaled, 0.0, None)))


def moments_of(values: Array, assets: tuple[str, ...], rate: float = 0.0) -> Moments:
    """Sample moments of returns, shape (periods, assets), none of them constant."""
    _check_count(len(assets))
    centred = values - values.mean(axis=0)
    sd = values.std(axis=0, ddof=1)
    scaled = centred / (sd * np.sqrt(len(values) - 1))
    correlation = scaled.T @ scaled
    np.fill_diagonal(correlation, 1.0)
    return Moments(
        assets=assets,
        sd=sd,
        correlation=correlation,
        mean=values.mean(axis=0),
        rate=rate,
        values=values,
    )


def given_moments(covariance: Any, mean: Any = None, rate: float = 0.0) -> Moments:
    """Moments that are given, not estimated; arrays or pandas objects.

    Raises
    ------
    PortfolioError
        If the matrix is not square, symmetric and positive semidefinite with a positive diagonal,
        or means do not fit it.
    """
    names = getattr(covariance, "columns", None)
    matrix = _numbers(_in_order(covariance, names, "covariance"), "covariance")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise PortfolioError(f"covariance must be a square matrix, got the shape {matrix.shape}")
    _check_count(len(matrix))
    if np.abs(matrix - matrix.T).max() > SYMMETRIC * np.abs(matrix).max():
        raise PortfolioError("covariance must be symmetric")
    if (variances := matrix.diagonal()).min() <= 0.0:
        place = int(variances.argmin())
        raise PortfolioError(
            f"covariance must have a positive diagonal, got {variances[place]:g} in row {place + 1}"
        )
    sd = np.sqrt(variances)
    correlation = 0.5 * (matrix + matrix.T) / np.outer(sd, sd)
    np.fill_diagonal(correlation, 1.0)
    if (least := float(np.linalg.eigvalsh(correlation)[0])) < -DEFINITE * len(matrix):
        raise PortfolioError(
            f"covariance must be positive semidefinite, and has an eigenvalue of {least:.2g}"
        )
    means = None if mean is None else _numbers(_in_order(mean, names, "mean"), "mean")
    if means is not None and means.shape != sd.shape:
        raise PortfolioError(f"mean must have {sd.size} values, got the shape {means.shape}")
    return Moments(
        assets=tuple(map(str, range(1, sd.size + 1) if names is None else names)),
        sd=sd,
        correlation=correlation,
        mean=means,
        rate=rate,
    )


def _check_count(count: int) -> None:
    if count < 2:
        raise PortfolioError(f"a portfolio needs at least two assets, got {count}")


def _in_order(data: Any, names: Any, what: str) -> Any:
    """Rows in the order of the assets' names, where both have labels."""
    labelled = names is not None and hasattr(data, "reindex")
    if not labelled or list(data.index) == list(range(len(data))):
        return data
    if sorted(map(str, data.index)) != sorted(map(str, names)):
        raise PortfolioError(f"{what} must have a row for each of the columns of covariance")
    return data.reindex(names)


def _numbers(data: Any, what: str) -> Array:
    try:
        values = np.asarray(data, dtype=np.float64)
    except (TypeError, ValueError):
        raise PortfolioError(f"{what} must be numbers") from None
    if not np.isfinite(values).all():
        raise PortfolioError(f"{what} must be finite numbers, and some are missing or infinite")
    return values
