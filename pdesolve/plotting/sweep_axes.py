"""What the pages of a sweep share: strokes, axes of parameters, and the key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

from pdesolve.case.labels import describe
from pdesolve.plotting.style import MARKER, STEPS
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

STROKES: tuple[Mapping[str, Any], ...] = (
    {"color": "0.0", "linestyle": "-", "marker": "o"},
    {"color": "0.35", "linestyle": (0, (5, 1.5)), "marker": "s"},
    {"color": "0.55", "linestyle": (0, (5, 1.5, 1, 1.5)), "marker": "^"},
    {"color": "0.2", "linestyle": (0, (2, 1)), "marker": "D"},
    {"color": "0.65", "linestyle": "-", "marker": "v"},
    {"color": "0.45", "linestyle": (0, (1, 1)), "marker": "P"},
)
STATIC: Mapping[str, Any] = {"linestyle": (0, (3.5, 2)), "linewidth": 0.9, "color": "0.45"}
DASH: Mapping[str, Any] = {
    "marker": "_",
    "markersize": 9,
    "color": "0.45",
    "linestyle": "none",
}
TICK: Mapping[str, Any] = {"color": "black", "linewidth": 2.0, "solid_capstyle": "butt"}
OWN: Mapping[str, Any] = {"color": "0.7", "linewidth": 0.8, "zorder": 0.5}
SOLVED: Mapping[str, Any] = {
    "marker": "o",
    "markersize": 2.2,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 0.4,
    "linestyle": "none",
}
FAILED: Mapping[str, Any] = {
    "marker": "x",
    "color": "black",
    "markersize": 4.5,
    "linestyle": "none",
}
MISSED: Mapping[str, Any] = {
    "marker": "o",
    "markersize": 7,
    "markerfacecolor": "none",
    "markeredgecolor": "black",
    "markeredgewidth": 0.7,
    "linestyle": "none",
}
SPARSE = (1.0, 2.0, 5.0)
LEAST = 1e-3  # of its size: span below which a value is shown as not moving
NO_TRADE = "no trade after now"
THE_CASE = "the case"


@dataclass(frozen=True, kw_only=True)
class SweepAxis:
    """One parameter: its values, and where they stand.

    Attributes
    ----------
    key : str
    values : tuple
    unit : str
        "1" if it has none.
    own : number, str or None
        The value of the case that was varied, if known.
    """

    key: str
    values: tuple[Any, ...]
    unit: str
    own: Any = None

    @classmethod
    def of(cls, data: "xarray.Dataset", key: str) -> "SweepAxis":
        """Return the axis of a sweep."""
        own: Any = json.loads(data.attrs["case"])
        for name in key.split("."):
            own = own.get(name) if isinstance(own, dict) else None
        values = tuple(data[key].to_numpy().tolist())
        return cls(key=key, values=values, unit=str(data[key].attrs["units"]), own=own)

    @cached_property
    def words(self) -> bool:
        """Whether the values stand side by side, in the order given."""
        return not all(isinstance(v, int | float) and np.isfinite(v) for v in self.values)

    @cached_property
    def places(self) -> Array:
        """Where the values stand."""
        return np.array(range(len(self.values)) if self.words else self.values, float)

    @cached_property
    def order(self) -> Any:
        """Places in increasing order."""
        return np.argsort(self.places)

    @cached_property
    def log(self) -> bool:
        """Whether the values have equal ratios rather than equal steps."""
        x = np.sort(self.places)
        if self.words or x.size < 3 or x[0] <= 0 or x[-1] / x[0] < 3:
            return False
        steps, ratios = np.diff(x), np.diff(np.log(x))
        return bool(np.ptp(ratios) / ratios.mean() < np.ptp(steps) / steps.mean())

    @cached_property
    def own_place(self) -> float:
        """Where the case's own value stands; NaN if nowhere."""
        if self.words:
            return float(self.values.index(self.own)) if self.own in self.values else np.nan
        return float(self.own) if isinstance(self.own, int | float) else np.nan

    @property
    def label(self) -> str:
        """Name and unit."""
        return describe(self.key)._replace(unit="" if self.unit == "1" else self.unit).label


def as_tick(value: Any) -> str:
    """One value of a parameter as a tick shows it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def mark_axis(ax: Axes, axis: SweepAxis, which: Literal["x", "y"]) -> None:
    """Scale and ticks of an axis of the page."""
    one = ax.xaxis if which == "x" else ax.yaxis
    if axis.words:
        ticks = [as_tick(value) for value in axis.values]
        one.set_ticks(axis.places.tolist(), ticks)
        if which == "x" and max(map(len, ticks)) * len(ticks) > 24:
            ax.tick_params(axis="x", labelrotation=30)
    elif axis.log:
        ax.set_xscale("log") if which == "x" else ax.set_yscale("log")
        marks = log_marks(float(axis.places.min()), float(axis.places.max()))
        one.set_ticks(marks, [f"{mark:.3g}" for mark in marks])
        one.set_minor_locator(LogLocator(subs=range(2, 10)))
        one.set_minor_formatter(NullFormatter())
    else:
        one.set_major_locator(MaxNLocator(nbins=5, steps=STEPS))
        one.set_major_formatter(ScalarFormatter(useOffset=False))


def log_marks(low: float, high: float) -> list[float]:
    """Between two and five round values between two, or else those two."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for digits in (SPARSE, (1.0, 3.0), (1.0,)):
        marks = [float(f"{d}e{power}") for power in powers for d in digits]
        marks = [mark for mark in marks if low * 0.999 <= mark <= high * 1.001]
        if 2 <= len(marks) <= 5:
            return marks
    return [low, high]


def key_handles(
    lines: list[tuple["xarray.Dataset", Mapping[str, Any]]],
    family: SweepAxis | None,
    drawn: set[str],
    own: SweepAxis | None = None,
    *,
    words: bool = False,
) -> list[Any]:
    """What the key explains; `own` is the axis whose own value is marked."""
    handles: list[Any] = []
    for part, stroke in lines:
        label = "with trade"
        if family is not None:
            value = part[family.key].item()
            label = "" if family.words else f"{describe(family.key).name} "
            label += as_tick(value) + (f" ({THE_CASE})" if value == family.own else "")
        shape = {**stroke, "linestyle": "none"} if words else stroke
        handles.append(Line2D([], [], label=label, markersize=3.5, linewidth=0.9, **shape))
    others = {
        "static": Line2D([], [], label=NO_TRADE, **(DASH if words else STATIC)),
        "slope": Line2D([], [], label="slope", **TICK),
        "error": Patch(facecolor="0.8", label="error bar"),
        "solved": Line2D([], [], label="solved", **SOLVED),
        "own": Line2D([], [], label=f"{THE_CASE}: {as_tick(own.own)}" if own else "", **OWN),
        "case": Line2D([], [], label=THE_CASE, **MARKER),
        "missed": Line2D([], [], label="accuracy missed", **MISSED),
        "failed": Line2D([], [], label="not solved", **FAILED),
    }
    return handles + [handle for name, handle in others.items() if name in drawn]
