"""Implicit steps against dense matrices."""

import numpy as np
import pytest

from pdesolve.numerics.banded import Factors, Room
from tests.numerics.grids import fanned, matrices

SHAPES = {  # xi nodes, elements along psi
    "both axes": (13, 2),
    "one element": (9, 1),
    "few nodes": (5, 2),
    "no xi": (1, 3),
    "no psi": (17, 0),
    "neither": (1, 0),
}


@pytest.mark.parametrize("fields", [1, 3])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("order", "psi_order"), [(8, 5), (2, 1), (4, 3)])
@pytest.mark.parametrize("coupling", [1.0, 100.0])  # much of it makes rows change places
def test_factors_invert_the_dense_matrix(
    shape: str, fields: int, order: int, psi_order: int, coupling: float
) -> None:
    n_xi, elements = SHAPES[shape]
    n_psi = 1 + elements * (psi_order + 1) // 2
    grid = fanned(n_xi=n_xi, n_psi=n_psi, order=order, psi_order=psi_order)
    rng = np.random.default_rng(7)
    nodes = (grid.n_psi, grid.n_xi)
    c0, c1 = coupling * rng.standard_normal((2, fields, fields, *nodes))
    c2, c_psi = rng.uniform(0.2, 2.0, (2, *nodes))
    first, second, along_psi = matrices(grid)
    n = grid.n_psi * grid.n_xi
    J = np.zeros((n, fields, n, fields))
    for i in range(fields):
        J[:, i, :, i] = c2.reshape(n, 1) * second + c_psi.reshape(n, 1) * along_psi
        for j in range(fields):
            J[:, i, :, j] += np.diag(c0[i, j].ravel()) + c1[i, j].reshape(n, 1) * first
    M = 8.0 * np.eye(n * fields) - J.reshape(n * fields, n * fields)
    r = rng.standard_normal((*nodes, fields))
    factors = Factors(grid, 8.0, c0, c1, c2, c_psi)
    x = factors.solve(r)
    np.testing.assert_allclose(M @ x.ravel(), r.ravel(), atol=1e-11)
    y = factors.solve_transposed(r)
    np.testing.assert_allclose(M.T @ y.ravel(), r.ravel(), atol=1e-11)
    both = factors.solve_transposed(np.stack([r, 2 * r]))
    np.testing.assert_allclose(both, [y, 2 * y], rtol=1e-12)
    np.testing.assert_allclose(factors.solve(2 * r), 2 * x, rtol=1e-12)  # from the same factors


def test_factors_leave_their_arguments_alone() -> None:
    grid = fanned(n_xi=9, n_psi=7)
    rng = np.random.default_rng(1)
    arguments = [*rng.standard_normal((2, 2, 2, 7, 9)), *rng.uniform(1, 2, (2, 7, 9))]
    r = rng.standard_normal((7, 9, 2))
    before = [a.copy() for a in (*arguments, r)]
    factors = Factors(grid, 5.0, *arguments)
    factors.solve(r)
    factors.solve_transposed(r)
    for a, b in zip((*arguments, r), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("coupling", [1.0, 100.0])
def test_what_is_in_the_room_does_not_matter(coupling: float) -> None:
    grid = fanned(n_xi=9, n_psi=7)
    room = Room.of(grid, 2)
    for memory in room:
        memory.fill(np.nan)
    rng = np.random.default_rng(3)
    r = rng.standard_normal((7, 9, 2))
    for _ in range(2):  # at first what is not a number, then the factors of another matrix
        c = [*(coupling * rng.standard_normal((2, 2, 2, 7, 9))), *rng.uniform(1, 2, (2, 7, 9))]
        alone, shared = Factors(grid, 5.0, *c), Factors(grid, 5.0, *c, room=room)
        np.testing.assert_array_equal(shared.solve(r), alone.solve(r))
        np.testing.assert_array_equal(shared.solve_transposed(r), alone.solve_transposed(r))


@pytest.mark.parametrize("shape", [(1, 1), (9, 1), (9, 7)])
def test_singular_matrix_is_an_error(shape: tuple[int, int]) -> None:
    grid = fanned(n_xi=shape[0], n_psi=shape[1])
    nodes = (grid.n_psi, grid.n_xi)
    nothing = np.zeros((1, 1, *nodes))
    with pytest.raises(ZeroDivisionError, match="singular matrix"):
        Factors(grid, 0.0, nothing, nothing, np.zeros(nodes), np.zeros(nodes))
