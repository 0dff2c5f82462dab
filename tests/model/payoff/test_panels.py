"""The payoff as panels, as a few values, and its density."""

import numpy as np
import pytest
from numpy.polynomial import Legendre
from numpy.polynomial.legendre import leggauss

from pdesolve.model.payoff.factory import make_prior
from tests.model.payoff.specs import SPECS, unit


@pytest.mark.parametrize("name", SPECS)
def test_panels_integrate_the_prior(name: str) -> None:
    prior = make_prior(SPECS[name])
    values, probabilities = prior.panels()
    assert values.shape == probabilities.shape
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-12)
    mean = float(np.sum(values * probabilities))
    assert mean == pytest.approx(prior.mean, rel=1e-12, abs=1e-12 * unit(prior))
    square = float(np.sum((values - prior.mean) ** 2 * probabilities))
    assert square == pytest.approx(prior.variance, rel=1e-10)


@pytest.mark.parametrize("name", SPECS)
def test_a_few_values_have_the_moments_of_the_prior(name: str) -> None:
    prior = make_prior(SPECS[name])
    values, probabilities = prior.gauss(6)
    assert np.all(np.diff(values) > 0.0) and values.size <= 6
    panels, weights = prior.panels()
    scale = unit(prior)
    for power in range(12):
        wanted = float(np.sum(weights * ((panels - prior.centre) / scale) ** power))
        found = float(probabilities @ ((values - prior.centre) / scale) ** power)
        assert found == pytest.approx(wanted, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("name", SPECS)
def test_a_density_is_that_of_the_panels(name: str) -> None:
    """Probabilities over the lengths that Gauss nodes stand for; there is none of atoms."""
    prior = make_prior(SPECS[name])
    values, probabilities = prior.panels()
    count = values.shape[1]
    if count == 1:
        assert np.all(prior.density(values.ravel()) == 0.0)
        return
    # the payoff is a polynomial in the place of a node: its slope there turns shares to lengths
    nodes, weights = leggauss(count)
    for x, held in zip(values, probabilities, strict=True):
        slope = np.abs(Legendre.fit(nodes, x, count - 1, domain=[-1, 1]).deriv()(nodes))
        if held.max() > 1e-6 and slope.min() > 1e-9 * unit(prior):
            expected = held / (weights * slope)
            assert prior.density(x) == pytest.approx(expected, rel=1e-5)


def test_what_is_possible() -> None:
    atoms = make_prior(SPECS["three-point"])
    values = atoms.panels()[0].ravel()
    assert all(atoms.possible(float(x)) for x in values)
    assert not atoms.possible(float(values[0]) + 1e-3)
    uniform = make_prior(SPECS["uniform"])
    assert uniform.possible(uniform.low) and not uniform.possible(uniform.high + 1e-9)
