"""What simulations share: trading dates, fields along paths, means with their standard errors."""

from dataclasses import dataclass

import numpy as np

from pdesolve.model.attention.response import Response, best_response
from pdesolve.model.equations import motion
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.solver.fields import interpolate, slab_at
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

ALLOWED = 4.0  # standard errors
NAMES = ("price", "variance", "price_slope", "log_value_slope")
LEFT = 0.25  # of the extrapolation, taken to be left of the error of the dates


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over simulated paths and what it should be.

    Attributes
    ----------
    name : str
    value, standard_error : float
        Mean and its Monte Carlo standard error.
    bias : float
        What trading at dates only may leave.
    expected, error : float
        What the solution says, and its error bar.
    """

    name: str
    value: float
    standard_error: float
    bias: float
    expected: float
    error: float

    @property
    def allowed(self) -> float:
        """Largest distance from `expected` that is put down to chance, dates and error bar."""
        return ALLOWED * self.standard_error + self.bias + self.error

    @property
    def passed(self) -> bool:
        """Whether the mean is no further than that."""
        return abs(self.value - self.expected) <= self.allowed


def dates(solution: Solution, steps: int) -> Array:
    """Trading dates, shape (steps + 1,), closer together early on, while learning is fastest."""
    prior, horizon = solution.prior, solution.case.market.horizon
    *_, speed = respond(solution, np.array([solution.initial.variance]))
    t = horizon * np.append(0.0, np.geomspace(1e-9, 1.0, 1000))
    learned = np.log1p(float(speed[0]) * prior.variance * t)
    clock = t / horizon + learned / max(learned[-1], 1e-300)
    return np.interp(np.linspace(0.0, clock[-1], steps + 1), clock, t)


class Fields:
    """Fields at one date, by splines through the nodes.

    The static market's part goes through the splines too, which is much faster than quadrature for
    every path, except along an axis that has one node.
    """

    def __init__(self, solution: Solution, t: float):
        self._prior, self._space = solution.prior, solution.space
        self._whole = min(self._space.n_xi, self._space.n_psi) > 1
        u = slab_at(solution, min(t, float(solution.times[-1])))
        u_xi = self._space.derivatives(u)[0]
        nodes = [u[..., 0], u[..., 1], u_xi[..., 0], u_xi[..., 2]]
        if self._whole:
            static = self._static(solution.static_nodes)
            nodes = [node + part for node, part in zip(nodes, static, strict=True)]
        self._nodes = dict(zip(NAMES, nodes, strict=True))

    def _static(self, cumulants: Cumulants) -> tuple[Array, ...]:
        """Fields of the static market."""
        price = self._prior.centre + cumulants.mean
        return price, cumulants.variance, cumulants.variance, price

    def at(self, xi: Array, psi: Array, *names: str) -> list[Array]:
        """Fields in states, each shaped like them."""
        zeta = xi - self._prior.centre * psi
        eta, z = self._space.locate(zeta, psi)
        z = np.clip(z, -1.0, 1.0)
        found = [interpolate(self._space, self._nodes[name], eta, z) for name in names]
        if self._whole:
            return found
        static = dict(zip(NAMES, self._static(self._prior.cumulants(zeta, psi)), strict=True))
        return [one + static[name] for one, name in zip(found, names, strict=True)]


def respond(solution: Solution, variance: Array) -> tuple[Response, Array, Array]:
    """Attention, kappa and learning speed."""
    market = solution.case.market
    found = best_response(solution.case.attention, market.risk_aversion, variance)
    move = motion(market.risk_aversion, market.supply_volatility, found.precision_rate)
    return found, np.sqrt(move.kappa2), move.psi_dot


def estimates(
    names: dict[str, tuple[float, float]], fine: list[Array], coarse: list[Array]
) -> list[Estimate]:
    """Extrapolated means, path by path."""
    found = []
    for (name, (expected, error)), one, two in zip(names.items(), fine, coarse, strict=True):
        values = 2.0 * one - two
        found.append(
            Estimate(
                name=name,
                value=float(np.mean(values)),
                standard_error=float(np.std(values, ddof=1) / np.sqrt(values.size)),
                bias=LEFT * abs(float(np.mean(one - two))),
                expected=expected,
                error=error,
            )
        )
    return found
