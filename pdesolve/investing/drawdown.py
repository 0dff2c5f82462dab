"""How far wealth ever falls (derivation.md, section 15).

Wealth is in units of the riskless account. Where returns are small its log is a Brownian motion: at
the share c of the growth-optimal fraction with drift c - c²/2 and volatility c, if a unit of time
is (sigma/mu)² periods, in which log wealth grows by ½ at c = 1. The chance of ever falling to a
level is found three ways: in closed form, from its differential equation
(:mod:`.drawdown_equation`), and by simulation.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr, logsumexp

from pdesolve.investing.law import FAIR, Law, LawError
from pdesolve.typing import Array

NEGLIGIBLE = 36.0  # exp(-36) is what ending the axis, or a path, may cost
RTOL = 4 * np.finfo(float).eps
LEAST = 1e-9  # exponent that is told from 0
FAINT = 1e-250  # weight of a node beyond which there are too few others
LARGE = 30.0  # powers of wealth that are exp(30) or exp(-30) are added up by their logs


def drift_and_volatility(share: float) -> tuple[float, float]:
    """Of log wealth per unit of time, at that share of the growth-optimal fraction."""
    return share - 0.5 * share**2, share


def ever_below(level: float, share: float = 1.0) -> float:
    """The chance that wealth ever falls to that share of itself: level^(2/c - 1), 1 from c = 2 on.

    Parameters
    ----------
    level : float
        > 0 and < 1.
    share : float
        c > 0, of the growth-optimal fraction.
    """
    check_drawdown(level, share)
    return float(level ** max(2.0 / share - 1.0, 0.0))


def below_within(level: float, share: float, horizon: float) -> float:
    """The chance that wealth falls to that share of itself within so many units of time."""
    check_drawdown(level, share, horizon)
    drift, volatility = drift_and_volatility(share)
    far, spread = -np.log(level), volatility * np.sqrt(horizon)
    ends = log_ndtr((-far + np.array([-1.0, 1.0]) * drift * horizon) / spread)
    return float(np.exp(ends[0]) + np.exp(ends[1] - 2.0 * drift * far / volatility**2))


def share_for_drawdown(level: float, chance: float) -> float:
    """The largest share of the growth-optimal fraction with a chance at most that of ever falling.

    Parameters
    ----------
    level, chance : float
        > 0 and < 1: wealth falls to `level` of itself with at most this chance.
    """
    return 2.0 / (1.0 + _exponent(level, chance))


# ---------------------------------------------------------------------- by simulation


class Estimate(NamedTuple):
    """A simulated chance and its standard error."""

    chance: float
    standard_error: float


def simulate_below(
    level: float, share: float, horizon: float = np.inf, *, paths: int = 20_000, seed: int = 0
) -> Estimate:
    """Simulate log wealth, and between its dates the chance that it has been at the level.

    That chance is known whatever the length of a step (a Brownian bridge), so steps cost no
    accuracy. Without a horizon paths end where a return to the level has become impossible.
    """
    check_drawdown(level, share, horizon)
    drift, volatility = drift_and_volatility(share)
    if np.isinf(horizon) and drift <= 0.0:
        raise LawError(f"from a share of 2 on every level is reached, got {share:g}")
    span = min(horizon, 2.0 * NEGLIGIBLE * (volatility / drift) ** 2 if drift > 0.0 else horizon)
    steps = int(np.ceil(span))
    step, rng = span / steps, np.random.default_rng(seed)
    above, safe = np.full(paths, -np.log(level)), np.ones(paths)
    for _ in range(steps):
        moved = above + drift * step + volatility * np.sqrt(step) * rng.standard_normal(paths)
        touched = np.exp(-2.0 * np.maximum(above * moved, 0.0) / (volatility**2 * step))
        safe *= np.where(moved > 0.0, 1.0 - touched, 0.0)
        above = moved
    return Estimate(float(1.0 - safe.mean()), float(safe.std(ddof=1) / np.sqrt(paths)))


def lowest_wealth(
    excess: Law, fraction: float, periods: int, *, paths: int = 10_000, seed: int = 0
) -> Array:
    """The lowest wealth of simulated paths that bet a fraction each period, shape (paths,)."""
    rng = np.random.default_rng(seed)
    log_wealth = excess.log_wealth(fraction)
    level, lowest = np.zeros(paths), np.zeros(paths)
    for _ in range(periods):
        level = level + log_wealth[rng.choice(log_wealth.size, size=paths, p=excess.weights)]
        lowest = np.minimum(lowest, level)
    return np.exp(lowest)


# ---------------------------------------------------------------------- of any law


def drawdown_exponent(excess: Law, fraction: float) -> float:
    """The s > 0 with E (1 + f X)^-s = 1: the chance of ever falling to y is below y^s.

    The bound is Busseti, Ryu and Boyd's (2016), and the chance is asymptotically proportional to
    it; in the limit of small returns s = 2/c - 1 and the two are equal.

    Parameters
    ----------
    excess : Law
        Of returns relative to the riskless one.
    fraction : float

    Returns
    -------
    float
        0 where wealth does not grow (or s is below 1e-9), infinite where nothing can be lost, NaN
        where it is decided farther out than a quadrature reaches.
    """
    if fraction == 0.0:
        return np.inf
    if not (excess.growth(fraction) > 0.0 and _log_moment(excess, fraction, LEAST) < 0.0):
        return 0.0
    if np.min(excess.wealth(fraction)) >= 1.0:
        return np.inf
    top = 1.0
    while _log_moment(excess, fraction, top) <= 0.0:
        top *= 2.0
    root: float = brentq(
        lambda s: _log_moment(excess, fraction, s) / s, LEAST, top, xtol=1e-300, rtol=RTOL
    )
    powers = np.log(excess.weights) - root * excess.log_wealth(fraction)
    decided = excess.weights[np.argmax(powers)]
    return root if excess.atoms or decided > FAINT else np.nan


def fraction_for_drawdown(excess: Law, level: float, chance: float) -> float:
    """The largest fraction, in size, for which the bound keeps P(wealth is ever below) in check.

    It may be larger than the growth-optimal one, which then needs no restraint.

    Parameters
    ----------
    excess : Law
        Of returns relative to the riskless one.
    level, chance : float
        > 0 and < 1: wealth is ever below `level` of itself with less than this chance.
    """
    exponent = _exponent(level, chance)
    if excess.mean < 0.0:
        return 0.0 - fraction_for_drawdown(excess.mirrored(), level, chance)
    end = excess.ruin[1]
    if end == 0.0 or excess.mean <= FAIR * excess.sd:
        return 0.0
    if np.isinf(end):
        return np.inf

    def moment(fraction: float) -> float:
        return _log_moment(excess, fraction, exponent)

    last = float(np.nextafter(end, 0.0)) if excess.atoms else end
    if moment(last) <= 0.0:
        return last
    low = 0.5 * end
    while moment(low) > 0.0:
        low *= 0.5
    root: float = brentq(moment, low, last, xtol=1e-300, rtol=RTOL, maxiter=1000)
    return root


def _log_moment(excess: Law, fraction: float, exponent: float) -> float:
    """Log E (1 + f X)^-s."""
    powers = -exponent * excess.log_wealth(fraction)
    if np.max(np.abs(powers)) > LARGE:
        return float(logsumexp(powers, b=excess.weights))
    return float(np.log1p(excess.weights @ np.expm1(powers)))


def _exponent(level: float, chance: float) -> float:
    """The s for which level^s is the chance."""
    for name, value in (("level", level), ("chance", chance)):
        if not 0.0 < value < 1.0:
            raise LawError(f"a drawdown's {name} must be > 0 and < 1, got {value:g}")
    return float(np.log(chance) / np.log(level))


def check_drawdown(level: float, share: float, horizon: float = 1.0) -> None:
    """LawError unless these make sense."""
    if not 0.0 < level < 1.0:
        raise LawError(f"a drawdown's level must be > 0 and < 1, got {level:g}")
    if not 0.0 < share < np.inf:
        raise LawError(f"the share of the growth-optimal fraction must be > 0, got {share:g}")
    if not horizon > 0.0:
        raise LawError(f"the horizon must be > 0, got {horizon:g}")
