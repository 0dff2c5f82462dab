"""Weights against those of findiff, and what holds of them exactly."""

import findiff
import numpy as np
import pytest

from pdesolve.numerics.stencils import ORDERS, central_weights


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("derivative", [1, 2])
def test_central_weights_are_those_of_findiff(derivative: int, order: int) -> None:
    theirs = findiff.coefficients(deriv=derivative, acc=order)["center"]
    assert list(theirs["offsets"]) == list(range(-order // 2, order // 2 + 1))
    mine = central_weights(derivative, order)
    np.testing.assert_allclose(mine, theirs["coefficients"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_central_weights_are_exactly_odd_and_even(order: int) -> None:
    first, second = central_weights(1, order), central_weights(2, order)
    assert first[order // 2] == 0.0
    np.testing.assert_array_equal(first, -first[::-1])
    np.testing.assert_array_equal(second, second[::-1])
