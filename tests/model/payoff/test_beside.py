"""Cumulants of priors nearby against those that each evaluates by itself."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import (
    BetaPayoff,
    DiscretePayoff,
    LognormalPayoff,
    PayoffSpec,
    UniformPayoff,
)
from pdesolve.model.payoff.factory import make_prior

PAYOFFS: list[PayoffSpec] = [
    UniformPayoff(low=-1.0, high=2.0),
    BetaPayoff(a=0.7, b=4.0, low=0.0, high=10.0),
    LognormalPayoff(mean=2.0, sd=1.0, low=0.2, high=10.0),
    LognormalPayoff(mean=2.0, sd=1.0, low=0.0, high=10.0),
    LognormalPayoff(mean=2.0, sd=1.0, low=1.5, high=4.0),
    DiscretePayoff(values=(0.0, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2)),
]


@pytest.mark.parametrize("spec", PAYOFFS, ids=lambda spec: spec.kind)
def test_priors_nearby_move_as_they_do_by_themselves(spec: PayoffSpec) -> None:
    """Within what a step of a millionth leaves; every parameter by itself, and a change of kind."""
    prior, step = make_prior(spec), 1e-6
    zeta = np.linspace(-6.0, 6.0, 25) / prior.sd
    psi = np.tile([0.0, 0.3, 3.0, 20.0, 100.0], 5) / prior.variance
    moved = {
        key: make_prior(replace(spec, **{key: value + step * prior.sd}))
        for key, value in vars(spec).items()
        if isinstance(value, float)
    }
    far = make_prior(UniformPayoff(low=-1.0, high=1.5))
    own, *others, last = prior.beside([*moved.values(), far], zeta, psi)
    base = prior.cumulants(zeta, psi)
    np.testing.assert_array_equal(own, base)
    sizes = prior.sd ** np.arange(5.0)[:, None]
    for key, found, one in zip(moved, others, moved.values(), strict=True):
        expected = (np.array(one.cumulants(zeta, psi)) - base) / step / sizes
        slopes = (np.array(found) - base) / step / sizes
        largest = np.abs(expected).max(axis=-1, keepdims=True)
        assert (largest > 1e-3).all(), key
        assert (np.abs(slopes - expected) <= 2e-5 * largest + 1e-7).all(), key
    if spec.kind != "uniform":
        np.testing.assert_array_equal(last, far.cumulants(zeta, psi))


@pytest.mark.parametrize("spec", PAYOFFS, ids=lambda spec: spec.kind)
def test_fewer_nodes_do_for_slopes(spec: PayoffSpec) -> None:
    """Cumulants under any tilt, to far less than slopes are asked for."""
    prior = make_prior(spec)
    rng = np.random.default_rng(0)
    zeta, psi = 8.0 * rng.normal(size=400) / prior.sd, 20.0 * rng.exponential(size=400)
    exact = np.array(prior.cumulants(zeta, psi / prior.variance))
    rough = np.array(prior.rough.cumulants(zeta, psi / prior.variance))
    assert (np.abs(rough - exact) <= 1e-10 * np.abs(exact).max(axis=-1, keepdims=True)).all()
