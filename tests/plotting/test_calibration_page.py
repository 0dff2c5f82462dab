"""The page on a calibration."""

import numpy as np
import pytest

import pdesolve
from pdesolve.plotting.calibration_page import page, render
from pdesolve.studies.calibration.results import Calibration
from tests.tools.sweeps import COST, RHO

TARGETS = {"price": (1.003, 0.002), "variance": (0.0417, 2e-4), "attention": (0.302, 3e-3)}


@pytest.fixture(scope="module")
def found() -> Calibration:
    return pdesolve.calibrate("market", (RHO, COST), TARGETS, tol=1e-3)


def test_panels_show_what_was_found(found: Calibration) -> None:
    profile = found.profile(RHO, [1.3, 1.4])
    axes = page(found, {RHO: profile}).axes
    values = [np.asarray(line.get_xdata()) for line in axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(values[0], found.values / np.array([1.4, 0.7]))
    bars = [patch.get_width() for patch in axes[2].patches]  # type: ignore[attr-defined]
    np.testing.assert_allclose(bars, found.residuals)
    texts = [text.get_text() for text in axes[1].texts]
    assert texts == [f"{share:.0%}" for share in found.sensitivity("share").values.ravel()]
    np.testing.assert_array_equal(axes[3].lines[0].get_ydata(), profile["chi_squared"])
    assert axes[3].get_title(loc="left") == "(d) profile"


@pytest.mark.parametrize("width", [3.3, 7.0])
def test_the_same_bytes_every_time(found: Calibration, width: float) -> None:
    assert render(found, "svg", width=width) == render(found, "svg", width=width)
    with pytest.raises(ValueError, match="kind must be one of"):
        render(found, "gif")


def test_what_is_not_identified_is_left_out() -> None:
    found = pdesolve.calibrate(
        "binary", (RHO, COST), {"price": (0.337, 0.002)}, tol=1e-2, force=True
    )
    axes = page(found).axes
    assert [text.get_text() for text in axes[1].texts] == ["no parameter is identified"]
