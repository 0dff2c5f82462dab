"""What attention costs: one class for each kind of cost (derivation.md, section 6)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, log, sqrt
from typing import Any, ClassVar, Self

import numpy as np

from pdesolve.case import Cost, ExponentialCost, PowerCost
from pdesolve.typing import Array

TINY, HUGE = 1e-300, 1e300  # less attention than this counts as none, more as out of range


class CostOfAttention(ABC):
    """Cost C(S) of total attention S, money/time; convex. Arrays of any shape in and out.

    The marginal cost is C'(S) = margin(S) exp(growth S).

    Attributes
    ----------
    spec : Cost
    geometric : bool
        As in :class:`~pdesolve.model.attention.precision.Precision`.
    growth : float
        Above, in 1/attention.
    power : (float, float) or None
        (c, e) if margin(S) is c S^e.
    """

    spec: Cost
    geometric: ClassVar[bool] = True
    growth: float = 0.0
    power: tuple[float, float] | None = None

    @abstractmethod
    def without_linear(self) -> Self:
        """The same without what is linear in S."""

    @abstractmethod
    def value(self, total: Array) -> Array:
        """C(S), money/time."""

    @abstractmethod
    def margin(self, total: Array) -> Array:
        """C'(S) exp(-growth S), money/(time attention)."""

    @abstractmethod
    def steepness(self, total: Array) -> Array:
        """D log C'(S)/dS, 1/attention."""

    @abstractmethod
    def outgrows(self, alpha: float, floor: float) -> tuple[float, float]:
        """Ends of the interval, `floor` or more, where C' grows faster than exp(alpha S).

        Both the same if there is none.
        """

    @abstractmethod
    def limit(self, alpha: float) -> float:
        """Limit of C'(S) exp(-alpha S) as S grows, money/(time attention)."""


@dataclass(frozen=True)
class CostAsPower(CostOfAttention):
    """C = c S^e/e + c1 S, with e > 1."""

    spec: PowerCost

    @property
    def power(self) -> tuple[float, float] | None:  # type: ignore[override]
        """The margin is c S^(e - 1) + c1."""
        return None if self.spec.linear else (self.spec.scale, self.spec.exponent - 1.0)

    def without_linear(self) -> Self:
        """The same without c1 S."""
        return replace(self, spec=replace(self.spec, linear=0.0))

    def value(self, total: Array) -> Array:
        """C(S), money/time."""
        e = self.spec.exponent
        curved: Array = self.spec.scale / e * total**e
        return curved + self.spec.linear * total if self.spec.linear else curved

    def margin(self, total: Array) -> Array:
        """C'(S)."""
        curved: Array = self.spec.scale * total ** (self.spec.exponent - 1.0)
        return curved + self.spec.linear if self.spec.linear else curved

    def steepness(self, total: Array) -> Array:
        """D log C'(S)/dS."""
        bend = self.spec.exponent - 1.0
        if not self.spec.linear:
            return bend / total
        curved = self.spec.scale * total**bend
        return bend * (curved / (curved + self.spec.linear)) / total

    def outgrows(self, alpha: float, floor: float) -> tuple[float, float]:
        """Where bend c S^bend/(c S^bend + c1) exceeds alpha S, with bend = e - 1."""
        spec, bend = self.spec, self.spec.exponent - 1.0
        peak, top = floor, bend / alpha
        if not spec.linear:
            return peak, top
        if bend > 1:  # steepest in logs here
            peak = max(peak, ((bend - 1) * spec.linear / spec.scale) ** (1 / bend))

        def excess(s: float) -> float:
            curved = spec.scale * s**bend
            return bend * curved / (curved + spec.linear) - alpha * s

        return _last(excess, peak, floor), _last(excess, peak, top)

    def limit(self, alpha: float) -> float:
        """A power falls behind any exponential."""
        return 0.0


@dataclass(frozen=True)
class CostAsExponential(CostOfAttention):
    """C = c (exp(r S) - 1)/r + c1 S."""

    spec: ExponentialCost

    geometric: ClassVar[bool] = False

    @property
    def growth(self) -> float:  # type: ignore[override]
        """Of the margin: r."""
        return self.spec.rate

    @property
    def power(self) -> tuple[float, float] | None:  # type: ignore[override]
        """The margin is c exp(r S) + c1."""
        return None if self.spec.linear else (self.spec.scale, 0.0)

    def without_linear(self) -> Self:
        """The same without c1 S."""
        return replace(self, spec=replace(self.spec, linear=0.0))

    def value(self, total: Array) -> Array:
        """C(S), money/time."""
        curved: Array = self.spec.scale / self.spec.rate * np.expm1(self.spec.rate * total)
        return curved + self.spec.linear * total if self.spec.linear else curved

    def margin(self, total: Array) -> Array:
        """C'(S) exp(-r S)."""
        scale, linear = self.spec.scale, self.spec.linear
        rest = linear * np.exp(-self.spec.rate * total) if linear else 0.0 * total
        return np.asarray(scale + rest)

    def steepness(self, total: Array) -> Array:
        """D log C'(S)/dS."""
        return self.spec.rate * self.spec.scale / self.margin(total)

    def outgrows(self, alpha: float, floor: float) -> tuple[float, float]:
        """Where r c/(c + c1 exp(-r S)) exceeds alpha."""
        spec = self.spec
        if spec.rate <= alpha:
            return floor, floor
        fall = alpha * spec.linear / (spec.scale * (spec.rate - alpha))
        return log(max(1.0, fall)) / spec.rate, HUGE

    def limit(self, alpha: float) -> float:
        """Zero, c or infinite."""
        if self.spec.rate == alpha:
            return self.spec.scale
        return 0.0 if self.spec.rate < alpha else inf


COSTS: dict[type[Cost], Callable[[Any], CostOfAttention]] = {  # a new one is added here
    PowerCost: CostAsPower,
    ExponentialCost: CostAsExponential,
}


def _last(f: Callable[[float], float], inside: float, outside: float) -> float:
    """The last point from `inside` towards `outside` where f > 0, by bisection of the logarithm."""
    while abs(inside / outside - 1) > 1e-12:
        middle = sqrt(inside) * sqrt(outside)
        inside, outside = (middle, outside) if f(middle) > 0 else (inside, middle)
    return inside
