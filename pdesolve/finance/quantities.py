"""What is expected of a solved market by date: from moments of the law to what they mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pdesolve.case import Market
from pdesolve.finance.nodes import AtNodes
from pdesolve.solver.quantity import Quantity
from pdesolve.typing import Array

FUNCTIONS: dict[str, Callable[[AtNodes, float, Market], Array]] = {  # of the state; moments of it
    "price": lambda at, p0, market: at.price - p0,
    "square": lambda at, p0, market: (at.price - p0) ** 2,
    "variance": lambda at, p0, market: at.variance,
    "attention": lambda at, p0, market: at.attention,
    "precision_rate": lambda at, p0, market: at.precision_rate,
    "cost": lambda at, p0, market: at.cost,
    "volatility": lambda at, p0, market: np.sqrt(at.kappa2) * at.price_slope,
    "move": lambda at, p0, market: at.kappa2 * at.price_slope**2,
    "impact": lambda at, p0, market: (
        at.risk * at.price_slope / (market.risk_aversion * market.supply_volatility**2)
    ),
    "trade": lambda at, p0, market: np.hypot(
        market.supply_volatility, np.sqrt(at.precision_rate) / market.risk_aversion
    ),
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What does not depend on the date.

    Attributes
    ----------
    market : Market
    price : float
        p at t = 0, money.
    payoff, payoff_variance : float
        Mean, money, and variance under the measure.
    given : bool
        Whether the payoff is: then nothing can be said of it by prices.
    neutral : bool
        Whether the measure is Q.
    """

    market: Market
    price: float
    payoff: float
    payoff_variance: float
    given: bool
    neutral: bool


Moments = Mapping[str, Array]  # those of FUNCTIONS, "product" E (x - p0)(p_t - p0), and "learned"


@dataclass(frozen=True, kw_only=True)
class Expected(Quantity):
    """A row of the table by date.

    Attributes
    ----------
    of : callable
        (moments, facts) -> its values by date.
    """

    of: Callable[[Moments, Facts], Array]


def _price_variance(m: Moments, facts: Facts) -> Array:
    return np.maximum(m["square"] - m["price"] ** 2, 0.0)


def _covariance(m: Moments, facts: Facts) -> Array:
    """Of payoff and price; none if the payoff is given; under Q the price's variance."""
    if facts.neutral:
        return _price_variance(m, facts)
    if facts.given:
        return np.full_like(m["price"], np.nan)
    return np.asarray(m["product"] - (facts.payoff - facts.price) * m["price"])


def _share(above: Array, below: Array) -> Array:
    """Their ratio; zero at the beginning, where neither has moved."""
    moved = below > 0.0
    return np.where(moved, above / np.where(moved, below, 1.0), 0.0 * above)


def _squared_error(m: Moments, facts: Facts) -> Array:
    bias = facts.payoff - facts.price
    mean = facts.payoff_variance + bias**2
    product = bias * m["price"] if facts.given else m["product"]
    return np.asarray(mean - 2.0 * product + m["square"])


_ROWS = (
    Expected(
        name="price",
        long_name="expected price",
        unit="money",
        label="price p",
        of=lambda m, facts: facts.price + m["price"],
    ),
    Expected(
        name="variance",
        long_name="expected risk-neutral variance V",
        unit="money^2",
        label="variance V",
        of=lambda m, facts: m["variance"],
    ),
    Expected(
        name="attention",
        long_name="expected total attention S",
        unit="attention",
        label="attention S",
        of=lambda m, facts: m["attention"],
    ),
    Expected(
        name="precision_rate",
        long_name="expected precision bought per unit of time A",
        unit="1/(money^2 time)",
        label="precision rate A",
        of=lambda m, facts: m["precision_rate"],
    ),
    Expected(
        name="spending",
        long_name="expected spending on attention C",
        unit="money/time",
        label="spending C",
        of=lambda m, facts: m["cost"],
    ),
    Expected(
        name="price_volatility",
        long_name="root of the expected square of the price volatility kappa p_xi",
        unit="money/sqrt(time)",
        label=r"price volatility $\kappa p_\xi$",
        of=lambda m, facts: np.sqrt(np.maximum(m["move"], 0.0)),
    ),
    Expected(
        name="price_variance",
        long_name="variance of the price",
        unit="money^2",
        label="variance of the price",
        of=_price_variance,
    ),
    Expected(
        name="premium",
        long_name="expected payoff less expected price",
        unit="money",
        label="premium E x − E p",
        of=lambda m, facts: facts.payoff - facts.price - m["price"],
    ),
    Expected(
        name="informativeness",
        long_name="covariance of payoff and price over the sd of the price",
        unit="money",
        label="informativeness",
        of=lambda m, facts: _share(_covariance(m, facts), np.sqrt(_price_variance(m, facts))),
    ),
    Expected(
        name="r_squared",
        long_name="share of the payoff's variance that the price explains",
        unit="1",
        label="R² of payoff on price",
        of=lambda m, facts: _share(
            _covariance(m, facts) ** 2, facts.payoff_variance * _price_variance(m, facts)
        ),
    ),
    Expected(
        name="premium_earned",
        long_name="expected price less the price at t = 0",
        unit="money",
        label="premium earned E p − p₀",
        of=lambda m, facts: m["price"],
    ),
    Expected(
        name="squared_error",
        long_name="expected square of payoff less price",
        unit="money^2",
        label="E (x − p)²",
        of=_squared_error,
    ),
    Expected(
        name="reversal",
        long_name="covariance of the price's move until t with the move from t to the payoff",
        unit="money^2",
        label="momentum",
        of=lambda m, facts: _covariance(m, facts) - _price_variance(m, facts),
    ),
    Expected(
        name="price_impact",
        long_name="expected fall of the price per share supplied, Kyle's lambda",
        unit="money/share",
        label="price impact λ",
        of=lambda m, facts: m["impact"],
    ),
    Expected(
        name="trading",
        long_name="sd of an investor's trade per root of time",
        unit="shares/sqrt(time)",
        label="trading intensity",
        of=lambda m, facts: m["trade"],
    ),
    Expected(
        name="dispersion",
        long_name="root of the expected variance of holdings across investors",
        unit="shares",
        label="dispersion of holdings",
        of=lambda m, facts: np.sqrt(np.maximum(m["learned"], 0.0)) / facts.market.risk_aversion,
    ),
)
EXPECTED = {one.name: one for one in _ROWS}


def table(moments: Moments, facts: Facts) -> dict[str, Array]:
    """Every row by date."""
    return {name: np.asarray(row.of(moments, facts)) for name, row in EXPECTED.items()}
