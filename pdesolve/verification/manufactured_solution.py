"""A manufactured solution: a chosen state, and the source that makes it solve the equations.

A smooth state u*(s, xi, psi) is chosen; it solves u_s = f(u) + F with F = u*_s - f*(u*), where f*
is the right-hand side written a second time, from section 4 of derivation.md: the price, the
variance and the log value themselves, the payoff's moments as sums over its values and their
psi-derivatives as covariances, attention in closed form. It shares no code with the equations,
the grid or the attention search that manufactured_problem.py measures against it.
"""

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import NamedTuple

import numpy as np

from pdesolve import case as cases
from pdesolve.typing import Array

CASE = cases.Case(
    name="manufactured",
    title="",
    description="",
    source="",
    market=cases.Market(risk_aversion=1.3, supply_volatility=0.9, initial_supply=0.0, horizon=0.6),
    payoff=cases.DiscretePayoff(values=(-1.5, -0.5, 1.5), probabilities=(0.5, 0.3, 0.2)),
    attention=cases.PowerAttention(
        signals=2,
        efficiency=1.1,
        elasticity=0.5,
        cost=cases.PowerCost(scale=0.4, exponent=1.5, linear=0.1),
    ),
    numerics=cases.Numerics(),
)
CENTRE, WIDTH, STRETCH, SPREAD = 0.3, 2.5, 1.1, 0.25
PSI_SCALE, PSI_KNOWN = 0.8, 2.4  # the grid ends at PSI_KNOWN, with no room for the fade
SIZES = {"price": 0.5, "variance": 0.7, "log_value": 0.5, "attention": 0.3}


class Jet(NamedTuple):
    """Fields (q, v, l) and their derivatives, shape (..., 3)."""

    u: Array
    u_s: Array
    u_xi: Array
    u_xixi: Array
    u_psi: Array


class Choice(NamedTuple):
    """Attention, the precision rate that it buys, and its cost."""

    attention: Array
    precision_rate: Array
    cost: Array


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The chosen solution and the source that it needs, at given states.

    u*_i = base_i + size_i F_i(s) G_i(psi) H_i(z), with H_i a cosine that is even about both ends of
    the xi axis, as the mirror image at the ends demands (z is the stretched coordinate, written
    once more here).

    Parameters
    ----------
    xi, psi : array, one shape
        States; the payoff is centred.
    fade : array, same shape
        Factor on the transport of deviations along psi: 0 on the topmost line, where nothing is
        known of larger psi, and 1 below.
    moves : (bool, bool, bool)
        Whether u* depends on xi, psi and s.
    """

    xi: Array
    psi: Array
    fade: Array
    moves: tuple[bool, bool, bool]

    BASE = np.array([0.02, 0.45, -0.1])
    SIZE = np.array([0.25, 0.2, 0.3])
    MODES = np.array([1.0, 2.0, 3.0]) * pi / 2  # of z + 1
    RATES = np.array([1.7, 2.3, 1.1])  # of s
    TURNS = np.array([2.0, 2.6, 3.1])  # of log(1 + psi/PSI_SCALE)
    STARTS = np.array([0.2, 1.0, 2.1])  # of the waves in s and in log(1 + psi/PSI_SCALE)
    PHASES = np.array([3.1, 5.6, 5.9])

    def exact(self, s: complex) -> Jet:
        """u* and its derivatives at time left s, from closed forms."""
        angle = self.RATES * s + self.STARTS
        f, f_s = 1.0 + 0.5 * np.sin(angle), 0.5 * self.RATES * np.cos(angle)
        if not self.moves[2]:
            f, f_s = np.ones(3), np.zeros(3)
        shape, by_xi, by_xixi, by_psi = self._shape
        return Jet(self.BASE + f * shape, f_s * shape, f * by_xi, f * by_xixi, f * by_psi)

    @cached_property
    def _shape(self) -> tuple[Array, Array, Array, Array]:
        """What F multiplies, and its derivatives to xi, twice to xi, and to psi, each (..., 3)."""
        along_xi, along_psi, _ = self.moves
        k = self.MODES if along_xi else np.zeros(3)
        g, g_psi = np.ones(3), np.zeros(3)
        if along_psi:
            turn = self.TURNS * np.log1p(self.psi[..., None] / PSI_SCALE) + self.PHASES
            g = 1.0 + 0.5 * np.sin(turn)
            g_psi = 0.5 * np.cos(turn) * self.TURNS / (PSI_SCALE + self.psi[..., None])
        z, z_xi, z_xixi, z_psi = (part[..., None] for part in self._stretched)
        h, h_z = np.cos(k * (z + 1)), -k * np.sin(k * (z + 1))
        return (
            self.SIZE * g * h,
            self.SIZE * g * h_z * z_xi,
            self.SIZE * g * (h_z * z_xixi - k**2 * h * z_xi**2),
            self.SIZE * (g_psi * h + g * h_z * z_psi),
        )

    @cached_property
    def _stretched(self) -> tuple[Array, Array, Array, Array]:
        """Coordinate z = asinh(b y)/b, y = (xi - centre)/(width fan), and z_xi, z_xixi, z_psi."""
        fan = 1.0 + SPREAD * self.psi
        y = (self.xi - CENTRE) / (WIDTH * fan)
        root = np.sqrt(1.0 + (STRETCH * y) ** 2)
        return (
            np.arcsinh(STRETCH * y) / STRETCH,
            1.0 / (root * WIDTH * fan),
            -(STRETCH**2) * y / (root * WIDTH * fan) ** 2 / root,
            -y * SPREAD / (fan * root),
        )

    @cached_property
    def moments(self) -> tuple[Array, Array, Array, Array, Array]:
        """Log mass and first four raw moments of the payoff, tilted by xi and psi."""
        spec = CASE.payoff
        assert isinstance(spec, cases.DiscretePayoff)
        x, weight = np.array(spec.values), np.array(spec.probabilities)
        mass = weight * np.exp(self.xi[..., None] * x - 0.5 * self.psi[..., None] * x**2)
        total = mass.sum(axis=-1)
        m1, m2, m3, m4 = ((mass * x**k).sum(axis=-1) / total for k in (1, 2, 3, 4))
        return np.log(total), m1, m2, m3, m4

    def choose(self, s: complex) -> Choice:
        """Best attention at u*, in closed form.

        C'(S) = c sqrt(S) + c1 equals b A'(S) = b k sqrt(2)/(2 sqrt(S)): quadratic in sqrt(S).
        """
        return self._choose(self.exact(s).u[..., 1])

    def _choose(self, v: Array) -> Choice:
        rho, a = CASE.market.risk_aversion, CASE.attention
        assert isinstance(a, cases.PowerAttention)
        _, m1, m2, *_ = self.moments
        c, c1, rate = a.cost.scale, a.cost.linear, a.efficiency * np.sqrt(2.0)
        benefit = (m2 - m1**2 + v) / (2 * rho)
        root = (np.sqrt(c1**2 + 2 * c * benefit * rate) - c1) / (2 * c)
        return Choice(root**2, rate * root, c * root**3 / 1.5 + c1 * root**2)

    def source(self, s: complex) -> Array:
        """F = u*_s - f*(u*), shape (..., 3), by section 4 of derivation.md."""
        jet = self.exact(s)
        choice = self._choose(jet.u[..., 1])
        rho, sigma = CASE.market.risk_aversion, CASE.market.supply_volatility
        A = choice.precision_rate
        kappa = A / (rho * sigma) + rho * sigma
        psi_dot = A * kappa / (rho * sigma)
        _, m1, m2, m3, m4 = self.moments
        variance, third = m2 - m1**2, m3 - 3 * m1 * m2 + 2 * m1**3
        fourth = m4 - 4 * m1 * m3 - 3 * m2**2 + 12 * m1**2 * m2 - 6 * m1**4
        m1_psi, m2_psi = -0.5 * (m3 - m1 * m2), -0.5 * (m4 - m2**2)  # -cov(x^k, x²)/2
        static_psi = (m1_psi, m2_psi - 2 * m1 * m1_psi, -0.5 * m2)
        first, second, along = (np.moveaxis(d, -1, 0) for d in (jet.u_xi, jet.u_xixi, jet.u_psi))
        p_xi, V_xi, L_xi = variance + first[0], third + first[1], m1 + first[2]
        p_xixi, V_xixi, L_xixi = third + second[0], fourth + second[1], variance + second[2]
        p_psi, V_psi, L_psi = (part + self.fade * along[i] for i, part in enumerate(static_psi))
        p = m1 + jet.u[..., 0]
        mu = kappa**2 * L_xi - rho * sigma * kappa * p
        p_s = psi_dot * p_psi + 0.5 * kappa**2 * p_xixi + mu * p_xi
        V_s = psi_dot * V_psi + 0.5 * kappa**2 * V_xixi + mu * V_xi + kappa**2 * p_xi**2
        L_s = (
            psi_dot * L_psi
            + 0.5 * kappa**2 * (L_xixi + L_xi**2)
            - rho * sigma * kappa * p * L_xi
            + 0.5 * (rho**2 * sigma**2 + A) * p**2
            - rho * sigma * kappa * p_xi
            + rho * choice.cost
        )
        return jet.u_s - np.stack([p_s, V_s, L_s], axis=-1)
