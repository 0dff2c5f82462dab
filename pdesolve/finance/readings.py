"""Fields of a solved market in many states at one date, and what investors do there."""

import numpy as np

from pdesolve.model.attention.response import Response
from pdesolve.model.equations import Motion
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.numerics.splines import Surface
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

NAMES = ("price", "variance", "price_slope", "log_value_slope", "log_deviation", "log_value")


class AtDate:
    """Fields at one date, by splines through the nodes.

    The static market's part goes through the splines too, which is much faster than quadrature for
    every path, except along an axis that has one node.
    """

    def __init__(self, solution: Solution, t: float):
        self._prior, self._space = solution.prior, solution.space
        self._whole = min(self._space.n_xi, self._space.n_psi) > 1
        u = solution.slab(min(t, float(solution.times[-1])))
        u_xi = solution.slope(u)
        nodes = [u[..., 0], u[..., 1], u_xi[..., 0], u_xi[..., 2], u[..., 2], u[..., 2]]
        if self._whole:
            static = self._static(solution.static_nodes)
            nodes = [node + part for node, part in zip(nodes, static, strict=True)]
        self._nodes = dict(zip(NAMES, nodes, strict=True))
        self._kept: dict[tuple[str, ...], Surface] = {}

    def _static(self, cumulants: Cumulants) -> tuple[Array, ...]:
        """Fields of the static market, none of it in l; the log value is of the centred payoff."""
        price, variance = self._prior.centre + cumulants.mean, cumulants.variance
        return price, variance, variance, price, np.zeros_like(price), cumulants.phi

    def at(self, xi: Array, psi: Array, *names: str) -> list[Array]:
        """Fields in states, each shaped like them."""
        zeta = xi - self._prior.centre * psi
        eta, z = self._space.locate(zeta, psi)
        z = np.clip(z, -1.0, 1.0)
        if names not in self._kept:
            nodes = np.stack([self._nodes[name] for name in names], axis=-1)
            self._kept[names] = Surface(self._space, nodes)
        found = list(np.moveaxis(self._kept[names](eta, z), -1, 0))
        if self._whole:
            return found
        static = dict(zip(NAMES, self._static(self._prior.cumulants(zeta, psi)), strict=True))
        return [one + static[name] for one, name in zip(found, names, strict=True)]


def respond(solution: Solution, variance: Array) -> tuple[Response, Motion]:
    """Attention, and how the states move at it."""
    found = solution.economy.respond(variance)
    return found, solution.economy.motion(found.precision_rate)
