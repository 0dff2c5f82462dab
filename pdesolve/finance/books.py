"""What is paid under Q, as a measure on a line that integrals can be split on.

At T, the prior's panels (:meth:`pdesolve.model.payoff.prior.Prior.panels`) times the pricing kernel
given the payoff; before T, the law's own density along xi, line by line of psi.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.interpolate import BarycentricInterpolator, BSpline, make_interp_spline
from scipy.optimize import brentq

from pdesolve.finance.law import Law
from pdesolve.typing import Array

FELT = 1e-16  # of the largest weight: nodes with less are left out
CHUNK = 2**20  # elements of a temporary array
SPLINE = 7  # degree


class Book(ABC):
    """Prices under Q of claims on one number."""

    @property
    @abstractmethod
    def mass(self) -> float:
        """Price of one unit of money for sure."""

    @property
    @abstractmethod
    def forward(self) -> float:
        """Price of the number itself, money."""

    @abstractmethod
    def calls(self, strikes: Array) -> Array:
        """Prices of calls, money."""

    @abstractmethod
    def density(self, at: Array) -> Array:
        """Density of state prices, 1/money."""

    def puts(self, strikes: Array) -> Array:
        """Prices of puts, money: by parity, which holds for every measure."""
        return self.calls(strikes) - self.forward + strikes * self.mass


@dataclass(frozen=True, kw_only=True, eq=False)
class AtPayoff(Book):
    """Claims on the payoff.

    Attributes
    ----------
    law : Law
        Under Q.
    """

    law: Law

    def kernel(self, payoff: Array) -> Array:
        """State price over prior probability: E^Q exp(xi x - psi x²/2 - phi) at T."""
        solution, weights = self.law.clock.solution, self.law.weights[-1].ravel()
        used = np.abs(weights) > FELT * np.abs(weights).max()
        space, phi = solution.space, solution.static_nodes.phi
        xi, half, base = (
            one.ravel()[used]
            for one in (space.xi, 0.5 * np.broadcast_to(space.psi[:, None], space.xi.shape), phi)
        )
        x = payoff.ravel() - solution.prior.centre
        found, some = np.empty(x.size), max(1, CHUNK // xi.size)
        for k in range(0, x.size, some):
            now = x[k : k + some, None]
            found[k : k + some] = np.exp(xi * now - half * now**2 - base) @ weights[used]
        return found.reshape(payoff.shape)

    @cached_property
    def _panels(self) -> tuple[Array, Array]:
        """Payoffs and their state prices, (panels, nodes)."""
        values, probabilities = self.law.clock.solution.prior.panels()
        return values, probabilities * self.kernel(values)

    @property
    def mass(self) -> float:
        """Price of one unit of money for sure."""
        return float(self._panels[1].sum())

    @property
    def forward(self) -> float:
        """Price of the payoff, money."""
        return float(np.sum(self._panels[0] * self._panels[1]))

    def calls(self, strikes: Array) -> Array:
        """Prices of calls, money: the panel that a strike is in is split there."""
        values, prices = self._panels
        whole = np.array([np.sum(prices * np.maximum(values - k, 0.0)) for k in strikes])
        n = values.shape[1]
        if n == 1:
            return whole
        nodes, weights = leggauss(n)
        x = BarycentricInterpolator(nodes, values.T, rng=0)
        ends = np.sort(x(np.array([-1.0, 1.0])), axis=0)
        slack = 1e-9 * (ends[1] - ends[0])
        for i, k in enumerate(strikes):
            for panel in np.flatnonzero((ends[0] + slack < k) & (k < ends[1] - slack)):
                unsplit = np.sum(prices[panel] * np.maximum(values[panel] - k, 0.0))
                here = BarycentricInterpolator(
                    nodes, np.stack([values[panel] - k, prices[panel] / weights], axis=1), rng=0
                )
                whole[i] += _above(here, weights, nodes) - unsplit
        return whole

    def density(self, at: Array) -> Array:
        """Density of state prices, 1/money."""
        return self.law.clock.solution.prior.density(at) * self.kernel(at)


def _above(panel: BarycentricInterpolator, weights: Array, nodes: Array) -> float:
    """Integral over [-1, 1] of what is positive of the first component, times the second."""

    def first(s: float) -> float:
        return float(panel(s)[0])

    root = float(brentq(first, -1.0, 1.0))
    end = 1.0 if first(1.0) > 0.0 else -1.0
    part = panel(root + 0.5 * (end - root) * (1.0 + nodes))
    return float(0.5 * abs(end - root) * (weights @ (part[:, 0] * part[:, 1])))


@dataclass(frozen=True, kw_only=True, eq=False)
class AtPrice(Book):
    """Claims on the price at a date before T.

    On each line of psi the weights over the distance of nodes are the values of a smooth density
    along z, to the order of the differences.

    Attributes
    ----------
    law : Law
        Under Q.
    date : int
        Of the law's clock.
    """

    law: Law
    date: int

    @cached_property
    def _nodes(self) -> tuple[Array, Array]:
        """Prices and weights on the lines that matter, (lines, n_xi)."""
        weights = self.law.weights[self.date]
        lines = np.abs(weights).max(axis=1) > FELT * np.abs(weights).max()
        return self.law.clock.at[self.date].price[lines], weights[lines]

    @property
    def mass(self) -> float:
        """Price of one unit of money for sure."""
        return float(self._nodes[1].sum())

    @property
    def forward(self) -> float:
        """Price of the price, money."""
        return float(np.sum(self._nodes[0] * self._nodes[1]))

    @property
    def variance(self) -> float:
        """Variance of the price, money²."""
        prices, weights = self._nodes
        return float(np.sum(weights * (prices - self.forward) ** 2))

    @cached_property
    def _lines(self) -> list[tuple[BSpline, BSpline]]:
        """Price and density along z, line by line."""
        z = self.law.clock.solution.space.z
        degree, step = min(SPLINE, 2 * ((z.size - 2) // 2) + 1), z[1] - z[0]
        return [
            (make_interp_spline(z, price, k=degree), make_interp_spline(z, weight / step, k=degree))
            for price, weight in zip(*self._nodes, strict=True)
        ]

    def _roots(self, price: BSpline, at: Array) -> Array:
        """Where a line's price is each of these; its ends, where it is beyond."""
        z = self.law.clock.solution.space.z
        known = np.maximum.accumulate(price(z))
        place = np.clip(np.searchsorted(known, at), 1, z.size - 1)
        low, high = z[place - 1], z[place]
        for _ in range(60):
            middle = 0.5 * (low + high)
            under = price(middle) < at
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        inside = (at > known[0]) & (at < known[-1])
        return np.where(inside, 0.5 * (low + high), np.where(at <= known[0], z[0], z[-1]))

    def calls(self, strikes: Array) -> Array:
        """Prices of calls, money."""
        z, total = self.law.clock.solution.space.z, np.zeros(strikes.size)
        for price, density in self._lines:
            both = (price(z)[:, None] - strikes) * density(z)[:, None]
            added = make_interp_spline(z, both, k=density.k).antiderivative()
            start = added(self._roots(price, strikes))
            total += added(z[-1]) - start[np.arange(strikes.size), np.arange(strikes.size)]
        return total

    def density(self, at: Array) -> Array:
        """Density of state prices, 1/money."""
        z, total = self.law.clock.solution.space.z, np.zeros(at.size)
        for price, density in self._lines:
            root = self._roots(price, at)
            inside = (root > z[0]) & (root < z[-1])
            slope = np.where(inside, price.derivative()(root), 1.0)
            total += np.where(inside, density(root) / slope, 0.0)
        return total
