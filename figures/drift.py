"""The drift of the price into the announcement."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pdesolve.plotting.gallery import LINES, REFERENCE, solved
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import TIME

if TYPE_CHECKING:
    import xarray

CASE, CASES = "baseline", ("baseline", "binary")
CAPTION = (
    "The price until the payoff is announced at t = 1. Above, its expectation, and where half and"
    " nine tenths of simulated paths are; below, the premium that is left: expected payoff less"
    " expected price. (a, c) In baseline the price is expected to rise from {price:.2f} to"
    " {last:.2f}, and earns {share:.0%} of the premium before the announcement, {early:.0%} in the"
    " first quarter. (b, d) In binary it is expected to rise from {low:.4f} past the expected"
    " payoff, 0.35, at t = {cross:.2f}; at the announcement it is expected at {end:.4f}, still"
    " above."
)
NINE_TENTHS: dict[str, Any] = {"color": "0.88", "linewidth": 0}
HALF: dict[str, Any] = {"color": "0.72", "linewidth": 0}
Found = dict[str, tuple["xarray.Dataset", "xarray.Dataset"]]


def solve(quick: bool) -> Found:
    return {name: by_date(name, quick) for name in CASES}


def by_date(name: str, quick: bool) -> tuple["xarray.Dataset", "xarray.Dataset"]:
    """What is expected, and simulated paths."""
    solution, dates = solved(name, quick), np.linspace(0.0, 1.0, 41)
    paths, trades = (500, 20) if quick else (5000, 100)
    return solution.expectations(dates=dates), solution.simulate(paths, trades)


def numbers(found: Found) -> dict[str, float]:
    base, binary = (expected for expected, _ in found.values())
    price, left = base.price.values, base.premium.values
    falling = slice(int(np.argmin(binary.premium.values)), None, -1)  # until then, back in time
    return {
        "price": float(price[0]),
        "last": float(price[-1]),
        "share": float(1.0 - left[-1] / left[0]),
        "early": float(1.0 - np.interp(0.25, base.t, left) / left[0]),
        "low": float(binary.price[0]),
        "cross": float(np.interp(0.0, binary.premium[falling], binary.t[falling])),
        "end": float(binary.price[-1]),
    }


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (2, 2), (4, 1), heights=(2.3, 2.0))
    for (above, below), (expected, paths) in zip(
        zip(axes[:2], axes[2:], strict=True), found.values(), strict=True
    ):
        for ends, shade in (((0.05, 0.95), NINE_TENTHS), ((0.25, 0.75), HALF)):
            above.fill_between(paths.t, *paths.price.quantile(ends, "path").values, **shade)
        above.plot(expected.t, expected.price, **LINES[0])
        above.axhline(float(expected.price[0] + expected.premium[0]), **REFERENCE)
        above.set(xlabel=TIME, ylabel="price (money)", xlim=(0.0, 1.0))
        below.plot(expected.t, expected.premium, **LINES[0])
        below.axhline(0.0, **REFERENCE)
        below.set(xlabel=TIME, ylabel="premium (money)", xlim=(0.0, 1.0))
    letter(axes, [f"{what}, case {name}" for what in ("price", "premium left") for name in found])
    key(figure, handles())
    return figure


def handles() -> list[Any]:
    lines = [("expected price", LINES[0]), ("expected payoff, no premium", REFERENCE)]
    areas = [("half of paths", HALF), ("nine tenths", NINE_TENTHS)]
    found: list[Any] = [Line2D([], [], label=label, **stroke) for label, stroke in lines]
    return found + [Patch(label=label, **shade) for label, shade in areas]
