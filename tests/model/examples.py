"""Payoffs, a market, and random states of the fields."""

from dataclasses import dataclass, replace

import numpy as np

from pdesolve.case import (
    Attention,
    BetaPayoff,
    Case,
    DiscretePayoff,
    LinearAttention,
    Market,
    MixturePayoff,
    NormalPayoff,
    Numerics,
    PayoffSpec,
    PowerCost,
    UniformPayoff,
)
from pdesolve.model.equations import Motion, rates
from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.typing import Array

PAYOFFS: dict[str, PayoffSpec] = {
    "three states": DiscretePayoff(values=(0.0, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2)),
    "two states": DiscretePayoff(values=(0.0, 1.0), probabilities=(0.4, 0.6)),
    "uniform": UniformPayoff(low=-0.5, high=2.0),
    "beta": BetaPayoff(a=2.0, b=3.5, low=0.0, high=2.0),
    "mixture": MixturePayoff(means=(-1.0, 1.5), sds=(0.4, 0.8), weights=(0.3, 0.7)),
    "normal": NormalPayoff(mean=0.7, sd=1.3),
}
COUNT = 40
RHO, SIGMA, NEWS = 1.5, 1.2, 0.7
MARKET = Market(
    risk_aversion=RHO,
    supply_volatility=SIGMA,
    initial_supply=0.0,
    public_precision=NEWS,
    horizon=1.0,
)


def linear(**changes: float) -> Attention:
    cost = PowerCost(scale=0.3, exponent=2.0, linear=changes.pop("linear", 0.0))
    return LinearAttention(signals=1, efficiency=1.0, cost=cost, **changes)


def case_of(payoff: PayoffSpec, attention: Attention, **numerics: float) -> Case:
    return Case(
        name="test",
        title="",
        description="",
        source="",
        market=replace(MARKET, public_precision=0.0),
        payoff=payoff,
        attention=attention,
        numerics=Numerics(**numerics),  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Jets:
    """Fields and their derivatives at arbitrary states: at one point these are free to choose."""

    u: Array
    u_xi: Array
    u_xixi: Array
    u_psi: Array

    @property
    def jet(self) -> Array:
        """The derivatives together."""
        return np.stack([self.u_xi, self.u_xixi, self.u_psi])

    def rates(self, static: Cumulants, move: Motion, cost: Array, risk_aversion: float) -> Array:
        return rates(self.u, self.jet, static, move, cost, risk_aversion)


def arbitrary(kind: str) -> tuple[Cumulants, Jets, Array, Array]:
    """Static cumulants of a prior at random states, random jets, precision rates and costs."""
    rng = np.random.default_rng(3)
    xi, psi = rng.normal(0, 2, COUNT), rng.uniform(0, 3, COUNT)
    jets = Jets(*rng.normal(0, 1, (4, COUNT, 3)))
    a, cost = rng.uniform(0, 3, (2, COUNT))
    return make_prior(PAYOFFS[kind]).cumulants(xi, psi), jets, a, cost
