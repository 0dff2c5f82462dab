"""Fields near a state by a second route, from the raw states and the case's plain numbers.

Between the nodes go polynomials through the nearest ones instead of splines; the static market is
summed over the payoff itself (by_definition.py); derivatives are differences of the price, the
variance and the log value themselves, so that section 4 of derivation.md, and not the deviation
form that was solved, says how they move in time.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import BSpline, KroghInterpolator, make_interp_spline

from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from pdesolve.verification.by_definition import Chosen, choose, tilted


@dataclass(frozen=True, kw_only=True)
class RouteTuning:
    """How the second route goes, and how far from the first it may end.

    Attributes
    ----------
    reading : float
        Of an error bar, by which two readings of the same nodal values may differ: honest ones do
        by a quarter of it at most (named cases, 1e-3 to 1e-5).
    xi_nodes, psi_nodes, at_kinks : int
        That a polynomial goes through, along xi and psi; along xi where attention has a kink, which
        many nodes make it swing around.
    degree : int
        Of a spline through all nodes along xi, which is read in place of the polynomial; 0 if the
        polynomial is.
    step : float
        Of differences, in units of the distance between nodes.
    round_off : float
        Of a value.
    felt : float
        Of the prior's variance: nodes with less are in the far field.
    tail, news : float, int
        Reach in standard deviations, and nodes, of a sum over what an announcement may say.
    places : tuple of (float, float, float)
        States between nodes and dates: time over the horizon, psi over the largest that is known,
        and distance along xi from where the price is the initial one, about.
    between : float
        Tolerances that fields may be apart there.
    equations : float
        Of a field's scale and the root of the tolerance: what the equations may leave on a path,
        whose later states hardly matter to what is reported.
    path, most : float, int
        Relative accuracy to which the path is followed, and places at which it is looked at, most.
    doubtful : float
        Times `between`: up to there what is in doubt between nodes is allowed.
    """

    reading: float = 0.5
    xi_nodes: int = 12
    psi_nodes: int = 7
    at_kinks: int = 6
    degree: int = 0
    step: float = 0.1
    round_off: float = 1e-10
    felt: float = 1e-3
    tail: float = 7.0
    news: int = 161
    places: tuple[tuple[float, float, float], ...] = (
        (0.137, 0.11, -0.43),
        (0.137, 0.53, 0.31),
        (0.611, 0.23, 0.47),
        (0.873, 0.71, -0.29),
    )
    between: float = 10.0
    equations: float = 3.0
    path: float = 1e-6
    most: int = 5000
    doubtful: float = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Nearby:
    """Price, variance and log value near a state, by a polynomial through the nodes around it.

    Attributes
    ----------
    solution : Solution
    xi, psi : float
        The state in the middle.
    """

    solution: Solution
    xi: float
    psi: float
    tuning: RouteTuning = RouteTuning()

    @cached_property
    def _windows(self) -> tuple[slice, slice]:
        """The nodes around the state, along psi and xi."""
        space = self.solution.space
        eta, z = self._place(np.array([self.xi]), np.array([self.psi]))
        return (
            _window(space.eta, eta[0], self.tuning.psi_nodes),
            _window(space.z, z[0], self.tuning.xi_nodes),
        )

    def _place(self, xi: Array, psi: Array) -> tuple[Array, Array]:
        """Coordinates (eta, z) in which the nodes are laid out."""
        space = self.solution.space
        if space.clusters:
            return space.locate(xi - self.solution.prior.centre * psi, psi)
        fan = space.width * (1.0 + space.spread * psi)
        y = (xi - self.solution.prior.centre * psi - space.centre) / fan
        bend = space.stretch
        z = y if bend < 1e-8 else np.arcsinh(bend * y) / bend
        return np.log1p(psi / space.psi_scale), z

    @cached_property
    def _cardinal(self) -> BSpline:
        """Splines along xi through one at a node and zero at all others, for each of them."""
        nodes = self.solution.space.z
        return make_interp_spline(nodes, np.eye(nodes.size), k=self.tuning.degree)

    @property
    def _near(self) -> tuple[slice, slice]:
        """The nodes that are read, along psi and xi: a spline goes through all of a line."""
        along_psi, along_xi = self._windows
        return along_psi, slice(None) if self.tuning.degree else along_xi

    def deviations(self, xi: Array, psi: Array, near: Array) -> Array:
        """What values (..., lines, nodes, 3) at the nodes that are read are there: (..., m, 3)."""
        along_psi, along_xi = self._near
        eta, z = self._place(xi, psi)
        by_psi = lagrange(self.solution.space.eta[along_psi], eta)
        if self.tuning.degree:
            by_xi = self._cardinal(z)
        else:
            by_xi = lagrange(self.solution.space.z[along_xi], z)
        return np.einsum("mj,mi,...jif->...mf", by_psi, by_xi, near)

    def static(self, xi: Array, psi: Array) -> Array:
        """p^s, V^s and phi, shape (m, 3)."""
        found = tilted(self.solution.case.payoff, self.solution.prior, xi, psi)
        return np.stack([found.mean, found.variance, found.phi], axis=-1)

    def slab(self, t: float) -> Array:
        """Deviations at the nodes that are read at a time: two steps on either side, with rates.

        As many as there are from one announcement to the next.
        """
        times, solution = self.solution.times, self.solution
        news = np.flatnonzero(np.diff(times) <= np.spacing(times[1:]))
        span = np.searchsorted(times[news + 1], t, side="right")
        first, last = ([-1, *news, times.size - 1][span + i] for i in (0, 1))
        right = int(np.clip(np.searchsorted(times, t, side="right"), first + 2, last))
        near = np.arange(max(right - 2, first + 1), min(right + 1, last) + 1)
        read = np.s_[near[0] : near[-1] + 1, *self._near]
        both = np.stack([solution.states[read], -solution.rates[read]], axis=1)
        through = KroghInterpolator(np.repeat(times[near], 2), both.reshape(-1, *both.shape[2:]))
        return np.asarray(through(t))

    def totals(self, t: float) -> Array:
        """p, V, L in the middle and p at two states on either side, as differences want them."""
        xi = self.xi + self.step * np.arange(-2.0, 3.0)
        psi = np.full(5, self.psi)
        return self.static(xi, psi) + self.deviations(xi, psi, self.slab(t))

    @cached_property
    def step(self) -> float:
        """Of differences along xi."""
        space, wide = self.solution.space, 1.0 / self.solution.prior.sd
        if space.n_xi > 1:
            wide = min(wide, float(space.width * (space.z[1] - space.z[0])))
        return self.tuning.step * wide

    def _slope(self, totals: Array, t: float) -> float:
        """Of the price along xi: of a spline, the one through its slopes at the nodes."""
        if not self.tuning.degree:
            return float(first(totals[:, 0], self.step))
        space, h, spline = self.solution.space, self.step, self._cardinal
        lines, _ = self._windows
        psi = np.broadcast_to(space.psi[lines, None], (len(space.psi[lines]), space.n_xi))
        xi = space.xi[lines] + self.solution.prior.centre * psi
        by_xi = (self._place(xi + h, psi)[1] - self._place(xi - h, psi)[1]) / (2.0 * h)
        slopes = by_xi * (self.slab(t)[..., 0] @ spline.derivative()(space.z).T)
        eta, z = self._place(np.array([self.xi]), np.array([self.psi]))
        read = lagrange(space.eta[lines], eta) @ slopes @ spline(z).T
        alone = self.static(np.array([self.xi]), np.array([self.psi]))
        return float(read[0, 0] + alone[0, 1])

    def values(self, t: float = 0.0) -> dict[str, float]:
        """Every reported value at this state."""
        market, totals = self.solution.case.market, self.totals(t)
        rho, p_xi = market.risk_aversion, self._slope(totals, t)
        p, variance, log_value = (float(one) for one in totals[2])
        found = self.choice(variance)
        alone = self.static(np.array([self.xi]), np.array([self.psi]))[0]
        expected, spread, _ = self.static(np.zeros(1), np.zeros(1))[0]
        return {
            "price": p,
            "variance": variance,
            "attention": found.attention,
            "precision_rate": found.precision_rate,
            "log_value": log_value,
            "certainty_equivalent_gain": -(rho * market.initial_supply * p + log_value) / rho,
            "price_volatility": self._diffusion(found.precision_rate) ** 0.5 * p_xi,
            "expected_payoff": float(expected),
            "premium": float(expected) - p,
            "premium_per_sd": (float(expected) - p) / float(spread) ** 0.5,
            "svix": variance**0.5 / p if p > 0.0 else np.nan,
            "static_price": float(alone[0]),
            "static_variance": float(alone[1]),
        }

    def choice(self, variance: float) -> Chosen:
        """The best attention at a variance."""
        benefit = 0.5 * variance / self.solution.case.market.risk_aversion
        return choose(self.solution.case.attention, benefit)

    def _diffusion(self, A: float) -> float:
        """Variance of xi per unit of time: supply's, and that of public news."""
        market = self.solution.case.market
        noise = market.risk_aversion * market.supply_volatility
        return (A / noise + noise) ** 2 + market.public_precision

    def motion(self, t: float, lead: float) -> tuple[float, Array]:
        """How fast psi grows here, and the rates of p, V and L in the time left, by section 4.

        Along a path on which psi grows so fast, and xi by `lead`, money, times as much, as evidence
        of that payoff does: it takes no slope along psi.
        """
        market, totals, h = self.solution.case.market, self.totals(t), self.step
        (p, variance, _), u_xi = totals[2], first(totals.T, h)
        rho, noise = market.risk_aversion, market.risk_aversion * market.supply_volatility
        _, A, cost = self.choice(float(variance))
        kappa, square = A / noise + noise, self._diffusion(A)
        learned = A**2 / noise**2 + A + market.public_precision
        mu = square * u_xi[2] - noise * kappa * p
        rates = 0.5 * square * second(totals.T, h) - lead * learned * u_xi
        rates[0] += mu * u_xi[0]
        rates[1] += mu * u_xi[1] + square * u_xi[0] ** 2
        rates[2] += 0.5 * square * u_xi[2] ** 2 - noise * kappa * (p * u_xi[2] + u_xi[0])
        rates[2] += 0.5 * (noise**2 + A) * p**2 + rho * cost
        return learned, rates


def _window(nodes: Array, at: float, count: int) -> slice:
    """The `count` nodes around a point."""
    count = min(count, nodes.size)
    start = int(np.searchsorted(nodes, at)) - count // 2
    start = min(max(start, 0), nodes.size - count)
    return slice(start, start + count)


def lagrange(nodes: Array, at: Array) -> Array:
    """Weights (m, n) of nodal values in the polynomial through n nodes, at m points."""
    out = np.ones((at.size, nodes.size))
    for j, node in enumerate(nodes):
        for other in np.delete(nodes, j):
            out[:, j] *= (at - other) / (node - other)
    return out


def first(values: Array, step: float) -> Array:
    """Derivative in the middle of five equidistant values, on the last axis."""
    return np.asarray(values @ np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / (12.0 * step))


def second(values: Array, step: float) -> Array:
    """Second derivative likewise."""
    return np.asarray(values @ np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / (12.0 * step**2))
