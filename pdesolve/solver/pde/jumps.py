"""Jumps of attention, spread over a few variances and over nodes (derivation.md, section 19).

Where attention jumps with the variance so do 1/kappa², psi_dot/kappa² and C/kappa². A step among
nodes has an error of how it lies between them, and time steps and lines along psi see it as it is.
So the step is replaced by a smooth one, of a kernel whose first three moments are zero, so that
what it leaves falls with the fourth power of its width (the second where jumps are large); and
along xi, as kinks are (:mod:`.corners`), by the second difference of its second integral, so that
nodes may be farther apart than it is wide. What follows the jump is smoothed with it
(:mod:`.growth`).
"""

from dataclasses import dataclass

import numpy as np

from pdesolve.model.attention.kinks import Jump
from pdesolve.model.economy import Economy
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.kernels import SAFE, SHARP, Kernel
from pdesolve.numerics.stencils import central_weights
from pdesolve.solver.pde.corners import Added, beside, over_kappa2
from pdesolve.solver.pde.growth import growth_beyond, ramps
from pdesolve.typing import Array

FLAT = 0.03  # of the width between neighbours: second differences are derivatives
LEAST = 0.5  # of the lesser of both sides that 1/kappa² and psi_dot/kappa² keep
BEYOND = 0.054  # of a step, by which the smooth one passes its ends


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
class Spread:
    """One jump of an economy, as it is spread.

    Attributes
    ----------
    economy : Economy
    at, width : float
        V*, and how far from it the step begins and ends, money².
    sides : array, shape (3, 2)
        There, 1/kappa², psi_dot/kappa² and C/kappa² before and after.
    """

    economy: Economy
    at: float
    width: float
    sides: Array

    @classmethod
    def of(cls, economy: Economy, jump: Jump) -> "Spread":
        """Of an economy."""
        choices = jump.choices
        return cls(
            economy=economy,
            at=jump.variance,
            width=economy.jump_width * jump.variance,
            sides=over_kappa2(economy.motion(choices.precision_rate), choices.cost),
        )

    @property
    def least(self) -> Array:
        """Of 1/kappa² and psi_dot/kappa², what is kept beside it."""
        kept: Array = LEAST * self.sides[:2].min(axis=-1)
        return kept

    def seen(
        self, variance: Array, by_node: Array, order: int, values: Array, slopes: Array | None
    ) -> Array | None:
        """What it takes to make it smooth, and its slope by V: (2, 3, ..., n_psi, n_xi).

        None if no node sees it. Arguments are those of `step_seen` and `Jumps.added`.
        """
        size = self.sides[:, 1] - self.sides[:, 0]
        bold = bool(np.all(BEYOND * np.abs(size[:2]) < self.least))
        kernel = SHARP if bold else SAFE
        seen = step_seen(variance, by_node, self.at, self.width, order, kernel)
        if seen is None:
            return None
        found = beside(size, seen)
        if variance.shape[-1] > 1 and (beyond := growth_beyond(self.economy, self.at, bold)):
            off, apart = (variance - self.at) / self.width, np.abs(by_node) / self.width
            near = np.abs(off) < 1.0 + order // 2 * apart
            x, further = off[near], ramps(self.economy, self.at, variance[near])
            smooth = beyond.seen(x, np.maximum(apart[near], FLAT), order)
            grown = values[:, near] - self.sides[:, 1:] - further[0]
            found[0][:, near] += smooth[0] - (x > 0.0) * grown
            if slopes is not None:
                steep = slopes[:, near] - further[1]
                found[1][:, near] += smooth[1] / self.width - (x > 0.0) * steep
        least = np.expand_dims(self.least, tuple(range(1, values.ndim)))
        floor = np.minimum(least, LEAST * values[:2])
        found[0, :2] = np.maximum(found[0, :2], floor - values[:2])
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Jumps:
    """The jumps of an economy on a grid.

    Attributes
    ----------
    grid : Grid
    spread : list of Spread
    """

    grid: Grid
    spread: list[Spread]

    @classmethod
    def of(cls, economy: Economy, grid: Grid) -> "Jumps":
        """Read them off; none if they are to stay as they are."""
        found = economy.jumps if economy.jump_width > 0.0 else ()
        return cls(grid=grid, spread=[Spread.of(economy, jump) for jump in found])

    @property
    def at(self) -> list[float]:
        """Variances V*, money²."""
        return [one.at for one in self.spread]

    def added(
        self, variance: Array, by_xi: Array, values: Array, slopes: Array | None = None
    ) -> Added | None:
        """What makes jumps smooth, as differences see them; None where there are none.

        Parameters
        ----------
        variance, by_xi : array, shape (..., n_psi, n_xi)
            V, its xi-derivative.
        values, slopes : array, shape (3, ..., n_psi, n_xi)
            1/kappa², psi_dot/kappa² and C/kappa² with the jumps as they are, and their slopes by V
            if those of what is added are asked for.
        """
        if not self.spread:
            return None
        by_node = by_xi * np.diff(self.grid.z[:2]).sum() / self.grid.metric[0]
        every = (
            one.seen(variance, by_node, self.grid.order, values, slopes) for one in self.spread
        )
        found = [one for one in every if one is not None]
        return Added(*sum(found[1:], start=found[0])) if found else None
