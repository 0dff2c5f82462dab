"""Payoffs with much detail: memory, and a clear sentence where there is not enough of it."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.economy import Economy
from pdesolve.model.payoff import factory
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.discrete import mesh as meshes
from pdesolve.solver.discrete.domain import DiscreteTuning, first_mesh
from pdesolve.solver.discrete.mesh import Between
from pdesolve.solver.discrete.period import DiscreteError
from pdesolve.solver.discrete.solver import solve_discrete

NARROW: dict[str, Any] = {
    "payoff.kind": "mixture",
    "payoff.means": np.linspace(0.0, 3.0, 18).tolist(),
    "payoff.sds": [0.003] * 18,
    "payoff.weights": [1.0 / 18.0] * 18,
}


def test_narrow_components_need_no_more_nodes_than_wide_ones() -> None:
    economy = Economy.of(load_case("binary", NARROW))
    lines, nodes = first_mesh(economy, 64, DiscreteTuning()).shape
    assert lines <= 10
    assert nodes <= 60


@pytest.mark.slow
def test_narrow_components_can_be_solved_in_little_memory() -> None:
    tracemalloc.start()
    found = solve_discrete(load_case("binary", NARROW), 6, tol=1e-3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.converged
    assert peak < 200e6
    atoms = {
        "payoff.kind": "discrete",
        "payoff.values": NARROW["payoff.means"],
        "payoff.probabilities": NARROW["payoff.weights"],
    }
    almost = solve_discrete(load_case("binary", atoms), 6, tol=1e-3)
    assert found.initial.price == pytest.approx(almost.initial.price, abs=2e-3)
    assert found.initial.attention == pytest.approx(almost.initial.attention, rel=2e-3)


def test_more_states_than_there_is_room_for_are_a_sentence() -> None:
    rule = r"^three_states, 8 periods: the payoff has so much detail .* 100 are the most$"
    with pytest.raises(DiscreteError, match=rule):
        solve_discrete(load_case("three_states"), 8, tuning=DiscreteTuning(most=100))


def test_states_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    economy = Economy.of(load_case("three_states"))
    mesh = first_mesh(economy, 8, DiscreteTuning())
    zeta, psi = mesh.nodes(5)
    between = Between(mesh, 5, np.stack(economy.prior.cumulants(zeta, psi)[:3]))
    at, y = 0.9 * zeta.reshape(-1, 2) + 0.1, psi.reshape(-1, 2)[:, 0]
    whole = between(at, y)
    monkeypatch.setattr(meshes, "CHUNK", 1000)
    np.testing.assert_allclose(between(at, y), whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("count", "few", "periods"),
    [(24, 20, 2), pytest.param(80, factory.TABLED, 4, marks=pytest.mark.slow)],
)
def test_many_components_are_solved_from_a_table(
    monkeypatch: pytest.MonkeyPatch, count: int, few: int, periods: int
) -> None:
    """Forty times as fast for the 500 days of the case returns, and the same numbers."""
    values = np.random.default_rng(5).normal(size=count).round(3).tolist()
    keys = {"payoff.kind": "sample", "payoff.values": values}
    monkeypatch.setattr(factory, "TABLED", few)
    make_prior.cache_clear()
    table = solve_discrete(load_case("binary", keys), periods, tol=1e-3)
    assert table.prior.slow
    make_prior.cache_clear()
    monkeypatch.setattr(factory, "TABLED", 1000)
    exact = solve_discrete(load_case("binary", keys), periods, tol=1e-3)
    make_prior.cache_clear()
    assert not exact.prior.slow
    for name in ("price", "variance", "attention"):
        gap = abs(getattr(table.initial, name) - getattr(exact.initial, name))
        assert gap < table.error[name] + exact.error[name]
