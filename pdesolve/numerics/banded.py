"""Implicit steps on the grid: one banded system for each element of lines, from the top psi down.

Information flows from larger to smaller psi as one steps back from the payoff date, so the lines of
an element (see :mod:`pdesolve.numerics.grid`) are solved together once those above them are known.
"""

from collections.abc import Callable
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


def factor(
    grid: Grid, shift: float, c0: Array, c1: Array, c2: Array, c_psi: Array
) -> Callable[[Array], Array]:
    """Factor shift - J, where J u = c0 u + c1 u_xi + c2 u_xixi + c_psi u_psi.

    Parameters
    ----------
    grid : Grid
    shift : float
        1/time.
    c0, c1 : array, shape (n_fields, n_fields, n_psi, n_xi)
        [i, j]: effect of field j and of its xi-derivative on the rate of field i.
    c2, c_psi : array, shape (n_psi, n_xi)
        Diffusion and transport, the same for every field.

    Returns
    -------
    callable
        r -> x, both of shape (n_psi, n_xi, n_fields).

    Raises
    ------
    ZeroDivisionError
        If a line's matrix is singular.
    """
    c = _Coefficients(*_along_z(grid, shift, c0, c1, c2, c_psi))
    fields, top, s = c0.shape[0], grid.n_psi - 1, grid.stages
    end = _lu(*_bands(grid, c, c_psi, slice(top, None), 1))[0]
    some = s * max(1, round(CHUNK / grid.n_xi))
    elements = []
    for low in range(0, top, some):
        elements += _lu(*_bands(grid, c, c_psi, slice(low, min(low + some, top)), s))
    last_lines = grid.upwind[np.arange(top), np.arange(top) // s * s + s]
    inflow = _by_element(grid, (c_psi[:top] * last_lines[:, None])[..., None])

    def solve(r: Array) -> Array:
        x = _by_element(grid, r[:top])
        first = _solve(end, r[top].copy())
        above = first[:, None]
        for e in range(len(elements) - 1, -1, -1):
            x[e] += inflow[e] * above
            x[e] = _solve(elements[e], x[e])
            above = x[e, :, :1]
        lines = x.transpose(0, 2, 1, 3).reshape(top, grid.n_xi, fields)
        return np.concatenate([lines, first[None]])

    return solve


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


def _solve(factors: _LU, r: Array) -> Array:
    """Solve for a right-hand side of any shape; it may be overwritten."""
    lu, pivots, half = factors
    return lapack.dgbtrs(lu, half, half, r.reshape(-1), pivots, overwrite_b=1)[0].reshape(r.shape)
