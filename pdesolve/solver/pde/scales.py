"""About which lines in the plane of xi and psi nodes are to gather, if about any.

Where payoffs are far apart evidence tells them apart within a narrow strip: its width in xi is one
over the distance, at every psi, while the band of all states fans out. A map of one scale that
reaches all needs nodes for the narrowest strip everywhere; :mod:`pdesolve.numerics.clusters` puts
them where the strips are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pdesolve.model.economy import Economy
from pdesolve.numerics.clusters import Line
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.static_scan import scan


@dataclass(frozen=True, kw_only=True)
class ScaleTuning:
    """Which strips get nodes of their own, and what they must save.

    Set by trial on lotteries with tails from 1e-3 to 1e-5, samples of heavy-tailed draws and the
    named cases.

    Attributes
    ----------
    parted : (float, float)
        Gap between payoffs, over 1 / sd of xi by supply: narrower ones are blurred. The second
        where the wider ones leave too many nodes.
    many : float
        Nodes that are.
    about : float
        Width that nodes are evenly spread over, in units of 1 / distance.
    lines : int
        Gaps, at most: the widest.
    nodes, rows : int
        States from which a look along xi begins, and values of psi at which it is taken.
    sds : float
        Paths as far off where their payoff leads are looked at.
    felt : float
        Of the payoff's variance, that is left where nodes are needed.
    most : float
        Share of such states that has as many nodes as it needs.
    saved : float
        Nodes that gathering them has to save.
    few : float
        Finest lengths in the band of all states: of so few there is nothing to save.
    """

    parted: tuple[float, float] = (0.5, 0.3)
    many: float = 300.0
    about: float = 4.0
    lines: int = 6
    nodes: int = 81
    rows: int = 12
    sds: float = 4.0
    felt: float = 1e-3
    most: float = 0.95
    saved: float = 45.0
    few: float = 60.0


def parting_lines(economy: Economy, parted: float, how: ScaleTuning) -> tuple[Line, ...]:
    """Where evidence tells payoffs apart that are too far from each other for supply to blur."""
    blurred = parted / (economy.rho_sigma * economy.horizon**0.5)
    return tuple(
        Line(one.centre, one.slope, how.about / one.distance)
        for one in economy.prior.partings(blurred, how.lines)
    )


def nodes_needed(
    grids: Sequence[Grid], economy: Economy, step: float, how: ScaleTuning
) -> list[float]:
    """Nodes along xi of each grid, if they are to be as close as the static variance bends.

    Parameters
    ----------
    grids : sequence of Grid
        States are looked for on the nodes of the first.
    economy : Economy
    step : float
        Of the price from one state to the next, at most; money.
    how : ScaleTuning
    """
    if len(grids) == 1:
        return [0.0]
    prior, top = economy.prior, grids[0].eta[-1]
    psi = grids[0].psi_scale * np.expm1(np.linspace(0.0, top, how.rows))
    with np.errstate(all="ignore"):
        found = scan(prior, grids[0].line(psi[:, None]), psi, step)
        bends = found.bends
    there = economy.visits(found.zeta, psi[found.row], how.sds)
    there &= (found.static.variance > how.felt * prior.variance) & np.isfinite(bends)
    xi, psi, bends = found.zeta[there], psi[found.row[there]], bends[there]
    if not there.any():
        return [0.0] * len(grids)
    return [float(np.quantile(2.0 * one.spacing(xi, psi) * bends, how.most)) for one in grids]
