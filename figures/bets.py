"""Independent bets against correlation."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.case.sources import data_file
from pdesolve.investing.moments import given_moments, moments_of
from pdesolve.investing.returns import read_returns
from pdesolve.plotting.gallery import LINES, REFERENCE
from pdesolve.plotting.layout import key, letter, panels
from pdesolve.plotting.style import MARKER
from pdesolve.typing import Array

CASE = ""
CAPTION = (
    "How many independent bets there are in assets: the squared diversification ratio of the"
    " portfolio where it is largest. (a) Assets that all have the same correlation ρ, as formula,"
    " N/(1 + (N - 1)ρ), and as found (circles): of ten bets at ρ = 0, {half:.2f} are left at ρ = ½,"
    " and more assets hardly help. (b) Ten industries (made up, with correlations like theirs),"
    " year by year: {least:.2f} to {most:.2f} bets, more than at one correlation, their average"
    " (dotted), since correlations that differ leave room to diversify."
)
COUNTS = (5, 10, 50)
RHO = np.linspace(0.0, 1.0, 201)
YEAR = 252


class Found(NamedTuple):
    """Bets by number of assets at some correlations; average correlation and bets, by year."""

    rho: Array
    bets: dict[int, Array]
    average: Array
    industries: Array


def solve(quick: bool) -> Found:
    rho = np.linspace(0.0, 1.0, 3 if quick else 11)
    bets = {n: np.array([given_moments(same(n, one)).bets for one in rho]) for n in COUNTS}
    data = read_returns(data_file("industries"))
    years = [data.values[k : k + YEAR] for k in range(0, len(data.values) - YEAR + 1, YEAR)]
    found = [moments_of(one, data.assets) for one in years]
    pairs = np.triu_indices(len(data.assets), 1)
    average = np.array([one.correlation[pairs].mean() for one in found])
    return Found(rho, bets, average, np.array([one.bets for one in found]))


def same(count: int, rho: float) -> Array:
    return (1.0 - rho) * np.eye(count) + rho * np.ones((count, count))


def numbers(found: Found) -> dict[str, float]:
    half, years = found.bets[10][found.rho.size // 2], found.industries
    return {"half": float(half), "least": float(years.min()), "most": float(years.max())}


def draw(found: Found, width: float) -> Figure:
    figure, (a, b) = panels(width, (1, 2), (2, 1), heights=(2.6, 2.3))
    for (count, bets), stroke in zip(found.bets.items(), LINES, strict=False):
        a.semilogy(RHO, count / (1.0 + (count - 1) * RHO), **stroke)
        a.semilogy(found.rho, bets, **{**MARKER, "markersize": 4})
    a.set_yticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    a.minorticks_off()
    a.set(xlabel="correlation ρ of any two assets", ylabel="independent bets (log scale)")
    b.plot(found.average, found.industries, **MARKER)
    reach = np.linspace(0.97 * found.average.min(), 1.03 * found.average.max(), 50)
    b.plot(reach, 10.0 / (1.0 + 9.0 * reach), **REFERENCE)
    b.set(xlabel="average correlation in a year", ylabel="independent bets")
    letter((a, b), ("equal correlations", "ten industries"))
    lines = [
        Line2D([], [], label=f"N = {count}", **stroke)
        for count, stroke in zip(COUNTS, LINES, strict=False)
    ]
    key(figure, [*lines, Line2D([], [], label="equal correlations, N = 10", **REFERENCE)])
    return figure
