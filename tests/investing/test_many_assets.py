"""Growth-optimal weights of many assets, each with a certificate."""

from time import perf_counter

import numpy as np
import pytest
from scipy.optimize import minimize

from pdesolve.investing.growth import growth_optimal
from pdesolve.investing.many_assets import GrowthError, fully_invested, most_growth
from pdesolve.typing import Array


def returns(periods: int, assets: int, seed: int = 0, sd: float = 0.05) -> Array:
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0, sd, (periods, 1)) * rng.uniform(0.5, 1.5, assets)
    return 0.1 * sd + market + rng.normal(0.0, sd, (periods, assets))


@pytest.mark.parametrize("long_only", [True, False])
def test_weights_are_those_of_a_general_optimiser(long_only: bool) -> None:
    x = returns(200, 4)
    found = most_growth(x, long_only=long_only)
    bounds = [(0.0, None)] * 4 if long_only else None

    def loss(w: Array) -> float:
        wealth = 1.0 + x @ w
        return -float(np.mean(np.log(wealth))) if wealth.min() > 0.0 else 1e3

    other = minimize(loss, np.zeros(4), bounds=bounds, tol=1e-14, options={"maxiter": 5000})
    assert loss(found.weights) <= other.fun + 1e-13
    np.testing.assert_allclose(found.weights, other.x, atol=2e-3)
    assert found.optimality < 1e-12
    assert np.all(found.weights >= 0.0) == long_only


@pytest.mark.parametrize("long_only", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_first_order_conditions_hold(long_only: bool, seed: int) -> None:
    x = returns(120, 20, seed)
    found = most_growth(x, long_only=long_only)
    slope = np.mean(x / (1.0 + x @ found.weights)[:, None], axis=0)
    held = found.weights != 0.0
    assert np.max(np.abs(slope[held])) <= found.optimality + 1e-16 < 1e-9
    assert np.all(slope[~held] <= 1e-12)
    assert 0 < held.sum() <= 20


@pytest.mark.parametrize("long_only", [True, False])
def test_fully_invested_weights_sum_to_one(long_only: bool) -> None:
    x = returns(300, 6, 1)
    found = fully_invested(x, long_only=long_only)
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-10)
    ratio = np.mean((1.0 + x) / (1.0 + x @ found.weights)[:, None], axis=0)
    assert np.all(ratio <= 1.0 + 1e-9)  # nothing else outgrows it (Breiman 1961)
    if long_only:
        best = max(
            np.mean(np.log1p(x @ w)) for w in np.random.default_rng(0).dirichlet(np.ones(6), 2000)
        )
        assert np.mean(np.log1p(x @ found.weights)) >= best


def test_one_asset_has_the_fraction_of_a_single_one() -> None:
    x = returns(80, 1, 3)
    assert most_growth(x).weights[0] == pytest.approx(growth_optimal(x[:, 0]).fraction, rel=1e-10)


@pytest.mark.parametrize("long_only", [True, False])
def test_the_small_limit_is_tangency_levered(long_only: bool) -> None:
    x = returns(250, 5, 2)
    gaps = []
    for scale in (0.1, 0.01):
        noise = x - x.mean(axis=0)
        found = growth_optimal(x.mean(axis=0) * scale**2 + noise * scale, long_only=long_only)
        gaps.append(np.max(np.abs(found.weights - found.small_limit)))
        if not long_only:
            cov = np.cov(noise * scale, rowvar=False, ddof=0)
            tangency = np.linalg.solve(cov, x.mean(axis=0) * scale**2)
            np.testing.assert_allclose(found.small_limit, tangency, rtol=1e-8)
    assert gaps[1] < 0.2 * gaps[0]
    assert gaps[1] < 0.05


def test_a_riskless_rate_counts_for_what_is_not_invested() -> None:
    x, rate = returns(200, 3), 0.002
    found = growth_optimal(x, rate)
    wealth = 1.0 + x @ found.weights + (1.0 - found.weights.sum()) * rate
    assert found.growth == pytest.approx(np.mean(np.log(wealth)), rel=1e-12)
    for k in range(3):
        other = found.weights + 1e-3 * np.eye(3)[k]
        wealth = 1.0 + x @ other + (1.0 - other.sum()) * rate
        assert np.mean(np.log(wealth)) < found.growth


def test_a_position_that_never_loses_is_said() -> None:
    x = returns(40, 2)
    x = np.column_stack([x, x[:, 0] + 0.01])
    with pytest.raises(GrowthError, match="loses in none of the 40 periods"):
        most_growth(x)
    assert most_growth(x, long_only=True).optimality < 1e-9
    with pytest.raises(GrowthError, match="loses in none of the 5 periods"):
        most_growth(returns(5, 10))


def test_an_asset_that_is_there_twice_does_no_harm() -> None:
    x = returns(100, 3)
    found = growth_optimal(np.column_stack([x, x[:, 0]]))
    alone = growth_optimal(x)
    assert found.optimality < 1e-9
    assert found.growth == pytest.approx(alone.growth, rel=1e-12)
    assert found.weights[0] + found.weights[3] == pytest.approx(alone.weights[0], rel=1e-8)


@pytest.mark.slow
def test_five_hundred_assets_take_less_than_two_seconds() -> None:
    x = returns(3780, 500, sd=0.01)
    for solve in (most_growth, fully_invested):
        for long_only in (True, False):
            start = perf_counter()
            assert solve(x, long_only=long_only).optimality < 1e-9
            assert perf_counter() - start < 2.0
