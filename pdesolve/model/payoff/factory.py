"""From the payoff of a case to its prior.

Atoms, normals and mixtures of normals are tilted in closed form (mixture.py); densities on an
interval by quadrature (density.py).
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import beta, lognorm, uniform

from pdesolve.case import (
    BetaPayoff,
    DiscretePayoff,
    LognormalPayoff,
    MixturePayoff,
    NormalPayoff,
    PayoffSpec,
    SamplePayoff,
    UniformPayoff,
)
from pdesolve.model.payoff.compress import compressed
from pdesolve.model.payoff.density import DensityPrior, Family
from pdesolve.model.payoff.mixture import MixturePrior, NormalPrior
from pdesolve.model.payoff.prior import Prior, PriorError
from pdesolve.model.payoff.quadrature import QuadratureRule, beta_rule, lognormal_rule, uniform_rule
from pdesolve.typing import Array

TINY = float(np.finfo(float).tiny)
TABLED = 64  # components beyond which a table of cumulants is worth while


@lru_cache(maxsize=4)  # every pass of a solve asks for the same one
def make_prior(spec: PayoffSpec) -> Prior:
    """Prior of a payoff specification.

    Parameters
    ----------
    spec : PayoffSpec
        Of a class that `PRIORS` knows.

    Returns
    -------
    Prior

    Raises
    ------
    PriorError
        If phi is not finite, the payoff is certain, or its spread is lost to rounding.
    """
    with np.errstate(all="ignore"):
        prior = PRIORS[type(spec)](spec)
        cumulants = prior.cumulants(0.0, 0.0)
        mean = prior.centre + cumulants.mean
    if not (np.all(np.isfinite(cumulants)) and cumulants.variance > 0.0):
        raise PriorError(
            f"a {spec.kind} payoff needs a finite log mass, mean and positive variance, got "
            f"{cumulants.phi}, {mean} and {cumulants.variance} for {spec}"
        )
    return prior


def _discrete(spec: DiscretePayoff) -> Prior:
    """Atoms; equal values are merged."""
    atoms, which = np.unique(np.asarray(spec.values), return_inverse=True)
    weights = np.bincount(which, weights=np.asarray(spec.probabilities))
    low, high = float(atoms[0]), float(atoms[-1])
    return compressed(
        MixturePrior(
            low=low,
            high=high,
            centre=low + 0.5 * (high - low),
            is_two_point=atoms.size == 2,
            offsets=(atoms - low) - 0.5 * (high - low),
            log_weights=np.log(weights / weights.sum()),
            sds=np.zeros(1),
        )
    )


def _mixture(means: Array, sds: Array, weights: Array) -> Prior:
    """Mixture of normals; a normal if all components coincide."""
    same_sd = bool(np.all(sds == sds[0]))
    if same_sd and np.all(means == means[0]):
        return NormalPrior(low=-np.inf, high=np.inf, centre=float(means[0]), spread=float(sds[0]))
    weights = weights / weights.sum()
    centre = float(means[0] + np.sum(weights * (means - means[0])))
    return compressed(
        MixturePrior(
            low=-np.inf,
            high=np.inf,
            centre=centre,
            offsets=means - centre,
            log_weights=np.log(weights),
            sds=sds[:1] if same_sd else sds,
            slow=means.size > TABLED,
        )
    )


def _sample(spec: SamplePayoff) -> Prior:
    """Sample smoothed by normals; Silverman's rule for the bandwidth if none is given."""
    values, bandwidth = np.asarray(spec.values), spec.bandwidth
    if bandwidth is None:
        if np.all(values == values[0]):
            raise PriorError(f"a sample of one value needs a bandwidth, got {values[0]} only")
        sd = float(np.std(values, ddof=1))
        quartiles = np.quantile(values, [0.25, 0.75])
        middle = float(quartiles[1] - quartiles[0]) / 1.34
        bandwidth = 0.9 * min(sd, middle or sd) * values.size**-0.2
    return _mixture(values, np.full(values.size, bandwidth), np.ones(values.size))


def _lognormal(spec: LognormalPayoff) -> Prior:
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
    middle, sd = np.log(spec.mean) - 0.5 * log_variance, np.sqrt(log_variance)

    with np.errstate(divide="ignore"):
        low, high = ndtr((np.log([spec.low, spec.high]) - middle) / sd)

    def inverse(share: Array) -> Array:
        with np.errstate(divide="ignore"):
            x = np.exp(middle + sd * ndtri(low + (high - low) * share))
        return np.asarray(np.clip(x, spec.low, spec.high))

    def pdf(x: Array) -> Array:
        inside = (x >= spec.low) & (x <= spec.high)
        return np.where(inside, lognorm.pdf(x, sd, scale=np.exp(middle)) / (high - low), 0.0)

    def features(y: Array) -> list[Array]:
        log = np.log(y + 0.5 * (1.0 + spec.low / spec.high))
        return [log, -0.5 * log**2]

    log_mean, precision = rule.keywords["log_mean"], 1.0 / log_variance
    natural, least = (log_mean * precision, precision), spec.low / spec.high
    family = Family(("lognormal",), natural, features, least)
    return _density(spec.low, spec.high, spec.high, rule, family, pdf, inverse)


def _uniform(spec: UniformPayoff) -> Prior:
    """Uniform, in units of half its range."""
    width = spec.high - spec.low
    law = uniform(loc=spec.low, scale=width)
    family = Family(("uniform",), (), lambda y: [])
    return _density(spec.low, spec.high, width / 2.0, uniform_rule, family, law.pdf, law.ppf)


def _beta(spec: BetaPayoff) -> Prior:
    """Beta, in units of its range."""
    width = spec.high - spec.low
    law = beta(spec.a, spec.b, loc=spec.low, scale=width)
    rule = partial(beta_rule, a=spec.a, b=spec.b)

    def features(y: Array) -> list[Array]:
        return [np.log(np.maximum(share, TINY)) for share in (0.5 + y, 0.5 - y)]

    family = Family(("beta",), (spec.a, spec.b), features)
    return _density(spec.low, spec.high, width, rule, family, law.pdf, law.ppf)


def _density(
    low: float,
    high: float,
    scale: float,
    rule: Callable[..., QuadratureRule],
    family: Family,
    pdf: Callable[[Array], Array],
    inverse: Callable[[Array], Array],
) -> Prior:
    """Prior on [low, high] of a quadrature rule."""
    return DensityPrior(
        low=low,
        high=high,
        centre=low + 0.5 * (high - low),
        scale=scale,
        rule=rule,
        family=family,
        untilted=rule(np.zeros(1), np.zeros(1)),
        pdf=pdf,
        inverse=inverse,
    )


PRIORS: dict[type[PayoffSpec], Callable[[Any], Prior]] = {  # a new one is added here
    DiscretePayoff: _discrete,
    NormalPayoff: lambda spec: _mixture(np.array([spec.mean]), np.array([spec.sd]), np.ones(1)),
    MixturePayoff: lambda spec: _mixture(
        np.asarray(spec.means), np.asarray(spec.sds), np.asarray(spec.weights)
    ),
    SamplePayoff: _sample,
    UniformPayoff: _uniform,
    BetaPayoff: _beta,
    LognormalPayoff: _lognormal,
}
