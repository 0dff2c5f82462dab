"""A public report half-way, against news all along and none."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.plotting.gallery import LINES, solved
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import TIME
from pdesolve.solver.fields import just_before

if TYPE_CHECKING:
    import xarray

CASE, DATE = "announcement", 0.5
CASES = {"report at t = ½": CASE, "as much, all along": "newsflow", "no public news": "baseline"}
CAPTION = (
    "A public report at t = ½ of precision 0.4 (case announcement), news that comes all along, of"
    " the same precision in all (newsflow), and no public news (baseline). (a) Expected attention."
    " With the report to come it is lower than without public news, at last {before:.2f} against"
    " {without:.2f}; on the date it falls to {after:.2f}. With news all along it is lower than"
    " before the report and higher than after it. (b) The premium that is left, expected payoff"
    " less expected price: {premium:.0%} of the initial one is earned on the date. (c) The"
    " risk-neutral variance of the price by date, as a share of V at t = 0: {share:.0%} of V comes"
    " on the date. At t = 1 it is {told:.0%} with the report, {flow:.0%} with news all along and"
    " {none:.0%} without."
)
Found = dict[str, "xarray.Dataset"]


def solve(quick: bool) -> Found:
    return {label: by_date(name, quick) for label, name in CASES.items()}


def by_date(name: str, quick: bool) -> "xarray.Dataset":
    """What is expected by date, with the share of V at t = 0 that the price has moved by."""
    early, late = DATE * np.linspace(0.0, 1.0, 16) ** 2, np.linspace(DATE, 1.0, 9)
    dates, solution = [*early[:-1], just_before(DATE), *late], solved(name, quick)
    found = solution.expectations(dates=dates)
    neutral = solution.expectations("risk-neutral", dates=dates)
    return found.assign(share=neutral.price_variance / solution.initial.variance)


def numbers(found: Found) -> dict[str, float]:
    report, flow, none = found.values()
    now = int(np.searchsorted(report.t, DATE))  # just after the report; one back, just before it
    attention, left, share = (report[name].values for name in ("attention", "premium", "share"))
    return {
        "before": float(attention[now - 1]),
        "without": float(none.attention[now - 1]),
        "after": float(attention[now]),
        "premium": float((left[now - 1] - left[now]) / left[0]),
        "share": float(share[now] - share[now - 1]),
        "told": float(share[-1]),
        "flow": float(flow.share[-1]),
        "none": float(none.share[-1]),
    }


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (1, 3), (3, 1), heights=(2.6, 2.1))
    names = "attention", "premium", "share"
    labels = "attention S", "premium (money)", "share of V at t = 0"
    for ax, name, label in zip(axes, names, labels, strict=True):
        for one, stroke in zip(found.values(), LINES, strict=False):
            ax.plot(one.t, one[name], **stroke)
        ax.set(xlabel=TIME, ylabel=label, xlim=(0.0, 1.0), ylim=(0.0, None))
    letter(axes, ("expected attention", "premium left", "variance of the price"))
    key(figure, [Line2D([], [], label=x, **y) for x, y in zip(found, LINES, strict=False)])
    return figure
