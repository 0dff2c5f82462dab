"""The panels of a solution: fields over the states, over time, and over both.

At later times psi is that of the path on which the price stays at its initial value
(`typical_path`), and the horizontal axis is xi less what that path has drifted: xi itself at
t = 0, and the path runs straight up. With two payoffs psi does not matter: it is zero, and xi is
not shifted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from pdesolve.finance.price_path import TypicalPath, typical_path, window
from pdesolve.plotting.layout import say, say_constant
from pdesolve.plotting.style import (
    COLOURS,
    GAP,
    MARKER,
    ROUNDING,
    STEPS,
    TIME,
    axis_label,
    constant,
)
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

SHARES = (0.0, 1 / 3, 2 / 3)  # of the horizon: times of the lines
STROKES: tuple[Mapping[str, Any], ...] = (
    {"color": "0.0", "linestyle": "-"},
    {"color": "0.3", "linestyle": (0, (5, 1.5))},
    {"color": "0.5", "linestyle": (0, (5, 1.5, 1, 1.5))},
)
STATIC: Mapping[str, Any] = {"linestyle": (0, (1, 1.2)), "linewidth": 0.9}
STEADY: Mapping[str, Any] = {
    "color": "black",
    "linewidth": 0.9,
    "path_effects": [withStroke(linewidth=2.2, foreground="white")],
}
START: Mapping[str, Any] = {"label": "initial state", **MARKER}
REGIONS = ((0, "no attention", "////", "white"), (2, "at capacity", "....", "black"))
WIDEST = 3.0  # windows at psi = 0 that the state axis may span
MAP = "attention_map"
DRIFTING = "state ξ less its drift while\nthe price stays put (1/money)"
OVER_STATES = (
    "price",
    GAP.name,
    "variance",
    "attention",
    "precision_rate",
    "log_value",
    "price_volatility",
)
PANELS = (*OVER_STATES, MAP, "psi")
OF_TIME = ("variance", "attention", "precision_rate", "price_volatility")  # with a normal payoff


@dataclass(frozen=True, kw_only=True)
class View:
    """A solution, the path that psi follows, and the states shown."""

    solution: Solution
    path: TypicalPath
    axis: Array  # xi less drift
    drift: Array  # of xi, at the path's times; stays what it was where the path leaves the solution
    psi: Array  # the same

    @classmethod
    def of(cls, solution: Solution) -> "View":
        """Return the view of a solution."""
        path = typical_path(solution)
        known = np.isfinite(path.xi)
        xi, psi = (np.interp(path.t, path.t[known], y[known]) for y in (path.xi, path.psi))
        drift = xi - xi[0] if psi[-1] > 0.0 else np.zeros_like(xi)
        low, high = window(solution, 0.0)[[0, -1]]
        last = window(solution, float(psi[-1]))[[0, -1]] - drift[-1]
        reach = 0.5 * (WIDEST - 1.0) * (high - low)
        low = np.clip(last[0], low - reach, low)
        high = np.clip(last[1], high, high + reach)
        axis = np.linspace(low, high, 241)
        return cls(solution=solution, path=path, axis=axis, drift=drift, psi=psi)

    def state(self, t: float) -> tuple[Array, float, float]:
        """State and time: xi along the axis, psi, t."""
        drift, psi = (float(np.interp(t, self.path.t, y)) for y in (self.drift, self.psi))
        return self.axis + drift, psi, t

    @property
    def start(self) -> float:
        """The initial xi."""
        return float(self.path.xi[0])

    @property
    def horizon(self) -> float:
        """When the payoff comes."""
        return self.solution.case.market.horizon

    @property
    def is_normal(self) -> bool:
        """Whether only the price depends on the state."""
        return self.solution.space.n_xi == 1

    @property
    def states_label(self) -> str:
        """What the axis of the states says."""
        return DRIFTING if self.drift.any() else "state ξ (1/money)"


def draw_panel(ax: Axes, view: View, name: str) -> list[Any]:
    """Draw one of `PANELS`; return what a key has to explain."""
    if name == MAP:
        return _draw_map(ax, view)
    if name == "psi" or (view.is_normal and name in OF_TIME):
        return _draw_over_time(ax, view, name)
    return _draw_lines(ax, view, name)


def _draw_lines(ax: Axes, view: View, name: str) -> list[Any]:
    """One field over the states at a few times, with its static benchmark if it has one."""
    solution, shown, handles = view.solution, [], []
    static = getattr(solution, f"static_{name}", None)
    for when, stroke in zip((share * view.horizon for share in SHARES), STROKES, strict=True):
        xi, psi, t = view.state(when)
        if static is not None and (t == 0.0 or psi > 0.0):
            ax.plot(view.axis, static(xi, psi), color=stroke["color"], **STATIC)
        shown.append(_field(solution, name, xi, psi, t))
        ax.plot(view.axis, shown[-1], **stroke)
        handles.append(Line2D([], [], label=f"t = {t:.3g}", **stroke))
    if name == GAP.name:
        ax.axhline(0.0, color="0.7", linewidth=0.6, zorder=0.5)
    elif name not in ("price", "log_value"):
        ax.set_ylim(bottom=0.0)
    ax.plot([view.start], _field(solution, name, np.array([view.start])), **MARKER)
    size = float(np.abs(solution.initial.price)) if name == GAP.name else 0.0
    say_constant(ax, np.array(shown), "in every state", ROUNDING * size)
    ax.set(xlabel=view.states_label, ylabel=axis_label(name))
    ax.set_xlim(view.axis[0], view.axis[-1])
    if static is not None:
        handles.append(Line2D([], [], color="0.2", label="static", **STATIC))
    return [*handles, Line2D([], [], **START)]


def _field(solution: Solution, name: str, *at: Any) -> Array:
    """A field at xi, psi and t."""
    if name == GAP.name:
        return solution.price(*at) - solution.static_price(*at[:2])
    found: Array = getattr(solution, name)(*at)
    return found


def _draw_over_time(ax: Axes, view: View, name: str) -> list[Any]:
    """One field along the path, over time."""
    path, handles = view.path, [Line2D([], [], **START)]
    at = (path.xi, path.psi, path.t)
    values = path.psi if name == "psi" else _field(view.solution, name, *at)
    if name == "variance":
        static = view.solution.static_variance(path.xi, path.psi)
        handles += ax.plot(path.t, static, color="0.2", label="static", **STATIC)
    ax.plot(path.t, values, **STROKES[0])
    ax.plot([0.0], values[:1], **MARKER)
    ax.set(xlabel=TIME, ylabel=axis_label(name))
    ax.set_xlim(0.0, view.horizon)
    ax.set_ylim(bottom=0.0)
    say_constant(ax, values, "at every date")
    return handles


def _draw_map(ax: Axes, view: View) -> list[Any]:
    """Attention over states and time, with the regions where it is zero or at capacity."""
    t = view.path.t
    rows = [view.state(float(when)) for when in t]
    variance = np.array([view.solution.variance(*row) for row in rows])
    attention = np.array([view.solution.attention(*row) for row in rows])
    handles, value = _draw_regions(ax, view, np.ma.masked_invalid(variance)), constant(attention)
    if value is None:
        shown = np.ma.masked_invalid(attention)
        filled = ax.contourf(view.axis, t, shown, levels=_levels(shown), cmap=COLOURS, zorder=0.5)
        filled.set_edgecolor("face")  # no gaps between the bands in vector output
        ax.figure.colorbar(filled, ax=ax, pad=0.02).set_label(axis_label("attention"))
    else:
        ax.set_facecolor(handles[0].get_facecolor() if handles else "white")
        say(ax, f"attention S = {value:.4g}\nin every state")
    ax.plot(view.path.xi - view.drift, t, **STEADY)
    ax.plot([view.start], [0.0], **MARKER)
    ax.set(xlabel=view.states_label, ylabel=TIME)
    ax.set_xlim(view.axis[0], view.axis[-1])
    ax.set_ylim(0.0, view.horizon)
    steady = Line2D([], [], label="price stays put", **STEADY)
    return [Line2D([], [], **START), steady, *handles]


def _levels(shown: Any) -> Array:
    """Round values that span what is shown: from zero if it hardly varies."""
    low, high = float(shown.min()), float(shown.max())
    low = low if high - low > 0.05 * high else 0.0
    levels = np.asarray(MaxNLocator(nbins=9, steps=STEPS).tick_values(low, high))
    return levels[levels >= 0.0]


def _draw_regions(ax: Axes, view: View, variance: Any) -> list[Any]:
    """Hatch and outline where nobody attends and where capacity binds; handles for a key."""
    t, handles = view.path.t, []
    low, high = float(variance.min()), float(variance.max())
    for regime, label, hatch, ink in REGIONS:
        edge = threshold(view.solution, low, high, regime)
        everywhere = view.solution.response(view.start).regime == regime and edge is None
        if edge is None and not everywhere:
            continue
        middle = edge if edge is not None else (high if regime == 0 else low)
        ends = (low - 1.0, middle) if regime == 0 else (middle, high + 1.0)
        area = ax.contourf(view.axis, t, variance, ends, colors="none", hatches=[hatch])
        area.set_edgecolor(ink)
        area.set_linewidth(0.0)
        if edge is not None:
            ax.contour(view.axis, t, variance, [edge], colors=ink, linewidths=1.0)
        face = "#00224e" if regime == 0 else "#fee838"  # the colour map's ends
        handles.append(Patch(facecolor=face, edgecolor=ink, hatch=hatch, linewidth=0, label=label))
    return handles


def threshold(solution: Solution, low: float, high: float, regime: int) -> float | None:
    """The variance between two at which attention enters (0: leaves) a regime, if any.

    Attention increases with the variance, so the regimes follow each other: none, interior, capped.
    """

    def past(variance: float) -> bool:
        found = solution.economy.respond(np.array([variance]))
        return int(found.regime[0]) > 0 if regime == 0 else int(found.regime[0]) >= regime

    if past(low) == past(high):
        return None
    while high - low > 1e-9 * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if past(middle) else (middle, high)
    return high
