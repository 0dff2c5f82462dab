"""What attention costs and buys at the margin: the two sides of the first-order condition.

The benefit at which an amount of attention is stationary rises with it on one interval only
(derivation.md, section 6); :mod:`pdesolve.model.attention.response` looks for the root there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from pdesolve.case import Attention
from pdesolve.typing import Array

TINY, HUGE = 1e-300, 1e300  # less attention than this counts as none, more as out of range


@dataclass(frozen=True, kw_only=True)
class Technology:
    """Marginal cost and marginal precision of one case's signals.

    C'(S) = scale S^bend exp(rate S) + linear,  A'(S) = unit S^-tilt exp(sensitivity S).

    The root-finder's variable is log S if `geometric`, else S. The linear cost of a linear
    precision is `handicap`, taken off the benefit instead: the margin is then free of it.
    """

    scale: float
    bend: float = 0.0
    rate: float = 0.0
    linear: float = 0.0
    unit: float
    tilt: float = 0.0
    sensitivity: float = 0.0
    handicap: float = 0.0
    geometric: bool

    @classmethod
    def of(cls, attention: Attention) -> "Technology":
        """Read it off a case."""
        cost, k = attention.cost, attention.efficiency or 1.0
        bend = (cost.exponent or 1.0) - 1.0
        rate, linear, handicap = cost.rate or 0.0, cost.linear, 0.0
        unit, tilt, sensitivity = k, 0.0, 0.0
        if attention.precision == "linear":
            linear, handicap = 0.0, cost.linear / k
        elif attention.precision == "power":
            eta = attention.elasticity or 1.0
            unit, tilt = k * eta * attention.signals ** (1 - eta), 1 - eta
        else:
            unit = sensitivity = attention.sensitivity or 0.0
        return cls(
            scale=cost.scale,
            bend=bend,
            rate=rate,
            linear=linear,
            unit=unit,
            tilt=tilt,
            sensitivity=sensitivity,
            handicap=handicap,
            geometric=bend > 0 or tilt > 0,
        )

    @property
    def floor(self) -> float:
        """Least attention to look at."""
        return TINY if self.geometric else 0.0

    def margin(self, total: Array) -> tuple[Array, Array]:
        """C'(S) exp(-rate S), and d log(C'/A') by the root-finder's variable."""
        s = total
        if self.bend:
            curved = self.scale * s**self.bend
            cost = curved + self.linear if self.linear else curved
            steepness = self.bend * (curved / cost if self.linear else 1.0) + self.tilt
            return cost, steepness - self.sensitivity * s
        cost = self.scale + (self.linear * np.exp(-self.rate * s) if self.linear else 0.0 * s)
        drift = self.rate * self.scale / cost - self.sensitivity
        return cost, drift * s + self.tilt if self.geometric else drift

    def gap(self, total: Array, benefit: Array) -> tuple[Array, Array]:
        """Log of C'(S)/(b A'(S)), and its slope in the root-finder's variable."""
        cost, steepness = self.margin(total)
        if self.tilt:
            cost = cost * total**self.tilt
        value = np.log(cost / (self.unit * benefit))
        drift = self.rate - self.sensitivity
        return (value + drift * total if drift else value), steepness

    @property
    def explicit(self) -> bool:
        """Whether cost over benefit at the margin is a power of S."""
        return self.geometric and not (self.rate or self.linear or self.sensitivity)

    def root(self, benefit: Array) -> Array:
        """The S at which they are equal, if that is so."""
        found: Array = (self.unit * benefit / self.scale) ** (1.0 / (self.bend + self.tilt))
        return found

    def needed(self, total: float) -> float:
        """Benefit C'(S)/A'(S) at which S is stationary."""
        with np.errstate(over="ignore"):
            s = np.asarray(total, dtype=float)
            growth = np.exp((self.rate - self.sensitivity) * s) * s**self.tilt
            return float(growth * (self.margin(s)[0] / self.unit))

    def rising(self) -> tuple[float, float]:
        """Ends of the interval where `needed` rises; both the same if there is none."""
        floor, alpha = self.floor, self.sensitivity
        if not alpha:
            return floor, HUGE
        if not self.bend:  # convex in logs: falls, then rises
            if self.rate <= alpha:
                return floor, floor
            fall = alpha * self.linear / (self.scale * (self.rate - alpha))
            return log(max(1.0, fall)) / self.rate, HUGE
        peak, top = floor, self.bend / alpha
        if not self.linear:
            return peak, top
        if self.bend > 1:  # steepest in logs here
            peak = max(peak, ((self.bend - 1) * self.linear / self.scale) ** (1 / self.bend))

        def steepness(s: float) -> float:
            curved = self.scale * s**self.bend
            return self.bend * curved / (curved + self.linear) - alpha * s

        return _last(steepness, peak, floor), _last(steepness, peak, top)

    def tangent(self, total: Array) -> Array | float:
        """A'(S), or S A'(S) if `geometric`: dA by the root-finder's variable."""
        rate = self.unit * np.exp(self.sensitivity * total) if self.sensitivity else self.unit
        return rate * total ** (1 - self.tilt) if self.geometric else rate

    def reach(self, benefit: Array) -> Array | float:
        """More attention than the interior optimum, if the cost is exponential."""
        drift = self.rate - self.sensitivity
        if self.bend or drift <= 0:
            return HUGE
        room: Array = np.log(self.unit / self.scale * drift**self.tilt * benefit)
        return np.maximum(room + 1, 1.0) / drift


def _last(f: Callable[[float], float], inside: float, outside: float) -> float:
    """The last point from `inside` towards `outside` where f > 0, by bisection of the logarithm."""
    while abs(inside / outside - 1) > 1e-12:
        middle = sqrt(inside) * sqrt(outside)
        inside, outside = (middle, outside) if f(middle) > 0 else (inside, middle)
    return inside
