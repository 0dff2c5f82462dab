"""Where kinks turn along psi elements are shorter, and few lines do."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.turns import Turns, TurnTuning, turns_of
from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved


def peak(found: Solution, eta: float, t: float) -> float:
    """Largest variance along xi there, as it is read."""
    psi = float(found.space.psi_scale * np.expm1(eta))
    low, high = found.space.line(psi)[[0, -1]] + found.prior.centre * psi
    return float(found.variance(np.linspace(low, high, 2001)[1:-1], psi, t).max())


@pytest.mark.parametrize("name", ["capacity", "inattention"])
def test_a_turn_is_where_the_largest_variance_is_that_of_the_kink(name: str) -> None:
    found = solved(name, tol=1e-5)
    (kink,) = found.economy.kinks
    how = TurnTuning()
    ((low, high),) = turns_of(found, 1e-5, how).ranges
    limit = np.log1p(found.psi_limit / found.space.psi_scale)
    early, last = (
        brentq(
            lambda eta, t=t: peak(found, eta, t) - kink.variance,
            0.1,
            np.interp(t, found.times, limit) - 1e-6,
        )
        for t in (0.8, 1.0)
    )
    assert last < early < high - how.beside
    assert last == pytest.approx(low + how.beside, abs=0.02)
    assert high - low < 0.45


def test_no_kink_does_not_turn() -> None:
    assert turns_of(solved("three_states", tol=1e-4), 1e-4, TurnTuning()).ranges == ()


def shortest(space: Grid, low: float, high: float) -> float:
    """Element between these values of eta."""
    ends = space.eta[:: space.stages]
    return float(np.diff(ends[(ends >= low) & (ends <= high)]).min())


def test_elements_are_shorter_there_the_more_accuracy_is_asked_for() -> None:
    loose, tight = (TurnTuning().denser(tolerance) for tolerance in (1e-4, 1e-6))
    assert 1.0 <= loose < tight == TurnTuning().dense
    found = solved("capacity", tol=1e-5)
    ((low, high),) = turns_of(found, 1e-5, TurnTuning()).ranges
    dense = TurnTuning().denser(1e-5)
    ratio = shortest(found.space, 0.0, low) / shortest(found.space, low, high)
    assert ratio == pytest.approx(dense, rel=1e-9)


def test_what_is_not_known_does_not_count() -> None:
    turns = Turns(ranges=((0.4, 0.6), (1.1, 1.4)), dense=3.0, sparse=0.7)
    assert turns.density(0.3) is None
    half = turns.density(0.5)
    assert half is not None
    assert (half.cuts, half.sizes) == ((0.4, 0.5), (1.0, 3.0, 0.7))
    both = turns.density(1.3)
    assert both is not None
    assert (both.cuts, both.sizes) == ((0.4, 0.6, 1.1, 1.3), (1.0, 3.0, 1.0, 3.0, 0.7))


@pytest.mark.slow
def test_few_lines_do() -> None:
    """The truth has four times the lines, all elements alike; 48 xi nodes for all."""
    found = solved("capacity", tol=1e-5)
    n_xi, even = 48, replace(found.space, density=None)
    truth = retrace(found, even.resized(n_xi, 181))

    def off(space: Grid) -> float:
        one = retrace(found, space)
        sizes = error_scales(truth)
        return max(
            abs(getattr(one.initial, name) - getattr(truth.initial, name)) / sizes[name]
            for name in ("price", "variance", "log_value")
        )

    counts = [40, 43, 46, 49, 52]
    grids = [found.space.resized(n_xi, count) for count in counts]
    dense = [off(space) for space in grids]
    alike = [off(replace(space, density=None)) for space in grids]
    assert np.mean(dense) < 0.25 * np.mean(alike)
    assert max(dense) < 2e-6
