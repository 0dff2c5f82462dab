"""SVIX against the true premium."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.interpolate import CubicSpline

from pdesolve.plotting.gallery import STROKES, swept
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.typing import Array

CASE, SUPPLY = "market", "market.initial_supply"
CAPTION = (
    "The premium on the asset until T = 1, (E x - p)/p, and SVIX², V/p², which Martin (2017) takes"
    " as a lower bound of it, against the initial supply. (a) In market it is one from a supply of"
    " {market:.2f} on (the case has 1), (b) in baseline from {baseline:.2f} on (the case has ½)."
    " (c) In binary it is none up to a supply of 1: there the premium is {most:.2f} and SVIX²"
    " {much:.2f}; without supply the premium is {none:.3f} and SVIX² {svix:.2f}."
)


class Found(NamedTuple):
    """Over initial supply."""

    premium: Array
    svix2: Array


SUPPLIES = np.linspace(0.0, 1.0, 5)


def solve(quick: bool) -> dict[str, Found]:
    return {name: over_supply(name, quick) for name in (CASE, "baseline", "binary")}


def over_supply(name: str, quick: bool) -> Found:
    found = swept(name, quick, SUPPLY, SUPPLIES)
    return Found(found.premium.values / found.price.values, found.svix.values**2)


def holds_from(found: Found) -> float:
    """The supply at which the premium is SVIX²."""
    (at,) = CubicSpline(SUPPLIES, found.premium - found.svix2).roots(extrapolate=False)
    return float(at)


def numbers(found: dict[str, Found]) -> dict[str, float]:
    premium, svix2 = found["binary"]
    return {
        **{name: holds_from(found[name]) for name in (CASE, "baseline")},
        **{"none": float(premium[0]), "most": float(premium[-1])},
        **{"svix": float(svix2[0]), "much": float(svix2[-1])},
    }


def draw(found: dict[str, Found], width: float) -> Figure:
    figure, axes = panels(width, (1, 3), (3, 1), heights=(2.6, 2.1))
    for ax, curves in zip(axes, found.values(), strict=True):
        for values, stroke in zip(curves, STROKES, strict=False):
            ax.plot(SUPPLIES, values, **stroke)
        ax.axhline(0.0, color="0.6", linewidth=0.6)
        ax.set(xlabel="initial supply (shares)", ylabel="share of the price")
    letter(axes, list(found))
    names = ("premium", "SVIX²")
    key(figure, [Line2D([], [], label=x, **y) for x, y in zip(names, STROKES, strict=False)])
    return figure
