"""Attention, variance and volatility against preferences, noise, cost and horizon."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from pdesolve.case.labels import describe
from pdesolve.plotting.gallery import STROKES, swept
from pdesolve.plotting.layout import letter, panels
from pdesolve.plotting.style import MARKER

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
CENTRES = {
    "market.risk_aversion": 0.4,
    "market.supply_volatility": 1.0,
    "attention.cost.scale": 0.6,
    "market.horizon": 1.0,
}
FIELDS = {
    "attention": "attention S\n(attention)",
    "variance": "variance V\n(money²)",
    "price_volatility": "volatility\n(money/√time)",
}
SHORT = {"attention.cost.scale": "cost scale (money/\n(time attention²))"}


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
    places = [(field, key) for field in FIELDS for key in CENTRES]
    for k, (ax, (field, key)) in enumerate(zip(axes, places, strict=True)):
        x, y = found[key][key].to_numpy(), found[key][field].to_numpy()
        ax.plot(x, y, **STROKES[0])
        ax.plot([CENTRES[key]], [y[y.size // 2]], **MARKER)
        columns = 4 if width > 5 else 2
        ax.set_xlabel(SHORT.get(key) or describe(key).label.replace(" (", "\n("))
        if k % columns == 0:
            ax.set_ylabel(FIELDS[field])
    letter(axes, [""] * len(axes))
    return figure
