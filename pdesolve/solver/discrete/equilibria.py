"""All fixed points of attention at a node, and which of them is taken.

In the discrete model more attention need not leave less variance, so more than one A may be a best
response to what it leaves (derivation.md, section 3). Where that is possible at all, judged by
derivatives, the response less A is computed at a grid of A and its changes of sign are counted. The
least fixed point is taken.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.solver.discrete.period import Index, Learned, Period
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class SearchTuning:
    """How further fixed points are looked for.

    Attributes
    ----------
    few : int
        Periods up to which every node is searched; derivatives say little of so long ones.
    steep : float
        Slope of the response as a function of A above which a node is searched. Fixed points are
        several only if it is above 1 somewhere; the derivatives are those of short periods.
    grid : int
        Trial values besides 0, in geometric progression.
    least : float
        The smallest of them over the largest.
    span : float
        The largest over the largest attention at any node.
    points : int
        Variances in the range in question at which the response is computed for its slope.
    halvings : int
        For the fixed points at the initial state.
    tail, wider : float
        Reach and spacing, over the period's, of the quadrature at trial values: signs need less.
    """

    few: int = 4
    steep: float = 0.3
    grid: int = 28
    least: float = 1e-5
    span: float = 4.0
    points: int = 12
    halvings: int = 44
    tail: float = 5.0
    wider: float = 1.4


class Choice(NamedTuple):
    """What is chosen at the nodes of a date.

    Attributes
    ----------
    found : Learned
    rate : array, shape (n,)
        Precision rates A.
    several : array of int, shape (n,)
        Fixed points found there.
    """

    found: Learned
    rate: Array
    several: NDArray[np.intp]


def choose(
    period: Period, guess: Array, periods: int, tuning: SearchTuning = SearchTuning()
) -> Choice:
    """The least fixed point at every node, and how many there are.

    Parameters
    ----------
    period : Period
    guess : array, shape (n,)
        Precision rates to start from.
    periods : int
        Of the whole model.
    tuning : SearchTuning
    """
    every = np.arange(guess.size)
    found, rate = period.choose(every, guess)
    count = np.ones(guess.size, np.intp)
    some = every if periods <= tuning.few else _doubtful(period, found, rate, tuning)
    trials = _trials(period, rate, tuning)
    if not some.size or not trials.size:
        return Choice(found, rate, count)
    more = _more(_rough(period, tuning), some, trials)
    changes = more[:, 1:] != more[:, :-1]
    count[some] = np.maximum(changes.sum(axis=1) + ~more[:, 0], 1)
    first = np.where(more[:, 0], np.argmax(changes, axis=1), 0)
    low = np.where(more[:, 0], trials[first], 0.0)
    high = np.where(more[:, 0], trials[first + 1], 0.0)
    other = (count[some] > 1) & ((rate[some] < low) | (rate[some] > high))
    if other.any():
        low, high, these = low[other], high[other], some[other]
        start = np.where(high > 0.0, 0.5 * (low + high), 0.0)
        now, rate[these] = period.choose(these, start, np.where(high > 0.0, low, -1.0), high)
        for whole, part in zip(found, now, strict=True):
            whole[these] = part
    return Choice(found, rate, count)


def fixed_points(
    period: Period, node: int, rate: Array, tuning: SearchTuning = SearchTuning()
) -> tuple[float, ...]:
    """All precision rates found at a node that are best responses to themselves, in order."""
    trials, one = _trials(period, rate, tuning), np.array([node])
    more = _more(_rough(period, tuning), one, trials)[0]
    at = np.flatnonzero(more[1:] != more[:-1])
    low, high, some = trials[at], trials[at + 1], np.full(at.size, node)
    for _ in range(tuning.halvings if at.size else 0):
        middle = 0.5 * (low + high)
        same = (period.excess(some, middle) > 0.0) == more[at]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    corner = [] if more[0] else [0.0]
    return tuple(corner + (0.5 * (low + high)).tolist())


def _trials(period: Period, rate: Array, tuning: SearchTuning) -> Array:
    """Precision rates to try: 0 and a geometric progression; none if nobody ever attends."""
    top = tuning.span * rate.max()
    if top == 0.0:
        states = period.zeta[:, None], period.psi
        variance = period.static(*states)[2] + period.after(*states)[1]
        top = float(period.economy.respond(variance.max()).precision_rate)
    if top == 0.0:
        return np.empty(0)
    return np.append(0.0, np.geomspace(tuning.least, 1.0, tuning.grid) * top)


def _rough(period: Period, tuning: SearchTuning) -> Period:
    """The period with a quadrature that is good enough for signs."""
    less = replace(period.tuning, tail=tuning.tail)
    return replace(period, step=tuning.wider * period.step, tuning=less)


def _more(period: Period, some: Index, trials: Array) -> NDArray[np.bool_]:
    """Whether the response to each trial value is larger, (nodes, trials); not beyond reach."""
    more = np.zeros((some.size, trials.size), np.bool_)
    for column, trial in zip(more.T, trials, strict=True):
        a = np.full(some.size, trial)
        fits = period.within_reach(some, a)
        if fits.any():
            column[fits] = period.excess(some[fits], a[fits]) > 0.0
    return more


def _doubtful(period: Period, found: Learned, rate: Array, tuning: SearchTuning) -> Index:
    """Nodes where the response as a function of A could rise by as much as A itself.

    By Ito's formula a short period takes E^Q[V'] through alpha + beta A per unit of A, times its
    length; next to the payoff alpha is k4/2 - (V^s)^2 and beta -2 (V^s/(rho sigma))^2.
    """
    alpha, beta = _slopes(period)
    top = np.maximum(alpha, alpha + 2.0 * beta * rate) * period.length
    some = np.flatnonzero(top > 0.0)
    if not some.size:
        return some
    alpha, beta, rate, top = alpha[some], beta[some], rate[some], top[some]
    now = found.later[some]
    none = now - period.length * (alpha + 0.5 * beta * rate) * rate
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = np.where(beta < 0.0, -0.5 * np.maximum(alpha, 0.0) ** 2 / beta, np.inf)
    low = 0.9 * np.clip(none, 0.5 * now, now)
    high = 1.1 * np.minimum(np.maximum(none + period.length * rise, now), 2.0 * now)
    share = np.linspace(0.0, 1.0, tuning.points)
    variance = low[:, None] + (high - low)[:, None] * share
    response = period.economy.respond(variance).precision_rate
    with np.errstate(divide="ignore", invalid="ignore"):
        steepest = np.max(np.diff(response) / np.diff(variance), axis=1)
    return np.asarray(some[top * steepest > tuning.steep])


def _slopes(period: Period) -> tuple[Array, Array]:
    """Alpha and beta at the nodes, by differences as wide as the supply shocks of a period."""
    h = period.rho_sigma * np.sqrt(3.0 * period.length)
    line, ahead = period.zeta[:, None] + h * np.array([-1.0, 0.0, 1.0]), period.psi + h**2
    (phi, mean, variance), (q, v, log_value) = (
        of(line, period.psi) for of in (period.static, period.after)
    )
    variance, log_value = variance + v, phi + log_value
    price = (mean + q)[:, 1]
    next_line = period.static(line[:, 1:2], ahead)[2] + period.after(line[:, 1:2], ahead)[1]
    by_psi = (next_line[:, 0] - variance[:, 1]) / h**2
    first, log_first = ((x[:, 2] - x[:, 0]) / (2.0 * h) for x in (variance, log_value))
    second = (variance[:, 2] - 2.0 * variance[:, 1] + variance[:, 0]) / h**2
    alpha = by_psi + second + (2.0 * log_first - price) * first
    beta = 2.0 / period.rho_sigma**2 * (by_psi + 0.5 * second + log_first * first)
    return alpha, beta
