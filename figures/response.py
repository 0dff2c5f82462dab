"""How attention answers uncertainty and cost."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.case import load_case
from pdesolve.model.economy import Economy
from pdesolve.plotting.gallery import LINES
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.typing import Array

CASE = "paper"
CAPTION = (
    "The best attention to the variance (a), the precision that it buys (b), and attention against"
    " the scale of the cost at a variance of ½ (c), for the same cost and three technologies; the"
    " fourth is the third with a price on the first unit of attention. With diminishing returns"
    " (power) some attention always pays. The others have a threshold, above which attention grows"
    " from nothing, or, with increasing returns and a price on the first unit, jumps: to"
    " {jump:.2f}, at a variance of {threshold:.2f}."
)
TECHNOLOGIES: dict[str, dict[str, object]] = {
    "linear": {"precision": "linear", "efficiency": 1.0},
    "power": {"precision": "power", "efficiency": 1.0, "elasticity": 0.5},
    "exponential": {},
    "exponential, first unit priced": {"cost.linear": 0.1},
}
VARIANCES = np.linspace(0.0, 1.0, 1001)[1:]
SCALES = np.geomspace(0.004, 0.4, 401)


class Curves(NamedTuple):
    """Attention and precision over the variance, and attention over the scale of the cost."""

    attention: Array
    precision: Array
    by_cost: Array


def solve(quick: bool) -> dict[str, Curves]:
    return {name: curves(terms, 20 if quick else 1) for name, terms in TECHNOLOGIES.items()}


def curves(terms: dict[str, object], step: int) -> Curves:
    overrides = {f"attention.{key}": value for key, value in terms.items()}
    case = load_case(CASE, overrides)
    by_cost = np.full(SCALES.shape, np.nan)
    found = Economy.of(case).respond(VARIANCES)
    for k in range(0, SCALES.size, step):
        dearer = load_case(CASE, {**overrides, "attention.cost.scale": SCALES[k]})
        by_cost[k] = Economy.of(dearer).respond(np.array([0.5])).attention[0]
    return Curves(found.attention, found.precision_rate, by_cost)


def numbers(found: dict[str, Curves]) -> dict[str, float]:
    attention = found["exponential, first unit priced"].attention
    first = int(np.flatnonzero(attention)[0])
    return {"jump": float(attention[first]), "threshold": float(VARIANCES[first])}


def draw(found: dict[str, Curves], width: float) -> Figure:
    figure, (a, b, c) = panels(width, (1, 3), (3, 1), heights=(2.6, 2.2))
    for one, stroke in zip(found.values(), LINES, strict=True):
        known = np.isfinite(one.by_cost)
        a.plot(VARIANCES, one.attention, **stroke)
        b.plot(VARIANCES, one.precision, **stroke)
        c.semilogx(SCALES[known], one.by_cost[known], **stroke)
    a.set(xlabel="variance V (money²)", ylabel="attention S")
    b.set(xlabel="variance V (money²)", ylabel="precision A\n(1/(money² time))")
    c.set(xlabel="scale of the cost\n(money/(time attention))", ylabel="attention S")
    letter((a, b, c), ("attention", "precision bought", "attention by cost"))
    handles = [Line2D([], [], label=name, **s) for name, s in zip(found, LINES, strict=True)]
    key(figure, handles)
    return figure
