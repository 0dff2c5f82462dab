"""Log-log plots of a verification: orders of convergence, and the discrete model in the limit.

The importer of matplotlib for `verify`; styles are those of `style`.
"""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import NullLocator

from pdesolve.plotting.style import STYLE, as_file
from pdesolve.verification.discrete_limit import Periods
from pdesolve.verification.orders import OrderTable
from pdesolve.verification.suite import Report

MARKS = ("o", "s", "^", "D", "v")
GREYS = ("0.0", "0.25", "0.4", "0.55", "0.65")
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
    columns = min(3 if width >= 5 else 1, count)
    rows = -(-count // columns)
    with style.context(["default", dict(STYLE)]):
        figure = Figure(figsize=(width, 2.5 * rows), layout=ConstrainedLayoutEngine(w_pad=0.08))
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, some in zip(panels, tables, strict=False):
            _draw_orders(ax, some)
        if report.periods:
            draw_periods(panels[len(tables)], report.periods)
        for ax in panels[count:]:
            ax.remove()
    return figure


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
            ax.loglog(x, y[0] * (x / x[0]) ** -order, "-", color=grey, linewidth=0.8)
        else:
            label = "kink" if table.kink else ""
        text = ax.annotate(label, (x[-1], y[-1]), (5, 0), textcoords="offset points", va="center")
        text.set_in_layout(False)
    of_case = ": " in first.name
    ax.set_title(first.name if of_case else first.name.split(", order")[0], loc="left")
    ax.set_xlabel(textwrap.fill(first.parameter, 36))
    ax.set_ylabel("change / field's size" if of_case else "largest error / field's size")
    ax.margins(y=0.1)
    ax.set_xlim(min(ends) / 1.15, max(ends) * (max(ends) / min(ends)) ** 0.45 * 1.15)
    _ticks(ax, [min(ends), (min(ends) * max(ends)) ** 0.5, max(ends)])


def draw_periods(ax: Axes, periods: tuple[Periods, ...]) -> None:
    """Distance of the discrete model from the equations against its number of periods."""
    shown = [one for one in periods if one.field in FIELDS]
    for one, mark, grey in zip(shown, MARKS, GREYS, strict=False):
        gap = np.abs(np.array(one.values) - one.pde) / one.scale
        if gap.max() < 1e-12:
            continue
        label = one.field.replace("_", " ")
        ax.loglog(one.periods, gap, mark, color=grey, markersize=4, label=label)
        line = gap[-1] * np.array(one.periods[-1]) / np.array(one.periods)
        ax.loglog(one.periods, line, "-", color=grey, linewidth=0.8)
        left = abs(one.limit - one.pde) / one.scale
        if left > 0:
            end = 2.0 * one.periods[-1]
            ax.loglog([end], [left], mark, color=grey, markersize=4, markerfacecolor="white")
    ax.set_title("Discrete model", loc="left")
    ax.plot([], [], "-", color="0.5", linewidth=0.8, label="first order")
    ax.plot([], [], "o", color="0.3", markersize=4, markerfacecolor="white", label="extrapolated")
    ax.set_xlabel("trading periods")
    ax.set_ylabel("distance from the equations / size")
    ax.set_xlim(0.9 * shown[0].periods[0], 30.0 * shown[0].periods[-1])
    ax.legend(loc="upper right", handletextpad=0.3, handlelength=1.5).set_in_layout(False)
    _ticks(ax, (shown[0].periods[0], shown[0].periods[-1]))


def _ticks(ax: Axes, where: Sequence[float]) -> None:
    """Label the resolutions themselves."""
    ax.set_xticks(where, [f"{n:.2g}" if n < 10 else f"{round(n)}" for n in where])
    ax.xaxis.set_minor_locator(NullLocator())
