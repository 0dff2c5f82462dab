"""A page of plots of a few cases side by side, each with a line that can be told without colour."""

from collections.abc import Mapping
from typing import Any, Literal

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.finance.price_path import window
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.solution_panels import START
from pdesolve.plotting.style import MARKER, STYLE, as_file, fill, unit_label
from pdesolve.solver.values import QUANTITIES
from pdesolve.studies.comparison import MOST, Comparison
from pdesolve.version import __version__

FIELDS = ("price", "variance", "attention", "price_volatility")
STROKES: tuple[Mapping[str, Any], ...] = (
    {"color": "0.0", "linestyle": "-"},
    {"color": "0.35", "linestyle": (0, (5, 1.5))},
    {"color": "0.0", "linestyle": (0, (1, 1.2))},
    {"color": "0.55", "linestyle": "-", "linewidth": 2.2},
    {"color": "0.2", "linestyle": (0, (5, 1.5, 1, 1.5))},
    {"color": "0.55", "linestyle": (0, (2.5, 1)), "linewidth": 2.2},
)
assert len(STROKES) == MOST


def page(comparison: Comparison, *, width: float = 7.0) -> Figure:
    """Draw price, variance, attention and volatility of every case over the states at t = 0.

    Parameters
    ----------
    comparison : Comparison
    width : float
        Inches; below 5 the panels stand in one column.

    Returns
    -------
    Figure
        For `render`, or for ``figure.savefig``.
    """
    with style.context(["default", dict(STYLE)]):
        figure, axes = panels(width, (2, 2), (4, 1), heights=(2.7, 2.2))
        for ax, name in zip(axes, FIELDS, strict=True):
            _draw(ax, comparison, name)
        letter(axes, [QUANTITIES[name].label for name in FIELDS])
        labels = [fill(label, 0.7 * width) for label in comparison.labels]
        lines = [
            Line2D([], [], label=label, **stroke)
            for label, stroke in zip(labels, STROKES, strict=False)
        ]
        key(figure, [*lines, Line2D([], [], **START)])
        figure.supxlabel(fill(_caption(), width), fontsize=6.5, color="0.25")
    return figure


def render(
    comparison: Comparison, kind: Literal["png", "pdf", "svg"] | str, *, width: float = 7.0
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Raises
    ------
    ValueError
        If the kind is another one.
    """
    title = f"Compared: {'; '.join(comparison.labels)}"
    return as_file(page(comparison, width=width), kind, title, __version__)


def _draw(ax: Axes, comparison: Comparison, name: str) -> None:
    """One field over the states, a line for each case."""
    for solution, stroke in zip(comparison.solutions, STROKES, strict=False):
        xi = window(solution, 0.0)
        ax.plot(xi, getattr(solution, name)(xi), **stroke)
        ax.plot([solution.economy.start], [getattr(solution.initial, name)], **MARKER)
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel("state ξ (1/money)")
    ax.set_ylabel(unit_label(name))
    if name != "price":
        ax.set_ylim(bottom=0.0)


def _caption() -> str:
    """What has to be known to read the page."""
    return (
        "At t = 0 and Ψ = 0, each case over the states between which its price moves."
        f" pdesolve {__version__}."
    )
