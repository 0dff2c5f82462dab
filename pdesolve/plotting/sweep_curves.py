"""Values of a sweep as curves over one parameter, or as points over words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from scipy.interpolate import CubicHermiteSpline

from pdesolve.case.labels import pretty
from pdesolve.plotting.sweep_axes import (
    DASH,
    FAILED,
    LEAST,
    MISSED,
    STATIC,
    STROKES,
    TICK,
    SweepAxis,
    key_handles,
    mark_axis,
)
from pdesolve.solver.values import QUANTITIES
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

REACH = 0.3  # half width of a slope tick, in units of the shorter step to a neighbour
LONG = 0.05  # its half length at most, as a share of the panel
VISIBLE = 0.004  # of a panel's height: thinner error bands are not drawn
LABEL = 32  # characters that fit below a panel


def draw_curves(
    panels: list[Axes],
    data: "xarray.Dataset",
    axes: list[SweepAxis],
    names: Sequence[str],
    wide: bool,
) -> list[Any]:
    """Values over one axis, a line for each value of the other, if there is one."""
    if len(axes) == 2:  # lines for words, or else for the shorter axis
        axes = sorted(axes, key=lambda a: (not a.words, len(a.values)))[::-1]
    across, family = axes[0], axes[1] if len(axes) == 2 else None
    lines = _family(data, across, family)
    drawn: set[str] = set()
    for k, (ax, name) in enumerate(zip(panels, names, strict=True)):
        ax.margins(0.06, 0.09)
        for part, stroke in lines:
            drawn |= _draw_line(ax, part, name, across, stroke, single=family is None)
        drawn |= _mark_failures(ax, data, across)
        _frame(ax, across, name, bottom=wide or k == len(panels) - 1)
        _limits(ax, data, name)
        if family is None and f"{name}_slope" in data and not across.words:
            drawn |= _draw_ticks(ax, lines[0][0], name, across)
    return key_handles(lines, family, drawn, words=across.words)


def _family(
    data: "xarray.Dataset", across: SweepAxis, family: SweepAxis | None
) -> list[tuple["xarray.Dataset", Mapping[str, Any]]]:
    """One-axis data sets and their strokes, at most as many as there are strokes."""
    sorted_data = data.isel({across.key: across.order})
    if family is None:
        return [(sorted_data, STROKES[0])]
    count = len(family.values)
    chosen = sorted(
        {round(k) for k in np.linspace(0, count - 1, min(count, len(STROKES))).tolist()}
    )
    return [
        (sorted_data.isel({family.key: place}), stroke)
        for place, stroke in zip(chosen, STROKES, strict=False)
    ]


def _draw_line(
    ax: Axes,
    part: "xarray.Dataset",
    name: str,
    across: SweepAxis,
    stroke: Mapping[str, Any],
    *,
    single: bool,
) -> set[str]:
    """One value over one axis; return what else than the line was drawn."""
    drawn = set()
    x, y = across.places[across.order], part[name].to_numpy()
    plain = {**stroke, "linestyle": "none"} if across.words else stroke
    marker = dict(markersize=3.5 if across.words or not single else 2.5, linewidth=0.9)
    if f"static_{name}" in part:
        static = part[f"static_{name}"].to_numpy()
        if across.words:
            ax.plot(x, static, **DASH)
        elif single:
            ax.plot(x, static, zorder=2.5, **STATIC)
        else:
            ax.plot(x, static, **{**STATIC, "linewidth": 0.6})
        drawn.add("static")
    curve = _curve(part, name, across) if single else None
    ax.plot(x, y, **{**plain, **marker, **({} if curve is None else {"linestyle": "none"})})
    if curve is not None:
        ax.plot(*curve, linewidth=0.9, color=stroke["color"])
    if f"{name}_error" in part:
        error = part[f"{name}_error"].to_numpy()
        if np.nanmax(error, initial=0.0) > VISIBLE * max(_span(y, error), 1e-300):
            if across.words:
                ax.errorbar(x, y, error, color="0.5", linestyle="none", capsize=2.5, zorder=1)
            else:
                ax.fill_between(x, y - error, y + error, color="0.8", linewidth=0)
            drawn.add("error")
    missed = part["status"].to_numpy() == 1
    if missed.any():
        ax.plot(x[missed], y[missed], **MISSED)
        drawn.add("missed")
    return drawn


def _curve(part: "xarray.Dataset", name: str, across: SweepAxis) -> tuple[Array, Array] | None:
    """Curve through the points with their slopes, if all are known."""
    x, y = across.places[across.order], part[name].to_numpy()
    if f"{name}_slope" not in part or across.words:
        return None
    slopes = part[f"{name}_slope"].sel(parameter=across.key).to_numpy()
    if not (np.isfinite(y).all() and np.isfinite(slopes).all()):
        return None
    stretch = np.exp if across.log else np.asarray
    place, rate = (np.log(x), slopes * x) if across.log else (x, slopes)
    fine = np.linspace(place[0], place[-1], 40 * x.size)
    return stretch(fine), CubicHermiteSpline(place, y, rate)(fine)


def _draw_ticks(ax: Axes, part: "xarray.Dataset", name: str, across: SweepAxis) -> set[str]:
    """Short pieces of the tangents, in the panel's final limits."""
    x, y = across.places[across.order], part[name].to_numpy()
    slopes = part[f"{name}_slope"].sel(parameter=across.key).to_numpy()
    limits = ax.get_xlim(), ax.get_ylim()
    place, rate = (np.log(x), slopes * x) if across.log else (x, slopes)
    ends = np.log(limits[0]) if across.log else np.array(limits[0])
    steep = rate * np.ptp(ends) / np.ptp(np.array(limits[1]))  # of the panel's height over width
    gaps = np.diff(place)
    reach = REACH * np.minimum(np.append(gaps, np.inf), np.append(np.inf, gaps))
    reach = np.minimum(reach, LONG * np.ptp(ends) / np.hypot(1.0, steep))
    known = np.flatnonzero(np.isfinite(slopes) & np.isfinite(y))
    for k in known:
        along = reach[k] * np.array([-1.0, 1.0])
        at = np.exp(place[k] + along) if across.log else place[k] + along
        ax.plot(at, y[k] + rate[k] * along, **TICK)
    ax.set_xlim(limits[0])
    ax.set_ylim(limits[1])
    return {"slope"} if known.size else set()


def _span(y: Array, error: Array) -> float:
    """Height of a panel that shows these values."""
    known = y[np.isfinite(y)]
    if not known.size:
        return 1.0
    return float(max(np.ptp(known), LEAST * np.abs(known).max(), 10.0 * np.nanmax(error)))


def _limits(ax: Axes, data: "xarray.Dataset", name: str) -> None:
    """Keep a value that does not move from filling the panel with its rounding."""
    values = data[name].to_numpy().ravel()
    error = data[f"{name}_error"].to_numpy() if f"{name}_error" in data else np.zeros(1)
    low, high = ax.get_ylim()
    least = _span(values, np.nan_to_num(error)) if np.isfinite(values).any() else 0.0
    if high - low < least:
        middle = 0.5 * (low + high)
        ax.set_ylim(middle - 0.5 * least, middle + 0.5 * least)


def _mark_failures(ax: Axes, data: "xarray.Dataset", across: SweepAxis) -> set[str]:
    """Crosses on the axis where a point could not be solved."""
    failed = (data["status"] == 2).transpose(across.key, ...).to_numpy()
    at = across.places[failed.reshape(len(across.values), -1).any(axis=1)]
    if at.size:
        ax.plot(at, np.full(at.size, 0.04), transform=ax.get_xaxis_transform(), **FAILED)
    return {"failed"} if at.size else set()


def _frame(ax: Axes, across: SweepAxis, name: str, *, bottom: bool) -> None:
    """Labels and ticks."""
    mark_axis(ax, across, "x")
    if bottom:
        long = len(across.label) > LABEL
        ax.set_xlabel(across.label.replace(" (", "\n(", 1) if long else across.label)
    else:
        ax.tick_params(labelbottom=False)
    ax.set_ylabel(pretty(QUANTITIES[name].unit))
    if across.words:
        ax.set_xlim(-0.5, len(across.values) - 0.5)
