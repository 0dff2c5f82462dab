"""The page of a verification report."""

import pytest

from pdesolve.plotting import verification_page as verify_plots
from pdesolve.verification.suite import Report
from tests.tools.layout import check_layout


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
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
