"""The fraction of wealth that makes it grow fastest (derivation.md, section 15)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.optimize import brentq

from pdesolve.investing import laws
from pdesolve.investing.law import FAIR, Law, check_rate
from pdesolve.typing import Array

ROUNDING = 4 * np.finfo(float).eps
POINTS = 201  # of a curve
BEYOND = 2.5  # times the optimum: where a curve ends


@dataclass(frozen=True, kw_only=True, eq=False)
class Growth:
    """What a law of returns does to wealth, a fixed fraction of which is at stake each period.

    Attributes
    ----------
    law : Law
        Of the return X itself.
    rate : float
        Riskless, per period.
    fraction : float
        That maximises g(f) = E log(1 + f X + (1 - f) r); infinite where nothing can be lost.
    error : dict
        Of `fraction` and `growth`: what the quadrature may miss, 0 of a law that takes none.
    message : str
        What there is to know where the optimum is not one in the interior; empty else.
    """

    law: Law
    rate: float
    fraction: float
    error: dict[str, float]
    message: str

    @cached_property
    def excess(self) -> Law:
        """The law of (X - r)/(1 + r), on which the fraction depends alone."""
        return self.law.less(self.rate)

    def growth_at(self, fraction: float) -> float:
        """E log(1 + f X + (1 - f) r) per period; -inf where that means ruin."""
        return float(np.log1p(self.rate)) + self.excess.growth(fraction)

    @property
    def growth(self) -> float:
        """Of the log of wealth per period, at the optimum."""
        return self.growth_at(self.fraction) if np.isfinite(self.fraction) else np.inf

    @property
    def volatility(self) -> float:
        """Standard deviation of the portfolio's return in a period, at the optimum."""
        return abs(self.fraction) * self.law.sd

    @property
    def small_limit(self) -> float:
        """mu/sigma² of the return relative to the riskless one: the fraction for small returns."""
        return self.excess.mean / self.excess.sd**2

    @property
    def limit(self) -> tuple[float, float, float]:
        """Fraction, growth and volatility where returns are small: mu/sigma², mu²/2sigma²."""
        fraction = self.small_limit
        return fraction, self.limit_at(fraction), abs(fraction) * self.law.sd

    def limit_at(self, fraction: float) -> float:
        """Growth where returns are small: mu f - sigma² f²/2 above the riskless one."""
        mean, sd = self.excess.mean, self.excess.sd
        return float(np.log1p(self.rate)) + fraction * mean - 0.5 * (fraction * sd) ** 2

    @property
    def endless(self) -> bool:
        """Whether every fraction but 0 risks ruin, so that only the limit has an optimum."""
        return self.ruin == (0.0, 0.0)

    @property
    def ruin(self) -> tuple[float, float]:
        """Fractions from which on all can be lost; infinite where there is none."""
        return self.excess.ruin

    @cached_property
    def break_even(self) -> float:
        """The fraction beyond the optimum that grows no faster than cash; NaN if there is none."""
        end = self.ruin[1] if self.fraction > 0.0 else self.ruin[0]
        if self.fraction == 0.0 or not np.isfinite(end):
            return np.nan
        last = float(np.nextafter(end, 0.0)) if self.excess.atoms else end
        if not self.excess.growth(last) < 0.0 < self.excess.growth(self.fraction):
            return np.nan
        root: float = brentq(self.excess.growth, self.fraction, last, xtol=1e-300, rtol=ROUNDING)
        return root

    def curve(self, count: int = POINTS) -> tuple[Array, Array]:
        """Fractions from 0 to well past the optimum, short of ruin, and their growth.

        Where every fraction but 0 risks ruin it is that of the limit of small returns; where
        nothing is to be gained, of both sides, half-way to ruin.
        """
        at = self.fraction if np.isfinite(self.fraction) and self.fraction else self.small_limit
        fair = abs(self.excess.mean) <= FAIR * self.excess.sd
        low, high = 0.0, BEYOND * at
        if self.endless and fair:
            low, high = -1.0, 1.0
        elif not self.endless and self.fraction == 0.0:
            low, high = (0.5 * end if np.isfinite(end) else 0.0 for end in self.ruin)
        elif not self.endless:
            high = float(np.clip(high, *self.ruin))
        fractions = np.linspace(low, high, count)
        growth = self.limit_at if self.endless else self.growth_at
        return fractions, np.array([growth(float(f)) for f in fractions])


def growth_of(law: Law, rate: float = 0.0) -> Growth:
    """The growth-optimal fraction of a law of returns.

    Parameters
    ----------
    law : Law
    rate : float
        Riskless, per period, at which one lends and borrows.

    Raises
    ------
    LawError
        If the rate is not above -1.
    """
    excess = law.less(check_rate(rate))
    fraction, message = _optimum(excess)
    error = {"fraction": 0.0, "growth": 0.0}
    if excess.coarse is not None and np.isfinite(fraction):
        other, _ = _optimum(excess.coarse)
        error["fraction"] = float(abs(fraction - other) + ROUNDING * abs(fraction))
        most = excess.growth(fraction)
        apart = abs(most - excess.coarse.growth(fraction))
        error["growth"] = float(apart + ROUNDING * abs(most))
    return Growth(law=law, rate=rate, fraction=fraction, error=error, message=message)


def _optimum(excess: Law) -> tuple[float, str]:
    """The root of g', and what is to be said if there is none."""
    if abs(excess.mean) <= FAIR * excess.sd:
        return 0.0, "the return is fair: nothing is to be gained at any fraction"
    if excess.mean < 0.0:
        fraction, message = _optimum(excess.mirrored())
        return 0.0 - fraction, message.replace("nothing can", "sold short, nothing can")
    end = excess.ruin[1]
    if end == 0.0 and excess.ruin[0] < 0.0:
        return 0.0, (
            "nothing is to be gained: on the side that gains on average a return without end can"
            " lose any multiple of the stake"
        )
    if end == 0.0:
        return 0.0, (
            "a return without ends can lose any multiple of the stake: every fraction but 0 risks"
            " ruin, and only rebalancing without pause has an optimum, the small-return limit (of"
            " which the curve is)"
        )
    if np.isinf(end):
        return np.inf, "there is no optimum: nothing can be lost, and the larger the better"
    last = float(np.nextafter(end, 0.0)) if excess.atoms else end
    if excess.slope(last) >= 0.0:
        return last, "the optimum is at the end where ruin begins: growth still rises there"
    root: float = brentq(excess.slope, 0.0, last, xtol=1e-300, rtol=ROUNDING)
    return root, ""


def rebalanced(mean: float, sd: float, times: int, rate: float = 0.0) -> Growth:
    """The growth-optimal fraction where wealth is rebalanced so many times in a period.

    Each step has two equally likely returns, which share out the period's mean and variance, and
    pays a like share of the riskless rate; `growth` is that of a step.
    """
    return growth_of(laws.steps(mean, sd, times), rate / times)


def growth_optimal(
    returns: Any, rate: float = 0.0, *, prices: bool = False, long_only: bool = False
) -> Any:
    """The fraction, or the weights, that make wealth grow fastest.

    Parameters
    ----------
    returns : Law, path of a CSV file, array_like, pandas Series or DataFrame
        Simple returns, equally likely, one column per asset.
    rate : float
        Riskless, per period, at which one lends and borrows.
    prices : bool
        Whether these are prices in place of returns.
    long_only : bool
        Of several assets, whether none may be sold short.

    Returns
    -------
    Growth or GrowthPortfolio
        Of one asset: its `fraction`, `growth`, `volatility`, ...; of several: `weights`, labelled
        as the returns were, `growth` and `optimality`, the residual of the first-order conditions.

    Raises
    ------
    ReturnsError, CaseError, LawError
        If something is wrong with the returns, or, of several assets, no growth is the largest.
    """
    if isinstance(returns, Law):
        return growth_of(returns, rate)
    from pdesolve.investing.many_assets import growth_portfolio
    from pdesolve.investing.returns import as_returns

    known = as_returns(returns, prices=prices)
    if known.values.shape[1] > 1:
        return growth_portfolio(known, rate, long_only=long_only)
    return growth_of(laws.sample(known.values), rate)
