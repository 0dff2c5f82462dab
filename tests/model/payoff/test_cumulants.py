"""Priors: against 40 digits, against themselves by a second route, and at the edges."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from pdesolve.case.parameters import (
    BetaPayoff,
    DiscretePayoff,
    LognormalPayoff,
    MixturePayoff,
    NormalPayoff,
    PayoffSpec,
    SamplePayoff,
    UniformPayoff,
)
from pdesolve.model.payoff.factory import Prior, PriorError, make_prior
from pdesolve.typing import Array

Reference = tuple[Any, ...]  # phi, mean, variance, third, fourth in mpmath's numbers

TOLERANCE = 1e-12
MILD = [(0.0, 0.0), (-3.0, 2.0), (1e-3, 0.0), (20.0, 30.0)]
STRONG = [(-1e4, 0.0), (300.0, 3e4), (1e4, 1e3), (0.0, 1e6), (-2e5, 1e6)]

SPECS: dict[str, PayoffSpec] = {
    "two-point": DiscretePayoff(values=(0.0, 1.0), probabilities=(0.5, 0.5)),
    "three-point": DiscretePayoff(values=(0.0, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2)),
    "atoms rare and close": DiscretePayoff(
        values=(5.0, 1.0, 1.000001, 2.0), probabilities=(0.4 - 1e-9, 0.3, 1e-9, 0.3)
    ),
    "normal": NormalPayoff(mean=3.0, sd=2.0),
    "mixture": MixturePayoff(means=(0.0, 1.0, 5.0), sds=(1.0, 1.0, 0.1), weights=(0.3, 0.3, 0.4)),
    "mixture apart": MixturePayoff(means=(-3.0, 3.0), sds=(0.5, 0.5), weights=(0.9, 0.1)),
    "sample": SamplePayoff(values=(1.0, 1.5, 2.5, 2.5, 7.0), bandwidth=0.2),
    "uniform": UniformPayoff(low=5.0, high=9.0),
    "beta": BetaPayoff(a=2.0, b=5.0, low=0.0, high=1.0),
    "beta singular": BetaPayoff(a=0.5, b=0.2, low=-1.0, high=3.0),
    "beta narrow": BetaPayoff(a=400.0, b=90.0, low=0.0, high=1.0),
    "lognormal": LognormalPayoff(mean=1.0, sd=0.5, low=0.0, high=4.0),
    "lognormal two modes": LognormalPayoff(mean=1.0, sd=0.1, low=0.0, high=5.0),
    "lognormal wide": LognormalPayoff(mean=1.0, sd=3.0, low=0.01, high=100.0),
}
CLOSED_FORM = [name for name in SPECS if SPECS[name].kind in ("discrete", "normal", "mixture")]
CLOSED_FORM.append("sample")
DENSITIES = [name for name in SPECS if name not in CLOSED_FORM]


@pytest.fixture(autouse=True)
def forty_digits() -> Any:
    with mp.workdps(40):
        yield


def unit(prior: Prior) -> float:
    """Range of the payoff, or its sd where it is unbounded."""
    return prior.high - prior.low if np.isfinite(prior.high) else prior.sd


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


@pytest.mark.parametrize("name", CLOSED_FORM)
def test_closed_forms_against_forty_digits(name: str) -> None:
    tilts = [(z, p) for z in (-1e4, -20.0, 1e-3, 3.0, 1e4) for p in (0.0, 1.0, 1e3, 1e6)]
    worst = errors(name, MILD + STRONG + tilts, mixture_reference)
    assert worst.max() < TOLERANCE, worst


@pytest.mark.parametrize("name", DENSITIES)
def test_densities_against_forty_digits(name: str) -> None:
    worst = errors(name, MILD + STRONG, density_reference)
    assert worst.max() < TOLERANCE, worst


def test_both_modes_of_a_tilted_lognormal_count() -> None:
    spec = SPECS["lognormal two modes"]
    prior = make_prior(spec)
    scan = np.linspace(0.0, 100.0, 2001)
    middle = scan[np.argmax(prior.cumulants(scan, 0.0).variance)]
    zeta = middle + np.array([-2.0, -0.3, 0.3, 2.0])  # the mass moves from x near 1 to x = high
    result = prior.cumulants(zeta, 0.0)
    assert result.mean[0] < -0.4 and result.mean[-1] > 2.0
    for z, mean in zip(zeta, result.mean, strict=True):
        assert abs(density_reference(spec, prior.centre, z, 0.0)[1] - mean) < 5 * TOLERANCE


@pytest.mark.parametrize("share", [0.5, 0.3, 1e-9])
def test_two_point_tails_keep_their_digits(share: float) -> None:
    prior = make_prior(DiscretePayoff(values=(1.0, 3.0), probabilities=(1.0 - share, share)))
    zeta = np.array([-150.0, -20.0, -0.1, 3.0, 40.0, 160.0])
    result = prior.cumulants(zeta, 0.7)
    for z, variance, third, fourth in zip(zeta, *result[2:], strict=True):
        tilt = mpf(z) + mp.log(mpf(share) / mpf(1.0 - share)) / 2
        sech2, tanh = mp.sech(tilt) ** 2, mp.tanh(tilt)
        assert abs(variance / sech2 - 1) < TOLERANCE
        assert abs(third / (-2 * tanh * sech2) - 1) < 10 * TOLERANCE
        assert abs(fourth / (sech2 * (4 * tanh**2 - 2 * sech2)) - 1) < 10 * TOLERANCE
    assert prior.is_two_point


def test_a_needle_keeps_its_digits() -> None:
    for name in ("uniform", "beta", "lognormal"):
        prior = make_prior(SPECS[name])
        size, psi = unit(prior), 1e12
        result = prior.cumulants(np.array([-0.1, 0.2]) * psi / size, psi / size**2)
        np.testing.assert_allclose(result.mean / size, [-0.1, 0.2], atol=1e-10)
        np.testing.assert_allclose(result.variance * psi / size**2, 1.0, rtol=1e-9)
        np.testing.assert_allclose(result.fourth / result.variance**2, 0.0, atol=1e-8)


@pytest.mark.parametrize("name", SPECS)
def test_cumulants_are_derivatives_of_phi(name: str) -> None:
    prior = make_prior(SPECS[name])
    size = prior.high - prior.low if np.isfinite(prior.high) else 4.0 * prior.sd
    step = 0.05 / size
    weights = np.array([3, -32, 168, -672, 0, 672, -168, 32, -3]) / 840.0  # eighth order
    shifts = step * np.arange(-4, 5).reshape(-1, 1, 1)
    zeta, psi = np.array([-7.0, 0.0, 4.0])[:, None] / size, np.array([1.0, 20.0]) / size**2
    here = prior.cumulants(zeta, psi)
    along_zeta = prior.cumulants(zeta + shifts, psi)
    for order in range(4):
        slope = np.tensordot(weights, along_zeta[order], 1) / step
        np.testing.assert_allclose(slope, here[order + 1], rtol=0, atol=1e-11 * size ** (order + 1))
    along_psi = prior.cumulants(zeta, psi + shifts / size).phi
    slope = np.tensordot(weights, along_psi, 1) / step * size
    heat = -0.5 * (here.variance + here.mean**2)
    np.testing.assert_allclose(slope, heat, rtol=0, atol=1e-11 * size**2)


def test_uniform_is_a_flat_beta() -> None:
    uniform = make_prior(UniformPayoff(low=-2.0, high=6.0))
    beta = make_prior(BetaPayoff(a=1.0, b=1.0, low=-2.0, high=6.0))
    zeta, psi = np.meshgrid(np.linspace(-1e3, 1e3, 41), [0.0, 0.1, 50.0, 1e4])
    for order, (one, other) in enumerate(
        zip(uniform.cumulants(zeta, psi), beta.cumulants(zeta, psi), strict=True)
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=TOLERANCE * 8.0**order)


@pytest.mark.parametrize(
    ("one", "other", "shift"),
    [
        (
            DiscretePayoff(values=(0.0, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2)),
            DiscretePayoff(values=(7.0, 9.5, 14.5), probabilities=(0.5, 0.3, 0.2)),
            7.0,
        ),
        (NormalPayoff(mean=1.0, sd=2.0), NormalPayoff(mean=9.5, sd=5.0), 7.0),
        (
            MixturePayoff(means=(0.0, 2.0), sds=(1.0, 2.0), weights=(0.5, 0.5)),
            MixturePayoff(means=(7.0, 12.0), sds=(2.5, 5.0), weights=(0.5, 0.5)),
            7.0,
        ),
        (SamplePayoff(values=(0.0, 1.0, 4.0)), SamplePayoff(values=(7.0, 9.5, 17.0)), 7.0),
        (UniformPayoff(low=0.0, high=1.0), UniformPayoff(low=7.0, high=9.5), 7.0),
        (BetaPayoff(a=0.5, b=3, low=0, high=1), BetaPayoff(a=0.5, b=3, low=7, high=9.5), 7.0),
        (
            LognormalPayoff(mean=1.0, sd=0.5, low=0.2, high=3.0),
            LognormalPayoff(mean=2.5, sd=1.25, low=0.5, high=7.5),
            0.0,
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_shift_and_scale(one: PayoffSpec, other: PayoffSpec, shift: float) -> None:
    scale = 2.5
    small, large = make_prior(one), make_prior(other)
    zeta, psi = np.linspace(-30.0, 30.0, 7)[:, None], np.array([0.0, 1.0, 40.0])
    results = small.cumulants(zeta, psi), large.cumulants(zeta / scale, psi / scale**2)
    for order, (plain, scaled) in enumerate(zip(*results, strict=True)):
        np.testing.assert_allclose(scaled, plain * scale**order, rtol=1e-11, atol=1e-11)
    assert large.centre == pytest.approx(shift + scale * small.centre, rel=1e-14)
    assert large.mean == pytest.approx(shift + scale * small.mean, rel=1e-13)
    assert large.sd == pytest.approx(scale * small.sd, rel=1e-13)


@pytest.mark.parametrize("name", SPECS)
def test_expectations_of_powers_and_waves(name: str) -> None:
    prior = make_prior(SPECS[name])
    zeta, psi = (
        np.array([-4.0, 0.0, 6.0])[:, None] / prior.sd,
        np.array([0.0, 3.0]) / prior.variance,
    )
    tilted = prior.cumulants(zeta, psi)
    mean = prior.centre + tilted.mean
    for g, wanted in (
        (lambda x: np.ones_like(x), np.ones((3, 2))),
        (lambda x: x, mean),
        (lambda x: x**2, tilted.variance + mean**2),
        (
            lambda x: (x - prior.centre) ** 3,
            tilted.third + 3 * tilted.mean * tilted.variance + tilted.mean**3,
        ),
    ):
        result = prior.expectation(g, zeta, psi)
        assert result.shape == (3, 2)
        np.testing.assert_allclose(result, wanted, rtol=1e-11, atol=1e-11 * unit(prior) ** 3)
    tilt = 0.2 / prior.sd
    moved = prior.cumulants(zeta + tilt, psi).phi - tilted.phi
    result = prior.expectation(lambda x: np.exp(tilt * (x - prior.centre)), zeta, psi)
    np.testing.assert_allclose(np.log(result), moved, rtol=1e-11, atol=1e-12)


def test_a_call_on_a_discrete_payoff_is_exact() -> None:
    prior = make_prior(SPECS["three-point"])
    call = prior.expectation(lambda x: np.maximum(x - 0.5, 0.0), 0.0, 0.0)
    assert call == pytest.approx(0.5 * 0.3 + 2.5 * 0.2, rel=1e-15)


@pytest.mark.parametrize("name", SPECS)
def test_tilting_moves_the_mean_and_evidence_narrows(name: str) -> None:
    prior = make_prior(SPECS[name])
    size = unit(prior)
    zeta = np.sort(np.random.default_rng(1).uniform(-30.0, 30.0, 200)) / size
    psi = np.array([0.0, 0.3, 10.0, 1e3])[:, None] / size**2
    result = prior.cumulants(zeta, psi)
    assert np.all(np.diff(result.mean, axis=1) > -1e-14 * size)
    assert np.all(result.variance >= 0.0)
    slack = 1e-12 * size
    assert np.all(prior.centre + result.mean > prior.low - slack)
    assert np.all(prior.centre + result.mean < prior.high + slack)
    assert np.all(np.diff(result.phi, axis=0) <= 0.0)


@pytest.mark.parametrize("name", SPECS)
def test_nothing_overflows_or_divides_by_zero(name: str) -> None:
    prior = make_prior(SPECS[name])
    size = unit(prior)
    zeta = np.array([-1e9, -1e4, -1.0, -0.0, 0.0, 1e-300, 1e4, 1e9]) / size
    psi = np.array([0.0, 1e-300, 1.0, 1e6, 1e12])[:, None] / size**2
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        result = np.array(prior.cumulants(zeta, psi))
    assert result.shape == (5, 5, 8)
    assert np.all(np.isfinite(result))
    assert np.all(result[2] >= 0.0)


@pytest.mark.parametrize("name", ["three-point", "sample", "uniform", "lognormal two modes"])
def test_a_point_does_not_depend_on_its_neighbours(name: str) -> None:
    prior = make_prior(SPECS[name])
    zeta = np.linspace(-50.0, 50.0, 3001) / prior.sd
    together = np.array(prior.cumulants(zeta, 0.1 / prior.variance))
    for place in (0, 1477, 3000):
        alone = np.array(prior.cumulants(zeta[place], 0.1 / prior.variance))
        assert alone.shape == (5,)
        np.testing.assert_allclose(alone, together[:, place], rtol=1e-11, atol=1e-13)


def test_a_thousand_atoms_and_a_thousand_observations() -> None:
    values = np.sort(np.random.default_rng(2).normal(size=1000))
    atoms = make_prior(DiscretePayoff(values=tuple(values), probabilities=(1e-3,) * 1000))
    assert atoms.mean == pytest.approx(values.mean(), abs=1e-13)
    assert atoms.variance == pytest.approx(values.var(), rel=1e-13)
    sample = make_prior(SamplePayoff(values=tuple(values), bandwidth=0.3))
    assert sample.variance == pytest.approx(values.var() + 0.09, rel=1e-13)
    zeta, psi = np.linspace(-40.0, 40.0, 300), 2.0
    narrow = make_prior(SamplePayoff(values=tuple(values), bandwidth=1e-9))
    shift = narrow.centre - atoms.centre
    direct = atoms.cumulants(zeta + psi * shift, psi)
    np.testing.assert_allclose(narrow.cumulants(zeta, psi).mean + shift, direct.mean, atol=1e-12)


def test_silverman_bandwidth() -> None:
    values = (0.0, 1.0, 2.0, 3.0, 10.0)
    bandwidth = 0.9 * (3.0 - 1.0) / 1.34 * 5**-0.2  # the quartile range is the smaller
    prior = make_prior(SamplePayoff(values=values))
    assert prior.variance == pytest.approx(np.var(values) + bandwidth**2, rel=1e-13)
    values = (1.0, 1.0, 1.0, 1.0, 2.0)  # no quartile range to go by
    bandwidth = 0.9 * float(np.std(values, ddof=1)) * 5**-0.2
    prior = make_prior(SamplePayoff(values=values))
    assert prior.variance == pytest.approx(np.var(values) + bandwidth**2, rel=1e-13)


def test_normal_posterior() -> None:
    prior = make_prior(NormalPayoff(mean=3.0, sd=2.0))
    assert (prior.is_normal, prior.centre, prior.mean, prior.sd) == (True, 3.0, 3.0, 2.0)
    result = prior.cumulants(0.7, 1.5)
    assert result.mean == pytest.approx(0.7 / (0.25 + 1.5), rel=1e-15)
    assert result.variance == pytest.approx(1.0 / (0.25 + 1.5), rel=1e-15)
    assert result.third == 0.0 and result.fourth == 0.0


@pytest.mark.parametrize(
    "spec",
    [
        MixturePayoff(means=(3.0, 3.0), sds=(2.0, 2.0), weights=(0.4, 0.6)),
        MixturePayoff(means=(3.0,), sds=(2.0,), weights=(1.0,)),
        SamplePayoff(values=(3.0, 3.0, 3.0), bandwidth=2.0),
    ],
)
def test_coinciding_components_are_a_normal(spec: PayoffSpec) -> None:
    prior = make_prior(spec)
    assert prior.is_normal and prior.mean == 3.0 and prior.sd == 2.0
    assert not make_prior(SPECS["mixture"]).is_normal


def test_coinciding_atoms_are_one() -> None:
    prior = make_prior(DiscretePayoff(values=(1.0, 0.0, 1.0), probabilities=(0.25, 0.5, 0.25)))
    assert prior.is_two_point and prior.variance == pytest.approx(0.25, rel=1e-15)
    assert not make_prior(SPECS["three-point"]).is_two_point


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (DiscretePayoff(values=(2.0, 2.0), probabilities=(0.5, 0.5)), "positive variance"),
        (UniformPayoff(low=1.0, high=1.0), "positive variance"),
        (UniformPayoff(low=0.0, high=np.inf), "finite"),
        (NormalPayoff(mean=np.nan, sd=1.0), "finite"),
        (BetaPayoff(a=-1.0, b=1.0, low=0.0, high=1.0), "finite"),
        (SamplePayoff(values=(2.0, 2.0)), "bandwidth"),
        (LognormalPayoff(mean=1.0, sd=1.0, low=0.0, high=np.inf), "truncated from above"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_what_has_no_solution_is_refused(spec: PayoffSpec, words: str) -> None:
    with pytest.raises(PriorError, match=words):
        make_prior(spec)


def test_negative_precision_is_refused() -> None:
    with pytest.raises(ValueError, match=r"psi must be non-negative, got -0\.5"):
        make_prior(SPECS["uniform"]).cumulants(0.0, [0.0, -0.5])
