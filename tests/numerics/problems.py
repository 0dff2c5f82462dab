"""Systems with known solutions for the time stepper."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from pdesolve.numerics.rosenbrock import Path, march
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


def slope(x: list[float] | Array, y: list[float] | Array) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
