"""What a solved market is expected to do by date, each number with an error bar (section 11).

Everything is a moment of the law of the states (:mod:`.law`), given each of a few payoffs that
stand for the prior, averaged over them. Errors are measured: that of the grid by a march on a
coarser one; that of the steps, there, by one with two for each, which corrects the moments; that of
the few payoffs by how fast moments fall as polynomials of the payoff; and what the solution leaves
by its own error bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
from scipy.interpolate import CubicSpline

from pdesolve.case import Market
from pdesolve.case.errors import PdesolveError
from pdesolve.finance.law import Clock, expect, laws
from pdesolve.finance.marches import Marches, MarchTuning
from pdesolve.finance.nodes import at_nodes
from pdesolve.finance.quantities import EXPECTED, FUNCTIONS, Facts, Moments, table
from pdesolve.numerics.gauss import orthonormal
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.pde.domain import DomainTuning
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import labels
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

Measure = Literal["physical", "risk-neutral"]
MEASURES = get_args(Measure)


class ExpectationError(PdesolveError, ValueError):
    """Something that cannot be asked of a solution, in one sentence."""


@dataclass(frozen=True, kw_only=True)
class ExpectationTuning:
    """How expectations are found, and how far their errors are trusted.

    Attributes
    ----------
    dates : int
        Intervals between the dates that are shown, where none are given.
    payoffs : tuple of int
        Payoffs that stand for the prior, at first and if these are too few.
    marches : MarchTuning
    """

    dates: int = 50
    payoffs: tuple[int, ...] = (10, 20, 32)
    marches: MarchTuning = MarchTuning()


class _Payoffs(NamedTuple):
    """Payoffs, money, with their probabilities; a single None under Q. Whether they are all."""

    values: tuple[float | None, ...]
    probabilities: Array
    all_there_are: bool


def expectations(
    solution: Solution,
    measure: str = "physical",
    given: float | None = None,
    dates: Sequence[float] | None = None,
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
    dates : sequence of float, optional
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
    t = _dates(solution, dates, tuning)
    _check(solution, measure, given)
    marches = Marches.of(solution, tuning.marches)
    for count in tuning.payoffs:
        payoffs = _payoffs(solution, measure, given, count)
        best = _moments(marches.fine, solution, payoffs, t)
        left = {name: _unsettled(one, payoffs) for name, one in best.items()}
        if _settled(solution, left):
            break
    facts = _facts(solution, measure, given)
    others = [_moments(one, solution, payoffs, t) for one in (marches.coarse, marches.short)]
    fine, coarse, short = (_average(run, payoffs) for run in (best, *others))
    right = {name: marches.measured(fine[name], coarse[name], short[name]).value for name in fine}
    rows, by_grid, by_steps = (table(one, facts) for one in (right, coarse, fine))
    doubt = _doubt(solution, right, facts, left, t)
    errors = {
        name: marches.grid_share * np.abs(by_steps[name] - by_grid[name])
        + tuning.marches.steps * np.abs(rows[name] - by_steps[name])
        + doubt[name]
        for name in EXPECTED
    }
    return _dataset(solution, t, rows, errors, measure, given)


# ---------------------------------------------------------------------- what is asked


def _dates(solution: Solution, dates: Sequence[float] | None, tuning: ExpectationTuning) -> Array:
    horizon = solution.economy.horizon
    if dates is None:
        return np.linspace(0.0, horizon, tuning.dates + 1)
    t = np.unique(np.asarray(dates, float))
    wrong = [float(one) for one in np.ravel(dates) if not 0.0 <= one <= horizon]
    if wrong or not t.size:
        got = f"got {wrong[0]:g}" if wrong else "got none"
        raise ExpectationError(f"dates must lie between 0 and the horizon, {horizon:g}; {got}")
    return t


def _check(solution: Solution, measure: str, given: float | None) -> None:
    """Refuse what cannot be asked."""
    if measure not in MEASURES:
        names = " or ".join(repr(name) for name in MEASURES)
        raise ExpectationError(f"measure must be {names}, got {measure!r}")
    if given is None:
        return
    if measure != "physical":
        raise ExpectationError("a payoff can be given under the physical measure only")
    prior = solution.prior
    if not np.isfinite(given) or not prior.possible(given):
        low, high = prior.low, prior.high
        rule = f"one of the payoffs, from {low:g} to {high:g}" if np.isfinite(low) else "a number"
        raise ExpectationError(f"the payoff that is given must be {rule}; got {given:g}")
    low, high = (prior.centre + end for end in prior.span([0.0], DomainTuning().reach))
    if not low <= given <= high:
        raise ExpectationError(
            f"the payoff that is given must be one that the states on the grid can lead to, from"
            f" {low:g} to {high:g}; got {given:g}"
        )


def _payoffs(solution: Solution, measure: str, given: float | None, count: int) -> _Payoffs:
    if given is not None or measure != "physical":
        return _Payoffs((given,), np.ones(1), True)
    values, probabilities = solution.prior.gauss(count)
    return _Payoffs(tuple(map(float, values)), probabilities, values.size < count)


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
    )


# ---------------------------------------------------------------------- moments


def _moments(clock: Clock, solution: Solution, payoffs: _Payoffs, t: Array) -> dict[str, Array]:
    """Moments by name, shape (payoffs, dates), given each payoff."""
    market, price, centre = solution.case.market, solution.initial.price, solution.prior.centre
    found = laws(clock, [None if x is None else x - centre for x in payoffs.values])
    every = np.union1d(t, clock.times)
    at = (at_nodes(clock.solution, float(now)) for now in every)
    functions = (np.stack([f(one, price, market) for f in FUNCTIONS.values()], -1) for one in at)
    known = [expect(found, float(now), f) for now, f in zip(every, functions, strict=True)]
    moments = dict(zip(FUNCTIONS, np.transpose(known, (2, 1, 0)), strict=True))
    moments["learned"] = _added(every, moments["precision_rate"], market)
    shown = np.searchsorted(every, t)
    moments = {name: one[:, shown] for name, one in moments.items()}
    x = np.array([np.nan if one is None else one - price for one in payoffs.values])
    neutral = payoffs.values[0] is None  # then the price is the expected payoff
    product = moments["square"] if neutral else x[:, None] * moments["price"]
    return {**moments, "product": product}


def _added(times: Array, rate: Array, market: Market) -> Array:
    """Integral over time from 0 to each of the dates, (payoffs, dates); rates jump on some."""
    parts, total = [], np.zeros((len(rate), 1))
    cuts = pieces(times, market)
    for t, r in zip(cuts, np.split(rate, np.cumsum([c.size for c in cuts])[:-1], 1), strict=True):
        parts.append(total + CubicSpline(t, r, axis=1).antiderivative()(t))
        total = parts[-1][:, -1:]
    return np.concatenate(parts, axis=1)


def _average(moments: Moments, payoffs: _Payoffs) -> dict[str, Array]:
    return {name: payoffs.probabilities @ one for name, one in moments.items()}


# ---------------------------------------------------------------------- errors


def _unsettled(given: Array, payoffs: _Payoffs) -> Array:
    """What an average over a few payoffs leaves, by date, from how the moment falls by degree.

    A rule of n payoffs is exact up to degree 2 n - 1; the moment's parts of degree 2 n and more are
    taken to be those of degree n, once more by what they fell over the n/2 degrees before.
    """
    n = len(payoffs.values)
    if payoffs.all_there_are:
        return np.zeros(given.shape[1])
    x = np.array(payoffs.values, float)
    basis, _, _ = orthonormal(x, payoffs.probabilities, n)
    parts = np.abs(basis @ (np.sqrt(payoffs.probabilities)[:, None] * given))
    last, before = parts[-2:].sum(axis=0), parts[n // 2 - 2 : n // 2].sum(axis=0)
    fall = np.minimum(last / np.maximum(before, np.finfo(float).tiny), 1.0)
    return np.asarray(last * fall)


def _settled(solution: Solution, left: dict[str, Array]) -> bool:
    """Whether the payoffs leave less than the solution does."""
    bars, round_off = solution.bars, 1e-9
    price = max(bars["price"], round_off * solution.prior.sd)
    variance = max(bars["variance"], round_off * solution.prior.variance)
    return bool(np.all(left["price"] <= price) and np.all(left["variance"] <= variance))


def _doubt(
    solution: Solution, moments: Moments, facts: Facts, left: Moments, t: Array
) -> dict[str, Array]:
    """What the solution's error bars and the few payoffs make of every row, added up."""
    rows = table(moments, facts)
    total = {name: np.zeros(t.size) for name in rows}
    changes = [({name: one}, facts) for name, one in left.items()]
    for change, known in changes + _bars(solution, moments, facts, t):
        moved = {name: one + change.get(name, 0.0) for name, one in moments.items()}
        for name, row in table(moved, known).items():
            total[name] += np.abs(row - rows[name])
    return total


def _bars(
    solution: Solution, m: Moments, facts: Facts, t: Array
) -> list[tuple[dict[str, Array], Facts]]:
    """Changes of the moments, each as large as an error bar of the solution.

    A price may be off in level, or in how far it moves; what attention costs follows its precision
    at V/(2 rho).
    """
    bars, rho = solution.bars, facts.market.risk_aversion
    level, stretch = bars["price"], bars["price"] / solution.prior.sd
    rate, flat = bars["precision_rate"], np.ones(t.size)
    shift = {
        "price": level * flat,
        "square": 2.0 * level * m["price"] + level**2,
        "product": (facts.payoff - facts.price) * level * flat,
    }
    bend = {
        "price": stretch * m["price"],
        "square": (2.0 * stretch + stretch**2) * m["square"],
        "product": stretch * m["product"],
    }
    bought = {
        "precision_rate": rate * flat,
        "cost": rate * m["variance"] / (2.0 * rho),
        "trade": rate / (2.0 * rho**2 * m["trade"]),
        "learned": rate * t,
    }
    volatile = {
        "volatility": bars["price_volatility"] * flat,
        "move": 2.0 * bars["price_volatility"] * m["volatility"],
        "impact": bars["price_volatility"] / facts.market.supply_volatility * flat,
    }
    one = {"variance": bars["variance"] * flat}, {"attention": bars["attention"] * flat}
    return [(change, facts) for change in (shift, bend, bought, volatile, *one)]


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
