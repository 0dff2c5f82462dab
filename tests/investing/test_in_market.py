"""Growth of outside investors in a solved market: Kelly's theorem, closed forms, error bars."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
import xarray
from scipy.interpolate import CubicSpline

from pdesolve.finance.averages import path_means
from pdesolve.finance.simulation import PathError
from pdesolve.investing.in_market import MarketGrowth, market_growth
from pdesolve.investing.informed import Routes, informed_growth
from pdesolve.solver.normal import normal_path
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.tools.solutions import Overrides, solved

NEWS: Overrides = {"market.announcements": [{"time": 0.4, "precision": 3.0}]}
FLOW: Overrides = {"market.public_precision": 3.0}
MARKETS: dict[str, tuple[str, Overrides]] = {
    "market": ("market", {}),
    "binary": ("binary", {}),
    "three_states": ("three_states", {}),
    "announcement": ("binary", NEWS),
    "newsflow": ("binary", FLOW),
    "both": ("three_states", {**NEWS, "market.public_precision": 0.3}),
}


@cache
def grown(name: str) -> MarketGrowth:
    return market_growth(solved(*MARKETS[name], tol=1e-5), 2000, 60, seed=1)


@cache
def informed(name: str, tol: float) -> Routes:
    return informed_growth(solved(*MARKETS[name], tol=tol))


SLOW = {"three_states", "market", "both"}


@pytest.fixture(
    params=[pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in MARKETS]
)
def found(request: pytest.FixtureRequest) -> MarketGrowth:
    return grown(request.param)


def test_kellys_theorem_the_difference_is_the_mutual_information(found: MarketGrowth) -> None:
    """Growth of who knows prices alone, simulated without the informed one and without I."""
    left = found.informed.value - found.simulated.value - found.mutual_information.value
    bars = found.informed.error + found.simulated.error + found.mutual_information.error
    assert abs(left) <= 1.5 * bars  # three standard errors
    assert bars < 0.1 * found.informed.value
    assert found.public.value == pytest.approx(found.simulated.value, abs=1.5 * bars)
    assert found.public.error <= found.simulated.error


def test_the_equation_and_the_law_of_the_states_agree(found: MarketGrowth) -> None:
    """One is marched back from T by Rodas4P, the other forward by exponentials."""
    apart = abs(found.informed.value - found.by_law.value)
    assert 0.0 < apart <= min(found.informed.error, found.by_law.error)
    assert found.informed.error < 1e-3 * found.informed.value


@pytest.mark.parametrize("name", ["announcement", "three_states"])
def test_so_they_do_on_what_options_add(name: str) -> None:
    equation, law = informed(name, 1e-5)
    assert 0.0 < abs(equation.with_options.value - law.with_options.value)
    bars = equation.with_options.error, law.with_options.error
    assert abs(equation.with_options.value - law.with_options.value) <= max(bars)


def test_options_add_to_growth(found: MarketGrowth) -> None:
    gain = found.with_options.value - found.public.value
    assert gain > -(found.with_options.error + found.public.error)


@pytest.mark.parametrize("name", ["market", "binary", "three_states", "announcement"])
def test_with_options_growth_is_the_divergence_of_the_pricing_kernel(name: str) -> None:
    """-E log K over simulated paths; K - 1 has mean 0 and takes noise away."""

    def relative(paths: xarray.Dataset) -> xarray.DataArray:
        return paths.pricing_kernel - 1.0 - np.log(paths.pricing_kernel)

    means = path_means(solved(*MARKETS[name], tol=1e-4), {"of": relative}, 4000, 60, seed=2)
    bar = 3.0 * float(means.of_standard_error) + float(means.of_date_error)
    one = grown(name).with_options
    assert abs(one.value - float(means.of)) <= bar + one.error
    assert one.error < 1e-3 * one.value


@pytest.mark.parametrize("name", ["binary", "three_states", "announcement"])
def test_mutual_information_is_that_of_simulated_paths(name: str) -> None:
    of = {"of": lambda paths: paths.information.isel(t=-1)}
    means = path_means(solved(*MARKETS[name], tol=1e-4), of, 4000, 60, seed=3)
    bar = 2.0 * float(means.of_standard_error) + float(means.of_date_error)
    told = grown(name).mutual_information
    assert abs(told.value - float(means.of)) <= told.error + bar


def won(paths: xarray.Dataset) -> xarray.DataArray:
    """Divergence of what prices tell of two payoffs, 0 and 1, from their prices at T."""
    end = paths.isel(t=-1)
    m, p = end.public_mean, end.price
    return m * np.log(m / p) + (1.0 - m) * np.log((1.0 - m) / (1.0 - p))


@pytest.mark.parametrize("name", ["binary", "announcement"])
def test_with_options_the_payoff_is_a_horse_race(name: str) -> None:
    """She wins as much more as her belief at T diverges from the market's."""
    found = grown(name)
    means = path_means(solved(*MARKETS[name], tol=1e-4), {"won": won}, 4000, 60, seed=2)
    error = 2.0 * float(means.won_standard_error) + float(means.won_date_error)
    expected = found.public.value + float(means.won)
    bar = found.with_options.error + found.public.error + error
    assert abs(found.with_options.value - expected) <= bar < 0.1 * expected


class Stretch(NamedTuple):
    """Of a normal payoff between announcements, by date; `left` is E (x - p)²."""

    t: Array
    precision_rate: Array
    signal: Array
    psi_dot: Array
    kappa2: Array
    left: Array

    def added(self, values: Array) -> float:
        """Integral over the stretch."""
        return float(CubicSpline(self.t, values).integrate(self.t[0], self.t[-1]))


def stretches(solution: Solution, dates: Sequence[float], news: float = 0.0) -> list[Stretch]:
    """Between these dates, by ordinary differential equations and p = (tau m + xi)/(tau + psi).

    Given x, xi is xi_0 + psi x and noise, to which kappa² and the news' precision add up.
    """
    economy, flow = solution.economy, solution.case.market.public_precision
    noise, found, tau = economy.start**2, list[Stretch](), 1.0 / solution.prior.variance
    for low, high in pairwise(dates):
        end = high if high == economy.horizon else np.nextafter(high, 0.0)
        path = normal_path(solution.case, t := np.linspace(low, end, 21))
        signal = path.precision_rate / economy.rho_sigma
        psi_dot = path.precision_rate + signal**2 + flow
        kappa2 = (signal + economy.rho_sigma) ** 2 + flow
        heard = noise + CubicSpline(t, kappa2).antiderivative()(t)
        left = (tau + heard) / (tau + path.psi) ** 2
        found.append(Stretch(t, path.precision_rate, signal, psi_dot, kappa2, left))
        noise = float(heard[-1]) + news
    return found


def test_a_normal_payoff_in_closed_form() -> None:
    """There lambda is (A/rho sigma)(x - p) for the informed, and I is log(1 + H/tau)/2."""
    solution = solved("market", tol=1e-4)
    (one,) = stretches(solution, (0.0, solution.economy.horizon))
    growth = one.added(0.5 * one.signal**2 * one.left)
    found = grown("market")
    assert abs(found.informed.value - growth) <= 1e-8 + found.informed.error < 1e-6
    told = 0.5 * np.log1p(one.added(one.signal**2) * solution.prior.variance)
    assert abs(found.mutual_information.value - told) <= found.mutual_information.error


def test_options_on_a_normal_payoff_in_closed_form() -> None:
    """Given x the centred xi_T is normal, and log q/F is a square in it."""
    solution = solved("market", tol=1e-4)
    economy, tau = solution.economy, 1.0 / solution.prior.variance
    (one,) = stretches(solution, (0.0, economy.horizon))
    private, psi = one.added(one.precision_rate), one.added(one.psi_dot)
    noise = psi + private + economy.rho_sigma**2 * economy.horizon
    square = economy.start**2 + psi**2 / tau + noise  # E of xi_T²
    leaning = 0.5 * psi / tau + 0.5 * np.log1p(psi / tau) - 0.5 * square / (tau + psi)
    found = grown("market")
    apart = abs(found.with_options.value - (found.informed.value - leaning))
    assert apart <= 1e-7 + found.with_options.error < 1e-5


def test_news_to_a_normal_market_is_worth_what_its_two_laws_diverge() -> None:
    """Given x it is N(Hx, H), and to the market N(Hp, H + H² V) with the static variance V.

    Between announcements lambda is (psi_dot/kappa)(x - p), a flow of news at the rate h included.
    """
    solution, news = solved("market", {**NEWS, "market.public_precision": 2.0}), 3.0
    parts = stretches(solution, (0.0, 0.4, solution.economy.horizon), news)
    traded = sum(one.added(0.5 * one.psi_dot**2 / one.kappa2 * one.left) for one in parts)
    known = 1.0 / solution.prior.variance + parts[0].added(parts[0].psi_dot)
    wide, missed = news + news**2 / known, parts[0].left[-1]
    jump = 0.5 * np.log(wide / news) + 0.5 * (news + news**2 * missed) / wide - 0.5
    found = informed_growth(solution).equation.until_payoff
    assert abs(found.value - traded - jump) <= 1e-7 + found.error < 1e-5
    assert jump > 0.1 * found.value


@pytest.mark.parametrize(
    "name", ["binary", pytest.param("three_states", marks=pytest.mark.slow), "announcement"]
)
def test_the_error_is_that_of_a_better_solution(name: str) -> None:
    one, better = (informed(name, tol) for tol in (1e-3, 1e-6))
    for found, truth in zip(
        (*one.equation, *one.law), (*better.equation, *better.law), strict=True
    ):
        assert abs(found.value - truth.value) <= found.error + truth.error
        assert truth.error < found.error


def test_announcements_tell_more_than_a_flow_that_prices_mix_with_supply() -> None:
    dates = [{"time": (k + 0.5) / 4, "precision": 0.25} for k in range(4)]
    apart = informed_growth(solved("binary", {"market.announcements": dates}, tol=1e-4))
    mixed = informed_growth(solved("binary", {"market.public_precision": 1.0}, tol=1e-4))
    gain = apart.equation.until_payoff.value - mixed.equation.until_payoff.value
    assert gain > 100.0 * (apart.equation.until_payoff.error + mixed.equation.until_payoff.error)


def test_who_cannot_learn_gains_by_the_premium_alone() -> None:
    """Without attention prices tell nothing: I = 0, and x is of no use until it is paid."""
    solution = solved("binary", {"attention.capacity": 1e-9}, tol=1e-4)
    found = market_growth(solution, 500, 40)
    assert found.mutual_information.value == pytest.approx(0.0, abs=1e-9)
    bar = found.informed.error + 1.5 * found.simulated.error
    assert abs(found.informed.value - found.simulated.value) <= bar < 1e-3


def test_counts_that_cannot_be_are_refused() -> None:
    for wrong in ((0, 40, 0), (10, 41, 0), (10, 40, -1)):
        with pytest.raises(PathError, match="must be a"):
            market_growth(solved("binary", tol=1e-4), *wrong)
