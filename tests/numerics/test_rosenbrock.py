"""The time stepper on problems with known solutions, none of them economic."""

from dataclasses import dataclass

import numpy as np
import pytest

from pdesolve.numerics.rosenbrock import StepControl, counts, march, step
from pdesolve.numerics.tableau import RODAS4P
from pdesolve.typing import Array
from tests.numerics.problems import (
    PROBLEMS,
    Dense,
    Problem,
    Solver,
    logistic,
    prothero_robinson,
    slope,
    van_der_pol,
)


def fixed_steps(problem: Problem, count: int) -> Array:
    u, h = problem.start, problem.span / count
    for _ in range(count):
        local = problem.linearise(u)
        u = step(local, local.factor(1 / (RODAS4P.gamma * h)), u, h)[0]
    return u


# ---------------------------------------------------------------- the method


@pytest.mark.parametrize(
    ("name", "counts", "cap"),
    [
        ("logistic", [8, 12, 16, 24], 1e-7),
        ("smooth", [32, 48, 64, 96], 1e-9),
        ("van der Pol", [400, 600, 800, 1200], 1e-8),
    ],
)
def test_order_four(name: str, counts: list[int], cap: float) -> None:
    problem = PROBLEMS[name]()
    errors = [float(np.abs(fixed_steps(problem, n) - problem.end).max()) for n in counts]
    assert -slope(np.array(counts), errors) == pytest.approx(4, abs=0.15)
    assert errors[-1] < cap


def test_no_order_is_lost_on_stiff_terms() -> None:
    problem, counts = prothero_robinson(1e6), [16, 24, 32, 48, 64]
    errors = [float(np.abs(fixed_steps(problem, n) - problem.end).max()) for n in counts]
    assert -slope(np.array(counts), errors) > 3.9
    assert errors[-1] < 1e-7


@pytest.mark.parametrize(
    ("name", "longest"), [("logistic", 0.1), ("smooth", 0.2), ("van der Pol", 0.01)]
)
def test_error_estimate_is_that_of_order_three(name: str, longest: float) -> None:
    problem, sizes, estimates = PROBLEMS[name](), longest * np.array([1, 0.7, 0.5, 0.35, 0.25]), []
    for h in sizes:
        local = problem.linearise(problem.start)
        k = step(local, local.factor(1 / (RODAS4P.gamma * h)), problem.start, float(h))[1]
        estimates.append(float(np.abs(k).max()))
    assert slope(sizes, estimates) == pytest.approx(4, abs=0.2)


def stability(z: complex) -> complex:
    """R(z): one step of u' = z u, as two real equations."""
    a, b = z.real, z.imag
    rotation = np.array([[a, -b], [b, a]])
    local = Dense(lambda u: rotation @ u, lambda u: rotation, np.array([1.0, 0.0]))
    u = step(local, local.factor(1 / RODAS4P.gamma), local.u0, 1.0)[0]
    return complex(u[0], u[1])


def test_stable_in_the_left_half_plane_and_damped_at_infinity() -> None:
    axis = 10.0 ** np.linspace(-2, 6, 81)
    assert max(abs(stability(1j * y)) for y in axis) <= 1 + 1e-12
    assert max(abs(stability(-x + 1j * y)) for x in axis[::8] for y in axis[::8]) < 1
    for angle in np.pi * np.array([0.5, 0.7, 1.0]):
        far = [abs(stability(10.0**k * np.exp(1j * angle))) for k in (4, 6, 8)]
        assert far[0] < 1e-3 and far[1] < 1e-5 and far[2] < 1e-6  # L-stable


def test_stability_function_agrees_with_exp_to_fourth_order() -> None:
    sizes = np.array([0.4, 0.3, 0.2, 0.1])
    for angle in (0.0, 1.0, np.pi):
        z = sizes * np.exp(1j * angle)
        errors = [abs(stability(complex(point)) - np.exp(point)) for point in z]
        assert slope(sizes, errors) == pytest.approx(5, abs=0.25)


def tableau() -> tuple[Array, Array, Array, Array, Array]:
    """alpha, Gamma, weights, embedded weights and alpha's row sums in the usual notation."""
    gamma = np.asarray(np.linalg.inv(np.eye(6) / RODAS4P.gamma - RODAS4P.c), float)
    alpha: Array = RODAS4P.a @ gamma
    last = RODAS4P.a[5] + np.eye(6)[5]
    return alpha, gamma, last @ gamma, RODAS4P.a[5] @ gamma, alpha.sum(axis=1)


def conditions(b: Array) -> list[float]:
    """Residuals of the order conditions of Rosenbrock methods, orders 1 to 4."""
    alpha, gamma, _, _, a = tableau()
    beta = alpha + gamma
    c = beta.sum(axis=1)
    return [
        b.sum() - 1,
        b @ c - 1 / 2,
        b @ a**2 - 1 / 3,
        b @ beta @ c - 1 / 6,
        b @ a**3 - 1 / 4,
        b @ (a * (alpha @ c)) - 1 / 8,
        b @ beta @ a**2 - 1 / 12,
        b @ beta @ beta @ c - 1 / 24,
    ]


def test_order_conditions() -> None:
    alpha, gamma, b, embedded, a = tableau()
    np.testing.assert_allclose(np.diag(gamma), RODAS4P.gamma, rtol=1e-14)
    np.testing.assert_allclose(a, [0, 0.75, 0.21, 0.63, 1, 1], atol=1e-14)
    np.testing.assert_allclose(conditions(b), 0, atol=1e-14)
    np.testing.assert_allclose(conditions(embedded)[:4], 0, atol=1e-14)
    assert np.abs(conditions(embedded)[4:]).min() > 1e-3  # of order 3 and no more
    np.testing.assert_allclose((alpha + gamma)[4], embedded, atol=1e-14)  # stiffly accurate


def test_conditions_that_keep_the_order_on_parabolic_problems() -> None:
    """Those of Lubich and Ostermann: b' beta^j (2 beta² 1 - alpha²) = 0, j = 1, 2, 3."""
    alpha, gamma, b, _, a = tableau()
    beta = alpha + gamma
    defect = 2 * beta @ beta.sum(axis=1) - a**2
    for j in (1, 2, 3):
        assert abs(b @ np.linalg.matrix_power(beta, j) @ defect) < 1e-14


# ---------------------------------------------------------------- error control


@pytest.mark.parametrize("name", PROBLEMS)
def test_error_is_proportional_to_the_tolerance(name: str) -> None:
    problem, tolerances = PROBLEMS[name](), 10.0 ** -np.arange(3.0, 10.0)
    errors = []
    for tolerance in tolerances:
        path = problem.march(tolerance)
        errors.append(float(np.abs(path.states[-1] - problem.end).max()))
        assert errors[-1] < 10 * tolerance
        assert path.error <= path.accepted * tolerance
    if name != "stiff":
        assert slope(tolerances, errors) == pytest.approx(1.0, abs=0.15)


def test_path_is_the_solution_at_its_times() -> None:
    path = logistic().march(1e-8)
    exact = 1 / (1 + 9 * np.exp(-path.times))
    np.testing.assert_allclose(path.states[:, 0], exact, atol=1e-8)
    np.testing.assert_allclose(path.rates, path.states * (1 - path.states), rtol=1e-14)
    assert path.times[0] == 0.0 and path.times[-1] == 3.0
    assert np.all(np.diff(path.times) > 0)
    assert path.times.shape == (path.accepted + 1,)


def test_scale_is_what_errors_are_measured_against() -> None:
    small, large = (
        Problem(
            lambda u, m=m: u * (1 - u / m),  # type: ignore[misc]
            lambda u, m=m: np.diag(1 - 2 * u / m),  # type: ignore[misc]
            np.array([0.1 * m]),
            np.array([m]),
            3.0,
        ).march(1e-6, scale=np.array([m]))
        for m in (1.0, 1024.0)
    )
    np.testing.assert_allclose(large.states, 1024 * small.states, rtol=1e-13)
    np.testing.assert_allclose(large.times, small.times, rtol=1e-13)


def test_errors_are_averaged_over_nodes_and_not_over_fields() -> None:
    """A field that does not move must not dilute the error of one that does."""

    def linearise(u: Array) -> Dense:
        still = np.broadcast_to(np.arange(u.shape[-1]) > 0, u.shape)
        return Dense(
            lambda w: np.where(still, 0.0, w * (1 - w)),
            lambda w: np.diag(np.where(still, 0.0, 1 - 2 * w).ravel()),
            u,
        )

    one, many = (
        march(
            linearise,
            np.full((2, fields), 0.1),
            3.0,
            scale=np.ones(fields),
            tolerance=1e-6,
            max_steps=100,
        )
        for fields in (1, 9)
    )
    np.testing.assert_allclose(many.times, one.times, rtol=1e-12)
    np.testing.assert_allclose(many.states[..., 0], one.states[..., 0], rtol=1e-12)


def test_no_step_is_needed_where_nothing_moves() -> None:
    path = Problem(
        lambda u: 0 * u, lambda u: np.zeros((1, 1)), np.array([2.0]), np.array([2.0]), 7.0
    ).march(1e-8)
    assert path.accepted == 1 and path.rejected == 0
    assert path.states.tolist() == [[2.0], [2.0]]


@pytest.mark.parametrize("begin", [0.02, 0.05, 0.1])
def test_the_first_step_is_a_share_of_the_time_in_which_the_state_changes(begin: float) -> None:
    problem, tolerance, scale = logistic(), 1e-4, np.array([0.5])
    speed = float(np.abs(problem.linearise(problem.start).initial_rates).max()) / 0.5
    path = march(
        problem.linearise,
        problem.start,
        problem.span,
        scale=scale,
        tolerance=tolerance,
        max_steps=1000,
        control=StepControl(begin=begin),
    )
    assert path.times[1] == pytest.approx(begin * tolerance**0.25 / speed)


def test_rejected_steps_are_made_up_for() -> None:
    """A sudden turn: the steps that smooth stretches allow are too long for it."""

    def f(u: Array) -> Array:
        return np.array([1.0, 6 / np.cosh(6 * (u[0] - 1)) ** 2])

    def jacobian(u: Array) -> Array:
        x = 6 * (u[0] - 1)
        return np.array([[0, 0], [-72 * np.tanh(x) / np.cosh(x) ** 2, 0]])

    end = np.array([2.0, 2 * np.tanh(6.0)])
    problem = Problem(f, jacobian, np.zeros(2), end, 2.0)
    path = problem.march(1e-6)
    assert path.rejected > 0
    assert np.abs(path.states[-1] - end).max() < 1e-5


def test_counts_are_what_was_done() -> None:
    problem, calls = van_der_pol(), {"f": 0, "factor": 0}

    @dataclass(frozen=True)
    class Counting(Dense):
        def factor(self, shift: float) -> Solver:
            calls["factor"] += 1
            return super().factor(shift)

    def f(u: Array) -> Array:
        calls["f"] += 1
        return problem.f(u)

    class Once:
        def __init__(self, u: Array) -> None:
            self._local = Counting(f, problem.jacobian, u)
            self.initial_rates = self._local.initial_rates
            self.rates, self.factor = self._local.rates, self._local.factor

    path = march(
        Once, problem.start, problem.span, scale=np.ones(2), tolerance=1e-4, max_steps=10_000
    )
    assert path.rejected > 0
    took = counts(path.accepted, path.rejected)
    assert took["evaluations"] == calls["f"]
    assert took["factorisations"] == calls["factor"] == path.accepted + path.rejected


def test_report_is_called_after_each_accepted_step() -> None:
    seen: list[float] = []
    path = van_der_pol().march(1e-4, report=seen.append)
    assert path.rejected > 0
    assert seen == path.times[1:].tolist()


def test_arguments_are_left_alone() -> None:
    problem = van_der_pol()
    before = problem.start.copy()
    path = problem.march(1e-4)
    np.testing.assert_array_equal(problem.start, before)
    np.testing.assert_array_equal(path.states[0], before)
