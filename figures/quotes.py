"""Attention that option quotes imply."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pdesolve.finance.attention_implied import implied_attention
from pdesolve.plotting.gallery import LINES, solved
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

CASE = "baseline"
CAPTION = (
    "Attention that quotes imply, against the market's (line). Quotes are its own calls and puts,"
    " ¼√V apart, with noise of √V/100; dark, what strikes leave open if there is none. (a) In"
    " baseline, whose payoff is from 6 to 11.5, strikes within √V of the price say {near:.2f} to"
    " {far:.2f}; it is {base:.2f}. (b) In normal, whose payoff has no end, options are assumed to"
    " decay beyond the strikes: {low:.2f} to {high:.2f} from strikes within √V, {least:.2f} to"
    " {most:.2f} within 2½√V; it is {normal:.2f}. (c) Quotes that mature before the payoff know the"
    " variance until then, and bound attention from below: in baseline by {early:.2f} at t = ¼ and"
    " {half:.2f} at t = ½."
)
NOISE, STRIKES = 0.01, np.arange(-10, 11) / 4  # roots of V, from the price
WIDE, MATURITIES = STRIKES[12:], np.array([0.05, 0.25, 0.5, 0.75, 0.95])
NOISY: dict[str, Any] = {"color": "0.85", "linewidth": 0}
EXACT: dict[str, Any] = {"color": "0.6", "linewidth": 0}


class Found(NamedTuple):
    """Ends of attention, with noise and without, over strikes or maturities; and the truth."""

    at: Array
    noisy: Array
    exact: Array
    truth: float


def solve(quick: bool) -> list[Found]:
    base, normal = (solved(name, quick) for name in (CASE, "normal"))
    strikes = [Found(WIDE, *implied(one, WIDE, [1.0])) for one in (base, normal)]
    return [*strikes, Found(MATURITIES, *implied(base, WIDE[-1:], MATURITIES))]


def implied(solution: Solution, wide: Array, dates: Any) -> Any:
    """From strikes so wide and so long until they mature."""
    initial, sd, rows = solution.initial, solution.initial.variance**0.5, []
    for date in dates:
        data = solution.option_prices(initial.price + sd * STRIKES, date)[["call", "put"]]
        frame = data.clip(min=0.0).to_dataframe().assign(sd=NOISE * sd, maturity=date)
        for far in wide:
            some = frame[np.abs(STRIKES) <= far].reset_index().to_dict("records")
            found = implied_attention(solution.case, some).by_date[0]
            rows.append(solution.economy.respond([found.variance, found.by_strikes]).attention)
    return *np.array(rows).transpose(1, 2, 0), initial.attention


def numbers(found: list[Found]) -> dict[str, float]:
    base, normal, dated = found
    values = [*base.noisy[:, 2], base.truth, *normal.noisy[:, 2], *normal.noisy[:, -1]]
    names = ("near", "far", "base", "low", "high", "least", "most", "normal", "early", "half")
    return dict(zip(names, map(float, [*values, normal.truth, *dated.noisy[0, 1:3]]), strict=True))


def draw(found: list[Found], width: float) -> Figure:
    figure, axes = panels(width, (1, 3), (3, 1), heights=(2.6, 2.1))
    for ax, one in zip(axes, found, strict=True):
        ax.fill_between(one.at, *one.noisy, **NOISY)
        ax.fill_between(one.at, *one.exact, **EXACT)
        ax.axhline(one.truth, **LINES[0])
        ax.set(xlabel="(last strike - price) / √V", ylabel="attention S")
    axes[2].set(xlabel="maturity (time)", ylim=(0.0, None))
    letter(axes, ["case baseline", "case normal", "by maturity, baseline"])
    truth = Line2D([], [], label="the market's attention", **LINES[0])
    noisy, exact = Patch(label="95% interval", **NOISY), Patch(label="with no noise", **EXACT)
    key(figure, [truth, noisy, exact])
    return figure
