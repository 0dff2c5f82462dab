"""Fields of a solved market on a grid: between its nodes, and how far they reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.case import Case
from pdesolve.model.attention.kinks import kinks_of
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.numerics.grid import Grid
from pdesolve.solver.fields import Deviations, States, static_nodes
from pdesolve.solver.reading import FEW, Reading
from pdesolve.solver.warn import warn_caller
from pdesolve.typing import Array

UNLEARNED = (
    "psi = 0 at t > 0 is a state that nobody can be in: it means that nothing has been learned by"
    " then; solution.along(t) gives xi and psi that belong to t"
)


KEPT = 64  # times that what is read at a few points is kept


class Known(NamedTuple):
    """The economy of a case and its static cumulants at the nodes of a grid."""

    case: Case
    economy: Economy
    space: Grid
    cumulants: Cumulants


class Read(NamedTuple):
    """Points, and all deviations and their xi-derivatives there, shape (..., 2, 3)."""

    points: States
    found: Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GridReading(Reading):
    """Fields of a solved market, from the deviations at the nodes of a grid.

    Attributes
    ----------
    case : Case
    space : Grid
        State grid of the last pass.
    times : array, shape (n,)
        Times t from 0 to the horizon.
    states, rates : array, shape (n, n_psi, n_xi, 3)
        Deviations (p - p^s, V - V^s, L - phi) of the centred payoff and their derivatives to T - t.
    known : Known or None
        The economy and the static market at the nodes, where they have been evaluated already.
    sds : float
        Standard deviations off where its payoff leads within which a path counts (`visited`).
    """

    case: Case
    space: Grid
    times: Array
    states: Array
    rates: Array
    known: Known | None = field(default=None, repr=False)
    sds: float = np.inf

    @cached_property
    def economy(self) -> Economy:
        """The case as the equations ask for it."""
        known = self.known
        if known and known.case is self.case:
            return known.economy
        width = known.economy.jump_width if known else 0.0
        return replace(Economy.of(self.case), jump_width=width)

    # ------------------------------------------------------------------ fields

    @cached_property
    def _kept(self) -> dict[object, Read]:
        """What was read at a few points."""
        return {}

    @cached_property
    def _deviations(self) -> Deviations:
        return Deviations(
            space=self.space,
            times=self.times,
            states=self.states,
            rates=self.rates,
            bent=self._bent,
        )

    @cached_property
    def _bent(self) -> bool:
        """Whether attention leaves zero or meets its cap within the grid (section 18)."""
        economy = self.economy
        found = kinks_of(economy.technology, economy.risk_aversion) if self.space.n_xi > 1 else ()
        if not found:
            return False
        variance = self.static_nodes.variance + self.states[..., 1]
        return any(variance.min() < kink.variance < variance.max() for kink in found)

    def _read(self, xi: ArrayLike, psi: ArrayLike, t: ArrayLike) -> Read:
        """The points asked for, and all that there is; kept at a few: more is asked for there."""
        axes = np.asarray(xi, float), np.asarray(psi, float), np.asarray(t, float)
        if np.broadcast(*axes).size > FEW:
            return self._all_at(States(self.prior, *axes))
        key, kept = tuple((one.shape, one.tobytes()) for one in axes), self._kept
        if key not in kept:
            if len(kept) >= KEPT:
                kept.clear()
            kept[key] = self._all_at(States(self.prior, *axes))
        return kept[key]

    def _all_at(self, at: States) -> Read:
        limit: Array | float = np.inf
        idle = self.space.n_psi == 1 and self.prior.is_two_point  # psi does not matter
        if at.psi.any() and not idle:  # zero is always known
            limit = np.interp(at.t, self.times, self.psi_limit)
        return Read(at, self._deviations.at(at, limit))

    def _possible(self, xi: ArrayLike, psi: ArrayLike, t: ArrayLike) -> Read:
        """The same; a warning if nobody can be at one of the points: psi is above zero by then."""
        found = self._read(xi, psi, t)
        at = found.points
        if at.t.any():
            doubtful = at.t[(at.psi == 0.0) & (at.t > 0.0) & (at.t <= self.times[-1])]
            if doubtful.size and doubtful.max() > self._begun:
                warn_caller(UNLEARNED, __name__, Reading.__module__)
        return found

    @cached_property
    def _begun(self) -> float:
        """Time from which psi is above zero for certain; infinite where zero is as good as any.

        At once if there is learning in the initial state; else as soon as there is in every state
        at psi = 0. With two payoffs psi does not matter.
        """
        if self.prior.is_two_point:
            return np.inf
        told = [one.time for one in self.case.market.announcements]
        if self.economy.motion(self.initial.precision_rate).psi_dot > 0.0:
            return 0.0
        found = self.economy.respond(self.static_nodes.variance[0] + self.states[:, 0, :, 1])
        learning = (found.precision_rate > 0.0).all(axis=-1)
        return min([float(self.times[np.argmax(learning)]) if learning.any() else np.inf, *told])

    def slab(self, t: float) -> Array:
        """Deviations at the nodes at time t, shape (n_psi, n_xi, 3)."""
        return self._deviations.slab(t)

    def slope(self, u: Array) -> Array:
        """d/dxi of deviations u at the nodes, of the same shape."""
        return self._deviations.slope(u)

    def price(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price p, money.

        Parameters
        ----------
        xi, psi, t : array_like
            States (1/money, 1/money²) and time, broadcast together.

        Returns
        -------
        array
            Shaped like the broadcast arguments; NaN outside the region that the solution covers
            (`psi_limit` says how far it goes in psi).

        Notes
        -----
        psi = 0 means that nobody has learned anything: it belongs to t = 0, and psi at a later date
        moves the price by itself. `Solution.along` gives states that belong together.
        """
        at, found = self._possible(xi, psi, t)
        return at.mean + found[..., 0, 0]

    def variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral variance V, money²; arguments and shape as in `price`.

        Zero where it is lost to rounding or to the error, which may leave it negative.
        """
        at, found = self._possible(xi, psi, t)
        return np.maximum(at.static.variance + found[..., 0, 1], 0.0)

    def log_value(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Log value L; arguments and shape as in `price`."""
        at, found = self._possible(xi, psi, t)
        return at.phi + found[..., 0, 2]

    def price_volatility(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price volatility kappa p_xi, money/sqrt(time); arguments and shape as in `price`.

        Zero where it is lost to rounding or to the error, as the variance is.
        """
        at, found = self._read(xi, psi, t)
        kappa2 = self.economy.motion(self.precision_rate(xi, psi, t)).kappa2
        return np.sqrt(kappa2) * np.maximum(at.static.variance + found[..., 1, 0], 0.0)

    # ------------------------------------------------------------------ reach in psi

    @cached_property
    def _fastest(self) -> tuple[Array, Array]:
        """Largest learning speed on each line at each time: where paths get, and of all nodes.

        Both of shape (n, n_psi).
        """
        found = self.economy.respond(self.static_nodes.variance + self.states[..., 1])
        speed = self.economy.motion(found.precision_rate).psi_dot
        return np.where(self.visited, speed, 0.0).max(axis=-1), speed.max(axis=-1)

    @property
    def learning(self) -> tuple[float, float]:
        """Largest learning speeds, 1/(money² time): where paths get, and of all nodes."""
        visited, everywhere = (float(speed.max()) for speed in self._fastest)
        return visited, everywhere

    @cached_property
    def visited(self) -> NDArray[np.bool_]:
        """Nodes that a path may get to, shape (n_psi, n_xi); all of a line that has none."""
        found = self.economy.visits(self.space.xi, self.space.psi[:, None], self.sds)
        return found | ~found.any(axis=-1, keepdims=True)

    @cached_property
    def static_nodes(self) -> Cumulants:
        """Static cumulants of the centred payoff at the grid's nodes, arrays (n_psi, n_xi)."""
        known = self.known
        if known and known.case is self.case and known.space is self.space:
            return known.cumulants
        return static_nodes(self.prior, self.space)

    def _speeds(self, fastest: Array, backward: bool) -> Iterator[tuple[int, Array, float]]:
        """Interval by interval: end index, speeds by line at its middle, length."""
        lengths = np.diff(self.times)
        order = range(len(lengths) - 1, -1, -1) if backward else range(len(lengths))
        for k in order:
            end = k if backward else k + 1
            yield end, 0.5 * (fastest[k] + fastest[k + 1]), float(lengths[k])

    @cached_property
    def psi_reached(self) -> Array:
        """Largest psi that an economy starting from psi = 0 can have at `times`, 1/money².

        But for paths that are more than `sds` off.
        """
        return self._follow(0.0, self._fastest[0], backward=False)

    @cached_property
    def psi_possible(self) -> float:
        """The same at the horizon, however improbable."""
        return float(self._follow(0.0, self._fastest[1], backward=False)[-1])

    @cached_property
    def psi_limit(self) -> Array:
        """Largest psi at `times` for which the solution is determined by what the grid covers.

        But for paths that are more than `sds` off.
        """
        return self._follow(self.space.psi_known, self._fastest[0], backward=True)

    def _follow(self, psi: float, fastest: Array, *, backward: bool) -> Array:
        """Path of the fastest learner from psi at one end of time to the other.

        Within a time step the clock is the integral of dpsi / speed, which stays accurate where the
        speed falls by orders of magnitude over one step.
        """
        path = np.empty_like(self.times)
        path[-1 if backward else 0] = psi
        eta = np.linspace(0.0, self.space.eta[-1], 16 * self.space.n_psi)
        fine = self.space.psi_scale * np.expm1(eta)
        told = {one.time: one.precision for one in self.case.market.announcements}
        for end, speed, length in self._speeds(fastest, backward):
            after = float(self.times[end + backward])
            if after in told:  # the states just before and after news: nothing else happens between
                path[end] = psi = max(psi + (-told[after] if backward else told[after]), 0.0)
                continue
            slowness = 1.0 / np.maximum(np.interp(eta, self.space.eta, speed), 1e-300)
            pieces = 0.5 * (slowness[1:] + slowness[:-1]) * np.diff(fine)
            clock = np.append(0.0, np.cumsum(pieces))
            now = np.interp(psi, fine, clock) + (-length if backward else length)
            psi = float(np.interp(now, clock, fine))
            path[end] = psi
        return path
