"""The page of a verification report."""

import pytest

from pdesolve.plotting import verification_page as verify_plots
from pdesolve.verification.suite import Report
from tests.plotting.pictures import KINDS
from tests.tools.layout import check_layout


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_the_same_every_time(verified: Report, kind: str) -> None:
    one = verify_plots.render(verified, kind)
    assert len(one) > 5000
    assert one == verify_plots.render(verified, kind)


def test_every_panel_has_its_axes_named_and_nothing_overlaps(verified: Report) -> None:
    for width in (3.3, 7.0):
        figure = verify_plots.page(verified, width=width)
        check_layout(figure)
        panels = [ax for ax in figure.axes if ax.get_visible()]
        assert len(panels) == 5  # xi, psi, time, together, discrete model
        assert all(ax.get_xlabel() and ax.get_ylabel() and ax.get_title("left") for ax in panels)


def test_no_place_is_empty_and_the_last_row_is_centred(verified: Report) -> None:
    figure = verify_plots.page(verified)
    figure.draw_without_rendering()
    boxes = [ax.get_position() for ax in figure.axes]
    middle = 0.5 * (boxes[0].x0 + boxes[2].x1)
    assert 0.5 * (boxes[3].x0 + boxes[4].x1) == pytest.approx(middle, abs=0.05)


def test_orders_are_named_and_their_axes_logarithmic(verified: Report) -> None:
    figure = verify_plots.page(verified)
    keys = [text.get_text() for text in figure.legends[0].get_texts()]
    assert keys == ["found", "slope of the order in theory"]
    for ax in figure.axes:
        assert ax.get_xlabel().replace("\n", " ").endswith("(log scale)")
        assert len(ax.xaxis.get_minorticklocs()) > 3
        assert any(text.get_text().startswith("order ") for text in ax.texts)
        assert "xi" not in ax.get_title("left") + ax.get_xlabel()
