"""The law of the states by date, without simulation (derivation.md, section 11).

Given the payoff, or under Q, (xi, psi) is a Markov process, and an expectation u of what it will be
solves u_t + G u = 0, with the generator G u = drift u_xi + kappa²/2 u_xixi + psi_dot u_psi. A step
back is a matrix on the nodal values; marching *forward* with its transpose, from the weights by
which the initial state reads them, gives at every date the weights whose product with the values of
any smooth function is its expectation.

A step is exp(h (a G' + b G'')) exp(h (b G' + a G'')), with G', G'' at the two Gauss points, of
order 4 (Blanes and Moan 2006, *Applied Numerical Mathematics* 56), and an exponential is the sum of
powers of one resolvent that agrees with it to order 5 and vanishes at infinity (Hairer and Wanner,
section IV.6), so that a step takes two factorisations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb, factorial

import numpy as np
from scipy.interpolate import BarycentricInterpolator, KroghInterpolator

from pdesolve.finance.crossing import crossed
from pdesolve.finance.nodes import AtNodes, at_nodes
from pdesolve.numerics.banded import Factors
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

POINTS = (0.5 - 3**0.5 / 6.0, 0.5 + 3**0.5 / 6.0)  # of Gauss
SHARES = (0.25 + 3**0.5 / 6.0, 0.25 - 3**0.5 / 6.0)  # a and b
POLE = 0.27805384  # at which five powers are of order 5 and L-stable
READING = 10  # nodes that read the initial state
NEAR = 4  # dates whose levels and slopes say what lies between


@dataclass(frozen=True, kw_only=True, eq=False)
class Clock:
    """Dates of a march, and the fields at them and between them, which every law shares.

    Attributes
    ----------
    solution : Solution
        With more than one xi node.
    times : array, shape (n + 1,)
        From 0 to the horizon, with both states of every announcement.
    """

    solution: Solution
    times: Array

    @cached_property
    def at(self) -> list[AtNodes]:
        """Fields at the dates."""
        return [at_nodes(self.solution, float(t)) for t in self.times]

    def piece(self, k: int) -> tuple[int, int]:
        """First date, and one past the last, between the announcements around the k-th date."""
        ends = np.cumsum([0, *(t.size for t in pieces(self.times, self.solution.case.market))])
        at = int(np.searchsorted(ends, k, side="right"))
        return int(ends[at - 1]), int(ends[at])

    @cached_property
    def between(self) -> list[tuple[AtNodes, AtNodes]]:
        """Fields at the Gauss points of every step."""
        starts, lengths = self.times[:-1], np.diff(self.times)
        early, late = (
            [at_nodes(self.solution, float(t)) for t in starts + point * lengths]
            for point in POINTS
        )
        return list(zip(early, late, strict=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class Law:
    """Weights on the nodes, by date.

    Attributes
    ----------
    clock : Clock
    payoff : float or None
        That is given, centred, money; None under Q.
    weights : array, shape (n + 1, n_psi, n_xi)
    """

    clock: Clock
    payoff: float | None
    weights: Array


def expect(found: Sequence[Law], t: float, values: Array) -> Array:
    """Expectations at a date of functions of the state, under laws of one clock.

    Between the clock's dates by the polynomial through levels and slopes at those nearby: what a
    function that is held fixed is expected to be grows at the rate E[G f].

    Parameters
    ----------
    found : sequence of Law
    t : float
    values : array, shape (n_psi, n_xi, m)
        Of the functions, at the nodes.

    Returns
    -------
    array, shape (laws, m)
    """
    clock = found[0].clock
    k = int(np.clip(np.searchsorted(clock.times, t, side="right") - 1, 0, clock.times.size - 2))
    for end in (k, k + 1):
        if t == clock.times[end]:
            return np.array([_sum(law.weights[end], values) for law in found])
    first, end = clock.piece(k)
    low = int(np.clip(k - (NEAR - 2) // 2, first, max(end - NEAR, first)))
    high = min(low + NEAR, end)
    f_xi, f_xixi, f_psi = clock.solution.space.derivatives(values)
    known: list[Array] = []
    for end, fields in enumerate(clock.at[low:high], start=low):
        spread = 0.5 * fields.kappa2[..., None] * f_xixi + fields.psi_dot[..., None] * f_psi
        moved = [spread + drift_of(fields, law.payoff)[..., None] * f_xi for law in found]
        weights = [law.weights[end] for law in found]
        known.append(np.array([_sum(w, values) for w in weights]))
        known.append(np.array([_sum(w, g) for w, g in zip(weights, moved, strict=True)]))
    near = clock.times[low:high]
    return np.asarray(KroghInterpolator(np.repeat(near, 2), np.array(known))(t))


def _sum(weights: Array, values: Array) -> Array:
    """Of values at the nodes, (n_psi, n_xi, m), by their weights."""
    return np.asarray(weights.ravel() @ values.reshape(weights.size, -1))


def drift_of(fields: AtNodes, payoff: float | None) -> Array:
    """Drift of the centred xi, given the (centred) payoff or, without one, under Q."""
    return fields.neutral if payoff is None else payoff * fields.psi_dot


def laws(clock: Clock, payoffs: Sequence[float | None]) -> list[Law]:
    """March the law of the states from the initial one, given each payoff.

    Parameters
    ----------
    clock : Clock
    payoffs : sequence of float or None
        Centred, money; None for Q.

    Returns
    -------
    list of Law
    """
    return [Law(clock=clock, payoff=x, weights=_march(clock, x)) for x in payoffs]


def _march(clock: Clock, payoff: float | None) -> Array:
    solution, weights = clock.solution, [initial_weights(clock.solution)]
    told = {one.time: one.precision for one in solution.case.market.announcements}
    steps = zip(clock.between, np.diff(clock.times), clock.times[1:].tolist(), strict=True)
    for (early, late), h, end in steps:
        now = weights[-1]
        if end in told:  # nothing else happens between its two states
            weights.append(crossed(solution, end, told[end], payoff, now))
            continue
        for a, b in (SHARES, SHARES[::-1]):
            drift = a * drift_of(early, payoff) + b * drift_of(late, payoff)
            kappa2 = a * early.kappa2 + b * late.kappa2
            psi_dot = a * early.psi_dot + b * late.psi_dot
            now = _exponential(solution.space, float(h), drift, kappa2, psi_dot, now)
        weights.append(now)
    return np.array(weights)


def _exponential(
    space: Grid, h: float, drift: Array, kappa2: Array, psi_dot: Array, weights: Array
) -> Array:
    """exp(h G)' weights."""
    nothing = np.zeros((1, 1, *drift.shape))
    shift = 1.0 / (POLE * h)
    factors = Factors(space, shift, nothing, drift[None, None], 0.5 * kappa2, psi_dot)
    total, power = np.zeros_like(weights), weights[..., None]
    for by in POWERS:
        power = shift * factors.solve_transposed(power)
        total += by * power[..., 0]
    return total


def initial_weights(solution: Solution) -> Array:
    """Weights by which the nodes read the initial state: a polynomial through those nearby."""
    space = solution.space
    z = float(space.locate(np.array([solution.economy.start]), np.zeros(1))[1][0])
    count = min(READING, space.n_xi)
    low = int(np.clip(np.searchsorted(space.z, z) - count // 2, 0, space.n_xi - count))
    near = space.z[low : low + count]
    weights = np.zeros(space.xi.shape)
    weights[0, low : low + count] = BarycentricInterpolator(near, np.eye(count), rng=0)(z)
    return weights


def _powers(count: int = 5) -> Array:
    """Coefficients of the powers of 1/(1 - POLE z) that agree with exp(z) to order count - 1."""
    rows = [[comb(k + j - 1, j) * POLE**j for k in range(1, count + 1)] for j in range(count)]
    return np.linalg.solve(np.array(rows), [1.0 / factorial(j) for j in range(count)])


POWERS = _powers()
