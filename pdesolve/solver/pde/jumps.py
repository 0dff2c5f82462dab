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
from numpy.typing import NDArray

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


def within(x: Array, apart: Array, order: int) -> NDArray[np.bool_]:
    """Which nodes see a jump: those so many widths off, with neighbours so many widths away."""
    return np.abs(x) < 1.0 + order // 2 * apart


def step_seen(x: Array, apart: Array, order: int, kernel: Kernel, *, steep: bool = True) -> Array:
    """What differences make of a smooth step at V*, less the step itself, and its slope by x.

    Parameters
    ----------
    x, apart : array, shape (nodes,)
        (V - V*) / width at nodes, and how far in these units their neighbours are.
    order : int
        Of the differences.
    kernel : Kernel
    steep : bool
        Whether the slope is asked for.

    Returns
    -------
    array, shape (2 or 1, nodes)
    """
    half, weights = order // 2, central_weights(2, order)
    beside = x[:, None] + apart[:, None] * np.arange(-half, half + 1)
    step = kernel.bend(beside) @ weights / apart**2 - (x > 0.0)
    if not steep:
        return step[None]
    return np.stack([step, kernel.ramp(beside) @ weights / apart**2])


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

        None if no node sees it. Arguments are those of `Jumps.added`; `by_node` is the derivative
        of V by the number of the node.
        """
        x, apart = (variance - self.at) / self.width, np.abs(by_node) / self.width
        near = within(x, apart, order)
        if not near.any():
            return None
        size = self.sides[:, 1] - self.sides[:, 0]
        bold, steep = bool(np.all(BEYOND * np.abs(size[:2]) < self.least)), slopes is not None
        x, apart, values = x[near], np.maximum(apart[near], FLAT), values[:, near]
        kernel = SHARP if bold else SAFE
        seen = beside(size, step_seen(x, apart, order, kernel, steep=steep))
        if variance.shape[-1] > 1 and (beyond := growth_beyond(self.economy, self.at, bold)):
            further = ramps(self.economy, self.at, variance[near])
            smooth = beyond.seen(x, apart, order, steep=steep)
            seen[0] += smooth[0] - (x > 0.0) * (values - self.sides[:, 1:] - further[0])
            if slopes is not None:
                own = (x > 0.0) * (slopes[:, near] - further[1])
                seen[1] += smooth[1] - self.width * own
        floor = np.minimum(self.least[:, None], LEAST * values[:2])
        seen[0, :2] = np.maximum(seen[0, :2], floor - values[:2])
        found = np.zeros((2, 3, *variance.shape))
        found[0, :, near] = seen[0].T
        if steep:
            found[1, :, near] = seen[1].T / self.width
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
