"""What the price tells of the payoff over time."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.case import load_case
from pdesolve.plotting.gallery import LINES, REFERENCE, solved
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import TIME

if TYPE_CHECKING:
    import xarray

CASE, COST = "baseline", "attention.cost.scale"
CAPTION = (
    "What the price tells in the baseline case, if attention costs a quarter of what it does there,"
    " as much, and four times that. (a) The share of the payoff's variance that the price explains:"
    " {cheap:.0%}, {usual:.0%} and {dear:.0%} at last. (b) The mean square of payoff less price,"
    " over the payoff's variance (1, dotted: as far off as the prior's mean). It falls to"
    " {near:.2f} and {some:.2f}; if attention is dear it rises, to {far:.2f}, although the price"
    " explains more. (c) Expected attention: most at the beginning."
)
COSTS = {"a quarter": 0.25, "as in the case": 1.0, "four times": 4.0}
Found = dict[str, "xarray.Dataset"]


def solve(quick: bool) -> Found:
    return {name: by_date(cost, quick) for name, cost in COSTS.items()}


def by_date(cost: float, quick: bool) -> "xarray.Dataset":
    """What is expected by date, with the mean squared error over the payoff's variance."""
    scale, dates = load_case(CASE).attention.cost.scale, np.linspace(0.0, 1.0, 41) ** 2
    solution = solved(CASE, quick, {COST: cost * scale})
    found = solution.expectations(dates=dates)
    return found.assign(distance=found.squared_error / solution.prior.variance)


def numbers(found: Found) -> dict[str, float]:
    last = [one.isel(t=-1) for one in found.values()]
    told = zip(("cheap", "usual", "dear"), [float(one.r_squared) for one in last], strict=True)
    off = zip(("near", "some", "far"), [float(one.distance) for one in last], strict=True)
    return dict(told) | dict(off)


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (1, 3), (3, 1), heights=(2.6, 2.1))
    names = "r_squared", "distance", "attention"
    labels = "R²", "E (x - p)² / variance of x", "attention S"
    for ax, name, label in zip(axes, names, labels, strict=True):
        for one, stroke in zip(found.values(), LINES, strict=False):
            ax.plot(one.t, one[name], **stroke)
        ax.set(xlabel=TIME, ylabel=label, xlim=(0.0, 1.0), ylim=(0.0, None))
    axes[1].axhline(1.0, **REFERENCE)
    letter(axes, ("explained by the price", "price's distance", "expected attention"))
    handles = [Line2D([], [], label=x, **y) for x, y in zip(found, LINES, strict=False)]
    key(figure, handles, "cost of attention")
    return figure
