"""Fields between the nodes of a solution: splines over the state grid, Hermite cubics in time."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import NdBSpline, make_interp_spline

from pdesolve.numerics.grid import Grid
from pdesolve.typing import Array

if TYPE_CHECKING:
    from pdesolve.solver.solution import Solution


class States:
    """Points (xi, psi, t) of a solution: static cumulants there, and interpolated deviations."""

    def __init__(self, solution: "Solution", xi: ArrayLike, psi: ArrayLike, t: ArrayLike):
        self._solution = solution
        c = solution.prior.centre
        self._xi, self._psi, self._t = np.broadcast_arrays(
            np.asarray(xi, float), np.asarray(psi, float), np.asarray(t, float)
        )
        self._zeta = self._xi - c * self._psi
        self.static = solution.prior.cumulants(self._zeta, np.maximum(self._psi, 0.0))
        self.phi = self._xi * c - 0.5 * self._psi * c**2 + self.static.phi

    def deviation(self, field: int, *, along_xi: bool = False) -> Array:
        """Deviation of a field (or its xi-derivative), NaN where the solution does not reach."""
        space = self._solution.space
        out = np.full(self._xi.shape, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            eta, z = space.locate(self._zeta, np.maximum(self._psi, 0.0))
        for t in np.unique(self._t):
            here = (self._t == t) & (np.abs(z) <= 1.0 if space.n_xi > 1 else np.isfinite(z))
            if not 0.0 <= t <= self._solution.times[-1]:
                continue
            if space.n_psi > 1:
                limit = np.interp(t, self._solution.times, self._solution.psi_limit)
                here &= self._psi <= limit
            here &= self._psi >= 0.0
            if here.any():
                slab = slab_at(self._solution, float(t))
                values = space.derivatives(slab)[0] if along_xi else slab
                out[here] = interpolate(space, values[..., field], eta[here], z[here])
        return out


def slab_at(solution: "Solution", t: float) -> Array:
    """Deviations at time t at the nodes, by cubic Hermite interpolation between time steps."""
    times = solution.times
    k = int(np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2))
    h = times[k + 1] - times[k]
    x = (t - times[k]) / h
    y0, y1 = solution.states[k], solution.states[k + 1]
    d0, d1 = -solution.rates[k] * h, -solution.rates[k + 1] * h
    if x in (0.0, 1.0):
        return y1 if x else y0
    return (
        (1 + 2 * x) * (1 - x) ** 2 * y0
        + x * (1 - x) ** 2 * d0
        + x**2 * (3 - 2 * x) * y1
        - x**2 * (1 - x) * d1
    )


def interpolate(space: Grid, values: Array, eta: Array, z: Array) -> Array:
    """Tensor-product spline through nodal values at computational coordinates."""
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
