"""What is believed of the payoff on public evidence (derivation.md, sections 7, 14 and 15)."""

import numpy as np

from pdesolve.numerics.splines import Surface
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


class PublicBelief:
    """Mean and variance of the payoff given evidence, of prices and news: of the tilted prior.

    Where these take quadrature, by splines through the nodes of the solution's grid.
    """

    def __init__(self, solution: Solution):
        self._prior, self._space = solution.prior, solution.space
        self._known: Surface | None = None
        if self._prior.slow:
            static = solution.static_nodes
            nodes = np.stack([static.mean, static.variance], axis=-1)
            self._known = Surface(self._space, nodes)

    def at(self, evidence: Array, precision: Array) -> tuple[Array, Array]:
        """Given evidence Z of precision H, arrays of one shape."""
        centre = self._prior.centre
        zeta = evidence - centre * precision
        if self._known is None:
            exact = self._prior.cumulants(zeta, precision)
            return centre + exact.mean, exact.variance
        eta, z = self._space.locate(zeta, precision)
        mean, variance = np.moveaxis(self._known(eta, np.clip(z, -1.0, 1.0)), -1, 0)
        if np.any(far := np.abs(z) > 1.0):
            exact = self._prior.cumulants(zeta[far], precision[far])
            mean[far], variance[far] = exact.mean, exact.variance
        return centre + mean, np.maximum(variance, 0.0)
