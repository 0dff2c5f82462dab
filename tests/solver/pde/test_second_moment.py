"""The variance by another route: a claim on the square of the payoff."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.numerics.banded import Factors
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rosenbrock import march
from pdesolve.solver.pde.solver import solve
from pdesolve.typing import Array
from tests.model.examples import PAYOFFS, RHO, SIGMA, case_of, linear


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
        return Factors(self.grid, shift, c0, c1, diffusion, speed).solve


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
