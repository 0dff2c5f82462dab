"""Ten portfolios and the efficient frontier, in hindsight and out of sample."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.case.sources import data_file
from pdesolve.investing.efficient import CapitalLine, Frontier, capital_line, frontier
from pdesolve.investing.experiment import Performance, backtest
from pdesolve.investing.portfolios import compare_portfolios
from pdesolve.investing.results import Portfolio
from pdesolve.investing.returns import read_returns
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.portfolio_page import EFFICIENT, LINE, draw_frontier, draw_marks, handles

CASE = ""
CAPTION = (
    "Ten industries (daily returns of fifteen years, made up, with correlations like theirs) and"
    " ten long-only portfolios. (a) In hindsight: weights and results are from the same returns."
    " The capital allocation line, for a riskless rate of zero, touches the frontier at the"
    " tangency portfolio, whose Sharpe ratio is {promised:.2f}. (b) Out of sample: weights from the"
    " year before, four times a year. Tangency then has a Sharpe ratio of {tangency:.2f} and equal"
    " weight {equal:.2f}: means are not known well enough from a year. Minimum variance has the"
    " least volatility even so, {least:.1%}."
)
YEAR = 252


class Found(NamedTuple):
    """Portfolios, frontier and line in hindsight; how each method did out of sample."""

    portfolios: dict[str, Portfolio]
    efficient: Frontier
    line: CapitalLine
    tested: dict[str, Performance]


def solve(quick: bool) -> Found:
    data = read_returns(data_file("industries"))
    found = compare_portfolios(data)
    tested = backtest(data)
    points = frontier(found.moments, 20 if quick else 100)
    performance = {name: tested.performance(name) for name in tested.earned}
    return Found(dict(found.found), points, capital_line(found.moments), performance)


def numbers(found: Found) -> dict[str, float]:
    sharpe = {name: one.sharpe or np.nan for name, one in found.tested.items()}
    return {
        "promised": found.line.sharpe * float(np.sqrt(YEAR)),
        "tangency": sharpe["tangency"],
        "equal": sharpe["equal_weight"],
        "least": found.tested["minimum_variance"].volatility,
    }


def draw(found: Found, width: float) -> Figure:
    figure, (a, b) = panels(width, (1, 2), (2, 1), heights=(2.9, 3.0))
    root = float(np.sqrt(YEAR))
    draw_frontier(a, found.efficient, found.line, (root, YEAR))
    held = found.portfolios.items()
    draw_marks(a, [(n, root * p.volatility, YEAR * (p.mean or np.nan)) for n, p in held])
    draw_marks(b, [(name, one.volatility, one.mean) for name, one in found.tested.items()])
    for ax in (a, b):
        ax.set(xlabel="volatility (1/√year)", ylabel="mean return (1/year)")
    letter((a, b), ("in hindsight", "out of sample"))
    key(figure, [Line2D([], [], **EFFICIENT), Line2D([], [], **LINE), *handles(found.tested)])
    return figure
