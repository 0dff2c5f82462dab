"""Risk aversion, supply noise and the cost of attention from option quotes."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pdesolve.finance.quote_files import as_quotes
from pdesolve.finance.quotes import Quotes
from pdesolve.plotting.gallery import LINES, QUICK_TOLERANCE, TOLERANCE
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.solver.pde.solver import SolveError
from pdesolve.studies.calibration.fit import calibrate
from pdesolve.typing import Array

CASE, QUOTES, PRICE = "baseline", "announcement_quotes", (8.98, 0.01)
FREE = ("market.risk_aversion", "market.supply_volatility", "attention.cost.scale")
CAPTION = (
    "Three parameters of baseline from the price and 18 option quotes before an announcement. They"
    " are made up, with ρ = 0.5, σ = 0.8 and an attention cost of 0.8. (a) Options that mature"
    " half-way and (b) at the announcement: bid and ask, and what the market at the estimates says:"
    " ρ = {averse:.3f} ± {averse_se:.3f}, σ = {noise:.2f} ± {noise_se:.2f}, cost {cost:.2f} ±"
    " {cost_se:.2f}. (c) What pins them, as shares of an estimate's variance. Options that mature"
    " half-way know what is learned until then, and are {half:.0%} of what pins the cost."
)
SHADES = {"price": "0.88", "quotes half-way": "0.25", "quotes at the announcement": "0.6"}
BARS: dict[str, Any] = {"color": "0.3", "linestyle": "", "capsize": 2.0, "elinewidth": 1.0}


class Found(NamedTuple):
    """Estimates and standard errors; quotes, and prices over strikes by maturity; shares."""

    values: Array
    errors: Array
    quotes: Quotes
    curves: dict[float, tuple[Array, Array]]
    shares: Array


def solve(quick: bool) -> Found:
    quotes, tol = as_quotes(QUOTES), QUICK_TOLERANCE if quick else TOLERANCE
    fit = calibrate(CASE, FREE, {"price": PRICE}, quotes=quotes, tol=tol)
    if not (fit.converged and fit.identified):
        raise SolveError(fit.message)
    at, curves = np.linspace(quotes.strike.min(), quotes.strike.max(), 81), {}
    for date in np.unique(quotes.maturity).tolist():
        data = fit.solution.option_prices(at, date)
        curves[date] = at, np.where(at > fit.solution.initial.price, data.call, data.put)
    price, each = np.split(fit.sensitivity("share").to_numpy(), [1], axis=1)
    by_date = [each[:, quotes.maturity == date].sum(axis=1) for date in curves]
    return Found(fit.values, fit.se().to_numpy(), quotes, curves, np.array([price[:, 0], *by_date]))


def numbers(found: Found) -> dict[str, float]:
    names = ("averse", "noise", "cost")
    values = dict(zip(names, found.values.tolist(), strict=True))
    errors = {f"{name}_se": float(se) for name, se in zip(names, found.errors, strict=True)}
    return {**values, **errors, "half": float(found.shares[1, 2])}


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (1, 3), (3, 1), heights=(2.6, 2.1))
    for ax, (date, curve) in zip(axes, found.curves.items(), strict=False):
        some = found.quotes.only(found.quotes.maturity == date)
        ax.errorbar(some.strike, some.price, some.ask - some.price, **BARS)
        ax.plot(*curve, **LINES[0])
        ax.set(xlabel="strike (money)", ylabel="put, then call (money)", ylim=(0.0, None))
    below = np.zeros(3)
    for share, shade in zip(found.shares, SHADES.values(), strict=True):
        axes[2].bar(["ρ", "σ", "cost"], share, bottom=below, color=shade, width=0.6)
        below = below + share
    axes[2].set(xlabel="parameter", ylabel="share of its variance")
    letter(axes, ["maturity ½", "at the announcement", "what pins them"])
    lines = [Line2D([], [], label="at the estimates", **LINES[0])]
    key(figure, [*lines, *(Patch(label=x, color=shade) for x, shade in SHADES.items())])
    return figure
