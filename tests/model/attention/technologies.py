"""Technologies and costs of attention, given and drawn at random."""

from collections.abc import Callable
from itertools import product
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case import (
    Attention,
    Cost,
    ExponentialAttention,
    ExponentialCost,
    LinearAttention,
    PowerAttention,
    PowerCost,
)
from pdesolve.model.attention.response import Response, best_response
from pdesolve.model.attention.technology import Technology
from pdesolve.typing import Array

RHO = 1.5
WIDE = 10.0 ** np.linspace(-15, 15, 301)


def power(scale: float = 0.3, exponent: float = 2.0, linear: float = 0.0) -> PowerCost:
    return PowerCost(scale=scale, exponent=exponent, linear=linear)


def exponential(scale: float = 0.3, rate: float = 1.3, linear: float = 0.0) -> ExponentialCost:
    return ExponentialCost(scale=scale, rate=rate, linear=linear)


def linear_in(cost: Cost, k: float = 2.0, capacity: float = inf, signals: int = 2) -> Attention:
    return LinearAttention(signals=signals, efficiency=k, capacity=capacity, cost=cost)


def power_in(cost: Cost, eta: float = 0.5, capacity: float = inf) -> Attention:
    return PowerAttention(signals=3, efficiency=2.0, elasticity=eta, capacity=capacity, cost=cost)


def exponential_in(
    cost: Cost, alpha: float = 0.7, capacity: float = inf, k: float = 1.0
) -> Attention:
    return ExponentialAttention(
        signals=3, efficiency=k, sensitivity=alpha, capacity=capacity, cost=cost
    )


def respond(
    attention: Attention, risk_aversion: float, variance: ArrayLike, guess: ArrayLike | None = None
) -> Response:
    return best_response(Technology.of(attention), risk_aversion, variance, guess)


def random_technologies(count: int, seed: int) -> list[Attention]:
    """Every precision with every cost, with and without its linear part, capacities finite."""
    rng = np.random.default_rng(seed)
    drawn: list[Attention] = []
    for kind, paid, linear, _ in product(
        ("linear", "power", "exponential"), ("power", "exponential"), (0.0, 1.0), range(count)
    ):
        make: Callable[..., Cost] = {"power": power, "exponential": exponential}[paid]
        second = 1 + 10 ** rng.uniform(-1, 0.9) if paid == "power" else 10 ** rng.uniform(-1, 1)
        cost = make(10 ** rng.uniform(-2, 2), second, linear * 10 ** rng.uniform(-2, 2))
        cap = 10 ** rng.uniform(-1, 1)
        if kind == "linear":
            drawn.append(linear_in(cost, 10 ** rng.uniform(-1, 1), cap))
        elif kind == "power":
            drawn.append(power_in(cost, rng.uniform(0.05, 0.99), cap))
        else:
            alpha, k = 10 ** rng.uniform(-1, 0.5), 10 ** rng.uniform(-1, 1)
            drawn.append(exponential_in(cost, alpha, cap, k))
    return drawn


def gain(attention: Attention, total: Array, variance: Array) -> Array:
    """What an investor gets from attention, written out anew: b (A(S) - A(0)) - C(S)."""
    cost, s = attention.cost, total
    if isinstance(attention, ExponentialAttention):
        bought = attention.efficiency * np.expm1(attention.sensitivity * s)
    else:
        assert isinstance(attention, LinearAttention | PowerAttention)
        eta = attention.elasticity if isinstance(attention, PowerAttention) else 1.0
        bought = attention.efficiency * attention.signals * (s / attention.signals) ** eta
    if isinstance(cost, PowerCost):
        paid = cost.scale * s**cost.exponent / cost.exponent
    else:
        assert isinstance(cost, ExponentialCost)
        paid = cost.scale * np.expm1(cost.rate * s) / cost.rate
    return np.asarray(variance / (2 * RHO) * bought - paid - cost.linear * s)
