"""Laws of what a payoff returns to who buys it at a price and holds it until it is paid."""

from dataclasses import replace

import numpy as np

from pdesolve.case import BetaPayoff, DiscretePayoff, LognormalPayoff, PayoffSpec, UniformPayoff
from pdesolve.investing.law import Law, LawError
from pdesolve.investing.laws import WIDE, between, discrete, unbounded
from pdesolve.model.payoff.factory import make_prior
from pdesolve.typing import Array


def of_payoff(payoff: PayoffSpec, price: float) -> Law:
    """The return x/p - 1 of a payoff x that is bought at the price p.

    Raises
    ------
    LawError
        If the price is not positive: see `of_share`.
    """
    if not price > 0.0:
        raise LawError(f"a return needs a price > 0, and the price is {price:g}")
    label = f"{payoff.kind} payoff bought at {price:.7g}, held to the horizon"
    return replace(_linear(payoff, 1.0 / price, -1.0), label=label)


def of_share(payoff: PayoffSpec, price: float, rate: float) -> Law:
    """The return of a share together with so much cash, 1 - p, that they cost 1; at any price.

    So a fraction of wealth is a number of shares per unit of wealth, and the return relative to the
    riskless one is x/(1 + r) - p, what a share gains.
    """
    label = f"share with a {payoff.kind} payoff bought at {price:.7g}, held to the horizon"
    law = _linear(payoff, 1.0, (1.0 - price) * (1.0 + rate) - 1.0)
    return replace(law, label=label)


def _linear(payoff: PayoffSpec, scale: float, offset: float) -> Law:
    """The law of offset + scale x."""
    if isinstance(payoff, DiscretePayoff):
        return discrete(offset + scale * np.asarray(payoff.values), payoff.probabilities)
    if isinstance(payoff, UniformPayoff | BetaPayoff):
        a, b = (payoff.a, payoff.b) if isinstance(payoff, BetaPayoff) else (1.0, 1.0)

        def log_density(above: Array, below: Array) -> Array:
            return (a - 1.0) * np.log(above) + (b - 1.0) * np.log(below)

        low, high = offset + scale * payoff.low, offset + scale * payoff.high
        return between(low, high, log_density, "")
    if isinstance(payoff, LognormalPayoff):
        return _cut_lognormal(payoff, scale, offset)
    prior = make_prior(payoff)
    return unbounded(offset + scale * prior.mean, scale * prior.sd, "")


def _cut_lognormal(payoff: LognormalPayoff, scale: float, offset: float) -> Law:
    """Of a lognormal payoff that is cut at two ends: its log is a normal, cut."""
    sd = np.sqrt(np.log1p((payoff.sd / payoff.mean) ** 2))
    middle = np.log(scale * payoff.mean) - 0.5 * sd**2
    with np.errstate(divide="ignore"):
        ends = np.log(scale * np.array([payoff.low, payoff.high]))
    low, high = np.clip(ends, middle - WIDE * sd, middle + (WIDE + 2.0 * sd) * sd)
    bottom, top = np.exp(low), np.exp(high)

    def log_density(above: Array, below: Array) -> Array:
        y = np.where(above < below, low + above, high - below)
        return -0.5 * ((y - middle) / sd) ** 2

    def from_log(law: Law) -> Law:
        above = bottom - scale * payoff.low + bottom * np.expm1(law.above)
        below = scale * payoff.high - top - top * np.expm1(-law.below)
        return replace(
            law,
            points=offset + scale * payoff.low + above,
            above=above,
            below=below,
            low=offset + scale * payoff.low,
            high=offset + scale * payoff.high,
            coarse=None if law.coarse is None else from_log(law.coarse),
        )

    return from_log(between(low, high, log_density, ""))
