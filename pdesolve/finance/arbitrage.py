"""What quotes say of each other: prices at which somebody would gain for certain.

Every price here is that of a call, of a put by parity, and of what the options are on: with no
interest and no dividends, F(K) = E^Q[(x - K)+] falls in the strike by no more than the strike
rises, is convex and nowhere below 0 or the forward less the strike. Each such rule is a portfolio
that pays nothing or something, and must not cost less than nothing (derivation.md, section 12).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.case.sources import CaseError
from pdesolve.finance.quotes import Quotes, dates
from pdesolve.typing import Array

NOISE = 4.0  # standard deviations that are put down to noise
TRIFLE = 0.01  # of what may be noise, below which it is not worth a word
ROUNDING = 1e-12  # of the largest price, strike or forward


class Arbitrage(NamedTuple):
    """A rule that quotes break: where, what its portfolio costs, and how far that may be noise."""

    place: str
    text: str
    cost: float
    noise: float


@dataclass(frozen=True, eq=False)
class _Portfolio:
    """So much of each quote, of the forward, and of cash."""

    weights: Array
    cash: float

    def __add__(self, other: "_Portfolio") -> "_Portfolio":
        return _Portfolio(self.weights + other.weights, self.cash + other.cash)

    def __sub__(self, other: "_Portfolio") -> "_Portfolio":
        return self + other.times(-1.0)

    def times(self, factor: float) -> "_Portfolio":
        """That much of it."""
        return _Portfolio(factor * self.weights, factor * self.cash)

    def and_cash(self, cash: float) -> "_Portfolio":
        """With so much more cash."""
        return _Portfolio(self.weights, self.cash + cash)


Curve = dict[float, _Portfolio]  # what is as good as a call, by its strike
Rules = Iterator[tuple[str, _Portfolio]]  # what must not cost less than nothing, and in words


def check_arbitrage(
    quotes: Quotes, horizon: float, forward: tuple[float, float] | None = None
) -> list[str]:
    """Refuse quotes at which somebody would gain for certain, whatever the noise in them.

    An option is bought at the ask and sold at the bid where there are such; of the others and the
    forward, four standard deviations may be noise.

    Parameters
    ----------
    quotes : Quotes
    horizon : float
        Date of those that do not say when they mature.
    forward : (float, float), optional
        Price of what they are on, and its sd.

    Returns
    -------
    list of str
        A warning, if there is arbitrage that may be noise.

    Raises
    ------
    CaseError
        If there is some that can not, or a maturity is after the horizon.
    """
    found = broken(quotes, dates(quotes, horizon), forward)
    found = [one for one in found if -one.cost > TRIFLE * one.noise]
    sure = [one for one in found if -one.cost > one.noise]
    if sure:
        worst = max(sure, key=lambda one: -one.cost - one.noise)
        more = f"; rules that are broken so: {len(sure)}" if len(sure) > 1 else ""
        got = f"got {worst.cost:.3g}, beyond noise of {worst.noise:.3g}"
        raise CaseError(f"{worst.place}: {worst.text}, {got}{more}")
    if not found:
        return []
    worst = max(found, key=lambda one: -one.cost / one.noise)
    got = f"got {worst.cost:.3g}, within noise of {worst.noise:.3g}"
    more = f"; rules that are broken within noise: {len(found)}" if len(found) > 1 else ""
    return [f"{worst.place}: {worst.text}, {got}{more}"]


def broken(
    quotes: Quotes, maturities: Array, forward: tuple[float, float] | None = None
) -> list[Arbitrage]:
    """Rules that the prices break, noise or not; arguments as of `check_arbitrage`."""
    price, sd = forward or (np.nan, np.nan)
    prices = np.append(quotes.price, price)
    bought, sold = np.append(quotes.ask, np.nan) - prices, prices - np.append(quotes.bid, np.nan)
    quoted = np.isfinite(bought)
    noise = np.where(quoted, 0.0, np.append(quotes.sd, sd))
    rounding = ROUNDING * float(np.nanmax(np.abs(np.append(prices, quotes.strike))))
    found = []
    for text, portfolio in _rules(quotes, maturities, forward is not None):
        some = portfolio.weights != 0.0
        much = portfolio.weights[some]
        cost = float(much @ prices[some]) + portfolio.cash
        if cost >= -rounding:
            continue
        sides = np.where(quoted, np.where(portfolio.weights > 0.0, bought, sold), 0.0)[some]
        deviation = float(np.linalg.norm(much * noise[some]))
        within = float(np.abs(much) @ sides) + NOISE * deviation + rounding
        place = quotes.places[int(np.abs(portfolio.weights[:-1]).argmax())]
        found.append(Arbitrage(place, text, cost, within))
    return found


# ---------------------------------------------------------------------- rules


def _rules(quotes: Quotes, maturities: Array, has_forward: bool) -> Rules:
    """All of them."""
    count = len(quotes)
    forward = _unit(count, count) if has_forward else _by_parity(quotes, maturities)
    for which in (
        [quotes.call, ~quotes.call] if forward is None else [quotes.strike == quotes.strike]
    ):
        before: Curve = {}
        for date in np.unique(maturities[which]):
            curve: Curve = {}
            about = f" at maturity {date:g}"
            here = which & (maturities == date)
            for strike in np.unique(quotes.strike[here]):
                alike = _as_calls(quotes, np.flatnonzero(here & (quotes.strike == strike)), forward)
                curve[float(strike)] = mean = _mean(alike, quotes)
                for one in alike if len(alike) > 1 else []:
                    said = f"quotes at strike {strike:g}{about} must agree (put-call parity)"
                    yield said, one - mean
                    yield said, mean - one
            yield from _in_strike(curve, about)
            yield from _later(before, curve, about)
            if forward is not None:
                yield from _bounds(curve, forward, about)
            before = curve


def _in_strike(curve: Curve, about: str) -> Rules:
    """Falling, by no more than the strike rises, and convex."""
    for (low, dear), (high, cheap) in pairwise(curve.items()):
        where = f"between strikes {low:g} and {high:g}{about}"
        yield f"calls must not rise (or puts fall by more) {where}", dear - cheap
        steep = (cheap - dear).and_cash(high - low)
        yield f"calls must not fall (or puts rise) by more than the strike {where}", steep
    strikes = list(curve)
    for low, middle, high in zip(strikes, strikes[1:], strikes[2:], strict=False):
        share = (high - middle) / (high - low)
        wings = curve[low].times(share) + curve[high].times(1.0 - share)
        where = f"at strikes {low:g}, {middle:g} and {high:g}{about}"
        yield f"options must be convex in the strike {where}", wings - curve[middle]


def _later(before: Curve, curve: Curve, about: str) -> Rules:
    """Worth no less than what matures before."""
    for strike in before.keys() & curve.keys():
        said = f"options at strike {strike:g} must be worth no less{about} than before"
        yield said, curve[strike] - before[strike]


def _bounds(curve: Curve, forward: _Portfolio, about: str) -> Rules:
    """No less than 0 or the forward less the strike."""
    for strike, call in curve.items():
        where = f"at strike {strike:g}{about}"
        yield f"a call must be worth no less than 0 {where}", call
        floor = (call - forward).and_cash(strike)
        yield f"a call must be worth no less than the price less the strike {where}", floor


def _as_calls(
    quotes: Quotes, which: NDArray[np.intp], forward: _Portfolio | None
) -> list[_Portfolio]:
    """Quotes as calls; puts less the strike where there is no forward, for differences' sake."""
    found = []
    for k in which:
        call = _unit(int(k), len(quotes))
        if not quotes.call[k]:
            call = call.and_cash(-float(quotes.strike[k]))
            call = call if forward is None else call + forward
        found.append(call)
    return found


def _mean(alike: list[_Portfolio], quotes: Quotes) -> _Portfolio:
    """The mean of what should have one price, weighted by precision."""
    sd = np.append(quotes.sd, 0.0)
    precision = np.array([1.0 / max(np.sum((one.weights * sd) ** 2), 1e-300) for one in alike])
    total = alike[0].times(0.0)
    for one, share in zip(alike, precision / precision.sum(), strict=True):
        total = total + one.times(float(share))
    return total


def _by_parity(quotes: Quotes, maturities: Array) -> _Portfolio | None:
    """The forward from calls and puts of one strike and date, all such pairs; None if none."""
    pairs = []
    for call in np.flatnonzero(quotes.call):
        same = (quotes.strike == quotes.strike[call]) & (maturities == maturities[call])
        for put in np.flatnonzero(same & ~quotes.call):
            one = _unit(int(call), len(quotes)) - _unit(int(put), len(quotes))
            pairs.append(one.and_cash(float(quotes.strike[call])))
    return _mean(pairs, quotes) if pairs else None


def _unit(place: int, count: int) -> _Portfolio:
    """One of the quotes; of the forward if the place is their count."""
    weights = np.zeros(count + 1)
    weights[place] = 1.0
    return _Portfolio(weights, 0.0)
