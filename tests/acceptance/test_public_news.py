"""Public news: section 13 of derivation.md against the discrete model, closed forms, simulation."""

from pathlib import Path

import numpy as np
import pytest

from pdesolve.case import Case, load_case
from pdesolve.model.economy import Economy
from pdesolve.solver.discrete.period import DiscreteError
from pdesolve.solver.discrete.solver import solve_discrete
from pdesolve.solver.fields import just_before
from pdesolve.solver.normal import no_information, normal_initial, normal_path
from pdesolve.solver.pde import passes
from pdesolve.solver.pde.announcements import announced
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.pde.system import Equilibrium, OutOfRange
from pdesolve.solver.solution import Solution, load_solution
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


# ---------------------------------------------------------------- announcements

TOLD = [{"time": 0.5, "precision": 4.0}]


@pytest.mark.parametrize("name", ["binary", "three_states", "mixture", "uniform", "normal"])
def test_a_static_market_is_left_as_it_is(name: str) -> None:
    """No deviations after the news, none before, whatever the quadrature: the heat equation."""
    economy = Economy.of(load_case(name))
    grid = choose_domain(economy, 1e-3).grid(16, 7, 4)
    system = Equilibrium.of(economy, grid)
    before = announced(system, np.zeros((*grid.xi.shape, 3)), 0.7 / economy.prior.variance)
    np.testing.assert_allclose(before / np.array(system.sizes), 0.0, atol=1e-13)


def test_the_discrete_model_hears_the_same() -> None:
    case = binary(announcements=TOLD)
    price = float(solved(case, tol=1e-6).price(1.4))
    one, two, three = (float(discrete(case, n).price(1.4)) for n in (16, 32, 64))
    assert (8.0 * three - 6.0 * two + one) / 3.0 == pytest.approx(price, abs=2e-6)
    assert abs(three - price) > 1e-3  # so that agreement says something
    assert price - float(solved(binary(), tol=1e-6).price(1.4)) > 1e-2


@pytest.mark.slow
def test_the_discrete_model_hears_it_whatever_there_is_to_learn() -> None:
    keys = {"market.announcements": [{"time": 0.5, "precision": 1.0}]}
    found = solved("three_states", keys, tol=1e-4).initial
    runs = [discrete("three_states", n, keys, tol=1e-3).initial for n in (32, 64)]
    for name, near in (("price", 4e-3), ("variance", 4e-3), ("log_value", 1e-3)):
        one, two = (getattr(run, name) for run in runs)
        assert 2.0 * two - one == pytest.approx(getattr(found, name), abs=near)


def test_many_small_announcements_are_a_flow() -> None:
    """The error falls with the square of their distance."""
    flow, gaps = solved(binary(public_precision=8.0), tol=1e-6), []
    for count in (4, 8, 16):
        news = [{"time": (k + 0.5) / count, "precision": 8.0 / count} for k in range(count)]
        found = solve(binary(announcements=news), tol=1e-5)
        gaps.append(abs(float(found.log_value(1.4) - flow.log_value(1.4))))
    assert gaps[0] < 2e-3
    orders = np.log2(gaps[:-1]) - np.log2(gaps[1:])
    assert np.all(np.abs(orders - 2.0) < 0.15)


def test_an_announcement_of_nothing_changes_nothing() -> None:
    none = solved(binary(), tol=1e-7)
    some = solve(binary(announcements=[{"time": 0.4, "precision": 1e-8}]), tol=1e-7)
    for name in FIELDS:
        bar = none.error[name] + some.error[name]
        assert abs(getattr(none.initial, name) - getattr(some.initial, name)) <= bar
    assert some.price(1.4) == pytest.approx(float(none.price(1.4)), abs=1e-7)


@pytest.mark.parametrize(
    "news",
    [
        [{"time": 0.5, "precision": 1.0}],
        [{"time": 0.25, "precision": 0.3}, {"time": 0.75, "precision": 5.0}],
        [{"time": 0.95, "precision": 100.0}],
    ],
)
def test_a_normal_payoff_with_announcements_is_the_closed_form(news: list[object]) -> None:
    """By ordinary differential equations, in which an announcement only takes V^s down."""
    case = load_case("normal", {"market.announcements": news})
    found, truth = solved(case).initial, normal_initial(case)
    for name in FIELDS:
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=1e-7)


def test_where_nobody_attends_announcements_do_not_matter_to_the_variance() -> None:
    """Supply risk alone is traded, and it is as large as what is known by then makes it."""
    keys = {"market.announcements": TOLD, "attention.cost.linear": 1e6}
    case = load_case("normal", keys)
    known, noise = Economy.of(case).prior.variance, Economy.of(case).rho_sigma ** 2
    left = 1.0 / (1.0 / known + 4.0)
    variance = known + 0.5 * noise * (known**2 + left**2)
    assert normal_initial(case).variance == pytest.approx(variance, rel=1e-11)
    assert solved(case).initial.variance == pytest.approx(variance, rel=1e-8)
    assert normal_path(case, [0.0, 0.49, 0.5, 1.0]).psi == pytest.approx([0.0, 0.0, 4.0, 4.0])


def test_error_bars_hold_across_announcements() -> None:
    keys = {"market.announcements": [{"time": 0.6, "precision": 2.0}]}
    case = load_case("three_states", keys)
    assert covers(solve(case, tol=1e-3), solve(case, tol=3e-5))


def test_a_grid_too_coarse_for_the_news_ends_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the next one has more nodes."""

    def fail(*_: object) -> None:
        raise OutOfRange("the price leaves the payoff's range: too few xi nodes")

    monkeypatch.setattr(passes, "announced", fail)
    case = binary(announcements=TOLD)
    economy = Economy.of(case)
    said = "too few xi nodes, at t = 0.5, just before an announcement"
    with pytest.raises(passes.PassError, match=said):
        passes.run_pass(case, economy, choose_domain(economy, 1e-3), ByAxis(16, 1), 1e-3, 50)


def test_announcements_are_seen_by_the_second_route() -> None:
    """V, p and L before it are expectations of those after, summed over the payoff itself."""
    checks = list(second_route_checks(solved("announcement")))
    assert [check.name for check in checks if check.name.startswith("announcement at t = 0.5")]
    assert not [check.name for check in checks if not check.passed]


def test_an_announcement_moves_prices_in_simulated_trade() -> None:
    case = binary(announcements=[*TOLD, {"time": 0.8, "precision": 6.0}], public_precision=2.0)
    found = simulate(solved(case), paths=4000, steps=48)
    assert not [one.name for one in found.estimates if not one.passed]


def test_fields_on_the_date_are_those_after_it() -> None:
    found = solved("announcement", tol=1e-3)
    date = found.case.market.announcements[0].time
    before, after = (found.along(t) for t in (just_before(date), date))
    assert float(after.psi - before.psi) == pytest.approx(0.4, abs=1e-12)
    attention = [float(found.attention(*found.along(t), t)) for t in (just_before(date), date)]
    assert attention[1] < 0.7 * attention[0]
    assert np.all(np.diff(found.times) > 0.0)
    assert float(np.interp(date, found.times, found.psi_reached)) == pytest.approx(
        float(np.interp(just_before(date), found.times, found.psi_reached)) + 0.4
    )


def test_a_solution_with_announcements_is_saved_whole(tmp_path: Path) -> None:
    found = solved("announcement", tol=1e-3)
    found.save(tmp_path / "it.nc")
    again = load_solution(tmp_path / "it.nc")
    assert again.case == found.case
    np.testing.assert_array_equal(again.times, found.times)
    np.testing.assert_array_equal(again.states, found.states)
    data = found.to_dataset()
    assert data.t.to_index().is_unique and 0.5 in data.t and just_before(0.5) in data.t


def test_slopes_are_taken_across_announcements() -> None:
    key, case = "market.risk_aversion", binary(announcements=TOLD, initial_supply=0.3)
    data = sweep(case, {key: [1.45, 1.5, 1.55]}, processes=1, slopes=True)
    for name in ("price", "log_value"):
        rise = float(data[name][2] - data[name][0]) / 0.1
        assert float(data[f"{name}_slope"].sel(parameter=key)[1]) == pytest.approx(rise, rel=5e-3)


def test_dates_and_precisions_can_be_varied() -> None:
    """The more is told, or the sooner, the higher the log value; by slopes as by differences."""
    case = binary(announcements=TOLD, initial_supply=0.3)
    ways = {"precision": ([3.9, 4.1], "1/money^2"), "time": ([0.49, 0.51], "time")}
    for part, (values, unit) in ways.items():
        key = f"market.announcements[0].{part}"
        data = sweep(case, {key: values}, processes=1, slopes=True)
        rise = float(data["log_value"][1] - data["log_value"][0]) / (values[1] - values[0])
        assert rise * (1.0 if part == "precision" else -1.0) > 0.0
        slopes = data["log_value_slope"].sel(parameter=key)
        assert float(slopes.mean()) == pytest.approx(rise, rel=1e-2)
        assert data[key].attrs["units"] == unit


def test_the_discrete_model_trades_on_the_date_of_an_announcement() -> None:
    said = r"at 0.3 is on none of the trading dates, which are 0.125 apart"
    with pytest.raises(DiscreteError, match=said):
        solve_discrete(binary(announcements=[{"time": 0.3, "precision": 1.0}]), 8)
