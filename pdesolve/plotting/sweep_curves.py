"""Values of a sweep as curves over one parameter, or as points over words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from scipy.interpolate import CubicHermiteSpline

from pdesolve.plotting.layout import say_constant
from pdesolve.plotting.style import unit_label
from pdesolve.plotting.sweep_axes import (
    DASH,
    FAILED,
    LEAST,
    MISSED,
    OWN,
    STATIC,
    STROKES,
    TICK,
    SweepAxis,
    key_handles,
    mark_axis,
)
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

REACH = 0.3  # half width of a slope tick, in units of the shorter step to the next tick
LONG = 0.05  # its half length at most, as a share of the panel
TICKS = 6  # at most, spread evenly: they are not to run into each other
SINGLE: Mapping[str, Any] = {  # apart from its points and from the ticks on it
    "color": "0.5",
    "linestyle": "-",
    "marker": "o",
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 0.7,
}
FINE = 40  # places from one point to the next at which a curve is drawn
UNSURE = 0.1  # of all values' span: a cubic that leaves its ends' range by more is not drawn
UNDONE = 0.001  # of it: nor one that turns back by more where both its slopes lead to the other end
VISIBLE = 0.004  # of a panel's height: thinner error bands are not drawn
LABEL = 32  # characters that fit below a panel


def draw_curves(
    panels: list[Axes],
    data: "xarray.Dataset",
    names: Sequence[str],
    axes: list[SweepAxis],
    *,
    below: int,
) -> list[Any]:
    """Values over the first axis, a line for each value of the second, if there is one.

    Returns
    -------
    list
        What the key explains. The last `below` panels have a label below.
    """
    across, family = axes[0], axes[1] if len(axes) == 2 else None
    lines = _family(data, across, family)
    drawn: set[str] = set()
    for k, (ax, name) in enumerate(zip(panels, names, strict=True)):
        ax.margins(0.06, 0.09)
        ax.update_datalim(np.column_stack([across.places] * 2), updatey=False)  # also where NaN
        for part, stroke in lines:
            drawn |= _draw_line(ax, part, name, across, stroke, single=family is None)
        drawn |= _mark_failures(ax, data, across)
        _frame(ax, across, name, bottom=k >= len(panels) - below)
        _limits(ax, data, name)
        if family is None and f"{name}_slope" in data and not across.words:
            drawn |= _draw_ticks(ax, lines[0][0], name, across)
        low, high = ax.get_xlim()
        if low <= across.own_place <= high:
            ax.axvline(across.own_place, **OWN)
            drawn.add("own")
    return key_handles(lines, family, drawn, across, words=across.words)


def _family(
    data: "xarray.Dataset", across: SweepAxis, family: SweepAxis | None
) -> list[tuple["xarray.Dataset", Mapping[str, Any]]]:
    """One-axis data sets and their strokes, at most as many as there are strokes."""
    sorted_data = data.isel({across.key: across.order})
    if family is None:
        return [(sorted_data, STROKES[0] if across.words else SINGLE)]
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
    if f"static_{name}" in part:
        if across.words:
            ax.plot(x, part[f"static_{name}"].to_numpy(), **DASH)
        else:
            thin = {} if single else {"linewidth": 0.6}
            ax.plot(*_curve(part, f"static_{name}", across), zorder=2.5, **{**STATIC, **thin})
        drawn.add("static")
    if not across.words:
        plain = {**stroke, "marker": "", "linewidth": 0.9}
        ax.plot(*_curve(part, name, across), **plain)
    point = {"linestyle": "none", "markersize": 3.0 if single and not across.words else 3.5}
    ax.plot(x, y, **{**stroke, **point, "zorder": 3.5})
    if f"{name}_error" in part:
        error = part[f"{name}_error"].to_numpy()
        if np.nanmax(error, initial=0.0) > VISIBLE * max(_span(y, error), 1e-300):
            if across.words:
                ax.errorbar(x, y, error, color="0.5", linestyle="none", capsize=2.5, zorder=1)
            else:
                fine, curve = _curve(part, name, across)
                about = np.interp(fine, x, error)
                ax.fill_between(fine, curve - about, curve + about, color="0.8", linewidth=0)
            drawn.add("error")
    missed = part["status"].to_numpy() == 1
    if missed.any():
        ax.plot(x[missed], y[missed], **MISSED)
        drawn.add("missed")
    return drawn


def _curve(part: "xarray.Dataset", name: str, across: SweepAxis) -> tuple[Array, Array]:
    """Cubics through the points with their slopes if all are known, else the points.

    Straight between points that are too far apart for a cubic: it would show an extreme that
    nobody has computed, far from both, or where by both slopes there is none.
    """
    x, y = across.places[across.order], part[name].to_numpy()
    if f"{name}_slope" not in part or x.size < 2:
        return x, y
    slopes = part[f"{name}_slope"].sel(parameter=across.key).to_numpy()
    if not (np.isfinite(y).all() and np.isfinite(slopes).all()):
        return x, y
    stretch = np.exp if across.log else np.asarray
    place, rate = (np.log(x), slopes * x) if across.log else (x, slopes)
    fine = np.interp(np.arange(FINE * (x.size - 1) + 1) / FINE, np.arange(x.size), place)
    curve = CubicHermiteSpline(place, y, rate)(fine)
    for k in range(x.size - 1):
        piece = slice(FINE * k, FINE * (k + 1) + 1)
        low, high = sorted(y[k : k + 2])
        astray = max(low - curve[piece].min(), curve[piece].max() - high) > UNSURE * np.ptp(y)
        way = np.sign(y[k + 1] - y[k])
        back = np.maximum(-way * np.diff(curve[piece]), 0.0).sum()
        onward = (way * rate[k : k + 2] > 0.0).all()
        if astray or (onward and back > UNDONE * np.ptp(y)):
            curve[piece] = np.linspace(y[k], y[k + 1], FINE + 1)
    return stretch(fine), curve


def _draw_ticks(ax: Axes, part: "xarray.Dataset", name: str, across: SweepAxis) -> set[str]:
    """Short pieces of the tangents, in the panel's final limits."""
    x, y = across.places[across.order], part[name].to_numpy()
    slopes = part[f"{name}_slope"].sel(parameter=across.key).to_numpy()
    limits = ax.get_xlim(), ax.get_ylim()
    place, rate = (np.log(x), slopes * x) if across.log else (x, slopes)
    ends = np.log(limits[0]) if across.log else np.array(limits[0])
    steep = rate * np.ptp(ends) / np.ptp(np.array(limits[1]))  # of the panel's height over width
    known = np.flatnonzero(np.isfinite(slopes) & np.isfinite(y))
    some = known[np.linspace(0, known.size - 1, min(known.size, TICKS)).round().astype(int)]
    gaps = np.diff(place[some])
    reach = REACH * np.minimum(np.append(gaps, np.inf), np.append(np.inf, gaps))
    reach = np.minimum(reach, LONG * np.ptp(ends) / np.hypot(1.0, steep[some]))
    for k, half in zip(some, reach, strict=True):
        along = half * np.array([-1.0, 1.0])
        at = np.exp(place[k] + along) if across.log else place[k] + along
        ax.plot(at, y[k] + rate[k] * along, **TICK, zorder=3)
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
    error = np.nan_to_num(error)
    low, high = ax.get_ylim()
    least = _span(values, error) if np.isfinite(values).any() else 0.0
    if high - low < least:
        middle = 0.5 * (low + high)
        ax.set_ylim(middle - 0.5 * least, middle + 0.5 * least)
    static = data.get(f"static_{name}", data[name]).to_numpy().ravel()
    say_constant(ax, np.append(values, static), "throughout", float(error.max()))


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
    ax.set_ylabel(unit_label(name))
    if across.words:
        ax.set_xlim(-0.5, len(across.values) - 0.5)
