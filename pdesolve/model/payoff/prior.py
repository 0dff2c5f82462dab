"""What every prior of the payoff offers: phi, its cumulants and tilted expectations.

The tilted prior is F(dx) exp(zeta x - psi x^2/2), normalised, with x measured from the
prior's `centre`; phi is the log of its mass and the zeta-derivatives of phi are its
cumulants (derivation.md, section 3). In the uncentred convention

    phi_uncentred(xi, psi) = xi c - psi c^2/2 + phi(xi - c psi, psi),    c = centre.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case.errors import PdesolveError
from pdesolve.model.payoff.partings import Parting
from pdesolve.numerics.gauss import gauss_rule
from pdesolve.typing import Array

CHUNK = 2**17  # elements of a temporary array
FEW, KEPT = 32, 64  # tilts whose cumulants are kept, and how many times: they are asked for again


class PriorError(PdesolveError, ValueError):
    """The payoff's distribution has no equilibrium, or nothing to learn about."""


class Cumulants(NamedTuple):
    """Log mass and first four cumulants of the tilted prior, centred payoff.

    Attributes
    ----------
    phi : ndarray
        Log mass; no unit.
    mean, variance, third, fourth : ndarray
        Cumulants, in money to the first to fourth power; `mean` is measured from the
        prior's centre, and `fourth` is the fourth central moment less 3 variance^2.
    """

    phi: Array
    mean: Array
    variance: Array
    third: Array
    fourth: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Prior(ABC):
    """A prior distribution F of the payoff.

    Attributes
    ----------
    low, high : float
        Ends of the support, money; infinite for normals.
    centre : float
        Middle of the support if bounded, otherwise the mean; money.
    is_normal, is_two_point : bool
        Whether F is a normal; whether it has exactly two atoms.
    slow : bool
        Whether cumulants take quadrature, so that a table of them is worth while.
    note : str
        What users should know of how it was made; empty if nothing.
    """

    low: float
    high: float
    centre: float
    is_normal: bool = False
    is_two_point: bool = False
    slow: bool = False
    note: str = ""
    _kept: dict[object, Cumulants] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def mean(self) -> float:
        """Mean of F, money."""
        return self.centre + float(self.cumulants(0.0, 0.0).mean)

    @cached_property
    def variance(self) -> float:
        """Variance of F, money squared."""
        return float(self.cumulants(0.0, 0.0).variance)

    @property
    def sd(self) -> float:
        """Standard deviation of F, money."""
        return float(np.sqrt(self.variance))

    def cumulants(self, zeta: ArrayLike, psi: ArrayLike) -> Cumulants:
        """Log mass and cumulants of the tilted prior (derivation.md, section 3).

        Parameters
        ----------
        zeta : array_like
            Tilt of the centred payoff, 1/money.
        psi : array_like
            Precision of the evidence, 1/money^2, non-negative; broadcast against `zeta`.

        Returns
        -------
        Cumulants
            Each of the broadcast shape.

        Raises
        ------
        ValueError
            If some `psi` is negative.
        """
        z, p = np.asarray(zeta, np.float64), np.asarray(psi, np.float64)
        if z.shape != p.shape:
            z, p = np.broadcast_arrays(z, p)
        if z.size > FEW:
            return Cumulants(*self._in_chunks(self._cumulants, 5, z, p))
        key = (z.shape, z.tobytes(), p.tobytes())
        found = self._kept.get(key)
        if found is None:
            parts = self._in_chunks(self._cumulants, 5, z, p)
            parts.flags.writeable = False
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = found = Cumulants(*parts)
        return found

    @property
    def rough(self) -> "Prior":
        """The same, with cumulants by fewer nodes where they take quadrature.

        Within 5e-10 of the largest: enough for a grid of weights, and quicker.
        """
        return self

    def beside(self, others: "Sequence[Prior]", zeta: Array, psi: Array) -> list[Cumulants]:
        """Cumulants of this prior and then of others that differ little from it, of one shape each.

        Parameters
        ----------
        others : sequence of Prior
        zeta, psi : array
            As in `cumulants`, of one shape; each prior's payoff is centred at its own centre.
        """
        return [one.cumulants(zeta, psi) for one in (self, *others)]

    def expectation(self, g: Callable[[Array], Array], zeta: ArrayLike, psi: ArrayLike) -> Array:
        """Tilted expectation of g(x) (derivation.md, section 5).

        Exact to rounding for atoms. On normals Gauss-Hermite quadrature, on an interval
        composite Gauss-Legendre: both near rounding for smooth g of polynomial growth
        that varies on the scale of the tilted prior. Where the slope of g jumps the error
        is up to 1 percent of that jump times the tilted sd, and where g itself jumps up to
        a tenth of the jump; on an interval both are at least five times smaller.

        Parameters
        ----------
        g : callable
            Vectorised function of the payoff itself, money, not centred.
        zeta, psi : array_like
            As in `cumulants`.

        Returns
        -------
        ndarray
            Of the broadcast shape.

        Raises
        ------
        ValueError
            If some `psi` is negative.
        """

        def average(zeta: Array, psi: Array) -> tuple[Array]:
            offsets, weights = self._nodes(zeta, psi)
            values = np.asarray(g(self.centre + offsets), dtype=np.float64)
            return (np.sum(weights * values, axis=0),)

        result: Array = self._in_chunks(average, 1, zeta, psi)[0]
        return result

    def gauss(self, count: int) -> tuple[Array, Array]:
        """The payoff as a few values: exact for polynomials of degree 2 count - 1.

        Parameters
        ----------
        count : int
            Values, at most; of fewer atoms, these.

        Returns
        -------
        values, probabilities : array
            Increasing, money, not centred; and their probabilities.
        """
        offsets, probabilities = (part[:, 0] for part in self._nodes(np.zeros(1), np.zeros(1)))
        if offsets.size <= count:
            order = np.argsort(offsets)
            return self.centre + offsets[order], probabilities[order]
        nodes, weights = gauss_rule(offsets, probabilities, count)
        return self.centre + nodes, weights

    def _in_chunks(
        self,
        function: Callable[[Array, Array], tuple[Array, ...]],
        count: int,
        zeta: ArrayLike,
        psi: ArrayLike,
    ) -> Array:
        """Stack of the `count` results of a function of 1-d tilts, a bounded number at a time."""
        z, p = np.broadcast_arrays(np.asarray(zeta, np.float64), np.asarray(psi, np.float64))
        if np.any(p < 0.0):
            raise ValueError(f"psi must be non-negative, got {p.min()}")
        flat_z, flat_p = z.ravel(), p.ravel()
        result = np.empty((count, z.size))
        size = max(1, CHUNK // self._size)
        with np.errstate(under="ignore"):
            for start in range(0, z.size, size):
                part = slice(start, start + size)
                result[:, part] = function(flat_z[part], flat_p[part])
        return result.reshape((count, *z.shape))

    @property
    @abstractmethod
    def _size(self) -> int:
        """Nodes per tilt."""

    @abstractmethod
    def _cumulants(self, zeta: Array, psi: Array) -> Cumulants:
        """As `cumulants`, for 1-d arrays of one shape."""

    @abstractmethod
    def _nodes(self, zeta: Array, psi: Array) -> tuple[Array, Array]:
        """Tilted prior: offsets from the centre and probabilities, shapes (nodes, points)."""

    def span(self, zeta: ArrayLike, reach: float) -> tuple[float, float]:
        """Range of payoffs that have a noticeable probability under some of these tilts at psi = 0.

        Parameters
        ----------
        zeta : array_like
            Tilts, 1/money.
        reach : float
            How many standard deviations of what is unbounded count as noticeable.

        Returns
        -------
        low, high : float
            Centred, money: the ends of a bounded support.
        """
        if np.isfinite(self.low) and np.isfinite(self.high):
            return self.low - self.centre, self.high - self.centre
        tilted = self.cumulants(zeta, 0.0)
        wide = reach * np.sqrt(tilted.variance)
        return float(np.min(tilted.mean - wide)), float(np.max(tilted.mean + wide))

    def partings(self, least: float, most: int) -> list[Parting]:
        """The widest gaps between payoffs, at least so wide (money); none where there are none."""
        return []

    def parts(self) -> tuple[Array, Array]:
        """Normals that the payoff is a mixture of: centred means and sds, money.

        Infinite sds where it is not known as one.
        """
        return np.zeros(1), np.full(1, np.inf)

    @abstractmethod
    def panels(self) -> tuple[Array, Array]:
        """The payoff as panels of Gauss nodes, so that an integral can be split within one.

        Returns
        -------
        values, probabilities : array, shape (panels, nodes)
            Money, not centred. In each panel both are polynomials at the nodes of Gauss and
            Legendre, probabilities times their weights; of atoms, panels of a single node.
        """

    @abstractmethod
    def density(self, payoff: Array) -> Array:
        """Density of F, 1/money, at payoffs; zero for atoms."""

    def possible(self, payoff: float) -> bool:
        """Whether a payoff, money, is in the support."""
        return self.low <= payoff <= self.high

    def informed(self, largest: float, share: float) -> float:
        """The psi, 1/money^2, by which no more than a share of the variance is left anywhere.

        `largest` where evidence never tells that much, as of a payoff with a density.
        """
        return largest

    @abstractmethod
    def quantile(self, share: Array) -> Array:
        """Payoffs, money, that uniform shares in [0, 1) are carried to: distributed as F.

        Evenly spread shares make evenly spread payoffs: of normals, within every component.
        """

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        """Payoffs drawn from the prior, money, shape (size,)."""
        return self.quantile(rng.random(size))

    def tilted_draw(self, share: Array, zeta: Array, psi: Array) -> Array:
        """A payoff of each tilted prior, money: the node that a uniform share falls to.

        Nodes are those of `expectation`: all there are for atoms; else smooth functions have the
        mean of the tilted prior.

        Parameters
        ----------
        share : array, shape (n,)
            In [0, 1).
        zeta, psi : array, shape (n,)
            As in `cumulants`.
        """
        drawn, size = np.empty(share.size), max(1, CHUNK // self._size)
        with np.errstate(under="ignore"):
            for start in range(0, share.size, size):
                part = slice(start, start + size)
                offsets, weights = self._nodes(zeta[part], psi[part])
                below = np.cumsum(weights, axis=0)
                which = np.sum(below[:-1] <= share[part] * below[-1], axis=0)
                drawn[part] = np.take_along_axis(offsets, which[None], axis=0)[0]
        return self.centre + drawn
