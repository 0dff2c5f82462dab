"""How figures of several panels are laid out and explained."""

import numpy as np
import pytest
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.plotting.layout import centred, key
from pdesolve.plotting.style import STYLE, constant
from tests.tools.layout import check_layout


def test_panels_fill_rows_and_the_last_row_is_centred() -> None:
    assert centred(5, 3)[:3] == [(0, slice(0, 2)), (0, slice(2, 4)), (0, slice(4, 6))]
    assert centred(5, 3)[3:] == [(1, slice(1, 3)), (1, slice(3, 5))]
    assert centred(1, 1) == [(0, slice(0, 2))]


SOME = ["with trade", "a rather long name of a line", "slope", "case", "slope"]
LONG = [*(f"normal, risk aversion {k}.0" for k in range(6)), "initial state", "initial state"]


@pytest.mark.parametrize("width", [3.3, 7.0])
@pytest.mark.parametrize("names", [SOME, LONG])
def test_a_key_fits_and_says_everything_once(names: list[str], width: float) -> None:
    with style.context(["default", dict(STYLE)]):
        figure = Figure(figsize=(width, 3.0), layout="constrained")
        figure.subplots()
        key(figure, [Line2D([], [], label=name) for name in names], "Title")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == names[:-1]
    check_layout(figure)


def test_what_counts_as_a_constant() -> None:
    assert constant(np.array([2.0, np.nan, 2.0])) == 2.0
    assert constant(np.array([2.0, 2.0 + 1e-12])) == pytest.approx(2.0)
    assert constant(np.array([2.0, 2.0001])) is None
    assert constant(np.array([2.0, 2.0001]), error=1e-3) == pytest.approx(2.00005)
    assert constant(np.array([-1e-17, 1e-17]), error=1e-9) == 0.0
    assert constant(np.array([np.nan])) is None
