"""How steeply attention grows beyond a jump, smoothed like the jump (derivation.md, section 19).

Next to a small jump attention is nearly a root of V - V*: differences, time steps and lines along
psi see that as they see a kink. So what 1/kappa², psi_dot/kappa² and C/kappa² have more than just
beyond the jump is smoothed by the kernel that smooths the step, and differences see its second
integral, which is tabulated.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.interpolate import BSpline, PPoly, make_interp_spline

from pdesolve.model.attention.response import NoOptimum
from pdesolve.model.economy import Economy
from pdesolve.numerics.kernels import SAFE, SHARP, Kernel
from pdesolve.numerics.stencils import central_weights
from pdesolve.solver.pde.corners import bends, over_kappa2
from pdesolve.typing import Array

NEAR, FAR = 3.0, 8.0  # how far the table has its closest nodes, in widths, and ends, V over V*
SPACING, DEGREE, POINTS = 0.02, 5, 40  # of these nodes; of its splines; of a quadrature


@dataclass(frozen=True, kw_only=True, eq=False)
class Growth:
    """Beyond one jump of an economy.

    Attributes
    ----------
    smooth : BSpline
        Of x = (V - V*) / width, what there is more than just beyond the jump, smoothed, shape
        (..., 3).
    once, twice : PPoly
        Its integrals from -1 on.
    """

    smooth: BSpline
    once: PPoly
    twice: PPoly

    @classmethod
    def of(cls, economy: Economy, at: float, kernel: Kernel) -> "Growth | None":
        """Tabulate it, beyond V*; None if there is none, or no optimum for large variances."""
        width = economy.jump_width * at
        far = np.log(max(FAR * at / width, 2.0 * NEAR) / NEAR)
        further = NEAR * np.exp(np.linspace(0.0, far, 1 + int(np.ceil(far / SPACING))))
        x = np.append(np.arange(-1.0, NEAR, SPACING), further)
        t, weights = np.polynomial.legendre.leggauss(POINTS)
        t, low = 0.5 * (1.0 + t), np.clip(-x, -1.0, 1.0)[:, None]
        y = low + (1.0 - low) * t**2  # for the sake of what is like a root
        weights = (1.0 - low) * t * weights * kernel.shape(y)
        try:
            beyond = grown(economy, at, at + width * np.maximum(x[:, None] + y, 0.0))
        except NoOptimum:
            return None
        if not beyond.any():
            return None
        smooth = make_interp_spline(x, np.sum(beyond * weights, axis=-1).T, DEGREE)
        once, twice = (_by_pieces(smooth.antiderivative(m)) for m in (1, 2))
        return cls(smooth=smooth, once=once, twice=twice)

    @cached_property
    def _last(self) -> tuple[Array, Array]:
        """At the table's end, beyond which it goes on as it is: itself and its first integral."""
        end = self.smooth.t[-1]
        return self.smooth(end), self.once(end)

    def seen(self, x: Array, apart: Array, order: int, *, steep: bool = True) -> Array:
        """What differences make of it, and of its slope by x if that is asked for.

        Parameters
        ----------
        x, apart : array, shape (nodes,)
            How far nodes are from V*, and from their neighbours.
        order : int
            Of the differences.
        steep : bool

        Returns
        -------
        array, shape (2 or 1, 3, nodes)
        """
        beside = x[:, None] + apart[:, None] * np.arange(-(order // 2), order // 2 + 1)
        some, (size, slope) = beside > -1.0, self._last
        end = float(self.smooth.t[-1])
        inside = np.minimum(beside[some], end)
        further = np.maximum(beside[some] - end, 0.0)[:, None]
        read = [self.twice(inside) + further * (slope + 0.5 * further * size)]
        if steep:
            read.append(self.once(inside) + further * size)
        found = np.zeros((len(read), len(size), *beside.shape))
        for table, values in zip(found, read, strict=True):
            table[:, some] = values.T
        seen: Array = found @ central_weights(2, order) / apart**2
        return seen


def _by_pieces(spline: BSpline) -> PPoly:
    """The same piece by piece, which is quicker to read."""
    one_by_one = [
        PPoly.from_spline((spline.t, spline.c[:, field], spline.k))
        for field in range(spline.c.shape[1])
    ]
    return PPoly(np.stack([one.c for one in one_by_one], axis=-1), one_by_one[0].x)


@lru_cache(maxsize=8)
def growth_beyond(economy: Economy, at: float, bold: bool) -> Growth | None:
    """As `Growth.of`, once for all grids."""
    return Growth.of(economy, at, SHARP if bold else SAFE)


def grown(economy: Economy, at: float, variance: Array) -> Array:
    """What 1/kappa² and the others have more than at V* just beyond a jump: (3, ...).

    Less the ramps of kinks further on, which differences are told of apart.
    """
    every = np.append(variance, at)
    response = economy.respond(every, steep=False)
    found = over_kappa2(economy.motion(response.precision_rate), response.cost)
    found -= ramps(economy, at, every)[0]
    found = found[:, :-1] - found[:, -1:]
    return found.reshape(3, *variance.shape)


def ramps(economy: Economy, at: float, variance: Array) -> Array:
    """Ramps of the kinks beyond V*, and their slopes: (2, 3, ...)."""
    found = np.zeros((2, 3, *variance.shape))
    for kink, bend in zip(*bends(economy), strict=True):
        if kink > at:
            off = variance - kink
            found[0] += np.multiply.outer(bend, np.maximum(off, 0.0))
            found[1] += np.multiply.outer(bend, off > 0.0)
    return found
