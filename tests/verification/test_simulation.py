"""Simulated economies agree with the solved fields, within their standard errors."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.solution import Solution
from pdesolve.verification.simulation import simulate
from tests.tools.solutions import solved

PAYOFFS: list[dict[str, object]] = [
    {"kind": "discrete", "values": [0.0, 1.0, 3.0], "probabilities": [0.5, 0.3, 0.2]},
    {"kind": "normal", "mean": 2.0, "sd": 0.5},
    {"kind": "mixture", "means": [0.0, 2.0], "sds": [0.5, 0.4], "weights": [0.4, 0.6]},
    {"kind": "uniform", "low": -1.0, "high": 2.0},
    {"kind": "beta", "a": 2.0, "b": 5.0, "low": 1.0, "high": 4.0},
    {"kind": "lognormal", "mean": 1.0, "sd": 0.8, "low": 0.5, "high": 4.0},
    {"kind": "lognormal", "mean": 1.0, "sd": 0.8, "low": 0.0, "high": 4.0},
    {"kind": "sample", "values": [0.0, 0.4, 1.5, 1.7], "bandwidth": 0.3},
]


@pytest.mark.parametrize("payoff", PAYOFFS, ids=[str(p["kind"]) for p in PAYOFFS])
def test_payoffs_are_drawn_from_the_prior(payoff: dict[str, object]) -> None:
    case = load_case("three_states", {f"payoff.{key}": value for key, value in payoff.items()})
    prior, n = make_prior(case.payoff), 100_000
    x = prior.sample(np.random.default_rng(1), n)
    assert x.min() >= prior.low and x.max() <= prior.high
    mean, variance = float(prior.cumulants(np.zeros(1), np.zeros(1)).mean[0]), prior.variance
    assert x.mean() == pytest.approx(prior.centre + mean, abs=4 * prior.sd / n**0.5)
    assert x.var() == pytest.approx(variance, rel=4 * (3.0 / n) ** 0.5)


@pytest.mark.parametrize(
    "name",
    [
        "binary",
        "normal",
        "three_states",
        "paper",
        pytest.param("cheap_attention", marks=pytest.mark.slow),
    ],
)
def test_economy_agrees_with_the_solution(name: str) -> None:
    found = simulate(solved(name, tol=1e-4), paths=2000, steps=64)
    for one in found.estimates:
        assert one.passed, one
        assert one.standard_error < 0.05 * max(1.0, abs(one.expected)), one


@pytest.mark.slow
@pytest.mark.parametrize("name", ["baseline", "three_states", "inattention", "capacity", "mixture"])
def test_many_paths_agree_with_the_solution(name: str) -> None:
    for one in simulate(solved(name), paths=40000, steps=128, seed=1).estimates:
        assert one.passed, one


def test_wrong_fields_do_not_pass(three_states: Solution) -> None:
    """A variance that is a tenth too large in the deviations, a price that drifts."""
    high = three_states.states.copy()
    high[..., 1] *= 1.5
    high[..., 0] += 0.05 * np.linspace(1.0, 0.0, high.shape[0])[:, None, None]
    wrong = replace(three_states, states=high)
    failed = [one.name for one in simulate(wrong, paths=4000, steps=64).estimates if not one.passed]
    assert any("martingale" in name for name in failed)
    assert any("variance: " in name for name in failed)


def test_the_same_seed_gives_the_same_paths(three_states: Solution) -> None:
    one, two = (simulate(three_states, paths=50, steps=4, seed=3).estimates for _ in range(2))
    assert one == two
    assert simulate(three_states, paths=50, steps=4, seed=4).estimates != one


def test_a_payoff_that_hardly_any_path_has_is_in_the_means() -> None:
    """One in ten thousand, among two thousand paths: 1/3 of the variance, in its standard error."""
    found = {
        one.name: one
        for one in simulate(solved("jackpot", tol=1e-3), paths=2000, steps=32).estimates
    }
    assert all(one.passed for one in found.values()), found
    for name, most in (
        ("call at the price: E of it times the discount factor", 0.01),
        ("variance: Var^Q of the price at T + E^Q V at T", 0.03),
    ):
        assert 0.0 < found[name].standard_error < most
