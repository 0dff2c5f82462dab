"""What ends a march, and what it says."""

import numpy as np
import pytest

from pdesolve.numerics.rosenbrock import MarchError, Path, StepControl, march
from pdesolve.numerics.tableau import RODAS4P
from pdesolve.typing import Array
from tests.numerics.problems import Dense, Problem, Solver, logistic, van_der_pol


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
            lengths.append(1 / (RODAS4P.gamma * shift))
            return lambda r: r / shift

    options = {"scale": np.ones(1), "tolerance": 1e-6, "max_steps": 100}
    path = march(Fragile, np.zeros(1), 1.0, **options)  # type: ignore[arg-type]
    assert path.rejected == 2
    np.testing.assert_allclose(np.array(lengths[1:3]) / lengths[:2], StepControl().shrink)
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
            attempts.append(1 / (RODAS4P.gamma * shift))
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
    assert len(attempts) == StepControl().patience + 1
    np.testing.assert_allclose(np.divide(attempts[1:], attempts[:-1]), StepControl().shrink)


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
