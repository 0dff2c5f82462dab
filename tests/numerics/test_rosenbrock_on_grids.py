"""The time stepper on other equations on the grid."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdesolve.numerics.banded import Factors
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rosenbrock import march
from pdesolve.typing import Array
from tests.numerics.problems import Solver, slope


@dataclass(frozen=True)
class OnGrid:
    """u_s = drift u_xi + diffusion u_xixi + speed u_psi + source(u), one field."""

    grid: Grid
    drift: Array
    diffusion: Array
    speed: Array
    source: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    u0: Array

    @property
    def initial_rates(self) -> Array:
        return self.rates(self.u0)

    def rates(self, u: Array) -> Array:
        u_xi, u_xixi, u_psi = self.grid.derivatives(u)
        terms = self.drift * u_xi[..., 0] + self.diffusion * u_xixi[..., 0]
        return (terms + self.speed * u_psi[..., 0])[..., None] + self.source(u)

    def factor(self, shift: float) -> Solver:
        c0 = self.slope(self.u0[..., 0])[None, None]
        drift = self.drift[None, None]
        return Factors(self.grid, shift, c0, drift, self.diffusion, self.speed).solve


def march_on(
    grid: Grid,
    start: Array,
    span: float,
    tolerance: float,
    *,
    drift: Array | float = 0.0,
    diffusion: float = 0.0,
    speed: float = 0.0,
    source: Callable[[Array], Array] = np.zeros_like,
    slope: Callable[[Array], Array] = np.zeros_like,
) -> Array:
    """March one field over a grid; return its last state."""
    terms = [np.broadcast_to(np.asarray(c), grid.xi.shape) for c in (drift, diffusion, speed)]
    path = march(
        lambda u: OnGrid(grid, terms[0], terms[1], terms[2], source, slope, u),
        start[..., None],
        span,
        scale=np.ones(1),
        tolerance=tolerance,
        max_steps=500,
    )
    return path.states[-1, ..., 0]


def grid_of(n_xi: int, n_psi: int, **changes: Any) -> Grid:
    values: dict[str, Any] = {
        "centre": 0.0,
        "width": 5.0,
        "stretch": 1.2,
        "spread": 0.0,
        "psi_scale": 1.0,
        "psi_known": 3.0,
        "psi_top": 6.0,
        "n_xi": n_xi,
        "n_psi": n_psi,
    }
    return Grid(**(values | changes))


def test_expectation_over_an_ornstein_uhlenbeck_process() -> None:
    """Kolmogorov's equation: E exp(-X²/2) for X' = -0.7 X + 1.1 noise, from every X."""
    grid = grid_of(181, 1, width=14.0, stretch=1.5)
    x = grid.xi
    decay = np.exp(-0.7)
    variance = 1.1**2 * (1 - decay**2) / 1.4
    exact = np.exp(-0.5 * (decay * x) ** 2 / (1 + variance)) / np.sqrt(1 + variance)
    found = march_on(grid, np.exp(-0.5 * x**2), 1.0, 1e-9, drift=-0.7 * x, diffusion=0.605)
    assert np.abs(found - exact).max() < 2e-7


def test_diffusion_and_transport_together() -> None:
    """E f(xi + noise, psi + speed s) on the fanned grid, exact below psi_known - speed s."""
    grid = grid_of(81, 46, spread=0.1, width=6.0)
    xi, psi = grid.xi, grid.psi[:, None]
    found = march_on(grid, np.exp(-0.5 * xi**2) / (1 + psi), 1.0, 1e-8, diffusion=0.4, speed=1.5)
    exact = np.exp(-0.5 * xi**2 / 1.8) / np.sqrt(1.8) / (2.5 + psi)
    assert np.abs(found - exact)[0].max() < 1e-6
    assert np.abs(found - exact)[grid.psi < 1.5].max() < 2e-5


def test_transport_reaches_psi_zero_with_the_superconvergent_order() -> None:
    """States beyond psi_known, where transport fades, are never heard of at psi = 0."""
    elements, errors = [4, 6, 8, 12], []
    for count in elements:
        grid = grid_of(1, 1 + 3 * count)
        start = np.cos(2.0 * np.log1p(grid.psi[:, None]) + 0.3)
        found = march_on(grid, start, 1.0, 1e-11, speed=2.0)
        errors.append(abs(float(found[0, 0]) - np.cos(2.0 * np.log(3.0) + 0.3)))
    assert -slope(np.array(elements), errors) > 4.5
    assert errors[-1] < 2e-6


def test_travelling_wave() -> None:
    """u_s = u_xixi + u (1 - u): the wave of Ablowitz and Zeppetella."""
    grid = grid_of(141, 1, width=24.0)

    def wave(s: float) -> Array:
        return (1 + np.exp((grid.xi - 5 / np.sqrt(6) * s) / np.sqrt(6))) ** -2.0

    found = march_on(
        grid,
        wave(0),
        2.0,
        1e-8,
        diffusion=1.0,
        source=lambda u: u * (1 - u),
        slope=lambda u: 1 - 2 * u,
    )
    inner = np.abs(grid.xi) < 20
    assert np.abs(found - wave(2.0))[inner].max() < 1e-6
