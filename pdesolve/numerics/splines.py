"""Fields between nodes: splines over the state grid, Hermite cubics between time steps."""

import numpy as np
from scipy.interpolate import NdBSpline, make_interp_spline

from pdesolve.numerics.grid import Grid
from pdesolve.typing import Array


def interpolate(space: Grid, values: Array, eta: Array, z: Array) -> Array:
    """Tensor-product spline through nodal values at computational coordinates.

    Parameters
    ----------
    space : Grid
    values : array, shape (n_psi, n_xi)
    eta, z : array
        Of one shape, as `Grid.locate` gives them.

    Returns
    -------
    array
        Shaped like `eta`.
    """
    axes = [
        (axis, nodes, points)
        for axis, nodes, points in ((0, space.eta, eta), (1, space.z, z))
        if nodes.size > 1
    ]
    if not axes:
        return np.full_like(z, values[0, 0])
    coefficients, knots, degrees = values, [], []
    for axis, nodes, _ in axes:
        degree = min(7, (nodes.size - 2) // 2 * 2 + 1)
        spline = make_interp_spline(nodes, np.moveaxis(coefficients, axis, 0), k=degree)
        coefficients = np.moveaxis(spline.c, 0, axis)
        knots.append(spline.t)
        degrees.append(degree)
    kept = coefficients.reshape([nodes.size for _, nodes, _ in axes])
    surface = NdBSpline(tuple(knots), np.ascontiguousarray(kept), tuple(degrees))
    return np.asarray(surface(np.stack([points for *_, points in axes], axis=-1)))


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
    k = int(np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2))
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
