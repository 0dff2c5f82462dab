"""The pages of `paths` and `options`."""

from functools import cache

import numpy as np
import pytest
from xarray import Dataset

from pdesolve.plotting import options_page, paths_page
from pdesolve.solver.solution import Solution
from tests.plotting.pictures import WIDTHS
from tests.tools.layout import check_layout
from tests.tools.solutions import solved


def test_the_price_has_its_band_and_the_payoff_a_line(three_states: Solution) -> None:
    data = three_states.expectations(dates=np.linspace(0.0, 1.0, 11))
    figure = paths_page.page(three_states, data)
    ax = figure.axes[0]
    x, y = (np.asarray(values, float) for values in ax.lines[0].get_data())
    assert (x == data.t.values).all() and (y == data.price.values).all()
    band = ax.collections[0].get_paths()[0].vertices
    assert isinstance(band, np.ndarray)
    sd = float(data.price_variance[-1]) ** 0.5
    assert band[:, 1].max() == pytest.approx(float((data.price + data.price_variance**0.5).max()))
    assert band[:, 1].min() == pytest.approx(float((data.price - data.price_variance**0.5).min()))
    assert sd > 0.1
    level = float(np.asarray(ax.lines[1].get_ydata())[0])
    assert level == pytest.approx(three_states.prior.mean, abs=1e-9)
    assert [one.get_title(loc="left")[:3] for one in figure.axes] == [
        f"({letter})" for letter in "abcdef"
    ]
    assert figure.axes[1].get_ylabel() == "money²"


def test_strokes_are_told_apart_without_colour(three_states: Solution) -> None:
    data, states = three_states.option_prices(), three_states.state_prices()
    call, put = options_page.page(three_states, data, states).axes[0].lines[:2]
    assert call.get_linestyle() != put.get_linestyle()
    assert np.asarray(call.get_ydata()) == pytest.approx(data.call.values)
    bars = options_page.page(three_states, data, states).axes[3].collections
    assert [np.ravel(one.get_linewidth())[0] for one in bars] == [3.0, 3.0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["three_states", pytest.param("normal", marks=pytest.mark.slow)])
def test_nothing_overlaps(name: str, width: float) -> None:
    solution = solved(name, tol=1e-4)
    data, options, states = drawn(solution, name)
    check_layout(paths_page.page(solution, data, width=width))
    check_layout(options_page.page(solution, options, states, width=width))


@cache
def drawn(solution: Solution, name: str) -> tuple[Dataset, Dataset, Dataset]:
    maturity = None if name == "normal" else 0.5
    return (
        solution.expectations(dates=np.linspace(0.0, solution.economy.horizon, 5)),
        solution.option_prices(maturity=maturity),
        solution.state_prices(maturity),
    )


def test_a_single_date_and_a_single_strike_can_be_drawn(binary: Solution) -> None:
    data = binary.expectations(given=1.0, dates=[0.5])
    assert paths_page.render(binary, data, "png").startswith(b"\x89PNG")
    options = binary.option_prices([0.0])
    page = options_page.page(binary, options, binary.state_prices())
    assert [text.get_text() for text in page.axes[1].texts] == ["none"]
    check_layout(page)


def test_the_same_file_every_time(binary: Solution) -> None:
    data = binary.expectations(dates=[0.0, 1.0])
    pages = {paths_page.render(binary, data, "svg") for _ in range(2)}
    assert len(pages) == 1
    with pytest.raises(ValueError, match="kind must be one of"):
        paths_page.render(binary, data, "gif")
