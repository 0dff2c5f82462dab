"""The parts of a case: frozen dataclasses whose annotations carry the rule for each number.

:mod:`pdesolve.case.schema` reads the rules, checks values against them and builds the parts. Units
as in derivation.md, section 1: money, shares, time and attention are the user's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from typing import Annotated, ClassVar

from pdesolve.case.sources import write_toml
from pdesolve.case.tables import as_tables, brief


@dataclass(frozen=True)
class Rule:
    """What a number, or each of a list, has to satisfy: in words and as a test."""

    text: str
    holds: Callable[[float], bool]
    infinite: bool = False


LEAST_TOLERANCE, LARGEST_TOLERANCE = 1e-10, 0.1

_Finite = Annotated[float, Rule("a finite number", isfinite)]
_Positive = Annotated[float, Rule("> 0", lambda x: x > 0)]
_NonNegative = Annotated[float, Rule(">= 0", lambda x: x >= 0)]
_Share = Annotated[float, Rule("> 0 and < 1", lambda x: 0 < x < 1)]
_AboveOne = Annotated[float, Rule("> 1", lambda x: x > 1)]
_Numbers = Annotated[tuple[float, ...], Rule("a finite number", isfinite)]
_Positives = Annotated[tuple[float, ...], Rule("> 0", lambda x: x > 0)]

_Tolerance = Annotated[
    float,
    Rule(
        f"from {LEAST_TOLERANCE:g} to {LARGEST_TOLERANCE:g}",
        lambda x: LEAST_TOLERANCE <= x <= LARGEST_TOLERANCE,
    ),
]


@dataclass(frozen=True, kw_only=True)
class Market:
    """The market.

    Attributes
    ----------
    risk_aversion : float
        CARA coefficient, > 0, in 1/money.
    supply_volatility : float
        Standard deviation of the supply's random walk, > 0, in shares/√time.
    initial_supply : float
        Supply at t = 0, in shares.
    horizon : float
        Date at which the payoff is paid, > 0, in time.
    """

    risk_aversion: _Positive
    supply_volatility: _Positive
    initial_supply: _Finite
    horizon: _Positive


@dataclass(frozen=True, kw_only=True)
class PayoffSpec:
    """A payoff; `kind` is its name in a case file."""

    kind: ClassVar[str]

    def __repr__(self) -> str:
        return brief(self)


@dataclass(frozen=True, kw_only=True, repr=False)
class DiscretePayoff(PayoffSpec):
    """Finitely many payoffs, in money, all different, and their probabilities, which sum to 1."""

    kind: ClassVar[str] = "discrete"
    values: _Numbers
    probabilities: _Positives


@dataclass(frozen=True, kw_only=True)
class NormalPayoff(PayoffSpec):
    """Normal payoff: mean and standard deviation > 0, in money."""

    kind: ClassVar[str] = "normal"
    mean: _Finite
    sd: _Positive


@dataclass(frozen=True, kw_only=True, repr=False)
class MixturePayoff(PayoffSpec):
    """Mixture of normals: means and standard deviations > 0, in money; weights sum to 1."""

    kind: ClassVar[str] = "mixture"
    means: _Numbers
    sds: _Positives
    weights: _Positives


@dataclass(frozen=True, kw_only=True)
class UniformPayoff(PayoffSpec):
    """Uniform payoff between low < high, in money."""

    kind: ClassVar[str] = "uniform"
    low: _Finite
    high: _Finite


@dataclass(frozen=True, kw_only=True)
class LognormalPayoff(PayoffSpec):
    """Lognormal payoff truncated to [low, high], 0 <= low < high, in money.

    ``mean`` > 0 and ``sd`` > 0 are those of the lognormal before truncation, in money.
    """

    kind: ClassVar[str] = "lognormal"
    mean: _Positive
    sd: _Positive
    low: _NonNegative
    high: _Positive


@dataclass(frozen=True, kw_only=True)
class BetaPayoff(PayoffSpec):
    """Beta payoff with shapes a, b > 0, stretched over low < high, in money."""

    kind: ClassVar[str] = "beta"
    a: _Positive
    b: _Positive
    low: _Finite
    high: _Finite


@dataclass(frozen=True, kw_only=True, repr=False)
class SamplePayoff(PayoffSpec):
    """Equally likely observations, in money, each blurred by a normal.

    ``bandwidth`` > 0 is the normal's standard deviation, in money; None leaves it to
    Silverman's rule. A case file may give ``file`` (CSV, one number per row) for ``values``.
    """

    kind: ClassVar[str] = "sample"
    values: _Numbers
    bandwidth: _Positive | None = None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Cost of total attention S, in money/time (derivation.md, section 6).

    Attributes
    ----------
    kind : str
        Its name in a case file.
    scale : float
        > 0, in money/(time·attention^exponent), or money/(time·attention).
    linear : float
        >= 0, in money/(time·attention).
    """

    kind: ClassVar[str]
    scale: _Positive
    linear: _NonNegative = 0.0


@dataclass(frozen=True, kw_only=True)
class PowerCost(Cost):
    """scale·S^exponent/exponent + linear·S, with exponent > 1."""

    kind: ClassVar[str] = "power"
    exponent: _AboveOne


@dataclass(frozen=True, kw_only=True)
class ExponentialCost(Cost):
    """scale·(exp(rate·S) - 1)/rate + linear·S, with rate > 0 in 1/attention."""

    kind: ClassVar[str] = "exponential"
    rate: _Positive


@dataclass(frozen=True, kw_only=True)
class Attention:
    """Signals, their precision and the cost of attending to them (derivation.md, section 6).

    Precision h(a), per signal, is in 1/(money²·time).

    Attributes
    ----------
    precision : str
        Name of h in a case file.
    signals : int
        Number of signals, >= 1.
    capacity : float
        Largest total attention, > 0; may be infinite.
    cost : Cost
    """

    precision: ClassVar[str]
    signals: Annotated[int, Rule("from 1 to 1000000", lambda x: 1 <= x <= 1_000_000)]
    capacity: Annotated[float, Rule("> 0", lambda x: x > 0, infinite=True)] = inf
    cost: Cost


@dataclass(frozen=True, kw_only=True)
class LinearAttention(Attention):
    """h(a) = efficiency·a, with efficiency > 0 in 1/(money²·time·attention)."""

    precision: ClassVar[str] = "linear"
    efficiency: _Positive


@dataclass(frozen=True, kw_only=True)
class PowerAttention(Attention):
    """h(a) = efficiency·a^elasticity, with efficiency > 0 and 0 < elasticity < 1.

    The efficiency is in 1/(money²·time·attention^elasticity).
    """

    precision: ClassVar[str] = "power"
    efficiency: _Positive
    elasticity: _Share


@dataclass(frozen=True, kw_only=True)
class ExponentialAttention(Attention):
    """h(a) = exp(sensitivity·a), with sensitivity > 0 in 1/attention."""

    precision: ClassVar[str] = "exponential"
    sensitivity: _Positive


# what a case file may choose from, by name: a new one is added here
PAYOFFS: dict[str, type[PayoffSpec]] = {
    cls.kind: cls
    for cls in (
        DiscretePayoff,
        NormalPayoff,
        MixturePayoff,
        UniformPayoff,
        LognormalPayoff,
        BetaPayoff,
        SamplePayoff,
    )
}
PRECISIONS: dict[str, type[Attention]] = {
    cls.precision: cls for cls in (LinearAttention, PowerAttention, ExponentialAttention)
}
COSTS: dict[str, type[Cost]] = {cls.kind: cls for cls in (PowerCost, ExponentialCost)}


@dataclass(frozen=True, kw_only=True)
class Numerics:
    """How to solve; the defaults need no thought.

    Attributes
    ----------
    tolerance : float
        Accuracy asked for, relative to the payoff's scale, from 1e-10 to 0.1.
    order : int
        Order of the differences in xi: 2, 4, 6, 8 or 10.
    xi_nodes, psi_nodes : int
        Grid nodes; 0 leaves them to the program.
    max_steps : int
        Largest number of time steps, >= 1.
    """

    tolerance: _Tolerance = 1e-5
    order: Annotated[int, Rule("one of 2, 4, 6, 8, 10", lambda x: x in (2, 4, 6, 8, 10))] = 8
    xi_nodes: Annotated[
        int, Rule("0, 1 or from 16 to 20000", lambda x: x in (0, 1) or 16 <= x <= 20000)
    ] = 0
    psi_nodes: Annotated[
        int, Rule("0, 1 or from 8 to 2000", lambda x: x in (0, 1) or 8 <= x <= 2000)
    ] = 0
    max_steps: Annotated[int, Rule("from 1 to 1e9", lambda x: 1 <= x <= 1_000_000_000)] = 2000


@dataclass(frozen=True, kw_only=True)
class Case:
    """One economy, ready to solve; as text it is a TOML file that loads back to an equal case."""

    name: str
    title: str
    description: str = ""
    source: str = ""
    market: Market
    payoff: PayoffSpec
    attention: Attention
    numerics: Numerics

    def __str__(self) -> str:
        return write_toml(as_tables(self))
