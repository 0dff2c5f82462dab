"""Values of a sweep over two parameters as filled contours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.interpolate import PchipInterpolator

from pdesolve.plotting.layout import say
from pdesolve.plotting.style import COLOURS, MARKER, STEPS, constant, unit_label
from pdesolve.plotting.sweep_axes import (
    FAILED,
    LEAST,
    MISSED,
    SOLVED,
    SPARSE,
    SweepAxis,
    key_handles,
    mark_axis,
)
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

WIDE_RATIO = 6.0  # of the largest to the least value: above, levels have about equal ratios
DENSE = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
FINE = 12  # places from one point to the next at which contours are drawn


def draw_contours(
    figure: Figure,
    panels: list[Axes],
    data: "xarray.Dataset",
    names: Sequence[str],
    axes: list[SweepAxis],
    *,
    columns: int,
) -> list[Any]:
    """Values over two axes, and the static benchmark as dashed contours at the same levels.

    Returns
    -------
    list
        What the key explains.
    """
    ordered = data.isel({axis.key: axis.order for axis in axes}).transpose(
        axes[1].key, axes[0].key, ...
    )
    x, y = (axis.places[axis.order] for axis in axes)
    drawn = {"solved"}
    for k, (ax, name) in enumerate(zip(panels, names, strict=True)):
        drawn |= _fill_contours(ax, ordered, name, axes)
        for code, marks in ((0, SOLVED), (1, MISSED), (2, FAILED)):
            rows, across = np.nonzero(ordered["status"].to_numpy() == code)
            size = {} if code == 0 else {"markersize": 3.5}
            if rows.size:
                ax.plot(x[across], y[rows], **{**marks, **size}, clip_on=False)
                drawn.add(("solved", "missed", "failed")[code])
        if is_inside(axes):
            ax.plot([axes[0].own_place], [axes[1].own_place], **MARKER)
            drawn.add("case")
        mark_axis(ax, axes[0], "x")
        mark_axis(ax, axes[1], "y")
        ax.set_xlim(x[0], x[-1])
        ax.set_ylim(y[0], y[-1])
        if k >= len(panels) - columns:
            ax.set_xlabel(axes[0].label)
        else:
            ax.tick_params(labelbottom=False)
        if k % columns:
            ax.tick_params(labelleft=False)
        elif columns > 1 or len(panels) == 1:
            ax.set_ylabel(axes[1].label.replace(" (", "\n(", 1))
    if columns == 1 and len(panels) > 1:
        figure.supylabel(axes[1].label, fontsize=8)
    return key_handles([], None, drawn)


def is_inside(axes: list[SweepAxis]) -> bool:
    """Whether the case's own values lie within the sweep."""
    return all(axis.places.min() <= axis.own_place <= axis.places.max() for axis in axes)


def _fill_contours(
    ax: Axes, ordered: "xarray.Dataset", name: str, axes: list[SweepAxis]
) -> set[str]:
    """One panel; return what was drawn."""
    values = ordered[name].to_numpy()
    if not np.isfinite(values).any():
        return set()
    unit = unit_label(name)
    error = np.nan_to_num(ordered[f"{name}_error"].to_numpy()) if f"{name}_error" in ordered else 0
    value = constant(values, float(np.max(error)))
    if value is not None:
        say(ax, f"{value:.4g} {unit}".rstrip() + "\nthroughout")
        return set()
    levels, norm = contour_levels(float(np.nanmin(values)), float(np.nanmax(values)))
    x, y, shown = _refined(values, axes)
    filled = ax.contourf(x, y, shown, levels=levels, cmap=COLOURS, norm=norm)
    filled.set_edgecolor("face")  # no gaps between the bands in vector output
    ax.contour(x, y, shown, levels=levels, colors="black", linewidths=0.4)
    bar = ax.figure.colorbar(filled, ax=ax, pad=0.02)
    bar.set_ticks(levels.tolist(), labels=[f"{level:.5g}" for level in levels])
    bar.minorticks_off()
    bar.set_label(unit)
    if f"static_{name}" not in ordered:
        return set()
    *at, static = _refined(ordered[f"static_{name}"].to_numpy(), axes)
    inside = levels[(levels > static.min()) & (levels < static.max())]
    if not inside.size:
        return set()
    for ink, breadth in (("white", 1.8), ("black", 0.8)):
        ax.contour(*at, static, inside, colors=ink, linewidths=breadth, linestyles=["dashed"])
    return {"static"}


def _refined(values: Array, axes: list[SweepAxis]) -> tuple[Array, Array, Any]:
    """Values at the points and between them, by cubics along either axis that add no extremes.

    Where a point is missing: those at the points alone.
    """
    places = [np.log(a.places[a.order]) if a.log else a.places[a.order] for a in axes]
    if np.isfinite(values).all():
        fine = [_between(place) for place in places]
        values = PchipInterpolator(places[0], values, axis=1)(fine[0])
        values = PchipInterpolator(places[1], values, axis=0)(fine[1])
        places = fine
    x, y = (np.exp(p) if a.log else p for p, a in zip(places, axes, strict=True))
    return x, y, np.ma.masked_invalid(values)


def _between(place: Array) -> Array:
    """Places from the first to the last, the given ones among them."""
    count = place.size
    return np.interp(np.arange((count - 1) * FINE + 1) / FINE, np.arange(count), place)


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
    levels = np.asarray(MaxNLocator(nbins=8, steps=STEPS).tick_values(low, high))
    return levels, Normalize(levels[0], levels[-1])
