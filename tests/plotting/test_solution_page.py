"""The page of a solution."""

import re
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from pdesolve.finance.price_path import window
from pdesolve.plotting import solution_page as plots
from pdesolve.solver.solution import Solution
from tests.tools.layout import check_layout
from tests.tools.solutions import solved

# name: case, overrides, regions that the map has to show
PAGES: Mapping[str, tuple[str, Mapping[str, object], set[str]]] = {
    "binary": ("binary", {}, set()),
    "baseline": ("baseline", {}, set()),
    "uniform": ("uniform", {}, set()),
    "normal": ("normal", {}, set()),
    "mixture": ("mixture", {}, set()),
    "inattention": ("inattention", {}, {"no attention"}),
    "capacity": ("capacity", {}, {"at capacity"}),
    "both": ("inattention", {"attention.capacity": 0.8}, {"no attention", "at capacity"}),
    "nobody": ("binary", {"attention.cost.linear": 5.0}, {"no attention"}),
    "everybody": ("binary", {"attention.capacity": 0.05}, {"at capacity"}),
    "normal nobody": ("normal", {"attention.cost.linear": 5.0}, set()),
    "cheap": ("uniform", {"attention.efficiency": 30.0}, set()),
    "far": ("mixture", {"market.initial_supply": -6.0}, set()),
}


@pytest.fixture(scope="module")
def solutions() -> dict[str, Solution]:
    return {name: solved(case, changes, 1e-2) for name, (case, changes, _) in PAGES.items()}


@pytest.fixture(scope="module")
def pages(solutions: dict[str, Solution]) -> dict[str, Figure]:
    return {name: plots.page(solution) for name, solution in solutions.items()}


def captions(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts).replace("\n", " ")


def pieces(figure: Figure) -> list[str]:
    """Every label of an axis, and of a colour bar."""
    return [label for ax in figure.axes for label in (ax.get_xlabel(), ax.get_ylabel()) if label]


@pytest.mark.parametrize("name", PAGES)
def test_pages_build_and_every_axis_has_a_unit(
    name: str, solutions: dict[str, Solution], pages: dict[str, Figure]
) -> None:
    labels = pieces(pages[name])
    assert len(labels) == (8 if solutions[name].space.n_xi == 1 else 9)
    units = {re.findall(r"\(([^()]*)\)$", label)[0] for label in labels}
    assert units <= {"money", "money²", "1/money", "1/money²", "time", "attention"}
    assert {"money", "money²", "1/money", "time", "attention"} <= units


@pytest.mark.parametrize("name", PAGES)
def test_regions_without_a_free_choice_are_hatched_and_named(
    name: str, pages: dict[str, Figure]
) -> None:
    figure = pages[name]
    legends = [ax.get_legend() for ax in figure.axes]
    shown = {text.get_text() for legend in legends if legend for text in legend.get_texts()}
    assert shown == PAGES[name][2]
    hatches = [
        hatch
        for ax in figure.axes
        for artist in ax.collections
        for hatch in getattr(artist, "hatches", [None])
        if hatch
    ]
    assert len(hatches) == len(shown)


def test_the_edge_of_a_region_is_where_theory_puts_it(solutions: dict[str, Solution]) -> None:
    solution = solutions["inattention"]  # V = 2 risk_aversion linear/efficiency = 2
    assert plots._threshold(solution, 0.5, 4.0, 0) == pytest.approx(2.0, rel=1e-6)
    assert plots._threshold(solution, 2.5, 4.0, 0) is None


@pytest.mark.parametrize("name", ["baseline", "binary", "inattention", "uniform", "far"])
def test_the_initial_state_is_marked_inside_every_panel(
    name: str, solutions: dict[str, Solution], pages: dict[str, Figure]
) -> None:
    solution = solutions[name]
    market, initial = solution.case.market, solution.initial
    start = -market.risk_aversion * market.initial_supply
    heights = [initial.price, initial.variance, initial.attention, 0.0]
    for ax, height in zip(pages[name].axes[:4], heights, strict=True):
        (marked,) = [line for line in ax.lines if line.get_marker() == "o"]
        assert marked.get_xdata() == pytest.approx([start])
        assert marked.get_ydata() == pytest.approx([height])
        low, high = ax.get_xlim()
        assert low < start < high


def test_the_price_panel_draws_price_and_static_price(
    solutions: dict[str, Solution], pages: dict[str, Figure]
) -> None:
    solution = solutions["baseline"]
    ax = pages["baseline"].axes[0]
    static, price = ax.lines[:2]
    xi = np.asarray(price.get_xdata(), float)
    assert np.asarray(price.get_ydata()) == pytest.approx(solution.price(xi), rel=1e-12)
    assert np.asarray(static.get_ydata()) == pytest.approx(solution.static_price(xi), rel=1e-12)
    strokes = {tuple(line._dash_pattern[1] or ()) for line in ax.lines}  # type: ignore[attr-defined]
    assert len(strokes) == 4  # three times and the static price


def test_the_axis_spans_the_moves_of_the_static_price(solutions: dict[str, Solution]) -> None:
    solution = solutions["binary"]
    low, high = plots.page(solution).axes[0].get_xlim()
    assert solution.static_price([low, high]) == pytest.approx([0.02, 0.98], abs=0.01)


def test_the_caption_says_which_psi(
    solutions: dict[str, Solution], pages: dict[str, Figure]
) -> None:
    baseline = captions(pages["baseline"])
    assert f"stays at its initial value {solutions['baseline'].initial.price:.4g}" in baseline
    assert "Ψ does not matter" in captions(pages["binary"])
    assert "depend on time only" in captions(pages["normal"])
    assert "baseline, pdesolve " in baseline


def test_states_outside_the_region_solved_stay_blank(
    solutions: dict[str, Solution], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "WIDEST", 30.0)
    whole = window
    monkeypatch.setattr(plots, "window", lambda s, psi: whole(s, psi) * (40.0 if psi else 1.0))
    figure = plots.page(solutions["uniform"])
    line = np.asarray(figure.axes[2].lines[0].get_ydata(), float)
    assert np.isnan(line[0])
    assert np.isfinite(line).any()
    assert "Blank: outside the region solved." in captions(figure)


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_pictures_are_the_same_every_time(kind: str, solutions: dict[str, Solution]) -> None:
    solution = solutions["everybody"]
    first = plots.render(solution, kind)
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 5, "svg.hashsalt": "other"}):
        assert plots.render(solution, kind) == first
    assert f"pdesolve {solution.version}".encode() in first
    assert b"binary: Approval or rejection" in first
    assert b"CreationDate" not in first


def test_pdf_is_vectors(solutions: dict[str, Solution]) -> None:
    assert b"/Subtype /Image" not in plots.render(solutions["everybody"], "pdf")


def test_plots_leave_no_global_state(solutions: dict[str, Solution]) -> None:
    before = dict(mpl.rcParams)
    plots.render(solutions["binary"], "png")
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("width", [7.0, 3.3])
@pytest.mark.parametrize("name", ["baseline", "both", "normal"])
def test_nothing_is_clipped_and_nothing_overlaps(
    name: str, width: float, solutions: dict[str, Solution]
) -> None:
    figure = plots.page(solutions[name], width=width)
    check_layout(figure, figure.axes[:4])
    legend = figure.axes[3].get_legend()
    if legend is not None:
        title = figure.axes[3]._left_title.get_window_extent()  # type: ignore[attr-defined]
        assert not legend.get_window_extent().overlaps(title)


def test_other_kinds_of_file_are_refused(solutions: dict[str, Solution]) -> None:
    with pytest.raises(ValueError, match="kind must be one of png, pdf, svg, got 'gif'"):
        plots.render(solutions["binary"], "gif")
