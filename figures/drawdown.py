"""Kelly and fractional Kelly against drawdown."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.investing.drawdown import ever_below, simulate_below
from pdesolve.investing.drawdown_equation import solve_ever_below
from pdesolve.plotting.gallery import LINES
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import MARKER
from pdesolve.typing import Array

CASE = ""
CAPTION = (
    "The chance that wealth ever falls to a share y of what it was, in the limit of small returns."
    " (a) At the growth-optimal fraction the chance is y itself; at half of it y³, an eighth for"
    " half of wealth; at one and a half times it the cube root of y. Lines are the closed form,"
    " dots the solution of its differential equation, circles simulated. (b) What safety costs:"
    " half the optimum keeps {half:.0%} of the growth and halves wealth with a chance of"
    " {halved:.1%}, and twice the optimum grows no more and halves it for certain."
)
SHARES = (0.5, 1.0, 1.5)
LEVELS = np.linspace(0.0, 1.0, 201)
MARKED = np.array([0.2, 0.4, 0.6, 0.8])
LEVEL = 0.5
CIRCLE: Mapping[str, Any] = {**MARKER, "markersize": 6.5, "markerfacecolor": "none"}
DOT: Mapping[str, Any] = {"marker": ".", "color": "black", "linestyle": "none", "markersize": 4}


class Chances(NamedTuple):
    """Chances at the marked levels, from the equation and simulated, by share of the optimum."""

    solved: dict[float, Array]
    simulated: dict[float, Array]


def solve(quick: bool) -> Chances:
    paths = 1000 if quick else 10_000
    solved, simulated = {}, {}
    for c in SHARES:
        each = [solve_ever_below(float(y), c) for y in MARKED]
        solved[c] = np.array([one.chance for one in each])
        simulated[c] = np.array([simulate_below(float(y), c, paths=paths).chance for y in MARKED])
    return Chances(solved, simulated)


def numbers(found: Chances) -> dict[str, float]:
    return {"half": 2.0 * 0.5 - 0.5**2, "halved": ever_below(LEVEL, 0.5)}


def draw(found: Chances, width: float) -> Figure:
    figure, (a, b) = panels(width, (1, 2), (2, 1))
    for c, stroke in zip(SHARES, LINES, strict=False):
        a.plot(LEVELS, LEVELS ** (2.0 / c - 1.0), **stroke)
        a.plot(MARKED, found.simulated[c], **CIRCLE)
        a.plot(MARKED, found.solved[c], **DOT)
    shares = np.linspace(0.01, 2.0, 200)
    b.plot([ever_below(LEVEL, float(c)) for c in shares], 2.0 * shares - shares**2, **LINES[0])
    for c, sides in ((0.5, (6, -9)), (1.0, (-3, -12)), (1.5, (-18, -9)), (2.0, (-12, 0))):
        place = ever_below(LEVEL, c), 2.0 * c - c**2
        b.plot(*place, **MARKER)
        b.annotate(f"{c:g}", place, sides, textcoords="offset points")
    a.set(xlabel="share of wealth y", ylabel="chance", xlim=(0.0, 1.0), ylim=(0.0, 1.02))
    b.set(xlabel="chance of ever halving", ylabel="share of growth kept")
    b.set(xlim=(0.0, 1.0), ylim=(-0.04, 1.04))
    letter((a, b), ("ever falling to y", "what safety costs"))
    lines = zip(SHARES, LINES, strict=False)
    handles = [Line2D([], [], label=f"{c:g} of the optimum", **stroke) for c, stroke in lines]
    handles.append(Line2D([], [], label="by its equation", **DOT))
    handles.append(Line2D([], [], label="simulated", **CIRCLE))
    key(figure, [*handles, Line2D([], [], label="share of the optimum", **MARKER)])
    return figure
