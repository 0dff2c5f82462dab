"""A map of xi with several scales: nodes gather about lines in the plane of xi and psi.

With Z(xi, psi) the sum over lines of arsinh((xi - centre - slope psi) / width), nodes are uniform
in

    z = (2 (Z - Z_low) / (Z_high - Z_low) - 1) / beyond,

where Z_low and Z_high are its values at two ends that are linear in psi, and `beyond` is 1 for a
grid from end to end. Far from a line the spacing grows with the distance to it.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from pdesolve.typing import Array

ITERATIONS = 200  # of a search, at most: down to rounding
ROUNDING = 1e-15


class Line(NamedTuple):
    """States centre + slope psi, and the width about them that nodes are evenly spread over."""

    centre: float
    slope: float
    width: float

    def at(self, psi: Array) -> Array:
        """The state on it at psi."""
        return self.centre + self.slope * psi


class Partials(NamedTuple):
    """Z and its derivatives."""

    value: Array
    by_xi: Array
    by_xixi: Array
    by_psi: Array


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """The map.

    Attributes
    ----------
    lines : tuple of Line
        About which nodes gather.
    low, high : Line
        The ends; their widths do not matter.
    beyond : float
        How far a grid goes, from the middle, in units of the way to the ends.
    """

    lines: tuple[Line, ...]
    low: Line
    high: Line
    beyond: float = 1.0

    def extended(self, longer: float) -> "Clusters":
        """The same map for a grid that is so many times as long in z."""
        return replace(self, beyond=longer * self.beyond)

    def place(self, z: Array, psi: Array) -> Array:
        """The states xi at coordinates z in [-1, 1] and psi, arrays of one shape."""
        low, high, target = self._bracket(z, psi)
        xi, moved = 0.5 * (low + high), high - low
        for _ in range(ITERATIONS):
            here = self._sum(xi, psi)
            gap = here.value - target
            low, high = np.where(gap < 0.0, xi, low), np.where(gap > 0.0, xi, high)
            step = xi - gap / here.by_xi
            good = (step >= low) & (step <= high) & (np.abs(step - xi) <= 0.5 * moved)
            better = np.where(good, step, 0.5 * (low + high))
            xi, moved = better, np.abs(better - xi)
            if np.all(moved <= ROUNDING * (np.abs(xi) + np.abs(low) + np.abs(high))):
                break
        return xi

    def _bracket(self, z: Array, psi: Array) -> tuple[Array, Array, Array]:
        """States on either side of those at z, and the value of Z there."""
        ends = [self._sum(end.at(psi), psi).value for end in (self.low, self.high)]
        target = ends[0] + 0.5 * (1.0 + self.beyond * z) * (ends[1] - ends[0])
        lines = [line.at(psi) for line in self.lines]
        far = [line.width * np.sinh(target / len(self.lines)) for line in self.lines]
        each = np.array([at + off for at, off in zip(lines, far, strict=True)])
        return each.min(axis=0), each.max(axis=0), target

    def coordinates(self, xi: Array, psi: Array) -> Array:
        """Z-coordinates of states, arrays of one shape."""
        low, high = (self._sum(end.at(psi), psi).value for end in (self.low, self.high))
        return (2.0 * (self._sum(xi, psi).value - low) / (high - low) - 1.0) / self.beyond

    def derivatives(self, xi: Array, psi: Array) -> tuple[Array, Array, Array]:
        """z_xi, z_xixi and z_psi at fixed xi, arrays of one shape."""
        here = self._sum(xi, psi)
        low, high = (self._sum(end.at(psi), psi) for end in (self.low, self.high))
        low_psi = low.by_psi + self.low.slope * low.by_xi
        high_psi = high.by_psi + self.high.slope * high.by_xi
        long = high.value - low.value
        share = (here.value - low.value) / long
        scale = 2.0 / (long * self.beyond)
        by_psi = here.by_psi - low_psi - share * (high_psi - low_psi)
        return scale * here.by_xi, scale * here.by_xixi, scale * by_psi

    def _sum(self, xi: Array, psi: Array) -> Partials:
        """Z and its derivatives at states."""
        value, by_xi, by_xixi, by_psi = (np.zeros(np.shape(xi)) for _ in Partials._fields)
        for line in self.lines:
            off = (xi - line.at(psi)) / line.width
            root = np.sqrt(1.0 + off**2)
            slope = 1.0 / (line.width * root)
            value += np.arcsinh(off)
            by_xi += slope
            by_xixi -= off / (line.width * root) ** 2 / root
            by_psi -= line.slope * slope
        return Partials(value, by_xi, by_xixi, by_psi)
