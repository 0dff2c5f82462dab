"""Verdicts on the limit of many periods."""

import pytest

from pdesolve.verification.discrete_limit import Periods, period_checks


def periods(values: tuple[float, float, float], pde: float, taught: float = 0.1) -> Periods:
    return Periods(
        field="price",
        periods=(32, 64, 128),
        values=values,
        pde=pde,
        error=1e-7,
        scale=1.0,
        taught=taught,
    )


def test_first_order_convergence_to_the_limit_passes() -> None:
    values = (1 + 0.1 / 32 + 0.2 / 32**2, 1 + 0.1 / 64 + 0.2 / 64**2, 1 + 0.1 / 128 + 0.2 / 128**2)
    one = periods(values, 1.0)
    assert one.limit == pytest.approx(1.0, abs=1e-12)
    assert one.order == pytest.approx(1.0, abs=0.1)
    assert all(check.passed for check in period_checks(one, kink=False))
    off = list(period_checks(periods(values, 1.0001), kink=False))
    assert [check.passed for check in off] == [False, True]


def test_another_order_does_not_pass() -> None:
    values = (1 + 0.1 / 32**2, 1 + 0.1 / 64**2, 1 + 0.1 / 128**2)
    assert [check.passed for check in period_checks(periods(values, 1.0), kink=False)][1] is False


def test_periods_that_teach_too_much_decide_nothing() -> None:
    (check,) = period_checks(periods((1.0, 2.0, 3.0), 9.0, taught=40.0), kink=False)
    assert check.passed and not check.decided
    assert "teaches 40 times what was known" in check.note
