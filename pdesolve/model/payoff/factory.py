"""Priors of the payoff, one per payoff kind: phi and the tilted cumulants p^s, V^s, k_3, k_4.

Atoms, normals and mixtures of normals are tilted in closed form (mixture.py); densities on an
interval by the rules of quadrature.py (derivation.md, section 3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from pdesolve.case import parameters
from pdesolve.model.payoff.mixture import MixturePrior, NormalPrior
from pdesolve.model.payoff.prior import Cumulants, Prior, PriorError
from pdesolve.model.payoff.quadrature import (
    NODES,
    PANELS,
    Rule,
    beta_rule,
    lognormal_rule,
    uniform_rule,
)
from pdesolve.typing import Array

__all__ = ["Cumulants", "DensityPrior", "Prior", "PriorError", "make_prior"]


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityPrior(Prior):
    """Prior with a density on an interval, by quadrature (derivation.md, section 3).

    Attributes
    ----------
    scale : float
        Unit of payoff in which `rule` works, money.
    rule : callable
        Rule of the tilts in that unit.
    log_mass : float
        Log of the rule's total mass with no tilt.
    """

    scale: float
    rule: Callable[[Array, Array], Rule]
    log_mass: float

    @property
    def _size(self) -> int:
        return 2 * (PANELS + 1) * NODES

    def _cumulants(self, zeta: Array, psi: Array) -> Cumulants:
        rule = self.rule(zeta * self.scale, psi * self.scale**2)
        total = rule.weight.sum(axis=0)
        weight = rule.weight / total
        step = np.sum(weight * rule.shift, axis=0)
        apart = rule.shift - step
        moment = weight * apart**2
        variance = moment.sum(axis=0)
        moment *= apart
        third = moment.sum(axis=0)
        moment *= apart
        fourth = moment.sum(axis=0) - 3.0 * variance**2
        return Cumulants(
            rule.log_peak + np.log(total) - self.log_mass,
            (rule.anchor + step) * self.scale,
            variance * self.scale**2,
            third * self.scale**3,
            fourth * self.scale**4,
        )

    def _nodes(self, zeta: Array, psi: Array) -> tuple[Array, Array]:
        rule = self.rule(zeta * self.scale, psi * self.scale**2)
        return (rule.anchor + rule.shift) * self.scale, rule.weight / rule.weight.sum(axis=0)


def make_prior(spec: parameters.PayoffSpec) -> Prior:
    """Prior of a payoff specification.

    Parameters
    ----------
    spec : PayoffSpec
        One of the payoff classes of case.py.

    Returns
    -------
    Prior

    Raises
    ------
    PriorError
        If phi is not finite, the payoff is certain, or its spread is lost to rounding.
    """
    with np.errstate(all="ignore"):
        prior = _prior(spec)
        cumulants = prior.cumulants(0.0, 0.0)
    if not (np.all(np.isfinite(cumulants)) and cumulants.variance > 0.0):
        raise PriorError(
            f"a {spec.kind} payoff needs a finite log mass, mean and positive variance, got "
            f"{cumulants.phi}, {prior.centre + cumulants.mean} and {cumulants.variance} for {spec}"
        )
    return prior


def _prior(spec: parameters.PayoffSpec) -> Prior:
    """Prior of a payoff specification, not checked."""
    match spec:
        case parameters.DiscretePayoff():
            return _discrete(np.asarray(spec.values), np.asarray(spec.probabilities))
        case parameters.NormalPayoff():
            return _mixture(np.array([spec.mean]), np.array([spec.sd]), np.ones(1))
        case parameters.MixturePayoff():
            return _mixture(*(np.asarray(part) for part in (spec.means, spec.sds, spec.weights)))
        case parameters.SamplePayoff():
            return _sample(np.asarray(spec.values), spec.bandwidth)
        case parameters.UniformPayoff():
            return _density(spec.low, spec.high, (spec.high - spec.low) / 2.0, uniform_rule)
        case parameters.BetaPayoff():
            rule = partial(beta_rule, a=spec.a, b=spec.b)
            return _density(spec.low, spec.high, spec.high - spec.low, rule)
        case parameters.LognormalPayoff():
            return _lognormal(spec)


def _discrete(values: Array, probabilities: Array) -> Prior:
    """Atoms; equal values are merged."""
    atoms, which = np.unique(values, return_inverse=True)
    weights = np.bincount(which, weights=probabilities)
    low, high = float(atoms[0]), float(atoms[-1])
    return MixturePrior(
        low=low,
        high=high,
        centre=low + 0.5 * (high - low),
        is_two_point=atoms.size == 2,
        offsets=(atoms - low) - 0.5 * (high - low),
        log_weights=np.log(weights / weights.sum()),
        sds=np.zeros(1),
    )


def _mixture(means: Array, sds: Array, weights: Array) -> Prior:
    """Mixture of normals; a normal if all components coincide."""
    same_sd = bool(np.all(sds == sds[0]))
    if same_sd and np.all(means == means[0]):
        return NormalPrior(low=-np.inf, high=np.inf, centre=float(means[0]), spread=float(sds[0]))
    weights = weights / weights.sum()
    centre = float(means[0] + np.sum(weights * (means - means[0])))
    return MixturePrior(
        low=-np.inf,
        high=np.inf,
        centre=centre,
        offsets=means - centre,
        log_weights=np.log(weights),
        sds=sds[:1] if same_sd else sds,
    )


def _sample(values: Array, bandwidth: float | None) -> Prior:
    """Sample smoothed by normals; Silverman's rule for the bandwidth if none is given."""
    if bandwidth is None:
        if np.all(values == values[0]):
            raise PriorError(f"a sample of one value needs a bandwidth, got {values[0]} only")
        sd = float(np.std(values, ddof=1))
        quartiles = np.quantile(values, [0.25, 0.75])
        middle = float(quartiles[1] - quartiles[0]) / 1.34
        bandwidth = 0.9 * min(sd, middle or sd) * values.size**-0.2
    return _mixture(values, np.full(values.size, bandwidth), np.ones(values.size))


def _lognormal(spec: parameters.LognormalPayoff) -> Prior:
    """Truncated lognormal, in units of the upper end of its support."""
    if not np.isfinite(spec.high):
        raise PriorError(
            "a lognormal payoff must be truncated from above (exp(xi x) has no mean for xi > 0), "
            f"got high = {spec.high}"
        )
    log_variance = float(np.log1p((spec.sd / spec.mean) ** 2))
    rule = partial(
        lognormal_rule,
        log_mean=float(np.log(spec.mean / spec.high)) - 0.5 * log_variance,
        log_sd=float(np.sqrt(log_variance)),
        low=spec.low / spec.high,
        centre=0.5 * (1.0 + spec.low / spec.high),
    )
    return _density(spec.low, spec.high, spec.high, rule)


def _density(low: float, high: float, scale: float, rule: Callable[[Array, Array], Rule]) -> Prior:
    """Prior on [low, high] of a quadrature rule."""
    untilted = rule(np.zeros(1), np.zeros(1))
    return DensityPrior(
        low=low,
        high=high,
        centre=low + 0.5 * (high - low),
        scale=scale,
        rule=rule,
        log_mass=float((untilted.log_peak + np.log(untilted.weight.sum(axis=0)))[0]),
    )
