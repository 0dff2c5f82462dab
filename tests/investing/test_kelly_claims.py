"""What the lecture on the Kelly criterion says (Aldous 2016), claim by claim.

Two slips of it: a debt that doubles in 10 years is said to grow by 7.0% a year, which is 7.18%
effective or 6.93% continuously; and its growth (2) is a log rate while its growth (4) is an
effective one, of a return relative to interest that bears the name of another one in (2).
"""

import numpy as np
import pytest

from pdesolve.investing import laws
from pdesolve.investing.drawdown import drawdown_exponent
from pdesolve.investing.growth import Growth, growth_of, rebalanced
from pdesolve.investing.law import Law

MEAN, SD = 0.056, 0.2  # of the S&P 500 a year, less interest
DAYS = 250


def coin(delta: float, rate: float = 0.0) -> Growth:
    return growth_of(laws.two_point(0.5 + delta, 1.0, 1.0), rate)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.7])
def test_a_bet_at_odds_of_1_minus_p_to_p_is_fair(p: float) -> None:
    found = growth_of(laws.two_point(p, (1.0 - p) / p, 1.0))
    assert (found.fraction, found.growth) == (0.0, 0.0)
    assert "fair" in found.message
    assert growth_of(laws.two_point(p, 1.001 * (1.0 - p) / p, 1.0)).fraction > 0.0
    assert growth_of(laws.two_point(p, 0.999 * (1.0 - p) / p, 1.0)).fraction < 0.0


def test_simple_and_compound_interest_over_twenty_years() -> None:
    years = np.arange(0, 21, 4)
    cash = growth_of(laws.two_point(0.5, 1.0, 1.0), 0.07)  # at a fraction of 0 all is in cash
    compound = 1000.0 * np.exp(years * cash.growth_at(0.0))
    assert np.round(compound).tolist() == [1000, 1311, 1718, 2252, 2952, 3870]
    assert (1000.0 * (1.0 + 0.07 * years)).round().tolist() == [1000, 1280, 1560, 1840, 2120, 2400]


def test_eight_years_at_seven_percent_make_compounding_noticeable() -> None:
    """By a tenth, which the text takes for noticeable."""
    assert 1.07**8 / (1.0 + 8 * 0.07) == pytest.approx(1.10, abs=0.002)
    assert 1.07**4 / (1.0 + 4 * 0.07) < 1.03


def test_in_the_long_run_wealth_grows_by_the_mean_of_the_log() -> None:
    """And not by the mean: 50% up, 40% down at even odds gains 5% on average, and loses all."""
    found, rng = growth_of(laws.two_point(0.5, 0.5, 0.4)), np.random.default_rng(0)
    drawn = np.log1p(rng.choice([0.5, -0.4], 1_000_000))
    assert drawn.mean() == pytest.approx(found.growth_at(1.0), abs=3e-3 * drawn.std())
    assert found.growth_at(1.0) < 0.0 < found.law.mean
    assert np.expm1(found.growth_at(1.0)) == pytest.approx(np.sqrt(1.5 * 0.6) - 1.0, rel=1e-12)


def test_a_gain_and_a_loss_of_a_fifth_combine_to_a_loss_of_four_percent() -> None:
    found = growth_of(laws.two_point(0.5, 0.2, 0.2))
    assert np.exp(2.0 * found.growth_at(1.0)) == pytest.approx(0.96, rel=1e-14)


def test_a_debt_that_doubles_in_ten_years_grows_by_718_not_by_70() -> None:
    growth = np.log(2.0) / 10.0
    assert np.expm1(growth) == pytest.approx(0.0718, abs=5e-5)
    assert growth == pytest.approx(0.0693, abs=5e-5)


@pytest.mark.parametrize("delta", [0.005, 0.01, 0.1, 0.4])
def test_the_optimum_of_the_coin_is_exactly_two_delta(delta: float) -> None:
    assert coin(delta).fraction == pytest.approx(2.0 * delta, rel=1e-14)
    assert coin(-delta).fraction == pytest.approx(-2.0 * delta, rel=1e-14)


def test_growth_of_the_coin_is_a_parabola_to_second_order() -> None:
    gaps = []
    for delta in (1e-2, 1e-3):
        p = np.linspace(0.0, 5.0 * delta, 6)
        growth = np.array([coin(delta).growth_at(float(f)) for f in p])
        gaps.append(np.max(np.abs(growth - (2.0 * delta * p - 0.5 * p**2))))
    assert gaps[0] < 1e-6 < 100.0 * gaps[0]
    assert gaps[0] / gaps[1] == pytest.approx(1e4, rel=0.01)  # what is left out is of fourth order
    assert coin(1e-3).growth == pytest.approx(2e-6, rel=1e-5)


def test_a_fifty_one_percent_coin_grows_by_five_percent_a_year() -> None:
    assert coin(0.01).growth == pytest.approx(2.00013e-4, abs=5e-10)
    assert DAYS * coin(0.01).growth == pytest.approx(0.050003, abs=5e-7)
    assert DAYS * coin(0.005).growth == pytest.approx(0.0125002, abs=5e-8)


def test_interest_adds_to_the_growth_of_the_coin() -> None:
    for rate, within in ((1e-4, 1e-6), (1e-5, 1e-7)):
        found = coin(0.01, rate)
        assert found.growth - rate == pytest.approx(2e-4, abs=5.0 * within)


def test_the_coin_grows_no_faster_than_cash_from_about_four_delta_on() -> None:
    assert coin(0.01).break_even == pytest.approx(0.0399893, abs=5e-8)
    assert coin(0.005).break_even == pytest.approx(0.0199987, abs=5e-8)
    assert coin(0.01).growth_at(0.0399893) > 0.0 > coin(0.01).growth_at(0.0399894)


def test_a_small_return_has_the_fraction_mu_over_sigma_squared() -> None:
    gaps = []
    for times in (10, 100, 1000):
        found = rebalanced(MEAN, SD, times)
        gaps.append(found.fraction - MEAN / SD**2)
    assert gaps[0] / gaps[1] == pytest.approx(10.0, rel=0.02)
    assert gaps[1] / gaps[2] == pytest.approx(10.0, rel=0.002)
    assert gaps[2] < 2e-4


def test_the_small_return_fraction_is_free_of_the_time_scale() -> None:
    limits = [growth_of(laws.steps(MEAN, SD, times)).small_limit for times in (1, 12, 250)]
    assert limits == pytest.approx([1.4, 1.4, 1.4], rel=1e-12)


def test_a_share_that_is_expected_to_fall_is_sold_short() -> None:
    found = rebalanced(-MEAN, SD, 12)
    assert found.fraction == pytest.approx(-rebalanced(MEAN, SD, 12).fraction, rel=1e-12)
    assert found.small_limit == pytest.approx(-1.4, rel=1e-12)


def test_the_stock_market_is_worth_140_percent_of_wealth() -> None:
    fraction, growth, volatility = growth_of(laws.steps(MEAN, SD, 1)).limit
    assert fraction == pytest.approx(1.4, rel=1e-12)
    assert growth == pytest.approx(0.0392, rel=1e-12)
    assert volatility == pytest.approx(0.28, rel=1e-12)
    daily = rebalanced(MEAN, SD, DAYS)
    assert daily.fraction == pytest.approx(1.4004, abs=5e-5)
    assert DAYS * daily.growth == pytest.approx(0.0392, abs=1e-5)


def test_rebalancing_once_a_year_has_another_fraction_than_daily() -> None:
    yearly = growth_of(laws.discrete([0.256, -0.144], [0.5, 0.5]))
    assert yearly.fraction == pytest.approx(1.519, abs=5e-4)
    assert yearly.fraction == pytest.approx(rebalanced(MEAN, SD, 1).fraction, rel=1e-12)
    assert yearly.fraction > rebalanced(MEAN, SD, DAYS).fraction + 0.1


@pytest.mark.parametrize("rate", [0.0, 0.03])
def test_growth_with_interest_is_that_relative_to_interest_compounded(rate: float) -> None:
    law, f = laws.discrete([0.3, 0.1, -0.25], [0.3, 0.4, 0.3]), 0.7
    direct = law.weights @ np.log(1.0 + f * law.points + (1.0 - f) * rate)  # (2), a log rate
    relative = (law.points - rate) / (1.0 + rate)
    effective = (1.0 + rate) * np.exp(law.weights @ np.log1p(f * relative)) - 1.0  # (4)
    found = growth_of(law, rate)
    assert found.growth_at(f) == pytest.approx(direct, rel=1e-13)
    assert np.expm1(found.growth_at(f)) == pytest.approx(effective, rel=1e-12)


def test_where_the_law_changes_each_period_is_its_own() -> None:
    """With two known laws by turns, no pair of fractions grows faster than each law's own."""
    one, two = laws.two_point(0.55, 1.0, 1.0), laws.two_point(0.7, 0.5, 1.0)
    best = [growth_of(law).fraction for law in (one, two)]
    most = one.growth(best[0]) + two.growth(best[1])
    for f in np.linspace(0.0, 0.9, 19):
        for g in np.linspace(0.0, 0.9, 19):
            assert one.growth(float(f)) + two.growth(float(g)) <= most + 1e-16


def test_x_percent_chance_to_fall_to_x_percent() -> None:
    """At full Kelly E (1 + fX)^-1 = 1 for any law, since that is g'(f) = 0."""
    some = [laws.two_point(0.6, 0.02, 0.01), laws.discrete([0.5, 0.1, -0.4], [0.3, 0.4, 0.3])]
    for law in some:
        assert drawdown_exponent(law, growth_of(law).fraction) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("share", "exponent"), [(1.0, 1.0), (0.5, 3.0003), (0.25, 7.0009), (1.5, 0.3332), (2.0, 0.0)]
)
def test_partial_kelly_trades_growth_for_less_drawdown(share: float, exponent: float) -> None:
    law = laws.two_point(0.51, 1.0, 1.0)
    fraction = share * growth_of(law).fraction
    assert drawdown_exponent(law, fraction) == pytest.approx(exponent, abs=5e-5)
    kept = law.growth(fraction) / law.growth(growth_of(law).fraction)
    assert kept == pytest.approx(2.0 * share - share**2, abs=2e-3)


def test_the_fraction_is_not_scale_free() -> None:
    """p = .6, win 2%, lose 1%: 40, where a popular library returns 0.40."""
    law: Law = laws.two_point(0.6, 0.02, 0.01)
    assert growth_of(law).fraction == pytest.approx(40.0, rel=1e-13)
    assert growth_of(laws.two_point(0.6, 2.0, 1.0)).fraction == pytest.approx(0.40, rel=1e-13)
