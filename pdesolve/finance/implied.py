"""Volatilities that option prices imply: the normal one (Bachelier's) and Black's.

Both are roots in the logarithm of the price of what is out of the money. That is written by Mills'
ratio R(d) = (1 - Phi(d))/phi(d), a scaled complementary error function, so that it can be had where
the price itself is lost.
"""

import numpy as np
from scipy.optimize.elementwise import find_root
from scipy.special import erfcx

from pdesolve.typing import Array

MARGIN = 10.0  # standard deviations beyond which no bracket has to begin
WIDEST = 40.0  # Black's volatility times the root of time, at most
FAR = 1e3  # standard deviations beyond which Mills' ratio is expanded


def normal_volatility(price: Array, forward: float, strike: Array, time: float) -> Array:
    """Bachelier's volatility, money per root of time.

    Parameters
    ----------
    price : array
        Of the option that is out of the money, undiscounted: a call at strikes from the forward on,
        a put below.
    forward : float
    strike : array
        Shaped like `price`.
    time : float
        To maturity.

    Returns
    -------
    array
        NaN where there is none: the price is not positive.
    """
    apart = np.abs(strike - forward)
    good = price > 0.0
    out = np.where(good, price, 1.0)

    def excess(log_sd: Array, apart: Array, log_out: Array) -> Array:
        return log_sd + _log_loss(apart * np.exp(-log_sd)) - log_out

    low = _low(out, apart, apart)
    high = np.log(np.sqrt(2.0 * np.pi) * (out + apart)) + 1e-6
    found = find_root(excess, (low, high), args=(apart, np.log(out)))
    return np.where(good & found.success, np.exp(found.x), np.nan) / np.sqrt(time)


def black_volatility(price: Array, forward: float, strike: Array, time: float) -> Array:
    """Black's volatility, per root of time; arguments as in `normal_volatility`.

    Returns
    -------
    array
        NaN where there is none: forward, strike or price are not positive, or the price is not
        below the lesser of forward and strike.
    """
    unit = np.minimum(forward, strike)
    good = (unit > 0.0) & (price > 0.0) & (price < unit)
    out = np.where(good, price / np.where(good, unit, 1.0), 0.5)
    apart = np.abs(np.log(np.where(good, strike / forward, 1.0)))

    def excess(log_sd: Array, apart: Array, log_out: Array) -> Array:
        sd = np.exp(log_sd)
        above, below = apart / sd + 0.5 * sd, apart / sd - 0.5 * sd
        log_density = -0.5 * below**2 - 0.5 * np.log(2.0 * np.pi)
        apart_by = np.maximum(_mills(below) - _mills(above), np.finfo(float).tiny)
        return log_density + np.log(apart_by) - log_out

    low = _low(out, apart, np.ones_like(apart))
    found = find_root(excess, (low, np.full_like(low, np.log(WIDEST))), args=(apart, np.log(out)))
    return np.where(good & found.success, np.exp(found.x), np.nan) / np.sqrt(time)


def _low(out: Array, apart: Array, unit: Array) -> Array:
    """Log of an sd at which what is so far out of the money is worth less, in that unit."""
    some = apart > 0.0
    far = np.sqrt(2.0 * np.maximum(np.log(np.where(some, unit, 1.0)) - np.log(out), 0.0)) + MARGIN
    return np.log(np.where(some, apart / far, out))


def _mills(d: Array) -> Array:
    return np.sqrt(0.5 * np.pi) * erfcx(d / np.sqrt(2.0))


def _log_loss(d: Array) -> Array:
    """Log of phi(d) - d (1 - Phi(d)), for d >= 0."""
    near, far = np.minimum(d, FAR), np.maximum(d, FAR)
    share = np.where(d < FAR, np.log1p(-near * _mills(near)), -2.0 * np.log(far) - 3.0 / far**2)
    return -0.5 * d**2 - 0.5 * np.log(2.0 * np.pi) + share
