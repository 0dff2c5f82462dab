"""Log-log plots of a verification: orders of convergence, and the discrete model in the limit."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from pdesolve.plotting.layout import centred, key, letter
from pdesolve.plotting.style import NARROW, STYLE, Sheet, as_file
from pdesolve.typing import Array
from pdesolve.verification.orders import OrderTable
from pdesolve.verification.periods import Periods
from pdesolve.verification.suite import Report

MARKS = ("o", "s", "^", "D", "v")
GREYS = ("0.0", "0.25", "0.4", "0.55", "0.65")
THEORY: Mapping[str, Any] = {
    "color": "0.5",
    "linestyle": (0, (4, 2)),
    "linewidth": 0.8,
    "zorder": 1,
}
IN_THEORY = "slope of the order in theory"
BEYOND = 1.12  # times the resolutions: how far that line goes
FIELDS = ("price", "variance", "attention", "log_value")


def page(report: Report, *, width: float = 7.0) -> Figure:
    """Draw every table of orders, and the discrete model.

    Parameters
    ----------
    report : Report
    width : float
        Inches; three panels in a row from 5 on, one below.

    Returns
    -------
    Figure
    """
    tables = [*_together(report.manufactured), *((one.table,) for one in report.refined)]
    count = len(tables) + bool(report.periods)
    columns = min(3 if width >= NARROW else 1, count)
    rows = -(-count // columns)
    with style.context(["default", dict(STYLE)]):
        layout = ConstrainedLayoutEngine(w_pad=0.08)
        figure = Sheet(figsize=(width, 2.6 * rows + 0.2), layout=layout)
        grid = figure.add_gridspec(rows, 2 * columns)
        panels = [figure.add_subplot(grid[place]) for place in centred(count, columns)]
        for ax, some in zip(panels, tables, strict=False):
            _draw_orders(ax, some)
        if report.periods:
            draw_periods(panels[-1], report.periods)
        letter(panels, [ax.get_title("left") for ax in panels])
        key(figure, order_handles(), f"Verification of {report.solution.case.name}")
    return figure


def order_handles() -> list[Line2D]:
    """What a key says of errors and the lines that they should fall along."""
    found = Line2D([], [], label="found", linestyle="none", marker="o", markersize=4, color="0.0")
    return [found, Line2D([], [], label=IN_THEORY, **THEORY)]


def render(report: Report, kind: str) -> bytes:
    """Return the page as a PNG, PDF or SVG file's content, the same for the same report."""
    case = report.solution.case
    return as_file(page(report), kind, f"Verification of {case.name}", report.version)


def _together(tables: tuple[OrderTable, ...]) -> list[tuple[OrderTable, ...]]:
    """Tables that refine the same thing, in one panel."""
    kinds: dict[str, list[OrderTable]] = {}
    for table in tables:
        kinds.setdefault(table.name.split(", order")[0], []).append(table)
    return [tuple(some) for some in kinds.values()]


def _draw_orders(ax: Axes, tables: tuple[OrderTable, ...]) -> None:
    """Largest error over the fields against resolution, and the slope of theory."""
    first = tables[0]
    ends: list[float] = []
    for table, mark, grey in zip(tables, MARKS, GREYS, strict=False):
        rows = [row for row in table.rows if row.norm == "max" and np.isfinite(row.expected)]
        order = min((row.expected for row in rows), default=float("nan"))
        rows = [row for row in rows if row.expected == order] or list(table.rows)
        x = np.array(table.resolutions[: len(rows[0].errors)])
        y = np.max([row.errors for row in rows], axis=0)
        ends += [x[0], x[-1]]
        ax.loglog(x, y, mark, color=grey, markersize=4)
        label = f"order {order:g}"
        if np.isfinite(order):
            draw_theory(ax, x, y[0], order)
        else:
            label = "kink" if table.kink else ""
        _beside(ax, label, x[-1], y[-1])
    of_case = ": " in first.name
    title = first.name if of_case else first.name.split(", order")[0]
    ax.set_title(in_greek(title), loc="left")
    ax.set_xlabel(textwrap.fill(f"{in_greek(first.parameter)} (log scale)", 36))
    ax.set_ylabel("change / field's size" if of_case else "largest error / field's size")
    ax.margins(y=0.1)
    ax.set_xlim(min(ends) / 1.15, max(ends) * (max(ends) / min(ends)) ** 0.45 * 1.15)
    middle = (min(ends) * max(ends)) ** 0.5
    inner = min(first.resolutions, key=lambda n: abs(np.log(n / middle)))
    _ticks(ax, [min(ends), inner, max(ends)])


def draw_theory(ax: Axes, x: Array, first: float, order: float) -> None:
    """The line from the first error at the order that theory expects, a little beyond the last."""
    ends = np.array([x[0] / BEYOND, x[-1] * BEYOND])
    ax.loglog(ends, first * (ends / x[0]) ** -order, **THEORY)


def in_greek(text: str) -> str:
    """Names of states as print shows them."""
    return text.replace("xi", "ξ").replace("psi", "Ψ")


def draw_periods(ax: Axes, periods: tuple[Periods, ...]) -> None:
    """Distance of the discrete model from the equations against its number of periods."""
    shown = [one for one in periods if one.field in FIELDS]
    largest = 0.0
    for one, mark, grey in zip(shown, MARKS, GREYS, strict=False):
        gap = np.abs(np.array(one.values) - one.pde) / one.scale
        if gap.max() < 1e-12:
            continue
        label = one.field.replace("_", " ")
        ax.loglog(one.periods, gap, mark, color=grey, markersize=4, label=label)
        n = np.array(one.periods, float)
        draw_theory(ax, n, gap[-1] * n[-1] / n[0], 1.0)
        largest = max(largest, gap[-1])
        left = abs(one.limit - one.pde) / one.scale
        if left > 0:
            end = 2.0 * one.periods[-1]
            ax.loglog([end], [left], mark, color=grey, markersize=4, markerfacecolor="white")
    ax.set_title("discrete model", loc="left")
    ax.plot([], [], "o", color="0.3", markersize=4, markerfacecolor="white", label="extrapolated")
    if largest > 0.0:
        _beside(ax, "order 1", shown[0].periods[-1], largest)
    ax.set_xlabel("trading periods (log scale)")
    ax.set_ylabel("distance from the equations / size")
    ax.set_xlim(0.9 * shown[0].periods[0], 5.0 * shown[0].periods[-1])
    ax.legend(loc="lower left", handletextpad=0.3, handlelength=1.5).set_in_layout(False)
    _ticks(ax, shown[0].periods)


def _beside(ax: Axes, text: str, x: float, y: float) -> None:
    """Write to the right of a point."""
    note = ax.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center")
    note.set_in_layout(False)


def _ticks(ax: Axes, where: Sequence[float]) -> None:
    """Label the resolutions themselves."""
    ax.set_xticks(where, [f"{n:.2g}" if n < 10 else f"{round(n)}" for n in where])
    ax.xaxis.set_minor_locator(LogLocator(subs=range(2, 10)))
    ax.xaxis.set_minor_formatter(NullFormatter())
