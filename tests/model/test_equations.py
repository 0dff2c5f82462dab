"""The right-hand sides, each by a second route: other unknowns, other units, differences."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.model.equations import motion
from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.typing import Array
from tests.model.examples import COUNT, MARKET, NEWS, PAYOFFS, RHO, SIGMA, Jets, arbitrary

# ---------------------------------------------------------------- motion


def test_motion() -> None:
    a = np.array([0.0, 0.3, 2.0, 50.0])
    move = motion(MARKET, a)
    kappa = a / (RHO * SIGMA) + RHO * SIGMA
    np.testing.assert_allclose(move.kappa2, kappa**2 + NEWS, rtol=1e-14)
    np.testing.assert_allclose(move.psi_dot, a**2 / (RHO * SIGMA) ** 2 + a + NEWS, rtol=1e-14)
    np.testing.assert_allclose(move.risk, RHO * SIGMA * kappa, rtol=1e-14)
    np.testing.assert_allclose(move.kappa2 - move.psi_dot, move.risk, rtol=1e-13)
    np.testing.assert_allclose(move.kappa2 - move.risk, move.psi_dot, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(move.risk, a + (RHO * SIGMA) ** 2, rtol=1e-14)


# ---------------------------------------------------------------- the right-hand sides


@pytest.mark.parametrize("kind", PAYOFFS)
def test_static_fields_move_along_psi_as_their_cumulants_say(kind: str) -> None:
    """The identities that the next test rests on, by differences of the prior itself."""
    prior, e = make_prior(PAYOFFS[kind]), 1e-4
    rng = np.random.default_rng(5)
    xi, psi = rng.normal(0, 1.5, COUNT), rng.uniform(0.1, 3, COUNT)

    def difference(d_xi: float, d_psi: float) -> Array:
        up = np.array(prior.cumulants(xi + d_xi, psi + d_psi))
        return (up - np.array(prior.cumulants(xi - d_xi, psi - d_psi))) / (2 * e)

    _, ps, Vs, k3, k4 = prior.cumulants(xi, psi)
    by_psi = [-(Vs + ps**2) / 2, -(k3 + 2 * ps * Vs) / 2, -(k4 + 2 * Vs**2 + 2 * ps * k3) / 2]
    np.testing.assert_allclose(difference(e, 0)[:4], [ps, Vs, k3, k4], atol=1e-6)
    np.testing.assert_allclose(difference(0, e)[:3], by_psi, atol=1e-6)


@pytest.mark.parametrize("kind", PAYOFFS)
def test_rates_are_those_of_price_variance_and_log_value(kind: str) -> None:
    """The equations of section 4 for p, V and L = phi + l, with C and A at random, and news."""
    static, jets, a, cost = arbitrary(kind)
    phi, ps, Vs, k3, k4 = static
    kappa, rho = a / (RHO * SIGMA) + RHO * SIGMA, RHO
    psi_dot, rsk = (a / (RHO * SIGMA)) ** 2 + a + NEWS, RHO * SIGMA * kappa
    kappa2 = kappa**2 + NEWS
    values = np.stack([ps, Vs, phi], axis=-1) + jets.u
    by_xi = np.stack([Vs, k3, ps], axis=-1) + jets.u_xi
    by_xixi = np.stack([k3, k4, Vs], axis=-1) + jets.u_xixi
    static_by_psi = [-(k3 + 2 * ps * Vs), -(k4 + 2 * Vs**2 + 2 * ps * k3), -(Vs + ps**2)]
    by_psi = np.stack(static_by_psi, axis=-1) / 2 + jets.u_psi
    p, p_xi, L_xi, L_xixi = values[:, 0], by_xi[:, 0], by_xi[:, 2], by_xixi[:, 2]
    mu = kappa2 * L_xi - rsk * p
    expected = psi_dot[:, None] * by_psi
    for i in range(2):
        expected[:, i] += 0.5 * kappa2 * by_xixi[:, i] + mu * by_xi[:, i]
    expected[:, 1] += kappa2 * p_xi**2
    expected[:, 2] += 0.5 * kappa2 * (L_xixi + L_xi**2) - rsk * p * L_xi
    expected[:, 2] += 0.5 * (rho**2 * SIGMA**2 + a) * p**2 - rsk * p_xi + rho * cost
    found = jets.rates(static, motion(MARKET, a), cost, RHO)
    scale = np.abs(expected).max(axis=0)
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-13)


def test_rates_do_not_depend_on_where_the_payoff_is_measured_from() -> None:
    """Shift x by c: at xi - c psi everything is as before."""
    static, jets, a, cost = arbitrary("three states")
    move = motion(MARKET, a)
    shifted = replace(jets, u_psi=jets.u_psi - 1.7 * jets.u_xi)
    np.testing.assert_allclose(
        shifted.rates(static._replace(mean=static.mean + 1.7), move, cost, RHO),
        jets.rates(static, move, cost, RHO),
        atol=1e-10,
    )


def test_rates_do_not_depend_on_the_unit_of_money() -> None:
    static, jets, a, cost = arbitrary("three states")
    s = 7.0
    unit = np.array([s, s**2, 1.0])
    scaled = Jets(
        jets.u * unit, jets.u_xi * unit * s, jets.u_xixi * unit * s**2, jets.u_psi * unit * s**2
    )
    powers = Cumulants(*(part * s**k for k, part in enumerate(static)))
    market = replace(MARKET, risk_aversion=RHO / s, public_precision=NEWS / s**2)
    found = scaled.rates(powers, motion(market, a / s**2), cost * s, RHO / s)
    np.testing.assert_allclose(
        found / unit, jets.rates(static, motion(MARKET, a), cost, RHO), rtol=1e-11
    )


def test_variance_of_a_two_point_payoff_is_that_of_its_price() -> None:
    """V = p (1 - p) is kept: its rate is (1 - 2p) times that of p, whatever attention and l are."""
    static, jets, a, cost = arbitrary("two states")
    _, ps, Vs, k3, k4 = static
    p, p_xi, p_xixi = ps + 0.5 + jets.u[:, 0], Vs + jets.u_xi[:, 0], k3 + jets.u_xixi[:, 0]
    jets.u[:, 1] = p * (1 - p) - Vs
    jets.u_xi[:, 1] = (1 - 2 * p) * p_xi - k3
    jets.u_xixi[:, 1] = (1 - 2 * p) * p_xixi - 2 * p_xi**2 - k4
    ps_psi = -(k3 + 2 * ps * Vs) / 2
    Vs_psi = -(k4 + 2 * Vs**2 + 2 * ps * k3) / 2
    jets.u_psi[:, 1] = (1 - 2 * p) * (ps_psi + jets.u_psi[:, 0]) - Vs_psi
    found = jets.rates(static, motion(MARKET, a), cost, RHO)
    np.testing.assert_allclose(found[:, 1], (1 - 2 * p) * found[:, 0], atol=1e-11)


def test_normal_payoff_has_the_static_price() -> None:
    """With l and v constant in xi and q = 0, q stays 0 and the others move alike in every state."""
    static, jets, a, cost = arbitrary("normal")
    for part in (jets.u[:, 0], jets.u_xi, jets.u_xixi, jets.u_psi):
        part[...] = 0.0
    move = motion(MARKET, a)
    found = jets.rates(static, move, cost, RHO)
    np.testing.assert_allclose(found[:, 0], 0.0, atol=1e-12)
    np.testing.assert_allclose(found[:, 1], move.risk * static.variance**2, rtol=1e-12)
    log_rate = RHO * cost - 0.5 * move.risk * static.variance
    np.testing.assert_allclose(found[:, 2], log_rate, atol=1e-12)
