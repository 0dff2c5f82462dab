"""The law of the states, marched forward."""

import numpy as np
import pytest

from pdesolve.finance.law import POLE, POWERS, Clock, expect, laws
from pdesolve.finance.marches import Marches
from pdesolve.finance.nodes import LINE, with_nodes
from pdesolve.solver.solution import Solution


@pytest.fixture(scope="module")
def clock(three_states: Solution) -> Clock:
    return Marches.of(three_states).fine


def test_no_mass_is_lost(clock: Clock) -> None:
    for law in laws(clock, [None, -1.5, 1.5]):
        mass = law.weights.sum(axis=(1, 2))
        assert mass == pytest.approx(np.ones(mass.size), abs=1e-11)


def test_the_mean_of_the_states_moves_as_they_drift(clock: Clock) -> None:
    """Given x, E zeta grows by x E psi: zeta is linear in the states, psi is exact."""
    solution = clock.solution
    psi = np.broadcast_to(solution.space.psi[:, None], solution.space.xi.shape)
    states = np.stack([solution.space.xi, psi], axis=-1)
    for law in laws(clock, [-1.5, 1.5]):
        xi, learned = expect([law], clock.times[-1], states)[0]
        assert law.payoff is not None
        moved = solution.economy.start + law.payoff * learned
        assert xi == pytest.approx(moved, rel=1e-4)
        assert 0.0 < learned < solution.psi_reached[-1]


def test_between_dates_a_law_is_as_good_as_at_them(clock: Clock) -> None:
    price = clock.at[-1].price[..., None]
    (law,) = laws(clock, [None])
    times = clock.times
    middle = 0.5 * (times[7] + times[8])
    finer = Clock(solution=clock.solution, times=np.union1d(times, [middle]))
    (more,) = laws(finer, [None])
    (met,), (between,) = expect([more], middle, price), expect([law], middle, price)
    assert between == pytest.approx(met, rel=1e-5)
    assert expect([law], times[8], price)[0] != pytest.approx(met, rel=1e-4)


def test_powers_agree_with_the_exponential() -> None:
    z = -0.01 * np.arange(1, 4)
    sums = [sum(b / (1.0 - POLE * one) ** (k + 1) for k, b in enumerate(POWERS)) for one in z]
    assert sums == pytest.approx(np.exp(z), rel=1e-9)
    far = sum(b / (1.0 + POLE * 1e9) ** (k + 1) for k, b in enumerate(POWERS))
    assert abs(far) < 1e-6


def test_a_normal_payoff_gets_nodes_along_xi(normal: Solution, binary: Solution) -> None:
    assert normal.space.n_xi == 1
    assert with_nodes(normal).space.n_xi == LINE[0]
    assert with_nodes(binary).space.n_xi > binary.space.n_xi and binary.space.n_psi == 1
