"""Many atoms are put together only where no tilt can tell."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import case_from_dict, case_to_dict, load_case
from pdesolve.case.parameters import DiscretePayoff, SamplePayoff
from pdesolve.model.payoff.compress import CompressionTuning, compressed
from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.mixture import MixturePrior
from pdesolve.solver.pde.solver import solve
from pdesolve.typing import Array


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Priors are remembered; what one test made must not reach another."""
    yield
    make_prior.cache_clear()


NEVER = CompressionTuning(many=10**9)


def draws(kind: str, count: int) -> Array:
    rng = np.random.default_rng(7)
    return {
        "normal": rng.normal(3.0, 2.0, count),
        "fat tails": rng.standard_t(3, count),
        "lognormal": np.exp(rng.normal(size=count)),
        "two heaps": rng.normal(size=count) * 0.01 + rng.integers(0, 2, count),
        "even": np.linspace(-1.0, 5.0, count),
    }[kind]


def atoms(values: Array) -> MixturePrior:
    """A discrete payoff as it is, every value an atom."""
    x = np.sort(values)
    low, high = float(x[0]), float(x[-1])
    centre = 0.5 * (low + high)
    weights = np.full(x.size, -np.log(x.size))
    return MixturePrior(
        low=low, high=high, centre=centre, offsets=x - centre, log_weights=weights, sds=np.zeros(1)
    )


@pytest.mark.parametrize("kind", ["normal", "fat tails", "lognormal", "two heaps", "even"])
def test_cumulants_are_those_of_all_atoms(kind: str) -> None:
    """At states that the check inside does not try."""
    prior = atoms(draws(kind, 20_000))
    fewer = compressed(prior)
    assert fewer.offsets.size < 0.5 * prior.offsets.size
    assert "20000 values" in fewer.note and not prior.note
    rng = np.random.default_rng(2)
    psi = np.append(0.0, 10 ** rng.uniform(-2.0, 3.5, 200)) / prior.variance
    x = rng.choice(prior.offsets, psi.size)
    zeta = psi * x + np.sqrt(psi) * rng.normal(size=psi.size)
    all_of_them, few = prior.cumulants(zeta, psi), fewer.cumulants(zeta, psi)
    np.testing.assert_allclose(few.phi, all_of_them.phi, rtol=1e-13, atol=1e-9)
    for power, name in [(1, "mean"), (2, "variance"), (3, "third"), (4, "fourth")]:
        exact, found = getattr(all_of_them, name), getattr(few, name)
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-8 * prior.sd**power)


def test_weights_are_positive_and_nothing_leaves_the_range() -> None:
    prior = atoms(draws("fat tails", 20_000))
    fewer = compressed(prior)
    assert np.exp(fewer.log_weights).sum() == pytest.approx(1.0, abs=1e-12)
    assert prior.offsets.min() <= fewer.offsets.min()
    assert fewer.offsets.max() <= prior.offsets.max()
    assert np.isin([prior.offsets[0], prior.offsets[-1]], fewer.offsets).all()  # lonely ones stay


def test_few_atoms_and_unequal_components_are_left_alone() -> None:
    few = atoms(draws("normal", 500))
    assert compressed(few) is few
    many = atoms(draws("normal", 5000))
    unequal = replace(many, sds=np.full(5000, 0.1))
    assert compressed(unequal) is unequal
    assert compressed(many, NEVER) is many


def test_atoms_that_a_tilt_can_tell_apart_are_left_alone() -> None:
    """Five thousand atoms on a lattice of huge gaps: any bin that holds two is too coarse."""
    values = np.concatenate([1e4 * np.arange(50.0)[:, None] + np.arange(100.0)]).ravel()
    prior = atoms(values)
    strict = CompressionTuning(informed=(0.0, 1e9))
    assert compressed(prior, strict) is prior


@pytest.mark.slow
def test_a_solve_with_all_atoms_agrees_and_the_message_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = case_to_dict(load_case("baseline"))
    values = draws("normal", 4200)
    keys["payoff"] = {
        "kind": "discrete",
        "values": values.tolist(),
        "probabilities": np.full(4200, 1 / 4200).tolist(),
    }
    case = case_from_dict(keys, "many")
    found = solve(case, tol=1e-3)
    assert "4200 values put together to" in found.message
    make_prior.cache_clear()
    monkeypatch.setattr("pdesolve.model.payoff.factory.compressed", lambda prior: prior)
    whole = solve(case, tol=1e-3)
    assert "put together" not in whole.message
    for name in found.error:
        mine, theirs = getattr(found.initial, name), getattr(whole.initial, name)
        assert mine == pytest.approx(theirs, rel=1e-8)


def test_samples_and_atoms_from_cases_are_put_together() -> None:
    values = tuple(draws("normal", 6000).tolist())
    smooth = make_prior(SamplePayoff(values=values, bandwidth=0.1))
    assert "6000 values" in smooth.note
    chances = tuple(np.full(6000, 1 / 6000).tolist())
    assert "6000 values" in make_prior(DiscretePayoff(values=values, probabilities=chances)).note
