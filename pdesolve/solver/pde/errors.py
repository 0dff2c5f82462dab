"""How far a pass is from the answer: what errors are measured against, and their estimates.

A change between two passes is the error of the coarser one; of it the finer one keeps a share that
falls with the number of nodes, at orders deliberately below the scheme's own (ladders have numbers
of their own, :mod:`.ladder_tuning`). The estimates are
tuned, and tested, against far finer solves of named and random cases (tests/tools/error_bars.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from pdesolve.model.equations import FIELDS
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.regimes import drawn, has_kink, parted
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS, MADE_UP, QUANTITIES, TRACKED
from pdesolve.typing import Array

Errors = dict[str, float]  # sizes
Moves = dict[str, Array]  # with their signs, at each of the states that are compared

E = TypeVar("E", float, Array)

ADDED = 0.6  # of what the sizes of errors add up to
LARGEST = 0.9  # of the largest of them, at least
ROUGHER = {"price_volatility": 1.25}  # times as much: a derivative's error is less regular
LEAST = 0.55  # of what the bars of its parts allow, the bar of what is made of them
ATTENTION = ("attention", "precision_rate")
JUMPING = (*ATTENTION, "price_volatility")  # where attention does


@dataclass(frozen=True, kw_only=True)
class ErrorTuning:
    """How wary the estimates are.

    Found by trial on the named and 200 random cases (tests/tools/error_bars.py): with less, the
    true error passes its bar in more than one case in fifty.

    Attributes
    ----------
    probe : float
        Growth of the nodes when a direction is probed for the first time.
    safety : float
        Factor on every estimate but those of ladders, of time steps and of jumps' width.
    kept : float
        Least share of a change that is taken to be left.
    lucky : float
        Least share of an estimate that is kept from pass to pass, if nodes grow by `probe`: a small
        change may be two errors that cancel.
    unseen : float
        Share of an estimate below which a change does not put it to the test.
    coupled : float
        Least share of the worst field's error that every field is taken to have.
    halved : float
        Factor on the change when every time step is taken in two: 16/15 by the scheme's order, 4/3
        at order two.
    doubt : float
        Share of the tolerance that is added to every bar for what no comparison of passes sees, up
        to the tolerance; not on one line of nodes, where the error is measured.
    blind : float
        Error that the steps are taken to leave where that cannot be measured, in units of their
        tolerance.
    broken : float
        Change of a field from one pass to another, in units of its scale, that tells of steps which
        are too long to be stable: it was .45 at most where they are not (at 1e-3; .05 at 1e-4).
    states : tuple of float
        States near the initial one that are compared, in units of 1 / half the payoff's range,
        or 1 / its sd if that has no end.
    """

    probe: float = 1.45
    safety: float = 2.0
    kept: float = 0.03
    lucky: float = 0.03
    unseen: float = 0.05
    coupled: float = 0.6
    halved: float = 1.4
    doubt: float = 0.15
    blind: float = 3.0
    broken: float = 2.0
    states: tuple[float, ...] = (0.0, -0.3, -0.15, 0.15, 0.3)


def error_scales(solution: Solution) -> Errors:
    """What errors are measured against (:func:`pdesolve.solver.values.scales`)."""
    return solution.scales()


def worst(solution: Solution, error: Mapping[str, E]) -> float:
    """Largest of the errors that accuracy is asked of, each relative to its scale."""
    sizes = error_scales(solution)
    return max(_size(error[name]) / sizes[name] for name in ERRORS)


def is_known(error: Mapping[str, E]) -> bool:
    """Whether every field's is a number."""
    return bool(np.isfinite([_size(one) for one in error.values()]).all())


def _size(error: float | Array) -> float:
    """Largest size of an error at any of the states; that of what jumps is not known at some."""
    return float(np.fmax.reduce(np.abs(np.ravel(error))))


def judge(solution: Solution, error: Errors, tolerance: float, tuning: ErrorTuning) -> Solution:
    """Attach the errors and the verdict to a solution.

    The fields are coupled, so none is taken to be much more accurate than the worst of them,
    however little it changed. What did not change at all is exact on one line of nodes (a normal
    payoff's price), and where it is attention (none, or as much as there can be, in every state
    that was compared).
    """
    sizes = error_scales(solution)
    name = max(ERRORS, key=lambda name: error[name] / sizes[name])
    found, field = error[name] / sizes[name], name.replace("_", " ")
    line, good = solution.space.n_xi == 1, found <= tolerance
    doubt = 0.0 if line else tuning.doubt * tolerance

    def bar(key: str) -> float:
        if error[key] == 0.0 and (line or key in ATTENTION):
            return 0.0
        size = max(error[key] / sizes[key], tuning.coupled * found)
        return max(size, min(size + doubt, tolerance)) * sizes[key]

    bars = {key: bar(key) for key in error}
    bars |= _curved(solution, bars)
    text = f"largest relative error estimate {bars[name] / sizes[name]:.1e} ({field})"
    return replace(
        solution,
        error={name: bars[name] for name in ERRORS},
        further_error={name: bars[name] for name in bars if name not in ERRORS},
        converged=good,
        message=f"converged: {text}" if good else f"not within {tolerance:.1e}: {text}",
    )


def _curved(solution: Solution, bars: Errors) -> Errors:
    """Bars of what is made up, at least that share of what those of its parts allow, at most that.

    Larger by as much as those grow faster than in proportion to these.
    """
    found = dict[str, float]()
    for name, weights in made_up(solution).items() if bars.keys() & {*MADE_UP} else ():
        follows = QUANTITIES[name].bar_from
        straight = sum(abs(weight) * bars[one] for one, weight in weights.items())
        if name in bars and follows is not None and straight > 0.0:
            most = follows(solution.economy, solution.initial, bars)
            found[name] = most * float(np.clip(bars[name] / straight, LEAST, 1.0))
    return found


def concluded(best: Solution, covers: bool, note: str) -> Solution:
    """The last pass, with all that is to be said about it; certain only if the grid covers it."""
    said = [best.message, note]
    if not best.converged and has_kink(best):
        said.append(
            "attention leaves zero, meets its cap or jumps inside the grid, and convergence is "
            "slow there"
        )
    if best.converged and not covers:
        said = [f"not certain: {best.message}", "what the grid has to cover keeps growing with it"]
        best = replace(best, converged=False)
    return replace(best, message="; ".join(filter(None, said)))


def change(fine: Solution, coarse: Solution, tuning: ErrorTuning) -> Errors:
    """Largest size of the `moves` between two passes."""
    return {name: _size(moved) for name, moved in moves(fine, coarse, tuning).items()}


def moves(fine: Solution, coarse: Solution, tuning: ErrorTuning) -> Moves:
    """What the coarser of two passes has more, of the values at and near the initial state.

    What jumps with attention is not compared at states nearby that a jump parts from the initial
    one: a small error of the variance there is a large one of that, and none of what is reported.
    Nor is attention where there is some, if at the initial state there is clearly none.
    """
    xi = _nearby(fine, tuning)
    apart = parted(fine, xi) | parted(coarse, xi)
    found = {name: _moved(name, fine, coarse, xi) for name in TRACKED}
    found |= {name: np.where(apart, np.nan, found[name]) for name in JUMPING}
    some = drawn(fine, xi, _size(found["variance"]))
    return found | {name: np.where(some, np.nan, found[name]) for name in ATTENTION}


def _nearby(solution: Solution, tuning: ErrorTuning) -> Array:
    """The initial state and those near it, 1/money."""
    half = 0.5 * (solution.prior.high - solution.prior.low)
    width = 1.0 / (half if np.isfinite(half) else solution.prior.sd)
    return solution.economy.start + np.array(tuning.states) * width


def _moved(name: str, fine: Solution, coarse: Solution, xi: Array) -> Array:
    """What the coarser of two passes has more of a value there."""
    value = QUANTITIES[name].value
    assert value is not None
    moved: Array = value(coarse, xi) - value(fine, xi)
    return moved


def is_broken(found: Solution, first: Solution, tuning: ErrorTuning) -> bool:
    """Whether a pass without error control is nowhere near a first one: its steps are unstable.

    By the fields alone: attention that has just left zero is much more than there was.
    """
    xi, sizes = _nearby(found, tuning), error_scales(first)
    names = [name for name in ERRORS if name not in ATTENTION]
    moved = [_size(_moved(name, found, first, xi)) / sizes[name] for name in names]
    return not np.max(moved) <= tuning.broken


def times(error: Mapping[str, E], factor: float) -> dict[str, E]:
    """Scale every field's error."""
    return {name: factor * error[name] for name in TRACKED}


def lifted(solution: Solution, error: Moves, least: float) -> Moves:
    """With at least such a share of the worst field's for all else, relative to the scales.

    An error may be small by luck; what did not change at all is left as it is.
    """
    sizes = error_scales(solution)
    most = least * max(_size(error[name]) / sizes[name] for name in FIELDS)

    def factor(name: str) -> float:
        size = _size(error[name]) / sizes[name]
        return max(1.0, most / size) if size > 0.0 else 1.0

    return {name: factor(name) * error[name] for name in TRACKED}


def plus(one: Errors, other: Errors) -> Errors:
    """Both."""
    return {name: one[name] + other[name] for name in TRACKED}


def none() -> Errors:
    """No error in any field."""
    return dict.fromkeys(TRACKED, 0.0)


def still() -> Moves:
    """None, with its sign."""
    return dict.fromkeys(TRACKED, np.zeros(1))


def total(
    parts: ByAxis[dict[str, E]],
    ends: Errors,
    steps: dict[str, E],
    made_of: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
) -> Errors:
    """Of too few nodes either way, of the grid's ends and of the time steps.

    A share of what the sizes of the others add up to: they may not cancel, nor are they all as
    large as they may be; or of the largest, if that is more: alone it has nothing to cancel with.
    The same for what is made of these values, so much of each; there the signs have to be known.
    """

    def both(weights: Mapping[str, float]) -> float:
        every: list[float | Array] = [
            sum(weight * part[name] for name, weight in weights.items()) for part in (*parts, steps)
        ]
        rest = sum(abs(weight) * ends[name] for name, weight in weights.items())
        sizes = [_size(one) for one in every]
        return max(ADDED * sum(sizes), LARGEST * max(sizes)) + rest

    found = {name: ROUGHER.get(name, 1.0) * both({name: 1.0}) for name in TRACKED}
    for name, weights in made_of.items():
        found[name] = max(found.get(name, 0.0), both(weights))
    return found


def made_up(solution: Solution) -> dict[str, dict[str, float]]:
    """What is made of the values that have errors, by name: so much of each for small errors.

    Attention follows the variance; at states nearby, where there may be none, not as it does here.
    """
    economy, initial = solution.economy, solution.initial
    found = dict[str, dict[str, float]]()
    for name in MADE_UP:
        weights = QUANTITIES[name].made_of
        assert weights is not None
        found[name] = weights(economy, initial)
    by_v, precision = float(economy.respond(initial.variance).slope), economy.technology.precision
    if by_v > 0.0:
        by_s = float(precision.margin(np.asarray(initial.attention)))
        by_s *= float(np.exp(precision.growth * initial.attention))
        found |= {"precision_rate": {"variance": by_v}, "attention": {"variance": by_v / by_s}}
    return {name: one for name, one in found.items() if np.isfinite([*one.values()]).all()}
