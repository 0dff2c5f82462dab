"""Axes of sweeps."""

import numpy as np

from pdesolve.plotting.sweep_axes import SweepAxis, log_marks
from tests.tools.sweeps import COST


def test_an_axis_with_equal_ratios_is_logarithmic() -> None:
    axis = SweepAxis(key=COST, values=tuple(np.geomspace(0.02, 2.0, 5).tolist()), unit="money")
    assert axis.log
    assert not SweepAxis(key=COST, values=(0.5, 1.0, 1.5, 2.0), unit="1").log
    assert not SweepAxis(key=COST, values=(-1.0, 1.0, 10.0), unit="1").log
    assert not SweepAxis(key="payoff.kind", values=("beta", "normal", "uniform"), unit="1").log
    assert log_marks(0.02, 2.0) == [0.03, 0.1, 0.3, 1.0]
    assert log_marks(1.0, 4.0) == [1.0, 2.0]
    assert log_marks(1.1, 1.4) == [1.1, 1.4]
