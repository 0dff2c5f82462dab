"""A page of plots of a sweep: small multiples over one parameter, filled contours over two.

Two parameters of which one has only a few values, or words for values, give a line for each of
those. No global plotting state, and nothing needs colour.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from pdesolve.case.labels import describe
from pdesolve.case.sources import shown
from pdesolve.finance.by_name import further
from pdesolve.plotting.layout import centred, key, letter
from pdesolve.plotting.style import (
    GAP,
    NARROW,
    ROUNDING,
    STYLE,
    Sheet,
    as_file,
    fill,
    quantity,
)
from pdesolve.plotting.sweep_axes import NO_TRADE, SweepAxis
from pdesolve.plotting.sweep_contours import draw_contours
from pdesolve.plotting.sweep_curves import draw_curves
from pdesolve.solver.values import COLUMNS, QUANTITIES, VALUES
from pdesolve.studies.summary import asked_for, axes_of, shown_in

if TYPE_CHECKING:
    import xarray

FEWEST = 4  # values along either axis that make contours worth while
HEIGHTS = {1: 0.6, 2: 0.4, 3: 0.33}  # of a row of curves, by its panels, in units of the width
NARROW_HEIGHT = 0.55
CONTOUR_HEIGHTS = {1: 0.6, 2: 0.32}
NARROW_CONTOUR = 0.48
FRAME, LOWEST = 1.6, 1.2  # inches: about the panels, and of a row of them at least
KNOWN = {QUANTITIES[name].column: name for name in COLUMNS}  # headings of tables do for names
KNOWN |= {name: name for name in (*VALUES, GAP.name)}


def drawable(also: Iterable[str]) -> dict[str, str]:
    """Names that may be asked for of a sweep with these values -> what they draw."""
    return KNOWN | {name: name for name in also}


def plot_sweep(
    data: "xarray.Dataset", names: str | Sequence[str] | None = None, *, ax: Axes | None = None
) -> Any:
    """Draw what a sweep found: curves over one key, contours over two.

    Parameters
    ----------
    data : xarray.Dataset
        Of `sweep`, also one that was saved and loaded.
    names : str or sequence of str, optional
        Values to draw, ``"price_gap"`` (the price less the static price) and what the sweep was
        asked for besides among them; by default those of the table, and in contours also that gap.
    ax : Axes, optional
        Where to draw a single one, in your own style; by default in a figure of its own.

    Returns
    -------
    Figure or Axes
        The axes if they were given. pyplot knows nothing of the figure.

    Raises
    ------
    TypeError
        If the data are no sweep's.
    ValueError
        If there is no such value, axes are given for several, or no key or more than two were
        swept.
    """
    chosen = None if names is None else (names,) if isinstance(names, str) else tuple(names)
    if ax is None:
        return page(data, chosen)
    if chosen is None or len(chosen) != 1:
        raise ValueError(f"axes can hold one value, got {shown(names)}")
    data, names, axes = _prepared(data, chosen)
    ax.legend(handles=_draw(ax.figure, [ax], data, names, axes, columns=1))
    ax.set_title(quantity(names[0]).label)
    return ax


def page(
    data: "xarray.Dataset", names: Sequence[str] | None = None, *, width: float = 7.0
) -> Figure:
    """Draw reported values over the parameters.

    Parameters
    ----------
    data : xarray.Dataset
        Of `sweep`, over one or two parameters.
    names : sequence of str, optional
        What to draw, as in `plot_sweep`.
    width : float
        Inches; below 5 the panels stand in one column.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there are more than two parameters, or no such value.
    """
    data, names, axes = _prepared(data, names)
    contours = _has_contours(axes)
    with style.context(["default", dict(STYLE)]):
        columns = min(len(names), 2 if contours else 3) if width >= NARROW else 1
        rows = -(-len(names) // columns)
        if width < NARROW:
            each = NARROW_CONTOUR if contours else NARROW_HEIGHT
        else:
            each = (CONTOUR_HEIGHTS if contours else HEIGHTS)[columns]
        layout = ConstrainedLayoutEngine(h_pad=0.05, w_pad=0.06)
        height = max(width * rows * each, FRAME + LOWEST * rows)
        figure = Sheet(figsize=(width, height), layout=layout)
        grid = figure.add_gridspec(rows, columns if contours else 2 * columns)
        places = np.ndindex(rows, columns) if contours else centred(len(names), columns)
        panels = [figure.add_subplot(grid[at]) for at, _ in zip(places, names, strict=False)]
        handles = _draw(figure, panels, data, names, axes, columns=columns)
        letter(panels, [quantity(name).label for name in names])
        static = None
        if any(f"static_{name}" in data for name in names):
            static = NO_TRADE in [handle.get_label() for handle in handles]
        key(figure, handles, data.attrs["title"])
        caption = fill(_caption(data, axes, static, names), width)
        figure.supxlabel(caption, fontsize=6.5, color="0.25")
        return figure


def _prepared(
    data: "xarray.Dataset", names: Sequence[str] | None
) -> tuple["xarray.Dataset", Sequence[str], list[SweepAxis]]:
    """A sweep with the price's gap, what is shown of it, and its axes; an error if it cannot."""
    if "status" not in getattr(data, "data_vars", ()):
        raise TypeError(f"data must be what pdesolve.sweep returns, got {shown(data)}")
    keys = axes_of(data)
    if not keys:
        raise ValueError("a sweep over at least one parameter can be drawn, got a point of one")
    if len(keys) > 2:
        raise ValueError(f"a sweep over at most two parameters can be drawn, got {len(keys)}")
    axes = [SweepAxis.of(data, name) for name in keys]
    if not _has_contours(axes):  # a line for each word, or else for each value of the shorter axis
        axes = sorted(axes, key=lambda axis: (not axis.words, len(axis.values)))[::-1]
    known = drawable(asked_for(data))
    if not names:
        names = [one.name for one in shown_in(data)] + [GAP.name] * _has_contours(axes)
    for name in names:
        if name not in known:
            raise ValueError(f"names must be among {', '.join(known)}, got {shown(name)}")
    names = tuple(dict.fromkeys(known[name] for name in names))
    gap = {GAP.name: data["price"] - data["static_price"]}
    gap[f"{GAP.name}_error"] = data["price_error"] + ROUNDING * abs(data["price"])
    if "price_slope" in data:
        gap[f"{GAP.name}_slope"] = data["price_slope"] - data["static_price_slope"]
    return data.assign(gap), names, axes


def _has_contours(axes: list[SweepAxis]) -> bool:
    """Whether contours are drawn, rather than curves."""
    return len(axes) == 2 and all(not a.words and len(a.values) >= FEWEST for a in axes)


def _draw(
    figure: Any,
    panels: list[Axes],
    data: "xarray.Dataset",
    names: Sequence[str],
    axes: list[SweepAxis],
    *,
    columns: int,
) -> list[Any]:
    """Draw every panel; return what the key explains."""
    if _has_contours(axes):
        return draw_contours(figure, panels, data, names, axes, columns=columns)
    below = len(panels) if columns > 1 else 1
    return draw_curves(panels, data, names, axes, below=below)


def render(
    data: "xarray.Dataset",
    kind: Literal["png", "pdf", "svg"] | str,
    names: Sequence[str] | None = None,
    *,
    width: float = 7.0,
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Raises
    ------
    ValueError
        If the kind is another one, or `page` cannot draw the sweep.
    """
    title = f"{data.attrs['case_name']}: {data.attrs['title']}"
    figure = page(data, names, width=width)
    return as_file(figure, kind, title, str(data.attrs["pdesolve_version"]))


def _caption(
    data: "xarray.Dataset", axes: list[SweepAxis], static: bool | None, names: Sequence[str]
) -> str:
    """What has to be known to read the page; static values are drawn, not, or None are known."""
    later = further(name for name in names if name != GAP.name)
    text = "Values at t = 0 in the initial state."
    if later:
        text += " With a date: of that date, by what is known at t = 0."
    if _has_contours(axes):
        between = bool((data["status"] != 2).all())
        text += " Between the points solved: interpolated." if between else " Blank: not solved."
        if static:
            text += " Static, dashed at the same levels: with no trade after now."
        elif static is not None:
            text += " The static values, with no trade after now, are nowhere at these levels."
    elif "parameter" in data.dims:
        sparse = "without, or if too sparse" if later else "if too sparse"
        text += f" Between the points: cubics with their slopes; straight {sparse}."
    drawn = axes if _has_contours(axes) else axes[:1]
    logarithmic = " and ".join(describe(axis.key).name for axis in drawn if axis.log)
    if logarithmic:
        text += f" On a log scale: {logarithmic}."
    return f"{text} {data.attrs['case_name']}, pdesolve {data.attrs['pdesolve_version']}."
