"""Fields between nodes: splines over the state grid, Hermite cubics between time steps."""

import numpy as np
from scipy.interpolate import BSpline, NdBSpline, make_interp_spline

from pdesolve.numerics.grid import Grid
from pdesolve.typing import Array


def degree_of(count: int, most: int = 7) -> int:
    """Degree of a spline through so many nodes."""
    return min(most, (count - 2) // 2 * 2 + 1)


class Surface:
    """Tensor-product spline through nodal values, in computational coordinates.

    Parameters
    ----------
    space : Grid
    values : array, shape (n_psi, n_xi, ...)
    most : int
        Degree along xi, at most: a lower one where they are not smooth, for it swings less.
    """

    def __init__(self, space: Grid, values: Array, most: int = 7):
        along = (space.eta, 7), (space.z, most)
        axes = [(axis, *one) for axis, one in enumerate(along) if one[0].size > 1]
        coefficients, knots, degrees = values, [], []
        for axis, nodes, largest in axes:
            degree = degree_of(nodes.size, largest)
            spline = make_interp_spline(nodes, np.moveaxis(coefficients, axis, 0), k=degree)
            coefficients = np.moveaxis(spline.c, 0, axis)
            knots.append(spline.t)
            degrees.append(degree)
        self._axes = [axis for axis, *_ in axes]
        sizes = [nodes.size for _, nodes, _ in axes]
        self._kept = np.ascontiguousarray(coefficients.reshape(*sizes, *values.shape[2:]))
        self._line = BSpline(knots[0], self._kept, degrees[0]) if len(axes) == 1 else None
        both = len(axes) == 2
        self._spline = NdBSpline(tuple(knots), self._kept, tuple(degrees)) if both else None

    def __call__(self, eta: Array, z: Array) -> Array:
        """Values at coordinates of one shape, as `Grid.locate` gives them.

        Returns
        -------
        array
            Shaped like `eta`, and then like the values at a node.
        """
        if self._line is not None:  # quicker
            return np.asarray(self._line((eta, z)[self._axes[0]]))
        if self._spline is None:
            return np.broadcast_to(self._kept, (*eta.shape, *self._kept.shape)).copy()
        return np.asarray(self._spline(np.stack([eta, z], axis=-1)))


def hermite(times: Array, states: Array, rates: Array, t: float) -> Array:
    """State at time t by the cubic through states and rates at the times on either side.

    Parameters
    ----------
    times : array, shape (n,)
        Increasing.
    states, rates : array, shape (n, ...)
        Rates by time.
    t : float
    """
    k = min(max(int(np.searchsorted(times, t, side="right")) - 1, 0), len(times) - 2)
    h = times[k + 1] - times[k]
    x = (t - times[k]) / h
    y0, y1 = states[k], states[k + 1]
    d0, d1 = rates[k] * h, rates[k + 1] * h
    if x in (0.0, 1.0):
        return y1 if x else y0
    return (
        (1 + 2 * x) * (1 - x) ** 2 * y0
        + x * (1 - x) ** 2 * d0
        + x**2 * (3 - 2 * x) * y1
        - x**2 * (1 - x) * d1
    )
