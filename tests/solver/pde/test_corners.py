"""Kinks of attention as differences see them: against integrals, and on grids of few nodes."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.economy import Economy
from pdesolve.numerics.splines import Surface
from pdesolve.numerics.stencils import central_weights
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.corners import Corners, ramp_seen
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.pde.ladder_tuning import KINKED
from pdesolve.solver.pde.passes import retrace, run_pass
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.tools.solutions import solved

ORDERS = [4, 6, 8]


def second_difference(integral: Array, order: int) -> Array:
    """Of a function that is known at nodes beyond either end."""
    return np.convolve(integral, central_weights(2, order)[::-1], mode="valid")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("slope", [0.3, -2.0])
def test_a_ramp_is_what_differences_make_of_its_second_integral(order: int, slope: float) -> None:
    """Max(V, 0) has the second integral max(V, 0)³/(6 slope²) where V is a straight line."""
    half, at = order // 2, 7.31
    nodes = np.arange(-half, 20.0 + half)
    v = slope * (nodes - at)
    seen = second_difference(np.maximum(v, 0.0) ** 3 / (6.0 * slope**2), order)
    inner = v[half:-half]
    by_node = np.full((1, inner.size), slope)
    found = ramp_seen(inner[None], by_node, 0.0, order)
    assert found is not None
    np.testing.assert_allclose(found[0, 0], seen - np.maximum(inner, 0.0), atol=1e-12)
    moved = ramp_seen(inner[None] + 1e-6, by_node, 0.0, order)
    assert moved is not None
    np.testing.assert_allclose(found[1, 0], (moved - found)[0, 0] / 1e-6, atol=1e-5)


@pytest.mark.parametrize("order", ORDERS)
def test_sums_over_nodes_are_integrals(order: int) -> None:
    """Wherever the kink lies among the nodes; those of the ramp itself are not."""
    nodes = np.arange(40.0)
    places = 19.0 + np.linspace(0.0, 1.0, 7)[:-1]
    plain, whole = np.empty((2, places.size))
    for k, at in enumerate(places):
        v = nodes - at
        found = ramp_seen(v[None], np.ones((1, v.size)), 0.0, order)
        assert found is not None
        plain[k] = np.maximum(v, 0.0).sum()
        whole[k] = plain[k] + found[0].sum()
    integral = 0.5 * (nodes[-1] + 0.5 - places) ** 2
    assert np.ptp(plain - integral) > 0.1
    assert np.ptp(whole - integral) < 1e-11


def test_no_crossing_adds_nothing() -> None:
    v = np.linspace(0.0, 1.0, 9)[None]
    assert ramp_seen(v, np.full_like(v, 0.125), 2.0, 8) is None
    case = load_case("baseline")
    economy = Economy.of(case)
    grid = choose_domain(economy, 1e-3).grid(20, 5, 8)
    assert Corners.of(economy, grid).at == []


def few_nodes(name: str, nodes: int, steps: float) -> Solution:
    """One pass."""
    case = load_case(name)
    economy = Economy.of(case)
    domain = choose_domain(economy, 1e-5).of_order(5, (1.0, 2.0))
    domain = replace(domain, psi_top=2.0 / economy.prior.variance)
    return run_pass(case, economy, domain, ByAxis(nodes, 16), steps, 100)


def gap(one: Solution, other: Solution) -> float:
    """Largest of price, variance and log value, by their scales."""
    sizes = error_scales(one)
    return max(
        abs(getattr(one.initial, name) - getattr(other.initial, name)) / sizes[name]
        for name in ("price", "variance", "log_value")
    )


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinks as they are."""
    monkeypatch.setattr(Equilibrium, "seen", lambda *_: None)


def test_few_nodes_do_at_a_kink(monkeypatch: pytest.MonkeyPatch) -> None:
    """The truth is a pass on many nodes that knows nothing of this."""
    few = few_nodes("capacity", 46, 1e-4)
    with monkeypatch.context() as patch:
        without(patch)
        many = retrace(few, few.space.resized(240, 16))
        plain = retrace(few, few.space)
    assert gap(few, many) < 0.2 * gap(plain, many)
    assert gap(few, many) < 2e-5


@pytest.mark.parametrize("name", ["capacity", "inattention"])
def test_steps_keep_their_order_at_a_kink(name: str) -> None:
    """Although the implicit step does not know how the kink's place moves its neighbours."""
    found = few_nodes(name, 60, 1e-3)
    times = [np.linspace(0.0, found.economy.horizon, 1 + 8 * 2**k) for k in range(4)]
    passes = [retrace(found, found.space, t) for t in times]
    errors = [gap(one, passes[-1]) for one in passes[:-1]]
    assert errors[1] < errors[0] / 6.0 and errors[2] < errors[0] / 50.0


def test_nodes_near_the_initial_state_count_where_kinks_are_near() -> None:
    """The truth is a pass on many nodes of the other grid."""
    few = few_nodes("inattention", 60, 1e-4)
    many = retrace(few, few.space.resized(240, 16))
    domain = choose_domain(few.economy, 1e-5).of_order(5, (1.0, 2.0))
    domain = replace(domain, psi_top=2.0 / few.prior.variance)
    grid = domain.about_start(KINKED.close).grid(60, 16, 8)
    near = retrace(few, grid)
    assert gap(near, many) < 0.1 * gap(few, many)
    assert gap(near, many) < 5e-6


def test_states_between_nodes_are_not_upset_by_a_kink() -> None:
    """Splines of degree 7 swing for many nodes about it; the truth has five times the nodes."""
    few = few_nodes("capacity", 46, 1e-4)
    many = retrace(few, few.space.resized(226, 16))
    xi = np.linspace(few.space.xi[0, 18], few.space.xi[0, 25], 81)
    truth = many.variance(xi) - many.static_variance(xi)
    read = few.variance(xi) - few.static_variance(xi)
    psi = np.zeros(xi.size)
    smooth = Surface(few.space, few.states[0])(*few.space.locate(xi, psi))[:, 1]
    assert np.abs(read - truth).max() < 0.2 * np.abs(smooth - truth).max()
    assert np.abs(read - truth).max() < 1e-4 * few.prior.variance


def twin(name: str, tolerance: float) -> Solution:
    """The same without the kink."""
    without = {
        "inattention": {"attention.cost.linear": 0.0},
        "capacity": {"attention.capacity": np.inf},
    }
    return solved(name, without[name], tol=tolerance)


@pytest.mark.parametrize("tolerance", [1e-5, pytest.param(1e-6, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["capacity", "inattention"])
def test_kinks_take_at_most_twice_the_nodes(name: str, tolerance: float) -> None:
    found, smooth = solved(name, tol=tolerance).space, twin(name, tolerance).space
    assert found.n_xi * found.n_psi <= 2 * smooth.n_xi * smooth.n_psi
