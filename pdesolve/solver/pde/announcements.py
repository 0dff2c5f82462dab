"""Marching across announcements: where time is cut, and the fields on a grid before from after.

The two states of a date have times that are neighbours among floating-point numbers: a solution's
fields at the date are those just after the news, and at `fields.just_before(date)` those before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.interpolate import make_interp_spline

from pdesolve.case import Market
from pdesolve.model.announcement import Heard, before, hear, hear_at
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.splines import degree_of
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class NewsTuning:
    """The quadrature over what may be heard; what it leaves is measured (`contributions`).

    Attributes
    ----------
    tail : float
        Standard deviations of the news that it reaches.
    step : float
        Spacing, in standard deviations of the news, or of what the market makes of it if that is
        less: the trapezoidal rule leaves about exp(-2 pi²/step).
    """

    tail: float = 7.5
    step: float = 0.8


class Span(NamedTuple):
    """Time between announcements, and the precision of the one that ends it; 0 at the horizon."""

    start: float
    end: float
    precision: float


def spans(market: Market) -> list[Span]:
    """Time cut at the announcements, the earliest first."""
    dates = [one.time for one in market.announcements]
    told = [one.precision for one in market.announcements]
    edges = zip([0.0, *dates], [*dates, market.horizon], [*told, 0.0], strict=True)
    return [Span(*one) for one in edges]


def pieces(times: Array, market: Market) -> list[Array]:
    """Times cut at the announcements: each from a state just after one to one just before."""
    dates = [one.time for one in market.announcements]
    return np.split(times, np.searchsorted(times, dates))


def respaced(times: Array, market: Market, steps: int) -> Array:
    """Ends of so many steps or so, that grow from later times to earlier ones as these do.

    Between any two announcements.
    """
    parts = pieces(times, market)
    share = steps / sum(t.size - 1 for t in parts)
    return np.concatenate([graded(t, max(1, round(share * (t.size - 1)))) for t in parts])


def graded(times: Array, steps: int, most: float = 4.0) -> Array:
    """Ends of so many steps: the k-th from the end is off from it by a power of k.

    That which fits these times best, in logarithms, from one to `most`. Errors of steps that change
    smoothly fall as those of even ones do.
    """
    last, whole = times[-1], times[-1] - times[0]
    known = np.arange(times.size - 2, 0, -1) / (times.size - 1)
    along, off = np.log(known), np.log((last - times[1:-1]) / whole)
    power = np.clip(along @ off / (along @ along), 1.0, most) if known.size else 1.0
    found = last - whole * np.linspace(1.0, 0.0, steps + 1) ** power
    found[0] = times[0]
    return np.asarray(found)


def announced(
    system: Equilibrium, u: Array, precision: float, tuning: NewsTuning = NewsTuning()
) -> Array:
    """Deviations at the nodes just before news of that precision, from those just after it.

    Where psi would leave the grid there is as much news as there is room for: nobody who starts
    from psi = 0 gets there.
    """
    out = np.empty_like(u)
    for line, (heard, values) in enumerate(on_lines(system, u, precision, tuning)):
        out[line] = before(heard, values)
    return out


def on_lines(
    system: Equilibrium, u: Array, precision: float, tuning: NewsTuning = NewsTuning()
) -> Iterator[tuple[Heard, Array]]:
    """Line by line of psi: what may be heard at its nodes, and fields then, (n_xi, m, fields)."""
    grid, told = system.grid, room(system.grid, precision)
    rows = along_psi(grid, u, grid.psi + told)
    most = system.static.variance.max(axis=1)
    later = np.interp(grid.psi + told, grid.psi, most)
    for line, h in enumerate(told.tolist()):
        shock = np.zeros(1)  # a normal payoff's fields are the same whatever is heard
        if grid.n_xi > 1:
            shock = news_nodes(h * most[line], h * later[line], tuning)
        yield _on_line(system, line, h, shock, rows[line])


def _on_line(
    system: Equilibrium, line: int, precision: float, shock: Array, row: Array
) -> tuple[Heard, Array]:
    """On a line of nodes, by a rule around each, or by one that they share if that has less nodes.

    The shared one covers what all of them may hear, at the same spacing.
    """
    grid, prior, sd = system.grid, system.economy.prior, np.sqrt(precision)
    xi, psi = grid.xi[line], float(grid.psi[line])
    middle = xi + precision * system.static.mean[line]
    low, high = middle.min() - sd * shock[-1], middle.max() + sd * shock[-1]
    step = sd * (shock[-1] - shock[0]) / max(shock.size - 1, 1)
    if step > 0.0 and (high - low) / step < xi.size * shock.size - 2:
        places = np.linspace(low, high, 2 + int((high - low) / step))
        heard = hear_at(prior, xi, psi, precision, places)
        values = _along_xi(grid, row, places, psi + precision)
        return heard, np.broadcast_to(values, (*heard.shift.shape, values.shape[-1]))
    heard = hear(prior, xi, np.full(xi.size, psi), precision, shock)
    return heard, _along_xi(grid, row, xi[:, None] + heard.shift, psi + precision)


def room(grid: Grid, precision: float) -> Array:
    """Precision of the news on every line: all of it, or what there is room for; shape (n_psi,)."""
    if grid.n_psi == 1:
        return np.full(1, precision)
    return np.minimum(precision, grid.psi[-1] - grid.psi)


def along_psi(grid: Grid, u: Array, psi: Array) -> Array:
    """Nodal values at other psi, one for each line, at the same places along it."""
    if grid.n_psi == 1:
        return u
    eta = np.log1p(psi / grid.psi_scale)
    spline = make_interp_spline(grid.eta, u, k=degree_of(grid.n_psi))
    return np.asarray(spline(np.minimum(eta, grid.eta[-1])))


def _along_xi(grid: Grid, row: Array, xi: Array, psi: float) -> Array:
    """Values of a row of nodes at that psi in states xi; level beyond the ends."""
    if grid.n_xi == 1:
        return np.broadcast_to(row, (*xi.shape, row.shape[-1]))
    z = np.clip(grid.locate(xi, np.asarray(psi))[1], -1.0, 1.0)
    return np.asarray(make_interp_spline(grid.z, row, k=degree_of(grid.n_xi))(z))


def news_nodes(wide: float, bend: float, tuning: NewsTuning = NewsTuning()) -> Array:
    """Nodes for news whose precision, times the largest variances before and after, is this."""
    reach = tuning.tail * np.sqrt(1.0 + wide)
    half = int(np.ceil(reach * max(1.0, 2.0 * np.sqrt(bend)) / tuning.step))
    return np.linspace(-reach, reach, 2 * half + 1)
