"""The discrete model: figures found apart, identities, corners and clear errors."""

from typing import Any

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.attention.response import best_response
from pdesolve.model.attention.technology import Technology
from pdesolve.solver.discrete.period import DiscreteError
from pdesolve.solver.discrete.solver import solve_discrete
from tests.solver.discrete.direct import Direct
from tests.solver.discrete.economies import ONE_HALF, three_states

# ---------------------------------------------------------------- figures found apart


@pytest.mark.parametrize(
    ("periods", "price"),
    [(65, 0.8116749), (129, 0.8110611), pytest.param(257, 0.8107496, marks=pytest.mark.slow)],
)
def test_two_values_agree_with_figures_found_apart(periods: int, price: float) -> None:
    found = solve_discrete(load_case("binary", ONE_HALF), periods)
    assert float(found.price(2.0)) == pytest.approx(price, abs=6e-8)


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
    expected = best_response(Technology.of(found.case.attention), 1.5, later)
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


@pytest.mark.slow
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
    technology = Technology.of(economy.attention)
    zeta, psi = found.mesh.nodes(2)
    later = found.fields[-2, 3] + found.prior.cumulants(zeta, psi).variance
    below = best_response(technology, rho, later * (1.0 - 1e-5))
    above = best_response(technology, rho, later * (1.0 + 1e-5))
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
    found = solve_discrete(load_case("normal", {"attention.capacity": 0.5}), 12, tol=1e-10)
    assert not found.converged
    assert found.message.startswith("not within 1.0e-10: largest relative error estimate")
