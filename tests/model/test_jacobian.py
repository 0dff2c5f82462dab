"""The Jacobian of the right-hand sides, by differences."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from pdesolve.case import (
    Attention,
    ExponentialAttention,
    ExponentialCost,
    PowerAttention,
    PowerCost,
)
from pdesolve.model.attention.response import best_response
from pdesolve.model.attention.technology import Technology
from pdesolve.model.economy import Economy
from pdesolve.model.equations import Felt, Motion, motion, partials, rates
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.typing import Array
from tests.model.examples import MARKET, PAYOFFS, RHO, arbitrary, case_of, linear

TECHNOLOGIES: dict[str, Attention] = {
    "linear": linear(),
    "capped": linear(capacity=0.4),
    "none": linear(linear=50.0),
    "some": linear(capacity=1.2, linear=0.25),
    "power": PowerAttention(
        signals=3, efficiency=2.0, elasticity=0.6, cost=ExponentialCost(scale=0.3, rate=1.1)
    ),
    "exponential": ExponentialAttention(
        signals=2,
        efficiency=1.7,
        sensitivity=0.5,
        capacity=6.0,
        cost=PowerCost(scale=0.4, exponent=2.5),
    ),
}
REGIMES = {"capped": {2}, "none": {0}, "some": {0, 1, 2}}


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_partials_are_the_derivatives_of_rates(name: str) -> None:
    """By central differences, attention being chosen again at every variance."""
    static, jets, *_ = arbitrary("three states")
    jets.u[:, 1] = 0.4 + np.abs(jets.u[:, 1])
    technology = Technology.of(TECHNOLOGIES[name])

    def respond(u: Array) -> tuple[Motion, Array]:
        found = best_response(technology, RHO, static.variance + u[:, 1])
        return motion(MARKET, found.precision_rate), found.cost

    def at(d: Array, d_xi: Array) -> Array:
        move, cost = respond(jets.u + d)
        return replace(jets, u=jets.u + d, u_xi=jets.u_xi + d_xi).rates(static, move, cost, RHO)

    variance = static.variance + jets.u[:, 1]
    response = best_response(technology, RHO, variance)
    assert set(response.regime.tolist()) == REGIMES.get(name, set(response.regime.tolist()))
    assert name in REGIMES or 1 in response.regime
    move, _ = respond(jets.u)
    felt = Felt.of(MARKET, response, move, variance)
    c0, c1 = partials(jets.u, jets.jet, static, felt, RHO)
    e = 1e-6
    zero = np.zeros(3)
    for j, unit in enumerate(e * np.eye(3)):
        by_u = (at(unit, zero) - at(-unit, zero)) / (2 * e)
        by_u_xi = (at(zero, unit) - at(zero, -unit)) / (2 * e)
        np.testing.assert_allclose(c0[:, j].T, by_u, rtol=2e-7, atol=2e-7)
        np.testing.assert_allclose(c1[:, j].T, by_u_xi, rtol=2e-7, atol=2e-7)


def small_system(attention: Attention) -> tuple[Equilibrium, Array]:
    """A coarse grid and a state that is smooth on it."""
    economy = Economy.of(case_of(PAYOFFS["three states"], attention))
    grid = Grid(
        centre=0.2,
        width=4.0,
        stretch=1.2,
        spread=0.3,
        psi_scale=0.6,
        psi_known=3.0,
        psi_top=6.0,
        n_xi=21,
        n_psi=7,
    )
    static = economy.prior.cumulants(grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape))
    y = grid.z * np.pi
    waves = [np.cos(y), 0.5 + 0.4 * np.cos(2 * y), np.cos(y) - np.cos(3 * y)]
    fall = 1 / (1 + grid.psi[:, None, None])
    u = 0.3 * np.stack(waves, axis=-1) * fall * static.variance[..., None]
    return Equilibrium(
        economy=economy, grid=grid, static=static, price_range=(-1.5, 1.5), sizes=(1.0, 1.0, 1.0)
    ), u


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_factor_inverts_shift_less_the_jacobian_of_rates(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With kinks as they are: what differences see of one moves with its place, and slightly so."""
    monkeypatch.setattr(Equilibrium, "seen", lambda *_: None)
    system, u = small_system(TECHNOLOGIES[name])
    local = system.linearise(u)
    np.testing.assert_allclose(local.initial_rates, local.rates(u), rtol=1e-11, atol=1e-13)
    rng = np.random.default_rng(11)
    solver = local.factor(30.0)
    e = 1e-6
    for _ in range(3):
        x = rng.normal(0, 1, u.shape)
        r = 30.0 * x - (local.rates(u + e * x) - local.rates(u - e * x)) / (2 * e)
        np.testing.assert_allclose(solver(r), x, atol=1e-5)


def test_rates_follow_from_the_grid_and_the_response() -> None:
    system, u = small_system(linear())
    variance = system.static.variance + u[..., 1]
    a = variance / (2 * RHO * 0.3)
    expected = rates(
        u,
        system.grid.derivatives(u),
        system.static,
        system.economy.motion(a),
        0.15 * a**2,
        RHO,
    )
    np.testing.assert_allclose(system.linearise(u).initial_rates, expected, rtol=1e-12, atol=1e-12)


def test_price_outside_the_payoff_range_is_an_error() -> None:
    system, u = small_system(linear())
    high = u.copy()
    high[0, 3, 0] = 1.5 + 0.029 - system.static.mean[0, 3]
    system.linearise(high)
    high[0, 3, 0] += 0.002
    with pytest.raises(ArithmeticError, match="leaves the payoff's range"):
        system.linearise(high)
    low = u.copy()
    low[2, 3, 0] = -1.531 - system.static.mean[2, 3]
    with pytest.raises(ArithmeticError, match="leaves the payoff's range"):
        system.linearise(low)
    replace(system, price_range=(-inf, inf)).linearise(low)


def test_a_price_outside_it_is_none_beyond_what_can_be_known() -> None:
    """There transport fades, and no equilibrium's prices are found."""
    system, u = small_system(linear())
    assert 0 < system.lines_known < system.grid.n_psi
    high, lines = u.copy(), system.lines_known
    high[lines:, 3, 0] = 2.0 - system.static.mean[lines:, 3]
    system.linearise(high)
    high[lines - 1, 3, 0] = 2.0 - system.static.mean[lines - 1, 3]
    with pytest.raises(ArithmeticError, match="leaves the payoff's range"):
        system.linearise(high)
