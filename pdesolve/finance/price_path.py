"""The path along which the price does not change, and the states worth showing beside it."""

from dataclasses import dataclass

import numpy as np

from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class WindowTuning:
    """Which states are worth showing: where the price makes nearly all of its moves.

    Set by eye on the pages of the named cases.

    Attributes
    ----------
    prices : (float, float)
        Static prices at the window's ends, as shares of the payoff's range.
    quiet : float
        Share of the largest static variance at which the window may end earlier.
    """

    prices: tuple[float, float] = (0.02, 0.98)
    quiet: float = 0.03


@dataclass(frozen=True, kw_only=True)
class TypicalPath:
    """States at which the price equals its initial value, as evidence accumulates.

    Attributes
    ----------
    t, xi, psi : array, shape (n,)
        Time, and the states there, 1/money and 1/money².
    """

    t: Array
    xi: Array
    psi: Array


def typical_path(solution: Solution, count: int = 41) -> TypicalPath:
    """Path from the initial state along which the price does not change (`Solution.along`).

    Parameters
    ----------
    solution : Solution
    count : int
        Times from 0 to the horizon, at least 2.

    Returns
    -------
    TypicalPath
        With psi = 0 throughout for two payoffs, where xi less the middle payoff times psi counts.
    """
    t = np.linspace(0.0, solution.economy.horizon, count)
    xi, psi = solution.along(t)
    if solution.prior.is_two_point:
        xi, psi = xi - solution.prior.centre * psi, np.zeros(count)
    return TypicalPath(t=t, xi=xi, psi=psi)


def window(solution: Solution, psi: float, tuning: WindowTuning = WindowTuning()) -> Array:
    """Values of xi over which the static price moves at psi; at psi = 0 also the start's."""
    prior = solution.prior
    centre, start = prior.centre, float(solution.initial.static_price)
    if np.isfinite(prior.low) and np.isfinite(prior.high):
        low, high = (prior.low + share * (prior.high - prior.low) for share in tuning.prices)
        low, high = min(low, 0.5 * (prior.low + start)), max(high, 0.5 * (prior.high + start))
    else:
        low, high = (prior.mean + sign * 2.5 * prior.sd for sign in (-1, 1))
        low, high = min(low, start - 0.5 * prior.sd), max(high, start + 0.5 * prior.sd)
    scale = (1.0 / prior.sd + psi * prior.sd) * 1e-2
    zeta = scale * np.sinh(np.linspace(-12.0, 12.0, 301))
    static = prior.cumulants(zeta, np.full_like(zeta, psi))
    ends = np.interp([low, high], static.mean + centre, zeta)
    lively = zeta[static.variance > tuning.quiet * static.variance.max()]
    ends = np.clip(ends, lively[0], lively[-1]) + centre * psi
    return _with_start(solution, ends) if psi == 0.0 else np.linspace(ends[0], ends[1], 101)


def _with_start(solution: Solution, ends: Array) -> Array:
    """Values of xi between the ends, and around the initial state, that the solution covers."""
    start, margin = solution.economy.start, 0.1 * (ends[1] - ends[0])
    line = np.linspace(min(ends[0], start - margin), max(ends[1], start + margin), 101)
    known = line[np.isfinite(solution.price(line))]
    return np.linspace(known[0], known[-1], 101)
