"""What a few payoffs and the solution's own error bars leave in expectations by date."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pdesolve.finance.quantities import Facts, Moments, table
from pdesolve.numerics.gauss import orthonormal
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


class Payoffs(NamedTuple):
    """Payoffs, money, with their probabilities; a single None under Q. Whether they are all."""

    values: tuple[float | None, ...]
    probabilities: Array
    all_there_are: bool


def unsettled(given: Array, payoffs: Payoffs) -> Array:
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


def settled(solution: Solution, left: dict[str, Array]) -> bool:
    """Whether the payoffs leave less than the solution does."""
    bars, round_off = solution.bars, 1e-9
    price = max(bars["price"], round_off * solution.prior.sd)
    variance = max(bars["variance"], round_off * solution.prior.variance)
    return bool(np.all(left["price"] <= price) and np.all(left["variance"] <= variance))


def doubt(
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
    moves = max(solution.initial.price_volatility, np.finfo(float).tiny)
    level = bars["price"]
    stretch = max(level / solution.prior.sd, bars["price_volatility"] / moves)
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
        "jump": (2.0 * stretch + stretch**2) * m["jump"],
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
    }
    attended = {"attention": bars["attention"] * flat}
    changes = [(change, facts) for change in (shift, bend, bought, volatile, attended)]
    more = bars["variance"] if facts.neutral else 0.0  # the payoff's, there
    whole = replace(facts, payoff_variance=facts.payoff_variance + more)
    return [*changes, ({"variance": bars["variance"] * flat}, whole)]
