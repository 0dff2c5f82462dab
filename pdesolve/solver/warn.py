"""Warnings to whoever asked, not to the package itself."""

from __future__ import annotations

import sys
import warnings


def warn_caller(text: str, *readers: str) -> None:
    """Warn where these modules were called from, unless that is elsewhere in the package."""
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__") in (__name__, *readers):
        level, frame = level + 1, frame.f_back
    if not str(frame.f_globals.get("__name__")).startswith("pdesolve."):
        warnings.warn(text, UserWarning, stacklevel=level)
