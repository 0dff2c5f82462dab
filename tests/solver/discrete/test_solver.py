"""The discrete model against direct recursions, its limit, and its own promises."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import pdesolve
from pdesolve.case import Case, load_case
from pdesolve.model.attention.response import attention_cost, best_response, precision
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.discrete.period import DiscreteError
from pdesolve.solver.discrete.solution import DiscreteSolution
from pdesolve.solver.discrete.solver import solve_discrete
from pdesolve.solver.normal import normal_initial
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.values import ERRORS
from pdesolve.typing import Array

ONE_HALF: dict[str, Any] = {"payoff.probabilities": [0.5, 0.5], "market.initial_supply": 0.0}
SLOWER = ["three_states", "mixture", "uniform"]
SKEWED: dict[str, Any] = {"market.initial_supply": 0.3}


@cache
def three_states(periods: int, tol: float = 2e-5) -> DiscreteSolution:
    return solve_discrete(load_case("three_states", SKEWED), periods, tol=tol)


def values(found: DiscreteSolution) -> Array:
    return np.array([getattr(found.initial, name) for name in ERRORS])


def scales(found: DiscreteSolution) -> Array:
    initial, prior = found.initial, make_prior(found.case.payoff)
    return np.array(
        [prior.sd, prior.variance, initial.attention, initial.precision_rate, 1.0], dtype=float
    )


# ---------------------------------------------------------------- figures found apart


@pytest.mark.parametrize(
    ("periods", "price"),
    [(65, 0.8116749), (129, 0.8110611), pytest.param(257, 0.8107496, marks=pytest.mark.slow)],
)
def test_two_values_agree_with_figures_found_apart(periods: int, price: float) -> None:
    found = solve_discrete(load_case("binary", ONE_HALF), periods)
    assert float(found.price(2.0)) == pytest.approx(price, abs=6e-8)


# ---------------------------------------------------------------- direct recursions


class Values(NamedTuple):
    """What a date hands to the one before: price, variance and log value, functions of states."""

    price: Array
    variance: Array
    log_value: Array


SHOCKS = np.linspace(-13.0, 13.0, 105)
WEIGHTS = np.exp(-0.5 * SHOCKS**2) * (SHOCKS[1] - SHOCKS[0]) / (2.0 * np.pi) ** 0.5


class Direct:
    """Section 3 of derivation.md word for word: uncentred, without interpolation or deviations.

    Every state asks the next date for its values at each shock, so this is for few dates.
    """

    def __init__(self, case: Case, dates: int) -> None:
        self.case, self.prior, self.dates = case, make_prior(case.payoff), dates
        self.delta = case.market.horizon / dates
        self.rho, self.sigma = case.market.risk_aversion, case.market.supply_volatility

    def at(self, date: int, xi: Array, psi: Array) -> tuple[Values, Array]:
        """Values and attention at states of one shape."""
        if date == self.dates - 1:
            c = self.prior.centre
            static = self.prior.cumulants(xi - c * psi, psi)
            phi = static.phi + c * xi - 0.5 * c**2 * psi
            return Values(c + static.mean, static.variance, phi), np.zeros_like(xi)

        def at_attention(s: Array) -> tuple[Values, Array]:
            technology = self.case.attention
            return self.expect(
                date, xi, psi, precision(technology, s), attention_cost(technology, s)
            )

        low, high = np.zeros_like(xi), self.respond(at_attention(0.0 * xi)[1])
        for _ in range(26):
            middle = 0.5 * (low + high)
            more = self.respond(at_attention(middle)[1]) > middle
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        return at_attention(high)[0], high

    def respond(self, variance: Array) -> Array:
        return best_response(self.case.attention, self.rho, variance).attention

    def expect(
        self, date: int, xi: Array, psi: Array, rate: Array, cost: Array
    ) -> tuple[Values, Array]:
        """Values at this precision rate and cost, and E^Q[V']."""
        a, rs = rate[..., None], self.rho * self.sigma
        theta = self.sigma * self.delta**0.5 * SHOCKS
        xi_next = xi[..., None] - (a / rs + rs) / self.sigma * theta
        psi_next = psi[..., None] + (a**2 / rs**2 + a) * self.delta + 0.0 * theta
        ahead, _ = self.at(date + 1, xi_next, psi_next)
        exponent = self.rho * theta * ahead.price + 0.5 * a * self.delta * ahead.price**2
        exponent += self.rho * cost[..., None] * self.delta + ahead.log_value
        weight = WEIGHTS * np.exp(exponent)
        total = weight.sum(axis=-1)
        weight /= total[..., None]
        price = np.sum(weight * ahead.price, axis=-1)
        later = np.sum(weight * ahead.variance, axis=-1)
        spread = np.sum(weight * (ahead.price - price[..., None]) ** 2, axis=-1)
        return Values(price, later + spread, np.log(total)), later


@pytest.mark.parametrize(
    ("case", "changes"),
    [
        ("three_states", SKEWED),
        ("mixture", {}),
        ("paper", {}),
        ("capacity", {"attention.capacity": 0.55}),
        ("inattention", {"attention.cost.linear": 0.8}),
    ],
)
def test_two_dates_agree_with_the_direct_recursion(case: str, changes: dict[str, Any]) -> None:
    economy = load_case(case, {**changes, "market.horizon": 0.5})
    found = solve_discrete(economy, 2)
    start = -economy.market.risk_aversion * economy.market.initial_supply
    xi = start + np.array([0.0, -1.0, -0.3, 0.5]) / make_prior(economy.payoff).sd
    check(found, xi, Direct(economy, 2))


@pytest.mark.slow
def test_three_dates_agree_with_the_direct_recursion() -> None:
    economy = load_case("three_states", SKEWED)
    check(solve_discrete(economy, 3), np.array([-0.45]), Direct(economy, 3))


def check(found: DiscreteSolution, xi: Array, direct: Direct) -> None:
    """Within the error bars at the first state, which is the initial one, and near elsewhere."""
    expected, attention = direct.at(0, xi, 0.0 * xi)
    assert found.converged
    for name, exact, scale in zip(
        ("price", "variance", "attention", "log_value"),
        (expected.price, expected.variance, attention, expected.log_value),
        scales(found)[[0, 1, 2, 4]],
        strict=True,
    ):
        gap = np.abs(getattr(found, name)(xi) - exact)
        assert gap[0] <= found.error[name] + 3e-7 * (scale or 1.0), name
        assert gap.max() <= (5e-3 if found.kinked else 1e-5) * (scale or 1.0), name


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"attention.capacity": 0.5},
        {"attention.cost.kind": "exponential", "attention.cost.rate": 2.0},
        {"attention.precision": "power", "attention.elasticity": 0.5, "attention.signals": 3},
        {"attention.cost.linear": 10.0},
    ],
)
def test_a_normal_payoff_agrees_with_the_recursion_along_its_path(changes: dict[str, Any]) -> None:
    economy = load_case("normal", {"payoff.sd": 1.3, **changes})
    found = solve_discrete(economy, 12, tol=1e-9)
    initial = found.initial
    exact = dict(zip(("variance", "attention", "log_value"), normal_path(economy, 12), strict=True))
    rho, supply, tau = economy.market.risk_aversion, economy.market.initial_supply, 1.3**-2
    assert initial.price == pytest.approx((5.0 * tau - rho * supply) / tau, abs=1e-12)
    for name, value in exact.items():
        kink = 2.0 * found.error[name] if found.kinked else 0.0
        gap = abs(getattr(initial, name) - value)
        assert gap <= 1e-8 * max(1.0, value) + kink, name
    if initial.attention > 0:
        psi = 0.5 * found.psi_reached[1]
        expected = (5.0 * tau + 2.0) / (tau + psi)
        assert float(found.price(2.0, psi, found.length)) == pytest.approx(expected, abs=1e-12)


def normal_path(case: Case, dates: int) -> tuple[float, float, float]:
    """V, attention and L at the start for a normal payoff N(5, 1/tau), along its path of psi.

    Prices are known, so attention is the response to the variance one date ahead and psi can be
    stepped back from any end; the end is the one that leads to psi = 0. Expectations under the
    kernel by quadrature, uncentred.
    """
    direct, tau = Direct(case, dates), 1.3**-2
    rho, sigma, delta, rs = direct.rho, direct.sigma, direct.delta, direct.rho * direct.sigma
    start = -rho * case.market.initial_supply

    def back(psi: float) -> tuple[float, float, float, float]:
        variance, attention, deviation = 1.0 / (tau + psi), 0.0, 0.0
        for _ in range(dates - 1):
            found = best_response(case.attention, rho, np.array(variance))
            a, attention = float(found.precision_rate), float(found.attention)
            before = psi - (a**2 / rs**2 + a) * delta
            if before < -1e-9:
                return before, 0.0, 0.0, 0.0
            theta = sigma * delta**0.5 * SHOCKS
            xi = start - (a / rs + rs) / sigma * theta
            price = (5.0 * tau + xi) / (tau + psi)
            exponent = rho * theta * price + 0.5 * a * delta * price**2
            exponent += rho * float(found.cost) * delta + mass(xi, psi) + deviation
            peak = exponent.max()
            weight = WEIGHTS * np.exp(exponent - peak)
            deviation = peak + np.log(weight.sum()) - mass(start, before)
            weight /= weight.sum()
            variance += float(weight @ price**2 - (weight @ price) ** 2)
            psi = before
        return psi, variance, attention, float(deviation + mass(start, psi))

    def mass(xi: Any, psi: float) -> Any:
        quadratic = 0.5 * ((5.0 * tau + xi) ** 2 / (tau + psi) - 25.0 * tau)
        return quadratic - 0.5 * np.log1p(psi / tau)

    low, high = 0.0, 50.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if back(middle)[0] > 0 else (middle, high)
    return back(high)[1:]


# ---------------------------------------------------------------- numerical errors


@pytest.mark.parametrize(
    "case", ["binary", "normal", *(pytest.param(c, marks=pytest.mark.slow) for c in SLOWER)]
)
def test_error_bars_hold(case: str) -> None:
    economy = load_case(case)
    found, finer = solve_discrete(economy, 16), solve_discrete(economy, 16, tol=1e-7)
    assert found.converged
    assert finer.converged
    bars = np.array([found.error[name] + finer.error[name] for name in ERRORS])
    assert np.all(np.abs(values(found) - values(finer)) <= bars + 1e-14 * scales(found))
    assert np.all(bars <= 6e-5 * scales(found))
    assert max(bars / scales(found)) > 1e-8


@pytest.mark.slow
def test_error_bars_hold_where_attention_meets_its_cap() -> None:
    economy = load_case("capacity")
    found, finer = solve_discrete(economy, 8), solve_discrete(economy, 8, tol=1e-5)
    assert found.kinked
    assert found.converged
    bars = np.array([found.error[name] + finer.error[name] for name in ERRORS])
    assert np.all(np.abs(values(found) - values(finer)) <= bars)


# ---------------------------------------------------------------- the limit


def reported(found: Any) -> Array:
    return np.array([getattr(found.initial, name) for name in ERRORS])


def test_two_values_approach_the_continuous_limit_in_first_order() -> None:
    economy = load_case("binary", {"market.initial_supply": 0.9})
    limit = reported(solve(economy, tol=1e-7))
    found = [reported(solve_discrete(economy, n, tol=1e-7)) for n in (16, 32, 64)]
    gaps = [np.abs(each - limit) for each in found]
    np.testing.assert_allclose(gaps[1] / gaps[2], 2.0, atol=0.1)
    extrapolated = (8.0 * found[2] - 6.0 * found[1] + found[0]) / 3.0
    assert np.all(np.abs(extrapolated - limit) < 5e-3 * gaps[2])
    assert np.all(gaps[2] > 1e-4)


def test_three_values_approach_the_continuous_limit_in_first_order() -> None:
    limit = reported(solve(load_case("three_states", SKEWED)))
    found = [reported(three_states(n)) for n in (16, 32, 64)]
    gaps = [np.abs(each - limit) for each in found]
    np.testing.assert_allclose(gaps[1] / gaps[2], 2.0, atol=0.25)
    extrapolated = (8.0 * found[2] - 6.0 * found[1] + found[0]) / 3.0
    assert np.all(np.abs(extrapolated - limit) < 0.06 * gaps[2])


def test_volatility_approaches_the_continuous_limit_in_first_order() -> None:
    economy = load_case("normal")
    limit = normal_initial(economy).price_volatility
    gaps = [abs(solve_discrete(economy, n).initial.price_volatility - limit) for n in (32, 64, 128)]
    assert gaps[0] / gaps[1] == pytest.approx(2.0, abs=0.25)
    assert gaps[1] / gaps[2] == pytest.approx(2.0, abs=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["baseline", "paper", "inattention", "uniform", "sample"])
def test_named_cases_approach_the_continuous_limit(case: str) -> None:
    economy = load_case(case)
    limit = reported(solve(economy))
    found = [solve_discrete(economy, n) for n in (16, 32, 64)]
    gaps = [np.abs(values(each) - limit) for each in found]
    np.testing.assert_allclose(gaps[1] / gaps[2], 2.0, atol=0.25)
    extrapolated = (8.0 * values(found[2]) - 6.0 * values(found[1]) + values(found[0])) / 3.0
    assert np.all(np.abs(extrapolated - limit) < 0.1 * gaps[2])


# ---------------------------------------------------------------- identities


def test_the_variance_of_two_values_is_that_of_a_coin() -> None:
    found = solve_discrete(load_case("binary", ONE_HALF), 12)
    xi, t = np.linspace(-3.0, 3.0, 7)[:, None], found.times
    price = found.price(xi, 0.2, t)
    np.testing.assert_allclose(found.variance(xi, 0.2, t), price * (1.0 - price), atol=1e-7)


def test_shifting_the_payoff_shifts_the_price() -> None:
    moved = {"payoff.values": [2.0, 3.0, 5.0], "market.initial_supply": 0.3}
    one, other = three_states(8), solve_discrete(load_case("three_states", moved), 8)
    t, psi = one.times[2:], 0.5 * one.psi_reached[2:]
    xi = -0.3
    np.testing.assert_allclose(
        other.price(xi + 2.0 * psi, psi, t), 2.0 + one.price(xi, psi, t), rtol=1e-9
    )
    np.testing.assert_allclose(
        other.log_value(xi + 2.0 * psi, psi, t),
        2.0 * xi + 2.0 * psi + one.log_value(xi, psi, t),
        rtol=0,
        atol=1e-8,
    )


def test_the_unit_of_money_does_not_matter() -> None:
    unit = 1e3
    dear = {
        "payoff.values": [0.0, unit, 3.0 * unit],
        "market.risk_aversion": 1.5 / unit,
        "market.initial_supply": 0.3,
        "attention.efficiency": 1.0 / unit**2,
        "attention.cost.scale": 0.3 * unit,
        "attention.cost.exponent": 2.0,
    }
    one, other = three_states(8).initial, solve_discrete(load_case("three_states", dear), 8).initial
    assert other.price == pytest.approx(unit * one.price, rel=1e-10)
    assert other.variance == pytest.approx(unit**2 * one.variance, rel=1e-10)
    assert other.attention == pytest.approx(one.attention, rel=1e-10)
    assert other.log_value == pytest.approx(one.log_value, rel=1e-10)
    assert other.price_volatility == pytest.approx(unit * one.price_volatility, rel=1e-9)


def test_variance_is_what_the_next_price_move_and_what_is_left_after_it_make() -> None:
    found = three_states(8)
    response = found.response(-0.45)
    later = found.variance(-0.45) - found.length * found.price_volatility(-0.45) ** 2
    expected = best_response(found.case.attention, 1.5, later)
    assert response.attention == pytest.approx(expected.attention, rel=1e-9)


# ---------------------------------------------------------------- corners and jumps


def test_nobody_attends_where_little_is_left_to_learn() -> None:
    found = solve_discrete(load_case("inattention"), 8)
    xi = np.linspace(-3.0, 3.0, 61)
    attention = found.attention(xi)
    assert found.kinked
    assert np.any(attention == 0.0)
    assert np.any(attention > 0.0)
    paid = found.variance(xi) - found.length * found.price_volatility(xi) ** 2
    np.testing.assert_array_equal(attention > 0.0, paid > 2.0)  # 2 rho linear/efficiency


def test_attention_stops_at_the_capacity() -> None:
    found = solve_discrete(load_case("capacity", {"attention.capacity": 0.6}), 4)
    attention = found.attention(np.linspace(-3.0, 3.0, 61))
    assert found.kinked
    assert attention.max() == 0.6
    assert attention.min() < 0.5
    np.testing.assert_allclose(found.rates[:-1].max(), 0.3, rtol=1e-7)


def test_nobody_ever_attends_if_the_first_unit_is_too_dear() -> None:
    found = solve_discrete(load_case("three_states", {"attention.cost.linear": 50.0}), 16)
    assert found.converged
    assert found.initial.attention == 0.0
    assert found.psi_reached[-1] == 0.0
    assert np.isnan(found.price(0.0, 0.1))


def test_where_the_response_jumps_past_attention_investors_divide() -> None:
    changes: dict[str, Any] = {
        "attention.cost.kind": "power",
        "attention.cost.exponent": 2.0,
        "attention.cost.scale": 0.12,
        "attention.capacity": 1.6,
    }
    economy = load_case("paper", changes)
    found = solve_discrete(economy, 4, tol=1e-2)
    rates, rho = found.rates[-2], economy.market.risk_aversion
    zeta, psi = found.mesh.nodes(2)
    later = found.fields[-2, 3] + found.prior.cumulants(zeta, psi).variance
    below = best_response(economy.attention, rho, later * (1.0 - 1e-5))
    above = best_response(economy.attention, rho, later * (1.0 + 1e-5))
    less, more = below.precision_rate, above.precision_rate
    some = (rates > less + 0.1) & (rates < more - 0.1)
    assert some.sum() > 3
    np.testing.assert_allclose(later[some], later[some][0], rtol=1e-5)
    assert np.all((rates >= less * (1 - 1e-6)) & (rates <= more * (1 + 1e-6)))
    share = ((rates - less) / (more - less))[some]
    cost = (1.0 - share) * below.cost[some] + share * above.cost[some]
    xi = zeta[some] + found.prior.centre * psi[some]
    expected, _ = Direct(economy, 4).expect(2, xi, psi[some], rates[some], cost)
    log_value = found.log_value(xi, psi[some], found.times[2])
    np.testing.assert_allclose(log_value, expected.log_value, rtol=0, atol=1e-6)


# ---------------------------------------------------------------- clear errors


@pytest.mark.parametrize("periods", [0, -3])
def test_periods_are_checked(periods: int) -> None:
    with pytest.raises(ValueError, match=f"periods must be at least 1, got {periods}"):
        solve_discrete(load_case("normal"), periods)


def test_too_few_periods_are_reported() -> None:
    economy = load_case("binary", {"market.risk_aversion": 40.0})
    with pytest.raises(DiscreteError, match=r"binary, 2 periods: .*; try more periods$"):
        solve_discrete(economy, 2)


def test_no_optimal_attention_is_reported() -> None:
    changes = {"attention.cost.kind": "power", "attention.cost.exponent": 1.5}
    with pytest.raises(DiscreteError, match=r"paper, 4 periods: .*attention\.capacity"):
        solve_discrete(load_case("paper", changes), 4)


def test_a_tolerance_that_is_not_met_is_said() -> None:
    found = solve_discrete(load_case("normal", {"attention.capacity": 0.5}), 12, tol=1e-12)
    assert not found.converged
    assert found.message.startswith("not within 1.0e-12: largest relative error estimate")


# ---------------------------------------------------------------- interface


def test_one_period_is_the_static_market() -> None:
    found = solve_discrete(load_case("three_states", SKEWED), 1)
    initial = found.initial
    assert initial.price == initial.static_price
    assert initial.variance == initial.static_variance
    assert initial.attention == 0.0
    assert initial.price_volatility == pytest.approx(initial.variance**0.5)


def test_nothing_moves_between_trading_dates() -> None:
    found = three_states(8)
    np.testing.assert_array_equal(found.times, np.arange(8) / 8)
    now = found.price(-0.2, 0.01, found.times)
    np.testing.assert_array_equal(found.price(-0.2, 0.01, found.times + 0.124), now)
    assert np.all(np.diff(now) != 0.0)
    last = float(found.static_price(-0.2, 0.01))
    np.testing.assert_allclose(found.price(-0.2, 0.01, [0.875, 1.0]), last, rtol=1e-14)


def test_what_is_not_covered_is_not_known() -> None:
    found = three_states(8)
    assert np.isfinite(found.price(0.0))
    for xi, psi, t in [(40.0, 0.0, 0.0), (0.0, 9.0, 0.2), (0.0, -0.1, 0.2), (0.0, 0.0, -0.1)]:
        assert np.isnan(found.price(xi, psi, t))
        assert np.isnan(found.attention(xi, psi, t))
    assert np.isnan(found.variance(0.0, 0.0, 1.1))
    assert found.price([0.0, 40.0], 0.0, [[0.0], [0.5]]).shape == (2, 2)


def test_the_data_set_holds_the_fields_at_the_nodes() -> None:
    found = three_states(8)
    data = found.to_dataset()
    assert data["price"].dims == ("t", "line", "node")
    assert data["price"].attrs["units"] == "money"
    one = data.isel(t=3, line=4, node=30)
    at = float(one["xi"]), float(one["psi"]), float(one["t"])
    for name in ("price", "variance", "log_value", "attention", "price_volatility"):
        assert float(one[name]) == pytest.approx(float(getattr(found, name)(*at)), rel=1e-9)
    assert not any(bool(data[name].isnull().any()) for name in data.data_vars)


def test_the_initial_gain_from_the_market_is_positive() -> None:
    initial = three_states(8).initial
    assert initial.certainty_equivalent_gain > 0
    expected = -(1.5 * 0.3 * initial.price + initial.log_value) / 1.5
    assert initial.certainty_equivalent_gain == pytest.approx(expected, rel=1e-14)


def test_it_is_a_public_name() -> None:
    assert pdesolve.solve_discrete is solve_discrete


def test_data_set_can_be_saved(tmp_path: Path) -> None:
    import xarray

    found = solve_discrete(load_case("binary"), 8)
    found.save(tmp_path / "binary.nc")
    with xarray.open_dataset(tmp_path / "binary.nc", engine="h5netcdf") as data:
        xarray.testing.assert_identical(data.load(), found.to_dataset())
    assert [path.name for path in tmp_path.iterdir()] == ["binary.nc"]
