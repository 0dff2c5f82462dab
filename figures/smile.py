"""Implied volatility and state prices."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.plotting.gallery import LINES, solved
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

CASE, CASES = "baseline", ("baseline", "normal", "uniform")
CAPTION = (
    "Options on the payoff at t = 0. (a) Implied normal volatility, over √V, against strikes in √V"
    " from the price. In normal it is flat, {flat:.3f}; in baseline, with its tail of bad news, it"
    " is {left:.2f} half of √V below the price and {right:.2f} as far above; in uniform it falls to"
    " both sides. (b) The price of 1 in the worst state of baseline is {worst:.3f}; its probability"
    " is 0.1. (c) In uniform the ends are dearer than the prior's density, 0.5: {bottom:.2f} at the"
    " bottom, {top:.2f} at the top, {least:.2f} where it is cheapest."
)
APART = np.linspace(-1.5, 1.5, 61)  # strikes less price, over the root of V
STATE: dict[str, Any] = {"color": "black", "linewidth": 3.0}
PRIOR: dict[str, Any] = {"color": "0.6", "linewidth": 3.0}


class Found(NamedTuple):
    """Smiles over sqrt(V) of all cases; two solutions with their state prices."""

    smiles: dict[str, Array]
    solutions: list[Solution]
    states: list["xarray.Dataset"]


def solve(quick: bool) -> Found:
    solutions = {name: solved(name, quick) for name in CASES}
    discrete, _, flat = solutions.values()
    pair = [discrete, flat]
    smiles = {name: smile(one) for name, one in solutions.items()}
    return Found(smiles, pair, [one.state_prices() for one in pair])


def smile(solution: Solution) -> Array:
    price, sd = solution.initial.price, float(np.sqrt(solution.initial.variance))  # horizon: 1
    return solution.option_prices(price + sd * APART).normal_volatility.values / sd


def numbers(found: Found) -> dict[str, float]:
    base, normal, _ = found.smiles.values()
    state_price, density = found.states[0].state_price, found.states[1].density.values
    return {
        "flat": float(normal[np.abs(normal - 1.0).argmax()]),
        **{name: float(np.interp(z, APART, base)) for name, z in (("left", -0.5), ("right", 0.5))},
        "worst": float(state_price[0]),
        **{"bottom": float(density[0]), "top": float(density[-1]), "least": float(density.min())},
    }


def draw(found: Found, width: float) -> Figure:
    figure, (smiles, bars, curve) = panels(width, (1, 3), (3, 1), heights=(2.6, 2.1))
    for (name, values), stroke in zip(found.smiles.items(), LINES, strict=False):
        smiles.plot(APART, values, label=name, **stroke)
    smiles.set(xlabel="(strike - price) / √V", ylabel="volatility / √V")
    smiles.legend()
    (discrete, flat), (states, dense) = found.solutions, found.states
    values, probabilities = (part.ravel() for part in discrete.prior.panels())
    bars.vlines(values - 0.1, 0.0, states.state_price, **STATE)
    bars.vlines(values + 0.1, 0.0, probabilities, **PRIOR)
    bars.set(xlabel="payoff (money)", ylabel="price of 1, probability", ylim=(0.0, None))
    curve.plot(dense.x, dense.density, **STATE | {"linewidth": 1.3})
    curve.plot(dense.x, flat.prior.density(dense.x.values), **PRIOR | {"linewidth": 1.8})
    curve.set(xlabel="payoff (money)", ylabel="density (1/money)", ylim=(0.0, None))
    letter((smiles, bars, curve), ("implied volatility", "case baseline", "case uniform"))
    strokes = {"state price": STATE, "prior": PRIOR}
    key(figure, [Line2D([], [], label=name, **stroke) for name, stroke in strokes.items()])
    return figure
