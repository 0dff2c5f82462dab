"""The right-hand sides, each by a second route: other unknowns, other units, differences."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import pytest

from pdesolve.case import (
    Attention,
    BetaPayoff,
    Case,
    Cost,
    DiscretePayoff,
    Market,
    MixturePayoff,
    NormalPayoff,
    Numerics,
    PayoffSpec,
    UniformPayoff,
)
from pdesolve.model.attention.response import best_response
from pdesolve.model.equations import Equilibrium, Motion, motion, partials, rates
from pdesolve.model.payoff.factory import Cumulants, make_prior
from pdesolve.numerics.banded import factor
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rosenbrock import march
from pdesolve.solver.pde.solver import solve
from pdesolve.typing import Array

PAYOFFS: dict[str, PayoffSpec] = {
    "three states": DiscretePayoff(values=(0.0, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2)),
    "two states": DiscretePayoff(values=(0.0, 1.0), probabilities=(0.4, 0.6)),
    "uniform": UniformPayoff(low=-0.5, high=2.0),
    "beta": BetaPayoff(a=2.0, b=3.5, low=0.0, high=2.0),
    "mixture": MixturePayoff(means=(-1.0, 1.5), sds=(0.4, 0.8), weights=(0.3, 0.7)),
    "normal": NormalPayoff(mean=0.7, sd=1.3),
}
COUNT = 40
RHO, SIGMA = 1.5, 1.2


def linear(**changes: float) -> Attention:
    cost = Cost(kind="power", scale=0.3, exponent=2.0, linear=changes.pop("linear", 0.0))
    return Attention(signals=1, precision="linear", efficiency=1.0, cost=cost, **changes)


def case_of(payoff: PayoffSpec, attention: Attention, **numerics: float) -> Case:
    return Case(
        name="test",
        title="",
        description="",
        source="",
        market=Market(risk_aversion=RHO, supply_volatility=SIGMA, initial_supply=0.0, horizon=1.0),
        payoff=payoff,
        attention=attention,
        numerics=Numerics(**numerics),  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Jets:
    """Fields and their derivatives at arbitrary states: at one point these are free to choose."""

    u: Array
    u_xi: Array
    u_xixi: Array
    u_psi: Array

    def rates(self, static: Cumulants, move: Motion, cost: Array, risk_aversion: float) -> Array:
        return rates(self.u, self.u_xi, self.u_xixi, self.u_psi, static, move, cost, risk_aversion)


def arbitrary(kind: str) -> tuple[Cumulants, Jets, Array, Array]:
    """Static cumulants of a prior at random states, random jets, precision rates and costs."""
    rng = np.random.default_rng(3)
    xi, psi = rng.normal(0, 2, COUNT), rng.uniform(0, 3, COUNT)
    jets = Jets(*rng.normal(0, 1, (4, COUNT, 3)))
    a, cost = rng.uniform(0, 3, (2, COUNT))
    return make_prior(PAYOFFS[kind]).cumulants(xi, psi), jets, a, cost


# ---------------------------------------------------------------- motion


def test_motion() -> None:
    a = np.array([0.0, 0.3, 2.0, 50.0])
    move = motion(RHO, SIGMA, a)
    kappa = a / (RHO * SIGMA) + RHO * SIGMA
    np.testing.assert_allclose(move.kappa2, kappa**2, rtol=1e-14)
    np.testing.assert_allclose(move.psi_dot, a**2 / (RHO * SIGMA) ** 2 + a, rtol=1e-14)
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
    """The equations of section 4 for p, V and L = phi + l, with C and A at random."""
    static, jets, a, cost = arbitrary(kind)
    phi, ps, Vs, k3, k4 = static
    kappa, rho = a / (RHO * SIGMA) + RHO * SIGMA, RHO
    psi_dot, rsk = (a / (RHO * SIGMA)) ** 2 + a, RHO * SIGMA * kappa
    values = np.stack([ps, Vs, phi], axis=-1) + jets.u
    by_xi = np.stack([Vs, k3, ps], axis=-1) + jets.u_xi
    by_xixi = np.stack([k3, k4, Vs], axis=-1) + jets.u_xixi
    static_by_psi = [-(k3 + 2 * ps * Vs), -(k4 + 2 * Vs**2 + 2 * ps * k3), -(Vs + ps**2)]
    by_psi = np.stack(static_by_psi, axis=-1) / 2 + jets.u_psi
    p, p_xi, L_xi, L_xixi = values[:, 0], by_xi[:, 0], by_xi[:, 2], by_xixi[:, 2]
    mu = kappa**2 * L_xi - rsk * p
    expected = psi_dot[:, None] * by_psi
    for i in range(2):
        expected[:, i] += 0.5 * kappa**2 * by_xixi[:, i] + mu * by_xi[:, i]
    expected[:, 1] += kappa**2 * p_xi**2
    expected[:, 2] += 0.5 * kappa**2 * (L_xixi + L_xi**2) - rsk * p * L_xi
    expected[:, 2] += 0.5 * (rho**2 * SIGMA**2 + a) * p**2 - rsk * p_xi + rho * cost
    found = jets.rates(static, motion(RHO, SIGMA, a), cost, RHO)
    scale = np.abs(expected).max(axis=0)
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-13)


def test_rates_do_not_depend_on_where_the_payoff_is_measured_from() -> None:
    """Shift x by c: at xi - c psi everything is as before."""
    static, jets, a, cost = arbitrary("three states")
    move = motion(RHO, SIGMA, a)
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
    found = scaled.rates(powers, motion(RHO / s, SIGMA, a / s**2), cost * s, RHO / s)
    np.testing.assert_allclose(
        found / unit, jets.rates(static, motion(RHO, SIGMA, a), cost, RHO), rtol=1e-11
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
    found = jets.rates(static, motion(RHO, SIGMA, a), cost, RHO)
    np.testing.assert_allclose(found[:, 1], (1 - 2 * p) * found[:, 0], atol=1e-11)


def test_normal_payoff_has_the_static_price() -> None:
    """With l and v constant in xi and q = 0, q stays 0 and the others move alike in every state."""
    static, jets, a, cost = arbitrary("normal")
    for part in (jets.u[:, 0], jets.u_xi, jets.u_xixi, jets.u_psi):
        part[...] = 0.0
    move = motion(RHO, SIGMA, a)
    found = jets.rates(static, move, cost, RHO)
    np.testing.assert_allclose(found[:, 0], 0.0, atol=1e-12)
    np.testing.assert_allclose(found[:, 1], move.risk * static.variance**2, rtol=1e-12)
    log_rate = RHO * cost - 0.5 * move.risk * static.variance
    np.testing.assert_allclose(found[:, 2], log_rate, atol=1e-12)


# ---------------------------------------------------------------- the Jacobian

TECHNOLOGIES: dict[str, Attention] = {
    "linear": linear(),
    "capped": linear(capacity=0.4),
    "none": linear(linear=50.0),
    "some": linear(capacity=1.2, linear=0.25),
    "power": Attention(
        signals=3,
        precision="power",
        efficiency=2.0,
        elasticity=0.6,
        cost=Cost(kind="exponential", scale=0.3, rate=1.1),
    ),
    "exponential": Attention(
        signals=2,
        precision="exponential",
        sensitivity=0.5,
        capacity=6.0,
        cost=Cost(kind="power", scale=0.4, exponent=2.5),
    ),
}
REGIMES = {"capped": {2}, "none": {0}, "some": {0, 1, 2}}


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_partials_are_the_derivatives_of_rates(name: str) -> None:
    """By central differences, attention being chosen again at every variance."""
    static, jets, *_ = arbitrary("three states")
    jets.u[:, 1] = 0.4 + np.abs(jets.u[:, 1])
    market = case_of(PAYOFFS["three states"], TECHNOLOGIES[name]).market

    def respond(u: Array) -> tuple[Motion, Array]:
        found = best_response(TECHNOLOGIES[name], RHO, static.variance + u[:, 1])
        return motion(RHO, SIGMA, found.precision_rate), found.cost

    def at(d: Array, d_xi: Array) -> Array:
        move, cost = respond(jets.u + d)
        return replace(jets, u=jets.u + d, u_xi=jets.u_xi + d_xi).rates(static, move, cost, RHO)

    variance = static.variance + jets.u[:, 1]
    response = best_response(TECHNOLOGIES[name], RHO, variance)
    assert set(response.regime.tolist()) == REGIMES.get(name, set(response.regime.tolist()))
    assert name in REGIMES or 1 in response.regime
    move, _ = respond(jets.u)
    c0, c1 = partials(
        jets.u, jets.u_xi, jets.u_xixi, jets.u_psi, static, move, response, market, variance
    )
    e = 1e-6
    zero = np.zeros(3)
    for j, unit in enumerate(e * np.eye(3)):
        by_u = (at(unit, zero) - at(-unit, zero)) / (2 * e)
        by_u_xi = (at(zero, unit) - at(zero, -unit)) / (2 * e)
        np.testing.assert_allclose(c0[:, j].T, by_u, rtol=2e-7, atol=2e-7)
        np.testing.assert_allclose(c1[:, j].T, by_u_xi, rtol=2e-7, atol=2e-7)


def small_system(attention: Attention) -> tuple[Equilibrium, Array]:
    """A coarse grid and a state that is smooth on it."""
    case = case_of(PAYOFFS["three states"], attention)
    prior = make_prior(case.payoff)
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
    static = prior.cumulants(grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape))
    y = grid.z * np.pi
    waves = [np.cos(y), 0.5 + 0.4 * np.cos(2 * y), np.cos(y) - np.cos(3 * y)]
    fall = 1 / (1 + grid.psi[:, None, None])
    u = 0.3 * np.stack(waves, axis=-1) * fall * static.variance[..., None]
    return Equilibrium(
        case=case, grid=grid, static=static, price_range=(-1.5, 1.5), sizes=(1.0, 1.0, 1.0)
    ), u


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_factor_inverts_shift_less_the_jacobian_of_rates(name: str) -> None:
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
        *system.grid.derivatives(u),
        system.static,
        motion(RHO, SIGMA, a),
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


# ---------------------------------------------------------------- a claim on the square


@dataclass(frozen=True)
class SecondMoment:
    """q, d = E[x²] less its static value, and l: no equation for the variance.

    The variance is E[x²] - p², attention that of linear precision at cost 0.15 A²; all terms by
    hand, with derivatives by the node from complex steps.
    """

    grid: Grid
    static: Cumulants
    u0: Array

    def variance(self, u: Array) -> Array:
        p = self.static.mean + u[..., 0]
        return self.static.variance + self.static.mean**2 + u[..., 1] - p**2

    def terms(self, u: Array, u_xi: Array) -> tuple[Array, Array, Array]:
        """Rates less diffusion and transport, and these two's coefficients."""
        _, ps, Vs, k3, k4 = self.static
        a = self.variance(u) / (2 * RHO * 0.3)
        kappa = a / (RHO * SIGMA) + RHO * SIGMA
        risk, q, l_xi = RHO * SIGMA * kappa, u[..., 0], u_xi[..., 2]
        w = kappa**2 * l_xi - risk * q
        mu = kappa**2 * (ps + l_xi) - risk * (ps + q)
        first = [Vs, k3 + 2 * ps * Vs]
        second = [k3, k4 + 2 * Vs**2 + 2 * ps * k3]
        claims = [mu * u_xi[..., i] + w * first[i] + 0.5 * risk * second[i] for i in range(2)]
        log_value = (kappa**2 * ps - risk * (ps + q) + 0.5 * kappa**2 * l_xi) * l_xi
        log_value = log_value + 0.5 * risk * (q**2 - Vs - 2 * u_xi[..., 0]) + RHO * 0.15 * a**2
        return np.stack([*claims, log_value], axis=-1), 0.5 * kappa**2, (a / (RHO * SIGMA)) ** 2 + a

    @property
    def initial_rates(self) -> Array:
        return self.rates(self.u0)

    def rates(self, u: Array) -> Array:
        return self._total(u, *self.grid.derivatives(u))

    def _total(self, u: Array, u_xi: Array, u_xixi: Array, u_psi: Array) -> Array:
        local, diffusion, speed = self.terms(u, u_xi)
        return local + diffusion[..., None] * u_xixi + speed[..., None] * u_psi

    def factor(self, shift: float) -> Callable[[Array], Array]:
        u, (u_xi, u_xixi, u_psi) = self.u0, self.grid.derivatives(self.u0)
        _, diffusion, speed = self.terms(u, u_xi)
        steps = 1e-30j * np.eye(3)
        c0, c1 = (
            np.stack([np.moveaxis(column.imag / 1e-30, -1, 0) for column in columns], axis=1)
            for columns in (
                [self._total(u + step, u_xi, u_xixi, u_psi) for step in steps],
                [self._total(u, u_xi + step, u_xixi, u_psi) for step in steps],
            )
        )
        return factor(self.grid, shift, c0, c1, diffusion, speed)


def by_second_moment(n_xi: int, n_psi: int, tolerance: float) -> tuple[float, float, float]:
    """p, V and l of the three-state case at the start, from E[x] and E[x²]."""
    prior = make_prior(PAYOFFS["three states"])
    grid = Grid(
        centre=0.0,
        width=5.0,
        stretch=2.0,
        spread=0.3,
        psi_scale=0.6,
        psi_known=4.6,
        psi_top=9.2,
        n_xi=n_xi,
        n_psi=n_psi,
    )
    static = prior.cumulants(grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape))
    path = march(
        lambda u: SecondMoment(grid, static, u),
        np.zeros((*grid.xi.shape, 3)),
        1.0,
        scale=np.ones(3),
        tolerance=tolerance,
        max_steps=300,
    )
    at, u = n_xi // 2, path.states[-1]
    assert grid.xi[0, at] == 0.0
    price = prior.centre + static.mean[0, at] + u[0, at, 0]
    variance = SecondMoment(grid, static, u).variance(u)[0, at]
    return float(price), float(variance), float(u[0, at, 2])


def test_variance_from_a_claim_on_the_square() -> None:
    price, variance, log_value = by_second_moment(81, 28, 1e-5)
    assert price == pytest.approx(1.0721586, abs=3e-6)
    assert variance == pytest.approx(1.7646260, abs=3e-6)
    assert log_value == pytest.approx(-0.5715316, abs=3e-6)


@pytest.mark.slow
def test_variance_from_a_claim_on_the_square_to_seven_digits() -> None:
    price, variance, log_value = by_second_moment(141, 61, 1e-7)
    assert price == pytest.approx(1.07215857, abs=5e-8)
    assert variance == pytest.approx(1.76462603, abs=1e-7)
    assert log_value == pytest.approx(-0.57153160, abs=1e-7)
    solution = solve(case_of(PAYOFFS["three states"], linear()))
    assert solution.initial.price == pytest.approx(price, abs=solution.error["price"])
    assert solution.initial.variance == pytest.approx(variance, abs=solution.error["variance"])
    assert solution.initial.log_value == pytest.approx(log_value, abs=solution.error["log_value"])
    assert max(solution.error.values()) < 2e-5


# ---------------------------------------------------------------- two-point payoffs


def binary(**numerics: float) -> Case:
    payoff = DiscretePayoff(values=(0.0, 1.0), probabilities=(0.5, 0.5))
    cost = Cost(kind="power", scale=0.08, exponent=2.0)
    attention = Attention(signals=1, precision="linear", efficiency=1.0, cost=cost)
    return case_of(payoff, attention, **numerics)


def test_variance_of_a_solved_two_point_case_is_that_of_its_price() -> None:
    solution = solve(binary(tolerance=1e-6))
    assert solution.converged
    data = solution.to_dataset()
    p, v = data["price"].to_numpy(), data["variance"].to_numpy()
    assert p.min() < 1e-3 and p.max() > 0.999
    np.testing.assert_allclose(v, p * (1 - p), atol=1e-6)


def test_second_state_is_idle_for_a_two_point_payoff() -> None:
    xi = np.linspace(-3, 3, 13)
    flat = solve(binary(tolerance=1e-6))
    full = solve(binary(tolerance=1e-6, psi_nodes=13))
    assert flat.space.n_psi == 1 and full.space.n_psi > 1
    np.testing.assert_allclose(full.price(xi), flat.price(xi), atol=1e-6)
    np.testing.assert_allclose(full.variance(xi), flat.variance(xi), atol=1e-6)
    np.testing.assert_allclose(full.log_value(xi), flat.log_value(xi), atol=1e-6)
    assert flat.initial.precision_rate == pytest.approx(1.0416667, abs=1e-6)
    assert flat.initial.log_value == pytest.approx(-0.2156477, abs=1e-6)
    assert float(flat.price(2.0)) == pytest.approx(0.8104349, abs=1e-6)
    static = np.log((1 + np.exp(2.0)) / 2)
    assert float(flat.log_value(2.0)) - static == pytest.approx(-0.1727131, abs=1e-6)
