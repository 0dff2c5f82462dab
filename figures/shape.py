"""Skewness and kurtosis of the payoff at fixed mean and variance."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.plotting.gallery import REFERENCE, STROKES, solved
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import MARKER, axis_label
from pdesolve.solver.values import InitialState

CASE = "normal"
CAPTION = (
    "Three payoffs with the mean and the variance of the case normal, and a given skewness"
    " (kurtosis 3, left) or kurtosis (skewness 0, right); dotted: with no trade after now. The"
    " normal payoff itself (circle) is off the lines: four moments do not decide. A good"
    " tail in place of a bad one (skewness 1, not -1) is worth {price:.2f}, and only"
    " {static:.2f} with no trade after now. Bad tails make the market uncertain, attentive and"
    " volatile, since supply makes them matter more; so do fat tails on both sides: a kurtosis of 6"
    " in place of 2 takes attention from {thin:.2f} to {fat:.2f}."
)
FIELDS = ("price", "variance", "attention", "price_volatility")
Found = dict[str, tuple[list[float], list[InitialState]]]


def payoff(skewness: float, kurtosis: float) -> dict[str, object]:
    """Three payoffs with mean 5 and variance 1; the middle one is the mean."""
    spread = np.sqrt(4.0 * kurtosis - 3.0 * skewness**2)
    low, high = 0.5 * (spread - skewness), 0.5 * (spread + skewness)
    ends = [1.0 / (low * (low + high)), 1.0 / (high * (low + high))]
    return {
        "payoff.kind": "discrete",
        "payoff.values": [5.0 - low, 5.0, 5.0 + high],
        "payoff.probabilities": [ends[0], 1.0 - sum(ends), ends[1]],
    }


def solve(quick: bool) -> Found:
    skewness = np.linspace(-1.0, 1.0, 3 if quick else 9).tolist()
    kurtosis = np.linspace(2.0, 6.0, 2 if quick else 9).tolist()
    return {
        "skewness": (skewness, [solved(CASE, quick, payoff(x, 3.0)).initial for x in skewness]),
        "kurtosis": (kurtosis, [solved(CASE, quick, payoff(0.0, x)).initial for x in kurtosis]),
        "normal": ([0.0, 3.0], [solved(CASE, quick).initial]),
    }


def numbers(found: Found) -> dict[str, float]:
    skewed, peaked = found["skewness"][1], found["kurtosis"][1]
    return {
        "price": skewed[-1].price - skewed[0].price,
        "static": skewed[-1].static_price - skewed[0].static_price,
        "thin": peaked[0].attention,
        "fat": peaked[-1].attention,
    }


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (4, 2), (4, 2), heights=(1.75, 1.65), share=True)
    places = [(field, moment) for field in FIELDS for moment in ("skewness", "kurtosis")]
    for ax, (field, moment) in zip(axes, places, strict=True):
        x, states = found[moment]
        ax.plot(x, [getattr(one, field) for one in states], **STROKES[0])
        if field in ("price", "variance"):
            ax.plot(x, [getattr(one, f"static_{field}") for one in states], **REFERENCE)
        where = found["normal"][0][moment == "kurtosis"]
        ax.plot([where], [getattr(found["normal"][1][0], field)], **MARKER)
        ax.set_xlabel(f"{moment} of the payoff")
        if moment == "skewness":
            ax.set_ylabel(axis_label(field).replace("price volatility", "volatility"))
    letter(axes, [field.replace("price_", "") for field, _ in places])
    handles = [
        Line2D([], [], label="three payoffs", **STROKES[0]),
        Line2D([], [], label="no trade after now", **REFERENCE),
        Line2D([], [], label="normal payoff", **MARKER),
    ]
    key(figure, handles)
    return figure
