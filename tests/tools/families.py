"""Cases chosen to hurt: what users bring, drawn at random, family by family."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pdesolve.case import Case, case_from_dict, case_to_dict
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.factory import make_prior

Rng = np.random.Generator
Keys = dict[str, Any]


def mixture(rng: Rng) -> Keys:
    """Narrow and unequal components."""
    n = int(rng.integers(2, 5))
    sds = 10 ** rng.uniform(np.log10(0.003), np.log10(1.5), size=n)
    if rng.random() < 0.5:
        sds = np.full(n, sds[0])
    shares = np.maximum(rng.dirichlet(np.ones(n)), 0.02)
    means = np.sort(rng.uniform(0.0, 3.0, size=n))
    return {"kind": "mixture", "means": means, "sds": sds, "weights": shares / shares.sum()}


def sample(rng: Rng) -> Keys:
    """Smoothed draws, default bandwidth."""
    n = int(10 ** rng.uniform(1.0, np.log10(500)))
    law = rng.choice(["normal", "t", "lognormal"])
    draws = rng.standard_t(3, size=n) if law == "t" else rng.normal(size=n)
    return {"kind": "sample", "values": np.exp(0.5 * draws) if law == "lognormal" else draws}


def lottery(rng: Rng) -> Keys:
    """A rare event, good or bad."""
    tail = 10 ** rng.uniform(-5.0, -1.0)
    far = rng.choice([-1.0, 1.0]) * rng.uniform(2.0, 12.0)
    middle = rng.uniform(0.3, 0.7)
    return {
        "kind": "discrete",
        "values": [0.0, 1.0, far],
        "probabilities": [(1.0 - tail) * middle, (1.0 - tail) * (1.0 - middle), tail],
    }


def close_atoms(rng: Rng) -> Keys:
    """Values some of which are much closer to each other than the others."""
    apart = 10 ** rng.uniform(-2.5, -0.5)
    values = np.array([0.0, apart, 1.0, 1.0 + rng.uniform(0.2, 2.0)])
    shares = np.maximum(rng.dirichlet(np.ones(4)), 0.03)
    return {"kind": "discrete", "values": values, "probabilities": shares / shares.sum()}


def singular(rng: Rng) -> Keys:
    """Beta densities that are infinite at an end."""
    a, b = rng.uniform(0.2, 1.0, size=2)
    return {"kind": "beta", "a": a, "b": b, "low": 0.0, "high": 2.0}


def wide_lognormal(rng: Rng) -> Keys:
    """A long tail, truncated far out."""
    cv = rng.uniform(0.4, 1.5)
    return {"kind": "lognormal", "mean": 1.0, "sd": cv, "low": 0.0, "high": 1.0 + 6.0 * cv}


def smooth(rng: Rng) -> Keys:
    """Nothing special: what the other families vary is the market or the technology."""
    kind = rng.choice(["beta", "uniform", "mixture", "discrete", "normal"])
    if kind == "beta":
        a, b = rng.uniform(1.0, 5.0, size=2)
        return {"kind": "beta", "a": a, "b": b, "low": 0.0, "high": 2.0}
    if kind == "uniform":
        return {"kind": "uniform", "low": -1.0, "high": 1.0}
    if kind == "mixture":
        return {"kind": "mixture", "means": [0.0, 1.5], "sds": [0.5, 0.8], "weights": [0.6, 0.4]}
    if kind == "normal":
        return {"kind": "normal", "mean": 1.0, "sd": 0.7}
    shares = np.maximum(rng.dirichlet(np.ones(3)), 0.05)
    return {"kind": "discrete", "values": [0.0, 1.0, 2.5], "probabilities": shares / shares.sum()}


PAYOFFS: dict[str, Callable[[Rng], Keys]] = {
    "narrow mixtures": mixture,
    "smoothed samples": sample,
    "skewed lotteries": lottery,
    "close atoms": close_atoms,
    "singular betas": singular,
    "wide lognormals": wide_lognormal,
}
OTHERS = (
    "horizons",
    "far supplies",
    "supply risks",
    "cost exponents",
    "thresholds",
    "capacities",
    "exponential jumps",
)
FAMILIES = (*PAYOFFS, *OTHERS)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def family_case(family: str, seed: int) -> Case:
    """One case of a family: market and technology of ordinary sizes, but for what it is about."""
    rng = np.random.default_rng([FAMILIES.index(family), seed])
    payoff = {key: _plain(value) for key, value in PAYOFFS.get(family, smooth)(rng).items()}
    name = f"{family.replace(' ', '-')}-{seed}"
    plain = {"signals": 1, "precision": "linear", "efficiency": 1.0}
    body: Keys = {
        "title": name,
        "market": {
            "risk_aversion": 1.0,
            "supply_volatility": 1.0,
            "initial_supply": 0.0,
            "horizon": 1.0,
        },
        "payoff": payoff,
        "attention": {**plain, "cost": {"kind": "power", "scale": 1.0, "exponent": 2.0}},
    }
    sd = make_prior(case_from_dict(body, name).payoff).sd
    horizon = 10 ** (rng.uniform(-3.0, 1.0) if family == "horizons" else rng.uniform(-0.7, 0.4))
    risk = 10 ** (rng.uniform(-3.0, 1.0) if family == "supply risks" else rng.uniform(-0.7, 0.3))
    rho = 10 ** rng.uniform(-0.3, 0.7) / sd
    supply = (rng.uniform(3.0, 8.0) if family == "far supplies" else 1.0) * rng.normal()
    body["market"] = {
        "risk_aversion": rho,
        "supply_volatility": risk / (rho * sd * horizon**0.5),
        "initial_supply": supply / (rho * sd),
        "horizon": horizon,
    }
    goal = 10 ** rng.uniform(-1.0, 0.8) / (sd**2 * horizon)
    body["attention"] = technology(family, rng, rho, sd, goal)
    case = case_from_dict(body, name)
    return at_the_threshold(case, rng) if family == "thresholds" else case


def technology(family: str, rng: Rng, rho: float, sd: float, goal: float) -> Keys:
    """A technology and a cost such that V = sd² buys precision of about `goal` at S of about 1."""
    gain = sd**2 / (2.0 * rho)
    keys: Keys = {"signals": 1, "precision": "linear", "efficiency": goal, "capacity": np.inf}
    exponent = 2.0
    if family == "cost exponents":
        exponent = 10 ** rng.uniform(np.log10(1.05), np.log10(6.0))
    marginal = gain * goal
    if family == "capacities":
        keys["capacity"] = rng.uniform(0.05, 0.4)
    if family == "exponential jumps":
        sensitivity = rng.uniform(0.3, 1.0)
        rate = rng.uniform(1.5, 3.0) * sensitivity
        marginal = gain * sensitivity * np.exp(sensitivity)
        linear = rng.uniform(0.1, 0.5)
        scale = marginal * (1.0 - linear) / np.exp(rate)
        cost = {"kind": "exponential", "scale": scale, "rate": rate, "linear": linear * marginal}
        return {
            "signals": 1,
            "precision": "exponential",
            "sensitivity": sensitivity,
            "capacity": np.inf,
            "cost": cost,
        }
    keys["cost"] = {"kind": "power", "scale": marginal, "exponent": exponent, "linear": 0.0}
    return keys


def at_the_threshold(case: Case, rng: Rng) -> Case:
    """The same with a price on the first unit of attention that about the prior's variance pays."""
    table = case_to_dict(case)
    variance = Economy.of(case).prior.variance
    benefit = variance / (2.0 * case.market.risk_aversion)
    efficiency = table["attention"]["efficiency"]
    table["attention"]["cost"]["linear"] = rng.uniform(0.5, 1.5) * benefit * efficiency
    return case_from_dict(table, case.name)
