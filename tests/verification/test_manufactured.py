"""The manufactured solution itself, and the orders that the production code shows on it."""

import numpy as np
import pytest

from pdesolve.model import equations
from pdesolve.model.attention.response import best_response
from pdesolve.model.attention.technology import Technology
from pdesolve.model.payoff.factory import make_prior
from pdesolve.numerics import rosenbrock as march
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import ORDERS, PSI_ORDERS
from pdesolve.typing import Array
from pdesolve.verification import order_studies as convergence
from pdesolve.verification.manufactured_problem import Problem, march_fixed
from pdesolve.verification.manufactured_solution import CASE, SIZES, Truth
from pdesolve.verification.order_studies import (
    joint_table,
    manufactured_tables,
    psi_table,
    time_table,
    xi_table,
)
from pdesolve.verification.orders import OrderTable

PAIRS = tuple(convergence.StudyTuning().joint)

# ---------------------------------------------------------------- the exact solution


def scattered(count: int = 30) -> tuple[Array, Array]:
    rng = np.random.default_rng(4)
    return rng.uniform(-4, 4, count), rng.uniform(0.2, 2.2, count)


def truth_at(xi: Array, psi: Array) -> Truth:
    return Truth(xi=xi, psi=psi, fade=np.ones_like(xi), moves=(True, True, True))


def test_derivatives_of_the_exact_solution_are_its_differences() -> None:
    xi, psi = scattered()
    s, e = 0.37, 1e-4
    jet = truth_at(xi, psi).exact(s)

    def u(ds: float = 0.0, dxi: float = 0.0, dpsi: float = 0.0) -> Array:
        return truth_at(xi + dxi, psi + dpsi).exact(s + ds).u

    np.testing.assert_allclose(jet.u_s, (u(ds=e) - u(ds=-e)) / (2 * e), atol=1e-8)
    np.testing.assert_allclose(jet.u_xi, (u(dxi=e) - u(dxi=-e)) / (2 * e), atol=1e-8)
    np.testing.assert_allclose(jet.u_psi, (u(dpsi=e) - u(dpsi=-e)) / (2 * e), atol=1e-7)
    second = (u(dxi=e) - 2 * u() + u(dxi=-e)) / e**2
    np.testing.assert_allclose(jet.u_xixi, second, atol=1e-6)


def test_exact_solution_suits_the_ends_of_the_xi_axis_and_has_inner_attention() -> None:
    problem, technology = Problem(intervals=20, elements=4), Technology.of(CASE.attention)
    for s in np.linspace(0.0, 1.5, 7):
        jet = problem.truth.exact(s)
        assert np.abs(jet.u_xi[:, [0, -1]]).max() < 1e-12
        variance = problem.equations.static.variance + jet.u[..., 1]
        found = best_response(technology, CASE.market.risk_aversion, variance)
        assert variance.min() > 0.01 and np.all(found.regime == 1)
        mine = problem.truth.choose(s)
        np.testing.assert_allclose(mine.attention, found.attention, rtol=1e-12)
        np.testing.assert_allclose(mine.precision_rate, found.precision_rate, rtol=1e-12)
        np.testing.assert_allclose(mine.cost, found.cost, rtol=1e-12)


def test_fields_move_and_their_sizes_are_as_stated() -> None:
    problem = Problem(intervals=20, elements=4)
    spread = {name: np.ptp(x) for name, x in zip(SIZES, problem.truth.exact(0.4).u.T, strict=False)}
    for name, moved in spread.items():
        assert 0.5 * SIZES[name] < moved < 3 * SIZES[name], name


def test_source_is_what_section_5_leaves_over() -> None:
    """The same source from the deviation form, term by term, at states off any grid."""
    xi, psi = scattered()
    truth, s = truth_at(xi, psi), 0.8
    jet, choice = truth.exact(s), truth.choose(s)
    rho = CASE.market.risk_aversion
    static = make_prior(CASE.payoff).cumulants(xi, psi)
    move = equations.motion(CASE.market, choice.precision_rate)
    derivatives = np.stack([jet.u_xi, jet.u_xixi, jet.u_psi])
    rates = equations.rates(jet.u, derivatives, static, move, choice.cost, rho)
    np.testing.assert_allclose(truth.source(s), jet.u_s - rates, atol=1e-12)


def test_source_moves_in_time_as_its_rate_says() -> None:
    problem, s, e = Problem(intervals=8, elements=2), 0.4, 1e-5
    by_difference = (problem.source(s + e) - problem.source(s - e)) / (2 * e)
    np.testing.assert_allclose(problem.source_rate(s), by_difference, atol=1e-8)
    steady = Problem(intervals=8, elements=2, timed=False)
    np.testing.assert_array_equal(steady.source(s), steady.source(0.0))
    assert not steady.source_rate(s).any()


def test_time_is_carried_along_and_the_jacobian_is_complete() -> None:
    problem = Problem(intervals=10, elements=2, order=4, psi_order=3)
    u = march_fixed(problem, 0.3, 2)
    np.testing.assert_allclose(u[..., 3], 0.3, rtol=1e-14)
    local, e = problem.linearise(u), 1e-6
    rng = np.random.default_rng(2)
    x = rng.normal(size=u.shape)
    x[..., 3] = 0.7  # the time is the same at every node
    up, down = (problem.linearise(u + d * x).initial_rates for d in (e, -e))
    r = 20.0 * x - (up - down) / (2 * e)
    np.testing.assert_allclose(local.factor(20.0)(r), x, atol=1e-6)


# ---------------------------------------------------------------- orders


def assert_good(table: OrderTable) -> None:
    assert table.rows
    for row in table.rows:
        where = f"{table.name}: {row.field}, {row.norm}, {row.region}: {row.errors}"
        assert row.fitted.used == len(table.resolutions), where
        assert row.fitted.order == pytest.approx(row.expected, abs=0.1), where
        assert row.errors[-1] <= row.cap, where
        assert row.errors[-1] >= 0.01 * row.cap or row.region != "interior", where
    assert table.passed and not table.failures


@pytest.mark.parametrize("order", ORDERS)
def test_order_along_xi(order: int) -> None:
    table = xi_table(order)
    assert {row.expected for row in table.rows} == {order}
    assert_good(table)


@pytest.mark.parametrize("psi_order", PSI_ORDERS)
def test_order_along_psi(psi_order: int) -> None:
    table = psi_table(psi_order)
    expected = {row.region: row.expected for row in table.rows}
    within = {1: 1, 3: 3, 5: 4, 7: 5}[psi_order]
    assert expected == {"interior": within, "element ends": psi_order, "boundary": psi_order}
    assert_good(table)


def test_order_in_time() -> None:
    assert_good(time_table())


@pytest.mark.parametrize(
    "orders", [pytest.param(p, marks=pytest.mark.slow) if p[1] == 7 else p for p in PAIRS]
)
def test_order_jointly(orders: tuple[int, int]) -> None:
    assert_good(joint_table(orders))


def test_every_contribution_matters_in_the_joint_refinement() -> None:
    """Refining one direction alone lowers the error, but not to nothing."""
    base = convergence.StudyTuning().joint[8, 5]

    def error(*factors: int) -> float:
        sizes = (base.intervals, base.elements, base.steps)
        xi, psi, time = (n * f for n, f in zip(sizes, factors, strict=True))
        problem = Problem(intervals=xi, elements=psi)
        off = problem.errors(march_fixed(problem, convergence.StudyTuning().joint_span, time))
        return float(np.sqrt(np.mean(off["variance"] ** 2)))

    whole = error(1, 1, 1)
    assert error(1, 2, 1) < 0.5 * whole
    assert error(2, 2, 1) < 0.9 * error(1, 2, 1)
    assert error(2, 2, 2) < 0.9 * error(2, 2, 1)


def test_every_field_norm_and_region_is_reported() -> None:
    table = xi_table(2)
    found = {(row.field, row.norm, row.region) for row in table.rows}
    fields = ("price", "variance", "log_value", "attention")
    assert found == {
        (f, n, r) for f in fields for n in ("L2", "max") for r in ("interior", "boundary")
    }
    assert table.seconds > 0.0 and not table.kink and table.parameter == "intervals along xi"


def test_quick_mode_is_the_production_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("xi_table", "psi_table", "joint_table"):
        monkeypatch.setattr(convergence, name, lambda order, tuning: order)
    monkeypatch.setattr(convergence, "time_table", lambda tuning: 4)
    assert manufactured_tables(quick=True) == (8, 7, 4, (8, 7))  # type: ignore[comparison-overlap]
    assert len(manufactured_tables()) == len(ORDERS) + len(PSI_ORDERS) + 1 + len(PAIRS)
    assert Grid.__dataclass_fields__["order"].default == 8
    assert Grid.__dataclass_fields__["psi_order"].default == 5


def test_a_breakdown_is_reported_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Array:
        raise ArithmeticError("no step is short enough")

    monkeypatch.setattr(march, "step", broken)
    table = time_table()
    assert not table.passed and "broke down at resolution 12: no step is short enough" in table.note
    assert all(np.isinf(row.errors).all() for row in table.rows)
