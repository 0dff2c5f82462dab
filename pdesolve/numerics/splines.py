"""Fields between nodes: splines over the state grid, Hermite polynomials in time."""

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np
from scipy.interpolate import BSpline, NdBSpline, make_interp_spline
from scipy.linalg import lapack

from pdesolve.numerics.grid import Grid
from pdesolve.typing import Array


def degree_of(count: int, most: int = 7) -> int:
    """Degree of a spline through so many nodes."""
    return min(most, (count - 2) // 2 * 2 + 1)


class Evenly(NamedTuple):
    """Splines through even nodes from -1 to 1: their matrix is the same for all values.

    Attributes
    ----------
    knots : array
    bands, pivots : array
        The matrix's factors, as LAPACK has them.
    degree : int
    """

    knots: Array
    bands: Array
    pivots: Array
    degree: int

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, count: int, degree: int) -> "Evenly":
        """Through so many."""
        nodes = np.linspace(-1.0, 1.0, count)
        knots = make_interp_spline(nodes, nodes, k=degree).t
        matrix = BSpline.design_matrix(nodes, knots, degree).tocoo()
        bands = np.zeros((3 * degree + 1, count))
        bands[2 * degree + matrix.row - matrix.col, matrix.col] = matrix.data
        bands, pivots, _ = lapack.dgbtrf(bands, degree, degree)
        return cls(knots, bands, pivots, degree)

    def through(self, values: Array) -> Array:
        """Coefficients of the spline through values at the nodes, which are the first axis."""
        flat = values.reshape(len(values), -1)
        found, _ = lapack.dgbtrs(self.bands, self.degree, self.degree, flat, self.pivots)
        return np.asarray(found.reshape(values.shape))


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
        coefficients, knots, degrees = values, [], []
        self._axes = [axis for axis in (0, 1) if values.shape[axis] > 1]
        if 0 in self._axes:
            spline = make_interp_spline(space.eta, values, k=degree_of(space.n_psi))
            coefficients = spline.c
            knots.append(spline.t)
            degrees.append(spline.k)
        if 1 in self._axes:
            fit = Evenly.of(space.n_xi, degree_of(space.n_xi, most))
            coefficients = fit.through(coefficients.swapaxes(0, 1)).swapaxes(0, 1)
            knots.append(fit.knots)
            degrees.append(fit.degree)
        sizes = [values.shape[axis] for axis in self._axes]
        self._kept = np.ascontiguousarray(coefficients.reshape(*sizes, *values.shape[2:]))
        one, two = (len(self._axes) == count for count in (1, 2))
        self._line = BSpline.construct_fast(knots[0], self._kept, degrees[0]) if one else None
        self._spline = NdBSpline(tuple(knots), self._kept, tuple(degrees)) if two else None

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
    """State at time t by the polynomial through states and rates at two times on either side.

    At one, or none, where there are no more up to a jump: two neighbouring numbers in `times`.

    Parameters
    ----------
    times : array, shape (n,)
        Increasing.
    states, rates : array, shape (n, ...)
        Rates by time.
    t : float
    """
    k = min(max(int(np.searchsorted(times, t, side="right")) - 1, 0), len(times) - 2)
    if t in times[k : k + 2]:
        return np.asarray(states[k + int(t == times[k + 1])])
    first = k if k == 0 or _jumps(times[k - 1 : k + 1]) else k - 1
    last = k + 1 if k + 2 == len(times) or _jumps(times[k + 1 : k + 3]) else k + 2
    near = slice(first, last + 1)
    of_states, of_rates = _weights(times[near].tolist(), t)
    flat = last + 1 - first, -1
    found = of_states @ states[near].reshape(flat) + of_rates @ rates[near].reshape(flat)
    return np.asarray(found.reshape(states.shape[1:]))


def _jumps(pair: Array) -> bool:
    """Whether states may jump between two times: no other number is between them."""
    return bool(np.nextafter(pair[0], np.inf) >= pair[1])


def _weights(nodes: list[float], t: float) -> Array:
    """Of values and of slopes at the nodes, in Hermite's interpolation at t."""
    found = []
    for k, here in enumerate(nodes):
        others = nodes[:k] + nodes[k + 1 :]
        square = prod((t - one) / (here - one) for one in others) ** 2
        slope = sum(1.0 / (here - one) for one in others)
        found.append((square * (1.0 - 2.0 * slope * (t - here)), square * (t - here)))
    return np.array(found).T
