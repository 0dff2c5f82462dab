"""Tilted cumulants in 40 digits."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
from mpmath import mp, mpf

from pdesolve.case.parameters import BetaPayoff, LognormalPayoff, UniformPayoff
from pdesolve.model.payoff.factory import make_prior
from pdesolve.typing import Array
from tests.model.payoff.specs import SPECS, unit

Reference = tuple[Any, ...]  # phi, mean, variance, third, fourth in mpmath's numbers


def cumulants_of(masses: list[Any], centres: list[Any], spreads: list[Any]) -> Reference:
    """Log mass and cumulants of a mixture of normals given by masses, means and variances."""
    total = mp.fsum(masses)
    mean = mp.fdot(masses, centres) / total
    parts = [(w / total, x - mean, v) for w, x, v in zip(masses, centres, spreads, strict=True)]
    variance = mp.fsum(w * (d**2 + v) for w, d, v in parts)
    third = mp.fsum(w * (d**3 + 3 * d * v) for w, d, v in parts)
    fourth = mp.fsum(w * (d**4 + 6 * d**2 * v + 3 * v**2) for w, d, v in parts)
    return mp.log(total), mean, variance, third, fourth - 3 * variance**2


def mixture_reference(spec: Any, centre: float, zeta: float, psi: float) -> Reference:
    """Cumulants of tilted normals or atoms, from the textbook formulas in 40 digits."""
    means = getattr(spec, "means", None) or getattr(spec, "values", None) or (spec.mean,)
    shares = getattr(spec, "weights", None) or getattr(spec, "probabilities", [1.0] * len(means))
    sds = getattr(spec, "sds", [getattr(spec, "bandwidth", getattr(spec, "sd", 0.0))] * len(means))
    z, p = mpf(zeta), mpf(psi)
    logs, centres, spreads = [], [], []
    for mean, share, sd in zip(means, shares, sds, strict=True):
        u, s2 = mpf(mean) - mpf(centre), mpf(sd) ** 2
        grown = 1 + p * s2
        logs.append(mp.log(share) + (2 * u * z + z**2 * s2 - p * u**2) / (2 * grown))
        logs[-1] -= mp.log(grown) / 2 + mp.log(mp.fsum(map(mpf, shares)))
        centres.append((u + z * s2) / grown)
        spreads.append(s2 / grown)
    top = max(logs)
    phi, *rest = cumulants_of([mp.exp(log - top) for log in logs], centres, spreads)
    return (phi + top, *rest)


def density_reference(spec: Any, centre: float, zeta: float, psi: float) -> Reference:
    """Cumulants of a tilted density, by panels found on a scan of 200,000 points."""
    log_density, position, scan = log_density_of(spec)
    c, z, p = mpf(centre), mpf(zeta), mpf(psi)
    offsets = position(scan, np) - centre
    heights = log_density(scan, np) + zeta * offsets - psi * offsets**2 / 2
    peak = mpf(float(heights.max()))
    gauss = mpmath.calculus.quadrature.GaussLegendre(mp).calc_nodes(4, mp.prec)
    masses, points = [], []
    shown = np.flatnonzero(heights > heights.max() - 60.0)
    for run in np.split(shown, np.flatnonzero(np.diff(shown) > 1) + 1):
        part = slice(max(run[0] - 1, 0), run[-1] + 2)
        wide = np.maximum(1.0, np.abs(scan[part][1:]) / 3.0 - 8.0)  # far logits are straight
        change = np.abs(np.diff(heights[part])) / 6.0 + np.diff(scan[part]) / wide
        steps = np.concatenate([[0.0], np.cumsum(change)])
        edges = np.interp(np.linspace(0, steps[-1], int(steps[-1]) + 2), steps, scan[part])
        for left, right in pairwise(edges):
            half = (mpf(right) - mpf(left)) / 2
            for node, weight in gauss:
                t = mpf(left) + half * (1 + node)
                x = position(t, mp) - c
                height = log_density(t, mp) + z * x - p * x**2 / 2 - peak
                masses.append(weight * half * mp.exp(height))
                points.append(x)
    phi, *rest = cumulants_of(masses, points, [mpf(0)] * len(points))
    return (phi + peak, *rest)


def log_density_of(spec: Any) -> tuple[Callable[..., Any], Callable[..., Any], Array]:
    """Normalised log density in a variable t, the payoff at t, and a scan of t."""
    wide = np.tanh(np.linspace(-18.0, 18.0, 200_001))
    low, high = spec.low, spec.high
    if isinstance(spec, UniformPayoff):
        middle, half = (low + high) / 2.0, (high - low) / 2.0
        return lambda t, m: 0 * t - m.log(high - low), lambda t, m: t, middle + half * wide
    if isinstance(spec, BetaPayoff):
        norm = mp.log(mp.beta(spec.a, spec.b))

        def beta(t: Any, m: Any) -> Any:
            down, up = m.log1p(m.exp(-t)), m.log1p(m.exp(t))
            return -spec.a * down - spec.b * up - (norm if m is mp else float(norm))

        scan = np.linspace(-60.0 / min(spec.a, 1.0), 60.0 / min(spec.b, 1.0), 100_001)
        scan = np.union1d(scan, np.linspace(-20.0, 20.0, 200_001))
        return beta, lambda t, m: low + (high - low) / (1 + m.exp(-t)), scan
    assert isinstance(spec, LognormalPayoff)
    s2 = mp.log1p((mpf(spec.sd) / mpf(spec.mean)) ** 2)
    mu, s = mp.log(spec.mean) - s2 / 2, mp.sqrt(s2)
    start = mp.log(low) if low > 0 else mu - 40 * s
    inside = mp.ncdf((mp.log(high) - mu) / s) - (mp.ncdf((start - mu) / s) if low > 0 else 0)
    norm = mp.log(inside * s * mp.sqrt(2 * mp.pi))

    # t in [0, 1] keeps the ends exact: log x = start + t (log high - start)
    length = mp.log(high) - start

    def log_x(t: Any, m: Any) -> Any:
        return start + t * length if m is mp else float(start) + t * float(length)

    def lognormal(t: Any, m: Any) -> Any:
        a, b, n = (mu, s2, norm - mp.log(length))
        a, b, n = (a, b, n) if m is mp else (float(a), float(b), float(n))
        return -((log_x(t, m) - a) ** 2) / (2 * b) - n

    return lognormal, lambda t, m: m.exp(log_x(t, m)), np.unique((1.0 + wide) / 2.0)


def errors(name: str, tilts: list[tuple[float, float]], reference: Callable[..., Any]) -> Array:
    """Errors of the five results in their units, for tilts in units of the payoff's range."""
    prior = make_prior(SPECS[name])
    size = unit(prior)
    zeta, psi = np.array(tilts).T / [[size], [size**2]]
    results = np.array(prior.cumulants(zeta, psi))
    worst = np.zeros(5)
    for z, p, result in zip(zeta, psi, results.T, strict=True):
        exact = reference(SPECS[name], prior.centre, z, p)
        large = [max(1, abs(exact[0])), mpf(size), mpf(size) ** 2, mpf(size) ** 3, mpf(size) ** 4]
        if not np.isfinite(prior.high):  # a normal's mean leaves any range
            large[1] = max(large[1], abs(exact[1]))
        gaps = zip(result, exact, large, strict=True)
        worst = np.maximum(worst, [float(abs(mpf(r) - e) / u) for r, e, u in gaps])
    return worst
