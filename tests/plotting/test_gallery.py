"""Every figure at low resolution: its caption's numbers, both widths, its labels and its script."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest
from matplotlib.axes import Axes

from pdesolve.plotting import gallery
from pdesolve.version import __version__
from tests.plotting.pictures import picture
from tests.tools.layout import check_layout

SCRIPTS = Path(__file__).parents[2] / "figures"
LONGEST = 80  # lines of a script
UNITLESS = {  # counts, ratios, and errors that are relative
    "attention cost / that of the case",
    "distance from the equations / size",
    "elements along Ψ",
    "intervals along ξ",
    "kurtosis of the payoff",
    "largest error / size",
    "skewness of the payoff",
    "time steps",
    "trading periods",
}
# name: numbers of the caption as they are at full resolution, and how far the quick ones may be
PINS: Mapping[str, tuple[Mapping[str, float], float]] = {
    "baseline": ({"price": 9.1626, "static": 9.2644, "peak": 1.892}, 2e-3),
    "orders": ({"xi": 8.0, "time": 4.0}, 0.1),
    "periods": ({"order": 1.0}, 0.03),
    "price": ({"most": 0.219, "least": 0.251}, 1e-3),
    "regions": ({"idle": 2.0, "full": 1.344, "start": -0.066}, 0.01),
    "response": ({"jump": 0.676, "threshold": 0.518}, 1e-3),
    "sensitivities": ({"attention": 1.7034, "averse": 1.1029}, 1e-3),
    "shape": ({"price": 0.2373, "static": 0.0599, "thin": 0.5969, "fat": 0.9495}, 1e-3),
    "value": ({"cost": 0.0464, "worth": 0.0194}, 1e-4),
}


@pytest.fixture(scope="module")
def pictures() -> dict[str, gallery.Picture]:
    return {name: picture(name) for name in gallery.figure_names()}


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


@pytest.mark.parametrize("name", PINS)
def test_captions_state_numbers(name: str, pictures: dict[str, gallery.Picture]) -> None:
    picture, (pins, within) = pictures[name], PINS[name]
    assert picture.numbers == pytest.approx(pins, abs=within)
    assert all(isinstance(number, float) for number in picture.numbers.values())
    for number in re.findall(r"{(\w+):", picture.script.CAPTION):
        assert number in pins
    assert "{" not in picture.caption
    assert re.search(r"\d\.\d", picture.caption)


@pytest.mark.parametrize("width", [7.0, 3.3])
@pytest.mark.parametrize("name", PINS)
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
            assert re.search(r"\(.+\)$", label) or label in UNITLESS, label


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
