"""Optimal attention as a function of the variance at a node (derivation.md, section 6).

Every node solves max over 0 <= S <= capacity of b A(S) - C(S), with b = V/(2 rho). In all the
technologies the benefit b at which S is stationary, C'(S)/A'(S), rises with S on one interval
only, and the root-finder works there, on the logarithm of cost over benefit at the margin. With
linear or power precision that interval is everything: the response is unique and continuous in
V. With exponential precision it need not be: the best of S = 0, the one interior local maximum
and the capacity wins, so the response may jump in V, and without a capacity there may be no
optimum at all.
"""

from dataclasses import fields
from math import isinf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.case import Attention
from pdesolve.case.errors import PdesolveError
from pdesolve.model.attention.cost import HUGE
from pdesolve.model.attention.technology import Technology
from pdesolve.numerics.rootfind import NoConvergence, increasing_root
from pdesolve.typing import Array


class NoOptimum(PdesolveError, ArithmeticError):
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
        dA/dV within the regime, 1/(money⁴ time): 0 unless interior, NaN if it was not asked for.
    regime : array of int8
        0 no attention, 1 interior, 2 at capacity.
    """

    attention: Array
    precision_rate: Array
    cost: Array
    slope: Array
    regime: NDArray[np.int8]


def best_response(
    technology: Technology,
    risk_aversion: float,
    variance: ArrayLike,
    guess: ArrayLike | None = None,
    *,
    steep: bool = True,
) -> Response:
    """Optimal attention at each variance (derivation.md, section 6).

    Parameters
    ----------
    technology : Technology
        Signals, their precision, cost and capacity.
    risk_aversion : float
        rho, 1/money.
    variance : array
        V, money², any shape. V <= 0 calls for no attention; NaN gives NaN.
    guess : array, optional
        Attention nearby, broadcast to the shape of `variance`: saves iterations and changes
        nothing else. What is not positive in it is passed over.
    steep : bool
        Whether the slope is asked for.

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
    given = np.asarray(variance, dtype=float)
    v, start = given if given.ndim else given.reshape(1), None
    if guess is not None and not technology.explicit:
        start = np.broadcast_to(np.asarray(guess, float), v.shape)
    with np.errstate(all="ignore"):
        benefit = v / (2 * risk_aversion)
        if technology.handicap:
            benefit -= technology.handicap
        try:
            total, regime = _choose(technology, benefit, start)
        except NoConvergence as error:
            raise NoConvergence(f"{error}, for {_describe(technology.spec)}") from None
        a, cost = technology.precision.rate(total), technology.cost.value(total)
        if steep:
            slope = technology.slope(total, benefit) / (2 * risk_aversion)
            slope[regime != 1] = 0.0
        else:
            slope = np.full(v.shape, np.nan)
    unbounded = np.isinf(a + cost)
    if np.count_nonzero(unbounded):
        raise NoOptimum(_no_optimum(technology, risk_aversion, v[unbounded][0]))
    if not given.ndim:
        total, a, cost, slope = (x.reshape(()) for x in (total, a, cost, slope))
        regime = regime.reshape(())
    return Response(total, a, cost, slope, regime)


def _choose(
    tech: Technology, benefit: Array, start: Array | None
) -> tuple[Array, NDArray[np.int8]]:
    """The best of no attention, the interior maximum and the capacity, and which one it is."""
    lower, upper, low, high = tech.interior
    inner = (benefit > low) & (benefit < high)
    if tech.explicit:
        total = tech.root(benefit)
        total[benefit <= low] = 0.0
    else:
        total = np.where(np.isnan(benefit), np.nan, 0.0)
        start = None if start is None else start[inner]
        total[inner] = _interior(tech, benefit[inner], start, lower, upper)
    if tech.precision.convex:
        inner, capped = _compare(tech, benefit, total, inner)
        total = np.where(inner | np.isnan(benefit), total, 0.0)
    else:
        capped = benefit >= high
    regime = inner.astype(np.int8)
    if np.count_nonzero(capped):
        total[capped], regime[capped] = tech.capacity, 2
    return total, regime


def _compare(
    tech: Technology, benefit: Array, total: Array, inner: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Nodes where, under convex precision, the interior maximum or the capacity is best."""

    def gain(s: Array) -> Array:
        return benefit * tech.precision.gain(s) - tech.cost.value(s)

    stay = benefit <= tech.needed(tech.floor)  # a local maximum
    best = gain(total)
    inner = inner & (~stay | (best > 0))
    if isinf(tech.capacity):
        worth = benefit * tech.precision.margin(np.asarray(HUGE))
        return inner, worth > tech.cost.limit(tech.precision.growth)
    best = np.where(inner, best, 0.0)
    rising = (benefit > 0) & (benefit >= tech.needed(tech.capacity))
    capped = rising & ~(gain(np.asarray(tech.capacity)) <= best)
    return inner & ~capped, capped


def _interior(
    tech: Technology, benefit: Array, start: Array | None, lower: float, upper: float
) -> Array:
    """The root of the margin between `lower` and `upper`, which has one for every benefit given."""
    reach = tech.reach(benefit)
    top = np.minimum(upper, reach)
    cold = np.full(benefit.shape, 1.0) if np.ndim(reach) == 0 else top
    if start is not None:
        cold = np.where(start > 0, start, cold)
    lowest = np.asarray(lower)
    return increasing_root(tech.gap, cold, lowest, top, benefit, geometric=tech.geometric)


def _describe(attention: Attention) -> str:
    """Technology and cost in words, with their numbers."""
    said, paid = (
        ", ".join(
            f"{field.name} {value:g}"
            for field in fields(part)
            if isinstance(value := getattr(part, field.name), int | float) and value
        )
        for part in (attention, attention.cost)
    )
    return f"{attention.precision} precision ({said}) and {attention.cost.kind} cost ({paid})"


def _no_optimum(tech: Technology, risk_aversion: float, variance: float) -> str:
    if tech.precision.convex:
        trouble, remedy = "precision outgrows cost, so no attention is best", "lower"
    else:
        trouble, remedy = "the best attention is out of range", "finite"
    return (
        f"{trouble} at V = {variance:g}, rho = {risk_aversion:g} with {_describe(tech.spec)}: "
        f"set a {remedy} attention.capacity or a steeper attention.cost"
    )
