"""Slopes of whatever is observed to the free parameters, all on one grid with one set of steps.

As in :mod:`pdesolve.studies.slopes`, both sides of a difference are marched on the same grid with
the same time steps, as shares of the horizon, so that what comes out is smooth in the parameters.
Here all parameters share the grid too: what two of them do alike is then alike down to rounding,
and what the targets cannot tell apart shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from pdesolve.case import Case
from pdesolve.case.errors import PdesolveError
from pdesolve.numerics.grid import Grid
from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import spans
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.solution import Solution
from pdesolve.studies.slopes import Shares, SlopeTuning, mesh_of, moved_case
from pdesolve.typing import Array


class Move(NamedTuple):
    """A parameter to differentiate to: its value and size, and the case with another value."""

    value: float
    size: float
    vary: Callable[[float], Case]


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
    slopes : SlopeTuning
        Grids, and the step of the differences.
    """

    goal: float = 1e-3
    slopes: SlopeTuning = SlopeTuning()


ROUGH = DerivativeTuning(goal=np.inf)


class NoSlope(PdesolveError, ArithmeticError):
    """Slopes that cannot be had."""


def jacobian(
    found: Solution,
    moves: Sequence[Move],
    observe: Callable[[Solution], Array],
    tuning: DerivativeTuning = DerivativeTuning(),
) -> Jacobian:
    """Slopes of what is observed of a solution to parameters of its case.

    Parameters
    ----------
    found : Solution
    moves : sequence of Move
    observe : callable
        Solution -> what is observed of it, shape (n,).
    tuning : DerivativeTuning

    Returns
    -------
    Jacobian
        In units of what is observed per unit of the parameter.

    Raises
    ------
    NoSlope
        If there are no cases nearby, or no grid will do.
    """
    slopes, known, before = tuning.slopes, list[Array](), None
    try:
        steps = [moved_case(one.vary, one.value, slopes.step * one.size) for one in moves]
    except ValueError as failure:
        raise NoSlope(str(failure)) from failure
    for shrink, merged in slopes.levels:
        mesh = mesh_of(found, shrink, merged, slopes.fewest)
        if mesh == before:  # there is little to coarsen
            continue
        before = mesh
        try:
            known = [*known[-1:], _differences(found, steps, observe, *mesh)]
        except ArithmeticError:  # too coarse for this state: go on with the finer ones
            continue
        if np.isinf(tuning.goal):
            break
        change, size = (np.linalg.norm(x, axis=0) for x in (known[-1] - known[0], known[-1]))
        if len(known) == 2 and (change <= tuning.goal * size).all():
            break
    if not known or not np.isfinite(known[-1]).all():
        raise NoSlope("what is observed has no slopes on any grid")
    return Jacobian(known[-1], np.abs(known[-1] - known[0]))


def _differences(
    found: Solution,
    steps: Sequence[tuple[float, Case]],
    observe: Callable[[Solution], Array],
    grid: Grid,
    shares: Shares,
) -> Array:
    base = observe(_on_mesh(found, found.case, grid, shares))
    moved = [observe(_on_mesh(found, case, grid, shares)) for _, case in steps]
    widths = [h for h, _ in steps]
    return np.stack([(one - base) / h for one, h in zip(moved, widths, strict=True)], axis=-1)


def _on_mesh(found: Solution, case: Case, grid: Grid, shares: Shares) -> Solution:
    """A case nearby, solved on this grid with these steps; its error bars are the other's."""
    cuts = []
    for span, steps in zip(spans(case.market), shares[::-1], strict=True):
        times = span.end - np.array(steps[::-1]) * (span.end - span.start)
        times[0], times[-1] = span.start, just_before(span.end) if span.precision else span.end
        cuts.append(times)
    return retrace(replace(found, case=case), grid, np.concatenate(cuts))
