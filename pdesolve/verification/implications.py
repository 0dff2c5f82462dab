"""What a solved market implies, checked against itself: prices of states, options, the law.

The equations for p and V know of no state prices and of no law of the states, and the law knows
neither equation: what they agree on holds for both.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pdesolve.finance.books import AtPayoff
from pdesolve.finance.by_date import expectations
from pdesolve.finance.claims import option_prices
from pdesolve.finance.marches import Marches
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from pdesolve.verification.check import Check

DATES = 4  # intervals between the dates of the law
ROUNDING = 1e-11  # of what is compared


def implication_checks(solution: Solution) -> Iterator[Check]:
    """Checks of claims on the payoff and of the law of the states."""
    yield from _claims(solution)
    yield from _law(solution)


def _claims(solution: Solution) -> Iterator[Check]:
    initial, prior = solution.initial, solution.prior
    marches = Marches.of(solution)
    books = [AtPayoff(law=found[0]) for found in marches.laws([None])]
    mass, mean = (
        marches.measured(*(np.asarray(getattr(book, name)) for book in books))
        for name in ("mass", "forward")
    )
    yield _check("claims", "prices of states add up to 1", abs(mass.value - 1.0), mass.error, "")
    yield _check(
        "claims",
        "prices of states times payoffs add up to the price",
        abs(mean.value - initial.price) / prior.sd,
        (mean.error + solution.bars["price"]) / prior.sd,
        "of sd F",
    )
    data = option_prices(solution, [initial.price])
    yield _check(
        "claims",
        "variance from options (Carr and Madan)",
        abs(float(data.variance_from_options) - initial.variance) / prior.variance,
        float(data.variance_from_options_error + data.variance_error) / prior.variance,
        "of Var F",
    )


def _law(solution: Solution) -> Iterator[Check]:
    initial, prior = solution.initial, solution.prior
    data = expectations(
        solution, "risk-neutral", dates=np.linspace(0.0, solution.economy.horizon, DATES + 1)
    )
    yield _worst(
        "martingale: E^Q of the price, by its law",
        np.abs(data.price.values - initial.price) / prior.sd,
        data.price_error.values / prior.sd,
        "of sd F",
    )
    yield _worst(
        "variance: Var^Q of the price + E^Q V, by their law",
        np.abs((data.price_variance + data.variance).values - initial.variance) / prior.variance,
        (data.price_variance_error + data.variance_error).values / prior.variance,
        "of Var F",
    )


def _worst(name: str, gaps: Array, bounds: Array, unit: str) -> Check:
    """The date at which a bound is used up most."""
    k = int(np.argmax(gaps / (bounds + ROUNDING)))
    return _check("law of the states", name, gaps[k], bounds[k], unit)


def _check(group: str, name: str, value: Any, bound: Any, unit: str) -> Check:
    bound = float(bound) + ROUNDING
    passed = bool(value <= bound)
    return Check(group=group, name=name, value=float(value), bound=bound, passed=passed, unit=unit)
