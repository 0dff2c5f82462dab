"""Names and units of the parameters that can be swept."""

import re
from collections.abc import Mapping
from typing import NamedTuple

COST = "money/(time attention)"
NAMES = {
    "market.risk_aversion": ("risk aversion ρ", "1/money"),
    "market.supply_volatility": ("supply volatility σ", "shares/sqrt(time)"),
    "market.initial_supply": ("initial supply n₀", "shares"),
    "market.horizon": ("horizon T", "time"),
    "payoff.kind": ("payoff", ""),
    "payoff.mean": ("payoff mean", "money"),
    "payoff.sd": ("payoff sd", "money"),
    "payoff.low": ("lowest payoff", "money"),
    "payoff.high": ("highest payoff", "money"),
    "payoff.a": ("payoff shape a", ""),
    "payoff.b": ("payoff shape b", ""),
    "payoff.bandwidth": ("bandwidth", "money"),
    "payoff.file": ("sample", ""),
    "attention.signals": ("signals J", ""),
    "attention.precision": ("precision technology", ""),
    "attention.efficiency": ("efficiency k", "1/(money^2 time attention^η)"),
    "attention.elasticity": ("elasticity η", ""),
    "attention.sensitivity": ("sensitivity α", "1/attention"),
    "attention.capacity": ("attention capacity", "attention"),
    "attention.cost.kind": ("attention cost", ""),
    "attention.cost.scale": ("attention cost scale", "money/(time attention^n)"),
    "attention.cost.exponent": ("attention cost exponent n", ""),
    "attention.cost.rate": ("attention cost rate", "1/attention"),
    "attention.cost.linear": ("linear attention cost", COST),
}
RAISED = str.maketrans("0123456789.", "⁰¹²³⁴⁵⁶⁷⁸⁹·")


class Parameter(NamedTuple):
    """Name and unit ("" if it has none) of a parameter."""

    name: str
    unit: str

    @property
    def label(self) -> str:
        """Both, as an axis shows them."""
        return f"{self.name} ({pretty(self.unit)})" if self.unit else self.name

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes of a labelled array."""
        return {"long_name": self.name, "units": self.unit or "1"}


def describe(key: str, values: Mapping[str, object] | None = None) -> Parameter:
    """Name and unit of the parameter of that dotted name.

    Given a case's values by dotted name, powers in the unit that they decide are numbers; one that
    they lack, since it is varied too, keeps its letter.
    """
    name, unit = NAMES.get(key, (key.rpartition(".")[2].replace("_", " "), ""))
    for letter, power in _powers(values or {}).items():
        unit = unit.replace(f"^{letter}", "" if power == 1 else f"^{power:g}")
    return Parameter(name, unit)


def _powers(values: Mapping[str, object]) -> dict[str, float]:
    """Powers of attention in units, as far as a case's values decide them."""
    found: dict[str, object] = {
        "n": values.get("attention.cost.exponent"),
        "η": values.get("attention.elasticity"),
    }
    if values.get("attention.cost.kind") == "exponential":
        found["n"] = 1.0
    if values.get("attention.precision") == "linear":
        found["η"] = 1.0
    return {letter: power for letter, power in found.items() if isinstance(power, int | float)}


def pretty(unit: str) -> str:
    """A unit as print shows it."""
    unit = unit.replace("sqrt(time)", "√time").replace("^η", "ᵑ").replace("^n", "ⁿ")
    return re.sub(r"\^([\d.]+)", lambda power: power[1].translate(RAISED), unit)
