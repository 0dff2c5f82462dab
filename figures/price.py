"""The price against the static price."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.plotting.gallery import LINES, REFERENCE, solved
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import MARKER
from pdesolve.solver.solution import Solution

CASE = "three_states"
CAPTION = (
    "Three payoffs: 0, 1 and 3. (a) The price at t = 0 and the static price, at which the same"
    " investors would trade if there were no trade after now. (b) Their difference, the hedging"
    " component: it adds {most:.2f} to the price near the initial state"
    " (circle), whence the rare high payoff could still become likely, and takes away {least:.2f}"
    " where it already is."
)
STATES = np.linspace(-4.0, 3.0, 281)


def solve(quick: bool) -> Solution:
    return solved(CASE, quick)


def numbers(solution: Solution) -> dict[str, float]:
    wedge = solution.price(STATES) - solution.static_price(STATES)
    return {
        "most": float(wedge.max()),
        "least": float(-wedge.min()),
    }


def draw(solution: Solution, width: float) -> Figure:
    price, static = solution.price(STATES), solution.static_price(STATES)
    figure, (above, below) = panels(width, (1, 2), (2, 1))
    above.plot(STATES, price, **LINES[0])
    above.plot(STATES, static, **REFERENCE)
    below.plot(STATES, price - static, **LINES[0])
    below.axhline(0.0, color="0.6", linewidth=0.6)
    market, initial = solution.case.market, solution.initial
    start = -market.risk_aversion * market.initial_supply
    above.plot([start], [initial.price], **MARKER)
    below.plot([start], [initial.price - initial.static_price], **MARKER)
    above.set_ylabel("price (money)")
    below.set_ylabel("difference (money)")
    for ax in (above, below):
        ax.set_xlabel("state ξ (1/money)")
        ax.set_xlim(STATES[0], STATES[-1])
    letter((above, below), ("price", "price less static price"))
    handles = [
        Line2D([], [], label="price p", **LINES[0]),
        Line2D([], [], label="static price", **REFERENCE),
        Line2D([], [], label="initial state", **MARKER),
    ]
    key(figure, handles)
    return figure
