"""What a solved market is expected to do by date, each number with an error bar (section 11).

Everything is a moment of the law of the states (:mod:`.law`), given each of a few payoffs that
stand for the prior, averaged over them. Errors are measured: that of the grid by a march on a
coarser one; that of the steps, there, by one with two for each, which corrects the moments; that of
the few payoffs by how fast moments fall as polynomials of the payoff; and what the solution leaves
by its own error bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from pdesolve.case import Market
from pdesolve.finance.asked import check_expectations
from pdesolve.finance.doubts import Payoffs, doubt, settled, unsettled
from pdesolve.finance.law import Clock, Law, expect, laws, squared_moves
from pdesolve.finance.marches import Marches, MarchTuning
from pdesolve.finance.nodes import at_nodes, finer
from pdesolve.finance.quantities import EXPECTED, FUNCTIONS, Facts, Moments, table
from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import labels
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, kw_only=True)
class ExpectationTuning:
    """How expectations are found, and how far their errors are trusted.

    Attributes
    ----------
    dates : int
        Intervals between the dates that are shown, where none are given.
    near : int
        Steps either way whose errors a date is taken to have: one that changes sign may be small
        just there.
    payoffs : tuple of int
        Payoffs that stand for the prior, at first and if these are too few.
    marches : MarchTuning
        Its coarse grid is nearer to the solution's than elsewhere: the change from half the nodes
        is ten to a hundred times what is left, from 0.7 of them four to thirty times.
    """

    dates: int = 50
    near: int = 2
    payoffs: tuple[int, ...] = (8, 16, 32)
    marches: MarchTuning = MarchTuning(coarse=0.7)


def expectations(
    solution: Solution,
    measure: str = "physical",
    given: float | None = None,
    dates: ArrayLike | None = None,
    tuning: ExpectationTuning = ExpectationTuning(),
) -> "xarray.Dataset":
    """What is expected at t = 0 of the market at later dates (derivation.md, section 11).

    Parameters
    ----------
    solution : Solution
    measure : {"physical", "risk-neutral"}
        With the prior's or the market's probabilities.
    given : float, optional
        Payoff, money, that comes true: under the physical measure only.
    dates : array_like, optional
        Between 0 and the horizon; the default is 51 of them.
    tuning : ExpectationTuning

    Returns
    -------
    xarray.Dataset
        Over `t`: every name in `EXPECTED`, with its unit, and NAME_error, its estimated absolute
        error.

    Raises
    ------
    ExpectationError
        If a date, the measure or the payoff is not possible.
    """
    check_expectations(solution.economy, measure, given, dates)
    if dates is None:
        dates = np.linspace(0.0, solution.economy.horizon, tuning.dates + 1).tolist()
    t = np.unique(np.asarray(dates, float))
    marches = Marches.of(solution, tuning.marches)
    every = np.union1d(t, marches.fine.times)
    for count in tuning.payoffs:
        payoffs = _payoffs(solution, measure, given, count)
        best = _moments(marches.fine, solution, payoffs, every)
        left = {name: unsettled(one, payoffs) for name, one in best.items()}
        if settled(solution, left):
            break
    facts = _facts(solution, measure, given)
    others = [_moments(one, solution, payoffs, every) for one in (marches.coarse, marches.short)]
    fine, coarse, short = (_average(run, payoffs) for run in (best, *others))
    right = {name: marches.measured(fine[name], coarse[name], short[name]).value for name in fine}
    rows, by_grid, by_steps = (table(one, facts) for one in (right, coarse, fine))
    unsure = doubt(solution, right, facts, left, every)
    near = _near(every, marches.fine.times, tuning.near)
    shown, errors = np.searchsorted(every, t), {}
    for name, row in rows.items():
        grid = marches.grid_share * np.abs(by_steps[name] - by_grid[name])
        steps = tuning.marches.steps * np.abs(row - by_steps[name])
        errors[name] = np.max(near * (grid + steps + unsure[name]), axis=1)[shown]
    rows = {name: row[shown] for name, row in rows.items()}
    return _dataset(solution, t, rows, errors, measure, given)


def _payoffs(solution: Solution, measure: str, given: float | None, count: int) -> Payoffs:
    if given is not None or measure != "physical":
        return Payoffs((given,), np.ones(1), True)
    values, probabilities = solution.prior.gauss(count)
    return Payoffs(tuple(map(float, values)), probabilities, values.size < count)


def _facts(solution: Solution, measure: str, given: float | None) -> Facts:
    prior, initial = solution.prior, solution.initial
    mean, variance = prior.mean, prior.variance
    if given is not None:
        mean, variance = given, 0.0
    elif measure != "physical":
        mean, variance = initial.price, initial.variance
    return Facts(
        market=solution.case.market,
        price=initial.price,
        payoff=mean,
        payoff_variance=variance,
        given=given is not None,
        neutral=measure != "physical",
    )


# ---------------------------------------------------------------------- moments


def _moments(clock: Clock, solution: Solution, payoffs: Payoffs, t: Array) -> dict[str, Array]:
    """Moments by name, shape (payoffs, dates), given each payoff."""
    market, price, centre = solution.case.market, solution.initial.price, solution.prior.centre
    found = laws(clock, [None if x is None else x - centre for x in payoffs.values])
    every = np.union1d(t, finer(clock.times))  # attention, added up, may fall fast early on
    begun = every > 0.0
    at = (at_nodes(clock.solution, float(now)) for now in every)
    functions = (np.stack([f(one, price, market) for f in FUNCTIONS.values()], -1) for one in at)
    known = [expect(found, float(now), f) for now, f in zip(every, functions, strict=True)]
    moments = dict(zip(FUNCTIONS, np.transpose(known, (2, 1, 0)), strict=True))
    moments["learned"] = _added(every, moments["precision_rate"], market)
    for name in ("price", "square"):  # it is p0 to begin with
        moments[name] = np.where(begun, moments[name], 0.0)
    moments["jump"] = _jumps(found, every)
    asked = np.searchsorted(every, t)
    moments = {name: one[:, asked] for name, one in moments.items()}
    x = np.array([np.nan if one is None else one - price for one in payoffs.values])
    neutral = payoffs.values[0] is None  # then the price is the expected payoff
    product = moments["square"] if neutral else x[:, None] * moments["price"]
    return {**moments, "product": product}


def _jumps(found: Sequence[Law], every: Array) -> Array:
    """Expected squares of the price's jumps, (payoffs, dates): none but at announcements."""
    clock, squares = found[0].clock, np.zeros((len(found), every.size))
    for one in clock.solution.case.market.announcements:
        states = (at_nodes(clock.solution, t) for t in (just_before(one.time), one.time))
        prices = (at.price - clock.solution.initial.price for at in states)
        squares[:, np.searchsorted(every, one.time)] = squared_moves(found, one.time, *prices)
    return squares


def _added(times: Array, rate: Array, market: Market) -> Array:
    """Integral over time from 0 to each of the dates, (payoffs, dates); rates jump on some."""
    parts, total = [], np.zeros((len(rate), 1))
    cuts = pieces(times, market)
    for t, r in zip(cuts, np.split(rate, np.cumsum([c.size for c in cuts])[:-1], 1), strict=True):
        parts.append(total + CubicSpline(t, r, axis=1).antiderivative()(t))
        total = parts[-1][:, -1:]
    return np.concatenate(parts, axis=1)


def _average(moments: Moments, payoffs: Payoffs) -> dict[str, Array]:
    return {name: payoffs.probabilities @ one for name, one in moments.items()}


# ---------------------------------------------------------------------- errors


def _near(every: Array, times: Array, steps: int) -> Array:
    """Which dates are within so many steps of each, shape (dates, dates)."""
    place = np.interp(every, times, np.arange(times.size))
    return np.asarray(np.abs(place[:, None] - place) <= steps)


def _dataset(
    solution: Solution,
    t: Array,
    rows: dict[str, Array],
    errors: dict[str, Array],
    measure: str,
    given: float | None,
) -> "xarray.Dataset":
    import xarray

    variables: dict[str, Any] = {}
    for name, row in EXPECTED.items():
        about = row.attributes
        long_name = f"estimated absolute error of {row.long_name}"
        variables[name] = ("t", rows[name], about)
        variables[f"{name}_error"] = ("t", errors[name], {**about, "long_name": long_name})
    attributes: dict[str, Any] = {"case_name": solution.case.name, "measure": measure}
    if given is not None:
        attributes["given"] = given
    return xarray.Dataset(variables, {"t": ("t", t, labels("t"))}, attrs=attributes)
