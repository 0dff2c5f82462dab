"""Derivatives of the initial values to parameters, by differences with the discretisation frozen.

A solve chooses grid and time steps by what it finds, so two solves nearby differ by more than their
parameters do. Here both sides of a difference are marched on one grid with one sequence of time
steps (as shares of the horizon). What comes out is then a smooth function of the parameter, down to
rounding, and a step of a millionth gives its derivative to about as many digits. What is left is
the error of the discretisation. To measure it, and to spend less than the solve did, the difference
is taken on coarser and then finer versions of the solution's own grid and steps until two agree:
the finer one is reported, and their disagreement is its error bar.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from pdesolve.case import Case
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Prior
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rosenbrock import fixed_steps
from pdesolve.solver.pde.announcements import announced, pieces, spans
from pdesolve.solver.pde.errors import error_scales, has_kink
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import QUANTITIES, VALUES, InitialState
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class SlopeTuning:
    """How a derivative is refined, and how wide its bar is.

    The bars were tried against differences of tight solves on the named cases (tests/studies).

    Attributes
    ----------
    step : float
        Of the difference, in units of the parameter's size: near the cube root of what rounding
        leaves, where it costs about as much as curvature does.
    levels : tuple of (float, int)
        Nodes are divided by, and time steps merged by, these in turn; by those of a factor below
        one only if the coarser ones could not be compared.
    kinked : float
        On bar and goal where attention has a kink: nodes that cross it add noise.
    coupled : float
        Least share of the worst field's error that every field is taken to have.
    fewest : int
        Time steps that are left when they are merged.
    time : float
        Error that the time steps are taken to leave, in units of the solution's tolerance.
    goal : float
        Relative error of a slope that ends the refinement.
    noise : float
        Of a value: what rounding leaves in it.
    """

    step: float = 1e-6
    levels: tuple[tuple[float, int], ...] = ((2.4, 3), (1.7, 2), (1.2, 1), (0.8, 1), (0.6, 1))
    kinked: float = 8.0
    coupled: float = 0.3
    fewest: int = 8
    time: float = 2.0
    goal: float = 5e-3
    noise: float = 1e-14


class Slope(NamedTuple):
    """Derivatives of the initial values to one parameter, and their errors, by name."""

    value: dict[str, float]
    error: dict[str, float]


UNKNOWN = Slope(dict.fromkeys(VALUES, float("nan")), dict.fromkeys(VALUES, float("nan")))


def slope(
    found: Solution,
    key: str,
    vary: Callable[[float], Case],
    tuning: SlopeTuning = SlopeTuning(),
) -> Slope:
    """Derivative of every initial value to a parameter.

    Parameters
    ----------
    found : Solution
    key : str
        Dotted name of a real parameter.
    vary : callable
        Value of the parameter -> the case with it; raises ValueError where there is no such case.
    tuning : SlopeTuning

    Returns
    -------
    Slope
        In the value's unit per unit of the parameter; NaN where a case nearby has no solution. At a
        kink it is the derivative to the right, or, at the end of the range, to the left.
    """
    case = found.case
    x = parameter(case, key)
    if not np.isfinite(x):
        return UNKNOWN
    size = max(abs(x), natural_size(case, found.prior, key))
    if size == 0.0:  # nothing says how far to go
        return UNKNOWN
    try:
        h, moved = moved_case(vary, x, tuning.step * size)
    except ValueError:
        return UNKNOWN
    coarse = fine = None
    slack = tuning.kinked if has_kink(found) else 1.0
    before = None
    for shrink, merged in tuning.levels:
        if coarse is not None and shrink < 1.0:
            break
        mesh = mesh_of(found, shrink, merged, tuning.fewest)
        if mesh == before:  # there is little to coarsen
            continue
        try:
            ends = [_initial(one, found, *mesh) for one in (case, moved)]
        except ArithmeticError:  # too coarse for this state: go on with the finer ones
            continue
        before, coarse, fine = mesh, fine, (ends[1] - ends[0]) / h
        if coarse is not None:
            change = slack * np.abs(fine - coarse)
            error = _error(found, ends[0], fine, change, h, size, tuning)
            if np.nanmax(error * size / _scales(found, fine * size)) <= slack * tuning.goal:
                break
    if coarse is None or fine is None:
        return UNKNOWN
    return Slope(*(dict(zip(VALUES, part.tolist(), strict=True)) for part in (fine, error)))


def parameter(case: Case, key: str) -> float:
    """Value of the parameter of that dotted name."""

    def part(of: Any, name: str) -> Any:
        name, _, place = name.rstrip("]").partition("[")
        return getattr(of, name)[int(place)] if place else getattr(of, name)

    return float(reduce(part, key.split("."), case))  # type: ignore[arg-type]


def natural_size(case: Case, prior: Prior, key: str) -> float:
    """Size that counts for a parameter that may be zero; 0 for the others."""
    sd = prior.sd
    sizes: Mapping[str, float] = {
        "market.initial_supply": 1.0 / (case.market.risk_aversion * sd),
        "market.public_precision": 1.0 / (prior.variance * case.market.horizon),
        "attention.cost.linear": case.attention.cost.scale,
        **dict.fromkeys(("payoff.mean", "payoff.low", "payoff.high"), sd),
    }
    return sizes.get(key, 0.0)


def moved_case(vary: Callable[[float], Case], x: float, h: float) -> tuple[float, Case]:
    """A step that leads to a case, upwards if possible, and that case."""
    try:
        return (x + h) - x, vary(x + h)
    except ValueError:
        return (x - h) - x, vary(x - h)


Shares = tuple[tuple[float, ...], ...]  # of the time between announcements, the latest first


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


def _initial(case: Case, found: Solution, grid: Grid, shares: Shares) -> Array:
    """Initial values of a case on this grid, with these time steps."""
    horizon = case.market.horizon
    state = _march(case, grid, shares)
    states = np.stack([state, np.zeros_like(state)])
    # a new object, so that nothing cached is carried over
    one = replace(
        found,
        case=case,
        space=grid,
        times=np.array([0.0, horizon]),
        states=states,
        rates=np.zeros_like(states),
    )
    return np.array(list(asdict(one.initial).values()))


def _march(case: Case, grid: Grid, shares: Shares) -> Array:
    """Deviations at t = 0, by these steps back from the horizon."""
    system, u = Equilibrium.of(Economy.of(case), grid), np.zeros((*grid.xi.shape, 3))
    for span, steps in zip(spans(case.market)[::-1], shares, strict=True):
        u = announced(system, u, span.precision) if span.precision else u
        lengths = np.diff(steps) * (span.end - span.start)
        u = fixed_steps(system.linearise, u, lengths.tolist())
    return u


def _scales(found: Solution, moves: Array) -> Array:
    """What the errors of moves of the values are measured against, by value."""
    sizes = {**error_scales(found), "price_volatility": found.initial.price_volatility}
    return np.maximum([sizes[name] for name in VALUES], np.abs(moves))


def _error(
    found: Solution,
    values: Array,
    slopes: Array,
    change: Array,
    h: float,
    size: float,
    tuning: SlopeTuning,
) -> Array:
    """Bar of the slopes from what the last refinement changed, and the step's own error.

    What did not change at all is exact but for that; NaN for what is not there (an SVIX).
    """
    scales = _scales(found, slopes * size) / size
    moves = np.array([not name.startswith("static") for name in VALUES]) & (change > 0.0)
    floor = tuning.coupled * np.nanmax(change / scales) * scales * moves
    change = change + tuning.time * found.case.numerics.tolerance * scales * moves
    step_error = tuning.step * np.abs(slopes) + _rounding(found, values, tuning.noise) / abs(h)
    return np.maximum(change, floor) + step_error


def _rounding(found: Solution, values: Array, noise: float) -> Array:
    """What rounding leaves in the values; a difference of others has at least what theirs leave."""
    initial = InitialState(**dict(zip(VALUES, values.tolist(), strict=True)))
    known = dict(zip(VALUES, (noise * np.abs(values)).tolist(), strict=True))
    for name in VALUES:
        follows = QUANTITIES[name].bar_from
        if follows is not None:
            known[name] = max(known[name], follows(found.economy, initial, known))
    return np.array(list(known.values()))
