"""The page of a sweep."""

import re
from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pytest
import xarray
from matplotlib.figure import Figure

import pdesolve
from pdesolve.case import load_case
from pdesolve.plotting import sweep_page as sweep_plots
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


def key(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("name", NAMES)
def test_every_axis_has_a_label_with_its_unit(name: str, pages: dict[str, Figure]) -> None:
    figure = pages[name]
    if name in CONTOURS:
        bars = [ax.get_ylabel() for ax in figure.axes[7:]]
        assert bars == ["money", "money²", "attention", "money/√time", *["money"] * 3]
        below = [ax.get_xlabel() for ax in figure.axes[5:7]]
        left = [ax.get_ylabel() for ax in figure.axes[0:7:2]]
        assert left == ["attention cost scale\n(money/(time attentionⁿ))"] * 4
    else:
        heights = [ax.get_ylabel() for ax in figure.axes]
        assert heights == ["money", "money²", "attention", "money/√time", "money", "money"]
        below = [ax.get_xlabel() for ax in figure.axes]
    kinds = {"words": "payoff", "endless": "attention capacity (attention)"}
    usual = "attention cost scale\n(money/(time attentionⁿ))"
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


@pytest.mark.parametrize("width", [7.0, 3.3])
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
        figure = sweep_plots.page(sweeps[name], width=width, names=names)
        found = [ax.get_title(loc="left")[4:] for ax in figure.axes if ax.get_title(loc="left")]
        assert found == [titles.get(one, "expected payoff E x") for one in names]
        check_layout(figure, slack=1.0)
        text = " ".join(text.get_text() for text in figure.texts)
        assert ("tatic" in text) == (name == "contours" and "price" in names)


def test_the_curves_go_through_the_points_beside_the_static_benchmark(
    sweeps: dict[str, xarray.Dataset], pages: dict[str, Figure]
) -> None:
    data = sweeps["steps"]
    for ax, name in zip(pages["steps"].axes, ("price", "variance"), strict=False):
        static, points, curve = ax.lines[:3]
        assert np.asarray(static.get_ydata()) == pytest.approx(data[f"static_{name}"].to_numpy())
        assert static.get_linestyle() == "--"
        assert np.asarray(points.get_ydata()) == pytest.approx(data[name].to_numpy())
        x, y = (np.asarray(values, float) for values in curve.get_data())
        assert np.interp(data[RHO], x, y) == pytest.approx(data[name].to_numpy(), rel=1e-3)
    assert key(pages["steps"])[:3] == ["with trade", "no trade after now", "slope"]


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
    for name, panels in (("gaps", 6), ("holes", 7)):
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


def test_words_are_points_side_by_side(pages: dict[str, Figure]) -> None:
    for name, labels in (("words", ["beta", "uniform"]), ("endless", ["0.5", "inf"])):
        ax = pages[name].axes[0]
        assert [text.get_text() for text in ax.get_xticklabels()] == labels
        assert {line.get_linestyle() for line in ax.lines} == {"None"}


def test_few_values_give_a_line_each_that_needs_no_colour(pages: dict[str, Figure]) -> None:
    assert key(pages["lines"])[:3] == [f"attention cost scale {c}" for c in ("0.05", "0.1", "0.2")]
    assert key(pages["words and steps"])[:2] == ["beta", "uniform"]
    for name, count in (("lines", 3), ("words and steps", 2)):
        lines = [
            line for line in pages[name].axes[2].lines if line.get_marker() not in ("", "None", "x")
        ]
        strokes = {(str(line.get_linestyle()), line.get_marker()) for line in lines}
        assert len(strokes) == count
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
    dashed = "Static, dashed" in figure.texts[0].get_text()
    assert dashed == ("no trade after now" in keys)
    assert dashed != ("nowhere at these levels" in figure.texts[0].get_text())


def test_a_value_that_does_not_move_is_a_flat_line(pages: dict[str, Figure]) -> None:
    low, high = pages["flat"].axes[0].get_ylim()
    assert high - low > 1e-4


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
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
