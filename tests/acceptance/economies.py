"""Markets to compare, and which way their values move."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from pdesolve.case import Case, load_case
from pdesolve.solver import normal as exact
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.tools import solutions

KEYS = {
    "aversion": "market.risk_aversion",
    "noise": "market.supply_volatility",
    "supply": "market.initial_supply",
    "horizon": "market.horizon",
    "cost": "attention.cost.scale",
    "entry": "attention.cost.linear",
    "capacity": "attention.capacity",
    "signals": "attention.signals",
    "values": "payoff.values",
    "chances": "payoff.probabilities",
    "low": "payoff.low",
    "high": "payoff.high",
    "sd": "payoff.sd",
}
SHARES = np.linspace(0.0, 1.0, 5)  # of the horizon, along a normal payoff's path
CLOSE = 1e-8  # closed forms that agree so well are equal
POWER = {"attention.precision": "power", "attention.efficiency": 0.4, "attention.elasticity": 0.5}
EXPONENTIAL = {
    "attention.precision": "exponential",
    "attention.sensitivity": 1.0,
    "attention.cost.kind": "exponential",
    "attention.cost.scale": 0.02,
    "attention.cost.rate": 2.0,
}


def make(case: str, changes: dict[str, Any], more: dict[str, Any] | None = None) -> Case:
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}
    return load_case(case, {**(more or {}), **{KEYS[k]: v for k, v in plain.items()}})


def solution(case: Case) -> Solution:
    found = solutions.solved(case, tol=1e-4)
    assert found.converged
    return found


def solved(case: str, **changes: Any) -> Solution:
    return solution(make(case, changes))


@cache
def normal(technology: str = "linear", **changes: Any) -> exact.NormalPath:
    """Five dates of a normal payoff's path, and of its closed form."""
    more = {"linear": {}, "power": POWER, "exponential": EXPONENTIAL}[technology]
    case = make("normal", changes, more)
    return exact.normal_path(case, SHARES * case.market.horizon)


def value(found: Solution, name: str) -> tuple[float, float]:
    """An initial value and its error bar."""
    market, error = found.case.market, found.error
    if name == "gain":
        bar = (
            abs(market.initial_supply) * error["price"] + error["log_value"] / market.risk_aversion
        )
        return found.initial.certainty_equivalent_gain, bar
    return getattr(found.initial, name), error[name]


def signs(values: Iterable[float], bars: Iterable[float] | None = None) -> str:
    """A sign for each step: + or -, and 0 for what is within both bars."""
    x = np.array(list(values), float)
    bar = CLOSE * np.maximum(1.0, np.abs(x)) if bars is None else np.array(list(bars), float)
    steps, allowed = np.diff(x), bar[1:] + bar[:-1]
    return "".join(np.where(np.abs(steps) <= allowed, "0", np.where(steps > 0, "+", "-")))


def moves(name: str, solutions: Sequence[Solution]) -> str:
    """Which way an initial value goes from one solution to the next."""
    values, bars = zip(*(value(found, name) for found in solutions), strict=True)
    return signs(values, [max(bar, 1e-10) for bar in bars])


UNIT = {  # payoffs of mean 0 and variance 1, in the order of their kurtosis but for the last
    "coin": {
        "payoff.kind": "discrete",
        "payoff.values": [-1.0, 1.0],
        "payoff.probabilities": [0.5, 0.5],
    },
    "uniform": {"payoff.kind": "uniform", "payoff.low": -(3.0**0.5), "payoff.high": 3.0**0.5},
    "normal": {"payoff.kind": "normal", "payoff.mean": 0.0, "payoff.sd": 1.0},
    "mixture": {
        "payoff.kind": "mixture",
        "payoff.means": [0.0, 0.0],
        "payoff.sds": [0.5**0.5, 1.5**0.5],
        "payoff.weights": [0.5, 0.5],
    },
    "hump": {
        "payoff.kind": "discrete",
        "payoff.values": [-2.0, 0.0, 2.0],
        "payoff.probabilities": [0.125, 0.75, 0.125],
    },
}


def shaped(shape: str, horizon: float) -> Solution:
    """A payoff of `UNIT` in the market of three_states, without supply."""
    return solution(make("three_states", {"horizon": horizon}, UNIT[shape]))


def vary(case: str, key: str, values: Iterable[object], **fixed: Any) -> list[Solution]:
    return [solved(case, **fixed, **{key: x}) for x in values]


def later_variance(found: Solution, paths: int = 400, steps: int = 50) -> Array:
    """V at the horizon on simulated paths: payoffs and supply shocks depend on the seed alone."""
    market, rng = found.case.market, np.random.default_rng(0)
    payoff = found.prior.sample(rng, paths)
    xi, psi = np.full(paths, -market.risk_aversion * market.initial_supply), np.zeros(paths)
    risk, dt = market.risk_aversion * market.supply_volatility, market.horizon / steps
    for k in range(steps):
        a = found.precision_rate(xi, psi, k * dt)
        kappa = a / risk + risk
        shock = dt**0.5 * rng.standard_normal(paths)
        xi, psi = xi + kappa * (a / risk * payoff * dt + shock), psi + (a**2 / risk**2 + a) * dt
    return found.variance(xi, psi, market.horizon)


DEARER = {
    "binary": (0.02, 0.08, 0.8),
    "uniform": (0.03, 0.1, 1.0),
    "three_states": (0.15, 0.3, 3.0),
}
NOISE = {"binary": (0.4, 1.2, 2.0), "uniform": (0.18, 0.6, 0.96), "normal": (0.2, 0.8, 3.0)}
AVERSE = (0.5, 2.0, 6.0)
