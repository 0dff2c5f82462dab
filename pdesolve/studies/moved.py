"""Parameters that are differentiated to, and the cases that small steps of them lead to."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple

from pdesolve.case import Case
from pdesolve.model.attention.technology import Technology
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.prior import Prior

Vary = Callable[[float], Case]  # value of a parameter -> the case with it


class Moved(NamedTuple):
    """A step of a parameter, and where it leads.

    Attributes
    ----------
    step, size : float
        The step, and what counts as the parameter's size.
    case : Case
    economy : Economy
        Of that case; its prior is the other's where the payoff is.
    """

    step: float
    size: float
    case: Case
    economy: Economy


def move(case: Case, economy: Economy, x: float, size: float, vary: Vary, step: float) -> Moved:
    """Move a parameter by a step in units of its size, upwards if possible.

    Parameters
    ----------
    case : Case
    economy : Economy
        Of that case.
    x, size : float
        Value of the parameter in it, and its size.
    vary : callable
        Value -> the case with it.
    step : float

    Raises
    ------
    ValueError
        If no case, or no equilibrium, is that near.
    """
    h = step * size
    try:
        h, moved = (x + h) - x, vary(x + h)
    except ValueError:
        h, moved = (x - h) - x, vary(x - h)
    same, alike = moved.payoff == case.payoff, moved.attention == case.attention
    near = replace(
        economy,
        market=moved.market,
        prior=economy.prior if same else make_prior(moved.payoff),
        technology=economy.technology if alike else Technology.of(moved.attention),
    )
    return Moved(h, size, moved, near)


def parameter(case: Case, key: str) -> float:
    """Value of the parameter of that dotted name."""

    def part(of: Any, name: str) -> Any:
        name, _, place = name.rstrip("]").partition("[")
        return getattr(of, name)[int(place)] if place else getattr(of, name)

    return float(reduce(part, key.split("."), case))  # type: ignore[arg-type]


def natural_size(case: Case, prior: Prior, key: str) -> float:
    """Size that counts for a parameter that may be zero; 0 for the others."""
    sd = prior.sd
    sizes: Mapping[str, float] = {
        "market.initial_supply": 1.0 / (case.market.risk_aversion * sd),
        "market.public_precision": 1.0 / (prior.variance * case.market.horizon),
        "attention.cost.linear": case.attention.cost.scale,
        **dict.fromkeys(("payoff.mean", "payoff.low", "payoff.high"), sd),
    }
    return sizes.get(key, 0.0)
