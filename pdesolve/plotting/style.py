"""What all pictures share: style, file format, metadata."""

import io
import textwrap
from collections.abc import Mapping
from typing import Any

from matplotlib import style
from matplotlib.figure import Figure

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
    stream = io.BytesIO()
    with style.context(["default", dict(STYLE)]):
        figure.savefig(stream, format=kind, metadata=metadata[kind])
    return stream.getvalue()


def fill(text: str, width: float) -> str:
    """Break lines of small print to a figure's width."""
    return textwrap.fill(text, int(19.5 * width))
