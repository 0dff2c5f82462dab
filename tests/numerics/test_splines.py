"""Interpolation in time: polynomials it is exact for, its order, and jumps that it stops at.

And splines through even nodes, against the library's.
"""

import numpy as np
import pytest
from numpy.polynomial import Polynomial
from scipy.interpolate import make_interp_spline

from pdesolve.numerics.splines import Evenly, degree_of, hermite
from pdesolve.typing import Array

TIMES = np.array([0.0, 0.02, 0.2, 0.5, 0.8, 1.0])


def through(curve: Polynomial, t: float, times: Array = TIMES) -> float:
    return float(hermite(times, curve(times), curve.deriv()(times), t))


@pytest.mark.parametrize(("t", "degree"), [(0.01, 5), (0.1, 7), (0.3, 7), (0.6, 7), (0.95, 5)])
def test_as_many_powers_as_there_are_values_and_rates_near_by(t: float, degree: int) -> None:
    rng = np.random.default_rng(3)
    exact = Polynomial(rng.normal(size=degree + 1))
    assert through(exact, t) == pytest.approx(exact(t), abs=1e-11)
    more = Polynomial.basis(degree + 1)
    assert abs(through(more, t) - more(t)) > 1e-10


@pytest.mark.parametrize("t", [0.0, 0.2, 0.8, 1.0])
def test_at_a_time_step_it_is_the_state_there(t: float) -> None:
    states = np.arange(12.0).reshape(6, 2)
    found = hermite(TIMES, states, np.full((6, 2), np.nan), t)
    assert found.tolist() == states[TIMES == t][0].tolist()


def test_it_is_smooth_where_one_step_meets_the_next() -> None:
    def slope(t: float, side: float) -> float:
        ends = [hermite(TIMES, np.exp(5 * TIMES), 5 * np.exp(5 * TIMES), t + x) for x in (0, side)]
        return float((ends[1] - ends[0]) / side)

    assert slope(0.5, 1e-6) == pytest.approx(slope(0.5, -1e-6), rel=1e-4)


@pytest.mark.parametrize("t", [0.05, 0.3, 0.45, 0.55, 0.95])
def test_what_is_beyond_a_jump_has_no_say(t: float) -> None:
    date = 0.5
    times = np.array([0.0, 0.2, 0.4, np.nextafter(date, 0.0), date, 0.7, 0.9, 1.0])
    early, late = Polynomial([1.0, 2.0, -3.0, 1.0]), Polynomial([50.0, -7.0, 2.0, 4.0])
    after = times >= date
    states = np.where(after, late(times), early(times))
    rates = np.where(after, late.deriv()(times), early.deriv()(times))
    expected = late if t >= date else early
    assert float(hermite(times, states, rates, t)) == pytest.approx(expected(t), abs=1e-11)


def test_two_times_are_enough() -> None:
    cubic = Polynomial([1.0, -2.0, 0.5, 3.0])
    assert through(cubic, 0.3, np.array([0.0, 1.0])) == pytest.approx(cubic(0.3), abs=1e-13)


@pytest.mark.parametrize("count", [2, 3, 5, 9, 36, 301])
@pytest.mark.parametrize("most", [3, 7])
def test_splines_through_even_nodes_are_those_of_the_library(count: int, most: int) -> None:
    degree, nodes = degree_of(count, most), np.linspace(-1.0, 1.0, count)
    values = np.random.default_rng(5).normal(size=(count, 4, 3))
    theirs = make_interp_spline(nodes, values, k=degree)
    found = Evenly.of(count, degree)
    np.testing.assert_allclose(found.knots, theirs.t, rtol=1e-15)
    np.testing.assert_allclose(found.through(values), theirs.c, rtol=1e-12, atol=1e-12)
    assert Evenly.of(count, degree) is found
