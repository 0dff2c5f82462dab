"""Correlation matrices and returns that tests share, and slow second routes."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from pdesolve.typing import Array


def same_correlation(count: int, rho: float) -> Array:
    return (1.0 - rho) * np.eye(count) + rho * np.ones((count, count))


def covariance(count: int, seed: int = 0) -> Array:
    """Positive definite, with volatilities from 0.1 to 0.4 and correlations of both signs."""
    draw = np.random.default_rng(seed)
    loadings = draw.standard_normal((count, 3)) + 0.7
    matrix = loadings @ loadings.T + np.diag(draw.uniform(1.0, 3.0, count))
    sd = np.sqrt(matrix.diagonal())
    scale = np.linspace(0.1, 0.4, count) / sd
    return matrix * np.outer(scale, scale)


def returns(periods: int, count: int, seed: int = 0, market: float = 0.3) -> Array:
    """Daily, with a market of that share of the variance."""
    draw = np.random.default_rng(seed)
    common = draw.standard_normal((periods, 1))
    own = draw.standard_normal((periods, count))
    moves = np.sqrt(market) * common + np.sqrt(1.0 - market) * own
    return draw.uniform(-4e-4, 1.2e-3, count) + draw.uniform(0.005, 0.03, count) * moves


def by_search(
    objective: Callable[[Array], float], count: int, zero: Callable[[Array], float] | None = None
) -> Array:
    """Weights from a general optimiser, started at equal weight; with one more condition."""
    conditions = [lambda w: w.sum() - 1.0, *([] if zero is None else [zero])]
    found = minimize(
        objective,
        np.full(count, 1.0 / count),
        method="SLSQP",
        bounds=[(0.0, 1.0)] * count,
        constraints=[{"type": "eq", "fun": one} for one in conditions],
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    weights: Array = found.x
    return weights
