"""Levels of contours."""

import numpy as np
import pytest

from pdesolve.plotting.sweep_contours import contour_levels


def test_levels_are_round_and_enclose_the_values() -> None:
    levels, _ = contour_levels(0.305, 0.342)
    assert levels == pytest.approx(np.arange(0.305, 0.3451, 0.005))
    levels, _ = contour_levels(0.013, 11.0)
    assert levels.tolist() == [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    levels, _ = contour_levels(0.2, 4.4)
    assert levels.tolist() == [0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0]
    for low, high in ((-1.0, 1.0), (0.0, 0.0), (5.0, 5.0), (-3.0, -3.0), (1e-9, 7e-9)):
        levels, _ = contour_levels(low, high)
        assert levels[0] <= low
        assert levels[-1] >= high
        assert (np.diff(levels) > 0).all()
