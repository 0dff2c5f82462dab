"""The page of a sweep."""

import re
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray
from matplotlib.figure import Figure

import pdesolve
from pdesolve.case import load_case
from pdesolve.plotting import sweep_contours
from pdesolve.plotting import sweep_page as sweep_plots
from pdesolve.plotting.sweep_axes import OWN, SweepAxis
from tests.plotting.pictures import KINDS, WIDTHS
from tests.tools.layout import check_layout
from tests.tools.sweeps import COST, RHO


def broken(data: xarray.Dataset) -> xarray.Dataset:
    """The same with a point that failed and one that missed the accuracy, and wide error bars."""
    data = data.copy(deep=True)
    last = tuple(n - 1 for n in data["status"].shape)
    for name, array in data.data_vars.items():
        if array.dtype == float:
            data[name][last] = np.nan
    data["status"][last] = 2
    data["status"][tuple(0 for _ in last)] = 1
    data["price_error"][...] = 0.02
    return data


@pytest.fixture(scope="module")
def sweeps() -> dict[str, xarray.Dataset]:
    binary = load_case("binary")
    bent = load_case("uniform", {"payoff.kind": "beta", "payoff.a": 2.0, "payoff.b": 2.0})
    steps, ratios = np.linspace(0.5, 4.0, 5), np.geomspace(0.02, 2.0, 5)

    def sweep(case: pdesolve.Case, vary: dict[str, object]) -> xarray.Dataset:
        return pdesolve.sweep(case, vary, tol=1e-2, processes=1)  # type: ignore[arg-type]

    found = {
        "steps": sweep(binary, {RHO: steps}),
        "ratios": sweep(binary, {COST: ratios}),
        "words": sweep(bent, {"payoff.kind": ["beta", "uniform"]}),
        "endless": sweep(binary, {"attention.capacity": [0.5, np.inf]}),
        "flat": sweep(load_case("normal"), {COST: [0.5, 1.0, 1.5]}),
        "contours": sweep(binary, {RHO: steps, COST: ratios}),
        "lines": sweep(binary, {RHO: steps, COST: [0.05, 0.1, 0.2]}),
        "words and steps": sweep(bent, {"payoff.kind": ["beta", "uniform"], RHO: [1.0, 2.0]}),
    }
    return {**found, "gaps": broken(found["steps"]), "holes": broken(found["contours"])}


NAMES = ["steps", "ratios", "words", "endless", "flat", "contours", "lines", "words and steps"]
NAMES += ["gaps", "holes"]
CONTOURS = {"contours", "holes"}
Draw = Callable[[str], Figure]


@pytest.fixture(scope="module")
def pages(sweeps: dict[str, xarray.Dataset]) -> dict[str, Figure]:
    return {name: sweep_plots.page(data) for name, data in sweeps.items()}


def caption(figure: Figure) -> str:
    return figure.texts[0].get_text().replace("\n", " ")


def key(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("name", NAMES)
def test_every_axis_has_a_label_with_its_unit(name: str, pages: dict[str, Figure]) -> None:
    figure = pages[name]
    if name in CONTOURS:
        bars = [ax.get_ylabel() for ax in figure.axes[8:]]
        assert bars == [
            "money",
            "money²",
            "attention",
            "money/√time",
            "money",
            "money",
            "",
            "money",
        ]
        below = [ax.get_xlabel() for ax in figure.axes[6:8]]
        left = [ax.get_ylabel() for ax in figure.axes[0:8:2]]
        assert left == ["attention cost scale\n(money/(time attention²))"] * 4
    else:
        heights = [ax.get_ylabel() for ax in figure.axes]
        assert heights == ["money", "money²", "attention", "money/√time", "money", "money", ""]
        below = [ax.get_xlabel() for ax in figure.axes]
    kinds = {"words": "payoff", "endless": "attention capacity (attention)"}
    usual = "attention cost scale\n(money/(time attention²))"
    if name not in ("ratios", "flat"):
        usual = "risk aversion ρ (1/money)"
    assert set(below) == {kinds.get(name, usual)}


@pytest.mark.parametrize(
    ("name", "width"),
    [
        *((name, 7.0) for name in ("flat", "endless", "lines", "holes")),
        *((name, 3.3) for name in ("gaps", "words", "words and steps", "ratios", "contours")),
    ],
)
def test_nothing_is_clipped_and_nothing_overlaps(
    name: str, width: float, sweeps: dict[str, xarray.Dataset]
) -> None:
    check_layout(sweep_plots.page(sweeps[name], width=width), slack=1.0)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["steps", "contours", "lines"])
def test_the_values_that_are_asked_for_are_drawn_and_no_others(
    name: str, width: float, sweeps: dict[str, xarray.Dataset]
) -> None:
    titles = {
        "price": "price p",
        "premium_per_sd": "premium (E x − p)/sd x",
        "attention": "attention S",
    }
    for names in (["premium_per_sd"], ["price", "premium_per_sd"], [*titles, "expected_payoff"]):
        figure = sweep_plots.page(sweeps[name], names, width=width)
        found = [ax.get_title("left") for ax in figure.axes if ax.get_title("left")]
        assert [re.sub(r"^\([a-d]\) ", "", title) for title in found] == [
            titles.get(one, "expected payoff E x") for one in names
        ]
        check_layout(figure, slack=1.0)
        text = " ".join(text.get_text() for text in figure.texts)
        assert ("tatic" in text) == (name == "contours" and "price" in names)


def test_the_curves_go_through_the_points_beside_the_static_benchmark(
    sweeps: dict[str, xarray.Dataset], pages: dict[str, Figure]
) -> None:
    data = sweeps["steps"]
    for ax, name in zip(pages["steps"].axes, ("price", "variance"), strict=False):
        static, curve, points = ax.lines[:3]
        assert static.get_linestyle() == "--"
        assert np.asarray(points.get_ydata()) == pytest.approx(data[name].to_numpy())
        for line, what in ((curve, name), (static, f"static_{name}")):
            x, y = (np.asarray(values, float) for values in line.get_data())
            assert x.size > 100  # not a polygon
            assert y[:: (x.size - 1) // 4] == pytest.approx(data[what].to_numpy(), rel=1e-12)
            middle = float(data[f"{what}_slope"][2, 0])
            assert np.interp(2.25 + 1e-3, x, y) == pytest.approx(
                float(data[what][2]) + middle * 1e-3, rel=1e-6
            )
    assert key(pages["steps"])[:3] == ["with trade", "no trade after now", "slope"]


def test_a_cubic_that_would_invent_an_extreme_is_not_drawn(
    sweeps: dict[str, xarray.Dataset],
) -> None:
    data = sweeps["steps"].copy(deep=True)
    data["attention"][...] = [2.0, 1.0, 1.1, 1.2, 1.3]
    data["attention_slope"][:, 0] = [-20.0, 0.1, 0.1, 0.1, 0.1]
    figure = sweep_plots.page(data)
    curve = figure.axes[2].lines[0]
    assert np.asarray(curve.get_ydata(), float).min() >= 0.99
    assert "straight if too sparse" in caption(figure)


def test_a_cubic_that_turns_back_between_slopes_that_do_not_is_not_drawn(
    sweeps: dict[str, xarray.Dataset],
) -> None:
    data = sweeps["steps"].copy(deep=True)
    data["attention"][...] = [3.0, 0.85, 0.6, 0.5, 0.4]
    data["attention_slope"][:, 0] = [-10.0, -0.4, -0.2, -0.1, -0.1]
    curve = np.asarray(sweep_plots.page(data).axes[2].lines[0].get_ydata(), float)
    assert (np.diff(curve) < 0.0).all()


@pytest.mark.parametrize(
    ("name", "own"), [("steps", 1.5), ("ratios", 0.08), ("words", 0.0), ("lines", 1.5)]
)
def test_the_cases_own_value_is_marked(name: str, own: float, pages: dict[str, Figure]) -> None:
    figure = pages[name]
    for ax in figure.axes:
        marked = [line for line in ax.lines if np.array_equal(line.get_xdata(), [own, own])]
        assert len(marked) == 1
    words = {"words": "beta"}
    assert f"the case: {words.get(name, f'{own:g}')}" in key(figure)


def test_the_case_itself_is_marked_among_contours(pages: dict[str, Figure]) -> None:
    assert {"the case", "solved"} < set(key(pages["contours"]))
    for ax in pages["contours"].axes[:7]:
        (marked,) = [line for line in ax.lines if line.get_markersize() == 5]
        assert np.array_equal(marked.get_xydata(), [[1.5, 0.08]])
        (solved,) = [line for line in ax.lines if line.get_markersize() < 3]
        assert np.size(solved.get_xdata()) == 25


def test_one_of_several_lines_is_the_case() -> None:
    data = pdesolve.sweep(
        load_case("normal"), {RHO: [0.5, 1.0, 1.5], COST: [0.5, 1.0]}, tol=1e-2, processes=1
    )
    assert "attention cost scale 1 (the case)" in key(sweep_plots.page(data))


def test_a_case_outside_the_sweep_is_not_marked(sweeps: dict[str, xarray.Dataset]) -> None:
    data = sweeps["steps"].sel({RHO: slice(2.0, None)})
    assert not [text for text in key(sweep_plots.page(data)) if text.startswith("the case")]


def test_contours_are_refined_without_new_extremes(
    sweeps: dict[str, xarray.Dataset], pages: dict[str, Figure]
) -> None:
    data = sweeps["contours"]
    for name in ("price", "attention"):
        x, y, fine = sweep_contours._refined(
            data[name].transpose(COST, RHO).to_numpy(),
            [SweepAxis.of(data, key) for key in (RHO, COST)],
        )
        assert fine.shape == (y.size, x.size) == (49, 49)
        points = np.asarray(fine)[::12, ::12]
        assert points == pytest.approx(data[name].transpose(COST, RHO).to_numpy())
        assert fine.min() >= float(data[name].min()) - 1e-12
        assert fine.max() <= float(data[name].max()) + 1e-12
    assert "Between the points solved: interpolated." in caption(pages["contours"])


def test_refined_contours_are_near_values_solved_in_between() -> None:
    """Halfway between points, where they have to guess most."""
    case, steps = load_case("normal"), np.linspace(0.5, 1.5, 5)
    costs = np.geomspace(0.5, 2.0, 5)
    data = pdesolve.sweep(case, {RHO: steps, COST: costs}, tol=1e-3, processes=1)
    axes = [SweepAxis.of(data, key) for key in (RHO, COST)]
    x, y, fine = sweep_contours._refined(data["attention"].to_numpy().T, axes)
    there = {RHO: float(x[18]), COST: float(y[30])}
    truth = pdesolve.solve(load_case("normal", there), tol=1e-3).initial.attention
    assert fine[30, 18] == pytest.approx(truth, rel=0.01)


def test_logarithmic_axes_show_it(pages: dict[str, Figure]) -> None:
    minor = pages["ratios"].axes[0].xaxis.get_minorticklocs()
    low, high = pages["ratios"].axes[0].get_xlim()
    assert len([mark for mark in minor if low < mark < high]) > 10
    assert "On a log scale: attention cost scale." in caption(pages["ratios"])
    assert "log scale" not in caption(pages["steps"])
    assert "log scale" not in caption(pages["lines"])


def test_ticks_are_round(pages: dict[str, Figure]) -> None:
    for name in ("steps", "contours"):
        labels = [text.get_text() for text in pages[name].axes[6].get_xticklabels()]
        assert {"1", "2", "3"} < set(labels)


@pytest.mark.parametrize(("name", "swept"), [("steps", RHO), ("ratios", COST)])
def test_ticks_have_the_slope_of_the_value(
    name: str, swept: str, sweeps: dict[str, xarray.Dataset], pages: dict[str, Figure]
) -> None:
    data = sweeps[name]
    ticks = [line for line in pages[name].axes[2].lines if line.get_linewidth() == 2.0]
    assert len(ticks) == 5
    for k, tick in enumerate(ticks):
        x, y = (np.asarray(values, float) for values in tick.get_data())
        place = np.log(x) if name == "ratios" else x
        rate = float(data["attention_slope"][k, 0])
        rate *= float(data[swept][k]) if name == "ratios" else 1.0
        assert np.diff(y)[0] / np.diff(place)[0] == pytest.approx(rate, rel=1e-6)
        low, high = pages[name].axes[2].get_ylim()
        assert low <= y.min() <= y.max() <= high


def test_what_failed_or_missed_the_accuracy_is_marked(pages: dict[str, Figure]) -> None:
    for name, panels in (("gaps", 7), ("holes", 8)):
        assert {"accuracy missed", "not solved"} <= set(key(pages[name]))
        for ax in pages[name].axes[:panels]:
            assert [line.get_marker() for line in ax.lines].count("x") == 1
    text = " ".join(text.get_text() for text in pages["holes"].texts)
    assert "Blank: not solved" in text
    assert not {"accuracy missed", "not solved"} & set(key(pages["steps"]))


def test_bands_are_drawn_where_they_can_be_seen(pages: dict[str, Figure]) -> None:
    assert "error bar" in key(pages["gaps"])
    price, attention = pages["gaps"].axes[0], pages["gaps"].axes[2]
    assert len(price.collections) == 1
    assert not attention.collections


def test_the_band_follows_the_curve(sweeps: dict[str, xarray.Dataset]) -> None:
    data = sweeps["steps"].copy(deep=True)
    data["attention_error"][...] = 0.2
    ax = sweep_plots.page(data).axes[2]
    x, curve = (np.asarray(values, float) for values in ax.lines[0].get_data())
    (band,) = ax.collections
    edges = np.asarray(band.get_paths()[0].vertices)
    for at, height in zip(x, curve, strict=True):
        ends = edges[np.isclose(edges[:, 0], at), 1]
        assert [ends.min(), ends.max()] == pytest.approx([height - 0.2, height + 0.2])


def test_words_are_points_side_by_side(pages: dict[str, Figure]) -> None:
    for name, labels in (("words", ["beta", "uniform"]), ("endless", ["0.5", "inf"])):
        ax = pages[name].axes[0]
        assert [text.get_text() for text in ax.get_xticklabels()] == labels
        lines = [line for line in ax.lines if line.get_color() != OWN["color"]]
        assert {line.get_linestyle() for line in lines} == {"None"}


def test_few_values_give_a_line_each_that_needs_no_colour(pages: dict[str, Figure]) -> None:
    assert key(pages["lines"])[:3] == [f"attention cost scale {c}" for c in ("0.05", "0.1", "0.2")]
    assert key(pages["words and steps"])[:2] == ["beta (the case)", "uniform"]
    for name, count in (("lines", 3), ("words and steps", 2)):
        lines = pages[name].axes[2].lines
        marks = {line.get_marker() for line in lines} - {"", "None", "x"}
        drawn = [line for line in lines if line.get_marker() == ""]
        strokes = {str(line._dash_pattern) for line in drawn}  # type: ignore[attr-defined]
        assert len(marks) == len(strokes) == count
        greys = [mpl.colors.to_rgb(line.get_color()) for line in lines]
        assert all(len(set(grey)) == 1 for grey in greys)


def test_contours_get_lighter_with_the_value(pages: dict[str, Figure]) -> None:
    colours = mpl.colormaps["cividis"](np.linspace(0, 1, 64))[:, :3]
    light = colours @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(light) > 0).all()
    filled = pages["contours"].axes[2].collections[0]
    assert filled.get_cmap().name == "cividis"


def test_the_caption_says_whether_static_values_are_drawn(pages: dict[str, Figure]) -> None:
    figure = pages["contours"]
    keys = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    dashed = "Static, dashed" in caption(figure)
    assert dashed == ("no trade after now" in keys)
    assert dashed != ("nowhere at these levels" in figure.texts[0].get_text())


def test_a_value_that_does_not_move_is_a_flat_line_and_said(pages: dict[str, Figure]) -> None:
    ax = pages["flat"].axes[0]
    low, high = ax.get_ylim()
    assert high - low > 1e-4
    assert [text.get_text() for text in ax.get_yticklabels()] == ["4.75"]
    assert [text.get_text() for text in ax.texts] == ["4.75 throughout"]
    assert not pages["flat"].axes[1].texts


@pytest.mark.slow
def test_a_value_that_does_not_move_gets_no_colour_bar() -> None:
    vary = {"market.initial_supply": np.linspace(-0.5, 0.5, 4), COST: np.geomspace(0.1, 2.0, 4)}
    data = pdesolve.sweep(load_case("normal"), vary, tol=1e-2, processes=1)
    figure = sweep_plots.page(data)
    assert [text.get_text() for text in figure.axes[7].texts] == ["0 money\nthroughout"]
    bars = [ax for ax in figure.axes if ax.get_label() == "<colorbar>"]
    assert len(bars) == 7
    check_layout(figure, slack=1.0)


def test_a_sweep_over_one_value_is_a_point(sweeps: dict[str, xarray.Dataset]) -> None:
    figure = sweep_plots.page(sweeps["steps"].isel({RHO: [2]}))
    points = [line for line in figure.axes[2].lines if line.get_marker() == "o"]
    assert np.size(points[0].get_xdata()) == 1


def test_names_choose_what_is_drawn(sweeps: dict[str, xarray.Dataset]) -> None:
    figure = pdesolve.plot_sweep(sweeps["steps"], ["price_gap", "attention"])
    titles = [ax.get_title("left") for ax in figure.axes]
    assert titles == ["(a) price less static price", "(b) attention S"]
    gap = sweeps["steps"]["price"] - sweeps["steps"]["static_price"]
    points = figure.axes[0].lines[1]
    assert np.asarray(points.get_ydata()) == pytest.approx(gap.to_numpy())
    again = pdesolve.plot_sweep(sweeps["steps"], ["gain", "certainty_equivalent_gain"])
    assert [ax.get_title("left") for ax in again.axes] == ["gain G₀"]  # a table's heading
    for name in ("steps", "contours"):
        one = pdesolve.plot_sweep(sweeps[name], "log_value")
        assert one.axes[0].get_title("left") == "log value L"
        assert "tatic" not in caption(one)
        assert "1" not in [ax.get_ylabel() for ax in one.axes]  # it has no unit
        check_layout(one)


@pytest.mark.parametrize("name", ["steps", "contours"])
def test_a_sweep_is_drawn_into_axes_that_are_given(
    name: str, sweeps: dict[str, xarray.Dataset]
) -> None:
    figure, (left, right) = plt.subplots(1, 2)
    try:
        assert pdesolve.plot_sweep(sweeps[name], "attention", ax=right) is right
        assert right.get_xlabel() == "risk aversion ρ (1/money)"
        assert right.get_title() == "attention S"
        assert right.get_legend() is not None
        assert not left.has_data()
    finally:
        plt.close(figure)


@pytest.mark.slow
def test_a_saved_sweep_is_drawn_as_it_was(
    sweeps: dict[str, xarray.Dataset], tmp_path: Path
) -> None:
    for name in ("steps", "words", "contours"):
        path = tmp_path / f"{name}.nc"
        sweeps[name].to_netcdf(path, engine="h5netcdf")
        with xarray.open_dataset(path) as data:
            assert sweep_plots.render(data, "png") == sweep_plots.render(sweeps[name], "png")


def test_names_that_are_none_and_axes_for_many_are_refused(
    sweeps: dict[str, xarray.Dataset],
) -> None:
    data = sweeps["steps"]
    with pytest.raises(ValueError, match=r"names must be among price, .*price_gap, got 'prise'"):
        pdesolve.plot_sweep(data, "prise")
    with pytest.raises(ValueError, match="axes can hold one value"):
        pdesolve.plot_sweep(data, ax=Figure().subplots())
    with pytest.raises(ValueError, match="at least one parameter can be drawn, got a point of one"):
        pdesolve.plot_sweep(data.isel({RHO: 0}))
    for other in (3, None, data.drop_vars("status"), data["price"]):
        with pytest.raises(TypeError, match=r"must be what pdesolve.sweep returns, got .") as said:
            pdesolve.plot_sweep(other)  # type: ignore[arg-type]
        assert "\n" not in str(said.value)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_the_same_every_time(kind: str, sweeps: dict[str, xarray.Dataset]) -> None:
    data = sweeps["endless"]
    first = sweep_plots.render(data, kind)
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 5, "svg.hashsalt": "other"}):
        assert sweep_plots.render(data, kind) == first
    assert f"pdesolve {pdesolve.__version__}".encode() in first
    assert b"binary: Approval or rejection" in first
    assert not re.search(rb"CreationDate|<dc:date", first)


def test_plots_leave_no_global_state(sweeps: dict[str, xarray.Dataset]) -> None:
    before = dict(mpl.rcParams)
    sweep_plots.render(sweeps["contours"], "png")
    assert dict(mpl.rcParams) == before


def test_other_kinds_of_file_and_more_axes_are_refused(sweeps: dict[str, xarray.Dataset]) -> None:
    with pytest.raises(ValueError, match="kind must be one of png, pdf, svg, got 'gif'"):
        sweep_plots.render(sweeps["steps"], "gif")
    three = sweeps["contours"].expand_dims("market.horizon")
    with pytest.raises(ValueError, match="at most two parameters can be drawn, got 3"):
        sweep_plots.page(three)
