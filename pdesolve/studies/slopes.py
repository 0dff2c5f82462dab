"""Slopes of the initial values to parameters, with error bars (derivation.md, section 17).

A solve chooses grid and time steps by what it finds, so two solves nearby differ by more than their
parameters do. Here one solution is differentiated: the equations are linearised along its states,
and one march of weights on a coarser grid of the same region has the slopes to all parameters
(:mod:`pdesolve.studies.adjoint`). What is left is what that grid and its steps leave. To measure
it, and to spend less than the solve did, the march is taken on coarser and then finer grids, in
more and more steps, until two agree: the finer one is reported, and their disagreement is its error
bar.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pdesolve.numerics.grid import Grid
from pdesolve.solver.fields import States
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.pde.regimes import has_jump, has_kink
from pdesolve.solver.reading import Reading
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS, QUANTITIES, VALUES, InitialState
from pdesolve.solver.values import scales as value_scales
from pdesolve.studies.adjoint import start_slopes
from pdesolve.studies.answers import Answers
from pdesolve.studies.at_start import AtStart, sensitivities
from pdesolve.studies.moved import Moved, Vary, move, natural_size, parameter
from pdesolve.studies.slope_tuning import Level, SlopeTuning
from pdesolve.studies.track import Track, read_at_start
from pdesolve.typing import Array


class Slope(NamedTuple):
    """Derivatives of the initial values to one parameter, and their errors, by name."""

    value: dict[str, float]
    error: dict[str, float]


UNKNOWN = Slope(dict.fromkeys(VALUES, float("nan")), dict.fromkeys(VALUES, float("nan")))
MOVING = np.array([not name.startswith("static") for name in VALUES])  # what a march may change
ASKED = [VALUES.index(name) for name in ERRORS]
BESIDES = np.array([name not in ERRORS for name in VALUES])  # accuracy is not asked of them


def slopes_to(
    found: Solution,
    vary: Mapping[str, Vary],
    tuning: SlopeTuning = SlopeTuning(),
) -> dict[str, Slope]:
    """Derivatives of every initial value to parameters.

    Parameters
    ----------
    found : Solution
    vary : mapping
        Dotted name of a real parameter -> a callable from its value to the case with it, which
        raises ValueError where there is no such case.
    tuning : SlopeTuning

    Returns
    -------
    dict
        Name -> Slope, in the value's unit per unit of the parameter; NaN where a case nearby has no
        solution, and where attention jumps (`jumps`). At a kink it is the derivative to the right,
        or, at the end of the range, to the left.
    """
    moved, known = moves(found, vary, tuning), list[Array]()
    if jumps(found):
        return dict.fromkeys(vary, UNKNOWN)
    kinked, base = has_kink(found), read_base(found)
    uneven = kinked or found.space.clusters is not None
    goal = max(_goal(found, tuning), tuning.rough if uneven else 0.0)
    with suppress(ArithmeticError):  # a case nearby that has no solution
        for one in refined(found, base, list(moved.values()), kinked, tuning) if moved else ():
            known = [*known[-1:], one]
            if len(known) == 2:
                change = (tuning.uneven if uneven else tuning.smooth) * np.abs(one - known[0])
                error, relative = _error(found, base, list(moved.values()), one, change, tuning)
                relative[BESIDES] /= tuning.besides
                if np.nanmax(relative) <= goal:
                    break
    if len(known) < 2:
        if len(vary) < 2:
            return dict.fromkeys(vary, UNKNOWN)
        return {key: slopes_to(found, {key: one}, tuning)[key] for key, one in vary.items()}
    columns = {
        key: Slope(*(dict(zip(VALUES, part[:, k].tolist(), strict=True)) for part in (one, error)))
        for k, key in enumerate(moved)
    }
    return {key: columns.get(key, UNKNOWN) for key in vary}


def jumps(found: Solution) -> bool:
    """Whether attention jumps between states: where it does moves with the parameters.

    That is a source on a line between nodes, of which the equations linearised at the nodes know
    nothing.
    """
    return has_jump(found)


def read_base(found: Solution) -> AtStart:
    """The solution where it starts."""
    read, _ = read_at_start(found, found.space.n_xi)
    at = States(found.prior, found.economy.start, 0.0)
    return AtStart(case=found.case, given=found.economy, at=at, read=read)


def refined(
    found: Solution, base: AtStart, moved: Sequence[Moved], kinked: bool, tuning: SlopeTuning
) -> Iterator[Array]:
    """Slopes of the initial values, shape (values, parameters), on one level after the other.

    Levels that are too coarse for this state are left out.
    """
    by_read, besides = sensitivities(base, _sizes_of_read(found), moved, tuning.step)
    starts = [(one.economy.start - found.economy.start) / one.step for one in moved]
    done, before = 0, [0] * (1 + len(found.case.market.announcements))
    for level in tuning.levels_at_kinks if kinked else tuning.levels:
        if found.space.n_psi == 1 == level.least[2]:  # another step costs little there
            continue
        if done > 1 and _share(found, level.aims[0], found.space.order, tuning) > 1.0:
            return
        grid, steps = _grid(found, level, tuning), _steps(found, level, tuning)
        steps = [max(one, -(-4 * last // 3)) for one, last in zip(steps, before, strict=True)]
        near = round(found.space.n_xi * (grid.n_xi / found.space.n_xi) ** tuning.reading)
        track = Track(found=found, grid=grid, kinked=kinked)
        try:
            at_start = start_slopes(Answers.of(track, moved), steps)
        except ArithmeticError:
            continue
        along_xi = read_at_start(found, near)[1]
        done, before = done + 1, steps
        yield besides + by_read @ (at_start + np.outer(along_xi, starts))


def moves(
    found: Solution, vary: Mapping[str, Vary], tuning: SlopeTuning = SlopeTuning()
) -> dict[str, Moved]:
    """A step of every parameter that has a size and leads to a case."""
    steps = {}
    for key, one in vary.items():
        x = parameter(found.case, key)
        size = max(abs(x), natural_size(found.case, found.prior, key))
        if np.isfinite(x) and size > 0.0:  # else nothing says how far to go
            with suppress(ValueError, ArithmeticError):
                steps[key] = move(found.case, found.economy, x, size, one, tuning.step)
    return steps


def _goal(found: Solution, tuning: SlopeTuning) -> float:
    """Relative error that is good enough where nothing is rough."""
    return max(tuning.goal, tuning.loose * found.case.numerics.tolerance)


def _share(found: Solution, aim: float, order: int, tuning: SlopeTuning) -> float:
    """Of the solution's nodes or steps: what leaves an error of `aim` goals."""
    return float((found.case.numerics.tolerance / (aim * _goal(found, tuning))) ** (1.0 / order))


def _grid(found: Solution, level: Level, tuning: SlopeTuning) -> Grid:
    """A grid of the solution's region that leaves what the level aims at."""
    space, (nodes, elements) = found.space, level.least[:2]
    nodes = max(nodes, round(space.n_xi * _share(found, level.aims[0], space.order, tuning)))
    share = _share(found, level.aims[1], space.psi_order, tuning)
    elements = max(elements, round((space.n_psi - 1) / space.stages * share))
    if space.n_xi == 1:
        elements += 1 - level.fewer
    else:
        space = replace(space, psi_order=space.psi_order - 2 * level.fewer)
    return space.resized(nodes, 1 + space.stages * elements)


def _steps(found: Solution, level: Level, tuning: SlopeTuning) -> list[int]:
    """Steps of a march in each span between announcements."""
    share = _share(found, level.aims[2], tuning.order, tuning)
    parts = pieces(found.times, found.case.market)
    return [max(level.least[2], int((part.size - 1) * share)) for part in parts]


def _sizes_of_read(found: Solution) -> Array:
    prior = found.prior
    return np.array([prior.sd, prior.variance, 1.0, prior.variance])


def scales(found: Reading, moves: Array) -> Array:
    """What the errors of moves of the values, (values, p), are measured against."""
    sizes = {
        **value_scales(found.economy, found.initial),
        "price_volatility": found.initial.price_volatility,
    }
    return np.maximum(np.array([[sizes[name]] for name in VALUES]), np.abs(moves))


def _error(
    found: Solution,
    base: AtStart,
    moved: Sequence[Moved],
    fine: Array,
    change: Array,
    tuning: SlopeTuning,
) -> tuple[Array, Array]:
    """Bars of slopes, and their size relative to the parameters' and the values'.

    From the change that is taken to be left, and the step's own error. What did not change at all
    is exact but for that; NaN for what is not there (an SVIX).
    """
    sizes, steps = (np.array([getattr(one, name) for one in moved]) for name in ("size", "step"))
    scale = scales(base, fine * sizes) / sizes
    moving = MOVING[:, None] & (change > 0.0)
    lucky = tuning.lucky * _goal(found, tuning) if found.space.n_psi > 1 else 0.0
    worst = max(np.nanmax((change / scale)[ASKED]), lucky)
    floor = tuning.shared * worst * scale * moving
    change = change + tuning.left * found.case.numerics.tolerance * scale * moving
    rounding = _rounding(base, tuning.noise)[:, None] / np.abs(steps)
    error = (
        np.maximum(change, floor) + tuning.curved * tuning.step * scale * (fine != 0.0) + rounding
    )
    return error, error / scale


def _rounding(found: AtStart, noise: float) -> Array:
    """What rounding leaves in the values; a difference of others has at least what theirs leave."""
    initial: InitialState = found.initial
    known = {name: noise * abs(getattr(initial, name)) for name in VALUES}
    for name in VALUES:
        follows = QUANTITIES[name].bar_from
        if follows is not None:
            known[name] = max(known[name], follows(found.economy, initial, known))
    return np.array(list(known.values()))
