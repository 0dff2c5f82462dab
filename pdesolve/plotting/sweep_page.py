"""A page of plots of a sweep: small multiples over one parameter, filled contours over two.

Two parameters of which one has only a few values, or words for values, give a line for each of
those. No global plotting state, and nothing needs colour.
"""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from pdesolve.plotting.style import NARROW, STYLE, as_file, fill
from pdesolve.plotting.sweep_axes import NO_TRADE, SweepAxis
from pdesolve.plotting.sweep_contours import draw_contours
from pdesolve.plotting.sweep_curves import draw_curves
from pdesolve.solver.values import COLUMNS, QUANTITIES
from pdesolve.studies.summary import axes_of

if TYPE_CHECKING:
    import xarray

GAP = "price less static price"
FEWEST = 4  # values along either axis that make contours worth while
FRAME, LOWEST = 1.6, 1.2  # inches: about the panels, and of a row of them at least
ACROSS = 3  # panels of curves in a row at most, each two of the grid's columns wide


def page(data: "xarray.Dataset", *, width: float = 7.0, names: Sequence[str] = COLUMNS) -> Figure:
    """Draw reported values over the parameters.

    Parameters
    ----------
    data : xarray.Dataset
        Of `sweep`, over one or two parameters.
    width : float
        Inches; below 5 the panels stand in one column.
    names : sequence of str
        Of the values, a panel each; by default those of the table, and in contours also the price
        less the static price.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there are more than two parameters.
    """
    keys = axes_of(data)
    if len(keys) > 2:
        raise ValueError(f"a sweep over at most two parameters can be drawn, got {len(keys)}")
    axes = [
        SweepAxis(
            key=key, values=tuple(data[key].to_numpy().tolist()), unit=data[key].attrs["units"]
        )
        for key in keys
    ]
    contours = len(axes) == 2 and all(not a.words and len(a.values) >= FEWEST for a in axes)
    with style.context(["default", dict(STYLE)]):
        wide = width >= NARROW
        titles = [QUANTITIES[name].label for name in names]
        titles += [GAP] if contours and tuple(names) == COLUMNS else []
        count = len(titles)
        shape = _shape(count, contours, wide)
        each = (0.32 if contours else 0.33) if wide else (0.48 if contours else 0.55)
        layout = ConstrainedLayoutEngine(h_pad=0.05, w_pad=0.06)
        height = max(width * shape[0] * each, FRAME + LOWEST * shape[0])
        figure = Figure(figsize=(width, height), layout=layout)
        grid = figure.add_gridspec(*shape)
        places = _places(count) if wide and not contours else list(np.ndindex(*shape))
        panels = [figure.add_subplot(grid[place]) for place in places[:count]]
        if contours:
            handles = draw_contours(figure, panels, data, axes, names)
        else:
            handles = draw_curves(panels, data, axes, names, wide)
        for panel, title, letter in zip(panels, titles, ascii_lowercase, strict=False):
            panel.set_title(f"({letter}) {title}", loc="left")
        static = NO_TRADE in [handle.get_label() for handle in handles]
        _legend(figure, data, handles, 4 if wide else 2)
        hidden = contours and not static and any(QUANTITIES[name].static for name in names)
        caption = _caption(data, contours, static, hidden)
        figure.supxlabel(fill(caption, width), fontsize=6.5, color="0.25")
        return figure


def _shape(count: int, contours: bool, wide: bool) -> tuple[int, int]:
    """Rows and columns of the grid that the panels stand on."""
    if not wide:
        return count, 1
    across = min(2 if contours else ACROSS, count)
    return -(-count // across), across if contours else 2 * across


def _places(count: int) -> list[tuple[int, slice]]:
    """Where curves stand, row by row; the last row is centred."""
    found, across = [], min(ACROSS, count)
    for k in range(count):
        row, place = divmod(k, across)
        start = across - min(across, count - across * row) + 2 * place
        found.append((row, slice(start, start + 2)))
    return found


def render(
    data: "xarray.Dataset",
    kind: Literal["png", "pdf", "svg"] | str,
    *,
    width: float = 7.0,
    names: Sequence[str] = COLUMNS,
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Raises
    ------
    ValueError
        If the kind is another one, or `page` cannot draw the sweep.
    """
    title = f"{data.attrs['case_name']}: {data.attrs['title']}"
    figure = page(data, width=width, names=names)
    return as_file(figure, kind, title, str(data.attrs["pdesolve_version"]))


def _legend(figure: Figure, data: "xarray.Dataset", handles: list[Any], columns: int) -> None:
    """Title and key to all panels, in one object so that they keep clear of each other."""
    figure.legend(
        handles=handles or [Line2D([], [], linestyle="none", label=" ")],
        loc="outside upper center",
        ncols=min(columns, max(1, len(handles))),
        columnspacing=1.2,
        title=fill(data.attrs["title"], 0.7 * figure.get_figwidth()),
        title_fontsize=9,
    )


def _caption(data: "xarray.Dataset", contours: bool, static: bool, hidden: bool) -> str:
    """What has to be known to read the page."""
    text = "Values at t = 0 in the initial state."
    if contours and static:
        text += " Static, dashed at the same levels: with no trade after now."
    elif hidden:
        text += " The static values, with no trade after now, are nowhere at these levels."
    if contours and bool((data["status"] == 2).any()):
        text += " Blank: not solved."
    return f"{text} {data.attrs['case_name']}, pdesolve {data.attrs['pdesolve_version']}."
