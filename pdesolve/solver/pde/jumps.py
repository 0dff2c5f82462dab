"""Jumps of attention, spread over a few variances and over nodes (derivation.md, section 19).

Where attention jumps with the variance so do 1/kappa², psi_dot/kappa² and C/kappa². A step among
nodes has an error of how it lies between them, and time steps and lines along psi see it as it is.
So the step is replaced by a smooth one, of a kernel whose first three moments are zero, so that
what it leaves falls with the fourth power of its width (the second where jumps are large); and
along xi, as kinks are
(:mod:`.corners`), by the second difference of its second integral, so that nodes may be farther
apart than it is wide.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Polynomial

from pdesolve.model.economy import Economy
from pdesolve.model.equations import Motion
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import central_weights
from pdesolve.solver.pde.corners import Added, beside, over_kappa2
from pdesolve.typing import Array

FLAT = 0.03  # of the width between neighbours: second differences are derivatives
LEAST = 0.5  # of the lesser of both sides that 1/kappa² and psi_dot/kappa² keep
BEYOND = 0.054  # of a step, by which the smooth one passes its ends


class Kernel(NamedTuple):
    """What smooths a step, on (-1, 1): its integrals from -1 on, the second and the third."""

    second: Polynomial
    third: Polynomial

    @classmethod
    def of(cls, *even: float) -> "Kernel":
        """That with these coefficients of 1, x², ..., times (1 - x²)²."""
        bell = Polynomial([1.0, 0.0, -1.0]) ** 2
        shape = bell * Polynomial(np.ravel([(c, 0.0) for c in even]))
        whole = shape.integ(lbnd=-1.0)(1.0)
        return cls(*((shape / whole).integ(m, lbnd=-1.0) for m in (2, 3)))

    def integrals(self, x: Array) -> tuple[Array, Array]:
        """The second and the third, anywhere."""
        inside, beyond = np.clip(x, -1.0, 1.0), np.maximum(x - 1.0, 0.0)
        return self.second(inside) + beyond, self.third(inside) + beyond * (1.0 + 0.5 * beyond)


SHARP = Kernel.of(1.0, -3.0)  # of order 4
SAFE = Kernel.of(1.0)  # of order 2, nowhere negative


def step_seen(
    variance: Array, by_node: Array, at: float, width: float, order: int, kernel: Kernel
) -> Array | None:
    """What differences make of a smooth step at V*, less the step itself, and its slope by V.

    Zero but for the nodes that see V come near V*; None if there are none.

    Parameters
    ----------
    variance, by_node : array, shape (..., n_psi, n_xi)
        V, and its derivative by the number of the node.
    at, width : float
        V*, and how far from it the step begins and ends, money².
    order : int
        Of the differences.
    kernel : Kernel

    Returns
    -------
    array, shape (2, ..., n_psi, n_xi), or None
    """
    half, off, apart = order // 2, (variance - at) / width, np.abs(by_node) / width
    near = np.abs(off) < 1.0 + half * apart
    if not near.any():
        return None
    x, h = off[near], np.maximum(apart[near], FLAT)
    beside = x[:, None] + h[:, None] * np.arange(-half, half + 1)
    slope, step = (part @ central_weights(2, order) / h**2 for part in kernel.integrals(beside))
    found = np.zeros((2, *variance.shape))
    found[0, near] = step - (x > 0.0)
    found[1, near] = slope / width
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Jumps:
    """The jumps of an economy on a grid.

    Attributes
    ----------
    grid : Grid
    width : float
        Over V*.
    at : list of float
        Variances V*, money².
    sides : array, shape (jumps, 3, 2)
        There, 1/kappa², psi_dot/kappa² and C/kappa² before and after.
    """

    grid: Grid
    width: float
    at: list[float]
    sides: Array

    @classmethod
    def of(cls, economy: Economy, grid: Grid) -> "Jumps":
        """Read them off; none if they are to stay as they are."""
        spread = economy.jump_width > 0.0
        found = economy.jumps if spread else ()
        sides = [
            over_kappa2(economy.motion(jump.choices.precision_rate), jump.choices.cost)
            for jump in found
        ]
        return cls(
            grid=grid,
            width=economy.jump_width,
            at=[jump.variance for jump in found],
            sides=np.reshape(sides, (-1, 3, 2)),
        )

    @cached_property
    def least(self) -> Array:
        """Of 1/kappa² and psi_dot/kappa², beside each jump, what is kept: shape (jumps, 2)."""
        kept: Array = LEAST * self.sides[:, :2].min(axis=-1)
        return kept

    def added(self, variance: Array, by_xi: Array, move: Motion) -> Added | None:
        """What makes a smooth step, as differences see it, of jumps; None where there are none.

        Parameters
        ----------
        variance, by_xi : array, shape (..., n_psi, n_xi)
            V, its xi-derivative.
        move : Motion
            With the jumps as they are.
        """
        if not self.at:
            return None
        by_node = by_xi * np.diff(self.grid.z[:2]).sum() / self.grid.metric[0]
        inverse, found = 1.0 / move.kappa2, None
        for at, sides, least in zip(self.at, self.sides, self.least, strict=True):
            size = sides[:, 1] - sides[:, 0]
            bold = np.all(BEYOND * np.abs(size[:2]) < least)
            kernel = SHARP if bold else SAFE
            seen = step_seen(variance, by_node, at, self.width * at, self.grid.order, kernel)
            if seen is None:
                continue
            more = beside(size, seen)
            for k, usual in enumerate((inverse, move.psi_dot * inverse)):
                floor = np.minimum(least[k], LEAST * usual) - usual
                more[0, k] = np.maximum(more[0, k], floor)
            found = more if found is None else found + more
        return None if found is None else Added(*found)
