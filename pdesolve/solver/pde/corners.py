"""Kinks of attention, as differences along xi see them (derivation.md, section 18).

Divided by kappa² the equations say what u_xixi is, and where attention leaves zero or meets its cap
1/kappa², psi_dot/kappa² and C/kappa² have a kink in V; nothing else in them has. Central
differences take the second derivative of a function with such a second derivative, a ramp, for that
of one that is smooth over as many nodes as they span. The rates are to agree with what they see: so
the ramp is replaced, at the nodes near it, by the second difference of its second integral. Its
sums over nodes then are integrals, and the error no longer is one of how a kink lies among them.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pdesolve.model.economy import Economy
from pdesolve.model.equations import Felt, Motion
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import central_weights
from pdesolve.typing import Array

MOST = 0.2  # of 1/kappa² that may be added to it, on grids too coarse for a kink
TRIES = 4  # of Newton's method, for where a cubic between two nodes is zero


def ramp_seen(variance: Array, by_node: Array, at: float, order: int) -> Array | None:
    """What differences make of max(V - V*, 0), less that, and of its slope by V, less that.

    Zero but for the nodes that see V pass through V* between two xi nodes; None if it does not.

    Parameters
    ----------
    variance, by_node : array, shape (..., n_xi)
        V, and its derivative by the number of the node.
    at : float
        V*.
    order : int
        Of the differences.

    Returns
    -------
    array, shape (2, ..., n_xi), or None
    """
    off, by_node = (x.reshape(-1, x.shape[-1]) for x in (variance - at, by_node))
    lines, left = np.nonzero((off[:, :-1] > 0.0) != (off[:, 1:] > 0.0))
    if not lines.size:
        return None
    ends = off[lines, left], off[lines, left + 1], by_node[lines, left], by_node[lines, left + 1]
    share, slope = _root(*ends)
    ramp, step = _pieces(order)
    powers = share[:, None] ** np.arange(len(ramp))
    places = np.arange(1 - order // 2, 1 + order // 2) + left[:, None]
    inside = (places >= 0) & (places < off.shape[1])
    where = (lines[:, None] * off.shape[1] + places)[inside]
    sizes = np.abs(slope)[:, None] * (powers @ ramp), np.sign(ends[1])[:, None] * (powers @ step)
    found = [np.bincount(where, size[inside], off.size) for size in sizes]
    return np.reshape(found, (2, *variance.shape))


def _root(left: Array, right: Array, left_slope: Array, right_slope: Array) -> tuple[Array, Array]:
    """Where, from 0 to 1, the cubic with these ends of unlike signs is zero; its slope there."""
    square = 3.0 * (right - left) - 2.0 * left_slope - right_slope
    cube = left_slope + right_slope - 2.0 * (right - left)
    x = left / (left - right)
    for _ in range(TRIES):
        value = left + x * (left_slope + x * (square + x * cube))
        slope = left_slope + x * (2.0 * square + 3.0 * x * cube)
        x = np.clip(x - value / np.where(slope == 0.0, np.inf, slope), 0.0, 1.0)
    return x, left_slope + x * (2.0 * square + 3.0 * x * cube)


@lru_cache(maxsize=8)
def _pieces(order: int) -> tuple[Array, Array]:
    """Coefficients of polynomials in x from 0 to 1, shape (powers of x, nodes).

    The second difference of max(y, 0)³/6, less max(y, 0), at the nodes from 1 - m to m, if y is how
    far they are from x; and of its derivative by y. The other nodes see no kink.
    """
    half, x = order // 2, np.arange(0.5, 4.0) / 4.0
    off = np.arange(1 - half, 1 + half) - x[:, None]
    beside = np.maximum(off[..., None] + np.arange(-half, half + 1), 0.0)
    weights, powers = central_weights(2, order), x[:, None] ** np.arange(4)
    ramp = beside**3 @ weights / 6.0 - np.maximum(off, 0.0)
    step = beside**2 @ weights / 2.0 - (off > 0.0)
    found = np.linalg.solve(powers, np.stack([ramp, step])).astype(np.float64)
    return found[0], found[1]


class Added(NamedTuple):
    """What to add to 1/kappa², psi_dot/kappa² and C/kappa², and to their slopes by V.

    Each of shape (3, ..., n_psi, n_xi).
    """

    values: Array
    slopes: Array

    def and_also(self, other: "Added | None") -> "Added":
        """Both."""
        if other is None:
            return self
        return Added(self.values + other.values, self.slopes + other.slopes)

    def to(self, move: Motion, cost: Array) -> tuple[Motion, Array]:
        """Motion and cost with it."""
        inverse, learning, paid = over_kappa2(move, cost) + self.values
        kappa2 = 1.0 / inverse
        psi_dot = learning * kappa2
        return Motion(kappa2, psi_dot, kappa2 - psi_dot), paid * kappa2

    def to_felt(self, felt: Felt) -> Felt:
        """The same, and how they move with the variance."""
        move, cost = self.to(felt.move, felt.cost)
        by_inverse, by_learning, by_paid = by_variance(felt) + self.slopes
        by_kappa2 = -by_inverse * move.kappa2**2
        by_psi_dot = by_learning * move.kappa2 + move.psi_dot / move.kappa2 * by_kappa2
        by_cost = by_paid * move.kappa2 + cost / move.kappa2 * by_kappa2
        return Felt(move, cost, Motion(by_kappa2, by_psi_dot, by_kappa2 - by_psi_dot), by_cost)


def beside(jump: Array, seen: Array) -> Array:
    """Of each of three, (3,), what is seen of it where (2, ...): shape (2, 3, ...)."""
    return np.expand_dims(jump, tuple(range(1, seen.ndim))) * seen[:, None]


def over_kappa2(move: Motion, cost: Array) -> Array:
    """What has a kink where attention has one."""
    return np.stack([np.ones_like(cost), move.psi_dot, cost]) / move.kappa2


def by_variance(felt: Felt) -> Array:
    """Its derivatives to V."""
    by_move, by_kappa2 = felt.by_move, felt.by_move.kappa2
    numerators = np.stack([np.zeros_like(felt.cost), by_move.psi_dot, felt.by_cost])
    found: Array = (numerators - over_kappa2(felt.move, felt.cost) * by_kappa2) / felt.move.kappa2
    return found


@lru_cache(maxsize=8)
def bends(economy: Economy) -> tuple[Array, Array]:
    """Variances at kinks, (kinks,); there, what slopes of `over_kappa2` jump by: (kinks, 3)."""
    kinks = economy.kinks
    if not kinks:
        return np.zeros(0), np.zeros((0, 3))
    at = np.array([kink.variance for kink in kinks])
    response = economy.respond(at)
    steep = response._replace(slope=np.array([kink.jump for kink in kinks]))
    bent = Felt.of(economy.market, steep, economy.motion(response.precision_rate), at)
    return at, by_variance(bent).T


@dataclass(frozen=True, kw_only=True, eq=False)
class Corners:
    """The kinks of an economy on a grid.

    Attributes
    ----------
    grid : Grid
    at : list of float
        Variances, money².
    jumps : array, shape (kinks, 3)
        There, of the slopes by V of 1/kappa², psi_dot/kappa² and C/kappa².
    """

    grid: Grid
    at: list[float]
    jumps: Array

    @classmethod
    def of(cls, economy: Economy, grid: Grid) -> "Corners":
        """Read them off."""
        at, jumps = bends(economy)
        if grid.n_xi == 1:
            at, jumps = at[:0], jumps[:0]
        return cls(grid=grid, at=at.tolist(), jumps=jumps)

    def last(self, count: int) -> "Corners":
        """At most so many, without those at the least variances: where attention only sets in."""
        if count >= len(self.at):
            return self
        kept = slice(len(self.at) - count, None)
        return replace(self, at=self.at[kept], jumps=self.jumps[kept])

    def added(self, variance: Array, by_xi: Array, kappa2: Array) -> Added | None:
        """What makes attention what differences see of it; None where nothing does.

        Parameters
        ----------
        variance, by_xi, kappa2 : array, shape (..., n_psi, n_xi)
            V, its xi-derivative, and kappa² with the kinks as they are.
        """
        if not self.at:
            return None
        by_node = by_xi * (self.grid.z[1] - self.grid.z[0]) / self.grid.metric[0]
        found = None
        for at, jump in zip(self.at, self.jumps, strict=True):
            seen = ramp_seen(variance, by_node, at, self.grid.order)
            if seen is not None:
                more = beside(jump, seen)
                found = more if found is None else found + more
        if found is None:
            return None
        values, slopes = found
        over = np.abs(values[0]) * kappa2
        if over.max() > MOST:
            found *= MOST / np.maximum(MOST, over)
        return Added(values, slopes)
