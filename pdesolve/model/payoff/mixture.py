"""Priors that tilt in closed form: normals, atoms, and mixtures of normals.

A normal component stays normal under the tilt, and an atom is a component of zero sd
(derivation.md, section 3), so discrete and smoothed samples are mixtures too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import norm

from pdesolve.model.payoff.partings import Parting, widest_gaps
from pdesolve.model.payoff.prior import Cumulants, Prior
from pdesolve.typing import Array

MANY = 8  # components beyond which expectations use FEW_NODES instead of HERMITE_NODES
HERMITE_NODES, FEW_NODES = 64, 24
TINY = 2.0**-53  # between the shares that a generator draws
PANEL_NODES, PANEL_ENDS = 12, np.array([-9.0, -6.5, -4.5, -3.0, -1.5, 0.0])  # of a normal, in sds


@dataclass(frozen=True, kw_only=True, eq=False)
class NormalPrior(Prior):
    """Normal prior: tilting adds psi to its precision (derivation.md, section 8)."""

    spread: float
    is_normal: bool = field(default=True, init=False)

    @property
    def _size(self) -> int:
        return HERMITE_NODES

    def _cumulants(self, zeta: Array, psi: Array) -> Cumulants:
        s2 = self.spread**2
        variance = s2 / (1.0 + psi * s2)
        phi = 0.5 * (zeta**2 * variance - np.log1p(psi * s2))
        none = np.zeros_like(zeta)
        return Cumulants(phi, zeta * variance, variance, none, none)

    def _nodes(self, zeta: Array, psi: Array) -> tuple[Array, Array]:
        tilted = self._cumulants(zeta, psi)
        nodes, weights = hermegauss(HERMITE_NODES)
        offsets = tilted.mean + np.sqrt(tilted.variance) * nodes[:, None]
        return offsets, np.broadcast_to((weights / weights.sum())[:, None], offsets.shape)

    def panels(self) -> tuple[Array, Array]:
        """The payoff as panels of Gauss nodes, as in the base class."""
        return normal_panels(self.density, np.array([self.centre]), np.array([self.spread]))

    def density(self, payoff: Array) -> Array:
        """Density of F, 1/money, at payoffs."""
        return np.asarray(norm.pdf(payoff, self.centre, self.spread))

    def quantile(self, share: Array) -> Array:
        """Payoffs, money, of uniform shares, as in the base class."""
        return np.asarray(self.centre + self.spread * ndtri(np.maximum(share, TINY)))


def normal_panels(
    density: Callable[[Array], Array], means: Array, sds: Array
) -> tuple[Array, Array]:
    """Panels over the bulk of every component, no shorter than half the least sd's."""
    ends = means[:, None] + sds[:, None] * np.append(PANEL_ENDS, -PANEL_ENDS[-2::-1])
    edges = np.unique(ends)
    shortest = 0.5 * float(np.min(np.diff(PANEL_ENDS)) * sds.min())
    cells = np.floor((edges - edges[0]) / shortest)
    edges = np.append(edges[:-1][np.append(True, np.diff(cells[:-1]) > 0)], edges[-1])
    nodes, weights = leggauss(PANEL_NODES)
    half = 0.5 * np.diff(edges)[:, None]
    x = edges[:-1, None] + half * (1.0 + nodes)
    return x, half * weights * density(x)


class Tilted(NamedTuple):
    """Tilted components: log mass of the largest, its mean, and all relative to it."""

    log_mass: Array
    anchor: Array
    weight: Array
    distance: Array
    variance: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class MixturePrior(Prior):
    """Mixture of normals, of atoms where their sds are zero (derivation.md, section 3).

    Attributes
    ----------
    offsets, log_weights : ndarray, shape (components,)
        Means less the centre, money; logs of the weights.
    sds : ndarray, shape (components,) or (1,)
        Standard deviations, one if common to all; money.
    """

    offsets: Array
    log_weights: Array
    sds: Array

    @property
    def _size(self) -> int:
        return self.offsets.size

    def span(self, zeta: ArrayLike, reach: float) -> tuple[float, float]:
        """Range of payoffs with a noticeable probability: components by themselves, not their sum.

        A component counts if its tilted weight is above that of `reach` sd in a normal's tail.
        """
        if np.isfinite(self.low):
            return super().span(zeta, reach)
        z = np.atleast_1d(np.asarray(zeta, np.float64))
        tilted = self._tilt(z, np.zeros_like(z))
        felt = tilted.weight > np.exp(-0.5 * reach**2) * tilted.weight.sum(axis=0)
        mean, wide = tilted.anchor + tilted.distance, reach * np.sqrt(tilted.variance)
        return float(np.min((mean - wide)[felt])), float(np.max((mean + wide)[felt]))

    def partings(self, least: float, most: int) -> list[Parting]:
        """Gaps between the means of neighbours, as in the base class."""
        return widest_gaps(self.offsets, self.log_weights, self.parts()[1], least, most)

    def parts(self) -> tuple[Array, Array]:
        """Means and sds of the components, as in the base class."""
        return self.offsets, np.broadcast_to(self.sds, self.offsets.shape)

    def _tilt(self, zeta: Array, psi: Array) -> Tilted:
        """Weights and means relative to the component of the largest tilted mass.

        N(u, s^2) tilts to variance v = s^2/(1 + psi s^2), mean u + (zeta - psi u) v and log mass
        -log(1 + psi s^2)/2 + (zeta - psi u/2) u + v (zeta - psi u)^2/2. Differences between
        components are taken before anything large is added.
        """
        s2 = self.sds[:, None] ** 2
        stretch = 1.0 + psi * s2
        v = s2 / stretch
        base = self.log_weights[:, None] - 0.5 * np.log1p(psi * s2)
        u = self.offsets[:, None]
        points, alike = np.arange(zeta.size), self.sds.size == 1

        def relative(
            top: NDArray[np.intp] | int, at: NDArray[np.intp] | slice
        ) -> tuple[Array, Array]:
            """Log masses and means less those of the components `top` there."""
            apart = u - self.offsets[top]
            middle = 0.5 * (u + self.offsets[top])
            shrunk = apart / stretch[0 if alike else (top, at)]
            log_mass = base - base[top, at] + shrunk * (zeta - psi * middle)
            if alike:
                return log_mass, shrunk
            wider, pull = v - v[top, at], zeta - psi * u
            return log_mass + 0.5 * wider * pull**2, shrunk + pull * wider

        top = np.argmax(relative(0, slice(None))[0], axis=0)
        log_mass, distance = relative(top, points)
        own = 0 if alike else (top, points)
        u_top, v_top, stretch_top = self.offsets[top], v[own], stretch[own]
        log_top = (zeta - 0.5 * psi * u_top) * u_top / stretch_top + 0.5 * v_top * zeta**2
        anchor = u_top / stretch_top + zeta * v_top
        return Tilted(base[top, points] + log_top, anchor, np.exp(log_mass), distance, v)

    def _cumulants(self, zeta: Array, psi: Array) -> Cumulants:
        tilted = self._tilt(zeta, psi)
        total = tilted.weight.sum(axis=0)
        weight = tilted.weight / total
        step = np.sum(weight * tilted.distance, axis=0)
        apart, v = tilted.distance - step, tilted.variance
        square = apart**2
        variance = np.sum(weight * (square + v), axis=0)
        third = np.sum(weight * apart * (square + 3.0 * v), axis=0)
        fourth = np.sum(weight * (square * (square + 6.0 * v) + 3.0 * v**2), axis=0)
        return Cumulants(
            tilted.log_mass + np.log(total),
            tilted.anchor + step,
            variance,
            third,
            fourth - 3.0 * variance**2,
        )

    def _nodes(self, zeta: Array, psi: Array) -> tuple[Array, Array]:
        tilted = self._tilt(zeta, psi)
        weight = tilted.weight / tilted.weight.sum(axis=0)
        mean = tilted.anchor + tilted.distance
        if not self.sds.any():
            return mean, weight
        nodes, share = hermegauss(HERMITE_NODES if self.offsets.size <= MANY else FEW_NODES)
        offsets = mean + np.sqrt(tilted.variance) * nodes[:, None, None]
        weight = weight * (share / share.sum())[:, None, None]
        return offsets.reshape(-1, zeta.size), weight.reshape(-1, zeta.size)

    def possible(self, payoff: float) -> bool:
        """Whether a payoff, money, is in the support: one of the atoms, if there are but atoms."""
        if self.sds.any():
            return True
        slack = 1e-12 * max(abs(self.low), abs(self.high))
        return bool(np.min(np.abs(self.centre + self.offsets - payoff)) <= slack)

    def informed(self, largest: float, share: float) -> float:
        """The psi by which that share of the variance is left, as of atoms; or `largest`.

        Given the payoff x, the evidence is xi = psi x + sqrt(psi) shock; the two closest components
        are told apart last.
        """
        if self.offsets.size == 1:
            return largest
        order = np.argsort(self.offsets)
        closest = int(np.argmin(np.diff(self.offsets[order])))
        pair = self.offsets[order[closest : closest + 2]][:, None]
        shocks = np.linspace(-9.0, 9.0, 721)
        weights = np.exp(-0.5 * shocks**2)

        def excess(log_psi: float) -> float:
            psi = np.exp(log_psi)
            xi = psi * pair + np.sqrt(psi) * shocks
            left = self.cumulants(xi, np.full_like(xi, psi)).variance @ weights / weights.sum()
            return float(np.log(np.max(left) / self.variance + 1e-300) - np.log(share))

        ends = np.log(largest) + np.array([-20.0, 0.0])
        if excess(ends[1]) > 0.0:
            return largest
        return float(np.exp(brentq(excess, ends[0], ends[1], xtol=1e-3)))

    def panels(self) -> tuple[Array, Array]:
        """The payoff as panels of Gauss nodes, as in the base class."""
        means = self.centre + self.offsets
        if not self.sds.any():
            return means[:, None], np.exp(self.log_weights)[:, None]
        return normal_panels(self.density, means, np.broadcast_to(self.sds, means.shape))

    def density(self, payoff: Array) -> Array:
        """Density of F, 1/money, at payoffs; zero for atoms."""
        if not self.sds.any():
            return np.zeros_like(payoff)
        sds = np.broadcast_to(self.sds, self.offsets.shape)
        total = np.zeros_like(payoff)
        for offset, sd, log_weight in zip(self.offsets, sds, self.log_weights, strict=True):
            total += np.exp(log_weight) * norm.pdf(payoff, self.centre + offset, sd)
        return total

    def quantile(self, share: Array) -> Array:
        """Payoffs, money, of uniform shares, as in the base class: component by component."""
        ends = np.cumsum(np.exp(self.log_weights))
        ends /= ends[-1]
        which = np.searchsorted(ends[:-1], share, side="right")
        starts = np.append(0.0, ends[:-1])[which]
        within = np.maximum((share - starts) / (ends[which] - starts), TINY)
        sds = np.broadcast_to(self.sds, self.offsets.shape)[which]
        normal = ndtri(np.minimum(within, 1.0 - TINY)) if self.sds.any() else 0.0
        return np.asarray(self.centre + self.offsets[which] + sds * normal)
