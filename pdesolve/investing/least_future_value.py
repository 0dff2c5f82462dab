"""The least that 100 are ever worth later, start by start, against the flat law of Kelly."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.investing.law import LawError, check_rate
from pdesolve.investing.returns import Returns
from pdesolve.typing import Array

INVESTED = 100.0
BINS = 10
STARTS = ("year", "month", "period")


@dataclass(frozen=True, kw_only=True, eq=False)
class LeastFutureValue:
    """The least later value of 100 invested at each start, the start itself included.

    Starts overlap, and late ones have had less time to fall, so the sample is not independent.

    Attributes
    ----------
    leverage : float
    starts : tuple of str
        Dates of the closes at which 100 were invested; empty without dates.
    least : array
        At most 100 each.
    edges, shares : array
        Of the histogram: ends of its bins, and the share of the starts in each.
    distance : float
        Kolmogorov's, from the flat law on [0, 100] that growth-optimal investing leads to where
        returns are small.
    mean : float
        50 by the flat law. More says that more could have been invested, less that less should.
    """

    leverage: float
    starts: tuple[str, ...]
    least: Array
    edges: Array
    shares: Array
    distance: float
    mean: float


def least_future_values(
    returns: Returns,
    *,
    every: str = "year",
    leverage: float = 1.0,
    rate: float = 0.0,
    inflation: ArrayLike = 0.0,
    bins: int = BINS,
) -> LeastFutureValue:
    """How low each investment of 100 ever goes.

    Parameters
    ----------
    returns : Returns
        Of one asset, from close to close.
    every : {"year", "month", "period"}
        Invest at the first close of each year or month, which needs dates that begin with
        YYYY-MM or YYYYMM, or at every close.
    leverage : float
        Share of wealth that is in the asset, restored at each close; the rest is in cash, or lent.
    rate, inflation : float, or array of shape (periods,)
        Riskless rate, and rise of the price level by which values are divided; per period.
    bins : int
        Of the histogram.

    Raises
    ------
    LawError
        If there is more than one asset, a rate is not finite and above -1, or dates are missing.
    """
    if returns.values.shape[1] != 1:
        raise LawError(f"least future values are of one asset, got {returns.values.shape[1]}")
    if every not in STARTS:
        raise LawError(f"every must be one of {', '.join(STARTS)}, got {every!r}")
    if not np.isfinite(leverage):
        raise LawError(f"leverage must be a finite number, got {leverage:g}")
    price_level = 1.0 + np.asarray(inflation, np.float64)
    if not np.all((price_level > 0.0) & (price_level < np.inf)):
        raise LawError("inflation must be finite and > -1")
    profit = leverage * returns.values[:, 0] + (1.0 - leverage) * check_rate(rate)
    factors = np.maximum(1.0 + profit, 0.0) / price_level
    places = _starts(returns, every)
    least = INVESTED * _lowest_from(factors)[places]
    edges = np.linspace(0.0, INVESTED, bins + 1)
    ranked = np.sort(least) / INVESTED
    steps = np.arange(ranked.size + 1) / ranked.size
    apart = np.maximum(np.abs(steps[1:] - ranked), np.abs(ranked - steps[:-1]))
    closes = (returns.start, *returns.dates)
    return LeastFutureValue(
        leverage=leverage,
        starts=tuple(closes[k] for k in places) if returns.dates else (),
        least=least,
        edges=edges,
        shares=np.histogram(least, edges)[0] / least.size,
        distance=float(apart.max()),
        mean=float(least.mean()),
    )


def _lowest_from(factors: Array) -> Array:
    """Least later value of 1 invested at each close but the last."""
    lost = factors == 0.0
    log_value = np.append(0.0, np.cumsum(np.log(np.where(lost, 1.0, factors))))
    later = np.minimum.accumulate(log_value[::-1])[::-1]
    lowest = np.exp(later - log_value)[:-1]
    if lost.any():
        lowest[: np.flatnonzero(lost)[-1] + 1] = 0.0
    return lowest


def _starts(returns: Returns, every: str) -> list[int]:
    """Closes at which one invests; close k is that before return k."""
    count = len(returns.values)
    if every == "period":
        return list(range(count))
    marks = [re.match(r"(\d{4})-?(\d\d)?", date) for date in (returns.start, *returns.dates)]
    keys = [mark and (mark[0] if every == "month" else mark[1]) for mark in marks]
    if not returns.dates or None in keys[1:]:
        raise LawError(f"a start every {every} needs dates that begin with YYYY-MM")
    return [k for k in range(count) if keys[k] and (k == 0 or keys[k] != keys[k - 1])]
