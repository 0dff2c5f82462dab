"""The least that 100 are ever worth later."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.investing.least_future_value import LeastFutureValue, least_future_values
from pdesolve.investing.returns import Returns
from pdesolve.plotting.gallery import LINES, REFERENCE
from pdesolve.plotting.growth_page import draw_least
from pdesolve.plotting.layout import key, letter, panels

CASE = ""
CAPTION = (
    "The least that 100 are ever worth, by where one starts, in simulated months of a stock with"
    " mean {mean:.1%} above interest and volatility {sd:.0%} a year (not the historical ones)."
    " (a) All in the stock: {half:.0%} of the starts ever lose half. (b) Growth-optimal,"
    " {leverage:.0%} in the stock: any loss is as likely as any other, and {kelly:.0%} lose half."
    " A histogram that leans to the right, like (a), says that more could have been invested."
    " Dashed, the law in the limit of small returns; dotted, the flat law. Closes of months miss"
    " the lows between them, so the last bar is higher."
)
MEAN, SD, MONTHS = 0.056, 0.2, 12
YEARS, QUICK_YEARS, SEED = 200_000, 20_000, 1
LEVERAGES = (1.0, MEAN / SD**2)
BINS = 10


def solve(quick: bool) -> tuple[LeastFutureValue, ...]:
    periods = (QUICK_YEARS if quick else YEARS) * MONTHS
    rng = np.random.default_rng(SEED)
    months = rng.normal(MEAN / MONTHS, SD / np.sqrt(MONTHS), (periods, 1))
    market = Returns(values=months, assets=("stock",))
    return tuple(
        least_future_values(market, every="period", leverage=leverage, bins=BINS)
        for leverage in LEVERAGES
    )


def numbers(found: tuple[LeastFutureValue, ...]) -> dict[str, float]:
    half = [float(np.mean(one.least < 50.0)) for one in found]
    return {"mean": MEAN, "sd": SD, "leverage": LEVERAGES[1], "half": half[0], "kelly": half[1]}


def draw(found: tuple[LeastFutureValue, ...], width: float) -> Figure:
    figure, axes = panels(width, (1, 2), (2, 1), share=True)
    for ax, one in zip(axes, found, strict=True):
        draw_least(ax, one)
        exponent = 2.0 * LEVERAGES[1] / one.leverage - 1.0
        values = np.linspace(0.0, 1.0, 201)
        ax.plot(100.0 * values, exponent * values ** (exponent - 1.0) / BINS, **LINES[1])
    letter(axes, ("all in the stock", "growth-optimal"))
    handles = [
        Line2D([], [], label="limit of small returns", **LINES[1]),
        Line2D([], [], label="flat law", **REFERENCE),
    ]
    key(figure, handles)
    return figure
