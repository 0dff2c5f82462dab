"""Price, variance and attention of the baseline case."""

import numpy as np
from matplotlib.figure import Figure

from pdesolve.plotting.gallery import solved
from pdesolve.plotting.solution_page import page
from pdesolve.solver.solution import Solution

CASE = "baseline"
CAPTION = (
    "The baseline case, a skewed earnings announcement. Variance and attention are largest where a"
    " profit warning is in doubt: at t = 0 attention peaks at {peak:.2f} a little to the left of"
    " the initial state (circle), and good news (to the right) puts an end to it. Dotted: the"
    " static market, which knows no trade after now; its price is {static:.2f}, and with trade"
    " {price:.2f}."
)


def solve(quick: bool) -> Solution:
    return solved(CASE, quick)


def numbers(solution: Solution) -> dict[str, float]:
    initial, around = solution.initial, np.linspace(-1.0, 0.5, 151)
    peak = float(solution.attention(around).max())
    return {"price": initial.price, "static": initial.static_price, "peak": peak}


def draw(solution: Solution, width: float) -> Figure:
    return page(solution, width=width)
