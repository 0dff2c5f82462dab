"""The growth curve of a favourable coin, and of the stock market."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.investing import laws
from pdesolve.investing.growth import Growth, growth_of, rebalanced
from pdesolve.plotting.gallery import LINES, REFERENCE
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import MARKER

CASE = ""
CAPTION = (
    "(a) A coin that falls heads with probability 51%: who stakes a fraction {fraction:.2f} of"
    " wealth each day, twice the edge, grows fastest, by {yearly:.2%} in 250 days; from"
    " {zero:.5f} on, about four times the edge, a favourable game loses in the long run. Dotted,"
    " the parabola of small returns. (b) A stock with mean {mean:.1%} above interest and volatility"
    " {sd:.0%} a year: rebalanced daily the best fraction is {daily:.1%}, in the limit of small"
    " returns {limit:.0%}; rebalanced yearly, with one of two returns, {once:.1%}."
)
DELTA, DAYS = 0.01, 250
MEAN, SD = 0.056, 0.2
STAKES, FRACTIONS = np.linspace(0.0, 0.05, 201), np.linspace(0.0, 3.2, 201)
YEARLY, DAILY, LIMIT = "rebalanced yearly", "daily, and the coin", "small returns"


class Curves(NamedTuple):
    """Growth of the coin, and of the stock where it is rebalanced yearly and daily."""

    coin: Growth
    yearly: Growth
    daily: Growth


def solve(quick: bool) -> Curves:
    coin = growth_of(laws.two_point(0.5 + DELTA, 1.0, 1.0))
    return Curves(coin, rebalanced(MEAN, SD, 1), rebalanced(MEAN, SD, DAYS))


def numbers(found: Curves) -> dict[str, float]:
    return {
        "fraction": found.coin.fraction,
        "yearly": DAYS * found.coin.growth,
        "zero": found.coin.break_even,
        "mean": MEAN,
        "sd": SD,
        "daily": found.daily.fraction,
        "limit": MEAN / SD**2,
        "once": found.yearly.fraction,
    }


def draw(found: Curves, width: float) -> Figure:
    figure, (a, b) = panels(width, (1, 2), (2, 1))
    a.plot(STAKES, [1e4 * found.coin.growth_at(float(f)) for f in STAKES], **LINES[0])
    a.plot(STAKES, 1e4 * (2.0 * DELTA * STAKES - 0.5 * STAKES**2), **REFERENCE)
    a.plot([found.coin.fraction], [1e4 * found.coin.growth], **MARKER)
    a.plot([found.coin.break_even], [0.0], **{**MARKER, "marker": "s"})
    for one, times, stroke in ((found.daily, DAYS, LINES[0]), (found.yearly, 1, LINES[1])):
        b.plot(FRACTIONS, [times * one.growth_at(float(f)) for f in FRACTIONS], **stroke)
        b.plot([one.fraction], [times * one.growth], **MARKER)
    b.plot(FRACTIONS, MEAN * FRACTIONS - 0.5 * (SD * FRACTIONS) ** 2, **REFERENCE)
    a.set(xlabel="fraction of wealth", ylabel="growth (1/10,000 days)")
    b.set(xlabel="fraction of wealth", ylabel="growth (1/year)")
    for ax in (a, b):
        ax.axhline(0.0, color="0.6", linewidth=0.6)
    letter((a, b), ("a 51% coin", "a stock"))
    strokes = ((DAILY, LINES[0]), (YEARLY, LINES[1]), (LIMIT, REFERENCE))
    handles = [Line2D([], [], label=label, **stroke) for label, stroke in strokes]
    handles.append(Line2D([], [], label="largest growth", **MARKER))
    handles.append(Line2D([], [], label="growth ends", **{**MARKER, "marker": "s"}))
    key(figure, handles)
    return figure
