"""The page of a comparison."""

import matplotlib as mpl
import numpy as np
import pytest

import pdesolve
from pdesolve.case import load_case
from pdesolve.plotting import compare_page
from pdesolve.plotting.compare_page import FIELDS
from pdesolve.solver.solution import Solution
from pdesolve.studies.comparison import Comparison
from tests.plotting.pictures import KINDS, WIDTHS
from tests.tools.layout import check_layout
from tests.tools.solutions import solved


@pytest.fixture(scope="module")
def pair(binary: Solution) -> Comparison:
    return pdesolve.compare(binary, solved("normal", tol=1e-4))


@pytest.fixture(scope="module")
def six() -> Comparison:
    rhos = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    cases = (load_case("normal", {"market.risk_aversion": rho}) for rho in rhos)
    return pdesolve.compare(*cases, tol=1e-2)


def test_each_case_has_a_line_through_its_initial_state(pair: Comparison) -> None:
    figure = compare_page.page(pair)
    assert [ax.get_title(loc="left")[:3] for ax in figure.axes] == ["(a)", "(b)", "(c)", "(d)"]
    for ax, name in zip(figure.axes, FIELDS, strict=True):
        assert len(ax.lines) == 4
        for k, solution in enumerate(pair.solutions):
            line, start = ax.lines[2 * k : 2 * k + 2]
            x, y = (np.asarray(values, float) for values in line.get_data())
            assert y == pytest.approx(getattr(solution, name)(x), rel=1e-12)
            place = [float(np.asarray(values)[0]) for values in start.get_data()]
            assert place == [solution.economy.start, getattr(solution.initial, name)]
            assert x[0] < place[0] < x[-1]


def test_axes_have_units_and_the_key_names_the_cases(pair: Comparison) -> None:
    figure = compare_page.page(pair)
    units = ["money", "money²", "attention", "money/√time"]
    assert [ax.get_ylabel() for ax in figure.axes] == units
    assert {ax.get_xlabel() for ax in figure.axes} == {"state ξ (1/money)"}
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["binary", "normal", "initial state"]


def test_lines_are_told_apart_without_colour(six: Comparison) -> None:
    lines = compare_page.page(six).axes[0].lines[::2]
    greys = [mpl.colors.to_rgb(line.get_color()) for line in lines]
    assert all(len(set(grey)) == 1 for grey in greys)
    strokes = {(str(line._dash_pattern), line.get_linewidth()) for line in lines}  # type: ignore[attr-defined]
    assert len(strokes) == 6


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_clipped_and_nothing_overlaps(
    width: float, pair: Comparison, six: Comparison
) -> None:
    for comparison in (pair, six):
        check_layout(compare_page.page(comparison, width=width), slack=1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_the_same_every_time(kind: str, pair: Comparison) -> None:
    first = compare_page.render(pair, kind)
    with mpl.rc_context({"font.size": 20}):
        assert compare_page.render(pair, kind) == first
    assert b"Compared: binary; normal" in first
