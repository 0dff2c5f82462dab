"""Where along psi kinks of attention turn, and elements that are shorter there.

Attention has a kink where V = V*, a line in the plane of xi and psi. Where that turns, at V_xi = 0,
it lies along xi: there many xi nodes pass it between the same two lines of psi, and collocation has
an error that falls more slowly than all others (derivation.md, section 18).
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import make_interp_spline

from pdesolve.numerics.density import Density
from pdesolve.numerics.splines import degree_of
from pdesolve.solver.solution import Solution

FINER, TIMES = 6, 49  # values of eta that are looked at, per line of nodes, and times


@dataclass(frozen=True, kw_only=True)
class TurnTuning:
    """How much shorter elements are.

    Set by trial on `capacity` and `inattention` from 1e-4 to 1e-6 and on families of error_bars.py.

    Attributes
    ----------
    dense : float
        Elements per unit of eta = log(1 + psi / psi_scale) where kinks turn, over those elsewhere,
        at a tolerance of 1e-6.
    orders : (float, float)
        At which errors fall there and elsewhere: both are to leave as much at any tolerance.
    sparse : float
        Elements where transport fades, over those elsewhere.
    beside : float
        Of eta: how far from a turn they are shorter.
    """

    dense: float = 3.5
    orders: tuple[float, float] = (2.5, 5.0)
    sparse: float = 0.7
    beside: float = 0.05

    def denser(self, tolerance: float) -> float:
        """Elements where kinks turn, over those elsewhere."""
        turning, usual = self.orders
        return max(1.0, self.dense * (1e-6 / tolerance) ** (1.0 / turning - 1.0 / usual))


@dataclass(frozen=True, kw_only=True)
class Turns:
    """Between which values of eta kinks turn at one time or another, and elements there.

    Attributes
    ----------
    ranges : tuple of (float, float)
        Increasing.
    dense, sparse : float
        As in `TurnTuning`, at the tolerance.
    """

    ranges: tuple[tuple[float, float], ...]
    dense: float
    sparse: float

    def density(self, known: float) -> Density | None:
        """Of the elements of a grid on which transport fades from there; None if they are alike."""
        inside = [(max(low, 0.0), min(high, known)) for low, high in self.ranges if low < known]
        if not inside:
            return None
        edges = np.unique([0.0, known, *(edge for ends in inside for edge in ends)])
        sizes = [
            self.dense if any(low < at < high for low, high in inside) else 1.0
            for at in 0.5 * (edges[1:] + edges[:-1])
        ]
        return Density(cuts=tuple(edges[1:].tolist()), sizes=(*sizes, self.sparse))


def turns_of(found: Solution, tolerance: float, tuning: TurnTuning) -> Turns:
    """Where the kinks of a solution turn, as far as the solution goes.

    There the number of times that V is V* along a line changes from one psi to the next.
    """
    space, economy = found.space, found.economy
    ranges = list[tuple[float, float]]()
    if space.n_psi > 1:
        t = np.linspace(0.0, economy.horizon, TIMES)
        eta = np.linspace(0.0, space.eta[-1], FINER * space.n_psi)
        variance = found.static_nodes.variance + found.states[..., 1]
        then = make_interp_spline(found.times, variance, 1)(t)
        there = make_interp_spline(space.eta, then, degree_of(space.n_psi), axis=1)(eta)
        limit = np.log1p(np.interp(t, found.times, found.psi_limit) / space.psi_scale)
        turning = np.zeros(eta.size - 1, dtype=bool)
        for kink in economy.kinks:
            count = np.count_nonzero(np.diff(there > kink.variance, axis=-1), axis=-1)
            turning |= (np.diff(count, axis=1).astype(bool) & (eta[:-1] <= limit[:, None])).any(0)
        for k in np.flatnonzero(turning):
            low, high = float(eta[k]) - tuning.beside, float(eta[k + 1]) + tuning.beside
            if ranges and low <= ranges[-1][1]:
                low = ranges.pop()[0]
            ranges.append((low, high))
    return Turns(ranges=tuple(ranges), dense=tuning.denser(tolerance), sparse=tuning.sparse)
