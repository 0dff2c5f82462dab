"""What is reported of a sample, and of a case whose price is not above zero."""

import json

import numpy as np
import pytest

from pdesolve.investing import laws
from pdesolve.investing.drawdown import drawdown_exponent
from pdesolve.investing.growth import growth_of
from pdesolve.investing.growth_report import Asked, Report
from pdesolve.investing.growth_summary import as_csv, as_json, table
from pdesolve.investing.least_future_value import least_future_values
from pdesolve.investing.returns import as_returns
from pdesolve.investing.study import LeastAsked, of_returns, of_solution
from tests.tools.solutions import solved

BELOW = {"payoff.values": [-1.0, 0.0]}


def test_a_case_below_zero_is_the_same_market_in_shares() -> None:
    low, high = (
        of_solution(solved("binary", change, tol=1e-4), "b", 0.0, Asked(share=0.5))
        for change in (BELOW, {})
    )
    assert low.price is not None and high.price is not None
    assert low.price == pytest.approx(high.price - 1.0, abs=1e-9) and low.price < 0.0
    assert low.found.fraction == pytest.approx(high.found.fraction / high.price, rel=1e-6)
    assert low.found.growth == pytest.approx(high.found.growth, rel=1e-6)
    assert low.market is not None and high.market is not None
    assert low.market.informed.value == pytest.approx(high.market.informed.value, rel=1e-9)
    said = json.loads(as_json(low))
    assert said["fraction"] is None and said["shares"] == low.found.fraction
    assert said["unit"] == "shares per unit of wealth"
    assert said["curve"].keys() == {"of", "shares", "growth"}
    assert said["error"]["shares"] > 0.0 and "fraction" not in said["error"]
    assert as_csv(low).startswith("shares,growth\n")


def test_the_fraction_for_a_drawdown_keeps_to_it() -> None:
    found = growth_of(laws.two_point(0.55, 1.0, 1.0))
    report = Report(name="coin", found=found, asked=Asked(drawdown=(0.5, 0.1)))
    fraction, growth = report.restrained
    assert 0.0 < fraction < found.fraction
    assert 0.5 ** drawdown_exponent(found.excess, fraction) == pytest.approx(0.1, rel=1e-9)
    assert growth == found.growth_at(fraction)


def test_of_a_normal_return_the_limit_is_asked() -> None:
    found = growth_of(laws.normal(0.056, 0.2))
    report = Report(name="n", found=found, asked=Asked(share=0.5, drawdown=(0.5, 0.125)))
    assert report.held == pytest.approx(0.7) and report.exponent == pytest.approx(3.0)
    assert report.growth_held == pytest.approx(0.75 * 0.0392)
    assert report.restrained == pytest.approx((0.7, 0.75 * 0.0392))
    said = json.loads(as_json(report))
    assert said["fraction"] == 0.0
    assert said["fractional"]["of"] == said["curve"]["of"] == "the small-return limit"


def test_least_values_are_those_asked_for() -> None:
    x = np.random.default_rng(0).normal(0.01, 0.05, 120)
    asked = LeastAsked(leverages=(0.5, 2.0), every="period", inflation=0.002)
    found = of_returns(as_returns(x), "x", 0.001, Asked(), asked).least
    assert [one.leverage for one in found] == [0.5, 2.0]
    direct = least_future_values(
        as_returns(x), every="period", leverage=2.0, rate=0.001, inflation=0.002
    )
    np.testing.assert_array_equal(found[1].least, direct.least)
    wealth = np.cumprod((1.0 + 2.0 * x - 0.001) / 1.002)
    assert found[1].least[0] == pytest.approx(100.0 * min(1.0, wealth.min()))


def test_with_announcements_it_is_said_who_has_options() -> None:
    news = {"market.announcements": [{"time": 0.4, "precision": 3.0}]}
    quiet, told = (
        of_solution(solved("binary", change, tol=1e-3), "b", 0.0, Asked()) for change in ({}, news)
    )
    assert "options on the price just after each announcement" in table(told)
    assert "just after" not in table(quiet)
    assert told.market is not None and quiet.market is not None
    assert told.market.informed.value > quiet.market.informed.value
