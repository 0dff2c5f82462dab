"""Quotes of options, and what a solved market says of them.

They are read in :mod:`.quote_files`; what they say of each other is in :mod:`.arbitrage`.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pdesolve.case.sources import CaseError
from pdesolve.finance.claims import ClaimTuning
from pdesolve.finance.marches import Measured
from pdesolve.finance.priced import Books
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

KINDS = ("call", "put")
TUNING = ClaimTuning()


@dataclass(frozen=True, kw_only=True, eq=False)
class Quotes:
    """Prices of European options at t = 0, one each, undiscounted.

    Attributes
    ----------
    strike : array, shape (n,)
        Money.
    maturity : array
        Date, NaN for the horizon: options on the payoff there, before it on the price.
    call : array of bool
        Whether it is a call, not a put.
    price, sd : array
        Money: the price, and its standard error. Where a bid and an ask are given the price is
        their mean, unless it is given too, and the sd how far from it the worse of them is: no law
        between bid and ask has a larger one.
    bid, ask : array
        NaN where there are none.
    places : tuple of str
        Where each was read.
    """

    strike: Array
    maturity: Array
    call: NDArray[np.bool_]
    price: Array
    sd: Array
    bid: Array
    ask: Array
    places: tuple[str, ...]

    def __len__(self) -> int:
        """How many there are."""
        return int(self.strike.size)

    def only(self, which: NDArray[np.bool_]) -> "Quotes":
        """Some of them."""
        kept = {
            one.name: getattr(self, one.name)[which] for one in fields(self) if one.name != "places"
        }
        return Quotes(**kept, places=tuple(np.array(self.places, object)[which]))


def dates(quotes: Quotes, horizon: float) -> Array:
    """The date at which each quote matures.

    Raises
    ------
    CaseError
        If that is after the horizon.
    """
    late = np.flatnonzero(quotes.maturity > horizon)
    if late.size:
        rule = f"maturity must be up to the horizon, {horizon:g}"
        got = f"got {quotes.maturity[late[0]]:g}"
        raise CaseError(f"{quotes.places[late[0]]}: {rule}, {got}")
    return np.where(np.isnan(quotes.maturity), horizon, quotes.maturity)


def model_prices(solution: Solution, quotes: Quotes) -> Measured:
    """What a solved market says that each is worth, with the error of that.

    Raises
    ------
    CaseError
        If a maturity is after the horizon.
    """
    maturities = dates(quotes, solution.economy.horizon)
    value, error = np.empty(len(quotes)), np.empty(len(quotes))
    every = np.unique(maturities).tolist()
    by_date = Books.by_date(solution, every, TUNING.marches)
    for date, books in zip(every, by_date, strict=True):
        here = maturities == date
        strikes, place = np.unique(quotes.strike[here], return_inverse=True)
        call, at = quotes.call[here], place.ravel()
        calls, puts = books.options(strikes, TUNING.near)
        value[here] = np.where(call, calls.value[at], puts.value[at])
        error[here] = np.where(call, calls.error[at], puts.error[at])
    return Measured(value, error)
