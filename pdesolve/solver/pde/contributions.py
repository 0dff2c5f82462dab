"""What the ends of the grid and the time steps contribute to the error, measured; and the rest."""

from dataclasses import replace

import numpy as np

from pdesolve.solver.pde.budget import Metered, node_count, steps_tried
from pdesolve.solver.pde.errors import Errors, ErrorTuning, change, error_scales, none, times
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import TRACKED


def ends_error(run: Metered, first: Solution, tuning: Tuning) -> Errors:
    """Change when the grid is continued outwards along xi; nodes and time steps are the same.

    The largest psi needs none of this: what `psi_reached` does not reach is never heard of.

    If the outer states break the integration down, their part is not known and left out: the next
    passes have the same ends, and they are `DomainTuning.reach` standard deviations away.
    """
    run.left -= node_count(first) * steps_tried(first)
    nodes = max(1, round(tuning.refine.beyond * first.space.n_xi))
    try:
        longer = retrace(first, first.space.extended(nodes))
    except ArithmeticError:
        return none()
    return times(change(longer, first, tuning.errors), tuning.errors.safety)


def steps_error(
    run: Metered, best: Solution, first: Solution, time_tolerance: float, tuning: Tuning
) -> Errors:
    """What the time steps leave: from the change, on a coarse grid, when they are merged in pairs.

    The error in time hardly depends on the grid. Where the coarse grid breaks down, the first
    pass's is tried; where that does too, the tolerance of the steps has to do.
    """
    space, share = first.space, tuning.refine.coarse
    least = 16, 1 + 2 * space.stages
    coarse = replace(
        space,
        n_xi=1 if space.n_xi == 1 else max(least[0], round(share * space.n_xi)),
        n_psi=1
        if space.n_psi == 1
        else max(least[1], 1 + space.stages * round(share * (space.n_psi - 1) / space.stages)),
    )
    pairs = np.append(best.times[: -1 if best.times.size % 2 else None][::-2][::-1], best.times[-1])
    pairs = np.unique(np.append(0.0, pairs))
    for grid in (coarse, space):
        run.left -= 1.5 * grid.n_xi * grid.n_psi * (best.times.size - 1)
        try:
            every = retrace(best, grid)
            merged = retrace(every, grid, pairs)
            moved = change(merged, every, tuning.errors)
        except ArithmeticError:
            continue
        if all(np.isfinite(value) for value in moved.values()):
            return times(moved, tuning.errors.safety * tuning.errors.merged)
    sizes = error_scales(best)
    return {name: tuning.errors.blind * time_tolerance * sizes[name] for name in TRACKED}


def rest_of_doubt(best: Solution, tolerance: float, tuning: ErrorTuning) -> Errors:
    """What is added for what no comparison of passes sees."""
    share = 0.0 if best.space.n_xi == 1 else tuning.doubt
    sizes = error_scales(best)
    return {name: share * tolerance * sizes[name] for name in TRACKED}
