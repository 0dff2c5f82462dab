"""Every figure at low resolution, made once a run; the kinds and widths that pages are drawn in."""

from functools import cache

import pytest

from pdesolve.plotting import gallery

KINDS = ["pdf", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("png", "svg"))]
WIDTHS = [3.3, pytest.param(7.0, marks=pytest.mark.slow)]  # the one where more is in the way


@cache
def picture(name: str) -> gallery.Picture:
    return gallery.make(name, quick=True)
