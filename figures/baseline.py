"""Price, variance and attention of the baseline case."""

import numpy as np
from matplotlib.figure import Figure

from pdesolve.plotting.gallery import solved
from pdesolve.plotting.solution_page import page
from pdesolve.solver.solution import Solution

CASE = "baseline"
CAPTION = (
    "The baseline case, a skewed earnings announcement. (a) With trade to come the price is up to"
    " {most:.2f} above the static one, which knows no trade after now, in bad states, and below it"
    " in the initial state (circle): {price:.2f} in place of {static:.2f}. (b) Variance, dotted the"
    " static one, and (c) attention are largest where a profit warning is in doubt: at t = 0"
    " attention peaks at {peak:.2f} a little to the left of the initial state, and good news (to"
    " the right) puts an end to it."
)


def solve(quick: bool) -> Solution:
    return solved(CASE, quick)


def numbers(solution: Solution) -> dict[str, float]:
    initial, around = solution.initial, np.linspace(-2.0, 0.5, 251)
    return {
        "price": initial.price,
        "static": initial.static_price,
        "most": float((solution.price(around) - solution.static_price(around)).max()),
        "peak": float(solution.attention(around).max()),
    }


def draw(solution: Solution, width: float) -> Figure:
    return page(solution, width=width)
