"""Figures of several panels: how they are laid out, lettered and explained."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from pdesolve.plotting.style import NARROW, Sheet, constant, fill
from pdesolve.typing import Array

LETTER, STROKE = 0.058, 0.46  # inches of a key's text, a letter, and of a stroke with its gaps


def panels(
    width: float,
    wide: tuple[int, int],
    narrow: tuple[int, int],
    *,
    heights: tuple[float, float] = (2.4, 2.1),
    share: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels in rows and columns, lettered by `letter`.

    Parameters
    ----------
    width : float
        Inches.
    wide, narrow : (int, int)
        Rows and columns from 5 in on, and below.
    heights : (float, float)
        Of a row when wide and when narrow, inches.
    share : bool
        Whether the panels of a row share their vertical axis.
    """
    is_wide = width >= NARROW
    rows, columns = wide if is_wide else narrow
    layout = ConstrainedLayoutEngine(h_pad=0.05, w_pad=0.06)
    figure = Sheet(figsize=(width, rows * heights[0 if is_wide else 1]), layout=layout)
    sharey: Literal["row", "none"] = "row" if share else "none"
    return figure, list(figure.subplots(rows, columns, squeeze=False, sharey=sharey).flat)


def letter(panels: Iterable[Axes], titles: Iterable[str]) -> None:
    """Title the panels, (a) to the last; a single one needs no letter."""
    pairs = list(zip(panels, titles, strict=True))
    for k, (ax, title) in enumerate(pairs):
        ax.set_title(f"({chr(ord('a') + k)}) {title}" if len(pairs) > 1 else title, loc="left")


def key(figure: Figure, handles: Iterable[Any], title: str = "") -> None:
    """Explain the strokes above all panels, each once, in as few rows of equal length as fit.

    A title stands above, in the same object, so that the two keep clear of each other.
    """
    named = {handle.get_label(): handle for handle in handles}
    widths = [STROKE + LETTER * max(map(len, label.split("\n"))) for label in named]

    def breadth(columns: int) -> float:
        return sum(float(part.max()) for part in np.array_split(widths, columns))

    counts = [-(-len(named) // rows) for rows in range(1, len(named) + 1)]
    columns = next((count for count in counts if breadth(count) <= figure.get_figwidth()), 1)
    figure.legend(
        handles=list(named.values()),
        loc="outside upper center",
        ncols=columns,
        columnspacing=1.2,
        title=fill(title, 0.7 * figure.get_figwidth()) if title else None,
        title_fontsize=9,
    )


def centred(count: int, across: int) -> list[tuple[int, slice]]:
    """Places for panels, row by row, on a grid with two columns for each; the last row is centred.

    Parameters
    ----------
    count : int
        Of panels.
    across : int
        In a full row.
    """
    found = []
    for k in range(count):
        row, place = divmod(k, across)
        start = across - min(across, count - across * row) + 2 * place
        found.append((row, slice(start, start + 2)))
    return found


def say_constant(ax: Axes, values: Array, where: str, error: float = 0.0) -> None:
    """Where all values are one (`constant`), say which, and mark no other on the scale."""
    value = constant(values, error)
    if value is not None:
        reach = max(0.5 * abs(value), error) or 1.0
        ax.set_ylim(value - reach, value + reach)
        ax.set_yticks([value], [f"{value:.4g}"])
        say(ax, f"{value:.4g} {where}", 0.7)


def say(ax: Axes, text: str, height: float = 0.5) -> None:
    """Write across a panel, at a share of its height."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2.0}
    written = ax.text(0.5, height, text, bbox=box, zorder=4, ha="center", va="center")
    written.set_transform(ax.transAxes)
