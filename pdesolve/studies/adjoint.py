"""Slopes at t = 0 to parameters, from one march of weights forward in time (derivation.md, 17).

What is read at t = 0 is a few sums of nodal values: the deviations in the initial state, and how q
moves with xi there. The weights of such a sum, marched by the transposed steps of the equations
linearised along a solution, say what a move of the rates at any node and date does to it. So slopes
to all parameters take one march, and what each does to the rates along the solution.

The steps are those of the laws (`finance.law`); a source that moves with the rates is one more
column of the Jacobian, so its weights are sums of the same powers of the resolvent.
"""

from collections.abc import Callable, Sequence

import numpy as np

from pdesolve.finance.crossing import carried
from pdesolve.finance.law import POINTS, POLE, POWERS, SHARES
from pdesolve.model.equations import Motion
from pdesolve.numerics.banded import Factors
from pdesolve.numerics.grid import Grid
from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import (
    along_psi,
    graded,
    pieces,
    room,
    spans,
)
from pdesolve.solver.pde.system import Coefficients, Equilibrium
from pdesolve.solver.solution import Solution
from pdesolve.studies.answers import Answers, summed
from pdesolve.typing import Array

TAILS = np.cumsum(POWERS[::-1])[::-1]  # of the powers, in the mean of a source over a step
SUMS = np.stack([POWERS, TAILS])
OWN = 1.0 / 3.0  # share of the solution's steps in where those of a march end


def start_slopes(answers: Answers, steps: Sequence[int]) -> Array:
    """Slopes of what is read where the start is now (:func:`read_at_start`), shape (4, p).

    Parameters
    ----------
    answers : Answers
    steps : sequence of int
        Of the march, in each span between announcements.

    Raises
    ------
    ArithmeticError
        If a step breaks down.
    """
    track, system = answers.track, answers.system
    value, slope = track.reading
    size = np.array(system.sizes)
    weights = np.zeros((4, 3, *track.grid.xi.shape)).transpose(0, 2, 3, 1)  # fields in one piece
    weights[[0, 1, 2], 0, :, [0, 1, 2]] = value
    weights[3, 0, :, 0] = slope
    total, weights = np.zeros((4, answers.steps.size)), weights * size
    cuts = spans(track.found.case.market)
    parts = pieces(track.found.times, track.found.case.market)
    for k, (span, part, count) in enumerate(zip(cuts, parts, steps, strict=True)):
        stretch = answers.of_length(k)
        ends = _ends(part, count)
        for low in range(0, count, answers.together):
            some = ends[low : low + answers.together + 1]
            weights, gained = _march(answers, weights, some, stretch)
            total += gained
        if span.precision:
            weights, gained = _across(answers, weights / size, k)
            weights, total = weights * size, total + gained
    if not np.isfinite(total).all():
        raise FloatingPointError("the weights of the start are not finite")
    return total


def _ends(times: Array, count: int) -> Array:
    """Of so many steps: mostly equal, and a share of it as those of the solution lie."""
    even = np.linspace(times[0], times[-1], count + 1)
    return even + OWN * (graded(times, count) - even)


def _march(answers: Answers, weights: Array, ends: Array, stretch: Array) -> tuple[Array, Array]:
    """Weights after steps with these ends, and what the sources within them are worth, (4, p)."""
    starts, lengths = ends[:-1], np.diff(ends)
    local = answers.system.linearise(
        answers.track.at((starts[:, None] + np.outer(lengths, POINTS)).ravel())
    )
    every, states = local.coefficients, range(2 * lengths.size)
    seen = [Coefficients(*(one[..., k, :, :] for one in every)) for k in states]
    felt = []
    for k, h in enumerate(lengths.tolist()):
        weights, means = _step(answers.system, weights, seen[2 * k], seen[2 * k + 1], h)
        felt += means
    return weights, answers.worth(local, np.stack(felt, axis=1), stretch)


def _step(
    system: Equilibrium, weights: Array, early: Coefficients, late: Coefficients, h: float
) -> tuple[Array, list[Array]]:
    """Weights at the end of a step, and those of the rates at its two dates, fields first."""
    means, fields_first = list[Array](), weights.transpose(0, 3, 1, 2).shape
    powers = np.empty((len(POWERS), *fields_first))
    for a, b in (SHARES, SHARES[::-1]):
        a, b = POLE * h * a, POLE * h * b
        mixed = Coefficients(*(a * x + b * y for x, y in zip(early, late, strict=True)))
        resolve = _resolvent(system, mixed)
        for power in powers:
            weights = resolve(weights)
            power[...] = weights.transpose(0, 3, 1, 2)
        total, mean = (SUMS @ powers.reshape(len(powers), -1)).reshape(2, *fields_first)
        weights = total.transpose(0, 2, 3, 1)
        means.append(POLE * h * mean)
    a, b = SHARES
    return weights, [a * means[0] + b * means[1], b * means[0] + a * means[1]]


def _resolvent(system: Equilibrium, coefficients: Coefficients) -> Callable[[Array], Array]:
    """What the transpose of (1 - J)^-1 makes of weights, (4, n_psi, n_xi, 3)."""
    if system.grid.n_xi > 1:
        return Factors(system.grid, 1.0, *coefficients, room=system.room).solve_transposed
    try:
        inverse = np.linalg.inv(np.eye(3 * system.grid.n_psi) - _whole(system.grid, coefficients))
    except np.linalg.LinAlgError:
        raise ZeroDivisionError("a step of the weights has a singular matrix") from None
    return lambda weights: (weights.reshape(len(weights), -1) @ inverse).reshape(weights.shape)


def _whole(grid: Grid, coefficients: Coefficients) -> Array:
    """The Jacobian where there is one xi node: a matrix, line by line."""
    c0, _, _, c_psi = coefficients
    whole, line, field = (
        np.zeros((grid.n_psi, 3, grid.n_psi, 3)),
        np.arange(grid.n_psi),
        np.arange(3),
    )
    whole[:, field, :, field] = c_psi * grid.upwind
    whole[line, :, line] += np.moveaxis(c0[..., 0], -1, 0)
    return whole.reshape(3 * grid.n_psi, -1)


def _across(answers: Answers, weights: Array, k: int) -> tuple[Array, Array]:
    """Weights just after the k-th news from those just before it, and what moves it is worth.

    By the linearised map of section 13, which takes the static market along. More news at a date is
    some more just after it, as of a flow.
    """
    track, grid = answers.track, answers.track.grid
    span = spans(track.found.case.market)[k]
    before, u = track.at(np.array([just_before(span.end), span.end]))
    if grid.n_xi == 1:  # nothing moves along xi
        lead = along_psi(grid, np.eye(grid.n_psi), grid.psi + room(grid, span.precision))
        after, worth = np.einsum("ab,ra...->rb...", lead, weights), np.zeros(1)
    else:
        after = _through(answers.system, before, u, span.precision, weights)
        worth = summed(np.moveaxis(after - weights, -1, -3), answers.of_static)
    told = answers.of_precision(k)
    if told.any():
        flow = track.onto(_flow(track.found, span.end))
        worth = worth + summed(np.moveaxis(after, -1, -3), flow) * told
    return after, worth


def _flow(found: Solution, date: float) -> Array:
    """What a unit of public news a unit of time moves deviations by, on a solution's own nodes."""
    system = Equilibrium.of(found.economy, found.space, found.static_nodes)
    one, u = np.ones(found.space.xi.shape), found.slab(date)
    motion = Motion(kappa2=one, psi_dot=one, risk=0.0 * one)
    return system.rates(u, found.space.derivatives(u), motion, 0.0 * one)[None]


def _through(
    system: Equilibrium, before: Array, u: Array, precision: float, weights: Array
) -> Array:
    """Weights of the fields just after news, of deviations u, from those just before it."""
    static = system.static
    totals = np.stack([static.mean, static.variance], axis=-1)
    (p, v), (p_after, v_after) = (np.moveaxis(totals + one[..., :2], -1, 0) for one in (before, u))
    on_q, on_v, on_l = np.moveaxis(weights, -1, 0)
    on_p = on_q - 2.0 * p * on_v  # what p adds to V counts with it
    rest = on_l - p * on_q + (p**2 - v) * on_v
    on_p, on_v, rest = carried(system, u, precision, None, np.stack([on_p, on_v, rest]))
    on_l = rest + p_after * on_p + (v_after + p_after**2) * on_v
    return np.stack([on_p + 2.0 * p_after * on_v, on_v, on_l], axis=-1)
