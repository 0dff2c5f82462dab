"""Figures of several panels: how they are laid out, lettered and explained."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from pdesolve.plotting.style import NARROW


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
    figure = Figure(figsize=(width, rows * heights[0 if is_wide else 1]), layout=layout)
    sharey: Literal["row", "none"] = "row" if share else "none"
    return figure, list(figure.subplots(rows, columns, squeeze=False, sharey=sharey).flat)


def letter(panels: Iterable[Axes], titles: Iterable[str]) -> None:
    """Title the panels, (a) to the last."""
    for k, (ax, title) in enumerate(zip(panels, titles, strict=True)):
        ax.set_title(f"({chr(ord('a') + k)}) {title}", loc="left")


def key(figure: Figure, handles: Sequence[Any], columns: int) -> None:
    """Explain the strokes above all panels."""
    figure.legend(
        handles=list(handles),
        loc="outside upper center",
        ncols=min(columns, len(handles)),
        columnspacing=1.4,
    )
