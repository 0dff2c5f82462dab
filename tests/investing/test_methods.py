"""The methods against second routes, at the edges, and at size."""

import time
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from pdesolve.investing.methods import METHODS, NotOptimal, best_weights
from pdesolve.investing.moments import PortfolioError, given_moments, moments_of
from pdesolve.investing.portfolios import compare_portfolios, portfolio
from pdesolve.typing import Array
from tests.investing.economies import by_search, covariance, returns, same_correlation

MEAN = np.array([0.05, 0.02, 0.09, 0.04, 0.11, 0.03])
MATRIX = covariance(6, seed=4)
SD = np.sqrt(MATRIX.diagonal())
CORRELATION = MATRIX / np.outer(SD, SD)
OPPOSITE = np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])

LEAST: dict[str, Callable[[Array], float]] = {  # what each one makes least
    "minimum_variance": lambda w: float(100.0 * w @ MATRIX @ w),
    "maximum_diversification": lambda w: float(-(w @ SD) / np.sqrt(w @ MATRIX @ w)),
    "maximum_decorrelation": lambda w: float(w @ CORRELATION @ w),
    "tangency": lambda w: float(-(w @ (MEAN - 0.01)) / np.sqrt(w @ MATRIX @ w)),
}


@pytest.mark.parametrize("method", LEAST)
def test_a_general_optimiser_finds_the_same(method: str) -> None:
    found = np.asarray(portfolio(covariance=MATRIX, mean=MEAN, rate=0.01, method=method).weights)
    other = by_search(LEAST[method], 6)
    assert LEAST[method](found) <= LEAST[method](other) + 1e-12
    np.testing.assert_allclose(found, other, atol=2e-4)


def test_a_general_optimiser_finds_the_same_growth() -> None:
    sample = 5.0 * returns(400, 5, seed=4)
    found = np.asarray(portfolio(sample, "growth_optimal").weights)

    def loss(w: Array) -> float:
        return -100.0 * float(np.log1p(sample @ w).mean())

    other = by_search(loss, 5)
    assert loss(found) <= loss(other) + 1e-12
    assert (found > 0.01).sum() > 1
    np.testing.assert_allclose(found, other, atol=2e-3)


def test_the_tree_is_that_of_the_published_recipe() -> None:
    """López de Prado (2016), snippets 16.1 to 16.4, as plain loops."""
    from scipy.cluster.hierarchy import linkage

    distance = np.sqrt(np.abs(1.0 - CORRELATION) / 2.0)
    apart = [
        np.sqrt(((distance[:, i] - distance[:, j]) ** 2).sum())
        for i in range(6)
        for j in range(i + 1, 6)
    ]
    link = linkage(np.array(apart), "single")

    def leaves(node: int) -> list[int]:
        if node < 6:
            return [node]
        return leaves(int(link[node - 6, 0])) + leaves(int(link[node - 6, 1]))

    def variance(items: list[int]) -> float:
        part = MATRIX[np.ix_(items, items)]
        w = 1.0 / np.diag(part)
        w /= w.sum()
        return float(w @ part @ w)

    expected = np.ones(6)
    todo = [leaves(10)]
    while todo:
        row = todo.pop()
        left, right = row[: len(row) // 2], row[len(row) // 2 :]
        if left:
            share = 1.0 - variance(left) / (variance(left) + variance(right))
            expected[left] *= share
            expected[right] *= 1.0 - share
            todo += [left, right]
    found = portfolio(covariance=MATRIX, method="hierarchical_minimum_variance")
    np.testing.assert_allclose(found.weights, expected, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_optimality_sees_weights_that_are_off(method: str) -> None:
    moments = moments_of(returns(300, 6), tuple("abcdef"), 1e-5)
    weights = best_weights(moments, method)
    assert METHODS[method].optimality(moments, weights) < 1e-9
    assert weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert weights.min() >= 0.0
    moved = weights.copy()
    moved[np.argsort(weights)[[0, -1]]] += [1e-6, -1e-6]
    assert METHODS[method].optimality(moments, moved) > 1e-9


def test_an_answer_that_is_not_optimal_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = METHODS["equal_risk"]._replace(weights=lambda m: np.full(m.sd.size, 1.0 / m.sd.size))
    monkeypatch.setattr("pdesolve.investing.methods.METHODS", {**METHODS, "equal_risk": wrong})
    with pytest.raises(NotOptimal, match=r"equal_risk: optimality residual .* above 1e-09"):
        portfolio(covariance=MATRIX)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_weights_do_not_depend_on_units(scale: float) -> None:
    for method in METHODS:
        if method != "growth_optimal":
            found, usual = (
                portfolio(covariance=MATRIX * s**2, mean=MEAN * s, method=method).weights
                for s in (scale, 1.0)
            )
            np.testing.assert_allclose(found, usual, atol=1e-10)


def test_volatilities_of_very_different_size_are_no_trouble() -> None:
    sd = np.geomspace(1e-6, 10.0, 6)
    found = compare_portfolios(covariance=CORRELATION * np.outer(sd, sd), mean=sd)
    assert list(found.missing) == ["growth_optimal"]
    assert max(one.optimality for one in found.found.values()) < 1e-9


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("periods", [3000, 120])
def test_five_hundred_assets_take_less_than_two_seconds(method: str, periods: int) -> None:
    sample = returns(periods, 500)
    start = time.process_time()
    found = portfolio(sample, method)
    assert time.process_time() - start < 2.0
    assert found.optimality < 1e-9


# ---------------------------------------------------------------------- singular ones


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("matrix", ["twins", "nearly twins", "few rows"])
def test_singular_correlations_have_an_answer(method: str, matrix: str) -> None:
    sample = returns(252, 6)
    if matrix == "few rows":
        sample = returns(20, 40, market=0.6)
    else:
        sample[:, 1] = sample[:, 0] * (1.0 + (1e-7 if matrix == "nearly twins" else 0.0))
        sample[:, 1] += (matrix == "nearly twins") * 1e-9 * np.sin(np.arange(252))
    assert portfolio(sample, method).optimality < 1e-9


def test_perfect_correlation_is_one_bet() -> None:
    found = compare_portfolios(covariance=np.ones((4, 4)))
    assert found.bets == pytest.approx(1.0, rel=1e-12)
    assert found.found["equal_risk"].diversification_ratio == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("method", ["maximum_diversification", "equal_risk", "tangency"])
def test_a_portfolio_without_risk_is_said_where_it_leaves_no_answer(method: str) -> None:
    with pytest.raises(PortfolioError, match=f"{method} has no answer: a portfolio of these 3 as"):
        portfolio(covariance=OPPOSITE, mean=[0.1, 0.1, 0.1], method=method)
    sample = returns(30, 500, market=0.0)
    with pytest.raises(PortfolioError, match="no risk at all over 30 periods; take more periods"):
        portfolio(sample, method)


def test_a_riskless_portfolio_below_the_rate_leaves_a_tangency() -> None:
    """Of five rows of ten assets: a general optimiser finds no better ratio of any mean and sd."""
    sample = np.random.default_rng(3).normal(0.001, 0.01, (5, 10))
    found = portfolio(sample, "tangency", rate=0.0028)
    assert found.sharpe == pytest.approx(0.402560, abs=2e-3)
    for weights in np.random.default_rng(0).dirichlet(np.full(10, 0.3), 5000):
        earned = sample @ weights
        assert (earned.mean() - 0.0028) / earned.std(ddof=1) < found.sharpe
    with pytest.raises(PortfolioError, match=r"tangency has no answer: .* over 5 periods"):
        portfolio(sample, "tangency", rate=0.0)


def test_risk_that_is_hedged_away_but_for_rounding_is_said_too() -> None:
    matrix = np.array([[1.0, -1.0 + 1e-9], [-1.0 + 1e-9, 1.0]])
    with pytest.raises(PortfolioError, match=r"equal_risk has no answer: .* has next to no risk; "):
        portfolio(covariance=matrix, method="equal_risk")
    found = compare_portfolios(covariance=matrix, mean=[0.1, 0.2]).found
    assert found["maximum_diversification"].weights == pytest.approx([0.5, 0.5], rel=1e-6)
    assert found["hierarchical_minimum_variance"].optimality < 1e-12


def test_a_portfolio_without_risk_is_the_one_of_minimum_variance() -> None:
    found = portfolio(covariance=OPPOSITE, mean=[0.1, 0.1, 0.1], method="minimum_variance")
    np.testing.assert_allclose(found.weights, [0.5, 0.5, 0.0], atol=1e-12)
    assert (found.sharpe, found.diversification_ratio) == (None, np.inf)
    assert compare_portfolios(covariance=OPPOSITE).bets == np.inf


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({}, "needs returns or a covariance matrix, and not both"),
        ({"returns": returns(9, 2), "covariance": np.eye(2)}, "and not both"),
        ({"returns": returns(9, 1)}, "needs at least two assets, got 1"),
        ({"covariance": [[1.0]]}, "needs at least two assets, got 1"),
        ({"returns": returns(9, 2), "mean": [0.1, 0.1]}, "mean is for a covariance matrix"),
        ({"covariance": np.eye(2)[:1]}, r"must be a square matrix, got the shape \(1, 2\)"),
        ({"covariance": [[1.0, 0.5], [0.2, 1.0]]}, "covariance must be symmetric"),
        ({"covariance": [[1.0, 0.0], [0.0, 0.0]]}, "positive diagonal, got 0 in row 2"),
        ({"covariance": [[1.0, 2.0], [2.0, 1.0]]}, "positive semidefinite, and has an eigenvalue"),
        ({"covariance": [[1.0, np.nan], [0.0, 1.0]]}, "must be finite numbers"),
        ({"covariance": [["a", "b"], ["c", "d"]]}, "covariance must be numbers"),
        ({"covariance": np.eye(2), "mean": [0.1]}, "mean must have 2 values"),
        ({"covariance": np.eye(2), "method": "tangency"}, "tangency needs mean returns"),
        ({"covariance": np.eye(2), "method": "growth_optimal"}, "growth_optimal needs returns"),
        (
            {"covariance": np.eye(2), "mean": [0.1, 0.2], "rate": 0.2, "method": "tangency"},
            "no asset has a mean return above the riskless rate, 0.2; the largest is 0.2",
        ),
        ({"covariance": np.eye(2), "rate": np.nan}, "rate must be a number above -1, got nan"),
        ({"covariance": np.eye(2), "method": "equal_rsk"}, "got 'equal_rsk'; nearest: equal_risk"),
        (
            {"returns": [[0.1, 0.2], [-1.0, -1.0], [0.2, 0.1]], "method": "growth_optimal"},
            "growth_optimal does not exist: all is lost in period 2",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(terms: dict[str, object], message: str) -> None:
    with pytest.raises(PortfolioError, match=message) as caught:
        portfolio(**terms)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_pandas_in_and_out() -> None:
    import pandas

    frame = pandas.DataFrame(returns(100, 3), columns=["a", "b", "c"])
    found = portfolio(frame)
    assert isinstance(found.weights, pandas.Series)
    assert list(found.weights.index) == ["a", "b", "c"]
    np.testing.assert_allclose(found.weights, portfolio(frame.to_numpy()).weights, rtol=1e-14)
    by_matrix = portfolio(covariance=frame.cov())
    assert list(by_matrix.weights.index) == ["a", "b", "c"]
    np.testing.assert_allclose(by_matrix.weights, found.weights, rtol=1e-9)
    assert "equal risk" in repr(found) and found.assets == ("a", "b", "c")


def test_labels_count_not_places() -> None:
    import pandas

    names = list("abcdef")
    matrix = pandas.DataFrame(MATRIX, index=names, columns=names)
    mean = pandas.Series(MEAN, index=names)
    usual = portfolio(covariance=matrix, mean=mean, method="tangency").weights
    for other in (
        portfolio(covariance=matrix, mean=mean[::-1], method="tangency"),
        portfolio(covariance=matrix[::-1], mean=mean, method="tangency"),
    ):
        pandas.testing.assert_series_equal(other.weights, usual)
    bare = portfolio(covariance=matrix.reset_index(drop=True), mean=MEAN, method="tangency")
    pandas.testing.assert_series_equal(bare.weights, usual)
    with pytest.raises(PortfolioError, match="mean must have a row for each of the columns"):
        portfolio(covariance=matrix, mean=mean.rename({"a": "z"}), method="tangency")


def test_a_correlation_matrix_is_a_covariance_matrix_of_unit_volatilities() -> None:
    matrix = same_correlation(3, 0.2)
    assert given_moments(matrix).sd.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.slow
def test_skfolio_finds_the_same() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimization = pytest.importorskip("skfolio.optimization")
        measures = pytest.importorskip("skfolio")
        sample = returns(1000, 10)
        variance = measures.RiskMeasure.VARIANCE
        goal = optimization.ObjectiveFunction
        others = {
            "minimum_variance": optimization.MeanRisk(risk_measure=variance),
            "maximum_diversification": optimization.MaximumDiversification(),
            "equal_risk": optimization.RiskBudgeting(risk_measure=variance),
            "tangency": optimization.MeanRisk(
                objective_function=goal.MAXIMIZE_RATIO, risk_measure=variance
            ),
        }
        for method, other in others.items():
            other.fit(sample)
            found = portfolio(sample, method).weights
            np.testing.assert_allclose(found, other.weights_, atol=2e-4, err_msg=method)
