"""Dates of simulated paths."""

import numpy as np

from pdesolve.finance.schedule import trading_dates
from pdesolve.solver.solution import Solution


def test_dates_crowd_where_learning_is_fast(three_states: Solution) -> None:
    t = trading_dates(three_states, 40)
    assert t[0] == 0.0 and t[-1] == three_states.case.market.horizon
    steps = np.diff(t)
    assert np.all(steps > 0) and np.all(np.diff(steps) > -1e-9) and steps[-1] > 1.5 * steps[0]
