"""Difference operators against hand-written matrices, polynomials and known derivatives."""

import numpy as np
import pytest

from pdesolve.numerics.banded import Factors
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import (
    ORDERS,
    PSI_ORDERS,
    central_weights,
    collocation_weights,
    radau_nodes,
)
from pdesolve.typing import Array
from tests.numerics.grids import fanned, flat, matrices


def slope(sizes: list[int], errors: list[float]) -> float:
    """Observed order: minus the slope of log error on log size."""
    return float(-np.polyfit(np.log(sizes), np.log(errors), 1)[0])


# ---------------------------------------------------------------- along xi


def test_order_2_matrices_by_hand() -> None:
    first, second, along_psi = matrices(flat(n_xi=4, order=2, width=3.0))  # spacing 2
    np.testing.assert_allclose(
        first, np.array([[0, 0, 0, 0], [-1, 0, 1, 0], [0, -1, 0, 1], [0, 0, 0, 0]]) / 4, atol=1e-15
    )
    np.testing.assert_allclose(
        second,
        np.array([[-2, 2, 0, 0], [1, -2, 1, 0], [0, 1, -2, 1], [0, 0, 2, -2]]) / 4,
        atol=1e-15,
    )
    assert not along_psi.any()


def test_order_4_rows_by_hand() -> None:
    first, second, _ = matrices(flat(n_xi=7, order=4, width=3.0))  # spacing 1
    np.testing.assert_allclose(first[3], np.array([0, 1, -8, 0, 8, -1, 0]) / 12, atol=1e-15)
    np.testing.assert_allclose(second[3], np.array([0, -1, 16, -30, 16, -1, 0]) / 12, atol=1e-14)
    # The mirror image: the second node sees itself where the stencil leaves the grid.
    np.testing.assert_allclose(first[1], np.array([-8, 1, 8, -1, 0, 0, 0]) / 12, atol=1e-15)
    np.testing.assert_allclose(second[1], np.array([16, -31, 16, -1, 0, 0, 0]) / 12, atol=1e-14)
    np.testing.assert_allclose(second[-1], np.array([0, 0, 0, 0, -2, 32, -30]) / 12, atol=1e-14)


@pytest.mark.parametrize("order", ORDERS)
def test_polynomials_are_exact_up_to_the_order(order: int) -> None:
    grid = flat(n_xi=order + 7, order=order, width=1.3, centre=0.2)
    inner = slice(order // 2 + 1, -(order // 2) - 1)
    x = grid.xi[0]
    degrees = np.arange(order + 3)
    u = x[None, :, None] ** degrees
    u_xi, u_xixi, _ = grid.derivatives(u)
    exact = degrees * x[:, None] ** np.maximum(degrees - 1, 0)
    exact2 = degrees * (degrees - 1) * x[:, None] ** np.maximum(degrees - 2, 0)
    off = np.abs(u_xi[0] - exact)[inner].max(axis=0)
    off2 = np.abs(u_xixi[0] - exact2)[inner].max(axis=0)
    assert off[: order + 1].max() < 2e-11
    assert off2[: order + 2].max() < 2e-10
    assert off[order + 1] > 1e-6
    assert off2[order + 2] > 1e-6


@pytest.mark.parametrize("order", ORDERS)
def test_mirror_image_makes_cosines_eigenvectors(order: int) -> None:
    n = 23
    grid = flat(n_xi=n, order=order, width=(n - 1) / 2)  # spacing 1
    w1, w2 = central_weights(1, order), central_weights(2, order)
    offsets = np.arange(-order // 2, order // 2 + 1)
    for mode in (0, 1, 5, n - 1):
        angle = np.pi * mode / (n - 1)
        cosine, sine = np.cos(angle * np.arange(n)), np.sin(angle * np.arange(n))
        u_xi, u_xixi, _ = grid.derivatives(cosine[None, :, None])
        factor = np.sum(w2 * np.cos(angle * offsets))
        np.testing.assert_allclose(u_xixi[0, :, 0], factor * cosine, atol=1e-13)
        factor = np.sum(w1 * np.sin(angle * offsets))
        np.testing.assert_allclose(u_xi[0, :, 0], -factor * sine, atol=1e-13)


@pytest.mark.parametrize("order", ORDERS)
def test_diffusion_only_damps(order: int) -> None:
    values = np.linalg.eigvals(matrices(flat(n_xi=25, order=order))[1])
    assert np.abs(values.imag).max() < 1e-9 * np.abs(values).max()
    assert values.real.max() < 1e-9 * np.abs(values).max()


def bump(grid: Grid) -> tuple[Array, Array, Array, Array]:
    """A function of both states that is flat at the ends of xi, and its u_xi, u_xixi and u_psi."""
    xi, psi = grid.xi, grid.psi[:, None]
    a = 1.0 / (1.0 + 0.2 * psi)
    y = xi - 0.3 - 0.1 * psi
    f = np.exp(-0.5 * a * y**2) + 0.5 * a
    g = f - 0.5 * a
    f_xi = -a * y * g
    f_xixi = (a**2 * y**2 - a) * g
    a_psi = -0.2 * a**2
    f_psi = (-0.5 * a_psi * y**2 + 0.1 * a * y) * g + 0.5 * a_psi
    return f, f_xi, f_xixi, f_psi


@pytest.mark.parametrize("order", ORDERS)
def test_order_along_xi_on_the_stretched_fan(order: int) -> None:
    sizes = [97, 121, 153, 193]
    errors = []
    for n in sizes:
        grid = fanned(n_xi=n, n_psi=7, order=order, psi_known=2.0, psi_top=2.5)
        f, f_xi, f_xixi, _ = bump(grid)
        u_xi, u_xixi, _ = grid.derivatives(f[..., None])
        errors.append([np.abs(u_xi[..., 0] - f_xi).max(), np.abs(u_xixi[..., 0] - f_xixi).max()])
    first, second = np.array(errors).T
    assert slope(sizes, first.tolist()) == pytest.approx(order, abs=0.15)
    assert slope(sizes, second.tolist()) == pytest.approx(order, abs=0.15)
    cap = {2: 4e-3, 4: 4e-5, 6: 5e-7, 8: 1e-8, 10: 2e-10}[order]
    assert max(first[-1], second[-1]) < cap


# ---------------------------------------------------------------- along psi


@pytest.mark.parametrize("psi_order", PSI_ORDERS)
def test_order_along_psi_at_fixed_xi(psi_order: int) -> None:
    stages = (psi_order + 1) // 2
    elements = [16, 24, 32, 48]
    errors = []
    for count in elements:
        grid = fanned(n_xi=141, n_psi=1 + stages * count, psi_order=psi_order, order=10)
        f, *_, f_psi = bump(grid)
        u_psi = grid.derivatives(f[..., None])[2][..., 0]
        errors.append(np.abs(u_psi - f_psi)[grid.psi <= grid.psi_known].max())
    assert slope(elements, errors) == pytest.approx(stages, abs=0.1)
    assert errors[-1] < [0.01, 1e-4, 1e-6, 1e-8][stages - 1]


def test_first_order_upwind_matrix_by_hand() -> None:
    grid = flat(n_psi=4, psi_order=1, psi_scale=2.0, psi_known=14.0, psi_top=14.0 * (1 + 1e-9))
    h = np.log(2.0)  # psi = 0, 2, 6, 14
    np.testing.assert_allclose(grid.psi, [0.0, 2.0, 6.0, 14.0], rtol=1e-8, atol=1e-14)
    by_hand = np.array([[-1, 1, 0, 0], [0, -1, 1, 0], [0, 0, -1, 1], [0, 0, 0, 0]])
    by_hand = by_hand / (h * np.array([2.0, 4.0, 8.0, 16.0]))[:, None]
    np.testing.assert_allclose(grid.upwind, by_hand, rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(matrices(grid)[2], by_hand, rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize("psi_order", PSI_ORDERS)
def test_polynomials_of_eta_are_exact(psi_order: int) -> None:
    grid = fanned(psi_order=psi_order, n_psi=1 + 4 * (psi_order + 1) // 2, spread=0.0)
    s = grid.stages
    eta_psi = grid.fade / (grid.psi_scale + grid.psi)
    for degree in range(s + 2):
        exact = degree * grid.eta ** max(degree - 1, 0) * eta_psi
        error = np.abs(grid.upwind @ grid.eta**degree - exact).max()
        assert (error < 1e-11) == (degree <= s)


@pytest.mark.parametrize("psi_order", PSI_ORDERS)
def test_upwind_uses_only_larger_psi_and_its_own_element(psi_order: int) -> None:
    s = (psi_order + 1) // 2
    grid = fanned(n_psi=1 + 5 * s, psi_order=psi_order)
    assert grid.stages == s
    for row in range(grid.n_psi - 1):
        low = row // s * s
        used = np.flatnonzero(grid.upwind[row])
        assert used.min() >= low
        assert used.max() == low + s
    assert not grid.upwind[-1].any()


def test_upwind_transport_is_stable() -> None:
    for psi_order in PSI_ORDERS:
        grid = fanned(n_psi=1 + 6 * (psi_order + 1) // 2, psi_order=psi_order)
        assert np.linalg.eigvals(grid.upwind).real.max() < 1e-12


def test_radau_nodes_and_weights_by_hand() -> None:
    root = np.sqrt(6.0)
    np.testing.assert_allclose(radau_nodes(1), [1.0])
    np.testing.assert_allclose(radau_nodes(2), [1 / 3, 1.0], rtol=1e-14)
    np.testing.assert_allclose(radau_nodes(3), [(4 - root) / 10, (4 + root) / 10, 1], rtol=1e-14)
    by_hand = [[-2.0, 1.5, 0.5], [2.0, -4.5, 2.5]]  # of the parabola through 0, 1/3 and 1
    np.testing.assert_allclose(collocation_weights(radau_nodes(2)), by_hand, rtol=1e-13)


def test_transport_fades_between_known_and_top() -> None:
    grid = fanned(n_psi=301, psi_order=1)
    fade, psi = grid.fade, grid.psi
    assert np.all(fade[psi <= grid.psi_known] == 1.0)
    assert fade[-1] == 0.0
    above = fade[psi > grid.psi_known]
    assert np.all(np.diff(above) < 0)
    assert np.all((above[:-1] > 0) & (above[:-1] < 1))
    middle = np.sqrt((grid.psi_scale + 3.0) * (grid.psi_scale + 6.0)) - grid.psi_scale
    assert np.interp(middle, psi, fade) == pytest.approx(0.5, abs=1e-3)
    assert np.abs(np.diff(fade, 2)).max() < 2e-3  # a jump in its slope would show as 0.03
    assert fanned(n_psi=1).fade.tolist() == [0.0]


@pytest.mark.parametrize("s", [1, 2, 3, 4])
def test_radau_lines_are_superconvergent(s: int) -> None:
    """Shift u - a u_psi = r has order 2s - 1 at psi = 0, with the fade divided out of a."""
    sizes, errors = [6, 8, 12, 16], []
    for elements in sizes:
        grid = fanned(
            n_xi=1, n_psi=1 + s * elements, psi_order=2 * s - 1, spread=0.0, psi_scale=1.0
        )
        psi, fade = grid.psi[:, None], grid.fade[:, None]
        angle = 2.0 * np.log1p(psi) + 0.3
        exact, rate = np.cos(angle), -2.0 * np.sin(angle) / (1.0 + psi)
        speed = np.where(fade > 0, 1.7 / np.where(fade > 0, fade, 1.0), 0.0)
        r = 0.9 * exact - 1.7 * rate * (fade > 0)
        nothing = np.zeros((1, 1, *psi.shape))
        factors = Factors(grid, 0.9, nothing, nothing, np.zeros_like(psi), speed)
        u = factors.solve(r[..., None])
        errors.append(abs(float(u[0, 0, 0] - exact[0, 0])))
    assert slope(sizes, errors) == pytest.approx(2 * s - 1, abs=0.1)
    assert errors[-1] < [0.05, 3e-4, 1e-8, 1e-11][s - 1]


# ---------------------------------------------------------------- coordinates


@pytest.mark.parametrize("stretch", [0.0, 1e-9, 0.5, 2.5])
def test_locate_inverts_the_map(stretch: float) -> None:
    grid = fanned(stretch=stretch)
    eta, z = grid.locate(grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape))
    np.testing.assert_allclose(z, np.broadcast_to(grid.z, z.shape), atol=1e-14)
    np.testing.assert_allclose(eta, np.broadcast_to(grid.eta[:, None], z.shape), atol=1e-14)
    edge = grid.width * (np.sinh(stretch) / stretch if stretch > 0.1 else 1.0)
    np.testing.assert_allclose(grid.xi[0, [0, -1]], [0.4 - edge, 0.4 + edge])
    np.testing.assert_allclose(grid.xi[-1, -1], 0.4 + edge * (1 + 0.3 * 6.0))
    assert grid.psi[0] == 0.0 and grid.psi[-1] == pytest.approx(6.0)


@pytest.mark.parametrize("stretch", [0.0, 1.3])
def test_metric_is_the_derivative_of_locate(stretch: float) -> None:
    grid = fanned(stretch=stretch)
    psi = np.broadcast_to(grid.psi[:, None], grid.xi.shape)
    e = 1e-5

    def z(d_xi: float, d_psi: float) -> Array:
        return grid.locate(grid.xi + d_xi, psi + d_psi)[1]

    z_xi, z_xi2, z_xixi, z_psi = grid.metric
    first = (z(e, 0) - z(-e, 0)) / (2 * e)
    np.testing.assert_allclose(z_xi, first, rtol=1e-8)
    np.testing.assert_allclose(z_xi2, first**2, rtol=1e-8)
    np.testing.assert_allclose(z_xixi, (z(e, 0) - 2 * z(0, 0) + z(-e, 0)) / e**2, atol=2e-5)
    np.testing.assert_allclose(
        z_psi, grid.fade[:, None] * (z(0, e) - z(0, -e)) / (2 * e), atol=1e-9
    )


def test_an_extended_grid_keeps_its_nodes() -> None:
    grid = fanned(n_xi=21, n_psi=7)
    more = grid.extended(3)
    assert more.n_xi == 27
    np.testing.assert_array_equal(more.psi, grid.psi)
    np.testing.assert_allclose(more.xi[:, 3:-3], grid.xi, rtol=0, atol=1e-12)
    assert more.xi[0, 0] < grid.xi[0, 0] and more.xi[0, -1] > grid.xi[0, -1]
    single = fanned(n_xi=1, n_psi=7)
    assert single.extended(3) is single
