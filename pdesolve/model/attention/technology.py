"""Precision and cost together: the benefit at which an amount of attention is stationary.

That is C'(S)/A'(S); it rises with S on one interval only (derivation.md, section 6), and
:mod:`pdesolve.model.attention.response` looks for the root there.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case import Attention
from pdesolve.model.attention.cost import COSTS, HUGE, TINY, CostOfAttention
from pdesolve.model.attention.precision import PRECISIONS, Precision
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class Technology:
    """What one case's signals cost and bring.

    Attributes
    ----------
    spec : Attention
        As in the case.
    precision : Precision
    cost : CostOfAttention
    marginal : CostOfAttention
        The cost that counts at the margin: where precision is linear that without its linear part,
        which is taken off the benefit instead, so that the root is exact near the corner.
    handicap : float
        What is taken off the benefit, money² times what it is a multiple of.
    """

    spec: Attention
    precision: Precision
    cost: CostOfAttention
    marginal: CostOfAttention
    handicap: float

    @classmethod
    def of(cls, spec: Attention) -> "Technology":
        """Read it off a case."""
        precision, cost = PRECISIONS[type(spec)](spec), COSTS[type(spec.cost)](spec.cost)
        marginal, handicap = cost, 0.0
        if precision.constant is not None:
            marginal, handicap = cost.without_linear(), spec.cost.linear / precision.constant
        return cls(spec=spec, precision=precision, cost=cost, marginal=marginal, handicap=handicap)

    @property
    def capacity(self) -> float:
        """Largest total attention."""
        return self.spec.capacity

    def allocation(self, total: ArrayLike) -> Array:
        """Optimal split of total attention over the signals, shape (J, ...)."""
        return self.precision.split(np.asarray(total, dtype=float), self.spec.signals)

    # ------------------------------------------------------------------ the margin

    @cached_property
    def geometric(self) -> bool:
        """Whether the root-finder's variable is log S, not S."""
        return self.precision.geometric or self.marginal.geometric

    @property
    def floor(self) -> float:
        """Least attention to look at."""
        return TINY if self.geometric else 0.0

    @cached_property
    def drift(self) -> float:
        """Growth of cost over benefit at the margin beyond a power, 1/attention."""
        return self.marginal.growth - self.precision.growth

    def gap(self, total: Array, benefit: Array) -> tuple[Array, Array | float]:
        """Log of C'(S)/(b A'(S)), and its slope in the root-finder's variable."""
        ratio = self.marginal.margin(total) / (self.precision.margin(total) * benefit)
        value = np.log(ratio)
        if self.drift:
            value = value + self.drift * total
        return value, self.steepness(total)

    def steepness(self, total: Array) -> Array:
        """D log(C'/A') by the root-finder's variable."""
        by_total = self.marginal.steepness(total) - self.precision.steepness(total)
        return by_total * total if self.geometric else by_total

    def slope(self, total: Array, benefit: Array) -> Array:
        """DA/db where S is the interior optimum at that benefit."""
        tangent = self.precision.margin(total)
        if self.explicit:
            return tangent * total / (self._exponent * benefit)
        if self.precision.growth:
            tangent = tangent * np.exp(self.precision.growth * total)
        if self.geometric:
            tangent = tangent * total
        return tangent / (self.steepness(total) * benefit)

    def needed(self, total: float) -> float:
        """Benefit C'(S)/A'(S) at which S is stationary."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            s = np.asarray(total, dtype=float)
            ratio = self.marginal.margin(s) / self.precision.margin(s)
            return float(np.exp(self.drift * s) * ratio if self.drift else ratio)

    def rising(self) -> tuple[float, float]:
        """Ends of the interval where `needed` rises; both the same if there is none."""
        if not self.precision.convex:
            return self.floor, HUGE
        return self.marginal.outgrows(self.precision.growth, self.floor)

    @cached_property
    def interior(self) -> tuple[float, float, float, float]:
        """Least and largest attention between the corners, and the benefits that call for them."""
        lower, upper = self.rising()
        upper = max(lower, min(upper, self.capacity))
        least = TINY / self.precision.power[0] if self.precision.power else TINY
        return lower, upper, max(self.needed(lower), least), self.needed(upper)

    @cached_property
    def explicit(self) -> bool:
        """Whether cost over benefit at the margin is a power of S that rises with it."""
        powers = self.marginal.power, self.precision.power
        if self.drift or self.precision.convex or None in powers:
            return False
        return self._exponent > 0.0

    @cached_property
    def _exponent(self) -> float:
        assert self.marginal.power is not None and self.precision.power is not None
        return self.marginal.power[1] - self.precision.power[1]

    def root(self, benefit: Array) -> Array:
        """The S at which they are equal, if that is so."""
        unit, scale = self._units
        found: Array = (unit * benefit / scale) ** (1.0 / self._exponent)
        return found

    @cached_property
    def _units(self) -> tuple[float, float]:
        assert self.marginal.power is not None and self.precision.power is not None
        return self.precision.power[0], self.marginal.power[0]

    def reach(self, benefit: Array) -> Array | float:
        """More attention than the interior optimum, if the cost is exponential."""
        if self.precision.power is None or self.marginal.geometric or self.drift <= 0:
            return HUGE
        unit, tilt = self.precision.power
        scaled = unit / self.marginal.spec.scale * self.drift**-tilt
        room: Array = np.log(scaled * benefit)
        return np.maximum(room + 1, 1.0) / self.drift
