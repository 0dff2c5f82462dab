"""Public news: section 13 of derivation.md against the discrete model, closed forms, simulation."""

import pytest

from pdesolve.case import Case, load_case
from pdesolve.solver.normal import no_information, normal_initial, normal_path
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution
from pdesolve.studies.statics import sweep
from pdesolve.verification.second_route import second_route_checks
from pdesolve.verification.simulation import simulate
from tests.tools.solutions import discrete, solved

FIELDS = ("price", "variance", "attention", "precision_rate", "log_value")


def binary(**market: object) -> Case:
    """The two payoffs of derivation.md, section 10."""
    economy = {"risk_aversion": 1.5, "supply_volatility": 1.2, "initial_supply": 0.0, **market}
    keys = {f"market.{name}": value for name, value in economy.items()}
    odds = {"payoff.probabilities": [0.5, 0.5], "attention.cost.scale": 0.08}
    return load_case("binary", keys | odds)


# ---------------------------------------------------------------- a flow of news


@pytest.mark.parametrize(("h", "price"), [(0.0, 0.735521), (2.0, 0.750609), (8.0, 0.775383)])
def test_a_flow_of_news_is_that_of_the_discrete_model(h: float, price: float) -> None:
    """Computed apart from all this, with quadrature over both shocks; and by our discrete model."""
    case = binary(public_precision=h)
    assert solved(case, tol=1e-6).price(1.4) == pytest.approx(price, abs=2e-6)
    one, two, three = (float(discrete(case, n).price(1.4)) for n in (16, 32, 64))
    assert (8.0 * three - 6.0 * two + one) / 3.0 == pytest.approx(price, abs=5e-6)


def test_hardly_any_news_changes_hardly_anything() -> None:
    none = solved(binary(), tol=1e-6).initial
    some = solved(binary(public_precision=1e-7), tol=1e-6).initial
    assert some.price == pytest.approx(none.price, abs=1e-7)
    assert some.log_value == pytest.approx(none.log_value, abs=1e-7)


def test_a_normal_payoff_with_news_is_the_closed_form() -> None:
    case = load_case("normal", {"market.public_precision": 0.8})
    found, truth = solved(case), normal_initial(case)
    for name in FIELDS:
        assert getattr(found.initial, name) == pytest.approx(getattr(truth, name), rel=1e-5)
    assert truth.attention < normal_initial(load_case("normal")).attention
    told = normal_path(case).psi[-1] - normal_path(load_case("normal")).psi[-1]
    assert 0.0 < told < 0.8 * case.market.horizon  # less is bought


def test_where_nobody_attends_news_is_all_there_is() -> None:
    keys = {"market.public_precision": 0.8, "attention.cost.linear": 1e6}
    case = load_case("normal", keys)
    found, truth = normal_initial(case), no_information(case)
    assert found.variance == pytest.approx(truth.variance, rel=1e-11)
    assert found.log_value == pytest.approx(truth.log_value, rel=1e-11)
    assert normal_path(case).psi[-1] == pytest.approx(0.8 * case.market.horizon, rel=1e-10)
    assert found.price_volatility == pytest.approx(truth.price_volatility, rel=1e-12)


def test_news_is_seen_by_the_second_route() -> None:
    checks = list(second_route_checks(solved("newsflow")))
    assert not [check.name for check in checks if not check.passed]


def test_news_moves_prices_in_simulated_trade() -> None:
    """Markets clear, expected utility is the value function's, V is what prices do under Q."""
    found = simulate(solved(binary(public_precision=8.0)), paths=4000, steps=48)
    assert not [one.name for one in found.estimates if not one.passed]


def test_news_can_be_varied() -> None:
    """From none on, where a slope is to the right; values rise by what slopes add up to."""
    key = "market.public_precision"
    data = sweep(binary(initial_supply=0.5), {key: [0.0, 0.2]}, processes=1, slopes=True)
    slopes = data["log_value_slope"].sel(parameter=key)
    assert data[key].attrs["units"] == "1/(money^2 time)"
    rise = float(data["log_value"][1] - data["log_value"][0])
    assert rise == pytest.approx(0.1 * float(slopes.sum()), rel=1e-2)


def covers(found: Solution, truth: Solution) -> bool:
    """Whether error bars hold against a tighter solve."""
    return all(
        abs(getattr(found.initial, name) - getattr(truth.initial, name))
        <= found.error[name] + truth.error[name]
        for name in FIELDS
    )


def test_error_bars_hold_with_news() -> None:
    case = load_case("three_states", {"market.public_precision": 1.0})
    assert covers(solve(case, tol=1e-3), solve(case, tol=3e-5))
