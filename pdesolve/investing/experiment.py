"""Portfolios formed on trailing returns again and again, and what their investors earn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.investing.law import check_rate
from pdesolve.investing.methods import METHODS, best_weights, check_methods
from pdesolve.investing.moments import Moments, PortfolioError, moments_of
from pdesolve.investing.returns import ROUNDING, Returns, as_returns
from pdesolve.typing import Array

QUARTERS = 4  # of a year
LEAST_WINDOW = 3  # periods


class Earned(NamedTuple):
    """What holding a method's portfolios brings.

    Attributes
    ----------
    returns : array, shape (periods,)
    traded : array, shape (quarters,)
        Share of wealth that is sold, and bought, at the start of each; 0 at the first.
    in_cash : int
        Quarters in which no portfolio has a mean above the riskless rate, and none is held.
    """

    returns: Array
    traded: Array
    in_cash: int


class Performance(NamedTuple):
    """How a method did, per year but for the drawdown.

    Attributes
    ----------
    mean : float
        Arithmetic, of the returns.
    growth : float
        Compound.
    volatility, sharpe : float
    drawdown : float
        Largest loss from a peak, as a share of wealth there.
    turnover : float
        Share of wealth that is sold, and bought.
    in_cash : int
        Quarters, all told.
    """

    mean: float
    growth: float
    volatility: float
    sharpe: float | None
    drawdown: float
    turnover: float
    in_cash: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest:
    """What each method would have earned out of sample.

    Attributes
    ----------
    earned : dict
        Of each method, over the same periods.
    dates : tuple of str
        Of these periods, empty if there are none.
    window, every : int
        Periods of the formation window, and of a quarter.
    rate : float
        Riskless rate per period.
    """

    earned: dict[str, Earned]
    dates: tuple[str, ...]
    window: int
    every: int
    rate: float

    @property
    def year(self) -> int:
        """Periods of a year."""
        return QUARTERS * self.every

    def performance(self, method: str) -> Performance:
        """The table's row of a method."""
        returns, traded, in_cash = self.earned[method]
        excess = returns - self.rate
        volatility = float(returns.std(ddof=1) * np.sqrt(self.year))
        wealth = np.cumprod(1.0 + returns)
        peak = np.maximum.accumulate(np.append(1.0, wealth))[1:]
        later = traded.size - 1
        return Performance(
            mean=float(returns.mean() * self.year),
            growth=float(wealth[-1] ** (self.year / returns.size) - 1.0),
            volatility=volatility,
            sharpe=float(excess.mean() * self.year) / volatility if volatility > 0.0 else None,
            drawdown=float((1.0 - wealth / peak).max()),
            turnover=float(traded[1:].sum() / later * QUARTERS) if later else 0.0,
            in_cash=in_cash,
        )


def backtest(
    returns: Any,
    methods: Iterable[str] | None = None,
    *,
    rate: float = 0.0,
    prices: bool = False,
    window: int = 252,
    every: int = 63,
) -> Backtest:
    """Form portfolios on trailing windows, trade a period later, and hold for a quarter.

    Parameters
    ----------
    returns, rate, prices
        As in `portfolio`.
    methods : iterable of str, optional
        All by default.
    window, every : int
        Periods that a portfolio is formed on, and for which it is held, a quarter of a year.

    Notes
    -----
    Weights from the returns up to the close of a day are traded at the close of the next one, and
    earn from the day after. In between holdings drift. Quarters end with the last return; first
    ones that fill no quarter are left out. Tangency is in cash if no mean is above the rate.

    Raises
    ------
    CaseError, ReturnsError, PortfolioError
        As `portfolio`, or if there are too few returns; the message says which window.
    LawError
        If the rate is not a finite number above -1.
    NotOptimal
        If a residual is above 1e-9.
    """
    data, rate = as_returns(returns, prices=prices), check_rate(rate)
    starts = _starts(len(data.values), window, every)
    names = check_methods(METHODS if methods is None else methods)
    formed: dict[str, list[Array]] = {name: [] for name in names}
    for start in starts:
        moments = _moments(data, slice(start - 1 - window, start - 1), rate)
        for name in names:
            formed[name].append(_weights(moments, name, _span(data, start - 1 - window, start - 2)))
    return Backtest(
        earned={
            name: _held(name, data.values, starts, every, rate, formed[name]) for name in names
        },
        dates=data.dates[starts[0] :],
        window=window,
        every=every,
        rate=rate,
    )


def _starts(periods: int, window: int, every: int) -> list[int]:
    """First period of each quarter, a delay of one after its window."""
    for name, value, least in (("window", window, LEAST_WINDOW), ("every", every, 1)):
        if value < least:
            raise PortfolioError(f"{name} must be at least {least} periods, got {value}")
    quarters = (periods - window - 1) // every
    if quarters < 1:
        raise PortfolioError(
            f"an experiment needs at least {window} + 1 + {every} returns (window, delay, quarter),"
            f" got {periods}"
        )
    return list(range(periods - quarters * every, periods, every))


def _span(data: Returns, first: int, last: int) -> str:
    """The window in words."""
    if data.dates:
        return f"the window from {data.dates[first]} to {data.dates[last]}"
    return f"the window of returns {first + 1} to {last + 1}"


def _moments(data: Returns, window: slice, rate: float) -> Moments:
    """Moments of the returns in a window."""
    values = data.values[window]
    if (still := np.ptp(values, axis=0) <= ROUNDING).any():
        raise PortfolioError(
            f"{data.assets[int(still.argmax())]} must vary, and does not in"
            f" {_span(data, window.start, window.stop - 1)}"
        )
    return moments_of(values, data.assets, rate)


def _weights(moments: Moments, method: str, where: str) -> Array:
    """Weights; zeros, which are cash, if tangency has none."""
    if method == "tangency" and moments.excess(method).max() <= 0.0:
        return np.zeros(moments.sd.size)
    try:
        return best_weights(moments, method)
    except PdesolveError as error:
        raise type(error)(f"{error} (in {where})") from None


def _held(
    name: str, values: Array, starts: list[int], every: int, rate: float, formed: list[Array]
) -> Earned:
    """What weights earn that are bought at the start of each quarter, and drift until its end."""
    returns, traded, held = [], [], formed[0]
    for start, weights in zip(starts, formed, strict=True):
        traded.append(float(np.clip(held - weights, 0.0, None).sum()))
        cash = 1.0 - weights.sum()
        grown = weights * np.cumprod(1.0 + values[start : start + every], axis=0)
        wealth = grown.sum(axis=1) + cash * (1.0 + rate) ** np.arange(1, len(grown) + 1)
        if wealth.min() <= 0.0:
            period = start + int(wealth.argmin()) + 1
            raise PortfolioError(f"{name} loses all that it has in period {period}")
        returns.append(wealth / np.append(1.0, wealth[:-1]) - 1.0)
        held = grown[-1] / wealth[-1]
    return Earned(np.concatenate(returns), np.array(traded), sum(not w.any() for w in formed))
