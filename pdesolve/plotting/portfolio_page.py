"""A page of portfolios: where they lie under the frontier, what they hold, how they would do."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.investing.efficient import CapitalLine, Frontier
from pdesolve.investing.methods import METHODS
from pdesolve.investing.portfolio_summary import Findings
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import COLOURS, STYLE, as_file, fill
from pdesolve.version import __version__

SHOWN = 20  # assets of the panel of weights
MARKS: Mapping[str, Mapping[str, Any]] = {  # of each method, told apart without colour
    "equal_weight": {"marker": "o", "markerfacecolor": "0.0"},
    "inverse_volatility": {"marker": "s", "markerfacecolor": "1.0"},
    "inverse_variance": {"marker": "s", "markerfacecolor": "0.6"},
    "minimum_variance": {"marker": "v", "markerfacecolor": "1.0"},
    "maximum_diversification": {"marker": "D", "markerfacecolor": "1.0"},
    "maximum_decorrelation": {"marker": "D", "markerfacecolor": "0.6"},
    "equal_risk": {"marker": "o", "markerfacecolor": "1.0"},
    "hierarchical_minimum_variance": {"marker": "v", "markerfacecolor": "0.6"},
    "tangency": {"marker": "^", "markerfacecolor": "1.0"},
    "growth_optimal": {"marker": "^", "markerfacecolor": "0.6"},
}
assert list(MARKS) == list(METHODS)
POINT: Mapping[str, Any] = {"markeredgecolor": "0.0", "markersize": 5, "linestyle": "none"}
EFFICIENT: Mapping[str, Any] = {"color": "0.0", "label": "efficient frontier"}
LINE: Mapping[str, Any] = {
    "color": "0.4",
    "linestyle": (0, (5, 1.5)),
    "label": "capital allocation line",
}


def page(found: Findings, *, width: float = 7.0) -> Figure:
    """Draw the frontier and weights, and, where it was tested, results and their spread.

    Parameters
    ----------
    found : Findings
    width : float
        Inches; below 5 the panels stand in one column.

    Returns
    -------
    Figure
        For `render`, or for ``figure.savefig``.
    """
    rows = 2 if found.against else 1
    with style.context(["default", dict(STYLE)]):
        figure, axes = panels(width, (rows, 2), (2 * rows, 1), heights=(2.9, 2.6))
        if isinstance(found.frontier, Frontier):
            draw_frontier(axes[0], found.frontier, found.line)
        draw_marks(axes[0], [(n, p.volatility, p.mean) for n, p in found.portfolios.found.items()])
        axes[0].set(xlabel="volatility per period", ylabel="mean return per period")
        _draw_weights(axes[1], found)
        titles = ["all returns", "weights"]
        if found.against:
            _draw_tested(axes[2], found)
            _draw_against(axes[3], found)
            titles += ["out of sample", "against equal weight"]
        letter(axes, titles)
        names = [*found.portfolios.found, *found.performance]
        key(figure, [Line2D([], [], **EFFICIENT), Line2D([], [], **LINE), *handles(names)])
        figure.supxlabel(fill(_caption(found), width), fontsize=6.5, color="0.25")
    return figure


def render(
    found: Findings, kind: Literal["png", "pdf", "svg"] | str, *, width: float = 7.0
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Raises
    ------
    ValueError
        If the kind is another one.
    """
    return as_file(page(found, width=width), kind, f"Portfolios: {found.name}", __version__)


def draw_frontier(
    ax: Axes, efficient: Frontier, line: CapitalLine | None, scale: tuple[float, float] = (1.0, 1.0)
) -> None:
    """The frontier, and the line if there is one; volatilities and means are multiplied."""
    across, up = scale
    ax.plot(across * efficient.volatility, up * efficient.mean, **EFFICIENT)
    if line is not None:
        reach = np.array([0.75 * efficient.volatility[0], efficient.volatility.max()])
        ax.plot(across * reach, up * line.mean(reach), **LINE)


def draw_marks(ax: Axes, points: Iterable[tuple[str, float, float | None]]) -> None:
    """A mark for each method: its name, volatility and mean."""
    for name, volatility, mean in points:
        if mean is not None:
            ax.plot([volatility], [mean], **MARKS[name], **POINT)
    ax.locator_params(axis="x", nbins=5)
    ax.margins(0.08)


def handles(names: Iterable[str]) -> list[Line2D]:
    """What explains the marks."""
    return [Line2D([], [], label=METHODS[n].label, **MARKS[n], **POINT) for n in names]


def _rows(ax: Axes, names: list[str]) -> None:
    """A row for each method, from the top."""
    labels = [METHODS[name].label.removesuffix(" minimum variance") for name in names]
    ax.set_yticks(range(len(names)), labels, fontsize=6)
    ax.set_ylim(len(names) - 0.5, -0.5)


def _draw_weights(ax: Axes, found: Findings) -> None:
    """Weights by asset and method, as a map."""
    names = list(found.portfolios.found)
    weights = np.array([np.asarray(found.portfolios.found[name].weights) for name in names])
    assets = np.sort(np.argsort(-weights.mean(axis=0), kind="stable")[:SHOWN])
    top = float(weights.max())
    image = ax.imshow(
        weights[:, assets], cmap=COLOURS, vmin=0.0, vmax=top, aspect="auto", interpolation="nearest"
    )
    labels = [found.portfolios.moments.assets[k] for k in assets.tolist()]
    ax.set_xticks(range(len(labels)), labels, rotation=90, fontsize=6)
    _rows(ax, names)
    ax.set_xlabel("asset" if weights.shape[1] <= SHOWN else f"the {SHOWN} assets most held")
    assert ax.figure is not None
    ax.figure.colorbar(image, ax=ax, label="weight", pad=0.02)


def _draw_tested(ax: Axes, found: Findings) -> None:
    """Growth against volatility, out of sample."""
    rows = found.performance.items()
    draw_marks(ax, [(name, one.volatility, one.growth) for name, one in rows])
    ax.axhline(0.0, color="0.7", linewidth=0.6, zorder=0)
    ax.set(xlabel="volatility per year", ylabel="growth per year")


def _draw_against(ax: Axes, found: Findings) -> None:
    """Sharpe ratios less that of equal weight, with their spread."""
    for row, one in enumerate(found.against.values()):
        ax.plot([one.low, one.high], [row, row], color="0.4", linewidth=1.0)
    for row, (name, one) in enumerate(found.against.items()):
        ax.plot([one.sharpe_difference], [row], **MARKS[name], **POINT)
    ax.axvline(0.0, color="0.7", linewidth=0.6, zorder=0)
    _rows(ax, list(found.against))
    ax.set_xlabel("Sharpe ratio less that\nof equal weight, per year")


def _caption(found: Findings) -> str:
    """What has to be known to read the page."""
    text = f"{found.name}: {found.span}; {found.portfolios.bets:.3g} independent bets in"
    text += f" {len(found.portfolios.moments.assets)} assets."
    if found.tested is not None and found.against:
        text += (
            f" Out of sample: formed on {found.tested.window} periods, every {found.tested.every},"
            " a period's delay; (d) median, and 5% to 95% of drawn streams of quarters."
        )
    return f"{text} pdesolve {__version__}."
