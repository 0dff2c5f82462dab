"""What risk-based portfolios are known for, each claim by its name."""

import numpy as np
import pytest

from pdesolve.investing.efficient import capital_line, frontier
from pdesolve.investing.methods import METHODS
from pdesolve.investing.moments import PortfolioError, given_moments, moments_of
from pdesolve.investing.portfolios import compare_portfolios, portfolio
from pdesolve.typing import Array
from tests.investing.economies import covariance, returns, same_correlation

SD = np.array([0.1, 0.15, 0.2, 0.3, 0.45])
DIAGONAL = np.diag(SD**2)
SAME = same_correlation(5, 0.4) * np.outer(SD, SD)


def weights(method: str, matrix: Array, mean: Array | None = None) -> Array:
    found = portfolio(covariance=matrix, mean=mean, method=method)
    assert found.optimality < 1e-9
    return np.asarray(found.weights)


def test_equal_weight_is_one_nth() -> None:
    assert weights("equal_weight", SAME).tolist() == [0.2] * 5


def test_inverse_volatility_and_inverse_variance_are_what_they_say() -> None:
    for power, method in ((1, "inverse_volatility"), (2, "inverse_variance")):
        expected = SD**-power / (SD**-power).sum()
        np.testing.assert_allclose(weights(method, SAME), expected, rtol=1e-14)


def test_minimum_variance_of_a_diagonal_matrix_is_inverse_variance() -> None:
    found = weights("minimum_variance", DIAGONAL)
    np.testing.assert_allclose(found, weights("inverse_variance", DIAGONAL), rtol=1e-12)


def test_decorrelation_over_volatility_is_maximum_diversification() -> None:
    matrix = covariance(8)
    scaled = weights("maximum_decorrelation", matrix) / np.sqrt(matrix.diagonal())
    found = weights("maximum_diversification", matrix)
    np.testing.assert_allclose(found, scaled / scaled.sum(), atol=1e-12)
    assert (found == 0.0).any() and (found > 0.0).sum() > 2


def test_equal_risk_contributions_are_equal() -> None:
    matrix = covariance(8)
    found = weights("equal_risk", matrix)
    shares = found * (matrix @ found)
    np.testing.assert_allclose(shares / shares.sum(), 0.125, rtol=1e-12)


def test_equal_risk_is_inverse_volatility_if_correlations_are_constant() -> None:
    found = weights("equal_risk", SAME)
    np.testing.assert_allclose(found, weights("inverse_volatility", SAME), rtol=1e-12)


def test_bets_are_the_squared_ratio_of_maximum_diversification() -> None:
    matrix = covariance(8)
    found = compare_portfolios(covariance=matrix)
    ratio = found.found["maximum_diversification"].diversification_ratio
    assert found.bets == pytest.approx(ratio**2, rel=1e-12)
    w = np.asarray(found.found["maximum_decorrelation"].weights)
    sd = np.sqrt(matrix.diagonal())
    assert found.bets == pytest.approx(1.0 / (w @ (matrix / np.outer(sd, sd)) @ w), rel=1e-12)
    assert found.quality_ratio == found.bets / 8


@pytest.mark.parametrize(("rho", "bets"), [(0.0, 10.0), (0.5, 1.82), (1.0, 1.0)])
def test_ten_assets_of_one_correlation_are_so_many_bets(rho: float, bets: float) -> None:
    found = given_moments(same_correlation(10, rho)).bets
    assert found == pytest.approx(10.0 / (1.0 + 9.0 * rho), rel=1e-12)
    assert found == pytest.approx(bets, abs=0.005)


def test_the_variance_of_two_assets() -> None:
    one, two, rho = 0.2, 0.3, 0.25
    matrix = np.array([[one**2, rho * one * two], [rho * one * two, two**2]])
    found = given_moments(matrix).volatility(np.array([0.7, 0.3]))
    expected = 0.7**2 * one**2 + 0.3**2 * two**2 + 2 * rho * 0.7 * 0.3 * one * two
    assert found**2 == pytest.approx(expected, rel=1e-14)


def test_no_covariance_has_to_be_negative_to_diversify() -> None:
    """The text asks for negative ones; any correlation below one will do."""
    for rho, ratio in ((0.99, 1.0025), (0.5, 1.1547), (-0.5, 2.0)):
        found = portfolio(covariance=same_correlation(2, rho), method="minimum_variance")
        assert found.diversification_ratio == pytest.approx(ratio, abs=5e-5)


def test_long_only_portfolios_hold_zeros() -> None:
    """The text says w > 0, and means w ≥ 0: the asset that moves with the others is left out."""
    matrix = same_correlation(3, 0.0)
    matrix[0, 1] = matrix[1, 0] = matrix[0, 2] = matrix[2, 0] = 0.7
    for method in ("minimum_variance", "maximum_diversification", "maximum_decorrelation"):
        np.testing.assert_allclose(weights(method, matrix), [0.0, 0.5, 0.5], atol=1e-14)


def test_pairwise_correlations_that_fit_no_data_are_refused() -> None:
    matrix = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    with pytest.raises(PortfolioError, match="must be positive semidefinite"):
        portfolio(covariance=matrix)


def test_bets_fall_as_correlation_rises() -> None:
    found = [given_moments(same_correlation(10, rho)).bets for rho in np.linspace(0.0, 1.0, 11)]
    assert (np.diff(found) < 0.0).all()


def test_minimum_variance_is_tangency_if_means_are_equal() -> None:
    matrix = covariance(8)
    found = weights("tangency", matrix, np.full(8, 0.05))
    np.testing.assert_allclose(found, weights("minimum_variance", matrix), atol=1e-12)


def test_inverse_variance_is_tangency_if_besides_correlations_are_zero() -> None:
    found = weights("tangency", DIAGONAL, np.full(5, 0.05))
    np.testing.assert_allclose(found, weights("inverse_variance", DIAGONAL), rtol=1e-12)


def test_maximum_diversification_is_tangency_if_means_are_proportional_to_volatility() -> None:
    matrix = covariance(8)
    found = weights("tangency", matrix, 0.3 * np.sqrt(matrix.diagonal()))
    np.testing.assert_allclose(found, weights("maximum_diversification", matrix), atol=1e-12)


def test_equal_risk_is_tangency_if_besides_correlations_are_equal() -> None:
    found = weights("tangency", SAME, 0.3 * SD)
    np.testing.assert_allclose(found, weights("equal_risk", SAME), rtol=1e-10)


def test_with_borrowing_everyone_holds_the_same_risky_portfolio() -> None:
    moments = given_moments(covariance(8), np.linspace(0.02, 0.12, 8), 0.01)
    line = capital_line(moments)
    tangency = METHODS["tangency"].weights(moments)
    excess = np.asarray(moments.mean) - 0.01
    for volatility in (0.5 * line.volatility, 2.0 * line.volatility):
        held = line.share(volatility) * tangency
        assert moments.volatility(held) == pytest.approx(volatility, rel=1e-12)
        assert 0.01 + held @ excess == pytest.approx(float(line.mean(volatility)), rel=1e-12)
    assert line.share(2.0 * line.volatility) == 2.0


def test_the_capital_allocation_line_touches_the_frontier_and_nothing_lies_above() -> None:
    moments = given_moments(covariance(8), np.linspace(0.02, 0.12, 8), 0.01)
    line, efficient = capital_line(moments), frontier(moments, 400)
    gap = line.mean(efficient.volatility) - efficient.mean
    assert gap.min() > -1e-14
    assert gap.min() < 1e-6
    assert efficient.volatility[gap.argmin()] == pytest.approx(line.volatility, rel=0.01)


def test_non_negative_least_squares_is_optimal_to_better_than_8e_12() -> None:
    for seed in range(20):
        found = portfolio(returns(3780, 10, seed), "maximum_diversification")
        assert found.optimality < 8e-12


def test_growth_optimal_is_tangency_levered_in_the_small_limit() -> None:
    """Fully invested, with means such that Σ⁻¹μ adds up to one: no cash, and no leverage."""
    sample = returns(2000, 4, seed=3)
    matrix = np.cov(sample.T)
    target = np.array([0.1, 0.2, 0.3, 0.4])
    small = 0.1 * (sample - sample.mean(axis=0))
    small += 0.01 * matrix @ target
    found = np.asarray(portfolio(small, "growth_optimal").weights)
    tangency = np.asarray(portfolio(small, "tangency").weights)
    np.testing.assert_allclose(tangency, target, atol=1e-10)
    np.testing.assert_allclose(found, target, atol=5e-3)


def test_returns_are_enough_and_covariances_too() -> None:
    sample = returns(500, 6)
    moments = moments_of(sample, tuple("abcdef"))
    for method in METHODS:
        by_returns = portfolio(sample, method)
        if method != "growth_optimal":
            other = weights(method, moments.covariance, moments.mean)
            np.testing.assert_allclose(by_returns.weights, other, atol=1e-9)
    np.testing.assert_allclose(moments.covariance, np.cov(sample.T), rtol=1e-10)
