"""Optimal attention as a function of the variance at a node (derivation.md, section 6).

Every node solves max over 0 <= S <= capacity of b A(S) - C(S), with b = V/(2 rho). In all the
technologies the benefit b at which S is stationary, C'(S)/A'(S), rises with S on one interval
only, and the root-finder works there, on the logarithm of cost over benefit at the margin. With
linear or power precision that interval is everything: the response is unique and continuous in
V. With exponential precision it need not be: the best of S = 0, the one interior local maximum
and the capacity wins, so the response may jump in V, and without a capacity there may be no
optimum at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isinf, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.case import Attention
from pdesolve.numpytypes import Array
from pdesolve.rootfind import NoConvergence, increasing_root

TINY, HUGE = 1e-300, 1e300  # less attention than this counts as none, more as out of range


class NoOptimum(ArithmeticError):
    """No attention is best: the objective rises without bound, or out of floating-point range."""


class Response(NamedTuple):
    """Best response at every node; arrays of the shape of the variance.

    Attributes
    ----------
    attention : array
        S, attention.
    precision_rate : array
        A, 1/(money² time).
    cost : array
        C, money/time.
    slope : array
        dA/dV within the regime, 1/(money⁴ time): 0 unless interior.
    regime : array of int8
        0 no attention, 1 interior, 2 at capacity.
    """

    attention: Array
    precision_rate: Array
    cost: Array
    slope: Array
    regime: NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class _Technology:
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
    def of(cls, attention: Attention) -> "_Technology":
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


def best_response(
    attention: Attention,
    risk_aversion: float,
    variance: ArrayLike,
    guess: ArrayLike | None = None,
) -> Response:
    """Optimal attention at each variance (derivation.md, section 6).

    Parameters
    ----------
    attention : Attention
        Signals, their precision, cost and capacity.
    risk_aversion : float
        rho, 1/money.
    variance : array
        V, money², any shape. V <= 0 calls for no attention; NaN gives NaN.
    guess : array, optional
        Attention nearby, broadcast to the shape of `variance`: saves iterations and changes
        nothing else. What is not positive in it is passed over.

    Returns
    -------
    Response

    Raises
    ------
    NoOptimum
        If no attention is best at some node: exponential precision without a capacity, unless
        the cost is exponential and steep enough.
    NoConvergence
        If the root-finder fails, which is not known to happen.
    """
    v = np.asarray(variance, dtype=float)
    start = None if guess is None else np.broadcast_to(np.asarray(guess, float), v.shape).ravel()
    tech = _Technology.of(attention)
    with np.errstate(all="ignore"):
        benefit = v.ravel() / (2 * risk_aversion) - tech.handicap
        try:
            total, regime = _choose(attention, tech, benefit, start)
        except NoConvergence as error:
            raise NoConvergence(f"{error}, for {_describe(attention)}") from None
        a, cost = precision(attention, total), attention_cost(attention, total)
        by_b = tech.tangent(total) / (tech.margin(total)[1] * benefit)
    slope = by_b / (2 * risk_aversion)
    if (regime != 1).any():
        slope = np.where(regime == 1, slope, 0.0)
    unbounded = np.isinf(a + cost)
    if unbounded.any():
        raise NoOptimum(_no_optimum(attention, risk_aversion, v.ravel()[unbounded][0]))
    total, a, cost, slope = (x.reshape(v.shape) for x in (total, a, cost, slope))
    return Response(total, a, cost, slope, regime.reshape(v.shape))


def precision(attention: Attention, total: Array) -> Array:
    """Precision rate A bought by total attention S, optimally split (derivation.md, section 6)."""
    if attention.precision == "exponential":
        chosen: Array = np.exp((attention.sensitivity or 0.0) * total)
        return chosen + (attention.signals - 1)
    eta = attention.elasticity or 1.0
    level = (attention.efficiency or 1.0) * float(attention.signals) ** (1 - eta)
    return level * total**eta


def attention_cost(attention: Attention, total: Array) -> Array:
    """Cost C(S), money/time (derivation.md, section 6)."""
    cost = attention.cost
    if cost.kind == "power":
        e = cost.exponent or 1.0
        curved = cost.scale / e * total**e
    else:
        rate = cost.rate or 1.0
        curved = cost.scale / rate * np.expm1(rate * total)
    return curved + cost.linear * total if cost.linear else curved


def allocation(attention: Attention, total: ArrayLike) -> Array:
    """Optimal split of total attention over the signals, shape (J, ...) (derivation.md, section 6).

    Equal shares where precision is concave in attention (any split is as good where it is
    linear), all on the first signal where it is convex.
    """
    s = np.asarray(total, dtype=float)
    split = np.zeros((attention.signals, *s.shape))
    if attention.precision == "exponential":
        split[0] = s
    else:
        split[:] = s / attention.signals
    return split


def _choose(
    attention: Attention, tech: _Technology, benefit: Array, start: Array | None
) -> tuple[Array, NDArray[np.int8]]:
    """The best of no attention, the interior maximum and the capacity, and which one it is."""
    lower, upper = tech.rising()
    upper = max(lower, min(upper, attention.capacity))
    inner = (benefit > max(tech.needed(lower), TINY / tech.unit)) & (benefit < tech.needed(upper))
    if inner.all():
        total = _interior(tech, benefit, start, lower, upper)
    else:
        total = np.where(np.isnan(benefit), np.nan, 0.0)
        start = None if start is None else start[inner]
        total[inner] = _interior(tech, benefit[inner], start, lower, upper)
    if tech.sensitivity:
        inner, capped = _compare(attention, tech, benefit, total, inner)
        total = np.where(inner | np.isnan(benefit), total, 0.0)
    else:
        capped = benefit >= tech.needed(upper)
    if capped.any():
        total = np.where(capped, attention.capacity, total)
    return total, inner.astype(np.int8) + 2 * capped.astype(np.int8)


def _compare(
    attention: Attention, tech: _Technology, benefit: Array, total: Array, inner: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Nodes where, under exponential precision, the interior maximum or the capacity is best."""

    def gain(s: Array) -> Array:
        return benefit * np.expm1(tech.sensitivity * s) - attention_cost(attention, s)

    stay = benefit <= tech.needed(tech.floor)  # a local maximum
    best = gain(total)
    inner = inner & (~stay | (best > 0))
    if isinf(attention.capacity):
        if tech.bend or tech.rate < tech.sensitivity:
            return inner, benefit > 0
        return inner, (tech.rate == tech.sensitivity) & (tech.unit * benefit > tech.scale)
    best = np.where(inner, best, 0.0)
    rising = (benefit > 0) & (benefit >= tech.needed(attention.capacity))
    capped = rising & ~(gain(np.asarray(attention.capacity)) <= best)
    return inner & ~capped, capped


def _interior(
    tech: _Technology, benefit: Array, start: Array | None, lower: float, upper: float
) -> Array:
    """The root of the margin between `lower` and `upper`, which has one for every benefit given."""
    reach = tech.reach(benefit)
    top = np.minimum(upper, reach)
    cold = np.full(benefit.shape, 1.0) if tech.bend else top
    if start is not None:
        cold = np.where(start > 0, start, cold)
    return increasing_root(
        lambda s: tech.gap(s, benefit), cold, np.asarray(lower), top, geometric=tech.geometric
    )


def _describe(attention: Attention) -> str:
    cost, unused = attention.cost, (None, 0.0)
    numbers = {"signals": attention.signals, "capacity": attention.capacity}
    for name in ("efficiency", "elasticity", "sensitivity"):
        numbers[name] = getattr(attention, name)
    costs = {name: getattr(cost, name) for name in ("scale", "exponent", "rate", "linear")}
    said, paid = (
        ", ".join(f"{name} {x:g}" for name, x in group.items() if x not in unused)
        for group in (numbers, costs)
    )
    return f"{attention.precision} precision ({said}) and {cost.kind} cost ({paid})"


def _no_optimum(attention: Attention, risk_aversion: float, variance: float) -> str:
    if attention.precision == "exponential":
        trouble, remedy = "precision outgrows cost, so no attention is best", "lower"
    else:
        trouble, remedy = "the best attention is out of range", "finite"
    return (
        f"{trouble} at V = {variance:g}, rho = {risk_aversion:g} with {_describe(attention)}: "
        f"set a {remedy} attention.capacity or a steeper attention.cost"
    )
