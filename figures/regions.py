"""Variance and attention over states and time, and where there is no choice."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pdesolve.case import LinearAttention
from pdesolve.finance.price_path import TypicalPath, typical_path
from pdesolve.plotting.gallery import solved
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.solution_panels import DRIFTING
from pdesolve.plotting.style import COLOURS, STEPS, TIME, axis_label
from pdesolve.solver.solution import Solution

CASE = "inattention"
CAPTION = (
    "Above, the first unit of attention has a price: nobody attends where the variance is below"
    " {idle:.2f} (hatched), in very good and very bad states. Below, attention is capped: the cap"
    " binds where the variance is above {full:.2f} (dots), at t = 0 from ξ = {start:.1f} on, later"
    " only in better states. Ψ grows as on the path along which the price stays at its initial"
    " value; ξ is shown less the drift of that path."
)
REGIONS = {"inattention": ("no attention", "////"), "capacity": ("at capacity", "....")}
STATES = np.linspace(-3.0, 2.0, 161)
Found = dict[str, tuple[Solution, TypicalPath]]


def solve(quick: bool) -> Found:
    solutions = {name: solved(name, quick) for name in REGIONS}
    return {name: (one, typical_path(one, 9 if quick else 41)) for name, one in solutions.items()}


def edge(solution: Solution) -> float:
    """Variance at which attention leaves zero, or meets its cap: V = 2 rho C'(S)/k."""
    terms, cap = solution.case.attention, solution.case.attention.capacity
    assert isinstance(terms, LinearAttention)
    margin = terms.cost.scale * (cap if np.isfinite(cap) else 0.0) + terms.cost.linear
    return 2.0 * solution.case.market.risk_aversion * margin / terms.efficiency


def numbers(found: Found) -> dict[str, float]:
    capped = found["capacity"][0]
    full = edge(capped)
    line = np.linspace(-1.0, 1.0, 201)
    start = float(np.interp(full, capped.variance(line), line))
    return {"idle": edge(found["inattention"][0]), "full": full, "start": start}


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (2, 2), (4, 1), heights=(2.5, 2.1))
    pairs = [(case, what) for case in REGIONS for what in ("variance", "attention")]
    for ax, (case, what) in zip(axes, pairs, strict=True):
        figure.colorbar(draw_map(ax, *found[case], what), ax=ax, pad=0.02).set_label(
            axis_label(what)
        )
    letter(axes, [f"{what}, case {case}" for case, what in pairs])
    about = [Patch(facecolor="0.8", hatch=hatch, label=name) for name, hatch in REGIONS.values()]
    key(figure, about)
    return figure


def draw_map(ax: Axes, solution: Solution, path: TypicalPath, what: str) -> QuadContourSet:
    """One field over states and time, and the region's outline."""
    at = STATES + (path.xi - path.xi[0])[:, None], path.psi[:, None], path.t[:, None]
    variance = np.ma.masked_invalid(solution.variance(*at))
    values = np.ma.masked_invalid(getattr(solution, what)(*at))
    levels = MaxNLocator(nbins=10, steps=STEPS).tick_values(0.0, values.max())
    shown = ax.contourf(STATES, path.t, values, levels=levels, cmap=COLOURS)
    shown.set_edgecolor("face")
    name, middle = solution.case.name, edge(solution)
    ends, ink = ((-1.0, middle), "white") if name == CASE else ((middle, 1e9), "black")
    hatch = [REGIONS[name][1]]
    area = ax.contourf(STATES, path.t, variance, ends, colors="none", hatches=hatch)
    area.set(edgecolor=ink, linewidth=0.0)
    ax.contour(STATES, path.t, variance, [middle], colors=ink, linewidths=1.0)
    ax.set(xlabel=DRIFTING, ylabel=TIME)
    return shown
