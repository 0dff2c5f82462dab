"""What is known of the growth of wealth under one law of returns, and what is asked about it."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pdesolve.investing.drawdown import (
    drawdown_exponent,
    fraction_for_drawdown,
    share_for_drawdown,
)
from pdesolve.investing.estimated import Uncertainty
from pdesolve.investing.growth import Growth, rebalanced
from pdesolve.investing.least_future_value import LeastFutureValue

if TYPE_CHECKING:
    from pdesolve.investing.in_market import MarketGrowth

STEPS = (1, 12, 250)  # a period that its moments are shared out over


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked about a law besides its optimum.

    Where every fraction but 0 risks ruin it is asked of the limit of small returns.

    Attributes
    ----------
    share : float or None
        c, of the growth-optimal fraction.
    drawdown : (float, float) or None
        A level and a chance: how large a fraction may be for wealth ever to fall to that level with
        less than this chance.
    """

    share: float | None = None
    drawdown: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """What is known of the growth of wealth under one law of returns.

    Attributes
    ----------
    name : str
        Of the files written.
    found : Growth
    asked : Asked
    price : float or None
        Of a case.
    per_share : bool
        Whether fractions are shares per unit of wealth, as the price is not above zero.
    uncertainty : Uncertainty or None
        Of a sample.
    least : tuple of LeastFutureValue
        Of a sample, at one or more leverages.
    market : MarketGrowth or None
        Of a case, what those gain who trade until the payoff.
    moments : bool
        Whether the law stands for its mean and standard deviation, which may be shared out.
    """

    name: str
    found: Growth
    asked: Asked = Asked()
    price: float | None = None
    per_share: bool = False
    uncertainty: Uncertainty | None = None
    least: tuple[LeastFutureValue, ...] = ()
    market: "MarketGrowth | None" = None
    moments: bool = False

    @property
    def held(self) -> float:
        """The fraction that is held: the share of the optimum."""
        best = self.found.small_limit if self.in_limit else self.found.fraction
        return best * (1.0 if self.asked.share is None else self.asked.share)

    @property
    def in_limit(self) -> bool:
        """Whether what is asked about is of the limit of small returns: there is nothing else."""
        return self.asked != Asked() and self.found.endless

    @property
    def growth_held(self) -> float:
        """At the fraction that is held; NaN without an optimum."""
        return self._growth(self.held)

    @cached_property
    def exponent(self) -> float:
        """Of the chance of ever falling, at the fraction that is held; NaN without an optimum."""
        if self.found.endless and not self.in_limit:
            return math.inf  # nothing is at stake
        return self.exponent_at(1.0 if self.asked.share is None else self.asked.share)

    def exponent_at(self, share: float) -> float:
        """The same at a share of the optimum, or of that of the limit if there is no other."""
        if self.found.endless:
            return max(2.0 / share - 1.0, 0.0) if self.found.small_limit else math.inf
        if not math.isfinite(self.found.fraction):
            return math.nan
        return drawdown_exponent(self.found.excess, share * self.found.fraction)

    @cached_property
    def restrained(self) -> tuple[float, float]:
        """The largest fraction that keeps to the drawdown asked about, and its growth."""
        assert self.asked.drawdown is not None
        if self.found.endless:
            fraction = share_for_drawdown(*self.asked.drawdown) * self.found.small_limit
        else:
            fraction = fraction_for_drawdown(self.found.excess, *self.asked.drawdown)
        return fraction, self._growth(fraction)

    def _growth(self, fraction: float) -> float:
        if not math.isfinite(fraction):
            return math.nan
        return self.found.limit_at(fraction) if self.in_limit else self.found.growth_at(fraction)

    @property
    def unit(self) -> str:
        """What a fraction is one of."""
        return "shares per unit of wealth" if self.per_share else "fraction"

    @cached_property
    def rebalancing(self) -> dict[str, list[float]]:
        """Fraction and growth per period where a period has so many steps."""
        law, rate = self.found.law, self.found.rate
        each = [rebalanced(law.mean, law.sd, times, rate) for times in STEPS]
        return {
            "times": [float(times) for times in STEPS],
            "fraction": [one.fraction for one in each],
            "growth": [times * one.growth for times, one in zip(STEPS, each, strict=True)],
        }

    @property
    def without_pause(self) -> tuple[float, float, float]:
        """Fraction, growth per period and volatility that rebalancing ever more often leads to."""
        law, rate = self.found.law, self.found.rate
        fraction = (law.mean - rate) / law.sd**2
        return fraction, rate + 0.5 * fraction * (law.mean - rate), abs(fraction) * law.sd
