"""Implied volatilities, against prices of sixty digits and against QuantLib."""

import mpmath as mp
import numpy as np
import pytest

from pdesolve.finance.implied import black_volatility, normal_volatility

FORWARD, TIME = 1.3, 0.7
MONEYNESS = np.linspace(-6.0, 6.0, 13)  # standard deviations


def black(strike: float, volatility: float) -> float:
    """Price of what is out of the money."""
    with mp.workdps(60):
        k, f, sd = mp.mpf(strike), mp.mpf(FORWARD), mp.mpf(volatility) * mp.sqrt(TIME)
        d = mp.log(f / k) / sd + sd / 2
        call = f * mp.ncdf(d) - k * mp.ncdf(d - sd)
        return float(call if k >= f else call - f + k)


def bachelier(strike: float, volatility: float) -> float:
    with mp.workdps(60):
        sd = mp.mpf(volatility) * mp.sqrt(TIME)
        d = abs(mp.mpf(strike) - mp.mpf(FORWARD)) / sd
        return float(sd * (mp.npdf(d) - d * mp.ncdf(-d)))


@pytest.mark.parametrize("volatility", [0.01, 0.2, 1.0, 3.0])
def test_volatilities_come_back(volatility: float) -> None:
    sd = volatility * np.sqrt(TIME)
    strikes = FORWARD * np.exp(sd * MONEYNESS)
    prices = np.array([black(k, volatility) for k in strikes])
    found = black_volatility(prices, FORWARD, strikes, TIME)
    assert found == pytest.approx(np.full(13, volatility), rel=1e-11)
    strikes = FORWARD + sd * MONEYNESS
    prices = np.array([bachelier(k, volatility) for k in strikes])
    found = normal_volatility(prices, FORWARD, strikes, TIME)
    assert found == pytest.approx(np.full(13, volatility), rel=1e-12)


def test_quantlib_agrees() -> None:
    ql = pytest.importorskip("QuantLib")
    strikes, volatility = FORWARD + 0.2 * MONEYNESS[3:-3], 0.4
    sd = volatility * np.sqrt(TIME)
    for found, price in (
        (black_volatility, ql.blackFormula),
        (normal_volatility, ql.bachelierBlackFormula),
    ):
        sides = [ql.Option.Call if k >= FORWARD else ql.Option.Put for k in strikes]
        pairs = zip(sides, strikes, strict=True)
        prices = np.array([price(side, float(k), FORWARD, sd) for side, k in pairs])
        back = found(prices, FORWARD, strikes, TIME)
        assert back == pytest.approx(np.full(strikes.size, volatility), rel=1e-9)


def test_there_is_none_where_prices_are_impossible() -> None:
    nothing = black_volatility(
        np.array([0.0, -1.0, 2.0, 0.1, np.nan]),
        FORWARD,
        np.array([1.0, 1.0, 1.0, -1.0, 1.0]),
        TIME,
    )
    assert np.isnan(nothing).all()
    some = normal_volatility(np.array([0.0, -1.0, np.nan, 0.1]), FORWARD, np.full(4, 1.0), TIME)
    assert np.isnan(some).tolist() == [True, True, True, False]
    assert np.isnan(black_volatility(np.array([0.1]), -1.0, np.array([1.0]), TIME)).all()


def test_prices_of_next_to_nothing_have_one() -> None:
    found = normal_volatility(np.array([1e-300]), 0.0, np.array([1.0]), 1.0)
    assert 0.0 < found[0] < 0.05
