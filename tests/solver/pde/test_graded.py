"""Where time steps lie: closer towards the payoff date by a power, as those of a first pass do."""

import numpy as np
import pytest

from pdesolve.case import Announcement, Market
from pdesolve.solver.pde.announcements import graded, respaced

PLAIN = Market(risk_aversion=1.0, supply_volatility=1.0, initial_supply=0.0, horizon=2.0)


def powers(first: float, last: float, steps: int, power: float) -> np.ndarray:
    return last - (last - first) * (np.arange(steps, -1, -1) / steps) ** power


@pytest.mark.parametrize("power", [1.0, 1.7, 3.2])
@pytest.mark.parametrize("steps", [1, 5, 40])
def test_the_power_of_the_steps_given_is_found(power: float, steps: int) -> None:
    found = graded(powers(-1.0, 2.0, 7, power), steps)
    np.testing.assert_allclose(found, powers(-1.0, 2.0, steps, power), rtol=1e-13, atol=1e-13)


def test_steps_that_a_march_chose_are_smoothed() -> None:
    """A first one that was a guess, and a last one that is what was left."""
    chosen = np.array([0.0, 0.195, 0.445, 0.695, 0.896, 1.0])
    lengths = -np.diff(graded(chosen, 20)[::-1])
    ratios = lengths[1:] / lengths[:-1]
    assert (ratios > 1.0).all()
    assert (np.diff(ratios) < 0.0).all()
    off = 1.0 - graded(chosen, 5)[1:-1]
    assert np.abs(np.log(off / (1.0 - chosen[1:-1]))).max() < 0.4


@pytest.mark.parametrize("towards", [0.0, 1e-6, 0.5])
def test_steps_never_grow_towards_the_payoff_date(towards: float) -> None:
    """And ends are those given, to the last digit."""
    times = np.array([0.1, 0.3 + 0.6 * towards, 0.8, 0.9 + towards])
    found = graded(times, 9)
    assert found[[0, -1]].tolist() == times[[0, -1]].tolist()
    lengths = np.diff(found)
    assert (lengths > 0.0).all()
    assert (np.diff(lengths) < 1e-12).all()


def test_one_step_says_nothing_of_others() -> None:
    np.testing.assert_allclose(graded(np.array([0.0, 3.0]), 3), [0.0, 1.0, 2.0, 3.0])


def test_each_span_between_announcements_has_its_own() -> None:
    news = (Announcement(time=0.5, precision=1.0),)
    market = Market(**{**vars(PLAIN), "announcements": news})
    before = np.nextafter(0.5, 0.0)
    times = np.concatenate([powers(0.0, before, 4, 2.0), powers(0.5, 2.0, 6, 1.5)])
    found = respaced(times, market, 20)
    early, late = powers(0.0, before, 8, 2.0), powers(0.5, 2.0, 12, 1.5)
    np.testing.assert_allclose(found, np.concatenate([early, late]), rtol=1e-12, atol=1e-12)
    assert found[[8, 9]].tolist() == [before, 0.5]
