"""Trading dates of simulated paths."""

from typing import NamedTuple

import numpy as np

from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import spans
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


class Stretch(NamedTuple):
    """Trading dates from one announcement to the next, an even number of steps, and its precision.

    The last of them is just before the announcement; at the horizon there is none.
    """

    times: Array
    precision: float


def stretches(solution: Solution, steps: int, parts: int = 1) -> list[Stretch]:
    """About so many steps, cut at the announcements, each of which is met exactly.

    At least two between announcements; each in so many parts.
    """
    t, clock = _clock(solution)
    found = []
    for span in spans(solution.case.market):
        low, high = (float(np.interp(end, t, clock)) for end in (span.start, span.end))
        count = 2 * max(1, round(0.5 * steps * (high - low) / clock[-1]))
        times = np.interp(np.linspace(low, high, parts * count + 1), clock, t)
        times[0], times[-1] = span.start, just_before(span.end) if span.precision else span.end
        found.append(Stretch(times, span.precision))
    return found


def halved(cut: list[Stretch]) -> list[Stretch]:
    """Every second date left out."""
    return [Stretch(one.times[::2], one.precision) for one in cut]


def dates_of(cut: list[Stretch]) -> Array:
    """All dates, with both states of every announcement."""
    return np.concatenate([one.times for one in cut])


def trading_dates(solution: Solution, steps: int) -> Array:
    """Trading dates, shape (steps + 1,), closer together early on, while learning is fastest."""
    t, clock = _clock(solution)
    return np.interp(np.linspace(0.0, clock[-1], steps + 1), clock, t)


def efolds(solution: Solution) -> float:
    """E-folds by which what is known of the payoff grows until T, at today's attention."""
    return float(_learned(solution, np.array([solution.economy.horizon]))[0])


def _clock(solution: Solution) -> tuple[Array, Array]:
    """Times, and a clock that runs faster early on."""
    horizon = solution.economy.horizon
    t = horizon * np.append(0.0, np.geomspace(1e-9, 1.0, 1000))
    learned = _learned(solution, t)
    return t, t / horizon + learned / max(learned[-1], 1e-300)


def _learned(solution: Solution, t: Array) -> Array:
    economy = solution.economy
    rate = economy.respond(np.array([solution.initial.variance])).precision_rate
    return np.log1p(float(economy.motion(rate).psi_dot[0]) * solution.prior.variance * t)
