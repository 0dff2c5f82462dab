"""Slopes of what is observed to the free parameters, all on one grid with one set of steps.

Those of initial values are had as in :mod:`pdesolve.studies.slopes`. What else is observed, and all
where attention jumps, is differenced: both sides are marched on the same grid with the same time
steps, as shares of the horizon, so that what comes out is a smooth function of the parameters, down
to rounding. Either way all parameters share the grid: what two of them do alike is then alike down
to rounding, and what the targets cannot tell apart shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from pdesolve.case import Case
from pdesolve.case.errors import PdesolveError
from pdesolve.numerics.grid import Grid
from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import pieces, spans
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import VALUES
from pdesolve.studies.calibration.targets import Targets
from pdesolve.studies.moved import Moved
from pdesolve.studies.slope_tuning import SlopeTuning
from pdesolve.studies.slopes import jumps, read_base, refined
from pdesolve.typing import Array


class Jacobian(NamedTuple):
    """Derivatives, shape (observed, parameters), and what the last refinement changed in them."""

    value: Array
    change: Array


@dataclass(frozen=True, kw_only=True)
class DerivativeTuning:
    """How far the grid is refined.

    Attributes
    ----------
    goal : float
        Change of a column by a refinement, relative to its size, that ends it; infinite for the
        first grid that works, whose change is not known.
    step : float
        Of a parameter, in units of its size.
    levels : tuple of (float, int)
        Where what is observed is differenced, nodes are divided by, and time steps merged by, these
        in turn.
    fewest : int
        Time steps that are left when they are merged.
    """

    goal: float = 1e-3
    step: float = 1e-6
    levels: tuple[tuple[float, int], ...] = ((2.4, 3), (1.7, 2), (1.2, 1), (0.8, 1), (0.6, 1))
    fewest: int = 8


ROUGH = DerivativeTuning(goal=np.inf)
FINER = SlopeTuning(levels=SlopeTuning().levels[1:])  # the first only says how far off that is


class NoSlope(PdesolveError, ArithmeticError):
    """Slopes that cannot be had."""


Shares = tuple[tuple[float, ...], ...]  # of the time between announcements, the latest first


def jacobian(
    found: Solution,
    moved: Sequence[Moved],
    targets: Targets,
    tuning: DerivativeTuning = DerivativeTuning(),
) -> Jacobian:
    """Slopes of what is observed of a solution to parameters of its case.

    Parameters
    ----------
    found : Solution
    moved : sequence of Moved
        The parameters.
    targets : Targets
        What is observed.
    tuning : DerivativeTuning

    Returns
    -------
    Jacobian
        In units of what is observed per unit of the parameter.

    Raises
    ------
    NoSlope
        If no grid will do.
    """
    known = list[Array]()
    at_start = targets.quotes is None and all(name in VALUES for name in targets.names)
    of = _marched if at_start and not jumps(found) else _differenced
    for one in of(found, moved, targets, tuning):
        known = [*known[-1:], one]
        if np.isinf(tuning.goal):
            break
        change, size = (np.linalg.norm(x, axis=0) for x in (known[-1] - known[0], known[-1]))
        if len(known) == 2 and (change <= tuning.goal * size).all():
            break
    if not known or not np.isfinite(known[-1]).all():
        raise NoSlope("what is observed has no slopes on any grid")
    return Jacobian(known[-1], np.abs(known[-1] - known[0]))


def _marched(
    found: Solution, moved: Sequence[Moved], targets: Targets, tuning: DerivativeTuning
) -> Iterator[Array]:
    """Slopes of initial values, on one grid after the other."""
    rows = [VALUES.index(name) for name in targets.names]
    return (one[rows] for one in refined(found, read_base(found), moved, has_kink(found), FINER))


def _differenced(
    found: Solution, moved: Sequence[Moved], targets: Targets, tuning: DerivativeTuning
) -> Iterator[Array]:
    """Differences of anything that is observed, on one grid after the other."""
    before = None
    for shrink, merged in tuning.levels:
        mesh = mesh_of(found, shrink, merged, tuning.fewest)
        if mesh == before:  # there is little to coarsen
            continue
        before = mesh
        try:
            cases = [found.case, *(one.case for one in moved)]
            base, *rest = (targets.observe(on_mesh(found, case, *mesh)).value for case in cases)
        except ArithmeticError:  # too coarse for this state: go on with the finer ones
            continue
        yield np.stack([(y - base) / one.step for y, one in zip(rest, moved, strict=True)], axis=-1)


def mesh_of(found: Solution, shrink: float, merged: int, fewest: int) -> tuple[Grid, Shares]:
    """A solution's grid with that many times fewer nodes, and fewer of its time steps.

    The steps are times to the next announcement, or to the horizon, as shares of it.
    """
    space = found.space
    n_xi, n_psi = max(16, round(space.n_xi / shrink)), max(7, round(space.n_psi / shrink))
    kept = []
    for piece in pieces(found.times, found.case.market)[::-1]:
        shares = (piece[-1] - piece[::-1]) / (piece[-1] - piece[0])
        few = max(1, min(merged, (shares.size - 1) // fewest))
        kept.append((*shares[:-1][::few].tolist(), 1.0))
    return space.resized(n_xi, n_psi), tuple(kept)


def on_mesh(found: Solution, case: Case, grid: Grid, shares: Shares) -> Solution:
    """A case nearby, solved on this grid with these steps; its error bars are the other's."""
    cuts = []
    for span, steps in zip(spans(case.market), shares[::-1], strict=True):
        times = span.end - np.array(steps[::-1]) * (span.end - span.start)
        times[0], times[-1] = span.start, just_before(span.end) if span.precision else span.end
        cuts.append(times)
    return retrace(replace(found, case=case), grid, np.concatenate(cuts))
