"""The solver against figures found apart from it, identities, invariances and finer grids."""

import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model import equations
from pdesolve.numerics.grid import Grid
from pdesolve.solver import normal as exact
from pdesolve.solver.pde import errors as estimate
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.solver import SolveError, solve
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS
from pdesolve.typing import Array
from tests.tools.solutions import solved

ONE_HALF: dict[str, Any] = {  # derivation.md, section 10
    "payoff.probabilities": [0.5, 0.5],
    "market.initial_supply": 0.0,
}
SKEWED: dict[str, Any] = {"market.initial_supply": 0.3}
POINTS = [(0.0, 0.0, 0.0), (-0.6, 0.5, 0.2), (1.3, 2.0, 0.7), (-2.5, 0.0, 0.5)]


def three_states(tol: float) -> Solution:
    return solved("three_states", SKEWED, tol)


def binary() -> Solution:
    return solved("binary", ONE_HALF, 1e-8)


def change(case: str, overrides: Mapping[str, object], **options: Any) -> Solution:
    return solve(load_case(case, overrides), **options)


def apart(one: Solution, other: Solution) -> dict[str, float]:
    """Differences of initial values, relative to what errors are measured against."""
    prior, state = other.prior, other.initial
    scales = dict.fromkeys(ERRORS, 1.0) | {
        "price": prior.sd,
        "variance": prior.variance,
        "attention": state.attention,
        "precision_rate": state.precision_rate,
    }
    mine, theirs = asdict(one.initial), asdict(other.initial)
    return {name: abs(mine[name] - theirs[name]) / scales[name] for name in ERRORS}


# ---------------------------------------------------------------- figures found apart


def test_two_values_agree_with_figures_found_apart() -> None:
    found = binary()
    assert float(found.price(2.0)) == pytest.approx(0.8104349, abs=6e-8)
    assert float(found.precision_rate(0.0)) == pytest.approx(1.0416667, abs=6e-8)
    assert float(found.precision_rate(2.0)) == pytest.approx(0.6401257, abs=6e-8)
    assert float(found.log_value(0.0)) == pytest.approx(-0.2156477, abs=6e-8)
    # L = phi + l, and phi(2, 0) = log((1 + e²)/2)
    deviation = float(found.log_value(2.0)) - np.log(0.5 * (1 + np.exp(2.0)))
    assert deviation == pytest.approx(-0.1727131, abs=6e-8)


def test_three_values_agree_with_figures_found_apart() -> None:
    found = three_states(3e-6)
    assert float(found.price(0.0)) == pytest.approx(1.072159, abs=1e-6)
    assert float(found.log_value(0.0)) == pytest.approx(-0.571531, abs=1e-6)
    assert float(found.variance(0.0)) == pytest.approx(1.764626, abs=2e-6)
    assert float(found.precision_rate(0.0)) == pytest.approx(1.960696, abs=2e-6)


# ---------------------------------------------------------------- identities


def test_variance_of_two_values_is_that_of_a_coin() -> None:
    """V = p(1 - p) at every node and time (derivation.md, section 8)."""
    data = binary().to_dataset()
    price, variance = data["price"].to_numpy(), data["variance"].to_numpy()
    np.testing.assert_allclose(variance, price * (1.0 - price), rtol=0, atol=1e-6)
    assert price.min() < 0.01 and price.max() > 0.99


def test_two_values_need_no_psi_axis() -> None:
    line = binary()
    plane = change("binary", ONE_HALF | {"numerics.psi_nodes": 25}, tol=1e-7)
    assert line.space.n_psi == 1 and plane.space.n_psi >= 25
    psi = np.linspace(0.0, 0.8 * float(plane.psi_limit[0]), 4)
    xi = np.linspace(-3.0, 3.0, 13)[:, None] + 0.5 * psi
    for t in (0.0, 0.4):
        for name in ("price", "variance", "precision_rate", "log_value"):
            one, two = (getattr(s, name)(xi, psi, t) for s in (line, plane))
            np.testing.assert_allclose(two, one, rtol=0, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", ["normal", "market"])
def test_normal_payoff_agrees_with_the_closed_form(name: str) -> None:
    case = load_case(name)
    found = solved(case, tol=1e-8)
    mine, theirs = asdict(found.initial), asdict(exact.normal_initial(case))
    assert mine["price"] == pytest.approx(theirs["price"], abs=1e-12)
    if name == "market":
        assert mine["price"] == pytest.approx(1.0, abs=1e-12)
    for key, value in theirs.items():
        assert mine[key] == pytest.approx(value, abs=1e-7), key
    for key in ERRORS:
        assert abs(mine[key] - theirs[key]) <= max(found.error[key], 1e-12), key


def test_normal_payoff_agrees_with_the_closed_form_along_the_path() -> None:
    case = load_case("normal")
    found = solved(case)
    path = exact.normal_path(case, [0.0, 0.1, 0.35, 0.5, 0.8, 1.0])
    xi = np.linspace(-2.0, 2.0, 5)[:, None]
    at = (xi, path.psi, path.times)
    shape = (5, 6)
    np.testing.assert_allclose(found.price(*at), exact.normal_price(case, *at[:2]), atol=1e-12)
    for mine, theirs in (
        (found.variance(*at), path.variance),
        (found.attention(*at), path.attention),
        (found.precision_rate(*at), path.precision_rate),
        (found.log_value(*at), exact.normal_log_mass(case, *at[:2]) + path.log_deviation),
    ):
        np.testing.assert_allclose(mine, np.broadcast_to(theirs, shape), rtol=0, atol=1e-7)


# ---------------------------------------------------------------- invariances


@pytest.mark.filterwarnings("ignore:psi = 0 at t > 0")
def test_a_shift_of_the_payoff_moves_price_and_value_only() -> None:
    c = 7.0
    here = three_states(1e-3)
    there = change("three_states", SKEWED | {"payoff.values": [c, c + 1.0, c + 3.0]}, tol=1e-3)
    a, b = here.initial, there.initial
    supply = here.case.market.risk_aversion * here.case.market.initial_supply
    assert b.price == pytest.approx(a.price + c, abs=1e-10)
    assert b.log_value == pytest.approx(a.log_value - supply * c, abs=1e-10)
    for name in ("variance", "attention", "price_volatility", "certainty_equivalent_gain"):
        assert getattr(b, name) == pytest.approx(getattr(a, name), abs=1e-10), name
    xi, psi, t = np.array(POINTS).T
    np.testing.assert_allclose(
        there.price(xi + c * psi, psi, t), here.price(xi, psi, t) + c, atol=1e-10
    )
    # phi(xi, psi) = c xi - c² psi/2 + the unshifted one at xi - c psi
    value = here.log_value(xi, psi, t) + c * xi + 0.5 * c**2 * psi
    np.testing.assert_allclose(there.log_value(xi + c * psi, psi, t), value, atol=1e-10)


@pytest.mark.parametrize("s", [1e-6, 20.0])
def test_the_unit_of_money_does_not_matter(s: float) -> None:
    case = load_case("three_states", SKEWED)
    market, attention = case.market, case.attention
    scaled = {
        "payoff.values": [0.0, s, 3.0 * s],
        "market.risk_aversion": market.risk_aversion / s,
        "attention.efficiency": 1.0 / s**2,
        "attention.cost.scale": attention.cost.scale * s,
    }
    a, b = three_states(1e-3).initial, change("three_states", SKEWED | scaled, tol=1e-3).initial
    powers = {
        "price": 1,
        "variance": 2,
        "attention": 0,
        "precision_rate": -2,
        "log_value": 0,
        "certainty_equivalent_gain": 1,
        "price_volatility": 1,
    }
    for name, power in powers.items():
        assert getattr(b, name) == pytest.approx(s**power * getattr(a, name), rel=1e-9), name


def test_the_unit_of_time_does_not_matter() -> None:
    case = load_case("three_states", SKEWED)
    scaled = {
        "market.horizon": 12.0,
        "market.supply_volatility": case.market.supply_volatility / 12**0.5,
        "attention.efficiency": 1.0 / 12,
        "attention.cost.scale": case.attention.cost.scale / 12,
    }
    a, b = three_states(1e-3).initial, change("three_states", SKEWED | scaled, tol=1e-3).initial
    powers = {"price": 0.0, "variance": 0.0, "attention": 0.0, "log_value": 0.0}
    for name, power in (powers | {"precision_rate": -1.0, "price_volatility": -0.5}).items():
        assert getattr(b, name) == pytest.approx(12**power * getattr(a, name), rel=1e-9), name


def test_mirrored_payoffs_have_mirrored_prices() -> None:
    mirror = {"payoff.values": [0.0, -1.0, -3.0], "market.initial_supply": -0.3}
    here, there = three_states(1e-3), change("three_states", mirror, tol=1e-3)
    assert there.initial.price == pytest.approx(-here.initial.price, abs=1e-10)
    for name in ("variance", "log_value", "attention", "price_volatility"):
        assert getattr(there.initial, name) == pytest.approx(
            getattr(here.initial, name), abs=1e-10
        ), name


@pytest.mark.filterwarnings("ignore:psi = 0 at t > 0")
def test_at_the_horizon_the_market_is_static() -> None:
    """Price, variance and log value by hand from the tilted probabilities, not centred."""
    values, shares = np.array([0.0, 1.0, 3.0]), np.array([0.5, 0.3, 0.2])
    for xi, psi, _ in POINTS:
        weights = shares * np.exp(xi * values - 0.5 * psi * values**2)
        mean = weights @ values / weights.sum()
        at = (xi, psi, 1.0)
        assert float(three_states(1e-3).price(*at)) == pytest.approx(mean, abs=1e-12)
        variance = weights @ (values - mean) ** 2 / weights.sum()
        assert float(three_states(1e-3).variance(*at)) == pytest.approx(variance, abs=1e-12)
        assert float(three_states(1e-3).log_value(*at)) == pytest.approx(
            np.log(weights.sum()), abs=1e-12
        )


# ---------------------------------------------------------------- refinement


@pytest.mark.parametrize("order", [4, 6, 8, 10])
def test_every_order_leads_to_the_same_answer(order: int) -> None:
    nodes = {4: 160, 6: 110, 8: 90, 10: 80}[order]
    fixed = {"numerics.order": order, "numerics.xi_nodes": nodes, "numerics.psi_nodes": 33}
    found = change("three_states", SKEWED | fixed, tol=2e-5)
    assert found.space.order == found.grid["order"] == order
    assert found.space.n_xi == nodes and found.space.n_psi == 33
    gaps, scale = apart(found, three_states(3e-6)), found.prior.sd
    assert max(gaps.values()) < 4e-5
    assert gaps["price"] * scale <= found.error["price"] + three_states(3e-6).error["price"]


def test_order_two_needs_more_nodes() -> None:
    fixed = {"numerics.order": 2, "numerics.xi_nodes": 320, "numerics.psi_nodes": 13}
    coarse = change("three_states", SKEWED | fixed | {"numerics.xi_nodes": 160}, tol=1e-3)
    fine = change("three_states", SKEWED | fixed, tol=1e-3)
    best = three_states(3e-6)
    first, second = (apart(s, best)["price"] for s in (coarse, fine))
    assert 3e-5 < first < 1e-3
    assert second < first / 3


def test_a_tighter_tolerance_stays_within_the_error_bars() -> None:
    best = three_states(3e-6)
    for tol in (1e-3, 1e-4, 1e-5):
        loose = three_states(tol)
        assert loose.converged
        for name, bar in loose.error.items():
            gap = abs(getattr(loose.initial, name) - getattr(best.initial, name))
            assert gap <= bar + best.error[name], (tol, name)


def test_finer_grids_agree_within_the_error_bars() -> None:
    loose = three_states(1e-4)
    fixed = {
        "numerics.xi_nodes": round(1.3 * loose.space.n_xi),
        "numerics.psi_nodes": round(1.3 * loose.space.n_psi),
    }
    fine = change("three_states", SKEWED | fixed, tol=1e-5)
    assert fine.space.n_xi == fixed["numerics.xi_nodes"]
    for name, bar in loose.error.items():
        gap = abs(getattr(loose.initial, name) - getattr(fine.initial, name))
        assert gap <= bar + fine.error[name], name


def test_the_tolerance_asked_for_comes_first() -> None:
    loose = change("three_states", SKEWED | {"numerics.tolerance": 1e-3})
    assert loose.message == three_states(1e-3).message
    assert loose.seconds > 0
    assert apart(loose, three_states(1e-3)) == dict.fromkeys(ERRORS, 0.0)
    assert three_states(1e-3).steps["evaluations"] < three_states(3e-6).steps["evaluations"]


def test_too_few_nodes_are_owned_up_to() -> None:
    found = change("three_states", SKEWED | {"numerics.xi_nodes": 24, "numerics.psi_nodes": 10})
    assert not found.converged
    assert re.fullmatch(
        r"not within 1\.0e-05: largest relative error estimate \S+ \(\w+( \w+)?\)", found.message
    )
    gaps = apart(found, three_states(3e-6))
    assert max(gaps.values()) > 1e-5
    for name, bar in found.error.items():
        gap = abs(getattr(found.initial, name) - getattr(three_states(3e-6).initial, name))
        assert gap <= bar, name


# ---------------------------------------------------------------- failures


def test_no_optimal_attention_is_reported() -> None:
    endless = {"attention.cost.kind": "power", "attention.cost.exponent": 2.0}
    with pytest.raises(SolveError, match=r"^paper: precision outgrows cost.* no attention is best"):
        change("paper", endless)
    with pytest.raises(SolveError, match=r"sensitivity 1.* power cost \(scale 0\.04, exponent 2\)"):
        change("paper", endless)


def test_too_few_time_steps_are_reported() -> None:
    # rho sigma sqrt(T) = 1.8, sd = sqrt(1.29)
    expected = r"^three_states: more than 5 time steps, at t = 0\.\d+; supply risk .*\b2\.04\b.*"
    with pytest.raises(SolveError, match=expected + r"\bmax_steps"):
        change("three_states", {"numerics.max_steps": 5})


@pytest.mark.parametrize("high", [1e5, 1e40])
def test_a_lognormal_that_is_hardly_cut_off_is_a_sentence(high: float) -> None:
    payoff = {"payoff.kind": "lognormal", "payoff.mean": 2.0, "payoff.sd": 1.0}
    with pytest.raises(SolveError, match=r"^baseline: the payoff reaches too far .*payoff\.high"):
        change("baseline", {**payoff, "payoff.high": high})


def test_what_is_not_finite_is_located(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate that turns into NaN at one node, in one field, once learning has begun."""
    rates, make_grid = equations.rates, Domain.grid
    case = load_case("three_states", {"numerics.xi_nodes": 40, "numerics.psi_nodes": 10})
    grids: list[Grid] = []

    def broken(u: Array, *rest: Any) -> Array:
        out = rates(u, *rest)
        if u[0, 10, 2] < -0.05:
            out[0, 10, 2] = np.nan
        return out

    def recorded(domain: Domain, n_xi: int, n_psi: int, order: int) -> Grid:
        grids.append(make_grid(domain, n_xi, n_psi, order))
        return grids[-1]

    monkeypatch.setattr(equations, "rates", broken)
    monkeypatch.setattr(Domain, "grid", recorded)
    with pytest.raises(SolveError, match=r"not finite, at t = 0\.\d+, ") as failure:
        solve(case)
    text = str(failure.value)
    assert "\n" not in text
    place = re.search(r"first in log_value at node xi = (\S+), psi = 0\b", text)
    assert place, text
    assert float(place[1]) == pytest.approx(grids[-1].xi[0, 10], rel=1e-4)


# ---------------------------------------------------------------- progress


class Bar:
    """Stands in for tqdm's bar, which waits for a second before it shows up."""

    ends: ClassVar[list[float]] = []

    def __init__(self, *, total: int, desc: str, **_: object):
        assert total == 100 and re.fullmatch(r"binary \d+x\d+", desc)
        self.n = 0.0

    def update(self, more: float) -> None:
        assert more > 0.0
        self.n += more

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.append(self.n)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("progress", [False, True])
def test_progress_is_for_those_who_watch(
    progress: bool,
    terminal: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Bar, "ends", [])
    monkeypatch.setattr("tqdm.tqdm", Bar)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    change("binary", {}, progress=progress)
    if progress and terminal:
        assert len(Bar.ends) >= 2  # a bar for each pass, and each gets to its end
        assert pytest.approx([100.0] * len(Bar.ends)) == Bar.ends
    else:
        assert Bar.ends == []
    assert capsys.readouterr() == ("", "")


# ---------------------------------------------------------------- the grid's ends


def test_retracing_the_same_steps_on_the_same_grid_changes_nothing() -> None:
    found = three_states(1e-3)
    again = retrace(found, found.space)
    np.testing.assert_allclose(again.states, found.states, rtol=0, atol=1e-12)


def test_a_grid_that_ends_too_early_shows() -> None:
    """On a grid of a third of the reach the end costs far more than on the solver's own."""
    solved_there = three_states(1e-4)
    found = retrace(solved_there, solved_there.space.resized(45, solved_there.space.n_psi))
    grid = replace(found.space, stretch=0.5 * found.space.stretch)
    near, tuning = retrace(found, grid), estimate.ErrorTuning()
    gaps = [
        estimate.change(retrace(one, one.space.extended(2)), one, tuning)["variance"]
        for one in (found, near)
    ]
    assert gaps[0] < 1e-7
    assert gaps[1] > 1e3 * gaps[0]
