"""The page of a solution."""

import re
from collections.abc import Mapping

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from pdesolve.finance.price_path import typical_path, window
from pdesolve.plotting import solution_page as plots
from pdesolve.plotting import solution_panels as panels
from pdesolve.solver.solution import Solution
from tests.plotting.pictures import KINDS, WIDTHS
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


CONSTANT = {"nobody": "0", "everybody": "0.05"}  # attention there


@pytest.fixture(scope="module")
def solutions() -> dict[str, Solution]:
    return {name: solved(case, changes, 1e-2) for name, (case, changes, _) in PAGES.items()}


@pytest.fixture(scope="module")
def pages(solutions: dict[str, Solution]) -> dict[str, Figure]:
    return {name: plots.page(solution) for name, solution in solutions.items()}


def captions(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts).replace("\n", " ")


def key(figure: Figure) -> list[str]:
    """What the key explains."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def pieces(figure: Figure) -> list[str]:
    """Every label of an axis, and of a colour bar."""
    return [label for ax in figure.axes for label in (ax.get_xlabel(), ax.get_ylabel()) if label]


@pytest.mark.parametrize("name", PAGES)
def test_pages_build_and_every_axis_has_a_unit_or_is_its_own(
    name: str, solutions: dict[str, Solution], pages: dict[str, Figure]
) -> None:
    labels = pieces(pages[name])
    flat = solutions[name].space.n_xi == 1 or name in CONSTANT
    assert len(labels) == (8 if flat else 9)
    assert {"attention S", "time t"} < set(labels)
    named = [label for label in labels if label not in ("attention S", "time t")]
    units = {re.findall(r"\(([^()]*)\)$", label)[0] for label in named}
    assert units <= {"money", "money²", "1/money", "1/money²"}
    assert {"money", "money²", "1/money"} <= units


@pytest.mark.parametrize("name", PAGES)
def test_regions_without_a_free_choice_are_hatched_and_named(
    name: str, pages: dict[str, Figure]
) -> None:
    figure = pages[name]
    shown = {"no attention", "at capacity"} & set(key(figure))
    assert shown == PAGES[name][2]
    hatches = [
        hatch
        for ax in figure.axes
        for artist in ax.collections
        for hatch in getattr(artist, "hatches", [None])
        if hatch
    ]
    assert len(hatches) == len(shown)


@pytest.mark.parametrize("name", PAGES)
def test_a_constant_is_said_and_gets_no_scale(name: str, pages: dict[str, Figure]) -> None:
    figure = pages[name]
    said = [text.get_text() for text in figure.axes[3].texts]
    bars = [ax for ax in figure.axes if ax.get_label() == "<colorbar>"]
    if name in CONSTANT:
        assert said == [f"attention S = {CONSTANT[name]}\nin every state"]
        assert not bars
        line = figure.axes[2]
        assert [text.get_text() for text in line.texts] == [f"{CONSTANT[name]} in every state"]
        assert [text.get_text() for text in line.get_yticklabels()] == [CONSTANT[name]]
        low, high = line.get_ylim()
        assert low < float(CONSTANT[name]) < high
    else:
        assert not said or "normal" in name
        assert len(bars) == (0 if "normal" in name else 1)


def test_the_edge_of_a_region_is_where_theory_puts_it(solutions: dict[str, Solution]) -> None:
    solution = solutions["inattention"]  # V = 2 risk_aversion linear/efficiency = 2
    assert panels.threshold(solution, 0.5, 4.0, 0) == pytest.approx(2.0, rel=1e-6)
    assert panels.threshold(solution, 2.5, 4.0, 0) is None


@pytest.mark.parametrize("name", ["baseline", "binary", "inattention", "uniform", "far"])
def test_the_initial_state_is_marked_inside_every_panel(
    name: str, solutions: dict[str, Solution], pages: dict[str, Figure]
) -> None:
    solution = solutions[name]
    market, initial = solution.case.market, solution.initial
    start = -market.risk_aversion * market.initial_supply
    gap = initial.price - initial.static_price
    heights = [gap, initial.variance, initial.attention, 0.0]
    for ax, height in zip(pages[name].axes[:4], heights, strict=True):
        (marked,) = [line for line in ax.lines if line.get_marker() == "o"]
        assert marked.get_xdata() == pytest.approx([start])
        assert marked.get_ydata() == pytest.approx([height])
        low, high = ax.get_xlim()
        assert low < start < high


def test_the_first_panel_draws_the_price_less_the_static_price(
    solutions: dict[str, Solution], pages: dict[str, Figure]
) -> None:
    solution = solutions["baseline"]
    ax = pages["baseline"].axes[0]
    assert ax.get_title("left") == "(a) price less static price"
    gap = ax.lines[0]
    xi = np.asarray(gap.get_xdata(), float)
    expected = solution.price(xi) - solution.static_price(xi)
    assert np.asarray(gap.get_ydata()) == pytest.approx(expected, rel=1e-12)


def test_the_price_panel_draws_price_and_static_price(solutions: dict[str, Solution]) -> None:
    solution = solutions["baseline"]
    ax = solution.plot("price").axes[0]
    static, price = ax.lines[:2]
    xi = np.asarray(price.get_xdata(), float)
    assert np.asarray(price.get_ydata()) == pytest.approx(solution.price(xi), rel=1e-12)
    assert np.asarray(static.get_ydata()) == pytest.approx(solution.static_price(xi), rel=1e-12)
    strokes = {str(line._dash_pattern) for line in ax.lines}
    assert len(strokes) == 4  # three times and the static price


def test_the_axis_spans_the_moves_of_the_static_price(solutions: dict[str, Solution]) -> None:
    solution = solutions["binary"]
    low, high = plots.page(solution).axes[0].get_xlim()
    assert solution.static_price([low, high]) == pytest.approx([0.02, 0.98], abs=0.01)


def test_the_caption_says_which_psi(
    solutions: dict[str, Solution], pages: dict[str, Figure]
) -> None:
    baseline = captions(pages["baseline"])
    initial = solutions["baseline"].initial
    assert f"price {initial.price:.4g}, static {initial.static_price:.4g}" in baseline
    assert "the price stays put" in baseline
    assert "less its drift while\nthe price stays put" in pages["baseline"].axes[0].get_xlabel()
    assert "drift" not in pages["binary"].axes[0].get_xlabel()
    assert "Ψ does not matter" in captions(pages["binary"])
    assert "depend on time only" in captions(pages["normal"])
    assert "baseline, pdesolve " in baseline


def test_states_outside_the_region_solved_stay_blank(
    solutions: dict[str, Solution], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "WIDEST", 30.0)
    whole = window
    monkeypatch.setattr(panels, "window", lambda s, psi: whole(s, psi) * (40.0 if psi else 1.0))
    figure = plots.page(solutions["uniform"])
    line = np.asarray(figure.axes[2].lines[0].get_ydata(), float)
    assert np.isnan(line[0])
    assert np.isfinite(line).any()
    assert "Blank: outside the region solved." in captions(figure)


def test_the_path_ends_where_it_leaves_the_solution(
    solutions: dict[str, Solution], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = typical_path(solutions["baseline"])
    for states in (path.xi, path.psi):
        states[20:] = np.nan
    monkeypatch.setattr(panels, "typical_path", lambda solution: path)
    figure = plots.page(solutions["baseline"])
    check_layout(figure)
    assert f"(up to {path.psi[19]:.3g} 1/money²)" in captions(figure)
    line = np.asarray(figure.axes[3].lines[0].get_xdata(), float)
    assert np.isfinite(line).tolist() == [True] * 20 + [False] * 21
    last = np.asarray(figure.axes[2].lines[2].get_ydata(), float)
    assert np.isfinite(last).mean() > 0.9


@pytest.mark.parametrize("kind", KINDS)
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


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["baseline", "both", "normal", "nobody"])
def test_nothing_is_clipped_and_nothing_overlaps(
    name: str, width: float, solutions: dict[str, Solution]
) -> None:
    check_layout(plots.page(solutions[name], width=width))


def test_other_kinds_of_file_are_refused(solutions: dict[str, Solution]) -> None:
    with pytest.raises(ValueError, match="kind must be one of png, pdf, svg, got 'gif'"):
        plots.render(solutions["binary"], "gif")


def test_a_solution_draws_its_page(solutions: dict[str, Solution]) -> None:
    before, numbers = dict(mpl.rcParams), plt.get_fignums()
    figure = solutions["binary"].plot()
    assert isinstance(figure, Figure)
    assert len([ax for ax in figure.axes if ax.get_label() != "<colorbar>"]) == 4
    assert plt.get_fignums() == numbers  # or a notebook would show it twice
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", panels.PANELS)
@pytest.mark.parametrize("case", ["baseline", pytest.param("normal", marks=pytest.mark.slow)])
def test_a_solution_draws_one_panel(case: str, name: str, solutions: dict[str, Solution]) -> None:
    solution = solutions[case]
    figure = solution.plot(name)
    check_layout(figure)
    assert key(figure)
    mine = Figure().subplots()
    assert solution.plot(name, ax=mine) is mine
    assert mine.has_data()
    assert mine.get_xlabel() and mine.get_ylabel()
    assert [text.get_text() for text in mine.get_legend().get_texts()] == key(figure)


def test_a_panel_shows_the_field(solutions: dict[str, Solution]) -> None:
    solution = solutions["baseline"]
    for name in ("attention", "price_volatility", "precision_rate", "log_value"):
        first = solution.plot(name).axes[0].lines[0]
        xi = np.asarray(first.get_xdata(), float)
        assert np.asarray(first.get_ydata()) == pytest.approx(getattr(solution, name)(xi))


def test_unknown_panels_and_axes_without_one_are_refused(solutions: dict[str, Solution]) -> None:
    solution = solutions["binary"]
    rule = "panel must be one of price, price_gap, variance, attention, .*attention_map, psi, got"
    with pytest.raises(ValueError, match=f"{rule} 'atention'"):
        solution.plot("atention")
    with pytest.raises(ValueError, match=f"{rule} nothing"):
        solution.plot(ax=Figure().subplots())
