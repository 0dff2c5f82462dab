"""A page of plots of a solution, or one of its panels."""

from typing import Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from pdesolve.case.sources import shown
from pdesolve.plotting.layout import key, letter
from pdesolve.plotting.solution_panels import MAP, PANELS, View, draw_panel
from pdesolve.plotting.style import GAP, NARROW, SHOWN, STYLE, Sheet, as_file, fill
from pdesolve.solver.solution import Solution

PAGE = (GAP.name, "variance", "attention", MAP)
NORMAL_PAGE = ("price", "variance", "attention", "psi")
TITLES = {MAP: "attention S over time"}


def plot(solution: Solution, panel: str | None = None, *, ax: Axes | None = None) -> Figure | Axes:
    """Draw the page of a solution, or one panel of it.

    Parameters
    ----------
    solution : Solution
    panel : str, optional
        One of `PANELS`.
    ax : Axes, optional
        Where to draw that panel, in your own style; by default in a figure of its own.

    Returns
    -------
    Figure or Axes
        The axes if they were given. pyplot knows nothing of the figure.

    Raises
    ------
    ValueError
        If there is no such panel, or axes are given and no panel.
    """
    if panel is None and ax is None:
        return page(solution)
    if panel not in PANELS:
        raise ValueError(f"panel must be one of {', '.join(PANELS)}, got {shown(panel)}")
    view = View.of(solution)
    if ax is not None:
        ax.legend(handles=draw_panel(ax, view, panel))
        return ax
    with style.context(["default", dict(STYLE)]):
        figure = Sheet(figsize=(3.5, 3.2), layout=ConstrainedLayoutEngine())
        key(figure, draw_panel(figure.subplots(), view, panel), solution.case.title)
    return figure


def page(solution: Solution, *, width: float = 7.0) -> Figure:
    """Draw the price less the static price, variance and attention, over the states and over time.

    With a normal payoff, where those prices are equal: the price, and the rest over time.

    Parameters
    ----------
    solution : Solution
    width : float
        Inches; below 5 the panels stand in one column.

    Returns
    -------
    Figure
        For `render`, or for ``figure.savefig``.
    """
    with style.context(["default", dict(STYLE)]):
        wide = width >= NARROW
        shape = (2, 2) if wide else (4, 1)
        height = 0.82 * width if wide else 2.75 * width
        layout = ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.06)
        figure = Sheet(figsize=(width, height), layout=layout)
        panels = list(figure.subplots(*shape).flat)
        view = View.of(solution)
        names = NORMAL_PAGE if view.is_normal else PAGE
        drawn = [draw_panel(ax, view, name) for ax, name in zip(panels, names, strict=True)]
        letter(panels, [TITLES.get(name) or SHOWN[name].label for name in names])
        handles = [one for some in drawn for one in some]
        key(figure, handles, solution.case.title)
        figure.supxlabel(fill(_caption(view), width), fontsize=6.5, color="0.25")
        return figure


def render(
    solution: Solution, kind: Literal["png", "pdf", "svg"] | str, *, width: float = 7.0
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Parameters
    ----------
    solution : Solution
    kind : {"png", "pdf", "svg"}
    width : float
        As in `page`.

    Raises
    ------
    ValueError
        If the kind is another one.
    """
    title = solution.case.heading
    return as_file(page(solution, width=width), kind, title, solution.version)


def _caption(view: View) -> str:
    """What has to be known to read the page."""
    solution, initial = view.solution, view.solution.initial
    text = (
        f"Static: with no trade after now, in the same state. Initial price {initial.price:.4g},"
        f" static {initial.static_price:.4g}."
    )
    if view.is_normal:
        text += " Variance and attention depend on time only."
        text += " Drift: that of ξ on the path of that price." if view.drift.any() else ""
    elif view.drift.any():
        text += (
            " Line in (d): the path along which the price stays put; its Ψ (up to"
            f" {view.psi[-1]:.3g} 1/money²) is that of all panels, and its ξ gives the drift."
        )
    else:
        why = (
            "With two payoffs Ψ does not matter" if solution.prior.is_two_point else "Ψ stays zero"
        )
        text += f" {why}. Line in (d): the path along which the price stays put."
    if not np.isfinite(solution.price(*view.state(0.0))).all():
        text += " Blank: outside the region solved."
    return f"{text} {solution.case.name}, pdesolve {solution.version}."
