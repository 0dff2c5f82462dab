"""The efficient frontier and the capital allocation line."""

import numpy as np
import pytest

from pdesolve.investing.efficient import capital_line, frontier
from pdesolve.investing.methods import METHODS
from pdesolve.investing.moments import Moments, PortfolioError, given_moments, moments_of
from tests.investing.economies import by_search, covariance, returns

MEAN = np.array([0.05, 0.02, 0.09, 0.04, 0.11, 0.03])


@pytest.fixture(scope="module")
def six() -> Moments:
    return given_moments(covariance(6, seed=4), MEAN, 0.01)


def test_two_assets_lie_on_the_hyperbola_through_them() -> None:
    matrix = np.array([[0.04, 0.01], [0.01, 0.09]])
    found = frontier(given_moments(matrix, [0.05, 0.12]), 30)
    share = (found.mean - 0.05) / 0.07
    variance = (1 - share) ** 2 * 0.04 + 2 * share * (1 - share) * 0.01 + share**2 * 0.09
    np.testing.assert_allclose(found.volatility, np.sqrt(variance), rtol=1e-12)


def test_it_goes_from_minimum_variance_to_the_asset_of_the_greatest_mean(six: Moments) -> None:
    found = frontier(six)
    least = METHODS["minimum_variance"].weights(six)
    np.testing.assert_allclose(found.weights[0], least, rtol=1e-12)
    np.testing.assert_allclose(found.weights[-1], MEAN == 0.11, atol=1e-12)
    np.testing.assert_allclose(np.diff(found.mean), np.diff(found.mean)[0], rtol=1e-9)
    assert (np.diff(found.volatility) > 0.0).all()
    slopes = np.diff(found.mean) / np.diff(found.volatility)
    assert (np.diff(slopes) < 1e-9).all()  # concave
    assert found.optimality.max() < 1e-12
    assert found.weights.min() >= 0.0


def test_a_general_optimiser_finds_the_same(six: Moments) -> None:
    found = frontier(six, 5)
    for mean, weights in zip(found.mean[1:-1], found.weights[1:-1], strict=True):
        other = by_search(
            lambda w: float(100.0 * w @ six.covariance @ w),
            6,
            lambda w, m=mean: 10.0 * (w @ MEAN - m),  # type: ignore[misc]
        )
        np.testing.assert_allclose(weights, other, atol=1e-4)


def test_tangency_lies_on_it(six: Moments) -> None:
    line, found = capital_line(six), frontier(six, 300)
    weights = METHODS["tangency"].weights(six)
    volatility = float(np.interp(weights @ MEAN, found.mean, found.volatility))
    assert volatility == pytest.approx(line.volatility, rel=1e-5)
    assert line.sharpe == pytest.approx((weights @ MEAN - 0.01) / line.volatility, rel=1e-12)


def test_of_equal_means_there_is_one_point_and_of_tied_greatest_ones_the_best_mix() -> None:
    matrix = covariance(6, seed=4)
    for mean in (0.05, 0.07, 0.1, 1.0 / 3.0, -0.3, 0.0):  # of some the mean is not that by rounding
        assert frontier(given_moments(matrix, np.full(6, mean))).mean.shape == (1,)
    found = frontier(given_moments(matrix, [0.01, 0.02, 0.03, 0.08, 0.08, 0.08]), 9)
    part = METHODS["minimum_variance"].weights(given_moments(matrix[3:, 3:]))
    np.testing.assert_allclose(found.weights[-1], [0.0, 0.0, 0.0, *part], atol=1e-12)
    assert (part > 0.0).sum() > 1


@pytest.mark.parametrize(("periods", "count"), [(600, 200), (60, 200)])
def test_many_assets_with_few_periods_have_one_too(periods: int, count: int) -> None:
    moments = moments_of(returns(periods, count), tuple(map(str, range(count))))
    assert frontier(moments, 20).optimality.max() < 1e-9


def test_volatilities_of_very_different_size_are_no_trouble() -> None:
    for seed in range(10):
        draw = np.random.default_rng(seed)
        scale = 10.0 ** draw.uniform(-4.0, 0.0, 20)
        matrix = covariance(20, seed) * np.outer(scale, scale)
        found = frontier(given_moments(matrix, draw.standard_normal(20) * scale), 12)
        assert found.optimality.max() < 1e-9
        assert (np.diff(found.volatility) > 0.0).all()


def test_a_mean_that_an_asset_has_is_no_trouble() -> None:
    found = frontier(given_moments(np.diag([1.0, 1e8, 1e8]), [0.0, 1.0, 2.0]), 3)
    assert found.optimality.max() < 1e-9
    assert found.mean[1] == pytest.approx(found.mean[[0, 2]].mean(), rel=1e-9)


def test_means_are_needed_and_one_above_the_rate() -> None:
    with pytest.raises(PortfolioError, match="a frontier needs mean returns"):
        frontier(given_moments(np.eye(3)))
    with pytest.raises(PortfolioError, match="no asset has a mean return above"):
        capital_line(given_moments(np.eye(3), [0.1, 0.1, 0.1], 0.2))
