"""A law of a return, as nodes with probabilities.

They are the atoms themselves, or those of a quadrature whose half as fine one tells its error.
Wealth 1 + f X is formed from how far X is from an end of its support, so that it keeps its digits
where a fraction f comes close to ruin.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.typing import Array

FAIR = 1e-15  # a mean below that share of the standard deviation is none


class LawError(PdesolveError, ValueError):
    """What is wrong with a law of returns."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Law:
    """A law of the simple return X of a period.

    Attributes
    ----------
    label : str
        What it is, in a few words.
    points, weights : array
        Returns and their probabilities.
    above, below : array
        How far the points are from the lower and from the upper end.
    low, high : float
        Ends of the support; infinite where there is none.
    atoms : bool
        Whether the points are the law itself, its ends among them.
    coarse : Law or None
        The same from half as many nodes, where it takes quadrature.
    observations : int
        In a sample, 0 else.
    """

    label: str
    points: Array
    weights: Array
    above: Array
    below: Array
    low: float
    high: float
    atoms: bool = True
    coarse: "Law | None" = None
    observations: int = 0

    @cached_property
    def mean(self) -> float:
        """E X."""
        return float(self.weights @ self.points)

    @cached_property
    def sd(self) -> float:
        """Standard deviation of X."""
        return float(np.sqrt(self.weights @ (self.points - self.mean) ** 2))

    def less(self, rate: float) -> "Law":
        """The law of (X - r)/(1 + r), the return relative to a riskless one."""
        size = 1.0 + rate
        return replace(
            self,
            points=(self.points - rate) / size,
            above=self.above / size,
            below=self.below / size,
            low=(self.low - rate) / size,
            high=(self.high - rate) / size,
            coarse=None if self.coarse is None else self.coarse.less(rate),
        )

    def mirrored(self) -> "Law":
        """The law of -X."""
        return replace(
            self,
            points=-self.points,
            above=self.below,
            below=self.above,
            low=-self.high,
            high=-self.low,
            coarse=None if self.coarse is None else self.coarse.mirrored(),
        )

    @property
    def ruin(self) -> tuple[float, float]:
        """The fractions from which on wealth 1 + f X can be lost; infinite where there is none."""
        return (
            -1.0 / self.high + 0.0 if self.high > 0.0 else -np.inf,
            -1.0 / self.low if self.low < 0.0 else np.inf,
        )

    def wealth(self, fraction: float) -> Array:
        """1 + f X at the points."""
        low, high = self.ruin
        if fraction > 0.0 and np.isfinite(high):
            return (1.0 - fraction / high) + fraction * self.above
        if fraction < 0.0 and np.isfinite(low):
            return (1.0 - fraction / low) - fraction * self.below
        return 1.0 + fraction * self.points

    def log_wealth(self, fraction: float) -> Array:
        """log(1 + f X) at the points."""
        profit = fraction * self.points
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(profit > -0.5, np.log1p(profit), np.log(self.wealth(fraction)))

    def growth(self, fraction: float) -> float:
        """E log(1 + f X); -inf where that means ruin."""
        if fraction == 0.0:
            return 0.0
        low, high = self.ruin
        inside = low < fraction < high
        if not inside and (self.atoms or not low <= fraction <= high):
            return -np.inf
        return float(self.weights @ self.log_wealth(fraction))

    def slope(self, fraction: float) -> float:
        """E X/(1 + f X), the derivative of `growth`; -inf or inf at the ends of ruin."""
        wealth = self.wealth(fraction)
        if np.any(wealth <= 0.0):
            return -np.inf if fraction > 0.0 else np.inf
        return float(self.weights @ (self.points / wealth))

    def sample(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        """Returns drawn from the points."""
        return self.points[rng.choice(self.points.size, size=size, p=self.weights)]


def check_rate(rate: float) -> float:
    """A riskless rate per period; LawError unless it is finite and above -1."""
    if not -1.0 < rate < np.inf:
        raise LawError(f"rate must be a finite number > -1, got {rate:g}")
    return rate
