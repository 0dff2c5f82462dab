"""A page of plots of what is expected of a market by date."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pdesolve.case.labels import pretty
from pdesolve.finance.quantities import EXPECTED
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import MARKER, STYLE, as_file, fill
from pdesolve.solver.solution import Solution

if TYPE_CHECKING:
    import xarray

NAMES = ("price", "variance", "attention", "price_volatility", "r_squared", "spending")
TITLES = {"price": "expected price, ± 1 sd", "spending": "spending on attention"}
GIVEN = ("price", "variance", "attention", "price_volatility", "price_variance", "spending")
LINE: dict[str, Any] = {"color": "black"}
BAND: dict[str, Any] = {"color": "0.85", "linewidth": 0}
PAYOFF: dict[str, Any] = {"color": "0.4", "linestyle": (0, (4, 2))}


def page(solution: Solution, data: "xarray.Dataset", *, width: float = 7.0) -> Figure:
    """Draw the expected price into the announcement, and what goes with it.

    Parameters
    ----------
    solution : Solution
    data : xarray.Dataset
        Of `Solution.expectations`.
    width : float
        Inches; below 5 the panels stand in one column.

    Returns
    -------
    Figure
        For `render`, or for ``figure.savefig``.
    """
    names = GIVEN if "given" in data.attrs else NAMES
    with style.context(["default", dict(STYLE)]):
        figure, axes = panels(width, (3, 2), (6, 1), heights=(2.2, 2.0))
        for ax, name in zip(axes, names, strict=True):
            _draw(ax, data, name)
        _payoff(axes[0], solution, data)
        letter(axes, [TITLES.get(name, EXPECTED[name].label) for name in names])
        handles = [
            Line2D([], [], label="expected", **LINE),
            Patch(label="± 1 sd", **BAND),
            Line2D([], [], label="expected payoff", **PAYOFF),
        ]
        key(figure, handles)
        figure.supxlabel(fill(_caption(solution, data), width), fontsize=6.5, color="0.25")
    return figure


def render(
    solution: Solution,
    data: "xarray.Dataset",
    kind: Literal["png", "pdf", "svg"] | str,
    *,
    width: float = 7.0,
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Raises
    ------
    ValueError
        If the kind is another one.
    """
    title = f"{solution.case.name}: what is expected of it by date"
    return as_file(page(solution, data, width=width), kind, title, solution.version)


def _draw(ax: Axes, data: "xarray.Dataset", name: str) -> None:
    """One quantity over time, with a band for the price."""
    t, values = data.t.values, data[name].values
    marks = {**MARKER, **LINE} if t.size == 1 else LINE
    ax.plot(t, values, **marks)
    if name == "price":
        sd = np.sqrt(data.price_variance.values)
        ax.fill_between(t, values - sd, values + sd, zorder=0, **BAND)
    else:
        ax.set_ylim(0.0, 1.1 * float(np.nanmax(values)) or 1.0)
    ax.set_xlabel("time t")
    unit = EXPECTED[name].unit
    ax.set_ylabel("" if unit == "1" else pretty(unit))
    ax.locator_params(nbins=6)


def _payoff(ax: Axes, solution: Solution, data: "xarray.Dataset") -> None:
    """What the payoff is expected to be, under the same measure."""
    ax.axhline(float(data.price[0] + data.premium[0]), zorder=1, **PAYOFF)


def _caption(solution: Solution, data: "xarray.Dataset") -> str:
    """What has to be known to read the page."""
    under = "the physical measure"
    if data.attrs["measure"] == "risk-neutral":
        under = "the risk-neutral measure"
    elif "given" in data.attrs:
        under += f", given that the payoff is {data.attrs['given']:g}"
    return (
        f"Expected at t = 0 under {under}; x is paid at T = {solution.economy.horizon:g}."
        " Volatility: root of the expected κ²p_ξ²."
        f" {solution.case.name}, pdesolve {solution.version}."
    )
