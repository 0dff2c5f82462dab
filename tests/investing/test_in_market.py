"""Growth of outside investors in a solved market: Kelly's theorem, closed forms, error bars."""

from functools import cache

import numpy as np
import pytest
import xarray
from scipy.interpolate import CubicSpline

from pdesolve.finance.averages import path_means
from pdesolve.finance.simulation import PathError
from pdesolve.investing.in_market import MarketGrowth, informed_growth, market_growth
from tests.tools.solutions import solved

NAMES = ("market", "binary", "three_states")


@cache
def grown(name: str) -> MarketGrowth:
    return market_growth(solved(name, tol=1e-4), 2000, 60, seed=1)


@pytest.fixture(params=NAMES)
def found(request: pytest.FixtureRequest) -> MarketGrowth:
    return grown(request.param)


def test_kellys_theorem_the_difference_is_the_mutual_information(found: MarketGrowth) -> None:
    """Growth of who knows prices alone, simulated without the informed one and without I."""
    left = found.informed.value - found.simulated.value - found.mutual_information.value
    bars = found.informed.error + found.simulated.error + found.mutual_information.error
    assert abs(left) <= 1.5 * bars  # three standard errors
    assert bars < 0.1 * found.informed.value
    assert found.public.value == pytest.approx(found.simulated.value, abs=1.5 * bars)


def test_options_add_to_growth(found: MarketGrowth) -> None:
    gain = found.with_options.value - found.public.value
    assert gain > -(found.with_options.error + found.public.error)


def won(paths: xarray.Dataset) -> xarray.DataArray:
    """Divergence of what prices tell of two payoffs, 0 and 1, from their prices at T."""
    end = paths.isel(t=-1)
    m, p = end.public_mean, end.price
    return m * np.log(m / p) + (1.0 - m) * np.log((1.0 - m) / (1.0 - p))


def test_with_options_the_payoff_is_a_horse_race() -> None:
    """She wins as much more as her belief at T diverges from the market's."""
    found = grown("binary")
    means = path_means(solved("binary", tol=1e-4), {"won": won}, 2000, 60, seed=2)
    error = 2.0 * float(means.won_standard_error) + float(means.won_date_error)
    expected = found.public.value + float(means.won)
    bar = found.with_options.error + found.public.error + error
    assert abs(found.with_options.value - expected) <= bar < 0.2 * expected


def test_a_normal_payoff_in_closed_form() -> None:
    """There lambda is (A/rho sigma)(x - p) for the informed, and I is log(1 + H/tau)/2."""
    solution = solved("market", tol=1e-4)
    law = solution.expectations(dates=np.linspace(0.0, solution.economy.horizon, 41))
    t, signal = law.t.values, law.precision_rate.values / solution.economy.rho_sigma
    growth = CubicSpline(t, 0.5 * signal**2 * law.squared_error.values).integrate(0.0, t[-1])
    found = grown("market")
    assert abs(found.informed.value - float(growth)) <= 1e-8 + found.informed.error < 1e-6
    precision = CubicSpline(t, signal**2).integrate(0.0, t[-1])
    told = 0.5 * np.log1p(float(precision) * solution.prior.variance)
    assert abs(found.mutual_information.value - told) <= found.mutual_information.error


@pytest.mark.parametrize("name", ["binary", "three_states"])
def test_the_error_is_that_of_a_better_solution(name: str) -> None:
    one, better = (informed_growth(solved(name, tol=tol)) for tol in (1e-3, 1e-5))
    assert abs(one.value - better.value) <= one.error + better.error
    assert better.error < one.error


def test_who_cannot_learn_gains_by_the_premium_alone() -> None:
    """Without attention prices tell nothing: I = 0, and x is of no use until it is paid."""
    solution = solved("binary", {"attention.capacity": 1e-9}, tol=1e-4)
    found = market_growth(solution, 500, 40)
    assert found.mutual_information.value == pytest.approx(0.0, abs=1e-9)
    bar = found.informed.error + 1.5 * found.simulated.error
    assert abs(found.informed.value - found.simulated.value) <= bar < 1e-3


@pytest.mark.parametrize("name", ["newsflow", "announcement"])
def test_growth_with_public_news_is_refused(name: str) -> None:
    for ask in (market_growth, informed_growth):
        with pytest.raises(PathError, match=f"{name}: growth in a market with public news"):
            ask(solved(name, tol=1e-3))
