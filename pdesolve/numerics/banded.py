"""Implicit steps on the grid: one banded system for each element of lines, from the top psi down.

Information flows from larger to smaller psi as one steps back from the payoff date, so the lines of
an element (see :mod:`pdesolve.numerics.grid`) are solved together once those above them are known.
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.linalg import lapack

from pdesolve.numerics.grid import Grid
from pdesolve.typing import Array

CHUNK = 200  # xi nodes whose matrices are built at once: they should fit the processor's cache


class _Coefficients(NamedTuple):
    """Of 1, d/dz (n_fields, n_fields, n_psi, n_xi) and d²/dz² (n_psi, n_xi)."""

    one: Array
    on_z: Array
    on_zz: Array


class Factors:
    """Of shift - J, where J u = c0 u + c1 u_xi + c2 u_xixi + c_psi u_psi.

    Parameters
    ----------
    grid : Grid
    shift : float
        1/time.
    c0, c1 : array, shape (n_fields, n_fields, n_psi, n_xi)
        [i, j]: effect of field j and of its xi-derivative on the rate of field i.
    c2, c_psi : array, shape (n_psi, n_xi)
        Diffusion and transport, the same for every field.

    Raises
    ------
    ZeroDivisionError
        If a line's matrix is singular.
    """

    def __init__(self, grid: Grid, shift: float, c0: Array, c1: Array, c2: Array, c_psi: Array):
        c = _Coefficients(*_along_z(grid, shift, c0, c1, c2, c_psi))
        top, s = grid.n_psi - 1, grid.stages
        self._grid = grid
        self._end = _lu(*_bands(grid, c, c_psi, slice(top, None), 1))[0]
        self._elements: list[_LU] = []
        some = s * max(1, round(CHUNK / grid.n_xi))
        for low in range(0, top, some):
            self._elements += _lu(*_bands(grid, c, c_psi, slice(low, min(low + some, top)), s))
        last_lines = grid.upwind[np.arange(top), np.arange(top) // s * s + s]
        self._inflow = _by_element(grid, (c_psi[:top] * last_lines[:, None])[..., None])

    def solve(self, r: Array) -> Array:
        """The x with (shift - J) x = r, both of shape (n_psi, n_xi, n_fields)."""
        top = self._grid.n_psi - 1
        x = _by_element(self._grid, r[:top])
        first = _solve(self._end, r[top].copy())
        above = first[:, None]
        for e in range(len(self._elements) - 1, -1, -1):
            x[e] += self._inflow[e] * above
            x[e] = _solve(self._elements[e], x[e])
            above = x[e, :, :1]
        return self._lines(x, first)

    def solve_transposed(self, r: Array) -> Array:
        """The x with (shift - J)' x = r, likewise: from psi = 0 up."""
        top = self._grid.n_psi - 1
        x, last = _by_element(self._grid, r[:top]), r[top].copy()
        for e, factors in enumerate(self._elements):
            x[e] = _solve(factors, x[e], transposed=True)
            passed = np.sum(self._inflow[e] * x[e], axis=1)
            above = x[e + 1, :, 0] if e + 1 < len(self._elements) else last
            above += passed
        return self._lines(x, _solve(self._end, last, transposed=True))

    def _lines(self, x: Array, last: Array) -> Array:
        """Lines of the elements and the last one, in their order."""
        fields = last.shape[-1]
        lines = x.transpose(0, 2, 1, 3).reshape(-1, self._grid.n_xi, fields)
        return np.concatenate([lines, last[None]])


def _by_element(grid: Grid, u: Array) -> Array:
    """Lines grouped by element: (lines, n_xi, n) -> (elements, n_xi, lines of each, n)."""
    grouped = u.reshape(-1, grid.stages, grid.n_xi, u.shape[-1])
    return grouped.transpose(0, 2, 1, 3).copy()


def _along_z(
    grid: Grid, shift: float, c0: Array, c1: Array, c2: Array, c_psi: Array
) -> tuple[Array, Array, Array]:
    """Coefficients of 1, d/dz and d²/dz² in shift - J, without the d/dpsi at fixed z."""
    z_xi, z_xi2, z_xixi, z_psi = grid.metric
    same = np.eye(c0.shape[0])[:, :, None, None]
    return (
        same * shift - c0,
        -c1 * z_xi - same * (c2 * z_xixi + c_psi * z_psi),
        -c2 * z_xi2,
    )


def _bands(
    grid: Grid, c: _Coefficients, c_psi: Array, lines: slice, together: int
) -> tuple[Array, int]:
    """Matrices of these lines, so many together, in LAPACK band storage, and its half width.

    Unknowns are ordered (xi node, line, field). The array has shape (matrices, unknowns, band);
    row minus column is the place in the band, less twice the half width.
    """
    w1, w2 = grid.rows
    s, m, n = together, w1.shape[0] // 2, grid.n_xi
    one, on_z, on_zz = (a[..., lines, :] for a in c)
    fields, count = one.shape[0], one.shape[2] // s
    value = on_z[..., None, :] * w1
    for i in range(fields):
        value[i, i] += on_zz[:, None] * w2
    value[..., m, :] += one
    half = fields * s * (m + 1) - 1
    wide, node = 3 * half + 1, fields * s
    band = np.zeros((count, n + 2 * m, s, fields, wide))  # stencils stick out at either end
    # from node i, field f of a line to node i + o, field g: affine in all of them
    places = np.array([1, wide - 1, (n + 2 * m) * node * wide, fields * wide])
    places = np.append(places, [node * (wide - 1), node * wide])
    as_strided(
        band.reshape(-1)[2 * half + node * m :],
        (fields, fields, count, s, 2 * m + 1, n),
        tuple(band.itemsize * places),
    )[...] = value.reshape(fields, fields, count, s, 2 * m + 1, n)
    inner = band[:, m : m + n]
    speed = c_psi[lines].reshape(count, s, n)
    D = grid.upwind[lines, lines]
    for a in range(s):
        for b in range(s):
            weight = D[a::s, b::s].diagonal()[:, None]
            inner[:, :, b, :, 2 * half + fields * (a - b)] -= (weight * speed[:, a])[..., None]
    return inner.reshape(count, n * node, wide), half


class _LU(NamedTuple):
    """Of a band matrix, as LAPACK keeps it."""

    lu: Array
    pivots: Array
    half: int


def _lu(bands: Array, half: int) -> list[_LU]:
    """Factor band matrices in place."""
    found = []
    for band in bands:
        lu, pivots, info = lapack.dgbtrf(band.T, half, half, overwrite_ab=1)
        if info != 0:
            raise ZeroDivisionError("a line of the implicit step has a singular matrix")
        found.append(_LU(lu, pivots, half))
    return found


def _solve(factors: _LU, r: Array, transposed: bool = False) -> Array:
    """Solve for a right-hand side of any shape; it may be overwritten."""
    lu, pivots, half = factors
    x = lapack.dgbtrs(lu, half, half, r.reshape(-1), pivots, trans=transposed, overwrite_b=1)[0]
    return x.reshape(r.shape)
