"""Successive refinement of real cases."""

from dataclasses import replace
from math import isinf, isnan

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.solution import Solution
from pdesolve.verification import grid_convergence as module
from pdesolve.verification.grid_convergence import RefinementTuning, directions, refinement
from tests.tools.solutions import solved


def test_directions_are_the_axes_with_nodes(binary: Solution, three_states: Solution) -> None:
    assert directions(binary) == ("xi", "time")
    assert directions(three_states) == ("xi", "psi", "time")
    with pytest.raises(ValueError, match="nothing to refine along psi"):
        refinement(binary, "psi")


@pytest.mark.parametrize("direction", ["xi", "psi", "time"])
def test_changes_fall_as_they_should(direction: str) -> None:
    found = refinement(solved("three_states", {"numerics.xi_nodes": 70}, 3e-6), direction)
    table = found.table
    assert table.passed and not table.kink and found.direction == direction
    least, most = {"xi": (5.5, 9.5), "psi": (3.0, 6.0), "time": (3.7, 4.5)}[direction]
    for row in table.rows:
        assert len(row.errors) == 2 and isinf(row.cap)
        if row.region == "psi = 0":
            assert least < row.fitted.order < most, (row.field, row.norm)
            assert row.errors[1] < 3e-4
    assert {row.region for row in table.rows} == {"interior", "psi = 0", "boundary"}
    expected = {row.expected for row in table.rows if row.region == "psi = 0"}
    assert expected == {{"xi": 8.0, "psi": 7.0, "time": 4.0}[direction]}
    assert all(isnan(row.expected) for row in table.rows if row.region == "boundary")


@pytest.mark.parametrize("name", ["binary", "three_states"])
def test_last_values_agree_with_the_solution_within_the_bars(
    name: str, request: pytest.FixtureRequest
) -> None:
    solution: Solution = request.getfixturevalue(name)
    for direction in directions(solution):
        for field, found in refinement(solution, direction).values.items():
            value, bar = getattr(solution.initial, field), solution.error[field] + found.gci
            assert found.extrapolated == pytest.approx(value, abs=bar), (direction, field)


def test_known_values_of_the_two_point_case() -> None:
    """Figures of derivation.md, section 10, at xi = 0."""
    case = load_case(
        "binary",
        {
            "payoff.values": [0.0, 1.0],
            "payoff.probabilities": [0.5, 0.5],
            "market.initial_supply": 0.0,
        },
    )
    values = refinement(solved(case, tol=1e-7), "time").values
    assert values["attention"].extrapolated == pytest.approx(1.0416667, abs=2e-7)
    assert values["log_value"].extrapolated == pytest.approx(-0.2156477, abs=2e-7)
    assert values["price"].extrapolated == pytest.approx(0.5, abs=1e-9)


def test_resolutions_share_nodes_and_steps(three_states: Solution) -> None:
    for direction, ratio in (("xi", 1.5), ("psi", 2.0), ("time", 2.0)):
        levels = module._levels(three_states, direction)
        sizes = [n for n, _, _ in levels]
        assert sizes[1] / sizes[0] == sizes[2] / sizes[1] == ratio
        for n, grid, (steps,) in levels:
            assert steps.sum() == pytest.approx(three_states.case.market.horizon, rel=1e-12)
            assert (
                n
                == {
                    "xi": grid.n_xi - 1,
                    "psi": (grid.n_psi - 1) // grid.stages,
                    "time": steps.size,
                }[direction]
            )
        runs = [module._Run(n, grid, {}, {}) for n, grid, _ in levels]
        at, regions = module._nodes(three_states, runs, 1e-3)
        places = [
            (run.grid.xi[where], run.grid.psi[where[0]])
            for run, where in zip(runs, at, strict=True)
        ]
        for xi, psi in places[1:]:
            np.testing.assert_allclose(xi, places[0][0], atol=1e-10)
            np.testing.assert_allclose(psi, places[0][1], atol=1e-10)
        assert {there.shape for there in regions.values()} == {places[0][0].shape}
        assert np.all(places[0][1][regions["psi = 0"].any(axis=1)] == 0.0)


def test_finer_resolutions_show_an_order_that_coarse_ones_do_not() -> None:
    """A few nodes do for what is reported, but not for all of the state space."""
    rough = solved("three_states", {"numerics.xi_nodes": 60})
    only = refinement(rough, "xi", RefinementTuning(further=0)).table
    found = refinement(rough, "xi").table
    assert not only.passed and found.passed
    assert found.resolutions[0] > only.resolutions[0]


def test_a_wrong_order_stays_wrong_at_finer_resolutions(monkeypatch: pytest.MonkeyPatch) -> None:
    binary = solved("binary", tol=1e-6)
    monkeypatch.setattr(module, "expected_order", lambda found, direction: 8.0)
    table = refinement(replace(binary, space=replace(binary.space, order=2)), "xi").table
    assert not table.passed
    coarse = [n for n, _, _ in module._levels(binary, "xi")]
    assert table.resolutions[0] > 4.0 * coarse[0]


def test_a_lower_order_is_seen() -> None:
    binary = solved("binary", tol=1e-6)
    second = replace(binary, space=replace(binary.space, order=2))
    table = refinement(second, "xi").table
    orders = {row.fitted.order for row in table.rows if row.region == "interior"}
    assert {row.expected for row in table.rows if row.region == "interior"} == {2.0}
    assert max(abs(order - 2.0) for order in orders) < 0.2


def test_an_order_below_half_of_theory_fails(
    binary: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "expected_order", lambda found, direction: 18.0)
    table = refinement(binary, "xi").table
    assert not table.passed
    assert {row.region for row in table.failures} == {"interior", "psi = 0"}


def test_a_kink_is_said_and_not_held_against_the_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its order is what it is: higher where differences are told of the kink."""
    capped = solved("binary", {"attention.capacity": 0.7})

    def orders() -> list[float]:
        table = refinement(capped, "xi").table
        assert table.kink and table.passed and "attention leaves zero" in table.note
        assert all(isnan(row.expected) for row in table.rows)
        return [row.fitted.order for row in table.rows if row.region == "interior"]

    told = orders()
    monkeypatch.setattr(Equilibrium, "seen", lambda *_: None)
    assert min(orders()) < 4.0 < min(told)


def test_constant_fields_are_at_round_off() -> None:
    normal = solved("normal", tol=1e-5)
    assert directions(normal) == ("psi", "time")
    found = refinement(normal, "time")
    assert found.table.passed
    assert found.values["price"].verdict == "round-off"
    price = [row for row in found.table.rows if row.field == "price"]
    assert price and all(row.errors == (0.0, 0.0) and "round-off" in row.note for row in price)
    assert {row.region for row in price} == {"interior", "psi = 0"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["baseline", "three_states", "normal", "inattention", "uniform"])
def test_named_cases_pass(name: str) -> None:
    found = solved(name)
    for direction in directions(found):
        table = refinement(found, direction).table
        assert table.passed, (direction, table.failures)
        assert table.kink == (name == "inattention")
