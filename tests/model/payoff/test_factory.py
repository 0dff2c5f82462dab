"""Priors from specifications: bandwidths, what coincides, what is refused."""

import numpy as np
import pytest

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
from pdesolve.model.payoff.prior import PriorError
from tests.model.payoff.specs import SPECS


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
