"""What all pictures share: style, names of quantities, file format, metadata."""

import io
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from pdesolve.case.labels import pretty
from pdesolve.finance.by_name import about
from pdesolve.solver.quantity import Quantity
from pdesolve.solver.values import QUANTITIES
from pdesolve.typing import Array

MARKER: Mapping[str, Any] = {
    "marker": "o",
    "markersize": 5,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "linestyle": "none",
    "clip_on": False,
    "zorder": 5,
}
STYLE: Mapping[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "lines.linewidth": 1.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "hatch.linewidth": 0.5,
    "pdf.fonttype": 42,
    "svg.hashsalt": "pdesolve",
    "savefig.dpi": 150,
}
COLOURS = "cividis"
NARROW = 5.0  # inches below which panels stand in one column
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # round ones, between ticks and levels
ROUNDING = 1e-9  # of their size: what equal values may differ by
GAP = Quantity(
    name="price_gap",
    long_name="price less static price",
    unit="money",
    label="price less static price",
)
SHOWN = {**QUANTITIES, GAP.name: GAP}  # what can be drawn, and what `about` knows
LONG = 16  # characters of a name above which its unit stands on a line of its own
TIME = "time t"  # its own unit


class Sheet(Figure):
    """A figure that pyplot does not know of, which a notebook shows."""

    def _repr_png_(self) -> bytes:
        return in_style(self, "png", {})


def quantity(name: str) -> Quantity:
    """What is said about something that is drawn."""
    return SHOWN[name] if name in SHOWN else about(name)


def unit_label(name: str) -> str:
    """The unit of a quantity as print shows it; empty if it has none."""
    unit = quantity(name).unit
    return "" if unit == "1" else pretty(unit)


def axis_label(name: str) -> str:
    """What an axis says of a quantity: its unit too, unless it has none or is its own."""
    one = quantity(name)
    gap = "\n" if len(one.label) > LONG else " "
    unit = unit_label(name)
    return one.label if unit in ("", name) else f"{one.label}{gap}({unit})"


def constant(values: Array, error: float = 0.0) -> float | None:
    """The one value that these are, to rounding or within their error, or None."""
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    low, high = float(known.min()), float(known.max())
    slack = max(error, ROUNDING * max(abs(low), abs(high)))
    if high - low > slack:
        return None
    return 0.0 if max(abs(low), abs(high)) <= slack else 0.5 * (low + high)


def as_file(figure: Figure, kind: str, title: str, version: str) -> bytes:
    """Return a figure as the contents of a file, without dates, with a title in its metadata.

    Raises
    ------
    ValueError
        If the kind is not png, pdf or svg.
    """
    creator = f"pdesolve {version}"
    metadata: dict[str, dict[str, Any]] = {
        "png": {"Title": title, "Software": creator},
        "pdf": {"Title": title, "Creator": creator, "CreationDate": None},
        "svg": {"Title": title, "Creator": creator, "Date": None},
    }
    if kind not in metadata:
        raise ValueError(f"kind must be one of {', '.join(metadata)}, got {kind!r}")
    return in_style(figure, kind, metadata[kind])


def in_style(figure: Figure, kind: str, metadata: Mapping[str, Any]) -> bytes:
    """Return a figure as the contents of a file, whatever the style outside is."""
    stream = io.BytesIO()
    with style.context(["default", dict(STYLE)]):
        figure.savefig(stream, format=kind, metadata=dict(metadata))
    return stream.getvalue()


def fill(text: str, width: float) -> str:
    """Break lines of small print to a figure's width."""
    return textwrap.fill(text, int(19.5 * width))
