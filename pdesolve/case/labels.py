"""Names and units of the parameters that can be swept."""

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


def describe(key: str) -> Parameter:
    """Name and unit of the parameter of that dotted name."""
    return Parameter(*NAMES.get(key, (key.rpartition(".")[2].replace("_", " "), "")))


def pretty(unit: str) -> str:
    """A unit as print shows it."""
    return (
        unit.replace("sqrt(time)", "√time").replace("^2", "²").replace("^η", "ᵑ").replace("^n", "ⁿ")
    )
