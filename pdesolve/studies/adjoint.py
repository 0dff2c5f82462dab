"""Slopes at t = 0 to parameters, from one march of weights forward in time (derivation.md, 17).

What is read at t = 0 is a few sums of nodal values: the deviations in the initial state, and how q
moves with xi there. The weights of such a sum, marched by the transposed steps of the equations
linearised along a solution, say what a move of the rates at any node and date does to it. So slopes
to all parameters take one march, and what each does to the rates along the solution.

The steps are those of the laws (`finance.law`); a source that moves with the rates is one more
column of the Jacobian, so its weights are sums of the same powers of the resolvent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.interpolate import make_interp_spline

from pdesolve.case import Case
from pdesolve.finance.crossing import crossed
from pdesolve.finance.law import POINTS, POLE, POWERS, SHARES
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.numerics.banded import Factors
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.splines import degree_of, hermite
from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import (
    Span,
    along_psi,
    announced,
    pieces,
    room,
    spans,
    spread,
)
from pdesolve.solver.pde.system import Coefficients, Equilibrium, EquilibriumAt, Others
from pdesolve.solver.solution import Solution
from pdesolve.studies.moved import Moved
from pdesolve.typing import Array

TAILS = np.cumsum(POWERS[::-1])[::-1]  # of the powers, in the mean of a source over a step


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """A solution's fields on another grid of the same region, at any date.

    Attributes
    ----------
    found : Solution
    grid : Grid
    """

    found: Solution
    grid: Grid

    @cached_property
    def _onto(self) -> tuple[Array, Array]:
        space = self.found.space
        return _between(space.eta, self.grid.eta), _between(space.z, self.grid.z).T

    def _here(self, u: Array) -> Array:
        """Nodal values (..., n_psi, n_xi, 3) on the grid."""
        by_psi, by_xi = self._onto
        return np.moveaxis(by_psi @ np.moveaxis(u, -1, 0) @ by_xi, 0, -1)

    def at(self, t: float) -> Array:
        """Deviations at a date, shape (n_psi, n_xi, 3)."""
        found = self.found
        return self._here(hermite(found.times, found.states, -found.rates, t))

    @cached_property
    def solution(self) -> Solution:
        """All of it."""
        states, rates = self._here(self.found.states), self._here(self.found.rates)
        return replace(self.found, space=self.grid, states=states, rates=rates)

    @cached_property
    def reading(self) -> tuple[Array, Array]:
        """Weights by which nodes at psi = 0 read the start, and slopes along xi there, (n_xi,)."""
        line = replace(self.grid, n_psi=1)
        z = line.locate(np.array([self.found.economy.start]), np.zeros(1))[1]
        value = _between(line.z, z)[0]
        return value, value @ line.derivatives(np.eye(line.n_xi)[None])[0][0]


def _between(nodes: Array, places: Array) -> Array:
    """Matrix from nodal values to those elsewhere, by splines."""
    return _along(nodes, np.eye(nodes.size), places)


def read_at_start(found: Solution, nodes: int) -> tuple[Array, Array]:
    """Q, v, l and q_xi in the initial state, and how they move with xi, each (4,).

    The latter by differences between so many xi nodes.
    """
    space = replace(found.space, n_psi=1, n_xi=nodes)
    line = _along(found.space.z, found.states[0, 0], space.z)
    u_xi, u_xixi, _ = space.derivatives(line[None])
    z = space.locate(np.array([found.economy.start]), np.zeros(1))[1]
    values = np.concatenate([line, u_xi[0], u_xixi[0, :, :1]], axis=-1)
    read = _along(space.z, values, z)[0]
    return read[:4], read[3:]


def _along(nodes: Array, values: Array, places: Array) -> Array:
    """Nodal values elsewhere, by a spline."""
    if nodes.size == 1:
        return np.broadcast_to(values, (places.size, values.shape[-1]))
    return np.asarray(make_interp_spline(nodes, values, k=degree_of(nodes.size))(places))


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """How an economy's equations on a grid answer to parameters.

    Attributes
    ----------
    track : Track
    system : Equilibrium
        Of the solution's economy.
    cases : sequence of Case
        One for each parameter, which has moved in it.
    others : sequence of Equilibrium
        Their equations on the same grid; the very same where none of these move.
    steps : array, shape (p,)
        By how much it has.
    """

    track: Track
    system: Equilibrium
    cases: Sequence[Case]
    others: Sequence[Equilibrium]
    steps: Array

    @classmethod
    def of(cls, track: Track, moved: Sequence[Moved]) -> "Answers":
        """Those to these moves."""
        prior, grid, economies = track.found.prior, track.grid, [one.economy for one in moved]
        priors = [one.prior for one in economies if one.prior is not prior]
        psi = np.broadcast_to(grid.psi[:, None], grid.xi.shape)
        own, *theirs = prior.beside(priors, grid.xi, psi)
        static = {id(one): known for one, known in zip(priors, theirs, strict=True)}
        system = Equilibrium.of(track.found.economy, grid, own)
        return cls(
            track=track,
            system=system,
            cases=[one.case for one in moved],
            others=[_beside(system, one, static.get(id(one.prior), own)) for one in economies],
            steps=np.array([one.step for one in moved]),
        )

    def _slopes(self, moves: Array) -> Array:
        """Of moves of the deviations, (p, n_psi, n_xi, 3)."""
        return np.asarray(moves / self.system.sizes / self.steps[:, None, None, None])

    @cached_property
    def _felt(self) -> list[int]:
        """Parameters that move the equations."""
        return [k for k, other in enumerate(self.others) if other is not self.system]

    @cached_property
    def _moved(self) -> Others:
        """These equations."""
        return Others(systems=[self.others[k] for k in self._felt])

    def of_rates(self, local: EquilibriumAt) -> Array:
        """Slopes of the rates in one state."""
        moves = np.zeros((self.steps.size, *local.initial_rates.shape))
        if self._felt:
            moves[self._felt] = local.rates_in(self._moved) - local.initial_rates
        return self._slopes(moves)

    def of_length(self, k: int) -> Array:
        """Slopes of the logarithm of the length of the k-th span between announcements, (p,)."""
        lengths = [_length(spans(case.market)[k]) for case in self.cases]
        length = _length(spans(self.track.found.case.market)[k])
        return (np.array(lengths) / length - 1.0) / self.steps

    def of_news(self, k: int) -> Array:
        """Slopes of the deviations just before the k-th announcement, given those after it."""
        span = spans(self.track.found.case.market)[k]
        u = self.track.at(span.end)
        base = announced(self.system, u, span.precision)
        moves = np.zeros((self.steps.size, *u.shape))
        for move, case, other in zip(moves, self.cases, self.others, strict=True):
            told = spans(case.market)[k].precision
            if told != span.precision or other.static is not self.system.static:
                move[...] = announced(other, u, told) - base
        return self._slopes(moves)


def _beside(system: Equilibrium, economy: Economy, static: Cumulants) -> Equilibrium:
    """The equations of an economy nearby on the same grid, and that static market."""
    if _felt(economy) == _felt(system.economy):
        return system
    return Equilibrium.of(economy, system.grid, static)


def _felt(economy: Economy) -> tuple[object, ...]:
    """What the rates depend on."""
    market = economy.market
    felt = market.risk_aversion, market.supply_volatility, market.public_precision
    return economy.prior, economy.technology, felt


def _length(span: Span) -> float:
    return span.end - span.start


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
        for start, end in pairwise(spread(part, count).tolist()):
            weights, gained = _step(answers, weights, start, end, stretch)
            total += gained
        if span.precision:
            total += _sum(weights, answers.of_news(k))
            weights = size * _across(track, weights / size, span)
    if not np.isfinite(total).all():
        raise FloatingPointError("the weights of the start are not finite")
    return total


def _step(
    answers: Answers, weights: Array, start: float, end: float, stretch: Array
) -> tuple[Array, Array]:
    """Weights at the end of a step, and what the sources within it are worth, (4, p)."""
    system, seen, sources = answers.system, list[Coefficients](), list[Array]()
    for point in POINTS:
        local = system.linearise(answers.track.at(start + point * (end - start)))
        rates = local.initial_rates / system.sizes
        seen.append(local.coefficients)
        sources.append(answers.of_rates(local) + stretch.reshape(-1, 1, 1, 1) * rates)
    gained, h = np.zeros((len(weights), stretch.size)), end - start
    for a, b in (SHARES, SHARES[::-1]):
        mixed = (a * early + b * late for early, late in zip(*seen, strict=True))
        factors = Factors(system.grid, 1.0 / (POLE * h), *mixed, room=system.room)
        power, total, mean = weights, np.zeros_like(weights), np.zeros_like(weights)
        for by, tail in zip(POWERS, TAILS, strict=True):
            power = factors.solve_transposed(power) / (POLE * h)
            total += by * power
            mean += tail * power
        weights = total
        gained += POLE * h * _sum(mean, a * sources[0] + b * sources[1])
    return weights, gained


def _across(track: Track, weights: Array, span: Span) -> Array:
    """Weights just after news from those just before it, by the linearised map of section 13."""
    grid, date = track.grid, span.end
    if grid.n_xi == 1:  # nothing moves along xi
        lead = along_psi(grid, np.eye(grid.n_psi), grid.psi + room(grid, span.precision))
        return np.einsum("ab,ra...->rb...", lead, weights)
    static = track.solution.static_nodes
    totals = np.stack([static.mean, static.variance], axis=-1)
    (p, v), (p_after, v_after) = (
        np.moveaxis(totals + track.at(t)[..., :2], -1, 0) for t in (just_before(date), date)
    )
    on_q, on_v, on_l = np.moveaxis(weights, -1, 0)
    on_p = on_q - 2.0 * p * on_v  # what p adds to V counts with it
    rest = on_l - p * on_q + (p**2 - v) * on_v
    on_p, on_v, rest = crossed(
        track.solution, date, span.precision, None, np.stack([on_p, on_v, rest])
    )
    on_l = rest + p_after * on_p + (v_after + p_after**2) * on_v
    return np.stack([on_p + 2.0 * p_after * on_v, on_v, on_l], axis=-1)


def _sum(weights: Array, moves: Array) -> Array:
    """Of moves of nodal values, (p, ...), by weights, (4, ...): shape (4, p)."""
    return np.asarray(weights.reshape(len(weights), -1) @ moves.reshape(len(moves), -1).T)
