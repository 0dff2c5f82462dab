"""Fits and verdicts on numbers whose orders are known by construction."""

from math import isnan, log, nan

import numpy as np
import pytest

from pdesolve.verification.orders import FitTuning, OrderTable, fit_order, order_row

SIZES = (10.0, 15.0, 20.0, 30.0)


def powers(order: float, factor: float = 2.0) -> list[float]:
    return [factor * n**-order for n in SIZES]


# ---------------------------------------------------------------- fits


@pytest.mark.parametrize("order", [1.0, 2.5, 4.0, 8.0])
def test_powers_have_their_order(order: float) -> None:
    fit = fit_order(SIZES, powers(order))
    assert fit.order == pytest.approx(order, abs=1e-12)
    assert fit.pairwise == pytest.approx((order,) * 3, abs=1e-12)
    assert fit.used == 4 and fit.note == ""


def test_slope_is_that_of_least_squares() -> None:
    errors = [1.0, 0.6, 0.2, 0.13]
    x, y = np.log(SIZES), np.log(errors)
    by_hand = -((x - x.mean()) @ (y - y.mean())) / ((x - x.mean()) @ (x - x.mean()))
    assert fit_order(SIZES, errors).order == pytest.approx(by_hand, rel=1e-12)
    assert fit_order(SIZES, errors).pairwise[1] == pytest.approx(log(3.0) / log(4.0 / 3.0))


def test_errors_at_round_off_are_left_out() -> None:
    errors = [1e-10, 1e-11, 1e-14, 3e-14]
    fit = fit_order(SIZES, errors)
    assert fit.used == 2 and fit.note == "round-off from resolution 20 on"
    assert fit.order == pytest.approx(log(10) / log(1.5))
    assert fit_order(SIZES, errors, scale=1e-3).used == 3  # the last does not fall, at 3e-11
    assert fit_order(SIZES, errors, scale=1e4).used == 0


def test_tiny_errors_that_stop_falling_are_at_round_off_and_large_ones_are_not() -> None:
    fit = fit_order(SIZES, [1e-8, 1e-10, 1e-11, 1.1e-11])
    assert fit.used == 3 and fit.note == "round-off from resolution 30 on"
    stalled = fit_order(SIZES, [1e-3, 1e-3, 1e-3, 1e-3])
    assert stalled.used == 4 and stalled.order == pytest.approx(0.0, abs=1e-12)


def test_errors_without_an_order() -> None:
    exact = fit_order(SIZES, [0.0] * 4)
    assert isnan(exact.order) and exact.used == 0 and "round-off" in exact.note
    assert all(isnan(p) for p in exact.pairwise)
    for bad in (np.inf, nan):
        broken = fit_order(SIZES, [1.0, bad, 0.1, 0.01])
        assert isnan(broken.order) and broken.used == 0 and broken.note == "no finite error"
    assert fit_order([4.0], [0.1]).note == "one resolution only"


# ---------------------------------------------------------------- verdicts


def row_of(errors: list[float], **changes: object):  # type: ignore[no-untyped-def]
    options = {"expected": 4.0, "cap": 1e-3, **changes}
    return order_row(SIZES, errors, field="price", norm="max", region="interior", **options)  # type: ignore[arg-type]


def test_a_row_passes_by_its_order_and_its_size() -> None:
    assert row_of(powers(4.0)).passed
    assert row_of(powers(4.09)).passed and row_of(powers(3.91)).passed
    assert not row_of(powers(4.11)).passed and not row_of(powers(3.89)).passed
    assert row_of(powers(3.7), tuning=FitTuning(band=0.4)).passed
    assert not row_of(powers(4.0, 2000.0)).passed  # the right order, but too large
    assert row_of(powers(4.0, 2000.0), cap=1.0).passed
    assert row_of(powers(1.0), expected=nan, cap=1.0).passed
    assert not row_of(powers(1.0), expected=nan, cap=1e-2).passed
    assert not row_of([1e-3, 1e-4, 1e-5, nan], expected=nan).passed


def test_errors_in_a_row_are_relative_to_the_scale() -> None:
    row = row_of(powers(4.0), scale=0.5)
    assert row.errors == pytest.approx([2 * e for e in powers(4.0)])
    assert row.scale == 0.5 and row.fitted.order == pytest.approx(4.0)


def test_exact_results_pass_and_a_stall_does_not() -> None:
    row = row_of([0.0] * 4)
    assert row.passed and "round-off" in row.note
    assert row_of([1e-15] * 4).passed
    assert not row_of([1e-6] * 4).passed
    assert not row_of([1e-12] * 4, cap=1e-13).passed


def test_a_table_passes_if_it_has_rows_and_all_pass() -> None:
    good, bad = row_of(powers(4.0)), row_of(powers(3.0))
    options = {"name": "x", "parameter": "n", "resolutions": SIZES}
    assert OrderTable(rows=(good, good), **options).passed  # type: ignore[arg-type]
    table = OrderTable(rows=(good, bad), **options)  # type: ignore[arg-type]
    assert not table.passed and table.failures == (bad,)
    assert not OrderTable(rows=(), **options).passed  # type: ignore[arg-type]
