"""Quotes made up: of a normal law in closed form, of a solved market, and by hand."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from pdesolve.finance.quotes import Quotes
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


def made(
    strikes: ArrayLike,
    call: ArrayLike,
    price: ArrayLike,
    sd: ArrayLike = 1e-3,
    maturity: ArrayLike = np.nan,
    spread: float | None = None,
) -> Quotes:
    """Quotes with these prices; bid and ask are so far to either side."""
    at = np.atleast_1d(np.asarray(strikes, float))
    prices, sds, dates = (
        np.broadcast_to(np.asarray(one, float), at.shape) for one in (price, sd, maturity)
    )
    half = np.nan if spread is None else spread
    return Quotes(
        strike=at,
        maturity=dates,
        call=np.broadcast_to(np.asarray(call, bool), at.shape),
        price=prices,
        sd=sds,
        bid=prices - half,
        ask=prices + half,
        places=tuple(f"quotes[{k}]" for k in range(at.size)),
    )


def bachelier(strikes: Array, mean: float, sd: float) -> Array:
    """What is out of the money, on a payoff that is normal under Q."""
    apart = np.abs(strikes - mean) / sd
    return np.asarray(sd * (norm.pdf(apart) - apart * norm.sf(apart)))


def out_of_the_money(
    solution: Solution, wide: float, count: int, noise: float, maturity: float | None = None
) -> Quotes:
    """A solved market's own prices, so many roots of V around the price, the noise in these."""
    price, sd = solution.initial.price, float(np.sqrt(solution.initial.variance))
    strikes = price + sd * np.linspace(-wide, wide, count)
    found = solution.option_prices(strikes, maturity)
    call = strikes >= price
    prices = np.where(call, found.call.values, found.put.values)
    date = np.nan if maturity is None else maturity
    return made(strikes, call, np.maximum(prices, 0.0), noise * sd, date)
