"""Extrapolation of numbers whose limits and orders are known by construction."""

from math import isnan

import pytest

from pdesolve.verification.orders import FitTuning
from pdesolve.verification.richardson import apparent_order, extrapolate

LIMIT = 3.7


def values(order: float, sizes: tuple[float, ...], factor: float = 5.0) -> list[float]:
    return [LIMIT + factor * n**-order for n in sizes]


@pytest.mark.parametrize("order", [0.8, 2.0, 4.0])
@pytest.mark.parametrize("sizes", [(10.0, 20.0, 40.0), (10.0, 15.0, 20.0), (8.0, 12.0, 40.0)])
def test_powers_are_extrapolated_to_their_limit(order: float, sizes: tuple[float, ...]) -> None:
    found = extrapolate(sizes, values(order, sizes), expected=order)
    assert found.verdict == "asymptotic"
    assert found.apparent == pytest.approx(order, rel=1e-8)
    assert found.extrapolated == pytest.approx(LIMIT, rel=1e-10)
    assert found.gci == pytest.approx(1.25 * 5.0 * sizes[2] ** -order, rel=1e-6)
    assert found.asymptotic == pytest.approx(1.0, rel=1e-8)


def test_apparent_order_solves_celiks_equation() -> None:
    ratios, coarse, fine = (1.4, 1.7), 0.3, 0.05
    p = apparent_order(coarse, fine, ratios)
    change = (1.4**p - 1) * 1.7**p / (1.7**p - 1)  # of powers of order p
    assert coarse / fine == pytest.approx(change, rel=1e-9)
    assert apparent_order(-coarse, fine, ratios) == p
    assert apparent_order(0.1, 0.1, (1.2, 3.0)) > 0.0  # a much longer step, an equal change
    assert isnan(apparent_order(0.1, 0.1, (2, 2))) and isnan(apparent_order(0.0, 0.1, (2, 2)))
    assert isnan(apparent_order(0.1, 0.0, (2, 2)))


def test_order_outside_theory_is_not_relied_on() -> None:
    sizes = (10.0, 20.0, 40.0)
    high = extrapolate(sizes, values(6.0, sizes), expected=2.0)
    assert high.verdict == "monotone" and high.apparent == pytest.approx(6.0)
    assert high.used == 2.0 and high.asymptotic == pytest.approx(16.0)
    assert high.gci > 1.25 * 5.0 * 40.0**-6
    low = extrapolate(sizes, values(0.2, sizes), expected=2.0)
    assert low.used == 0.5 and low.verdict == "monotone"


def test_two_values_need_a_larger_safety_factor() -> None:
    found = extrapolate((10.0, 20.0), values(2.0, (10.0, 20.0)), expected=2.0)
    assert found.verdict == "two values" and isnan(found.apparent) and isnan(found.asymptotic)
    assert found.extrapolated == pytest.approx(LIMIT)
    assert found.gci == pytest.approx(3.0 * 5.0 / 400.0)


def test_values_that_do_not_converge_monotonically_are_flagged() -> None:
    sizes = (10.0, 20.0, 40.0)
    swing = extrapolate(sizes, [1.0, 1.1, 1.08], expected=2.0)
    assert swing.verdict == "oscillatory" and swing.extrapolated == 1.08
    assert swing.gci == pytest.approx(3 * 0.02)
    apart = extrapolate(sizes, [1.0, 1.1, 1.3], expected=2.0)
    assert apart.verdict == "diverging" and apart.extrapolated == 1.3
    assert apart.gci == pytest.approx(3 * 0.2)
    assert extrapolate(sizes, [1.0, 1.1, 0.9], expected=2.0).verdict == "diverging"
    same = extrapolate(sizes, [1.0, 1.0, 1.0 + 1e-15], expected=2.0)
    assert same.verdict == "round-off" and same.gci == FitTuning.round_off
    assert extrapolate(sizes, [1.0] * 3, expected=2.0, scale=10.0).gci == 10.0 * FitTuning.round_off
