"""Trading dates, and what is announced on them."""

import numpy as np

from pdesolve.case import Market
from pdesolve.solver.discrete.period import DiscreteError
from pdesolve.typing import Array

NEAR = 1e-9  # of a period: an announcement so close to a date is on it


class NoDate(DiscreteError):
    """An announcement between trading dates; other periods would help, more of them need not."""


def told(market: Market, periods: int) -> Array:
    """Precision of what is announced on each date, before trade there, shape (periods,).

    Raises
    ------
    NoDate
        If an announcement is not on a trading date.
    """
    found = np.zeros(periods)
    for one in market.announcements:
        place = one.time / market.horizon * periods
        date = round(place)
        if not (abs(place - date) <= NEAR and 0 < date < periods):
            raise NoDate(
                f"the announcement at {one.time:g} is on none of the trading dates, which are"
                f" {market.horizon / periods:g} apart"
            )
        found[date] += one.precision
    return found
