"""The discrete model approaches the equations."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from pdesolve.case import load_case
from pdesolve.plotting.gallery import STROKES
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.solver.discrete.solver import solve_discrete
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.pde.solver import solve as solve_limit
from pdesolve.typing import Array

CASE = "binary"
CAPTION = (
    "The discrete model, solved by backward induction without the equations, at more and more"
    " trading periods. (a) Its distance from the solution of the equations falls in proportion to"
    " the length of a period: order {order:.2f} for the price. (b) With the first-order term taken"
    " out (twice the value at n periods less that at n/2) the order is two: both solvers, which"
    " share no code but the prior and the best response, go to the same limit."
)
FIELDS = ("price", "variance", "attention", "log_value")


class Found(NamedTuple):
    """Numbers of periods, and by field the distances from the limit, plain and extrapolated."""

    periods: NDArray[np.int_]
    plain: dict[str, Array]
    extrapolated: dict[str, Array]


def solve(quick: bool) -> Found:
    case = load_case(CASE)
    limit = solve_limit(case, tol=1e-8)
    scales = error_scales(limit)
    periods = 8 * 2 ** np.arange(3 if quick else 5)
    initial = [solve_discrete(case, n).initial for n in periods.tolist()]
    plain, extrapolated = {}, {}
    for name in FIELDS:
        values = np.array([getattr(one, name) for one in initial])
        miss = (values - getattr(limit.initial, name)) / scales[name]
        plain[name], extrapolated[name] = np.abs(miss), np.abs(2.0 * miss[1:] - miss[:-1])
    return Found(periods, plain, extrapolated)


def numbers(found: Found) -> dict[str, float]:
    last = found.plain["price"][-2:]
    return {"order": float(np.log2(last[0] / last[1]))}


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (1, 2), (2, 1), heights=(2.7, 2.3))
    shown = ((found.periods, found.plain, 1), (found.periods[1:], found.extrapolated, 2))
    for ax, (n, gaps, order) in zip(axes, shown, strict=True):
        for gap, stroke in zip(gaps.values(), STROKES, strict=True):
            ax.loglog(n, gap, **{**stroke, "linestyle": "none"})
            ax.loglog(n, gap[-1] * (n[-1] / n) ** order, color=stroke["color"], linewidth=0.7)
        ax.set_xlabel("trading periods (log scale)")
        ax.set_ylabel("distance from the equations / size")
        ax.set_xticks(found.periods, [str(count) for count in found.periods])
        ax.minorticks_off()
    letter(axes, ("values", "extrapolated values"))
    handles = [
        Line2D([], [], label=name.replace("_", " "), **{**stroke, "linestyle": "none"})
        for name, stroke in zip(FIELDS, STROKES, strict=True)
    ]
    line = Line2D([], [], label="order 1 (a), 2 (b)", color="0.3", linewidth=0.7)
    key(figure, [*handles, line])
    return figure
