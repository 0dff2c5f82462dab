"""What every prior promises: expectations, no overflow, no neighbours."""

import numpy as np
import pytest

from pdesolve.model.payoff.factory import make_prior
from tests.model.payoff.specs import SPECS, unit


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


def test_negative_precision_is_refused() -> None:
    with pytest.raises(ValueError, match=r"psi must be non-negative, got -0\.5"):
        make_prior(SPECS["uniform"]).cumulants(0.0, [0.0, -0.5])
