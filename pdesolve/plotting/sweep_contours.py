"""Values of a sweep over two parameters as filled contours."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pdesolve.case.labels import pretty
from pdesolve.plotting.style import COLOURS, NARROW
from pdesolve.plotting.sweep_axes import (
    FAILED,
    LEAST,
    MISSED,
    SPARSE,
    SweepAxis,
    key_handles,
    mark_axis,
)
from pdesolve.solver.values import QUANTITIES
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

WIDE_RATIO = 6.0  # of the largest to the least value: above, levels have about equal ratios
DENSE = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


def draw_contours(
    figure: Figure,
    panels: list[Axes],
    data: "xarray.Dataset",
    axes: list[SweepAxis],
    names: Sequence[str],
) -> list[Any]:
    """Values over two axes, and the static benchmark as dashed contours at the same levels.

    A panel more than names shows the price's gap.
    """
    ordered = data.isel({axis.key: axis.order for axis in axes}).transpose(
        axes[1].key, axes[0].key, ...
    )
    x, y = (axis.places[axis.order] for axis in axes)
    drawn: set[str] = set()
    wide = figure.get_figwidth() >= NARROW
    for k, (ax, name) in enumerate(zip_longest(panels, names)):
        drawn |= _fill_contours(figure, ax, x, y, name, ordered)
        for code, marks in ((1, MISSED), (2, FAILED)):
            rows, columns = np.nonzero(ordered["status"].to_numpy() == code)
            if rows.size:
                ax.plot(x[columns], y[rows], **{**marks, "markersize": 3.5}, clip_on=False)
                drawn.add("missed" if code == 1 else "failed")
        mark_axis(ax, axes[0], "x")
        mark_axis(ax, axes[1], "y")
        ax.set_xlim(x[0], x[-1])
        ax.set_ylim(y[0], y[-1])
        if k >= len(panels) - (2 if wide else 1):
            ax.set_xlabel(axes[0].label)
        else:
            ax.tick_params(labelbottom=False)
        if wide and k % 2:
            ax.tick_params(labelleft=False)
        elif wide:
            ax.set_ylabel(axes[1].label.replace(" (", "\n(", 1))
    if not wide:
        label = axes[1].label if len(panels) > 1 else axes[1].label.replace(" (", "\n(", 1)
        figure.supylabel(label, fontsize=8)
    return key_handles([], None, drawn)


def _fill_contours(
    figure: Figure, ax: Axes, x: Array, y: Array, name: str | None, ordered: "xarray.Dataset"
) -> set[str]:
    """One panel, the price's gap if no name is given; return what was drawn."""
    array = ordered[name] if name else ordered["price"] - ordered["static_price"]
    shown = np.ma.masked_invalid(array.to_numpy())
    if not shown.count():
        return set()
    levels, norm = contour_levels(float(shown.min()), float(shown.max()))
    filled = ax.contourf(x, y, shown, levels=levels, cmap=COLOURS, norm=norm)
    filled.set_edgecolor("face")  # no gaps between the bands in vector output
    ax.contour(x, y, shown, levels=levels, colors="black", linewidths=0.4)
    bar = figure.colorbar(filled, ax=ax, pad=0.02)
    bar.set_ticks(levels.tolist(), labels=[f"{level:.5g}" for level in levels])
    bar.minorticks_off()
    bar.set_label(pretty(QUANTITIES[name or "price"].unit))
    if f"static_{name}" not in ordered:
        return set()
    static = np.ma.masked_invalid(ordered[f"static_{name}"].to_numpy())
    inside = levels[(levels > static.min()) & (levels < static.max())]
    if not inside.size:
        return set()
    for ink, breadth in (("white", 1.8), ("black", 0.8)):
        ax.contour(x, y, static, inside, colors=ink, linewidths=breadth, linestyles=["dashed"])
    return {"static"}


def contour_levels(low: float, high: float) -> tuple[Array, Normalize]:
    """Round values around two: of equal steps, or of about equal ratios if they are far apart."""
    if low > 0.0 and high > WIDE_RATIO * low:
        digits = DENSE if high < WIDE_RATIO**2 * low else SPARSE
        first = int(np.floor(np.log10(low)))
        powers = 10.0 ** np.arange(first, int(np.floor(np.log10(high))) + 2)
        series = np.array([float(f"{d * p:.3g}") for p in powers for d in digits])
        start = int(np.searchsorted(series, low, side="right")) - 1
        levels = series[start : int(np.searchsorted(series, high)) + 1]
        return levels, LogNorm(levels[0], levels[-1])
    least = LEAST * max(abs(low), abs(high)) or 1.0
    if high - low < least:
        low, high = 0.5 * (low + high - least), 0.5 * (low + high + least)
    levels = np.asarray(MaxNLocator(nbins=8).tick_values(low, high))
    return levels, Normalize(levels[0], levels[-1])
