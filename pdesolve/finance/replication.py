"""Risk-neutral variance from quotes that end somewhere: bounds over all laws that fit them.

Carr and Madan's integral needs options at all strikes. Quotes are few, noisy and end; so the
variance is looked for, largest and least, over every law of the payoff on its range that prices
them within their noise (derivation.md, section 12). A law is masses on a grid that has all
strikes, and how well it fits is a problem of least squares without negative numbers.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, nnls
from scipy.special import ndtri

from pdesolve.finance.quotes import Quotes
from pdesolve.typing import Array

Forward = tuple[float, float] | None  # price of what options are on, and its sd


class Interval(NamedTuple):
    """Between these."""

    low: float
    high: float

    @property
    def value(self) -> float:
        """The middle; NaN if it has no ends."""
        return 0.5 * (self.low + self.high) if np.isfinite(self.low + self.high) else np.nan

    @property
    def error(self) -> float:
        """Half of its length."""
        return 0.5 * (self.high - self.low)


@dataclass(frozen=True, kw_only=True)
class VarianceTuning:
    """How the variance of quotes is found.

    Attributes
    ----------
    confidence : float
        Of intervals.
    cells : int
        Between neighbouring strikes.
    tail : int
        Cells from the last strike to an end.
    heavy : float
        Weight of what has to hold exactly, over the largest other one.
    exact : float
        Noise that counts as none, over the width of strikes: bounds of strikes alone have it, and
        no quote has less.
    precise : float
        Share of all that laws allow to which ends of intervals are found.
    """

    confidence: float = 0.95
    cells: int = 8
    tail: int = 32
    heavy: float = 1e4
    exact: float = 1e-6
    precise: float = 1e-9

    @property
    def deviations(self) -> float:
        """Standard deviations on either side of what is estimated."""
        return float(ndtri(0.5 + 0.5 * self.confidence))


@dataclass(frozen=True, kw_only=True)
class QuotedVariance:
    """What quotes of one maturity say of what they are on; intervals of 95% confidence.

    Attributes
    ----------
    maturity : float
        Date.
    count : int
        Quotes.
    strikes : Interval
        From the lowest to the highest, money.
    price : Interval
        Forward, money.
    variance : Interval
        Money²; the upper end is infinite where no bound of a tail is known.
    by_strikes : Interval
        The same if the quotes had no noise: what is between and beyond the strikes.
    tails : (str, str)
        What bounds the tails below and above: "range" of the payoff, "decay" of the options
        between the price and the last strike, or "nothing".
    chi_squared : float
        Of the law that fits best: squares of misfits over sds.
    """

    maturity: float
    count: int
    strikes: Interval
    price: Interval
    variance: Interval
    by_strikes: Interval
    tails: tuple[str, str]
    chi_squared: float


def quoted_variance(
    quotes: Quotes,
    maturity: float,
    ends: tuple[float, float],
    forward: Forward = None,
    tuning: VarianceTuning = VarianceTuning(),
) -> QuotedVariance:
    """Variance of what options are on, from quotes of one maturity.

    Parameters
    ----------
    quotes : Quotes
    maturity : float
        Their date.
    ends : (float, float)
        Between which the payoff must lie; may be infinite.
    forward : (float, float), optional
        Price of what they are on, and its sd.
    tuning : VarianceTuning
    """
    strikes = Interval(float(quotes.strike.min()), float(quotes.strike.max()))
    tails = _tails(quotes, forward, ends, strikes, tuning)
    fit = _Fit.on(quotes, forward, Interval(*(tail.end for tail in tails)), tuning)
    masses, misfit = fit.nearest
    alone = replace(fit, prices=fit.pays @ masses, sd=np.full_like(fit.sd, fit.exact))
    variance, by_strikes = fit.variance(), alone.variance()
    if any(tail.bound == "nothing" for tail in tails):
        variance, by_strikes = (Interval(one.low, np.inf) for one in (variance, by_strikes))
    return QuotedVariance(
        maturity=maturity,
        count=len(quotes),
        strikes=strikes,
        price=fit.mean(),
        variance=variance,
        by_strikes=by_strikes,
        tails=(tails[0].bound, tails[1].bound),
        chi_squared=misfit,
    )


# ---------------------------------------------------------------------- laws that fit


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """Laws on states, as masses, and how far what they say of prices is from what is quoted."""

    states: Array
    pays: Array
    prices: Array
    sd: Array
    exact: float
    tuning: VarianceTuning

    @classmethod
    def on(cls, quotes: Quotes, forward: Forward, ends: Interval, tuning: VarianceTuning) -> "_Fit":
        """Put a grid between the ends, with all strikes there."""
        strikes = quotes.strike[(ends.low < quotes.strike) & (quotes.strike < ends.high)]
        edges = np.unique(np.concatenate([[ends.low], strikes, [ends.high]]))
        share = np.linspace(0.0, 1.0, tuning.cells + 1)
        inner = edges[1:-2, None] + np.diff(edges[1:-1])[:, None] * share
        unit = _width(quotes) / tuning.tail
        below = edges[1] - _outwards(edges[1] - edges[0], unit, tuning.tail)
        above = edges[-2] + _outwards(edges[-1] - edges[-2], unit, tuning.tail)
        states = np.unique(np.concatenate([below, inner.ravel(), above]))
        beyond = states - quotes.strike[:, None]
        pays = np.maximum(np.where(quotes.call[:, None], beyond, -beyond), 0.0)
        prices, sd = quotes.price, quotes.sd
        if forward is not None:
            pays = np.vstack([pays, states])
            prices, sd = np.append(prices, forward[0]), np.append(sd, forward[1])
        exact = tuning.exact * _width(quotes)
        sd = np.maximum(sd, exact)
        return cls(states=states, pays=pays, prices=prices, sd=sd, exact=exact, tuning=tuning)

    def mean(self) -> Interval:
        """The forward."""
        return Interval(*(self._end(self.states, side) for side in (-1.0, 1.0)))

    def variance(self) -> Interval:
        """Of laws on all of the range, whatever lies between the states.

        What is between two states d apart can be put on these without a change in the mean or in
        any price, and adds at most d²/4 to the second moment: the least has that taken off. The
        moment is about the best forward; of another one so near the variance is less.
        """
        masses, _ = self.nearest
        centre = float(self.states @ masses)
        apart = np.diff(self.states)
        widest = np.maximum(np.append(apart, 0.0), np.append(0.0, apart))
        square = (self.states - centre) ** 2
        off = max(abs(end - centre) for end in self.mean())
        low = self._end(square - 0.25 * widest**2, -1.0) - off**2
        return Interval(max(low, 0.0), self._end(square, 1.0))

    @cached_property
    def nearest(self) -> tuple[Array, float]:
        """The law that fits best, and its misfit: the squares, over sds."""
        return self._least(np.zeros((0, self.states.size)), np.zeros(0))

    def _end(self, what: Array, side: float) -> float:
        """The largest (side 1) or least (-1) mean of something over laws that fit well enough."""
        masses, best = self.nearest
        middle, last = float(masses @ what), side * float(np.max(side * what))
        allowed = best + self.tuning.deviations**2
        unit = float(np.max(np.abs(what)))

        def excess(share: float) -> float:
            mean = middle + share * (last - middle)
            return self._least(what[None, :] / unit, np.array([mean / unit]))[1] - allowed

        if middle == last or excess(1.0) <= 0.0:
            return last
        share = float(brentq(excess, 0.0, 1.0, xtol=self.tuning.precise))
        return middle + share * (last - middle)

    def _least(self, rows: Array, values: Array) -> tuple[Array, float]:
        """Least squares in which masses add up to one and means of some things are given."""
        pays, prices = self.pays / self.sd[:, None], self.prices / self.sd
        heavy = self.tuning.heavy * float(np.max(np.abs(pays)))
        whole = np.vstack([pays, heavy * np.ones(self.states.size), heavy * rows])
        goal = np.concatenate([prices, [heavy], heavy * values])
        masses, distance = nnls(whole, goal)
        return masses / masses.sum(), float(distance) ** 2


# ---------------------------------------------------------------------- tails


class _Tail(NamedTuple):
    """Where laws end on one side, and what says so."""

    end: float
    bound: str


def _tails(
    quotes: Quotes,
    forward: Forward,
    ends: tuple[float, float],
    strikes: Interval,
    tuning: VarianceTuning,
) -> tuple[_Tail, _Tail]:
    """The ends of the payoff's range; else those up to which options decay.

    If the log of an option's price is concave from the price outwards, it falls beyond the last
    strike at least as fast as on the way there, at a rate r, say, and the tail of the integral over
    strikes is at most the last price over r. With all mass of the tail 2/r away it is just that.
    """
    wide = _width(quotes)
    low, high = max(strikes.low - wide, ends[0]), min(strikes.high + wide, ends[1])
    fit = _Fit.on(quotes, forward, Interval(low, high), tuning)
    masses, _ = fit.nearest
    centre = float(fit.states @ masses)
    found = []
    for side, end, usual in ((-1.0, ends[0], low), (1.0, ends[1], high)):
        if np.isfinite(end):
            found.append(_Tail(end, "range"))
            continue
        out = np.unique(side * (quotes.strike[side * (quotes.strike - centre) >= 0.0]))
        worth = np.maximum(side * fit.states - out[:, None], 0.0) @ masses
        sd = np.array([np.max(quotes.sd[side * quotes.strike == one]) for one in out])
        rate = _decay(out, worth, tuning.deviations * sd)
        last = side * out[-1] if out.size else usual
        found.append(_Tail(last + side * 2.0 / rate, "decay") if rate else _Tail(usual, "nothing"))
    return found[0], found[1]


def _outwards(length: float, unit: float, cells: int) -> Array:
    """From 0 to a length in cells that grow in proportion, once they are as far out as a unit."""
    steps = np.expm1(np.log1p(length / unit) * np.linspace(0.0, 1.0, cells + 1))
    return np.asarray(steps * (length / steps[-1]))


def _width(quotes: Quotes) -> float:
    """How far strikes reach, or what the dearest option costs if that is more."""
    return float(max(np.ptp(quotes.strike), np.max(quotes.price)))


def _decay(out: Array, worth: Array, noise: Array) -> float:
    """Rate at which prices fall outwards, at least, whatever the noise in them; 0 if unknown."""
    low, high = worth - noise, worth + noise
    rates = [
        np.log(low[i] / high[j]) / (out[j] - out[i])
        for i in range(out.size)
        for j in range(i + 1, out.size)
        if low[i] > high[j]
    ]
    return float(max(rates, default=0.0))
