"""State nodes of the discrete model, date by date, and splines between them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy.fft import dct
from scipy.ndimage import map_coordinates, spline_filter1d

from pdesolve.typing import Array

DEGREE: Final = 5
CHUNK = 2**22  # elements of a temporary array
PAD = 3  # of the splines, and coefficients that they need beyond the ends

StateFields = Callable[[Array, Array], Array]  # at zeta (n, m), psi (n,): values (fields, n, m)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mesh:
    """State nodes of every date: at date k lines 0 <= psi <= tops[k] of nodes along xi.

    Along xi the fields level off, as the splines suppose.

    Attributes
    ----------
    centre, half_width : float
        Middle and half of the (centred) xi at psi = 0 where the static price moves, 1/money.
    noise : float
        Variance of xi that supply alone adds until T, 1/money².
    half_range : float
        Half the range of prices, money.
    scale : float
        Lines are spaced in log(1 + psi scale), money².
    largest : callable
        psi -> largest static variance there, money².
    tops : array, shape (periods,)
        1/money².
    shape : (int, int)
        Lines, nodes per line; 1 where the deviations do not depend on that state.
    wider : float
        Factor on the range of xi.
    reach : float
        Standard deviations of the supply-driven states that the nodes cover; more of them changes
        nothing at 5e-5, the tolerance of `solve_discrete`.
    stretch : float
        The xi spacing at the ends is cosh(stretch) times that in the middle.
    """

    centre: float
    half_width: float
    noise: float
    half_range: float
    scale: float
    largest: Callable[[Array], Array]
    tops: Array
    shape: tuple[int, int]
    wider: float = 1.0
    reach: float = 4.0
    stretch: float = 1.8

    def half(self, psi: Array) -> Array:
        """Half of the xi that the nodes cover at psi, which drift and supply shocks widen."""
        spread = self.reach * np.sqrt(self.noise + 2.0 * psi) + self.half_range * psi
        return np.asarray(self.wider * (self.half_width + spread))

    def aligned(self, start: float) -> "Mesh":
        """The same, shifted by less than a node so that one of the first date's is at `start`."""
        line = self.nodes(0)[0][0]
        shift = start - line[np.argmin(np.abs(line - start))]
        return replace(self, centre=self.centre + (shift if line.size > 1 else 0.0))

    def nodes(self, k: int) -> tuple[Array, Array]:
        """Centred xi and psi at date k, each of the mesh's shape."""
        lines = self.shape[0]
        share = np.sin(0.5 * np.pi * np.arange(lines) / max(lines - 1, 1)) ** 2
        psi = np.expm1(share * np.log1p(self.tops[k] * self.scale)) / self.scale
        zeta = self.line(psi[:, None])
        return zeta, np.broadcast_to(psi[:, None], zeta.shape)

    def line(self, psi: Array) -> Array:
        """Centred xi of the nodes on lines at psi, shape (..., 1)."""
        count = self.shape[1]
        z = np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)
        share = np.sinh(self.stretch * z) / np.sinh(self.stretch)
        return np.asarray(self.centre + self.half(psi) * share)

    def locate(self, k: int, zeta: Array, psi: Array) -> tuple[Array, Array]:
        """Position of states among the nodes of date k: how deep in psi and how far along xi.

        From 0 to 1 inside.
        """
        psi = psi if self.shape[0] > 1 else np.zeros_like(psi)
        depth = np.log1p(psi * self.scale) / max(np.log1p(self.tops[k] * self.scale), 1e-300)
        b = self.stretch
        z = np.arcsinh((zeta - self.centre) / self.half(psi) * np.sinh(b)) / b
        return depth, 0.5 + 0.5 * z


class Between:
    """Fields at the nodes of date k and between them; constant beyond the outermost.

    Along psi polynomials through the lines, which are Chebyshev points in `Mesh.locate`'s depth,
    as sums of cosines; along xi splines.
    """

    def __init__(self, mesh: Mesh, k: int, values: Array):
        lines, count = mesh.shape
        self._mesh, self._k = mesh, k
        modes = np.array(values)
        if lines > 1:
            modes = dct(modes, type=1, axis=1) / (lines - 1)
            modes[:, [0, -1]] *= 0.5
        if count > 1:
            modes = np.asarray(spline_filter1d(modes, DEGREE, axis=2, mode="mirror"), float)
            modes = np.pad(modes, ((0, 0), (0, 0), (PAD, PAD)), mode="reflect")
        self._modes = modes

    def __call__(self, zeta: Array, psi: Array) -> Array:
        """Every field at the states (zeta, psi), shapes (n, m) and (n,): (fields, n, m)."""
        fields, _, width = self._modes.shape
        each = max(1, CHUNK // (fields * max(width, zeta.shape[1])))
        parts = [slice(i, i + each) for i in range(0, max(len(psi), 1), each)]
        found = [self._few(zeta[part], psi[part]) for part in parts]
        return found[0] if len(found) == 1 else np.concatenate(found, axis=1)

    def _few(self, zeta: Array, psi: Array) -> Array:
        """The same, at so few states that memory does not matter."""
        (lines, count), (fields, _, width) = self._mesh.shape, self._modes.shape
        depth, along = self._mesh.locate(self._k, zeta, psi[:, None])
        angle = 2.0 * np.arcsin(np.sqrt(np.clip(depth, 0.0, 1.0)))
        cosines = np.cos(angle * np.arange(lines))
        rows = np.einsum("nl,flw->fnw", cosines, self._modes, optimize=True)
        if count == 1:
            return np.broadcast_to(rows, (fields, *zeta.shape))
        start = PAD + width * np.arange(len(psi))[:, None]
        at = [start + (count - 1) * np.clip(along, 0.0, 1.0)]
        options: Any = {"order": DEGREE, "mode": "nearest", "prefilter": False}
        return np.stack([map_coordinates(row.ravel(), at, **options) for row in rows])
