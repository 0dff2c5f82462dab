"""What a case's plain numbers say, written out once more for the checks.

Tilted payoffs by direct summation over x itself, not centred; precision, cost and the best
attention from their definitions (derivation.md, sections 3 and 6). Nothing here is shared with the
code that solves; a payoff or technology that is added later and is not known here falls back on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.optimize import brentq

from pdesolve.case import (
    Attention,
    BetaPayoff,
    DiscretePayoff,
    ExponentialAttention,
    ExponentialCost,
    LinearAttention,
    LognormalPayoff,
    MixturePayoff,
    NormalPayoff,
    PayoffSpec,
    PowerAttention,
    PowerCost,
    SamplePayoff,
    UniformPayoff,
)
from pdesolve.model.attention.technology import Technology
from pdesolve.model.payoff.prior import Prior
from pdesolve.typing import Array

STEP = 1e-30  # complex step: derivatives exact to rounding


@dataclass(frozen=True, kw_only=True)
class SumTuning:
    """How payoffs with a density are summed.

    Attributes
    ----------
    step, reach : float
        Of the trapezoidal rule over a normal, in its tilted and its own sd: the error is
        exp(-2 pi²/step²), and that of the tails exp(-reach²/2).
    panels, nodes : int
        Of Gauss's rule over an interval.
    far : float
        Fall of the log density at a beta's or a lognormal's ends.
    """

    step: float = 0.5
    reach: float = 10.0
    panels: int = 2000
    nodes: int = 6
    far: float = 50.0


class Tilted(NamedTuple):
    """Log mass, mean and variance of F(dx) exp(xi x - psi x²/2), each of one shape."""

    phi: Array
    mean: Array
    variance: Array


def tilted(spec: PayoffSpec, prior: Prior, xi: Array, psi: Array) -> Tilted:
    """Direct sums over the payoff.

    Parameters
    ----------
    spec : PayoffSpec
    prior : Prior
        Asked for its expectations where the kind of payoff is not known here.
    xi, psi : array, shape (n,)
        Tilts, not centred.
    """
    known = _payoffs(spec, float(np.max(np.abs(xi))), float(np.max(psi)))
    if known is None:
        return _expected(prior, xi, psi)
    (x, log_weight), found = known, []
    for tilt, precision in zip(xi, psi, strict=True):
        exponent = log_weight + tilt * x - 0.5 * precision * x**2
        top = exponent.max()
        mass = np.exp(exponent - top)
        total = mass.sum()
        mean = np.sum(mass * x) / total
        variance = np.sum(mass * (x - mean) ** 2) / total
        found.append((top + np.log(total), mean, variance))
    return Tilted(*np.array(found).T)


def _expected(prior: Prior, xi: Array, psi: Array) -> Tilted:
    """What the prior itself says of the same expectations."""
    c, found = prior.centre, []

    def mean(tilt: float, precision: float, power: int) -> float:
        def tilted(x: Array) -> Array:
            return (x - c) ** power * np.exp((tilt - 0.5 * precision * (x + c)) * (x - c))

        return float(prior.expectation(tilted, 0.0, 0.0))

    for tilt, precision in zip(xi, psi, strict=True):
        total, one, two = (mean(tilt, precision, power) for power in (0, 1, 2))
        phi = np.log(total) + tilt * c - 0.5 * precision * c**2
        found.append((phi, c + one / total, two / total - (one / total) ** 2))
    return Tilted(*np.array(found).T)


def _payoffs(
    spec: PayoffSpec, tilt: float, precision: float, tuning: SumTuning = SumTuning()
) -> tuple[Array, Array] | None:
    """Payoffs and the logs of their weights, which sum to one, for tilts up to these."""
    match spec:
        case DiscretePayoff():
            return np.array(spec.values), _normalised(np.log(spec.probabilities))
        case NormalPayoff():
            return _normals([spec.mean], [spec.sd], [1.0], tilt, precision, tuning)
        case MixturePayoff():
            return _normals(spec.means, spec.sds, spec.weights, tilt, precision, tuning)
        case SamplePayoff(bandwidth=float(width)):
            count = len(spec.values)
            ones = [1.0] * count
            return _normals(spec.values, [width] * count, ones, tilt, precision, tuning)
        case UniformPayoff():
            x, weight = _gauss(spec.low, spec.high, tuning)
            return x, _normalised(np.log(weight))
        case LognormalPayoff():
            spread = np.log1p((spec.sd / spec.mean) ** 2)
            middle = np.log(spec.mean) - 0.5 * spread
            least = middle - np.sqrt(2.0 * tuning.far * spread)
            low = np.log(spec.low) if spec.low > 0 else min(least, np.log(spec.high) - tuning.far)
            y, weight = _gauss(low, np.log(spec.high), tuning)
            return np.exp(y), _normalised(np.log(weight) - 0.5 * (y - middle) ** 2 / spread)
        case BetaPayoff():
            y, weight = _gauss(-tuning.far / spec.a, tuning.far / spec.b, tuning)  # logit
            up, down = -np.logaddexp(0.0, -y), -np.logaddexp(0.0, y)
            x = spec.low + (spec.high - spec.low) * np.exp(up)
            return x, _normalised(np.log(weight) + spec.a * up + spec.b * down)
    return None


def _normals(
    means: Sequence[float],
    sds: Sequence[float],
    weights: Sequence[float],
    tilt: float,
    precision: float,
    tuning: SumTuning,
) -> tuple[Array, Array]:
    """Trapezoidal rules over normals, out to where the tilt takes them and as fine as it asks."""
    mean, sd, weight = (np.asarray(part, float)[:, None] for part in (means, sds, weights))
    reach = tuning.reach + tilt * float(sd.max())
    step = tuning.step / np.sqrt(1.0 + max(precision, 0.0) * float(sd.max()) ** 2)
    y = np.arange(-reach, reach + step, step)
    return (mean + sd * y).ravel(), _normalised((np.log(weight) - 0.5 * y**2).ravel())


def _gauss(low: float, high: float, tuning: SumTuning) -> tuple[Array, Array]:
    """Nodes and weights of Gauss's rule on equal panels."""
    y, weight = leggauss(tuning.nodes)
    ends = np.linspace(low, high, tuning.panels + 1)
    half = 0.5 * (ends[1] - ends[0])
    nodes = (0.5 * (ends[1:] + ends[:-1]))[:, None] + half * y
    return nodes.ravel(), np.tile(half * weight, tuning.panels)


def _normalised(log_weight: Array) -> Array:
    top = log_weight.max()
    return np.asarray(log_weight - top - np.log(np.sum(np.exp(log_weight - top))))


# ------------------------------------------------------------------ attention


class Chosen(NamedTuple):
    """Attention, the precision rate that it buys and its cost."""

    attention: float
    precision_rate: float
    cost: float


def precision_of(attention: Attention, a: Array) -> Array:
    """Precision per unit of time h(a) of one signal."""
    match attention:
        case LinearAttention():
            return attention.efficiency * a
        case PowerAttention():
            return attention.efficiency * a**attention.elasticity
        case ExponentialAttention():
            return attention.efficiency * np.exp(attention.sensitivity * a)
    return Technology.of(replace(attention, signals=1)).precision.rate(a)


def cost_of(attention: Attention, s: Array) -> Array:
    """Cost per unit of time C(S)."""
    cost = attention.cost
    match cost:
        case PowerCost():
            return cost.scale * s**cost.exponent / cost.exponent + cost.linear * s
        case ExponentialCost():
            return cost.scale * np.expm1(cost.rate * s) / cost.rate + cost.linear * s
    return Technology.of(attention).cost.value(s)


def choose(attention: Attention, benefit: float) -> Chosen:
    """The best of all attention, by a scan and the first-order condition near its best point.

    Attention is split equally or goes to one signal, whichever buys more.
    """
    count = attention.signals

    def equal(s: Array) -> Array:
        return count * precision_of(attention, s / count)

    def single(s: Array) -> Array:
        rest = (count - 1) * precision_of(attention, np.zeros(1)) if count > 1 else 0.0
        return precision_of(attention, s) + rest

    found = [_best(attention, bought, benefit) for bought in (equal, single)]
    return max(found, key=lambda one: benefit * one.precision_rate - one.cost)


def _best(attention: Attention, bought: Callable[[Array], Array], benefit: float) -> Chosen:
    """The best total with the precision that it buys."""

    def gain(s: Array) -> Array:
        return benefit * bought(s) - cost_of(attention, s)

    def slope(log_s: float) -> float:
        s: Any = np.array([np.exp(log_s)]) + STEP * 1j
        return float(gain(s).imag[0] / STEP)

    scan = np.geomspace(1e-12, 1e12, 4801)
    scan = np.append(0.0, scan[scan < attention.capacity])
    if np.isfinite(attention.capacity):
        scan = np.append(scan, attention.capacity)
    with np.errstate(all="ignore"):
        values = gain(scan)
        at = int(np.argmax(np.where(np.isfinite(values), values, -np.inf)))
        total = scan[at]
        if 1 < at < scan.size - 1:
            low, high = np.log(scan[at - 1]), np.log(scan[at + 1])
            total = np.exp(brentq(slope, low, high, xtol=1e-15))
        elif at == scan.size - 1 and scan.size > 2 and slope(float(np.log(total))) < 0:
            total = np.exp(brentq(slope, np.log(scan[at - 1]), np.log(total), xtol=1e-15))
    one = np.array([total])
    return Chosen(float(total), float(bought(one)[0]), float(cost_of(attention, one)[0]))
