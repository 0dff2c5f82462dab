"""Elements along psi of unlike lengths: where they are, and collocation on them."""

from itertools import pairwise

import numpy as np
import pytest

from pdesolve.numerics.banded import Factors
from pdesolve.numerics.density import Density
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import PSI_ORDERS
from tests.numerics.grids import fanned, matrices

DENSITY = Density(cuts=(0.5, 0.9, 1.6), sizes=(1.0, 4.0, 2.0, 0.5))


def uneven(elements: int, psi_order: int = 5, n_xi: int = 9) -> Grid:
    stages = (psi_order + 1) // 2
    return fanned(density=DENSITY, n_psi=1 + stages * elements, psi_order=psi_order, n_xi=n_xi)


def test_elements_are_as_many_as_the_density_has_it() -> None:
    """Between cuts by hand; from 0 to the largest psi in all."""
    grid = uneven(200)
    top = np.log1p(grid.psi_top / grid.psi_scale)
    ends = grid.eta[:: grid.stages]
    assert ends.size == 201 and (ends[0], ends[-1]) == (0.0, pytest.approx(top, rel=1e-15))
    edges = [0.0, *DENSITY.cuts, top]
    parts = np.diff(edges) * DENSITY.sizes
    for (low, high), part in zip(pairwise(edges), parts, strict=True):
        count = np.count_nonzero((ends > low) & (ends <= high))
        assert count == pytest.approx(200 * part / parts.sum(), abs=1.0)


def test_alike_elements_are_those_of_no_density() -> None:
    one = Density(cuts=(0.3,), sizes=(2.0, 2.0))
    np.testing.assert_allclose(fanned(density=one).eta, fanned().eta, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("psi_order", PSI_ORDERS)
def test_polynomials_of_eta_are_exact(psi_order: int) -> None:
    grid = uneven(7, psi_order)
    by_psi = grid.fade / (grid.psi_scale + grid.psi)
    for degree in range(grid.stages + 2):
        exact = degree * grid.eta ** max(degree - 1, 0) * by_psi
        error = np.abs(grid.upwind @ grid.eta**degree - exact).max()
        assert (error < 1e-11) == (degree <= grid.stages)


def test_factors_invert_the_dense_matrix() -> None:
    grid, rng = uneven(4), np.random.default_rng(3)
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


def test_a_deeper_grid_keeps_its_lines() -> None:
    grid = uneven(12)
    deeper = grid.deeper()
    assert deeper.n_psi == grid.n_psi + grid.stages
    np.testing.assert_allclose(deeper.psi[: grid.n_psi], grid.psi, rtol=1e-12)
    assert deeper.psi_known > grid.psi_known and deeper.psi_top > grid.psi_top


def test_a_density_is_read_as_it_was_written() -> None:
    table = uneven(3).plain()["density"]
    assert Density.of(table) == DENSITY


@pytest.mark.parametrize(
    "table",
    [
        None,
        {},
        {"cuts": [], "sizes": []},
        {"cuts": [0.5], "sizes": [1.0]},
        {"cuts": [0.5, 0.5], "sizes": [1.0, 2.0, 1.0]},
        {"cuts": [0.0], "sizes": [1.0, 2.0]},
        {"cuts": [0.5], "sizes": [1.0, 0.0]},
        {"cuts": [float("nan")], "sizes": [1.0, 2.0]},
        {"cuts": ["a"], "sizes": [1.0, 2.0]},
    ],
)
def test_what_is_none_is_refused(table: object) -> None:
    with pytest.raises(ValueError, match="a density that is none"):
        Density.of(table)
