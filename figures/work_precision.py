"""Seconds against the error that they leave, and the same by general tools."""

import csv
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.plotting.gallery import STROKES
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import NARROW

MEASURED = Path(__file__).with_suffix(".csv")
# of the line, which falls from left to right, in points: neighbours on either side in turn
BESIDE = (((-2, -11), "right"), ((2, 4), "left"))
ABOUT = MEASURED.read_text(encoding="utf-8").partition("\n")[0].strip("# ")
CASE = ""
CAPTION = (
    "Seconds of the processor against the largest relative error that they leave in the five"
    " reported values, the farther to the lower left the better: `solve` at tolerances from"
    " {loosest:g} to {tightest:g}, its choice of the grid and its error bars included; and a march"
    " by general tools on grids chosen by hand, which say nothing about their error: SciPy's RK23"
    " with central differences, and py-pde without the time that it takes to compile. Stored"
    f" measurements: {ABOUT}."
)


class Point(NamedTuple):
    """Asked for, left as an error, and paid for."""

    asked: str
    error: float
    seconds: float


Found = dict[str, dict[str, list[Point]]]  # by case and method


def solve(quick: bool) -> Found:
    found: Found = {}
    lines = MEASURED.read_text(encoding="utf-8").splitlines()[1:]
    for row in csv.DictReader(lines):
        points = found.setdefault(row["case"], {}).setdefault(row["method"], [])
        points.append(Point(row["asked"], float(row["error"]), float(row["seconds"])))
    return found


def numbers(found: Found) -> dict[str, float]:
    asked = [float(one.asked) for methods in found.values() for one in methods["pdesolve"]]
    return {"loosest": max(asked), "tightest": min(asked)}


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (1, 2), (2, 1), share=True)
    strokes = dict(
        zip(dict.fromkeys(m for one in found.values() for m in one), STROKES, strict=False)
    )
    for ax, methods in zip(axes, found.values(), strict=True):
        for method, points in methods.items():
            ax.loglog([p.error for p in points], [p.seconds for p in points], **strokes[method])
        for k, point in enumerate(methods["pdesolve"]):
            exponent = f"{float(point.asked):.0e}".replace("e-0", "e-")
            at, (place, side) = (point.error, point.seconds), BESIDE[k % 2]
            ax.annotate(exponent, at, place, textcoords="offset points", ha=side)
        ax.margins(x=0.1)
        ax.set_xlabel("largest relative error (log scale)")
        if ax is axes[0] or width < NARROW:
            ax.set_ylabel("seconds (CPU time, log scale)")
    letter(axes, [name.replace("_", " ") for name in found])
    key(figure, [Line2D([], [], label=method, **stroke) for method, stroke in strokes.items()])
    return figure
