"""Technologies and costs of attention, given and drawn at random."""

from itertools import product
from math import inf

import numpy as np

from pdesolve.case import Attention, Cost
from pdesolve.typing import Array

RHO = 1.5
WIDE = 10.0 ** np.linspace(-15, 15, 301)


def power(scale: float = 0.3, exponent: float = 2.0, linear: float = 0.0) -> Cost:
    return Cost(kind="power", scale=scale, exponent=exponent, linear=linear)


def exponential(scale: float = 0.3, rate: float = 1.3, linear: float = 0.0) -> Cost:
    return Cost(kind="exponential", scale=scale, rate=rate, linear=linear)


def linear_in(cost: Cost, k: float = 2.0, capacity: float = inf, signals: int = 2) -> Attention:
    return Attention(
        signals=signals, precision="linear", efficiency=k, capacity=capacity, cost=cost
    )


def power_in(cost: Cost, eta: float = 0.5, capacity: float = inf) -> Attention:
    return Attention(
        signals=3, precision="power", efficiency=2.0, elasticity=eta, capacity=capacity, cost=cost
    )


def exponential_in(cost: Cost, alpha: float = 0.7, capacity: float = inf) -> Attention:
    return Attention(
        signals=3, precision="exponential", sensitivity=alpha, capacity=capacity, cost=cost
    )


def random_technologies(count: int, seed: int) -> list[Attention]:
    """Every precision with every cost, with and without its linear part, capacities finite."""
    rng = np.random.default_rng(seed)
    drawn = []
    for kind, paid, linear, _ in product(
        ("linear", "power", "exponential"), ("power", "exponential"), (0.0, 1.0), range(count)
    ):
        make = {"power": power, "exponential": exponential}[paid]
        second = 1 + 10 ** rng.uniform(-1, 0.9) if paid == "power" else 10 ** rng.uniform(-1, 1)
        cost = make(10 ** rng.uniform(-2, 2), second, linear * 10 ** rng.uniform(-2, 2))
        cap = 10 ** rng.uniform(-1, 1)
        if kind == "linear":
            drawn.append(linear_in(cost, 10 ** rng.uniform(-1, 1), cap))
        elif kind == "power":
            drawn.append(power_in(cost, rng.uniform(0.05, 0.99), cap))
        else:
            drawn.append(exponential_in(cost, 10 ** rng.uniform(-1, 0.5), cap))
    return drawn


def gain(attention: Attention, total: Array, variance: Array) -> Array:
    """What an investor gets from attention, written out anew: b (A(S) - A(0)) - C(S)."""
    cost, s = attention.cost, total
    if attention.precision == "exponential":
        assert attention.sensitivity is not None
        bought = np.expm1(attention.sensitivity * s)
    else:
        eta = attention.elasticity or 1.0
        assert attention.efficiency is not None
        bought = attention.efficiency * attention.signals * (s / attention.signals) ** eta
    if cost.exponent is not None:
        paid = cost.scale * s**cost.exponent / cost.exponent
    else:
        assert cost.rate is not None
        paid = cost.scale * np.expm1(cost.rate * s) / cost.rate
    return np.asarray(variance / (2 * RHO) * bought - paid - cost.linear * s)
