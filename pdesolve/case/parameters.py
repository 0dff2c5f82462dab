"""The parts of a case: frozen dataclasses whose annotations carry the rule for each number.

:mod:`pdesolve.case.keys` reads the rules, :mod:`pdesolve.case.schema` builds the parts. Units as in
derivation.md, section 1: money, shares, time and attention are the user's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar

from pdesolve.case.rules import (
    AboveOne,
    Finite,
    NonNegative,
    Numbers,
    Order,
    Positive,
    PositiveOrInfinite,
    Positives,
    PsiNodes,
    Share,
    SignalCount,
    StepCount,
    Tolerance,
    XiNodes,
)
from pdesolve.case.sources import write_toml
from pdesolve.case.tables import as_tables, brief


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """Public news at a date, before the horizon (derivation.md, section 13).

    Attributes
    ----------
    time : float
        > 0, in time.
    precision : float
        > 0, in 1/money².
    """

    time: Positive
    precision: Positive


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
    public_precision : float
        Precision of public news per unit of time, >= 0, in 1/(money²·time).
    horizon : float
        Date at which the payoff is paid, > 0, in time.
    announcements : tuple of Announcement
        By time, all at different ones.
    """

    risk_aversion: Positive
    supply_volatility: Positive
    initial_supply: Finite = 0.0
    public_precision: NonNegative = 0.0
    horizon: Positive
    announcements: tuple[Announcement, ...] = ()


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
    values: Numbers
    probabilities: Positives


@dataclass(frozen=True, kw_only=True)
class NormalPayoff(PayoffSpec):
    """Normal payoff: mean and standard deviation > 0, in money."""

    kind: ClassVar[str] = "normal"
    mean: Finite
    sd: Positive


@dataclass(frozen=True, kw_only=True, repr=False)
class MixturePayoff(PayoffSpec):
    """Mixture of normals: means and standard deviations > 0, in money; weights sum to 1."""

    kind: ClassVar[str] = "mixture"
    means: Numbers
    sds: Positives
    weights: Positives


@dataclass(frozen=True, kw_only=True)
class UniformPayoff(PayoffSpec):
    """Uniform payoff between low < high, in money."""

    kind: ClassVar[str] = "uniform"
    low: Finite
    high: Finite


@dataclass(frozen=True, kw_only=True)
class LognormalPayoff(PayoffSpec):
    """Lognormal payoff truncated to [low, high], 0 <= low < high, in money.

    ``mean`` > 0 and ``sd`` > 0 are those of the lognormal before truncation, in money.
    """

    kind: ClassVar[str] = "lognormal"
    mean: Positive
    sd: Positive
    low: NonNegative = 0.0
    high: Positive


@dataclass(frozen=True, kw_only=True)
class BetaPayoff(PayoffSpec):
    """Beta payoff with shapes a, b > 0, stretched over low < high, in money."""

    kind: ClassVar[str] = "beta"
    a: Positive
    b: Positive
    low: Finite
    high: Finite


@dataclass(frozen=True, kw_only=True, repr=False)
class SamplePayoff(PayoffSpec):
    """Equally likely observations, in money, each blurred by a normal.

    ``bandwidth`` > 0 is the normal's standard deviation, in money; None leaves it to
    Silverman's rule. In a case file :class:`~pdesolve.case.samples.SampleFile`
    may stand for ``values``.
    """

    kind: ClassVar[str] = "sample"
    values: Numbers
    bandwidth: Positive | None = None


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
    scale: Positive
    linear: NonNegative = 0.0


@dataclass(frozen=True, kw_only=True)
class PowerCost(Cost):
    """scale·S^exponent/exponent + linear·S, with exponent > 1."""

    kind: ClassVar[str] = "power"
    exponent: AboveOne = 2.0


@dataclass(frozen=True, kw_only=True)
class ExponentialCost(Cost):
    """scale·(exp(rate·S) - 1)/rate + linear·S, with rate > 0 in 1/attention."""

    kind: ClassVar[str] = "exponential"
    rate: Positive


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
    signals: SignalCount = 1
    capacity: PositiveOrInfinite = inf
    cost: Cost


@dataclass(frozen=True, kw_only=True)
class LinearAttention(Attention):
    """h(a) = efficiency·a, with efficiency > 0 in 1/(money²·time·attention)."""

    precision: ClassVar[str] = "linear"
    efficiency: Positive = 1.0


@dataclass(frozen=True, kw_only=True)
class PowerAttention(Attention):
    """h(a) = efficiency·a^elasticity, with efficiency > 0 and 0 < elasticity < 1.

    The efficiency is in 1/(money²·time·attention^elasticity).
    """

    precision: ClassVar[str] = "power"
    efficiency: Positive = 1.0
    elasticity: Share


@dataclass(frozen=True, kw_only=True)
class ExponentialAttention(Attention):
    """h(a) = efficiency·exp(sensitivity·a), with sensitivity > 0 in 1/attention.

    The efficiency, > 0 in 1/(money²·time), is what every signal brings for nothing.
    """

    precision: ClassVar[str] = "exponential"
    efficiency: Positive = 1.0
    sensitivity: Positive


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

    tolerance: Tolerance = 1e-5
    order: Order = 8
    xi_nodes: XiNodes = 0
    psi_nodes: PsiNodes = 0
    max_steps: StepCount = 2000


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

    @property
    def heading(self) -> str:
        """Name and title; a case without a title has its name only."""
        return self.name if self.title == self.name else f"{self.name}: {self.title}"

    def __str__(self) -> str:
        return write_toml(as_tables(self))
