"""A page of plots of options and state prices."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import STYLE, as_file, fill
from pdesolve.solver.solution import Solution

if TYPE_CHECKING:
    import xarray

FIRST: dict[str, Any] = {"color": "black"}
SECOND: dict[str, Any] = {"color": "0.4", "linestyle": (0, (4, 1.5))}
FORWARD: dict[str, Any] = {"color": "0.4", "linestyle": ":", "linewidth": 0.9}
STATE: dict[str, Any] = {"color": "black", "linewidth": 3.0}
PRIOR: dict[str, Any] = {"color": "0.6", "linewidth": 3.0}


def page(
    solution: Solution,
    data: "xarray.Dataset",
    states: "xarray.Dataset",
    *,
    width: float = 7.0,
) -> Figure:
    """Draw option prices, both implied volatilities, and state prices beside the prior.

    Parameters
    ----------
    solution : Solution
    data, states : xarray.Dataset
        Of `Solution.option_prices` and `Solution.state_prices`, of one maturity.
    width : float
        Inches; below 5 the panels stand in one column.

    Returns
    -------
    Figure
        For `render`, or for ``figure.savefig``.
    """
    with style.context(["default", dict(STYLE)]):
        figure, axes = panels(width, (2, 2), (4, 1), heights=(2.6, 2.1))
        strikes, forward = data.strike.values, float(data.forward)
        few: dict[str, Any] = {"marker": "o", "markersize": 3} if strikes.size < 3 else {}
        axes[0].plot(strikes, data.call.values, **FIRST, **few)
        axes[0].plot(strikes, data.put.values, **SECOND, **few)
        axes[0].set(ylabel="money", ylim=(0.0, None))
        for ax, name, unit in (
            (axes[1], "normal_volatility", "money/√time"),
            (axes[2], "black_volatility", "1/√time"),
        ):
            _smile(ax, strikes, data[name].values, unit, few)
        for ax in axes[:3]:
            ax.axvline(forward, zorder=0, **FORWARD)
            ax.set_xlabel("strike (money)")
        _states(axes[3], solution, states)
        axes[3].axvline(forward, zorder=0, **FORWARD)
        titles = ["option prices", "normal (Bachelier) volatility", "Black volatility"]
        titles.append("state prices" if "state_price" in states else "state-price density")
        letter(axes, titles)
        key(figure, _handles("state_price" in states))
        figure.supxlabel(fill(_caption(solution, data), width), fontsize=6.5, color="0.25")
    return figure


def render(
    solution: Solution,
    data: "xarray.Dataset",
    states: "xarray.Dataset",
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
    title = f"{solution.case.name}: options"
    return as_file(page(solution, data, states, width=width), kind, title, solution.version)


def _handles(bars: bool) -> list[Line2D]:
    """What the strokes are; state prices and prior are bars if payoffs are discrete."""
    first, second = ("call, implied", "put") if bars else ("call, implied, density", "put, prior")
    lines = [(first, FIRST), (second, SECOND), ("forward", FORWARD)]
    lines += [("state price", STATE), ("prior", PRIOR)] if bars else []
    return [Line2D([], [], label=label, **stroke) for label, stroke in lines]


def _smile(ax: Axes, strikes: Any, values: Any, unit: str, few: dict[str, Any]) -> None:
    """An implied volatility over strikes, or that there is none."""
    ax.set_ylabel(unit)
    if not np.isfinite(values).any():
        ax.text(0.5, 0.5, "none", transform=ax.transAxes, ha="center")
        ax.set(xlim=(strikes[0], strikes[-1]) if strikes.size > 1 else None, yticks=[])
        return
    ax.plot(strikes, values, **FIRST, **few)
    top, bottom = np.nanmax(values), np.nanmin(values)
    if top - bottom < 0.05 * top:  # flat: no wiggles of rounding
        ax.set_ylim(0.9 * bottom, 1.1 * top)


def _states(ax: Axes, solution: Solution, states: "xarray.Dataset") -> None:
    """State prices, or their density, beside the prior's."""
    at = states.x.values
    ax.set_xlabel("payoff x (money)" if _on_payoff(solution, states) else "price (money)")
    if "state_price" in states:
        values, probabilities = solution.prior.panels()
        gap = 0.12 * float(np.min(np.diff(np.sort(at)), initial=np.ptp(at) or 1.0))
        ax.vlines(at - gap, 0.0, states.state_price.values, **STATE)
        ax.vlines(values.ravel() + gap, 0.0, probabilities.ravel(), **PRIOR)
        ax.set(ylabel="price of 1 money; probability", ylim=(0.0, None))
        return
    ax.plot(at, states.density.values, **FIRST)
    if _on_payoff(solution, states):
        ax.plot(at, solution.prior.density(at), **SECOND)
    ax.set(ylabel="1/money", ylim=(0.0, None))


def _on_payoff(solution: Solution, states: "xarray.Dataset") -> bool:
    return bool(states.attrs["maturity"] == solution.economy.horizon)


def _caption(solution: Solution, data: "xarray.Dataset") -> str:
    """What has to be known to read the page."""
    date = data.attrs["maturity"]
    upon = "the payoff" if date == solution.economy.horizon else "the price"
    return (
        f"At t = 0, options on {upon} at t = {date:g}; forward {float(data.forward):.4g}, variance"
        f" {float(data.variance):.4g}, from options {float(data.variance_from_options):.4g},"
        " both in money². No volatility is drawn where the option's price is lost in its error."
        f" {solution.case.name}, pdesolve {solution.version}."
    )
