"""The continuous-time limit: drift, diffusion, right-hand sides (derivation.md, section 5).

The fields are deviations from the static market with no trade after now,

    q = p - p^s,    v = V - V^s,    l = L - phi,

and s = T - t is the time left. `rates` is the model; everything else follows from it.
"""

from typing import NamedTuple

import numpy as np

from pdesolve.case import Market
from pdesolve.model.attention.response import Response
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.typing import Array

FIELDS = ("price", "variance", "log_value")


class Motion(NamedTuple):
    """Risk-neutral motion of the states: dxi = mu dt + sqrt(kappa2) dB, dpsi = psi_dot dt.

    `kappa2` is kappa² + h and `psi_dot` A²/(rho sigma)² + A + h, public news included (section 13);
    `risk` is rho sigma kappa = A + rho² sigma² = kappa2 - psi_dot, the part of the diffusion that
    is supply risk rather than learning.
    """

    kappa2: Array
    psi_dot: Array
    risk: Array


def motion(market: Market, precision_rate: Array) -> Motion:
    """Diffusion and learning speed at precision rate A (derivation.md, sections 3 and 13)."""
    rs = market.risk_aversion * market.supply_volatility
    return motion_of(rs, market.public_precision, precision_rate)


def motion_of(
    rho_sigma: float | Array, public_precision: float | Array, precision_rate: Array
) -> Motion:
    """The same, of what it depends on."""
    rs, a = rho_sigma, precision_rate
    psi_dot, risk = (a / rs) ** 2 + a + public_precision, a + rs**2
    return Motion(kappa2=psi_dot + risk, psi_dot=psi_dot, risk=risk)


def moved(market: Market, precision_rate: Array, slope: Array) -> Motion:
    """What `motion` moves by where the precision rate moves by that slope."""
    rs = market.risk_aversion * market.supply_volatility
    psi_dot = (2 / rs**2 * precision_rate + 1) * slope
    return Motion(kappa2=psi_dot + slope, psi_dot=psi_dot, risk=slope)


class Felt(NamedTuple):
    """What the equations feel of attention, and how that moves with the variance.

    Attributes
    ----------
    move : Motion
    cost : array
        C, money/time.
    by_move, by_cost : Motion, array
        Their derivatives to V.
    """

    move: Motion
    cost: Array
    by_move: Motion
    by_cost: Array

    @classmethod
    def of(cls, market: Market, response: Response, move: Motion, variance: Array) -> "Felt":
        """By the best response to these variances: dC/dA = V/(2 rho), the first-order condition."""
        by_move = moved(market, response.precision_rate, response.slope)
        by_cost = variance / (2 * market.risk_aversion) * response.slope
        return cls(move, response.cost, by_move, by_cost)


def rates(
    u: Array,
    jet: Array,
    static: Cumulants,
    move: Motion,
    cost: Array,
    risk_aversion: float | Array,
) -> Array:
    """Rates of (q, v, l) in the time left (derivation.md, section 5).

    Parameters
    ----------
    u : array, shape (..., 3)
        The fields.
    jet : array, shape (3, ..., 3)
        Their derivatives u_xi, u_xixi and u_psi.
    static : Cumulants
        phi, p^s, V^s, k3, k4 of the centred payoff at the same nodes.
    move : Motion
        At the chosen attention.
    cost : array
        Attention cost C, money/time.
    risk_aversion : float or array
        rho, 1/money.

    Returns
    -------
    array, shape (..., 3)
    """
    q, q_xi, l_xi = u[..., 0], jet[0, ..., 0], jet[0, ..., 2]
    _, ps, Vs, k3, k4 = static
    kappa2, psi_dot, risk = move
    half, spread = 0.5 * risk, kappa2 * l_xi
    w = spread - risk * q
    on_jet = np.empty((3, *w.shape))
    on_jet[0] = psi_dot * ps + w
    on_jet[1] = 0.5 * kappa2
    on_jet[2] = psi_dot
    out: Array = np.einsum("k...,k...f->...f", on_jet, jet)
    of_q, of_v, of_l = out[..., 0], out[..., 1], out[..., 2]
    of_q += w * Vs
    of_q += half * k3
    of_v += w * k3
    of_v += half * k4
    of_v += risk * Vs**2
    of_v += kappa2 * (2 * Vs + q_xi) * q_xi
    of_l += half * (q**2 - Vs)
    of_l -= risk * q_xi
    of_l -= 0.5 * spread * l_xi
    of_l += risk_aversion * cost
    return out


def partials(
    u: Array,
    jet: Array,
    static: Cumulants,
    felt: Felt,
    risk_aversion: float,
) -> tuple[Array, Array]:
    """Partial derivatives of `rates` to the fields (c0) and to their xi-derivatives (c1).

    Attention moves with the variance, so the column of v in c0 is what one unit of variance does
    through it.

    Returns
    -------
    c0, c1 : array, shape (3, 3, ...)
        [i, j]: effect of field j on the rate of field i.
    """
    q, q_xi, v_xi, l_xi = u[..., 0], jet[0, ..., 0], jet[0, ..., 1], jet[0, ..., 2]
    _, ps, Vs, k3, _ = static
    kappa2, psi_dot, risk = felt.move
    mu = psi_dot * ps + kappa2 * l_xi - risk * q
    p_xi, V_xi = q_xi + Vs, v_xi + k3
    c0, c1 = np.zeros((2, 3, 3, *q.shape))
    c0[0, 0] = -risk * p_xi
    c0[1, 0] = -risk * V_xi
    c0[2, 0] = risk * (q - l_xi)
    c1[0, 0] = c1[1, 1] = c1[2, 2] = mu
    c1[0, 2] = kappa2 * p_xi
    c1[1, 0] = 2 * c1[0, 2]
    c1[1, 2] = kappa2 * V_xi
    c1[2, 0] = -risk
    by_v = rates(u, jet, static, felt.by_move, felt.by_cost, risk_aversion)
    c0[0, 1], c0[1, 1], c0[2, 1] = by_v[..., 0], by_v[..., 1], by_v[..., 2]
    return c0, c1
