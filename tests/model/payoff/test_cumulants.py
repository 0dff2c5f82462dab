"""Cumulants of priors: against 40 digits, and against themselves by a second route."""

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
from pdesolve.model.payoff.factory import make_prior
from tests.model.payoff.references import density_reference, errors, mixture_reference
from tests.model.payoff.specs import CLOSED_FORM, DENSITIES, SPECS, TOLERANCE, unit

MILD = [(0.0, 0.0), (-3.0, 2.0), (1e-3, 0.0), (20.0, 30.0)]
STRONG = [(-1e4, 0.0), (300.0, 3e4), (1e4, 1e3), (0.0, 1e6), (-2e5, 1e6)]


@pytest.mark.parametrize("name", CLOSED_FORM)
def test_closed_forms_against_forty_digits(name: str) -> None:
    tilts = [(z, p) for z in (-1e4, -20.0, 1e-3, 3.0, 1e4) for p in (0.0, 1.0, 1e3, 1e6)]
    worst = errors(name, MILD + STRONG + tilts, mixture_reference)
    assert worst.max() < TOLERANCE, worst


SLOW = {"beta", "beta singular"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in DENSITIES],
)
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
