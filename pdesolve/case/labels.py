"""What is said about the keys of a case: names and units for axes, meanings, values to start from.

Range and default of a key stand in :mod:`pdesolve.case.parameters`; :mod:`pdesolve.case.keys` joins
all of it. Where a key means something else with one kind of payoff, precision or cost, there is an
entry with that kind in parentheses.
"""

import re
from collections.abc import Mapping
from re import sub
from typing import NamedTuple, TypeVar

COST = "money/(time attention)"
POWER = "the cost C(S) = c S^n/n + linear·S"
EXPONENTIAL = "the cost C(S) = c (exp(rate·S) - 1)/rate + linear·S"
NAMES = {
    "market.risk_aversion": ("risk aversion ρ", "1/money"),
    "market.supply_volatility": ("supply volatility σ", "shares/sqrt(time)"),
    "market.initial_supply": ("initial supply n₀", "shares"),
    "market.public_precision": ("public precision h", "1/(money^2 time)"),
    "market.horizon": ("horizon T", "time"),
    "market.announcements": ("announcements", ""),
    "market.announcements.time": ("announcement date", "time"),
    "market.announcements.precision": ("announcement precision", "1/money^2"),
    "payoff.kind": ("payoff", ""),
    "payoff.values": ("values", "money"),
    "payoff.mean": ("payoff mean", "money"),
    "payoff.sd": ("payoff sd", "money"),
    "payoff.means": ("means", "money"),
    "payoff.sds": ("sds", "money"),
    "payoff.low": ("lowest payoff", "money"),
    "payoff.high": ("highest payoff", "money"),
    "payoff.a": ("payoff shape a", ""),
    "payoff.b": ("payoff shape b", ""),
    "payoff.bandwidth": ("bandwidth", "money"),
    "payoff.file": ("sample", ""),
    "payoff.scale": ("scale", "money"),
    "payoff.offset": ("offset", "money"),
    "attention.signals": ("signals J", ""),
    "attention.precision": ("precision technology", ""),
    "attention.efficiency": ("efficiency k", "1/(money^2 time attention^η)"),
    "attention.efficiency (exponential)": ("efficiency k", "1/(money^2 time)"),
    "attention.elasticity": ("elasticity η", ""),
    "attention.sensitivity": ("sensitivity α", "1/attention"),
    "attention.capacity": ("attention capacity", "attention"),
    "attention.cost.kind": ("attention cost", ""),
    "attention.cost.scale": ("attention cost scale", "money/(time attention^n)"),
    "attention.cost.scale (exponential)": ("attention cost scale", COST),
    "attention.cost.exponent": ("attention cost exponent n", ""),
    "attention.cost.rate": ("attention cost rate", "1/attention"),
    "attention.cost.linear": ("linear attention cost", COST),
}
MEANINGS = {
    "title": "what the case is, in one line; by default its name",
    "description": "what the case is for",
    "source": "where the numbers come from",
    "extends": "a case to start from; its title, description and source stay behind",
    "market.risk_aversion": "CARA coefficient ρ of every investor",
    "market.supply_volatility": "standard deviation σ of the random walk that supply follows",
    "market.initial_supply": "supply n₀ at t = 0",
    "market.public_precision": "precision h of the news that everybody sees, per unit of time",
    "market.horizon": "date T at which the payoff is paid",
    "market.announcements": "public news at dates: tables of a time and the precision of the news",
    "payoff.kind": "how the payoff is distributed",
    "payoff.values": "the possible payoffs, all different",
    "payoff.values (sample)": "observations, equally likely; or give payoff.file",
    "payoff.probabilities": "the probability of each of payoff.values; they sum to 1",
    "payoff.mean": "mean of the payoff",
    "payoff.mean (lognormal)": "mean of the lognormal before it is cut off",
    "payoff.sd": "standard deviation of the payoff",
    "payoff.sd (lognormal)": "standard deviation of the lognormal before it is cut off",
    "payoff.means": "means of the normals that are mixed",
    "payoff.sds": "their standard deviations, as many",
    "payoff.weights": "their weights, which sum to 1",
    "payoff.low": "the least payoff",
    "payoff.low (lognormal)": "the least payoff: what is below is cut off too",
    "payoff.high": "the greatest payoff",
    "payoff.high (lognormal)": "the greatest payoff, where the lognormal is cut off",
    "payoff.a": "first shape of the beta: the larger, the less weight is near payoff.low",
    "payoff.b": "second shape of the beta: the larger, the less weight is near payoff.high",
    "payoff.bandwidth": "sd of the normal that blurs each observation; none: Silverman's rule",
    "payoff.file": "CSV file of observations, its path relative to the case file",
    "payoff.column": "the file's column, by name or by number; none: its only one",
    "payoff.scale": "payoff = offset + scale·(value in the file); there, 1.5% is 0.015",
    "payoff.offset": "see payoff.scale",
    "payoff.missing": "what to do with rows of the file that lack the value",
    "attention.signals": "number J of signals to attend to",
    "attention.precision": "what precision h(a) attention a to a signal brings",
    "attention.efficiency": "k in h(a) = k a^η, with η = 1 where precision is linear",
    "attention.efficiency (exponential)": "k in h(a) = k exp(α a), precision that is free",
    "attention.elasticity": "η in h(a) = k a^η",
    "attention.sensitivity": "α in h(a) = k exp(α a)",
    "attention.capacity": "cap on total attention S",
    "attention.cost.kind": "what total attention S costs, C(S)",
    "attention.cost.scale": f"c in {POWER}",
    "attention.cost.scale (exponential)": f"c in {EXPONENTIAL}",
    "attention.cost.exponent": f"n in {POWER}",
    "attention.cost.rate": f"rate in {EXPONENTIAL}",
    "attention.cost.linear": "what attention costs from its first unit on, linear·S",
    "numerics.tolerance": "accuracy asked for, relative to the payoff's sd and variance",
    "numerics.order": "order of the differences in xi",
    "numerics.xi_nodes": "grid nodes in xi; 0: the program chooses",
    "numerics.psi_nodes": "grid nodes in psi; 0: the program chooses",
    "numerics.max_steps": "largest number of time steps",
}
EXAMPLES: dict[str, object] = {  # what a new case starts from, where no default will do; else 1.0
    "extends": "baseline",
    "market.supply_volatility": 0.8,
    "market.announcements": [{"time": 0.5, "precision": 1.0}],
    "payoff.values": [0.0, 1.0, 3.0],
    "payoff.values (sample)": [3.2, 3.9, 4.3, 4.6, 4.8, 5.0, 5.1, 5.3, 5.5, 5.8, 6.2, 6.9],
    "payoff.probabilities": [0.5, 0.3, 0.2],
    "payoff.mean": 5.0,
    "payoff.mean (lognormal)": 2.0,
    "payoff.means": [4.0, 6.0],
    "payoff.sds": [0.6, 0.5],
    "payoff.weights": [0.4, 0.6],
    "payoff.low": 0.0,
    "payoff.high": 4.0,
    "payoff.high (lognormal)": 8.0,
    "payoff.a": 2.0,
    "payoff.b": 3.0,
    "payoff.bandwidth": 0.5,
    "payoff.file": "returns.csv",
    "payoff.column": "return",
    "attention.elasticity": 0.5,
    "attention.cost.scale": 0.5,
    "attention.cost.rate": 1.0,
}
SYMBOLS = {  # what papers, derivation.md and the README call them
    "market.risk_aversion": ("rho", "ρ"),
    "market.supply_volatility": ("sigma", "σ"),
    "market.initial_supply": ("n0", "n_0", "n₀"),
    "market.public_precision": ("h",),
    "market.horizon": ("T",),
    "attention.signals": ("J",),
    "attention.efficiency": ("k",),
    "attention.elasticity": ("eta", "η"),
    "attention.sensitivity": ("alpha", "α"),
    "attention.cost.scale": ("c",),
    "attention.cost.exponent": ("n", "e"),
    "attention.cost.rate": ("r",),
    "attention.cost.linear": ("c1", "c_1", "c₁"),
}
RAISED = str.maketrans("0123456789.", "⁰¹²³⁴⁵⁶⁷⁸⁹·")
_Said = TypeVar("_Said")


class Parameter(NamedTuple):
    """Name and unit ("" if it has none) of a parameter, what it means, a value to start from."""

    name: str
    unit: str
    meaning: str
    example: object

    @property
    def label(self) -> str:
        """Name and unit, as an axis shows them."""
        return f"{self.name} ({pretty(self.unit)})" if self.unit else self.name

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes of a labelled array."""
        return {"long_name": self.name, "units": self.unit or "1"}


def describe(key: str, kind: str = "") -> Parameter:
    """What is said about the key of that dotted name, with a kind of payoff, precision or cost.

    About one of a list of tables, ``market.announcements[0].time``, what is said about all of them.
    """
    key = sub(r"\[\d+\]", "", key)

    def said(table: Mapping[str, _Said], default: _Said) -> _Said:
        return table.get(f"{key} ({kind})", table.get(key, default))

    name, unit = said(NAMES, (key.rpartition(".")[2].replace("_", " "), ""))
    return Parameter(name, unit, said(MEANINGS, name), said(EXAMPLES, 1.0))


def pretty(unit: str) -> str:
    """A unit as print shows it."""
    unit = unit.replace("sqrt(time)", "√time").replace("^η", "ᵑ").replace("^n", "ⁿ")
    return re.sub(r"\^([\d.]+)", lambda power: power[1].translate(RAISED), unit)
