"""Fields of a solved market between the nodes: the static part exactly, deviations interpolated."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.model.payoff.prior import Cumulants, Prior
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.splines import Surface, hermite
from pdesolve.typing import Array


def static_nodes(prior: Prior, grid: Grid) -> Cumulants:
    """Static cumulants of the centred payoff at a grid's nodes, arrays (n_psi, n_xi)."""
    return prior.cumulants(grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape))


def just_before(date: float) -> float:
    """The last time before a date; fields at the date of an announcement are those after it."""
    return float(np.nextafter(date, 0.0))


def just_after(before: float) -> float:
    """The date that a time is just before."""
    return float(np.nextafter(before, np.inf))


class States:
    """Points (xi, psi, t), broadcast together, and the static market there.

    Attributes
    ----------
    xi, psi, t : array
    zeta : array
        The xi of the centred payoff.
    static : Cumulants
        Of the centred payoff.
    mean, phi : array
        Static price and log mass of the payoff itself.
    """

    def __init__(
        self,
        prior: Prior,
        xi: ArrayLike,
        psi: ArrayLike,
        t: ArrayLike = 0.0,
        static: Cumulants | None = None,
    ):
        c = prior.centre
        self.xi, self.psi, self.t = np.broadcast_arrays(
            np.asarray(xi, float), np.asarray(psi, float), np.asarray(t, float)
        )
        self.zeta = self.xi - c * self.psi
        if static is None:
            static = prior.cumulants(self.zeta, np.maximum(self.psi, 0.0))
        self.static = static
        self.mean = self.static.mean + c
        self.phi = self.xi * c - 0.5 * self.psi * c**2 + self.static.phi


@dataclass(frozen=True, kw_only=True, eq=False)
class Deviations:
    """Deviations from the static market at the nodes, and between them.

    Attributes
    ----------
    space : Grid
    times : array, shape (n,)
        Increasing.
    states, rates : array, shape (n, n_psi, n_xi, n_fields)
        And their derivatives to the time left.
    bent : bool
        Whether attention has a kink: splines along xi are cubic then (derivation.md, section 18).
    """

    space: Grid
    times: Array
    states: Array
    rates: Array
    bent: bool = False
    _kept: dict[tuple[float, bool], Surface] = field(default_factory=dict, init=False, repr=False)

    def slab(self, t: float) -> Array:
        """Deviations at time t at the nodes, by Hermite interpolation between time steps."""
        k = int(np.searchsorted(self.times, t, side="right")) - 1
        near = slice(max(k - 1, 0), k + 3)  # those that matter
        return hermite(self.times[near], self.states[near], -self.rates[near], t)

    def slope(self, u: Array) -> Array:
        """d/dxi of values u at the nodes, as it is read: at kinks, by the scheme's differences."""
        return self.space.derivatives(u)[0] if self.bent else self.space.slope(u)

    def _surface(self, t: float, on_line: bool) -> Surface:
        """All fields at time t and their xi-derivatives, between the nodes; the last are kept.

        On the line psi = 0, if that is all that is wanted: it is one of nodes.
        """
        found = self._kept.get((t, on_line))
        if found is None:
            here = replace(self, space=replace(self.space, n_psi=1)) if on_line else self
            slab = self.slab(t)[: here.space.n_psi]
            values = np.stack([slab, here.slope(slab)], axis=2)
            found = Surface(here.space, values, 3) if self.bent else Surface(here.space, values)
            if len(self._kept) > 1:
                self._kept.clear()
            self._kept[t, on_line] = found
        return found

    def at(self, points: States, limit: Array | float) -> Array:
        """All fields and their xi-derivatives, shape (..., 2, n_fields).

        NaN outside the grid and where psi is above a limit.
        """
        space, out = self.space, np.full((*points.xi.shape, 2, self.states.shape[-1]), np.nan)
        on_line = not points.psi.any()
        with np.errstate(invalid="ignore", divide="ignore"):
            eta, z = space.locate(points.zeta, np.maximum(points.psi, 0.0))
        for t in _different(points.t):
            here = (points.t == t) & (np.abs(z) <= 1.0 if space.n_xi > 1 else np.isfinite(z))
            if not 0.0 <= t <= self.times[-1]:
                continue
            here &= (points.psi >= 0.0) & (points.psi <= limit)
            if here.any():
                surface = self._surface(float(t), on_line)
                out[here] = surface(eta[here], z[here])
        return out


def _different(dates: Array) -> Array:
    """Every date among them once; soon if there is only one."""
    first = dates.ravel()[:1]
    return first if (dates == first).all() else np.unique(dates)
