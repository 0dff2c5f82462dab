"""Implicit steps on the grid: one banded system for each element of lines, from the top psi down.

Information flows from larger to smaller psi as one steps back from the payoff date, so the lines of
an element (see :mod:`pdesolve.numerics.grid`) are solved together once those above them are known.

Unknowns of an element are ordered (xi node, line, field). Its matrix is kept by rows: a row of the
grid's stencils is a few coefficients times the same few patterns at every node, so that all rows of
a line are one product of matrices. LAPACK keeps bands by columns; to it this is the transpose.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.linalg import blas, lapack

from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import element_weights, mirrored_rows
from pdesolve.typing import Array

# incx, offx, lower, trans, diag, overwrite_x of dtbsv, which takes long to look at names
FORWARD, BACK = (1, 0, 0, 1, 0, 1), (-1, 0, 0, 1, 1, 1)
UP, DOWN = (-1, 0, 0, 0, 1, 1), (1, 0, 0, 0, 0, 1)  # of the transpose


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
    room : Room, optional
        Where to work. What is there already is overwritten: factors made there before are lost.

    Raises
    ------
    ZeroDivisionError
        If a line's matrix is singular.
    """

    def __init__(
        self,
        grid: Grid,
        shift: float,
        c0: Array,
        c1: Array,
        c2: Array,
        c_psi: Array,
        *,
        room: "Room | None" = None,
    ):
        top, s = grid.n_psi - 1, grid.stages
        self._grid = grid
        room = Room.of(grid, c0.shape[0]) if room is None else room
        c = _coefficients(grid, shift, c0, c1, c2, c_psi)
        self._end = _factor(grid, c[top:], 1, room.bands, room.end)[0]
        self._elements = _factor(grid, c[:top], s, room.bands, room.elements) if top else []
        along_psi = c[:top, 0, -1].reshape(-1, s, grid.n_xi)
        from_above = along_psi * -element_weights(s)[:, -1:]
        self._inflow = from_above.swapaxes(1, 2)[..., None].copy()

    def solve(self, r: Array) -> Array:
        """The x with (shift - J) x = r, both of shape (n_psi, n_xi, n_fields)."""
        top = self._grid.n_psi - 1
        x, first = _by_element(self._grid, r[:top]), r[top].copy()
        self._end.solve(first)
        above = first[:, None]
        downwards = x[::-1], self._inflow[::-1], self._elements[::-1]
        for own, inflow, factors in zip(*downwards, strict=True):
            own += inflow * above
            factors.solve(own)
            above = own[:, :1]
        return self._lines(x[None], first[None])[0]

    def solve_transposed(self, r: Array) -> Array:
        """The x with (shift - J)' x = r, from psi = 0 up; of several r at once, too."""
        top, grid = self._grid.n_psi - 1, self._grid
        several = r.reshape(-1, *r.shape[-3:])
        last = several[:, top].copy()
        if not top:
            self._end.solve_transposed(last)
            return last.reshape(r.shape)
        x = _by_element(grid, several[:, :top], each=True)
        for e, factors in enumerate(self._elements):
            factors.solve_transposed(x[e])
            passed = np.einsum("nsf,rnsf->rnf", self._inflow[e], x[e])
            above = x[e + 1, :, :, 0] if e + 1 < len(self._elements) else last
            above += passed
        self._end.solve_transposed(last)
        return self._lines(x.swapaxes(0, 1), last).reshape(r.shape)

    def _lines(self, x: Array, last: Array) -> Array:
        """Lines of the elements and the last one, in their order; each field in one piece."""
        several, elements, n, stages, fields = x.shape
        found = np.empty((several, fields, self._grid.n_psi, n))
        below = found[:, :, :-1].reshape(several, fields, elements, stages, n)
        below[...] = x.transpose(0, 4, 1, 3, 2)
        found[:, :, -1] = last.transpose(0, 2, 1)
        return found.transpose(0, 2, 3, 1)


def _by_element(grid: Grid, u: Array, each: bool = False) -> Array:
    """Lines grouped by element: (lines, n_xi, n) -> (elements, n_xi, own lines, n).

    Or those of each of several u, as the axis after the elements.
    """
    grouped = u.reshape(*u.shape[:-3], -1, grid.stages, grid.n_xi, u.shape[-1]).swapaxes(-3, -2)
    return (grouped.swapaxes(0, 1) if each else grouped).copy()


def _coefficients(grid: Grid, shift: float, c0: Array, c1: Array, c2: Array, c_psi: Array) -> Array:
    """What multiplies the patterns of `_patterns` in a row, shape (n_psi, n_fields, many, n_xi).

    In their order: d/dz of every field, d²/dz² of its own, every field, and its own along psi.
    """
    z_xi, z_xi2, z_xixi, z_psi = grid.metric
    fields = c0.shape[0]
    c = np.empty((grid.n_psi, fields, 2 * fields + 2, grid.n_xi))
    on_z, on_zz, one = c[:, :, :fields], c[:, :, fields], c[:, :, fields + 1 : 2 * fields + 1]
    np.multiply(c1.transpose(2, 0, 1, 3), -z_xi[:, None, None], out=on_z)
    np.negative(c0.transpose(2, 0, 1, 3), out=one)
    own_on_z, own = (np.einsum("piin->pin", both) for both in (on_z, one))
    own_on_z -= (c2 * z_xixi + c_psi * z_psi)[:, None]
    own += shift
    on_zz[...] = (-c2 * z_xi2)[:, None]
    c[:, :, -1] = (-grid.psi_speed[:, None] * c_psi)[:, None]
    return c


class _Band(NamedTuple):
    """What the rows of an element's matrix have in common, whatever the coefficients."""

    order: int
    nodes: int
    fields: int
    together: int

    @classmethod
    def of(cls, grid: Grid, fields: int, together: int) -> "_Band":
        """For so many lines together."""
        return cls(grid.order, grid.n_xi, fields, together)

    @property
    def half(self) -> int:
        """Half width: the stencil's last node, on the same line, or the other lines."""
        m, fields, together = self.order // 2 if self.nodes > 1 else 0, self.fields, self.together
        return max(fields * together * m + fields - 1, fields * (together - 1))


class _End(NamedTuple):
    """What the mirror image adds to the rows of some nodes, and to which part of the band.

    Patterns for the coefficients of the differences only, the same for every line, shape (nodes,
    n_fields, those, part of the band).
    """

    nodes: slice
    part: slice
    patterns: Array


class _Patterns(NamedTuple):
    """Rows of the band that the coefficients multiply, shape (lines, n_fields, coefficients, band).

    Column minus row is the place in the band, less its half width.
    """

    usual: Array
    ends: list[_End]


@lru_cache(maxsize=32)
def _patterns(band: _Band) -> _Patterns:
    """Of the grid's stencils."""
    order, n, fields, together = band
    stencils = np.stack(mirrored_rows(order, n))
    m, half = stencils.shape[1] // 2, band.half
    middle, offsets = stencils[..., n // 2], np.arange(-m, m + 1)
    places, ends = half + fields * together * offsets, list[_End]()
    i, j = np.arange(fields)[:, None], np.arange(fields)
    at = places + (j - i)[..., None]
    usual = np.zeros((together, fields, 2 * fields + 2, 2 * half + 1))
    usual[:, i[..., None], j[:, None], at] = middle[0]
    usual[:, :, fields, places] = middle[1]
    usual[:, i, fields + 1 + j, half + j - i] = 1.0
    a, b = np.arange(together)[:, None], np.arange(together)
    usual[a, :, -1, half + fields * (b - a)] = element_weights(together)[:, :-1, None]
    for nodes in slice(0, min(m, n // 2)), slice(n - min(m, n - n // 2), n):
        used = np.arange(n)[nodes, None] + offsets
        more = (stencils[..., nodes] - middle[..., None]).transpose(2, 0, 1)
        more *= ((used >= 0) & (used < n))[:, None]  # LAPACK reads nothing beyond the last node
        folded = np.zeros((len(used), fields, fields + 1, 2 * half + 1))
        folded[:, i[..., None], j[:, None], at] = more[:, 0, None, None]
        folded[:, :, fields, places] = more[:, 1, None]
        felt = np.flatnonzero(folded.any(axis=(0, 1, 2)))
        if felt.size:
            part = slice(felt[0], felt[-1] + 1)
            ends.append(_End(nodes, part, folded[..., part].copy()))
    return _Patterns(usual, ends)


class Room(NamedTuple):
    """Memory for factors; much of what a small step takes is to get it, so steps share it.

    Attributes
    ----------
    bands : array
        One matrix, as LAPACK factors it.
    end, elements : array, shape (matrices, 2, rows, half width + 1)
        Upper and lower factors of the last line and of the elements.
    """

    bands: Array
    end: Array
    elements: Array

    @classmethod
    def of(cls, grid: Grid, fields: int) -> "Room":
        """For the matrices of a grid."""
        kept, most = [], 0
        for together, count in ((1, 1), (grid.stages, (grid.n_psi - 1) // grid.stages)):
            half, n = _Band.of(grid, fields, together).half, grid.n_xi * fields * together
            kept.append(np.empty((count, 2, n, half + 1)))
            most = max(most, n * (3 * half + 1))
        return cls(np.empty(most), *kept)


@lru_cache(maxsize=32)
def _in_place(rows: int, kind: np.dtype) -> bytes:
    """Pivots where no rows change places, as they are compared fastest."""
    return np.arange(rows, dtype=kind).tobytes()


def _factor(grid: Grid, c: Array, together: int, bands: Array, room: Array) -> "list[_LU]":
    """Factor the matrices of these lines, so many together, each in the same bands."""
    band = _Band.of(grid, c.shape[1], together)
    n, fields, half = band.nodes, band.fields, band.half
    usual, ends = _patterns(band)
    more = [
        (c[:, :, : fields + 1, end.nodes].transpose(3, 1, 0, 2) @ end.patterns).swapaxes(1, 2)
        for end in ends
    ]
    c = c.reshape(-1, together, *c.shape[1:])
    size, found = n * together * fields, list[_LU]()
    bands = bands[: size * (3 * half + 1)].reshape(size, -1)
    rows = bands.reshape(n, together, fields, -1)[..., half:]  # LAPACK fills in the rest
    for e, (one, kept) in enumerate(zip(c, room, strict=True)):
        np.matmul(one.swapaxes(-1, -2), usual, out=rows.transpose(1, 2, 0, 3))
        lines = slice(together * e, together * (e + 1))
        for end, added in zip(ends, more, strict=True):
            rows[end.nodes, ..., end.part] += added[:, lines]
        found.append(_LU.of(bands, half, kept))
    return found


class _LU(NamedTuple):
    """Factors of the transpose of a band matrix.

    The lower one is kept back to front, as an upper one: BLAS is faster from the front on. Where
    rows change places they are kept as LAPACK has them, with the pivots.
    """

    upper: Array
    lower: Array
    half: int
    exchanged: tuple[Array, Array] | None

    @classmethod
    def of(cls, bands: Array, half: int, room: Array) -> "_LU":
        """Factor a matrix, whose array is overwritten, and keep what counts in the room given."""
        _, pivots, info = lapack.dgbtrf(bands.T, half, half, overwrite_ab=1)
        if info != 0:
            raise ZeroDivisionError("a line of the implicit step has a singular matrix")
        exchanged = None
        if pivots.tobytes() != _in_place(pivots.size, pivots.dtype):
            exchanged = bands.T.copy("F"), pivots
        upper, lower = room
        upper[...], lower[::-1, ::-1] = bands[:, half : 2 * half + 1], bands[:, 2 * half :]
        return cls(upper.T, lower.T, half, exchanged)

    def solve(self, x: Array) -> None:
        """Solve in place with the matrix."""
        x = x.reshape(-1)
        if self.exchanged is not None:
            self._exchanging(x, *self.exchanged, 1)
            return
        blas.dtbsv(self.half, self.upper, x, *FORWARD)
        blas.dtbsv(self.half, self.lower, x, *BACK)

    def solve_transposed(self, several: Array) -> None:
        """Solve in place with its transpose, for each of several x."""
        several = several.reshape(len(several), -1)
        if self.exchanged is not None:
            self._exchanging(several.T, *self.exchanged, 0)
            return
        for x in several:
            blas.dtbsv(self.half, self.lower, x, *UP)
            blas.dtbsv(self.half, self.upper, x, *DOWN)

    def _exchanging(self, x: Array, bands: Array, pivots: Array, transposed: int) -> None:
        lapack.dgbtrs(bands, self.half, self.half, x, pivots, trans=transposed, overwrite_b=1)
