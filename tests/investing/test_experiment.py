"""Formation on trailing windows: what is held when, and what it earns."""

import time
from typing import Any

import numpy as np
import pytest

from pdesolve.investing.bootstrap import against_equal_weight
from pdesolve.investing.experiment import Backtest, backtest
from pdesolve.investing.law import LawError
from pdesolve.investing.methods import METHODS
from pdesolve.investing.moments import PortfolioError
from pdesolve.investing.portfolios import portfolio
from tests.investing.economies import returns

TERMS: dict[str, Any] = {"window": 20, "every": 5}


@pytest.fixture(scope="module")
def long() -> Backtest:
    return backtest(returns(3780, 10))


def test_the_first_quarter_by_hand() -> None:
    sample = returns(33, 3)
    found = backtest(sample, ["minimum_variance"], **TERMS)  # 33 = 2 left out + 20 + 1 + 2·5
    weights = np.asarray(portfolio(sample[2:22], "minimum_variance").weights)
    wealth = np.cumprod(1.0 + sample[23:28], axis=0) @ weights
    earned = found.earned["minimum_variance"]
    assert earned.returns.shape == (10,)
    np.testing.assert_allclose(np.cumprod(1.0 + earned.returns[:5]), wealth, rtol=1e-12)
    drifted = weights * np.prod(1.0 + sample[23:28], axis=0) / wealth[-1]
    later = np.asarray(portfolio(sample[7:27], "minimum_variance").weights)
    sold = 0.5 * np.abs(later - drifted).sum()
    np.testing.assert_allclose(earned.traded, [0.0, sold], rtol=1e-9)


def test_weights_know_the_day_before_the_trade_and_no_later_one() -> None:
    """The window is rows 2 to 21, row 22 the delay; row 23 is earned first."""

    def first_day(row: int) -> float:
        sample = returns(28, 3)
        sample[row, 0] += 0.1
        earned = backtest(sample, ["inverse_volatility"], **TERMS).earned["inverse_volatility"]
        return float(earned.returns[0])

    usual = first_day(0)
    assert first_day(1) == usual
    assert first_day(2) != usual
    assert first_day(21) != usual
    assert first_day(22) == usual
    weights = portfolio(returns(28, 3)[2:22], "inverse_volatility").weights
    assert first_day(23) - usual == pytest.approx(0.1 * weights[0], rel=1e-9)


def test_equal_weight_of_equal_assets_is_the_asset() -> None:
    one = returns(400, 1)
    sample = np.hstack([one, one])
    found = backtest(sample, ["equal_weight"], window=100, every=50)
    np.testing.assert_allclose(found.earned["equal_weight"].returns, one[150:, 0], atol=1e-14)
    assert found.performance("equal_weight").turnover == pytest.approx(0.0, abs=1e-14)


def test_performance_by_hand(long: Backtest) -> None:
    found, earned = long.performance("equal_risk"), long.earned["equal_risk"]
    wealth = np.cumprod(1.0 + earned.returns)
    worst = max(1.0 - wealth[k:].min() / wealth[k] for k in range(0, wealth.size))
    worst = max(worst, 1.0 - wealth.min())
    assert found.drawdown == pytest.approx(worst, rel=1e-12)
    assert found.growth == pytest.approx(wealth[-1] ** (252 / wealth.size) - 1.0, rel=1e-12)
    assert found.volatility == pytest.approx(earned.returns.std(ddof=1) * 252**0.5, rel=1e-12)
    assert found.sharpe == pytest.approx(found.mean / found.volatility, rel=1e-12)
    assert found.turnover == pytest.approx(earned.traded[1:].mean() * 4, rel=1e-12)
    assert earned.traded.size == 55 and earned.returns.size == 55 * 63


def test_a_riskless_rate_is_taken_off(long: Backtest) -> None:
    found = backtest(returns(3780, 10), ["equal_risk"], rate=1e-4).performance("equal_risk")
    without = long.performance("equal_risk")
    assert found.mean == pytest.approx(without.mean, rel=1e-12)
    assert found.sharpe == pytest.approx((without.mean - 0.0252) / without.volatility, rel=1e-9)


def test_tangency_is_in_cash_if_no_mean_is_above_the_rate() -> None:
    found = backtest(returns(60, 3), ["tangency"], rate=0.5, **TERMS)
    assert found.performance("tangency").in_cash == found.earned["tangency"].traded.size == 7
    np.testing.assert_allclose(found.earned["tangency"].returns, 0.5, rtol=1e-12)
    assert found.performance("tangency").turnover == 0.0


def test_dates_are_those_of_what_is_earned() -> None:
    import pandas

    days = pandas.date_range("2020-01-01", periods=28)
    found = backtest(pandas.DataFrame(returns(28, 3), index=days), ["equal_weight"], **TERMS)
    assert found.dates[0].startswith("2020-01-24") and len(found.dates) == 5


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"window": 30, "every": 5}, r"needs at least 30 \+ 1 \+ 5 returns .* got 33"),
        ({"window": 2, "every": 5}, "window must be at least 3 periods, got 2"),
        ({"window": 20, "every": 0}, "every must be at least 1 periods, got 0"),
    ],
)
def test_windows_that_cannot_be_are_refused(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(PortfolioError, match=message):
        backtest(returns(33, 3), **terms)


@pytest.mark.parametrize("rate", [-1.0, np.inf, np.nan])
def test_a_rate_that_cannot_be_is_refused(rate: float) -> None:
    with pytest.raises(LawError, match="rate must be a finite number > -1, got"):
        backtest(returns(33, 3), ["equal_weight"], rate=rate, **TERMS)


def test_a_column_that_stands_still_in_a_window_is_named() -> None:
    sample = returns(60, 3)
    sample[5:40, 1] = 0.001
    with pytest.raises(PortfolioError, match=r"2 must vary, and does not in the window of returns"):
        backtest(sample, **TERMS)


def test_a_method_that_loses_all_is_named_with_the_period() -> None:
    sample = returns(60, 3)
    sample[50] = -1.0
    with pytest.raises(PortfolioError, match="equal_weight loses all that it has in period 51"):
        backtest(sample, ["equal_weight"], **TERMS)


def test_a_method_without_answer_in_a_window_is_named_with_it() -> None:
    sample = returns(60, 3)
    sample[5:40, 1] = 0.02 - sample[5:40, 0]
    with pytest.raises(PortfolioError, match=r"equal_risk has no answer.*in the window of returns"):
        backtest(sample, ["equal_risk"], **TERMS)


# ---------------------------------------------------------------------- the bootstrap


def test_ten_thousand_streams_of_fifteen_years_take_less_than_a_minute() -> None:
    start = time.process_time()
    found = against_equal_weight(backtest(returns(3780, 10)), 10_000)
    assert time.process_time() - start < 60.0
    assert sorted(found) == sorted(set(METHODS) - {"equal_weight"})


def test_the_same_seed_gives_the_same_and_another_one_another(long: Backtest) -> None:
    first, again, other = (against_equal_weight(long, 500, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_streams_by_hand(long: Backtest) -> None:
    """The same draws, put together day by day, and Sharpe ratios of the days."""
    found = against_equal_weight(long, 200, block=4, seed=3)
    draw = np.random.default_rng(3)
    starts = draw.integers(55, size=(200, 14))
    days = {name: one.returns.reshape(55, 63) for name, one in long.earned.items()}
    sharpe = {}
    for name in ("equal_weight", "tangency"):
        streams = []
        for row in starts.tolist():
            quarters = [(start + k) % 55 for start in row for k in range(4)][:55]
            streams.append(np.concatenate([days[name][k] for k in quarters]))
        values = np.array(streams)
        sharpe[name] = values.mean(axis=1) / values.std(axis=1, ddof=1) * 252**0.5
    difference = sharpe["tangency"] - sharpe["equal_weight"]
    one = found["tangency"]
    assert one.share_of_samples == (difference < 0.0).mean()
    assert one.sharpe_difference == pytest.approx(np.median(difference), rel=1e-9)
    assert one.standard_error == pytest.approx(
        np.sqrt(one.share_of_samples * (1 - one.share_of_samples) / 200)
    )
    assert one.low < one.sharpe_difference < one.high


def test_a_block_of_all_quarters_draws_nothing_new(long: Backtest) -> None:
    one = against_equal_weight(long, 50, block=55)["tangency"]
    sharpes = [long.performance(name).sharpe or 0.0 for name in ("tangency", "equal_weight")]
    assert one.low == pytest.approx(one.high, abs=1e-12)
    assert one.sharpe_difference == pytest.approx(sharpes[0] - sharpes[1], rel=1e-9)


def test_a_better_asset_beats_equal_weight_in_nearly_all_streams() -> None:
    sample = returns(1500, 2)
    sample[:, 1] = sample[:, 0] + 0.002  # all mean, and the same risk
    found = against_equal_weight(backtest(sample, ["equal_weight", "growth_optimal"]), 500)
    assert found["growth_optimal"].share_of_samples == 0.0


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"samples": 0}, "bootstrap must be from 1 to 1000000, got 0"),
        ({"block": 56}, "block must be from 1 to 55, got 56"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    terms: dict[str, int], message: str, long: Backtest
) -> None:
    with pytest.raises(PortfolioError, match=message):
        against_equal_weight(long, **terms)
    with pytest.raises(PortfolioError, match="compares with equal_weight, which is not among"):
        against_equal_weight(backtest(returns(33, 3), ["equal_risk"], **TERMS))
