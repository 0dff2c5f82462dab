"""Every figure at low resolution: its caption's numbers, both widths, its labels and its script."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from pdesolve.plotting import gallery
from pdesolve.version import __version__
from tests.plotting.pictures import WIDTHS, picture
from tests.tools.layout import check_layout
from tests.tools.solutions import solved

SCRIPTS = Path(__file__).parents[2] / "figures"
LONGEST = 80  # lines of a script
UNITLESS = {  # counts, ratios, errors that are relative, and what is its own unit
    "(last strike - price) / √V",
    "(strike - price) / √V",
    "E (x - p)² / variance of x",
    "R²",
    "attention S",
    "attention cost /\nthat of the case",
    "average correlation in a year",
    "chance",
    "chance of ever halving",
    "correlation ρ of any two assets",
    "distance from the equations / size",
    "elements along Ψ (log scale)",
    "fraction of wealth",
    "growth (1/10,000 days)",
    "growth (1/year)",
    "intervals along ξ (log scale)",
    "independent bets",
    "independent bets (log scale)",
    "kurtosis of the payoff",
    "largest error / size",
    "largest relative error (log scale)",
    "least later value of 100",
    "mean return (1/year)",
    "parameter",
    "price of 1, probability",
    "share of growth kept",
    "share of V at t = 0",
    "share of its variance",
    "share of the price",
    "share of the starts",
    "share of wealth y",
    "skewness of the payoff",
    "time steps (log scale)",
    "time t",
    "trading periods (log scale)",
    "volatility / √V",
    "volatility (1/√year)",
}
# name: numbers of the caption as they are at full resolution, and how far the quick ones may be
PINS: Mapping[str, tuple[Mapping[str, float], float]] = {
    "announcement": (
        {
            **{"before": 0.6301, "without": 0.7009, "after": 0.3851, "premium": 0.2229},
            **{"share": 0.153, "told": 0.8345, "flow": 0.8234, "none": 0.7493},
        },
        1e-3,
    ),
    "baseline": ({"price": 9.1626, "static": 9.2644, "most": 0.1968, "peak": 1.892}, 2e-3),
    "bets": ({"half": 1.8182, "least": 1.3193, "most": 2.9771}, 1e-4),
    "calibration": (
        {
            **{"averse": 0.4981, "noise": 0.8365, "cost": 0.833},
            **{"averse_se": 0.00884, "noise_se": 0.1004, "cost_se": 0.0691, "half": 0.8825},
        },
        3e-3,
    ),
    "drawdown": ({"half": 0.75, "halved": 0.125}, 1e-9),
    "drift": (
        {
            **{"price": 9.1626, "last": 9.5983, "share": 0.6338, "early": 0.3558},
            **{"low": 0.33748, "cross": 0.3843, "end": 0.35096},
        },
        2e-4,
    ),
    "frontier": (
        {"promised": 0.5433, "tangency": 0.1202, "equal": 0.5152, "least": 0.13212},
        1e-4,
    ),
    "informativeness": (
        {
            **{"cheap": 0.7438, "usual": 0.4168, "dear": 0.0708},
            **{"near": 0.262, "some": 0.67, "far": 1.416},
        },
        2e-4,
    ),
    "kelly": (
        {
            **{"fraction": 0.02, "yearly": 0.0500033, "zero": 0.0399893, "mean": 0.056},
            **{"sd": 0.2, "daily": 1.40044, "limit": 1.4, "once": 1.5191},
        },
        5e-6,
    ),
    "least_value": (
        {"mean": 0.056, "sd": 0.2, "leverage": 1.4, "half": 0.266, "kelly": 0.474},
        0.04,  # a tenth of the years
    ),
    "orders": ({"xi": 8.0, "time": 4.0}, 0.1),
    "periods": ({"order": 1.0}, 0.03),
    "price": ({"most": 0.219, "least": 0.251}, 1e-3),
    "quotes": (
        {
            **{"near": 1.6536, "far": 1.7502, "base": 1.7034, "early": 0.7152, "half": 0.9766},
            **{"low": 0.6873, "high": 0.897, "least": 0.7465, "most": 0.8206, "normal": 0.7765},
        },
        1e-3,
    ),
    "regions": ({"idle": 2.0, "full": 1.344, "start": -0.066}, 0.01),
    "response": ({"jump": 0.676, "threshold": 0.518}, 1e-3),
    "sensitivities": ({"attention": 1.7034, "averse": 1.1029}, 1e-3),
    "shape": ({"price": 0.2373, "static": 0.0599, "thin": 0.5969, "fat": 0.9495}, 1e-3),
    "smile": (
        {
            **{"flat": 1.0, "left": 1.2009, "right": 0.8871, "worst": 0.2537},
            **{"bottom": 0.9127, "top": 0.5826, "least": 0.3899},
        },
        1e-3,
    ),
    "svix": (
        {
            **{"market": 0.7518, "baseline": 0.2502, "none": -0.0981, "most": 0.9791},
            **{"svix": 1.5768, "much": 4.6547},
        },
        2e-4,
    ),
    "value": ({"cost": 0.0464, "worth": 0.0194}, 1e-4),
    "work_precision": ({"loosest": 1e-3, "tightest": 1e-6}, 1e-9),
}


SLOW = {"announcement", "calibration", "informativeness", "quotes", "smile", "value"}
NAMES = [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in PINS]


class Made(dict[str, gallery.Picture]):
    """Pictures by name, made when they are asked for."""

    def __missing__(self, name: str) -> gallery.Picture:
        return picture(name)


@pytest.fixture(scope="module")
def pictures() -> dict[str, gallery.Picture]:
    return Made()


def labels(ax: Axes) -> list[str]:
    """What the axis says along x, and along y or, on a shared axis, in the first panel of the row.

    A colour bar has one of them.
    """
    first = ax
    if (place := ax.get_subplotspec()) is not None and ax.figure is not None:
        for other in ax.get_shared_y_axes().get_siblings(ax):
            there = other.get_subplotspec()
            if there is not None and there.colspan.start < place.colspan.start:
                first = other if there.colspan.start == 0 else first
    return [ax.get_xlabel(), first.get_ylabel()]


def test_every_script_has_a_pin_and_fits_on_a_page() -> None:
    assert gallery.figure_names() == sorted(PINS)
    for name in PINS:
        lines = (SCRIPTS / f"{name}.py").read_text(encoding="utf-8").splitlines()
        assert len(lines) <= LONGEST, name


@pytest.mark.parametrize("name", NAMES)
def test_captions_state_numbers(name: str, pictures: dict[str, gallery.Picture]) -> None:
    picture, (pins, within) = pictures[name], PINS[name]
    assert picture.numbers == pytest.approx(pins, abs=within)
    assert all(isinstance(number, float) for number in picture.numbers.values())
    for number in re.findall(r"{(\w+):", picture.script.CAPTION):
        assert number in pins
    assert "{" not in picture.caption
    assert re.search(r"\d\.\d", picture.caption)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_clipped_nothing_overlaps_and_every_axis_has_a_label(
    name: str, width: float, pictures: dict[str, gallery.Picture]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = pictures[name].draw(width)
        check_layout(figure)
    assert figure.get_figwidth() == width
    for ax in figure.axes:
        found = [label for label in labels(ax) if label]
        assert len(found) == (1 if ax.get_label() == "<colorbar>" else 2)
        for label in found:
            assert re.search(r"\([^()]*(money|shares|time)", label) or label in UNITLESS, label


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_has_a_title(name: str, pictures: dict[str, gallery.Picture]) -> None:
    titles = [ax.get_title("left") for ax in pictures[name].draw().axes]
    titles = [title for title in titles if title]
    assert len(titles) > 1
    assert all(re.fullmatch(r"\([a-z]\) .+", title) for title in titles)


def test_dots_and_circles_are_explained(pictures: dict[str, gallery.Picture]) -> None:
    keys = {
        "shape": ["three payoffs", "no trade after now", "normal payoff"],
        "sensitivities": ["one parameter varied", "the case"],
        "orders": ["found", "slope of the order in theory"],
    }
    for name, expected in keys.items():
        (legend,) = pictures[name].draw().legends
        assert [text.get_text() for text in legend.get_texts()] == expected


def test_lines_of_the_orders_have_the_slope_that_they_say(
    pictures: dict[str, gallery.Picture],
) -> None:
    for ax in pictures["orders"].draw().axes:
        dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
        said = [text.get_text() for text in ax.texts]
        assert len(dashed) == len(said)
        for line, text in zip(dashed, said, strict=True):
            x, y = (np.log(np.asarray(values, float)) for values in line.get_data())
            assert text == f"order {-np.diff(y)[0] / np.diff(x)[0]:.0f}"


def test_a_map_says_what_drifts(pictures: dict[str, gallery.Picture]) -> None:
    for ax in pictures["regions"].draw().axes[:4]:
        assert "while\nthe price stays put" in ax.get_xlabel()


def test_prices_drift_to_what_the_captions_say(pictures: dict[str, gallery.Picture]) -> None:
    baseline, binary = (expected for expected, _ in pictures["drift"].found.values())
    assert (np.diff(baseline.price) > 0.0).all()
    assert (binary.premium[:15] > 0.0).all()
    assert (binary.premium[16:] < 0.0).all()
    for expected, paths in pictures["drift"].found.values():  # the fan is of the same price
        spread = float(paths.price.std("path")[-1])
        assert abs(float(paths.price.mean("path")[-1] - expected.price[-1])) < 0.2 * spread


@pytest.mark.slow
def test_news_moves_attention_as_the_caption_says(pictures: dict[str, gallery.Picture]) -> None:
    report, flow, none = pictures["announcement"].found.values()
    after = (report.t >= 0.5).values
    assert (report.t[after][0], len(report.t[~after])) == (0.5, 16)
    assert (report.attention < none.attention).all()
    assert ((flow.attention > report.attention) == after).all()
    assert (np.diff(report.premium) < 0.0).all()
    assert (np.diff(report.share) > 0.0).all()


@pytest.mark.slow
def test_an_event_study_says_the_same_as_the_caption(
    pictures: dict[str, gallery.Picture],
) -> None:
    data = solved("announcement", tol=1e-3).event_study().isel(date=0)
    names = {
        **{"before": "attention_before", "after": "attention_after"},
        **{"premium": "premium_share", "share": "variance_share"},
    }
    for name, row in names.items():
        gap = abs(pictures["announcement"].numbers[name] - float(data[row]))
        assert gap <= float(data[f"{row}_error"]) < 0.02


def test_svix_bounds_the_premium_where_the_caption_says(
    pictures: dict[str, gallery.Picture],
) -> None:
    bounds = {name: (one.premium > one.svix2) for name, one in pictures["svix"].found.items()}
    assert bounds["market"].tolist() == [False, False, False, False, True]
    assert bounds["baseline"][2:].all()
    assert not bounds["baseline"][0]
    assert not bounds["binary"].any()


@pytest.mark.slow
def test_dear_attention_explains_more_and_comes_no_nearer(
    pictures: dict[str, gallery.Picture],
) -> None:
    for name, one in pictures["informativeness"].found.items():
        assert (np.diff(one.r_squared) > 0.0).all()
        assert (np.diff(one.attention) < 0.0).all()
        assert (np.diff(one.distance) > 0.0).all() == (name == "four times")


@pytest.mark.slow
def test_smiles_have_the_shapes_that_the_caption_says(
    pictures: dict[str, gallery.Picture],
) -> None:
    smiles = pictures["smile"].found.smiles
    assert np.ptp(smiles["normal"]) < 1e-4
    bends = np.diff(smiles["uniform"][np.isfinite(smiles["uniform"])])
    top = int(np.argmax(bends < 0.0))
    assert (bends[:top] > 0.0).all()
    assert (bends[top:] < 0.0).all()


@pytest.mark.slow
def test_a_calibration_finds_the_market_that_the_quotes_were_made_of(
    pictures: dict[str, gallery.Picture],
) -> None:
    """Within two standard errors of the numbers of cases/announcement_quotes.py."""
    found = pictures["calibration"].found
    assert (np.abs(found.values - [0.5, 0.8, 0.8]) < 2.0 * found.errors).all()
    assert found.shares.sum(axis=0) == pytest.approx([1.0, 1.0, 1.0])
    for date, (at, prices) in found.curves.items():
        some = found.quotes.only(found.quotes.maturity == date)
        between = np.interp(some.strike, at, prices)
        assert (np.abs(between - some.price) < 1.1 * (some.ask - some.price)).all()


@pytest.mark.slow
def test_quotes_close_in_on_the_markets_attention(pictures: dict[str, gallery.Picture]) -> None:
    """To the tolerance of the quick figure."""
    *strikes, dated = pictures["quotes"].found
    for one in strikes:
        for low, high in (one.noisy, one.exact):
            assert (low < one.truth + 1e-3).all() and (one.truth < high + 1e-3).all()
            assert (np.diff(high - low) < 1e-4).all()  # laws are on a grid
        assert (one.noisy[0] < one.exact[0]).all() and (one.noisy[1] > one.exact[1]).all()
    assert (dated.noisy[0] < dated.truth).all() and (np.diff(dated.noisy[0]) > 0.0).all()


def test_files_are_the_same_every_time_and_say_what_they_show(
    pictures: dict[str, gallery.Picture],
) -> None:
    again = gallery.make("price", quick=True)
    for kind in ("png", "pdf"):
        first = pictures["price"].render(kind, width=3.3)
        assert again.render(kind, width=3.3) == first
        assert b"The price against the static price" in first
        assert b"three_states: Three payoffs" in first
        assert f"pdesolve {__version__}".encode() in first


@pytest.mark.slow
def test_the_readme_quotes_the_captions() -> None:
    readme = " ".join((SCRIPTS.parent / "README.md").read_text(encoding="utf-8").split())
    for name in gallery.figure_names():
        assert f"figures/{name}.png" in readme
        assert gallery.make(name).caption in readme
