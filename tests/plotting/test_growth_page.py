"""The page of growth at both widths, of every kind of law."""

import numpy as np
import pytest

from pdesolve.investing import laws
from pdesolve.investing.growth import growth_of
from pdesolve.investing.growth_report import Asked, Report
from pdesolve.investing.returns import as_returns
from pdesolve.investing.study import of_returns
from pdesolve.plotting.growth_page import page, render
from tests.plotting.pictures import WIDTHS
from tests.tools.layout import check_layout

LAWS = {
    "coin": laws.two_point(0.51, 1.0, 1.0),
    "short": laws.two_point(0.4, 1.0, 1.0),
    "end": laws.lognormal(0.08, 0.2),
    "gains": laws.two_point(0.5, 2.0, -1.0),
    "fair": laws.two_point(0.5, 1.0, 1.0),
    "normal": laws.normal(0.1, 0.2),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LAWS)
def test_pages_of_laws_are_clean(name: str, width: float) -> None:
    report = Report(name=name, found=growth_of(LAWS[name], 0.01), asked=Asked(share=0.5))
    figure = page(report, width=width)
    check_layout(figure)
    assert [ax.get_title("left") for ax in figure.axes] == ["(a) growth", "(b) ever falling to y"]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_of_returns_has_a_histogram_with_all_starts(width: float) -> None:
    x = np.random.default_rng(0).normal(0.01, 0.05, 200)
    report = of_returns(as_returns(x), "x", 0.0, Asked(share=0.5))
    figure = page(report, width=width)
    check_layout(figure)
    bars = figure.axes[2].patches
    assert sum(bar.get_height() for bar in bars) == pytest.approx(1.0)  # type: ignore[attr-defined]


def test_the_optimum_is_where_the_curve_is_highest() -> None:
    (curve, _, mark) = page(Report(name="coin", found=growth_of(LAWS["coin"]))).axes[0].lines
    x, y = (np.asarray(values, float) for values in curve.get_data())
    assert x[np.argmax(y)] == pytest.approx(0.02, abs=x[1])
    assert np.asarray(mark.get_xdata())[0] == pytest.approx(0.02)


def test_files_are_the_same_every_time() -> None:
    report = Report(name="coin", found=growth_of(LAWS["coin"]))
    for kind in ("png", "pdf", "svg"):
        assert render(report, kind) == render(report, kind)
    with pytest.raises(ValueError, match="kind must be one of"):
        render(report, "gif")
