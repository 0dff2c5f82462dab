"""The state grid and its difference operators.

Nodes are uniform in z in [-1, 1] and in eta = log(1 + psi / psi_scale); the states are

    xi = centre + g(psi) S(z),    g = 1 + spread psi,    S(z) = width sinh(stretch z) / stretch

(the payoff is centred, so xi here is the zeta of derivation.md, section 5). The band of states
where things happen fans out as evidence accumulates, and `g` follows it; `stretch` puts nodes where
the transitions are and reaches far out with few. Derivatives are central differences of selectable
order in z, and in eta collocation at the Radau points of small elements (a one-sided, upwind scheme
of order 2s - 1 at the elements' ends with s points each; Hairer and Wanner, section IV.5), both by
the chain rule. Information flows from larger to smaller psi as one steps back from the payoff date,
so the upwind side is +psi (:mod:`pdesolve.numerics.banded` solves the steps).
"""

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from pdesolve.numerics.clusters import Clusters
from pdesolve.numerics.density import Density
from pdesolve.numerics.stencils import (
    Block,
    element_weights,
    mirrored_blocks,
    mirrored_rows,
    radau_nodes,
)
from pdesolve.typing import Array

WIDER = 4  # orders by which slopes are read better than differences are


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A rectangular grid in (eta, z); arrays over it have shape (n_psi, n_xi), fields last.

    Parameters
    ----------
    centre, width, stretch, spread : float
        The map above; `width` and `centre` in 1/money, `spread` in money².
    psi_scale, psi_known, psi_top : float
        Scale of the logarithmic spacing; largest psi that matters; largest psi, 1/money². Between
        the last two the transport along psi fades out: no state that starts from psi = 0 gets
        there, nothing is known above, and a smooth end keeps the solution smooth.
    n_xi, n_psi : int
        Nodes; 1 makes the axis degenerate (derivatives along it are zero).
    order, psi_order : int
        Orders of the differences.
    clusters : Clusters, optional
        A map of several scales, in place of the one above.
    density : Density, optional
        Of the elements along psi, which else are alike in eta.
    """

    centre: float
    width: float
    stretch: float
    spread: float
    psi_scale: float
    psi_known: float
    psi_top: float
    n_xi: int
    n_psi: int
    order: int = 8
    psi_order: int = 5
    clusters: Clusters | None = None
    density: Density | None = None

    def plain(self) -> dict[str, Any]:
        """As a table of numbers, without clusters and density if there are none."""
        return {name: one for name, one in asdict(self).items() if one is not None}

    def extended(self, nodes: int) -> "Grid":
        """The same nodes, and so many more at either end of xi.

        What that changes in a solution is what it costs to end the axis. One node stays one.
        """
        if self.n_xi == 1:
            return self
        longer = (self.n_xi - 1 + 2 * nodes) / (self.n_xi - 1)
        clusters = self.clusters.extended(longer) if self.clusters else None
        return replace(
            self,
            clusters=clusters,
            width=longer * self.width,
            stretch=longer * self.stretch,
            n_xi=self.n_xi + 2 * nodes,
        )

    def deeper(self) -> "Grid":
        """The same nodes and one more element above them: psi ends later. One line stays one."""
        if self.n_psi == 1:
            return self
        elements = (self.n_psi - 1) // self.stages
        eta = np.log1p(np.array([self.psi_known, self.psi_top]) / self.psi_scale)
        more = self.density.beyond(elements, eta[1]) if self.density else eta[1] / elements
        known, top = self.psi_scale * np.expm1(eta + more)
        return replace(
            self, psi_known=float(known), psi_top=float(top), n_psi=self.n_psi + self.stages
        )

    def resized(self, n_xi: int, n_psi: int) -> "Grid":
        """The same region with about that many nodes; one along an axis stays one."""
        elements = max(1, round((n_psi - 1) / self.stages))
        return replace(
            self,
            n_xi=1 if self.n_xi == 1 else n_xi,
            n_psi=1 if self.n_psi == 1 else 1 + self.stages * elements,
        )

    @cached_property
    def z(self) -> Array:
        """Computational nodes along xi, shape (n_xi,)."""
        return np.linspace(-1.0, 1.0, self.n_xi) if self.n_xi > 1 else np.zeros(1)

    @property
    def stages(self) -> int:
        """Lines per element along psi."""
        return (self.psi_order + 1) // 2

    @cached_property
    def eta(self) -> Array:
        """Computational nodes along psi, shape (n_psi,): Radau points of the elements."""
        if self.n_psi == 1:
            return np.zeros(1)
        elements = (self.n_psi - 1) // self.stages
        steps = np.arange(elements)[:, None] + radau_nodes(self.stages)
        nodes = (1.0 - np.append(0.0, steps.ravel()) / elements)[::-1]
        top = float(np.log1p(self.psi_top / self.psi_scale))
        if self.density is None:
            return top * nodes
        ends = np.linspace(0.0, 1.0, elements + 1)
        return np.interp(nodes, ends, self.density.place(ends, top))

    @cached_property
    def psi(self) -> Array:
        """Values of psi, shape (n_psi,), from 0."""
        return self.psi_scale * np.expm1(self.eta)

    @cached_property
    def xi(self) -> Array:
        """Values of (centred) xi, shape (n_psi, n_xi)."""
        return self.line(self.psi[:, None])

    def line(self, psi: float | Array) -> Array:
        """Values of (centred) xi of the nodes at psi, in between too."""
        if self.clusters:
            return self.clusters.place(*np.broadcast_arrays(self.z, psi))
        return self.centre + (1.0 + self.spread * psi) * self._shape(self.z)[0]

    def spacing(self, xi: Array, psi: Array) -> Array:
        """Xi per unit of z, at states."""
        if self.clusters:
            return 1.0 / self.clusters.derivatives(xi, psi)[0]
        fan = 1.0 + self.spread * psi
        return fan * np.hypot(self.width, self.stretch * (xi - self.centre) / fan)

    def _shape(self, z: Array) -> tuple[Array, Array, Array]:
        """S and its first two derivatives."""
        b, w = self.stretch, self.width
        if b < 1e-8:
            return w * z, np.full_like(z, w), np.zeros_like(z)
        return w * np.sinh(b * z) / b, w * np.cosh(b * z), w * b * np.sinh(b * z)

    def locate(self, xi: Array, psi: Array) -> tuple[Array, Array]:
        """Computational coordinates (eta, z) of states, the inverse of `xi` and `psi`."""
        if self.clusters:
            z = self.clusters.coordinates(*np.broadcast_arrays(xi, psi))
            return np.log1p(psi / self.psi_scale), z
        s = (xi - self.centre) / (1.0 + self.spread * psi) / self.width
        z = s if self.stretch < 1e-8 else np.arcsinh(self.stretch * s) / self.stretch
        return np.log1p(psi / self.psi_scale), z

    @cached_property
    def metric(self) -> tuple[Array, Array, Array, Array]:
        """z_xi, z_xi², z_xixi and z_psi at fixed xi, each (n_psi, n_xi): the chain rule."""
        if self.clusters:
            psi = np.broadcast_to(self.psi[:, None], self.xi.shape)
            z_xi, z_xixi, z_psi = self.clusters.derivatives(self.xi, psi)
            return z_xi, z_xi**2, z_xixi, self.fade[:, None] * z_psi
        S, S1, S2 = self._shape(self.z)
        fan = (1.0 + self.spread * self.psi)[:, None]
        return (
            1.0 / (fan * S1),
            1.0 / (fan * S1) ** 2,
            -S2 / (fan**2 * S1**3),
            -(self.spread * self.fade[:, None] / fan) * S / S1,
        )

    @cached_property
    def upwind(self) -> Array:
        """Matrix of d/dpsi at fixed z, shape (n_psi, n_psi): block upper triangular.

        A line's derivative uses its own element and the lowest line of the element above; `fade`
        multiplies it, so the top row is zero.
        """
        n, s = self.n_psi, self.stages
        D = np.zeros((n, n))
        for low in range(0, n - 1, s):
            D[low : low + s, low : low + s + 1] = element_weights(s)
        return D * self.psi_speed[:, None]

    @cached_property
    def psi_speed(self) -> Array:
        """Elements that transport goes through per unit of psi, shape (n_psi,): with `fade`."""
        if self.n_psi == 1:
            return np.zeros(1)
        lengths = np.diff(self.eta[:: self.stages])
        if self.density is None:
            lengths[:] = lengths[0]  # but for rounding they are
        own = np.append(np.repeat(lengths, self.stages), lengths[-1])
        return self.fade / ((self.psi_scale + self.psi) * own)

    @cached_property
    def fade(self) -> Array:
        """Factor on the transport along psi, shape (n_psi,): 1 up to psi_known, 0 at psi_top."""
        if self.n_psi == 1:
            return np.zeros(1)
        known = np.log1p(self.psi_known / self.psi_scale)
        x = np.clip((self.eta - known) / (self.eta[-1] - known), 0.0, 1.0)
        return (1.0 - x) ** 3 * (1.0 + 3.0 * x + 6.0 * x**2)

    def derivatives(self, u: Array) -> Array:
        """u_xi, u_xixi and u_psi of fields u, (n_psi, n_xi, n_fields): shape (3, *u.shape).

        At the two ends of the xi axis u_xi = 0: the mirror image continues the field. Each field of
        each of the results lies in one piece, which makes what follows faster.
        """
        fields = u.transpose(2, 0, 1)
        found = np.empty((3, *fields.shape))
        along, u_psi = found[:2], found[2]
        np.matmul(self.upwind, fields, out=u_psi)
        if self.n_xi == 1:
            along[...] = 0.0
            return found.transpose(0, 2, 3, 1)
        for near, nodes, weights in self._along_xi:
            np.matmul(fields[..., near], weights, out=along[..., nodes])
        if self.clusters:
            z_xi, z_xi2, z_xixi, z_psi = self.metric
            u_psi += z_psi * along[0]
            along[1] *= z_xi2
            along[1] += z_xixi * along[0]
            along[0] *= z_xi
        else:
            along *= self._fans
            u_psi += self._slant * along[0]
        return found.transpose(0, 2, 3, 1)

    def slope(self, u: Array) -> Array:
        """u_xi of smooth fields u, by wider stencils than the scheme's where there are nodes.

        What is read adds nothing to speak of then to what the scheme leaves.
        """
        wide = self.order + WIDER
        if self.n_xi <= 2 * wide:
            return self.derivatives(u)[0]
        fields = u.transpose(2, 0, 1)
        along = np.empty_like(fields)
        for near, nodes, (first, _) in mirrored_blocks(wide, self.n_xi):
            np.matmul(fields[..., near], first, out=along[..., nodes])
        along *= self.metric[0]
        return along.transpose(1, 2, 0)

    @cached_property
    def _along_xi(self) -> list[Block]:
        """d/dxi and d²/dxi² on the line psi = 0; with clusters d/dz and d²/dz² on every line."""
        blocks = mirrored_blocks(self.order, self.n_xi)
        if self.clusters:
            return blocks
        _, S1, S2 = self._shape(self.z)
        found = []
        for near, nodes, (first, second) in blocks:
            one, two = S1[nodes], S2[nodes]
            weights = np.stack([first / one, second / one**2 - first * two / one**3])
            found.append(Block(near, nodes, weights))
        return found

    @cached_property
    def _fans(self) -> Array:
        """What d/dxi and d²/dxi² are on a line, over those at psi = 0; shape (2, 1, n_psi, 1)."""
        fan = (1.0 + self.spread * self.psi)[:, None]
        return np.stack([1.0 / fan, 1.0 / fan**2])[:, None]

    @cached_property
    def _slant(self) -> Array:
        """Of u_xi, what u_psi at fixed xi has more than at fixed z, shape (n_psi, n_xi)."""
        return -self.spread * self.fade[:, None] * self._shape(self.z)[0]

    @property
    def rows(self) -> tuple[Array, Array]:
        """Row-wise stencils with the mirror image folded in, each (2m + 1, n_xi)."""
        return mirrored_rows(self.order, self.n_xi)
