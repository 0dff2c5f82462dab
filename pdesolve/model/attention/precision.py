"""What attention buys: one class for each way in which precision follows from it.

A signal attended to with a brings precision h(a) per unit of time (derivation.md, section 6). Total
attention S is split over the signals so that their sum A is largest; a class says how, and what
more of S is worth at the margin.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pdesolve.case import Attention, ExponentialAttention, LinearAttention, PowerAttention
from pdesolve.typing import Array


class Precision(ABC):
    """Precision rate A(S) of total attention S, optimally split; arrays of any shape in and out.

    The marginal precision is A'(S) = margin(S) exp(growth S).

    Attributes
    ----------
    convex : bool
        Whether more attention buys ever more precision at the margin. The best response may then
        jump (:mod:`pdesolve.model.attention.response`); otherwise it is unique and continuous.
        A convex technology has to grow exponentially in the end: `growth` > 0.
    geometric : bool
        Whether the root-finder should work on log S: the margin has no finite, positive value
        at S = 0, or its logarithm is far from a straight line in S.
    growth : float
        Above, in 1/attention.
    power : (float, float) or None
        (c, e) if margin(S) is c S^e.
    constant : float or None
        A'(S) where it does not depend on S.
    """

    convex: ClassVar[bool] = False
    geometric: ClassVar[bool] = True
    growth: float = 0.0
    power: tuple[float, float] | None = None
    constant: float | None = None

    @abstractmethod
    def rate(self, total: Array) -> Array:
        """A(S), 1/(money² time)."""

    @abstractmethod
    def margin(self, total: Array) -> Array:
        """A'(S) exp(-growth S), 1/(money² time attention)."""

    @abstractmethod
    def steepness(self, total: Array) -> Array:
        """D log A'(S)/dS, 1/attention."""

    def gain(self, total: Array) -> Array:
        """A(S) - A(0)."""
        return self.rate(total) - self.rate(np.zeros_like(total))

    def split(self, total: Array, signals: int) -> Array:
        """Optimal split of S over the signals, shape (J, ...): equal if h is concave."""
        return np.broadcast_to(total / signals, (signals, *np.shape(total))).copy()


@dataclass(frozen=True)
class LinearPrecision(Precision):
    """h(a) = k a: any split is as good, A = k S."""

    spec: LinearAttention

    geometric: ClassVar[bool] = False

    @property
    def power(self) -> tuple[float, float]:  # type: ignore[override]
        """The margin is k."""
        return self.spec.efficiency, 0.0

    @property
    def constant(self) -> float:  # type: ignore[override]
        """The margin is k."""
        return self.spec.efficiency

    def rate(self, total: Array) -> Array:
        """A(S), 1/(money² time)."""
        return self.spec.efficiency * total

    def margin(self, total: Array) -> Array:
        """A'(S)."""
        return np.full_like(total, self.spec.efficiency)

    def steepness(self, total: Array) -> Array:
        """D log A'(S)/dS."""
        return np.zeros_like(total)


@dataclass(frozen=True)
class PowerPrecision(Precision):
    """h(a) = k a^eta with 0 < eta < 1: equal shares, A = k J^(1 - eta) S^eta."""

    spec: PowerAttention

    @property
    def power(self) -> tuple[float, float]:  # type: ignore[override]
        """The margin is k eta J^(1 - eta) S^(eta - 1)."""
        eta = self.spec.elasticity
        return self.spec.efficiency * eta * self.spec.signals ** (1 - eta), eta - 1.0

    def rate(self, total: Array) -> Array:
        """A(S), 1/(money² time)."""
        eta = self.spec.elasticity
        level = self.spec.efficiency * float(self.spec.signals) ** (1 - eta)
        return level * total**eta

    def margin(self, total: Array) -> Array:
        """A'(S)."""
        unit, tilt = self.power
        return unit * total**tilt

    def steepness(self, total: Array) -> Array:
        """D log A'(S)/dS."""
        return self.power[1] / total


@dataclass(frozen=True)
class ExponentialPrecision(Precision):
    """h(a) = k exp(alpha a): all attention on one signal, A = k (exp(alpha S) + J - 1)."""

    spec: ExponentialAttention

    convex: ClassVar[bool] = True
    geometric: ClassVar[bool] = False

    @property
    def growth(self) -> float:  # type: ignore[override]
        """Of the margin: alpha."""
        return self.spec.sensitivity

    @property
    def power(self) -> tuple[float, float]:  # type: ignore[override]
        """The margin is k alpha exp(alpha S)."""
        return self.spec.efficiency * self.spec.sensitivity, 0.0

    def rate(self, total: Array) -> Array:
        """A(S), 1/(money² time)."""
        chosen: Array = np.exp(self.spec.sensitivity * total)
        return self.spec.efficiency * (chosen + (self.spec.signals - 1))

    def margin(self, total: Array) -> Array:
        """A'(S) exp(-alpha S)."""
        return np.full_like(total, self.power[0])

    def steepness(self, total: Array) -> Array:
        """D log A'(S)/dS."""
        return np.full_like(total, self.spec.sensitivity)

    def gain(self, total: Array) -> Array:
        """A(S) - A(0)."""
        return self.spec.efficiency * np.expm1(self.spec.sensitivity * total)

    def split(self, total: Array, signals: int) -> Array:
        """All on the first signal: h is convex."""
        split = np.zeros((signals, *np.shape(total)))
        split[0] = total
        return split


PRECISIONS: dict[type[Attention], Callable[[Any], Precision]] = {  # a new one is added here
    LinearAttention: LinearPrecision,
    PowerAttention: PowerPrecision,
    ExponentialAttention: ExponentialPrecision,
}
