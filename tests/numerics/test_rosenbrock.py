"""The time stepper on problems with known solutions, none of them economic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from pdesolve.numerics import rosenbrock as module
from pdesolve.numerics.banded import factor
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rosenbrock import GAMMA, MarchError, Path, march, step
from pdesolve.typing import Array

Solver = Callable[[Array], Array]


@dataclass(frozen=True)
class Dense:
    """du/ds = f(u) with Jacobian `jacobian`, seen from u0."""

    f: Callable[[Array], Array]
    jacobian: Callable[[Array], Array]
    u0: Array

    @property
    def initial_rates(self) -> Array:
        return self.f(self.u0)

    def rates(self, u: Array) -> Array:
        return self.f(u)

    def factor(self, shift: float) -> Solver:
        matrix = shift * np.eye(self.u0.size) - self.jacobian(self.u0)
        return lambda r: np.asarray(np.linalg.solve(matrix, r.ravel()), float).reshape(r.shape)


@dataclass(frozen=True)
class Problem:
    """An autonomous system, where it starts and where it is at `span`."""

    f: Callable[[Array], Array]
    jacobian: Callable[[Array], Array]
    start: Array
    end: Array
    span: float

    def linearise(self, u: Array) -> Dense:
        return Dense(self.f, self.jacobian, u)

    def march(self, tolerance: float, **changes: Any) -> Path:
        options = {"scale": np.ones_like(self.start), "max_steps": 10_000, **changes}
        return march(self.linearise, self.start, self.span, tolerance=tolerance, **options)


def logistic() -> Problem:
    """Take u' = u (1 - u) from 1/10."""
    return Problem(
        lambda u: u * (1 - u),
        lambda u: np.diag(1 - 2 * u),
        np.array([0.1]),
        np.array([1 / (1 + 9 * np.exp(-3.0))]),
        3.0,
    )


def prothero_robinson(stiffness: float) -> Problem:
    """Take y' = g' - stiffness (y³ - g³), t' = 1 with g = 2 + cos(t): y = g."""

    def f(u: Array) -> Array:
        t, y = u
        g = 2 + np.cos(t)
        return np.array([1.0, -np.sin(t) - stiffness * (y**3 - g**3)])

    def jacobian(u: Array) -> Array:
        t, y = u
        g = 2 + np.cos(t)
        by_t = -np.cos(t) - stiffness * 3 * g**2 * np.sin(t)
        return np.array([[0.0, 0.0], [by_t, -stiffness * 3 * y**2]])

    return Problem(f, jacobian, np.array([0.0, 3.0]), np.array([2.0, 2 + np.cos(2.0)]), 2.0)


def van_der_pol() -> Problem:
    """Take u'' = 5 (1 - u²) u' - u over its first turn; the end by an explicit method."""

    def f(u: Array) -> Array:
        return np.array([u[1], 5 * (1 - u[0] ** 2) * u[1] - u[0]])

    def jacobian(u: Array) -> Array:
        return np.array([[0.0, 1.0], [-10 * u[0] * u[1] - 1, 5 * (1 - u[0] ** 2)]])

    start = np.array([2.0, 0.0])
    found = solve_ivp(lambda t, u: f(u), (0, 6), start, "DOP853", rtol=1e-13, atol=1e-14)
    return Problem(f, jacobian, start, found.y[:, -1], 6.0)


PROBLEMS = {
    "logistic": logistic,
    "smooth": lambda: prothero_robinson(0.05),
    "stiff": lambda: prothero_robinson(1e6),
    "van der Pol": van_der_pol,
}


def fixed_steps(problem: Problem, count: int) -> Array:
    u, h = problem.start, problem.span / count
    for _ in range(count):
        local = problem.linearise(u)
        u = step(local, local.factor(1 / (GAMMA * h)), u, h)[0]
    return u


def slope(x: list[float] | Array, y: list[float] | Array) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


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
        k = step(local, local.factor(1 / (GAMMA * h)), problem.start, float(h))[1]
        estimates.append(float(np.abs(k).max()))
    assert slope(sizes, estimates) == pytest.approx(4, abs=0.2)


def stability(z: complex) -> complex:
    """R(z): one step of u' = z u, as two real equations."""
    a, b = z.real, z.imag
    rotation = np.array([[a, -b], [b, a]])
    local = Dense(lambda u: rotation @ u, lambda u: rotation, np.array([1.0, 0.0]))
    u = step(local, local.factor(1 / GAMMA), local.u0, 1.0)[0]
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
    untransformed = np.eye(6) / GAMMA - np.column_stack([module.C, np.zeros(6)])
    gamma = np.linalg.inv(untransformed)
    alpha = module.A @ gamma
    last = module.A[5] + np.eye(6)[5]
    return alpha, gamma, last @ gamma, module.A[5] @ gamma, alpha.sum(axis=1)


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
    np.testing.assert_allclose(np.diag(gamma), GAMMA, rtol=1e-14)
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
    assert path.evaluations == calls["f"]
    assert path.factorisations == calls["factor"] == path.accepted + path.rejected


def test_report_is_called_after_each_accepted_step() -> None:
    seen: list[float] = []
    path = van_der_pol().march(1e-4, report=seen.append)
    assert path.rejected > 0
    assert seen == path.times[1:].tolist()


# ---------------------------------------------------------------- failures


def wall(problem: Problem, at: float, *, node: int = 0) -> Problem:
    """The problem with rates that are not a number where entry `node` is beyond `at`."""

    def f(u: Array) -> Array:
        rates = problem.f(u)
        rates[node] = np.nan if u[node] > at else rates[node]
        return rates

    return Problem(f, problem.jacobian, problem.start, problem.end, problem.span)


def several() -> Problem:
    """Three logistic equations side by side."""
    start = np.array([0.1, 0.2, 0.3])
    one = logistic()
    return Problem(one.f, one.jacobian, start, start, 3.0)


def test_rates_that_are_not_a_number_end_the_march() -> None:
    with pytest.raises(MarchError, match="no time step is short enough") as failure:
        wall(several(), 0.5, node=1).march(1e-6)
    time = float(np.log(4.0))  # where the second, from 0.2, reaches 0.5
    assert time - 1e-3 < failure.value.time <= time
    assert failure.value.reason is None


def test_first_bad_entry_is_named() -> None:

    class Diagonal(Dense):
        def factor(self, shift: float) -> Solver:
            diagonal = shift - np.diag(self.jacobian(self.u0))
            return lambda r: r / diagonal

    problem = wall(several(), 0.0, node=1)
    with pytest.raises(MarchError, match=r"short enough: the state is not finite$") as failure:
        march(
            lambda u: Diagonal(problem.f, problem.jacobian, u),
            problem.start,
            3.0,
            scale=np.ones(3),
            tolerance=1e-6,
            max_steps=100,
        )
    assert failure.value.index == (1,)
    assert failure.value.time == 0.0


def test_a_wall_met_by_exact_steps_ends_the_march() -> None:
    """No error to estimate, so the step's length is no reason for its rejection."""
    steady = Problem(np.ones_like, lambda u: np.zeros((1, 1)), np.zeros(1), np.ones(1), 1.0)
    with pytest.raises(MarchError, match="no time step is short enough") as failure:
        wall(steady, 0.5).march(1e-6)
    assert 0.499 < failure.value.time <= 0.5


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_step_to_a_state_without_rates_is_shortened(rate: float) -> None:
    """However small its error was."""
    lengths: list[float] = []

    class Fragile:
        def __init__(self, u: Array) -> None:
            self.initial_rates = np.array([np.nan if len(lengths) in (1, 2) else rate])

        def rates(self, u: Array) -> Array:
            return np.array([rate])

        def factor(self, shift: float) -> Solver:
            lengths.append(1 / (GAMMA * shift))
            return lambda r: r / shift

    options = {"scale": np.ones(1), "tolerance": 1e-6, "max_steps": 100}
    path = march(Fragile, np.zeros(1), 1.0, **options)  # type: ignore[arg-type]
    assert path.rejected == 2
    np.testing.assert_allclose(np.array(lengths[1:3]) / lengths[:2], module.SHRINK)
    assert path.states[-1, 0] == pytest.approx(rate, rel=1e-13)


def test_errors_of_the_system_are_passed_on() -> None:
    def f(u: Array) -> Array:
        if u[0] > 0.5:
            raise ZeroDivisionError("a reason of its own")
        return u * (1 - u)

    one = logistic()
    problem = Problem(f, one.jacobian, one.start, one.end, 3.0)
    with pytest.raises(MarchError, match=r"short enough: a reason of its own$") as failure:
        problem.march(1e-6)
    assert isinstance(failure.value.reason, ZeroDivisionError)
    assert failure.value.time == pytest.approx(np.log(9.0), abs=1e-3)
    assert failure.value.index is None


def test_other_errors_are_not_caught() -> None:
    def f(u: Array) -> Array:
        if u[0] > 0.5:
            raise KeyError("a mistake")
        return u * (1 - u)

    one = logistic()
    with pytest.raises(KeyError, match="a mistake"):
        Problem(f, one.jacobian, one.start, one.end, 3.0).march(1e-6)


def test_patience() -> None:
    attempts = []

    def f(u: Array) -> Array:
        raise ArithmeticError("never")

    class Refusing(Dense):
        @property
        def initial_rates(self) -> Array:
            return np.ones(1)

        def factor(self, shift: float) -> Solver:
            attempts.append(1 / (GAMMA * shift))
            return super().factor(shift)

    with pytest.raises(MarchError, match="never"):
        march(
            lambda u: Refusing(f, lambda u: np.zeros((1, 1)), u),
            np.zeros(1),
            1.0,
            scale=np.ones(1),
            tolerance=1e-6,
            max_steps=1000,
        )
    assert len(attempts) == module.PATIENCE + 1
    np.testing.assert_allclose(np.divide(attempts[1:], attempts[:-1]), module.SHRINK)


def test_max_steps_are_attempts() -> None:
    problem, seen = van_der_pol(), []

    class Counting(Dense):
        def factor(self, shift: float) -> Solver:
            seen.append(shift)
            return super().factor(shift)

    def march_with(most: int) -> Path:
        return march(
            lambda u: Counting(problem.f, problem.jacobian, u),
            problem.start,
            problem.span,
            scale=np.ones(2),
            tolerance=1e-2,
            max_steps=most,
        )

    path = march_with(1000)
    attempts = path.accepted + path.rejected
    assert path.rejected > 0
    assert march_with(attempts).accepted == path.accepted
    for most in range(1, attempts):
        seen.clear()
        with pytest.raises(MarchError, match=f"more than {most} time steps") as failure:
            march_with(most)
        assert len(seen) == most
        assert failure.value.time in path.times[:-1]
    assert failure.value.time == path.times[-2]


def test_arguments_are_left_alone() -> None:
    problem = van_der_pol()
    before = problem.start.copy()
    path = problem.march(1e-4)
    np.testing.assert_array_equal(problem.start, before)
    np.testing.assert_array_equal(path.states[0], before)


# ---------------------------------------------------------------- other equations on the grid


@dataclass(frozen=True)
class OnGrid:
    """u_s = drift u_xi + diffusion u_xixi + speed u_psi + source(u), one field."""

    grid: Grid
    drift: Array
    diffusion: Array
    speed: Array
    source: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    u0: Array

    @property
    def initial_rates(self) -> Array:
        return self.rates(self.u0)

    def rates(self, u: Array) -> Array:
        u_xi, u_xixi, u_psi = self.grid.derivatives(u)
        terms = self.drift * u_xi[..., 0] + self.diffusion * u_xixi[..., 0]
        return (terms + self.speed * u_psi[..., 0])[..., None] + self.source(u)

    def factor(self, shift: float) -> Solver:
        c0 = self.slope(self.u0[..., 0])[None, None]
        return factor(self.grid, shift, c0, self.drift[None, None], self.diffusion, self.speed)


def march_on(
    grid: Grid,
    start: Array,
    span: float,
    tolerance: float,
    *,
    drift: Array | float = 0.0,
    diffusion: float = 0.0,
    speed: float = 0.0,
    source: Callable[[Array], Array] = np.zeros_like,
    slope: Callable[[Array], Array] = np.zeros_like,
) -> Array:
    """March one field over a grid; return its last state."""
    terms = [np.broadcast_to(np.asarray(c), grid.xi.shape) for c in (drift, diffusion, speed)]
    path = march(
        lambda u: OnGrid(grid, terms[0], terms[1], terms[2], source, slope, u),
        start[..., None],
        span,
        scale=np.ones(1),
        tolerance=tolerance,
        max_steps=500,
    )
    return path.states[-1, ..., 0]


def grid_of(n_xi: int, n_psi: int, **changes: Any) -> Grid:
    values: dict[str, Any] = {
        "centre": 0.0,
        "width": 5.0,
        "stretch": 1.2,
        "spread": 0.0,
        "psi_scale": 1.0,
        "psi_known": 3.0,
        "psi_top": 6.0,
        "n_xi": n_xi,
        "n_psi": n_psi,
    }
    return Grid(**(values | changes))


def test_expectation_over_an_ornstein_uhlenbeck_process() -> None:
    """Kolmogorov's equation: E exp(-X²/2) for X' = -0.7 X + 1.1 noise, from every X."""
    grid = grid_of(181, 1, width=14.0, stretch=1.5)
    x = grid.xi
    decay = np.exp(-0.7)
    variance = 1.1**2 * (1 - decay**2) / 1.4
    exact = np.exp(-0.5 * (decay * x) ** 2 / (1 + variance)) / np.sqrt(1 + variance)
    found = march_on(grid, np.exp(-0.5 * x**2), 1.0, 1e-9, drift=-0.7 * x, diffusion=0.605)
    assert np.abs(found - exact).max() < 2e-7


def test_diffusion_and_transport_together() -> None:
    """E f(xi + noise, psi + speed s) on the fanned grid, exact below psi_known - speed s."""
    grid = grid_of(81, 46, spread=0.1, width=6.0)
    xi, psi = grid.xi, grid.psi[:, None]
    found = march_on(grid, np.exp(-0.5 * xi**2) / (1 + psi), 1.0, 1e-8, diffusion=0.4, speed=1.5)
    exact = np.exp(-0.5 * xi**2 / 1.8) / np.sqrt(1.8) / (2.5 + psi)
    assert np.abs(found - exact)[0].max() < 1e-6
    assert np.abs(found - exact)[grid.psi < 1.5].max() < 2e-5


def test_transport_reaches_psi_zero_with_the_superconvergent_order() -> None:
    """States beyond psi_known, where transport fades, are never heard of at psi = 0."""
    elements, errors = [4, 6, 8, 12], []
    for count in elements:
        grid = grid_of(1, 1 + 3 * count)
        start = np.cos(2.0 * np.log1p(grid.psi[:, None]) + 0.3)
        found = march_on(grid, start, 1.0, 1e-11, speed=2.0)
        errors.append(abs(float(found[0, 0]) - np.cos(2.0 * np.log(3.0) + 0.3)))
    assert -slope(np.array(elements), errors) > 4.5
    assert errors[-1] < 2e-6


def test_travelling_wave() -> None:
    """u_s = u_xixi + u (1 - u): the wave of Ablowitz and Zeppetella."""
    grid = grid_of(141, 1, width=24.0)

    def wave(s: float) -> Array:
        return (1 + np.exp((grid.xi - 5 / np.sqrt(6) * s) / np.sqrt(6))) ** -2.0

    found = march_on(
        grid,
        wave(0),
        2.0,
        1e-8,
        diffusion=1.0,
        source=lambda u: u * (1 - u),
        slope=lambda u: 1 - 2 * u,
    )
    inner = np.abs(grid.xi) < 20
    assert np.abs(found - wave(2.0))[inner].max() < 1e-6
