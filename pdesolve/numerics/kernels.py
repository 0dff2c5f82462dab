"""Kernels that smooth a step: even, of mass one, zero beyond -1 and 1."""

from typing import NamedTuple

import numpy as np
from numpy.polynomial import Polynomial

from pdesolve.typing import Array


class Kernel(NamedTuple):
    """A kernel on (-1, 1), and its integrals from -1 on, the second and the third."""

    shape: Polynomial
    second: Polynomial
    third: Polynomial

    @classmethod
    def of(cls, *even: float) -> "Kernel":
        """That with these coefficients of 1, x², ..., times (1 - x²)²."""
        bell = Polynomial([1.0, 0.0, -1.0]) ** 2
        shape = bell * Polynomial(np.ravel([(c, 0.0) for c in even]))
        shape = shape / shape.integ(lbnd=-1.0)(1.0)
        return cls(shape, *(shape.integ(m, lbnd=-1.0) for m in (2, 3)))

    def ramp(self, x: Array) -> Array:
        """The second, anywhere."""
        return self.second(np.clip(x, -1.0, 1.0)) + np.maximum(x - 1.0, 0.0)

    def bend(self, x: Array) -> Array:
        """The third, anywhere."""
        beyond = np.maximum(x - 1.0, 0.0)
        return self.third(np.clip(x, -1.0, 1.0)) + beyond * (1.0 + 0.5 * beyond)


SHARP = Kernel.of(1.0, -3.0)  # of order 4
SAFE = Kernel.of(1.0)  # of order 2, nowhere negative
