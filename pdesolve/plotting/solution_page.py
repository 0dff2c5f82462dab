"""A page of plots of a solution.

At later times psi is that of the path on which the price stays at its initial value
(`typical_path`), and the horizontal axis is xi less what that path has drifted: xi itself at
t = 0, and the path runs straight up. With two payoffs psi does not matter: it is zero, and xi is
not shifted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pdesolve.case.labels import pretty
from pdesolve.finance.price_path import TypicalPath, typical_path, window
from pdesolve.plotting.style import COLOURS, MARKER, NARROW, STYLE, as_file, fill
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import QUANTITIES
from pdesolve.typing import Array

SHARES = (0.0, 1 / 3, 2 / 3)  # of the horizon: times of the lines
STROKES: tuple[Mapping[str, Any], ...] = (
    {"color": "0.0", "linestyle": "-"},
    {"color": "0.3", "linestyle": (0, (5, 1.5))},
    {"color": "0.5", "linestyle": (0, (5, 1.5, 1, 1.5))},
)
STATIC: Mapping[str, Any] = {"linestyle": (0, (1, 1.2)), "linewidth": 0.9}
REGIONS = ((0, "no attention", "////", "white"), (2, "at capacity", "....", "black"))
WIDEST = 3.0  # windows at psi = 0 that the state axis may span


def page(solution: Solution, *, width: float = 7.0) -> Figure:
    """Draw price, variance and attention over the states and over time.

    Parameters
    ----------
    solution : Solution
    width : float
        Inches; below 5 the panels stand in one column.

    Returns
    -------
    Figure
        For `render`, or for ``figure.savefig``.
    """
    with style.context(["default", dict(STYLE)]):
        wide = width >= NARROW
        shape = (2, 2) if wide else (4, 1)
        height = 0.82 * width if wide else 2.75 * width
        layout = ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.06)
        figure = Figure(figsize=(width, height), layout=layout)
        panels = list(figure.subplots(*shape).flat)
        view = _View.of(solution)
        if solution.space.n_xi == 1:
            _draw_normal(panels, view)
        else:
            _draw_lines(panels[0], view, "price")
            _draw_lines(panels[1], view, "variance")
            _draw_lines(panels[2], view, "attention")
            _draw_map(figure, panels[3], view)
        for panel, letter in zip(panels, "abcd", strict=True):
            crowded = not wide and panel.get_legend() is not None
            title = f"({letter}) {panel.get_title(loc='left')}"
            panel.set_title(title, loc="left", pad=18.0 if crowded else None)
        _legend(figure, view, columns=5 if wide else 3)
        figure.supxlabel(fill(_caption(view), width), fontsize=6.5, color="0.25")
        return figure


def render(
    solution: Solution, kind: Literal["png", "pdf", "svg"] | str, *, width: float = 7.0
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Parameters
    ----------
    solution : Solution
    kind : {"png", "pdf", "svg"}
    width : float
        As in `page`.

    Raises
    ------
    ValueError
        If the kind is another one.
    """
    title = solution.case.heading
    return as_file(page(solution, width=width), kind, title, solution.version)


# ---------------------------------------------------------------------- what is shown


@dataclass(frozen=True, kw_only=True)
class _View:
    """A solution, the path that psi follows, and the states shown."""

    solution: Solution
    path: TypicalPath
    axis: Array  # xi less drift
    drift: Array  # of xi, at the path's times

    @classmethod
    def of(cls, solution: Solution) -> "_View":
        path = typical_path(solution)
        moves = path.psi[-1] > 0.0
        drift = path.xi - path.xi[0] if moves else np.zeros_like(path.t)
        low, high = window(solution, 0.0)[[0, -1]]
        last = window(solution, float(path.psi[-1]))[[0, -1]] - drift[-1]
        reach = 0.5 * (WIDEST - 1.0) * (high - low)
        low = np.clip(last[0], low - reach, low)
        high = np.clip(last[1], high, high + reach)
        return cls(solution=solution, path=path, axis=np.linspace(low, high, 241), drift=drift)

    def state(self, t: float) -> tuple[Array, float, float]:
        """State and time: xi along the axis, psi, t."""
        drift, psi = (float(np.interp(t, self.path.t, y)) for y in (self.drift, self.path.psi))
        return self.axis + drift, psi, t

    @property
    def start(self) -> float:
        return float(self.path.xi[0])

    @property
    def horizon(self) -> float:
        return self.solution.case.market.horizon

    @property
    def times(self) -> list[float]:
        return [share * self.horizon for share in SHARES]

    @property
    def states_label(self) -> str:
        return "state ξ less drift (1/money)" if self.drift.any() else "state ξ (1/money)"


def _threshold(solution: Solution, low: float, high: float, regime: int) -> float | None:
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


# ---------------------------------------------------------------------- panels


def _draw_lines(ax: Axes, view: _View, name: str) -> None:
    """One field over the states at a few times, with its static benchmark if it has one."""
    solution = view.solution
    label, unit = QUANTITIES[name].label, pretty(QUANTITIES[name].unit)
    static = getattr(solution, f"static_{name}", None)
    for when, stroke in zip(view.times, STROKES, strict=True):
        xi, psi, t = view.state(when)
        if static is not None and (t == 0.0 or psi > 0.0):
            ax.plot(view.axis, static(xi, psi), color=stroke["color"], **STATIC)
        ax.plot(view.axis, getattr(solution, name)(xi, psi, t), **stroke)
    ax.plot([view.start], [getattr(solution.initial, name)], **MARKER)
    ax.set_title(label, loc="left")
    ax.set_xlabel(view.states_label)
    ax.set_ylabel(f"{label} ({unit})")
    ax.set_xlim(view.axis[0], view.axis[-1])
    if name != "price":
        ax.set_ylim(bottom=0.0)


def _legend(figure: Figure, view: _View, columns: int) -> None:
    """Title and key to all panels, in one object so that they keep clear of each other."""
    lines = [
        Line2D([], [], label=f"t = {t:.3g}", **stroke)
        for t, stroke in zip(view.times, STROKES, strict=True)
    ]
    static = Line2D([], [], color="0.2", label="static", **STATIC)
    start = Line2D([], [], label="initial state", **MARKER)
    figure.legend(
        handles=[*lines, static, start],
        loc="outside upper center",
        ncols=columns,
        columnspacing=1.2,
        title=fill(view.solution.case.title, 0.7 * figure.get_figwidth()),
        title_fontsize=9,
    )


def _draw_map(figure: Figure, ax: Axes, view: _View) -> None:
    """Attention over states and time, with the regions where it is zero or at capacity."""
    t = view.path.t
    rows = [view.state(float(when)) for when in t]
    variance = np.array([view.solution.variance(*row) for row in rows])
    attention = np.array([view.solution.attention(*row) for row in rows])
    shown = np.ma.masked_invalid(attention)
    filled = ax.contourf(view.axis, t, shown, levels=_levels(shown), cmap=COLOURS)
    filled.set_edgecolor("face")  # no gaps between the bands in vector output
    bar = figure.colorbar(filled, ax=ax, pad=0.02)
    bar.set_label("attention S (attention)")
    handles = _draw_regions(ax, view, np.ma.masked_invalid(variance))
    for ink, breadth in (("white", 2.2), ("black", 0.9)):
        ax.plot(view.path.xi - view.drift, t, color=ink, linewidth=breadth)
    ax.plot([view.start], [0.0], **MARKER)
    ax.set_xlim(view.axis[0], view.axis[-1])
    ax.set_ylim(0.0, view.horizon)
    ax.set_title("attention S", loc="left")
    ax.set_xlabel(view.states_label)
    ax.set_ylabel("time t (time)")
    if handles:
        ax.legend(
            handles=handles,
            loc="lower right",
            bbox_to_anchor=(1.02, 0.99),
            ncols=len(handles),
            handlelength=2.0,
            handleheight=1.1,
            columnspacing=1.0,
            borderaxespad=0.1,
        )


def _levels(shown: Any) -> Array:
    """Round values that span what is shown: from zero if it hardly varies."""
    low, high = float(shown.min()), float(shown.max())
    low = low if high - low > 0.05 * high else 0.0
    levels = np.asarray(MaxNLocator(nbins=9).tick_values(low, high or 1.0))
    return levels[levels >= 0.0]


def _draw_regions(ax: Axes, view: _View, variance: Any) -> list[Patch]:
    """Hatch and outline where nobody attends and where capacity binds; handles for a legend."""
    t, handles = view.path.t, []
    low, high = float(variance.min()), float(variance.max())
    for regime, label, hatch, ink in REGIONS:
        edge = _threshold(view.solution, low, high, regime)
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


def _draw_normal(panels: list[Axes], view: _View) -> None:
    """Panels for a normal payoff, where only the price depends on the state."""
    solution, path = view.solution, view.path
    at = (path.xi, path.psi, path.t)
    _draw_lines(panels[0], view, "price")
    over_time = (
        ("variance", solution.variance(*at), solution.initial.variance),
        ("attention", solution.attention(*at), solution.initial.attention),
        ("psi", path.psi, 0.0),
    )
    for ax, (name, values, first) in zip(panels[1:], over_time, strict=True):
        label, unit = QUANTITIES[name].label, pretty(QUANTITIES[name].unit)
        ax.plot(path.t, values, **STROKES[0])
        if name == "variance":
            static = solution.static_variance(path.xi, path.psi)
            ax.plot(path.t, static, color="0.2", **STATIC)
        ax.plot([0.0], [first], **MARKER)
        ax.set_title(label, loc="left")
        ax.set_xlabel("time t (time)")
        ax.set_ylabel(f"{label} ({unit})")
        ax.set_xlim(0.0, view.horizon)
        ax.set_ylim(bottom=0.0)


def _caption(view: _View) -> str:
    """What has to be known to read the page."""
    solution = view.solution
    text = "Static: with no trade after now, in the same state."
    path = f"path along which the price stays at its initial value {solution.initial.price:.4g}"
    if solution.space.n_xi == 1:
        text += " Variance and attention depend on time only."
        text += f" Drift: that of ξ on the {path}." if view.drift.any() else ""
    elif view.drift.any():
        text += (
            f" Line in (d): {path}; its Ψ (up to {view.path.psi[-1]:.3g} 1/money²) is that of all"
            " panels, and its ξ gives the drift."
        )
    else:
        why = (
            "With two payoffs Ψ does not matter" if solution.prior.is_two_point else "Ψ stays zero"
        )
        text += f" {why}. Line in (d): {path}."
    if not np.isfinite(solution.price(*view.state(0.0))).all():
        text += " Blank: outside the region solved."
    return f"{text} {solution.case.name}, pdesolve {solution.version}."
