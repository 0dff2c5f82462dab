"""The fully invested portfolio of greatest mean log growth over a sample of returns."""

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.investing.quadratic import least_risk
from pdesolve.typing import Array

STEPS = 60
SMALL = 0.05  # a change of wealth for which the quadratic model is good
PROMISED = 1e-4  # of what the slope promises, that a step has to bring


class RuinError(PdesolveError, ValueError):
    """Why log growth is minus infinity whatever is held."""


def log_optimal(values: Array) -> Array:
    """Return w ≥ 0 that adds up to one and maximises the mean of log(1 + w'X).

    Newton steps, each to the best w ≥ 0 of the quadratic model. With G = 1 + X, A = G/(Gw) by rows
    and c a column of ones, that model is ½|Ay − 2c|² over periods, and |(A − 2c1')y|² where y adds
    up to one: least risk again.
    """
    growth = 1.0 + values
    if (lost := ~(growth > 0.0).any(axis=1)).any():
        raise RuinError(
            "growth_optimal does not exist: every asset loses all in period"
            f" {int(lost.argmax()) + 1}"
        )
    weights = np.full(values.shape[1], 1.0 / values.shape[1])
    far = growth_residual(values, weights)
    for _ in range(STEPS):
        step = _model_weights(growth / (growth @ weights)[:, None]) - weights
        change = (growth @ step) / (growth @ weights)
        length = _length(change)
        moved = np.clip(weights + length * step, 0.0, None)
        moved /= moved.sum()
        before, far = far, growth_residual(values, moved)
        if far >= before and np.abs(change).max() < SMALL:  # nothing but rounding is left
            break
        weights = moved
    return weights


def growth_residual(values: Array, weights: Array) -> float:
    """How far weights are from the greatest growth: there E[G_i/(Gw)] is 1 if i is held, or less.

    In the units of `quadratic.residual`: the miss over the asset's and the average volatility, and
    weight times volatility over that average.
    """
    sd = values.std(axis=0)
    average, earned = float(weights @ sd), values @ weights
    slope = ((earned[:, None] - values) / (1.0 + earned)[:, None]).mean(axis=0) / (sd * average)
    return float(np.abs(np.minimum(slope, weights * sd / average)).max())


def _model_weights(ratios: Array) -> Array:
    """Minimiser of the quadratic model."""
    tall = (ratios - 2.0) / np.sqrt(len(ratios))
    matrix = tall.T @ tall
    values, vectors = np.linalg.eigh(matrix)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))).T
    return least_risk(matrix, root, np.ones((1, len(matrix))), np.ones(1))


def _length(change: Array) -> float:
    """How far to go, if all the way changes wealth by these shares: all, or half, and so on.

    A small step needs no test, and where it is tiny rounding would spoil one.
    """
    promise = float(change.mean())
    length = 1.0
    while length * np.abs(change).max() > SMALL:
        moved = length * change
        if moved.min() > -1.0 and np.log1p(moved).mean() >= PROMISED * length * promise:
            break
        length *= 0.5
    return length
