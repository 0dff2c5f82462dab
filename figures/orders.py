"""Observed orders of convergence."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from pdesolve.plotting.gallery import STROKES
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.verification_page import draw_theory, in_greek, order_handles
from pdesolve.verification import order_studies as convergence
from pdesolve.verification.orders import OrderTable, fit_order

CASE = "binary"
CAPTION = (
    "Errors on a problem made up to have a known solution, with the equations' own terms, against"
    " resolution along ξ, Ψ and t, a mark for each resolution and a line for each scheme, which"
    " falls at the order that theory expects of it. For the scheme in use the order along ξ is"
    " {xi:.1f} (theory: 8), in time {time:.1f} (theory: 4)."
)


def solve(quick: bool) -> dict[str, list[OrderTable]]:
    along_xi, along_psi = ((2, 8), (3,)) if quick else ((2, 4, 6, 8, 10), (1, 3, 5, 7))
    return {
        "ξ": [convergence.xi_table(order) for order in along_xi],
        "Ψ": [convergence.psi_table(order) for order in along_psi],
        "t": [convergence.time_table()],
    }


def errors(table: OrderTable) -> tuple[np.ndarray, np.ndarray, float]:
    """Resolutions, the largest error over the fields where it is largest, and its order."""
    rows = [row for row in table.rows if row.norm == "max"]
    rows = [row for row in rows if row.expected == max(one.expected for one in rows)]
    worst = np.max([row.errors for row in rows], axis=0)
    return np.array(table.resolutions), worst, rows[0].expected


def numbers(found: dict[str, list[OrderTable]]) -> dict[str, float]:
    production = next(table for table in found["ξ"] if table.name == "xi, order 8")
    return {
        name: fit_order(table.resolutions, errors(table)[1].tolist()).order
        for name, table in (("xi", production), ("time", found["t"][0]))
    }


def draw(found: dict[str, list[OrderTable]], width: float) -> Figure:
    figure, axes = panels(width, (1, 3), (3, 1), heights=(3.0, 2.5))
    for ax, tables in zip(axes, found.values(), strict=True):
        low, high = np.inf, 0.0
        for table, stroke in zip(tables, (*STROKES, STROKES[0]), strict=False):
            n, worst, order = errors(table)
            ax.loglog(n, worst, **{**stroke, "linestyle": "none"})
            draw_theory(ax, n, worst[0], order)
            at, lowest = (n[-1], worst[-1]), len(tables) > 1 and table is tables[-1]
            shift = (8, -6) if lowest else (5, 3)  # clear of the next
            ax.annotate(f"order {order:g}", at, shift, textcoords="offset points", va="center")
            low, high = min(low, n[0]), max(high, n[-1])
        middle = float(f"{(low * high) ** 0.5:.1g}")
        ax.set_xticks([low, middle, high], [f"{mark:g}" for mark in (low, middle, high)])
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlim(low / 1.15, high * (high / low) ** 0.3)
        ax.set_xlabel(f"{in_greek(tables[0].parameter)} (log scale)")
        ax.set_ylabel("largest error / size")
    letter(axes, [f"along {name}" for name in found])
    key(figure, order_handles())
    return figure
