"""Maps of several scales: places and coordinates, derivatives and implicit steps."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.numerics.banded import Factors
from pdesolve.numerics.clusters import Clusters, Line
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import ORDERS
from tests.numerics.grids import fanned, matrices

CLUSTERS = Clusters(
    lines=(Line(-1.0, -2.0, 1.5), Line(0.5, 1.0, 0.2), Line(0.6, 2.5, 0.4)),
    low=Line(-19.0, -4.0, 1.0),
    high=Line(18.0, 5.0, 1.0),
)


def gathered(n_xi: int, n_psi: int = 13, order: int = 8) -> Grid:
    return fanned(clusters=CLUSTERS, n_xi=n_xi, n_psi=n_psi, order=order)


def test_nodes_go_from_end_to_end_and_gather_about_the_lines() -> None:
    grid = gathered(101)
    psi = grid.psi
    np.testing.assert_allclose(grid.xi[:, 0], -19.0 - 4.0 * psi, rtol=1e-12)
    np.testing.assert_allclose(grid.xi[:, -1], 18.0 + 5.0 * psi, rtol=1e-12)
    assert (np.diff(grid.xi) > 0).all()
    middle = 0.5 * (grid.xi[:, 1:] + grid.xi[:, :-1])
    for line in CLUSTERS.lines:
        near = np.abs(middle - line.at(psi)[:, None]) < 0.5 * line.width
        assert (near.sum(axis=1) >= 3).all()  # of 100, in a region up to 70 wide


@pytest.mark.parametrize("apart", [1.0, 30.0, 1e4])
def test_places_and_coordinates_are_inverse(apart: float) -> None:
    """Newton's method alone runs in circles between lines that are far apart."""
    lines = tuple(Line(apart * k, apart * (k - 1.0), 0.1 + k) for k in range(4))
    ends = Line(-9.0 - apart, -3.0 * apart, 1.0), Line(9.0 + 4 * apart, 4.0 * apart, 1.0)
    clusters = Clusters(lines=lines, low=ends[0], high=ends[1])
    z, psi = (a.ravel() for a in np.meshgrid(np.linspace(-1.0, 1.0, 397), [0.0, 0.3, 1.1, 40.0]))
    np.testing.assert_allclose(clusters.coordinates(clusters.place(z, psi), psi), z, atol=1e-13)


def test_locate_inverts_the_map() -> None:
    grid = gathered(41)
    eta, z = grid.locate(grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape))
    np.testing.assert_allclose(z, np.broadcast_to(grid.z, z.shape), atol=1e-13)
    np.testing.assert_allclose(eta, np.broadcast_to(grid.eta[:, None], z.shape), atol=1e-13)


def test_metric_is_the_derivative_of_locate() -> None:
    grid = gathered(41)
    xi, psi, h = grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape), 1e-4

    def z(dx: float, dpsi: float) -> np.ndarray:
        return grid.locate(xi + dx, psi + dpsi)[1]

    z_xi, z_xi2, z_xixi, z_psi = grid.metric
    np.testing.assert_allclose(z_xi, (z(h, 0) - z(-h, 0)) / (2 * h), rtol=1e-5)
    np.testing.assert_allclose(z_xi2, z_xi**2)
    second = (z(h, 0) - 2 * z(0, 0) + z(-h, 0)) / h**2
    np.testing.assert_allclose(z_xixi, second, atol=2e-6)
    by_psi = (z(0, h) - z(0, 0) - 0.5 * (z(0, 2 * h) - 2 * z(0, h) + z(0, 0))) / h
    np.testing.assert_allclose(z_psi, grid.fade[:, None] * by_psi, atol=1e-5)
    np.testing.assert_allclose(grid.spacing(xi, psi), 1.0 / z_xi, rtol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_order_along_xi(order: int) -> None:
    counts, errors = (221, 261, 301, 361), []
    for count in counts:
        grid = gathered(count, order=order)
        off = 0.5 * (grid.xi - CLUSTERS.lines[1].at(grid.psi[:, None]))
        u = np.exp(-(off**2))[..., None]
        u_xi, u_xixi, _ = grid.derivatives(u)
        gap = np.abs(u_xi[..., 0] + off * u[..., 0]).max()
        errors.append(max(gap, np.abs(u_xixi - (off**2 - 0.5)[..., None] * u).max()))
    found = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert found == pytest.approx(-order, abs=0.5)
    assert errors[-1] < 1e-2


def test_what_moves_with_a_line_needs_few_psi_lines() -> None:
    """A narrow transition along one: it crosses the nodes of a map of one scale."""
    errors = []
    for grid in (gathered(241), fanned(n_xi=241)):
        off = (grid.xi - CLUSTERS.lines[1].at(grid.psi[:, None])) / 0.5
        u = np.tanh(off)[..., None]
        exact = -CLUSTERS.lines[1].slope / 0.5 / np.cosh(off) ** 2 * grid.fade[:, None]
        errors.append(np.abs(grid.derivatives(u)[2][..., 0] - exact).max())
    assert errors[0] < 0.1 * errors[1]


def test_an_extended_grid_keeps_its_nodes() -> None:
    grid = gathered(41)
    longer = grid.extended(4)
    assert longer.n_xi == 49
    np.testing.assert_allclose(longer.xi[:, 4:-4], grid.xi, rtol=1e-11, atol=1e-11)
    again = longer.extended(3)
    np.testing.assert_allclose(again.xi[:, 7:-7], grid.xi, rtol=1e-11, atol=1e-11)


def test_a_deeper_grid_keeps_its_lines() -> None:
    for grid in (gathered(21), fanned()):
        deeper = grid.deeper()
        assert deeper.n_psi == grid.n_psi + grid.stages
        np.testing.assert_allclose(deeper.psi[: grid.n_psi - 1], grid.psi[:-1], rtol=1e-12)
        assert deeper.psi_known > grid.psi_known and deeper.psi_top > grid.psi_top
        np.testing.assert_allclose(deeper.xi[: grid.n_psi - 1], grid.xi[:-1], rtol=1e-11)
    one = replace(fanned(), n_psi=1)
    assert one.deeper() is one


def test_factors_invert_the_dense_matrix() -> None:
    grid, rng = gathered(13, n_psi=7), np.random.default_rng(7)
    nodes = (grid.n_psi, grid.n_xi)
    c0, c1 = rng.standard_normal((2, 1, 1, *nodes))
    c2, c_psi = rng.uniform(0.2, 2.0, (2, *nodes))
    first, second, along_psi = matrices(grid)
    n = grid.n_psi * grid.n_xi
    J = c2.reshape(n, 1) * second + c_psi.reshape(n, 1) * along_psi
    J += np.diag(c0.ravel()) + c1.reshape(n, 1) * first
    r = rng.standard_normal((*nodes, 1))
    x = Factors(grid, 8.0, c0, c1, c2, c_psi).solve(r)
    np.testing.assert_allclose((8.0 * np.eye(n) - J) @ x.ravel(), r.ravel(), atol=1e-11)
