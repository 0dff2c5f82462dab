"""A page on growth: the curve over the fraction, the chance of a drawdown, least future values."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.investing.growth_report import Report
from pdesolve.investing.least_future_value import LeastFutureValue
from pdesolve.plotting.gallery import LINES, REFERENCE
from pdesolve.plotting.layout import key, letter, panels, say
from pdesolve.plotting.style import MARKER, STYLE, as_file, fill
from pdesolve.version import __version__

LEVELS = np.linspace(0.0, 1.0, 101)
SHARES = (1.0, 0.5)  # of the growth-optimal fraction, whose drawdowns are drawn
FRACTIONS = ("fraction of wealth", "shares per unit of wealth")  # whether per share
OPTIMUM, HELD = "the optimum", "the fraction held"
HELD_MARKER: Mapping[str, Any] = {**MARKER, "marker": "s", "markersize": 4.5}


def page(report: Report, *, width: float = 7.0) -> Figure:
    """Draw the growth curve, the chance of ever falling, and least future values if there are any.

    Parameters
    ----------
    report : Report
    width : float
        Inches; below 5 the panels stand in one column.
    """
    count = 3 if report.least else 2
    with style.context(["default", dict(STYLE)]):
        figure, axes = panels(width, (1, count), (count, 1), heights=(2.6, 2.2))
        _draw_curve(axes[0], report)
        _draw_drawdown(axes[1], report)
        titles = ["growth", "ever falling to y"]
        if report.least:
            draw_least(axes[2], report.least[-1])
            titles.append("least future value")
        letter(axes, titles)
        key(figure, _handles(report))
        figure.supxlabel(fill(_caption(report), width), fontsize=6.5, color="0.25")
    return figure


def render(
    report: Report, kind: Literal["png", "pdf", "svg"] | str, *, width: float = 7.0
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Raises
    ------
    ValueError
        If the kind is another one.
    """
    title = f"Growth: {report.found.law.label}"
    return as_file(page(report, width=width), kind, title, __version__)


def draw_least(ax: Axes, found: LeastFutureValue) -> None:
    """A histogram of least future values, against the flat law."""
    middle = 0.5 * (found.edges[1:] + found.edges[:-1])
    wide = np.diff(found.edges)
    ax.bar(middle, found.shares, wide, color="0.75", edgecolor="white", linewidth=0.5)
    ax.plot(found.edges[[0, -1]], np.full(2, wide[0] / found.edges[-1]), **REFERENCE)
    ax.set(xlabel="least later value of 100", ylabel="share of the starts", xlim=(0.0, 100.0))


def _draw_curve(ax: Axes, report: Report) -> None:
    found, cash = report.found, float(np.log1p(report.found.rate))
    said = " (limit)" if found.endless else ""
    ax.set(xlabel=FRACTIONS[report.per_share], ylabel=f"growth per period{said}")
    fractions, growth = found.curve()
    known = np.isfinite(growth)
    ax.plot(fractions[known], growth[known], **LINES[0])
    ax.axhline(cash, **REFERENCE)
    best, top = _optimum(report)
    if np.isfinite(best):
        ax.plot([best], [top], **MARKER)
        low = min(cash, growth[0]) - 1.2 * (top - cash)
        if top > cash:
            ax.set_ylim(bottom=max(low, float(growth[known].min()) - 0.05 * (top - low)))
    if report.asked.share is not None and np.isfinite(report.held):
        ax.plot([report.held], [report.growth_held], **HELD_MARKER)
    ax.locator_params(axis="x", nbins=6)


def _optimum(report: Report) -> tuple[float, float]:
    """Fraction and growth, those of the limit where every fraction but 0 risks ruin."""
    found = report.found
    return found.limit[:2] if found.endless else (found.fraction, found.growth)


def _draw_drawdown(ax: Axes, report: Report) -> None:
    best, _ = _optimum(report)
    ax.set(xlabel="share of wealth y", ylabel="chance at most")
    ax.set(xlim=(0.0, 1.0), ylim=(0.0, 1.02))
    if not np.isfinite(best) or best == 0.0:
        return say(ax, "nothing is at stake" if best == 0.0 else "nothing can be lost")
    for share, stroke in zip(_shares(report), LINES, strict=False):
        exponent = report.exponent_at(share)
        if np.isfinite(exponent):
            ax.plot(LEVELS, LEVELS**exponent, **stroke)


def _shares(report: Report) -> list[float]:
    share = report.asked.share
    return list(dict.fromkeys(SHARES if share is None else (*SHARES, share)))


def _handles(report: Report) -> list[Line2D]:
    """What the strokes are."""
    lines = []
    best, _ = _optimum(report)
    if best and np.isfinite(best):
        lines = [
            Line2D([], [], label=f"{share:g} of the optimum", **stroke)
            for share, stroke in zip(_shares(report), LINES, strict=False)
        ]
    marks = [Line2D([], [], label=OPTIMUM, **MARKER)] if np.isfinite(best) else []
    if report.asked.share is not None and np.isfinite(report.held):
        marks.append(Line2D([], [], label=HELD, **HELD_MARKER))
    flat = "cash, and the flat law" if report.least else "cash"
    return [*lines, *marks, Line2D([], [], label=flat, **REFERENCE)]


def _caption(report: Report) -> str:
    """What has to be known to read the page."""
    found = report.found
    said = (
        f"{report.name}: {found.law.label}; riskless rate {found.rate:g} per period. Chances are"
        " upper bounds, exact in the limit of small returns, of wealth in units of cash."
    )
    if found.endless:
        said += " All is of the limit of small returns: every fraction but 0 risks ruin."
    if report.least:
        one = report.least[-1]
        said += f" Least values of {len(one.least)} starts, at leverage {one.leverage:.4g}."
    return f"{said} pdesolve {__version__}."
