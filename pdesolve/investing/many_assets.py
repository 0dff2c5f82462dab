"""Weights of several assets that make wealth grow fastest, over a sample of their returns."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import cholesky, lstsq, qr, solve_triangular
from scipy.optimize import linprog, nnls

from pdesolve.case.errors import PdesolveError
from pdesolve.investing.law import check_rate
from pdesolve.investing.returns import Returns
from pdesolve.typing import Array

OPTIMAL = 1e-9  # residual of the first-order conditions that is allowed
AIM = 1e-14  # and that is aimed at, relative to the assets' standard deviations
STEPS, PATIENCE = 200, 8  # in all, and without progress
FAR = 1e8  # weights, in standard deviations, that only a position that never loses leads to
RIDGE = 1e-14  # of the Hessian's trace: what keeps redundant assets apart
ARMIJO, SHORTEST, ROUNDING = 1e-4, 1e-12, 1e-14  # of a step: gain, length, noise of the value
ARBITRAGE = 1e-9  # mean gain of a position of size 1 that never loses, relative to the sd


class GrowthError(PdesolveError, ArithmeticError):
    """No weights make wealth grow fastest, or none were found."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GrowthPortfolio:
    """The weights that maximise the mean of log(1 + w'X + (1 - Σw) r) over a sample.

    Attributes
    ----------
    weights : array, or pandas Series
        One per asset, labelled as the returns were.
    growth : float
        Of the log of wealth, per period.
    volatility : float
        Standard deviation of the portfolio's return in a period.
    small_limit : array, or pandas Series
        Σ⁻¹μ of the returns relative to the riskless one, long-only if the weights are: what the
        weights come to for small returns, and tangency, levered.
    optimality : float
        Largest residual of the first-order conditions, per period.
    """

    weights: Any
    growth: float
    volatility: float
    small_limit: Any
    optimality: float


class Weights(NamedTuple):
    """Weights, and the largest residual of their first-order conditions."""

    weights: Array
    optimality: float


def growth_portfolio(
    returns: Returns, rate: float = 0.0, *, long_only: bool = False
) -> GrowthPortfolio:
    """The growth-optimal weights of several assets and cash.

    Parameters
    ----------
    returns : Returns
    rate : float
        Riskless, per period, at which one lends and borrows.
    long_only : bool
        Whether no asset may be sold short. Borrowing is allowed either way.

    Raises
    ------
    GrowthError
        If some position never loses, so that no growth is the largest.
    """
    excess = (returns.values - check_rate(rate)) / (1.0 + rate)
    found = most_growth(excess, long_only=long_only)
    profit = excess @ found.weights
    return GrowthPortfolio(
        weights=returns.labelled(found.weights),
        growth=float(np.log1p(rate) + np.mean(np.log1p(profit))),
        volatility=float(np.std(returns.values @ found.weights)),
        small_limit=returns.labelled(_small_limit(excess, long_only)),
        optimality=found.optimality,
    )


def fully_invested(values: Array, *, long_only: bool = True) -> Weights:
    """Growth-optimal weights that sum to one, of returns of shape (periods, assets)."""
    return most_growth(1.0 + values, base=0.0, price=1.0, long_only=long_only)


def most_growth(
    values: Array,
    *,
    base: float = 1.0,
    price: float = 0.0,
    long_only: bool = False,
    probabilities: Array | None = None,
) -> Weights:
    """Maximise the mean of log(base + values w), less price·Σw.

    With base 1 and price 0, w are fractions of wealth and what is left is cash. With base 0 and
    price 1 and gross returns, the optimum has Σw = 1 by itself: that is the problem without cash.

    Parameters
    ----------
    values : array, shape (periods, assets)
    base, price : float
    long_only : bool
    probabilities : array, shape (periods,), optional
        All alike by default.

    Raises
    ------
    GrowthError
        If there is no optimum, or none was found to `OPTIMAL`.
    """
    often = np.full(len(values), 1.0 / len(values)) if probabilities is None else probabilities
    scale = np.sqrt(often @ values**2)
    problem = _Problem(values / scale, often, base, price / scale, long_only)
    at = problem.seen_from(np.zeros(scale.size) if base else scale / scale.size)
    best, waited = at, 0
    for _ in range(STEPS):
        if at.residual <= AIM or waited > PATIENCE or np.max(np.abs(at.w)) > FAR:
            break
        at = problem.improved(at)
        waited = 0 if at.residual < best.residual else waited + 1
        best = at if waited == 0 else best
    certificate = float(max(np.max(np.abs(best.misses * scale)), abs(best.w @ best.gradient)))
    if certificate > OPTIMAL:
        problem.check_bounded()
        raise GrowthError(f"growth-optimal weights were found to {certificate:.1e} only")
    return Weights(best.w / scale, certificate)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Point:
    """The problem seen from some weights.

    Attributes
    ----------
    w, gradient : array, shape (assets,)
    misses : array, shape (assets,)
        Of the gradient, what should be zero: all of it where w > 0, its positive part where w = 0.
    share : array, shape (periods, assets)
        Returns over wealth: of these the gradient is the mean, and the Hessian the second moment.
    value : float
    """

    w: Array
    gradient: Array
    misses: Array
    share: Array
    value: float

    @property
    def residual(self) -> float:
        """Of the first-order conditions. w'g counts too: it alone does not fade far out."""
        return float(max(np.max(np.abs(self.misses)), abs(self.w @ self.gradient)))


@dataclass(frozen=True, eq=False)
class _Problem:
    """Newton's method, with the bounds kept in the quadratic model of each step."""

    values: Array
    often: Array
    base: float
    price: Array
    long_only: bool

    def seen_from(self, w: Array) -> _Point:
        """Value and derivatives at weights that leave wealth in every period."""
        wealth = self.base + self.values @ w
        share = self.values / wealth[:, None]
        gradient = self.often @ share - self.price
        bound = self.long_only & (w <= 0.0)
        misses = np.where(bound, np.maximum(gradient, 0.0), gradient)
        value = float(self.often @ np.log(wealth) - self.price @ w)
        return _Point(w=w, gradient=gradient, misses=misses, share=share, value=value)

    def improved(self, at: _Point) -> _Point:
        """The point after a Newton step, shortened if need be; the same one if none helps."""
        step, length = self._aim(at) - at.w, 1.0
        gain = at.gradient @ step
        while length > SHORTEST:
            w = at.w + length * step
            if np.min(self.base + self.values @ w) > 0.0:
                new = self.seen_from(w)
                if new.value >= at.value + ARMIJO * length * gain - ROUNDING:
                    return new
            length *= 0.5
        return at

    def _aim(self, at: _Point) -> Array:
        """Where the quadratic model of the value is largest, by least squares if long-only."""
        half = np.sqrt(self.often)[:, None] * at.share
        hessian = half.T @ half
        hessian.flat[:: at.w.size + 1] += RIDGE * np.trace(hessian)
        root = cholesky(hessian)
        target = solve_triangular(root, at.gradient, trans="T") + root @ at.w
        return nnls(root, target)[0] if self.long_only else solve_triangular(root, target)

    def check_bounded(self) -> None:
        """Raise if some position never loses: then the more of it the better."""
        size = self.values.shape[1]
        mean = self.often @ self.values
        found = linprog(
            -mean,
            A_ub=np.vstack([-self.values, self.price]),
            b_ub=np.zeros(len(self.values) + 1),
            bounds=[(0.0 if self.long_only else -1.0, 1.0)] * size,
        )
        if found.success and float(np.dot(np.asarray(found.x), mean)) > ARBITRAGE:
            raise GrowthError(
                f"there is no optimum: a position in these {size} assets loses in none of the"
                f" {len(self.values)} periods, and the larger the better"
            )


def _small_limit(excess: Array, long_only: bool) -> Array:
    """The maximum of w'mu - w'Σw/2, from a triangular root of Σ."""
    mean = excess.mean(axis=0)
    root = qr((excess - mean) / np.sqrt(len(excess)), mode="r")[0]
    aim = lstsq(root.T, mean)[0]
    return nnls(root, aim)[0] if long_only else lstsq(root, aim)[0]
