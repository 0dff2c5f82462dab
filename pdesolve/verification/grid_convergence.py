"""Successive refinement of a solved case in one direction, everything else held fixed.

Without an exact solution, what is seen is the change from one resolution to the next, which falls
at the scheme's order once it is small. All resolutions share the state space, the nodes in the
other directions and the very same time steps, so that their other errors cancel in the changes;
they are compared at t = 0 on the nodes that all of them have, without interpolation. A solution has
few nodes along xi where they do not matter to what is reported; if three resolutions show no order
in all of the state space yet, finer ones are tried, where a wrong order would stay what it is.

The regions are "interior" (where the payoff is uncertain and psi at most psi_known), "psi = 0" (of
these, where an economy starts) and "boundary" (the ends of xi). No order is asked for at the
boundary, where the state space itself is what limits the accuracy, nor along psi in the interior,
where the fade of the transport above psi_known is felt, nor at all if attention has a kink, which
no scheme of high order resolves. Along psi the order at psi = 0 lies between s + 1 and 2s - 1 with
s lines per element, as what starts at the payoff date has not left the grid by t = 0
(order_studies.py).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, isfinite, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.model import equations
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rosenbrock import METHOD, fixed_steps
from pdesolve.numerics.splines import Surface
from pdesolve.solver.pde.announcements import announced, pieces, spans
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from pdesolve.verification.orders import Fit, OrderRow, OrderTable, fit_order
from pdesolve.verification.richardson import Richardson, extrapolate

FIELDS = (*equations.FIELDS, "attention")
DIRECTIONS = ("xi", "psi", "time")
PARAMETERS = {"xi": "intervals along xi", "psi": "elements along psi", "time": "time steps"}


@dataclass(frozen=True, kw_only=True)
class RefinementTuning:
    """What a case that is refined is held to.

    Attributes
    ----------
    least : float
        Of the order in theory: a real case need not have reached the asymptotic range.
    felt : float
        Of the prior's variance: nodes with less are in the far field.
    further, finer : int, float
        Further three resolutions along xi that are tried at most, and how much finer each time.
    """

    least: float = 0.5
    felt: float = 1e-3
    further: int = 2
    finer: float = 2.25


@dataclass(frozen=True, kw_only=True)
class Refinement:
    """Three resolutions of one case.

    Attributes
    ----------
    direction : str
        "xi", "psi" or "time".
    table : OrderTable
        Changes from each resolution to the next in place of errors, with the coarser one's
        resolution: two of them, so that the fitted order is the apparent one. A row passes with
        half of the order in theory or more, or at round-off.
    values : dict of str to Richardson
        The initial price, variance, log value and attention, extrapolated in this direction only;
        own units.
    """

    direction: str
    table: OrderTable
    values: dict[str, Richardson]


class _Run(NamedTuple):
    """A last state on its grid, and the fields that follow from it, each (n_psi, n_xi)."""

    resolution: int
    grid: Grid
    fields: dict[str, Array]
    start: dict[str, float]


def directions(found: Solution) -> tuple[str, ...]:
    """Directions in which a solution can be refined: not along an axis of one node."""
    nodes = {"xi": found.space.n_xi, "psi": found.space.n_psi, "time": 2}
    return tuple(name for name in DIRECTIONS if nodes[name] > 1)


def refinement(
    found: Solution, direction: str, tuning: RefinementTuning = RefinementTuning()
) -> Refinement:
    """Solve a case again at three resolutions along one direction.

    Parameters
    ----------
    found : Solution
        Says how many nodes and which time steps to start from: resolutions are about 2/3, 1 and
        3/2 of its xi nodes (finer ones if these show no order yet), or 1/2, 1 and 2 of its psi
        elements or of half its time steps.
    direction : {"xi", "psi", "time"}
    tuning : RefinementTuning

    Returns
    -------
    Refinement

    Raises
    ------
    ValueError
        If the solution has no such direction.
    ArithmeticError
        If one of the solves breaks down.
    """
    if direction not in directions(found):
        raise ValueError(f"{found.case.name}: there is nothing to refine along {direction}")
    began = time.perf_counter()
    for trial in range(1 + (tuning.further if direction == "xi" else 0)):
        levels = _levels(found, direction, tuning.finer**trial)
        runs = [_solve(found, *level) for level in levels]
        table = _table(found, runs, direction, tuning)
        if table.passed:
            break
    scales = error_scales(found)
    values = {
        name: extrapolate(
            table.resolutions,
            [run.start[name] for run in runs],
            expected=expected_order(found, direction),
            scale=scales[name],
        )
        for name in FIELDS
    }
    table = replace(table, seconds=time.perf_counter() - began)
    return Refinement(direction=direction, table=table, values=values)


def _levels(
    found: Solution, direction: str, finer: float = 1.0
) -> list[tuple[int, Grid, list[Array]]]:
    """Resolution, grid and step lengths of each run, between announcements, the latest first."""
    space = found.space
    lefts = [piece[-1] - piece[::-1] for piece in pieces(found.times, found.case.market)[::-1]]
    steps = [np.diff(left) for left in lefts]
    if direction == "xi":
        unit = round(finer * max(4, round((space.n_xi - 1) / 6)))
        return [(n, replace(space, n_xi=1 + n), steps) for n in (4 * unit, 6 * unit, 9 * unit)]
    if direction == "psi":
        least = max(1, round((space.n_psi - 1) / space.stages / 2))
        counts = (least, 2 * least, 4 * least)
        return [(n, replace(space, n_psi=1 + space.stages * n), steps) for n in counts]
    pairs = [np.diff(np.append(left[:-1:2], left[-1])) for left in lefts]
    count = sum(pair.size for pair in pairs)
    return [(n * count, space, [np.repeat(pair / n, n) for pair in pairs]) for n in (1, 2, 4)]


def _table(
    found: Solution, runs: Sequence[_Run], direction: str, tuning: RefinementTuning
) -> OrderTable:
    """What three resolutions show."""
    kink = has_kink(found)
    return OrderTable(
        name=f"{found.case.name}: {direction}",
        parameter=PARAMETERS[direction],
        resolutions=tuple(float(run.resolution) for run in runs),
        rows=_rows(found, runs, direction, kink, tuning),
        note="attention leaves zero, meets its cap or jumps: no order is expected" if kink else "",
        kink=kink,
    )


def _solve(found: Solution, resolution: int, grid: Grid, steps: list[Array]) -> _Run:
    """Take the given steps on a grid."""
    economy, prior = found.economy, found.prior
    system = Equilibrium.of(economy, grid)
    static = system.static
    u = np.zeros((*grid.xi.shape, 3))
    for span, lengths in zip(spans(found.case.market)[::-1], steps, strict=True):
        u = announced(system, u, span.precision) if span.precision else u
        u = fixed_steps(system.linearise, u, lengths.tolist())
    fields = {
        "price": prior.centre + static.mean + u[..., 0],
        "variance": static.variance + u[..., 1],
        "log_value": u[..., 2],
        "attention": system.respond(u).attention,
    }
    xi = np.array([economy.start])
    eta, z = grid.locate(xi, np.zeros(1))
    q, v, log_deviation = Surface(grid, u)(eta, z)[0]
    at = prior.cumulants(xi, np.zeros(1))
    variance = at.variance + v
    start = {
        "price": float(prior.centre + at.mean[0] + q),
        "variance": float(variance[0]),
        "log_value": float(xi[0] * prior.centre + at.phi[0] + log_deviation),
        "attention": float(economy.respond(variance).attention[0]),
    }
    return _Run(resolution, grid, fields, start)


def _rows(
    found: Solution, runs: Sequence[_Run], direction: str, kink: bool, tuning: RefinementTuning
) -> tuple[OrderRow, ...]:
    """Changes between neighbours by field, region and norm."""
    scales, rows = error_scales(found), []
    nodes, regions = _nodes(found, runs, tuning.felt)
    resolutions = [float(run.resolution) for run in runs[:-1]]
    for field in FIELDS:
        values = [run.fields[field][at] for run, at in zip(runs, nodes, strict=True)]
        changes = [np.abs(b - a) / scales[field] for a, b in pairwise(values)]
        for region, there in regions.items():
            told = region == "boundary" or (region, direction) == ("interior", "psi")
            expected = nan if told or kink else expected_order(found, direction)
            for norm in ("L2", "max"):
                sizes = [_size(change[there], norm) for change in changes]
                fitted = fit_order(resolutions, sizes)
                rows.append(
                    OrderRow(
                        field=field,
                        norm=norm,
                        region=region,
                        errors=tuple(sizes),
                        fitted=fitted,
                        expected=expected,
                        cap=inf,
                        scale=scales[field],
                        passed=_good(fitted, sizes, expected, tuning.least),
                        note=fitted.note,
                    )
                )
    return tuple(rows)


def expected_order(found: Solution, direction: str) -> float:
    """Order in theory, once resolutions are fine enough."""
    space = found.space
    return float({"xi": space.order, "psi": space.psi_order, "time": METHOD.order}[direction])


def _good(fitted: Fit, sizes: Sequence[float], expected: float, least: float) -> bool:
    """Whether the order is at least that share of what is expected, or there is nothing to see."""
    if not all(isfinite(size) for size in sizes):
        return False
    return not isfinite(expected) or fitted.used < 2 or fitted.order >= least * expected


def _size(change: Array, norm: str) -> float:
    return float(change.max() if norm == "max" else np.sqrt(np.mean(change**2)))


def _nodes(
    found: Solution, runs: Sequence[_Run], felt_share: float
) -> tuple[list[tuple[NDArray[np.int_], NDArray[np.int_]]], dict[str, NDArray[np.bool_]]]:
    """Where each run has the nodes that all have, and which of those make up which region."""
    across = np.gcd.reduce([run.grid.n_xi - 1 for run in runs])
    stages = runs[0].grid.stages
    elements = [(run.grid.n_psi - 1) // stages for run in runs]
    up = np.gcd.reduce(elements)
    same = len(set(elements)) == 1
    at = []
    for run, count in zip(runs, elements, strict=True):
        columns = np.arange(across + 1) * ((run.grid.n_xi - 1) // max(across, 1))
        every = 1 if same else stages * (count // max(up, 1))
        lines = np.arange(0, run.grid.n_psi, max(every, 1))
        at.append((lines[:, None], columns))
    grid = runs[0].grid
    lines, columns = at[0]
    xi = grid.xi[lines, columns]
    psi = np.broadcast_to(grid.psi[lines], xi.shape)
    variance = found.prior.cumulants(xi, psi).variance
    felt = (variance > felt_share * found.prior.variance) & (psi <= grid.psi_known)
    ends = np.zeros(xi.shape, dtype=bool)
    ends[:, [0, -1]] = grid.n_xi > 1
    regions = {"interior": felt & ~ends, "psi = 0": felt & ~ends & (psi == 0), "boundary": ends}
    return at, {name: there for name, there in regions.items() if there.any()}
