"""Attention, variance and volatility against preferences, noise, cost and horizon."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.case.labels import pretty
from pdesolve.plotting.gallery import STROKES, swept
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import MARKER, axis_label

if TYPE_CHECKING:
    from xarray import Dataset

CASE = "baseline"
CAPTION = (
    "The baseline case (circle), one parameter at a time. The more risk-averse attend less,"
    " although they face more variance: a unit of precision is worth V/2ρ to them, and twice the"
    " risk aversion takes attention from {attention:.2f} to {averse:.2f}. Supply noise raises"
    " variance and attention, but volatility falls first: prices that tell less move less, until"
    " the noise itself moves them. Dearer attention calms the price; the horizon hardly matters."
)
CENTRES = {  # the case's values
    "market.risk_aversion": 0.4,
    "market.supply_volatility": 1.0,
    "attention.cost.scale": 0.6,
    "market.horizon": 1.0,
}
SYMBOLS = dict(zip(CENTRES, ("ρ", "σ", "cost", "T"), strict=True))
FIELDS = ("attention", "variance", "price_volatility")


def solve(quick: bool) -> "dict[str, Dataset]":
    factors = np.geomspace(0.5, 2.0, 3 if quick else 9)
    return {key: swept(CASE, quick, key, factors * middle) for key, middle in CENTRES.items()}


def numbers(found: "dict[str, Dataset]") -> dict[str, float]:
    averse = found["market.risk_aversion"]
    middle = averse["attention"].size // 2
    return {
        "attention": float(averse["attention"][middle]),
        "averse": float(averse["attention"][-1]),
    }


def draw(found: "dict[str, Dataset]", width: float) -> Figure:
    figure, axes = panels(width, (3, 4), (6, 2), heights=(2.1, 1.6), share=True)
    places = [(field, varied) for field in FIELDS for varied in CENTRES]
    for k, (ax, (field, varied)) in enumerate(zip(axes, places, strict=True)):
        x, y = found[varied][varied], found[varied][field].to_numpy()
        ax.plot(x.to_numpy(), y, **STROKES[0])
        ax.plot([CENTRES[varied]], [y[y.size // 2]], **MARKER)
        name, unit = x.attrs["long_name"].removeprefix("attention "), pretty(x.attrs["units"])
        break_before = "(time" if "/(time" in unit else "("
        ax.set_xlabel(f"{name} ({unit})".replace(break_before, f"\n{break_before}", 1))
        if k % (4 if width > 5 else 2) == 0:
            ax.set_ylabel(axis_label(field).replace("price volatility", "volatility"))
    letter(axes, [f"{field.replace('price_', '')}, {SYMBOLS[varied]}" for field, varied in places])
    handles = [
        Line2D([], [], label="one parameter varied", **STROKES[0]),
        Line2D([], [], label="the case", **MARKER),
    ]
    key(figure, handles)
    return figure
