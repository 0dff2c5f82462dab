"""Verdicts on the limit of many periods."""

from collections.abc import Callable
from dataclasses import replace
from math import nan

import pytest

from pdesolve.case import load_case
from pdesolve.solver.pde.solver import solve
from pdesolve.verification.discrete_limit import (
    affordable,
    limit_checks,
    period_checks,
    to_the_limit,
)
from pdesolve.verification.periods import Periods
from tests.tools.solutions import solved
from tests.verification.test_second_route import change_rates, drop_half, flip_k4


def periods(
    values: tuple[float, float, float],
    pde: float,
    taught: float = 0.1,
    longer: float = nan,
    apart: float = 0.0,
) -> Periods:
    return Periods(
        field="price",
        periods=(32, 64, 128),
        values=values,
        pde=pde,
        error=1e-7,
        scale=1.0,
        taught=taught,
        longer=longer,
        apart=apart,
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


def along(law: Callable[[float], float]) -> Periods:
    longer, *values = (1.0 + law(1.0 / n) for n in (16, 32, 64, 128))
    a, b, c = values
    return periods((a, b, c), 1.0, longer=longer)


def slow_start(h: float) -> float:
    """Of first order, but only once periods are much shorter than a sixteenth."""
    return 0.1 * h / (1.0 + 16.0 * h)


def test_an_order_on_its_way_to_one_is_not_decided() -> None:
    one = along(slow_start)
    assert 0.2 < one.order_before < one.order < 0.625
    value, order = period_checks(one, kink=False)
    assert value.decided and value.passed
    assert order.passed and not order.decided
    assert order.note.startswith("periods too long: order 0.")


@pytest.mark.parametrize("power", [0.5, 1.5, 2.0])
def test_a_wrong_order_stays_where_it_is_and_fails(power: float) -> None:
    order = list(period_checks(along(lambda h: 0.1 * h**power), kink=False))[1]
    assert order.decided and not order.passed


def test_an_order_that_turns_away_from_one_fails() -> None:
    order = list(period_checks(along(lambda h: 0.1 * h**0.5 + 0.1 * h), kink=False))[1]
    assert order.decided and (order.passed == (order.value <= order.bound))
    one = along(lambda h: 0.1 * h**0.4 + 0.05 * h)
    order = list(period_checks(one, kink=False))[1]
    assert one.order < one.order_before and not order.passed


def test_a_wrong_limit_fails_though_the_order_is_not_decided() -> None:
    one = along(slow_start)
    allowed = max(one.uncertainty, one.unsettled) + one.error
    far = periods(one.values, one.limit + 1.1 * allowed, longer=one.longer)
    value, order = period_checks(far, kink=False)
    assert not value.passed and value.decided
    assert not order.decided


def test_periods_too_long_for_one_field_are_too_long_for_the_others() -> None:
    one = along(lambda h: 0.1 * h + 0.2 * h**2 + 10.0 * h**3)
    shift = 0.5 * (one.uncertainty + one.unsettled)
    settled = periods(one.values, one.limit + shift, longer=one.longer)
    assert not next(period_checks(settled, kink=False)).passed
    assert not next(limit_checks([settled], kink=False)).passed
    checks = list(limit_checks([settled, along(slow_start)], kink=False))
    assert checks[0].decided and checks[0].passed


def low_order(n: float) -> float:
    """A value of 1 in the limit, whose order falls from 0.8 to 0.7 and stays there."""
    return 1.0 + 0.4 * n**-0.7 + 0.8 * n**-1.5


@pytest.mark.parametrize(("limit", "passed"), [(1.0, True), (1.02, False)])
def test_an_order_that_stays_below_one_where_payoffs_are_told_apart(
    limit: float, passed: bool
) -> None:
    longer, a, b, c = (low_order(n) for n in (16, 32, 64, 128))
    one = periods((a, b, c), limit, longer=longer, apart=20.0)
    assert 0.65 < one.order < one.order_before < 0.95
    (check,) = limit_checks([one], kink=False)
    assert check.passed is passed and check.decided
    assert "teaches 20 times what was known where payoffs are told apart" in check.note
    plain = replace(one, apart=0.0)
    assert not all(check.passed for check in limit_checks([plain], kink=False))


def test_an_extrapolation_in_much_doubt_decides_nothing() -> None:
    one = periods((1.0, 1.3, 1.5), 9.0, longer=0.4, apart=20.0)
    (check,) = limit_checks([one], kink=False)
    assert check.passed and not check.decided


def test_fewer_periods_where_a_payoff_is_rare() -> None:
    assert affordable(solved("jackpot", tol=1e-3), (32, 64, 128)) == (16, 32, 64)
    assert affordable(solved("binary", tol=1e-4), (32, 64, 128)) == (32, 64, 128)


@pytest.mark.slow
def test_wrong_equations_still_fail_with_a_rare_payoff() -> None:
    found = to_the_limit(solved("jackpot", tol=1e-4), (16, 32, 64))
    assert all(check.decided and check.passed for check in limit_checks(found, kink=False))
    for change in (flip_k4, drop_half):
        with pytest.MonkeyPatch.context() as patch:
            change_rates(change)(patch)
            initial = solve(load_case("jackpot"), tol=1e-3).initial
        wrong = [replace(one, pde=getattr(initial, one.field)) for one in found]
        assert not all(check.passed for check in limit_checks(wrong, kink=False))


@pytest.mark.parametrize(
    ("change", "field"), [(flip_k4, "variance"), (drop_half, "price")], ids=["k4", "half"]
)
def test_wrong_equations_still_fail(
    change: Callable[..., None], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_rates(change)(monkeypatch)
    solution = solve(load_case("binary"), tol=1e-4)
    found = {one.field: one for one in to_the_limit(solution, (16, 32, 64))}
    value = next(period_checks(found[field], kink=False))
    assert value.decided and not value.passed


@pytest.mark.slow
@pytest.mark.parametrize("change", [flip_k4, drop_half], ids=["k4", "half"])
def test_wrong_equations_still_fail_in_a_plane(
    change: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change_rates(change)(monkeypatch)
    solution = solve(load_case("three_states"), tol=1e-4)
    checks = list(limit_checks(to_the_limit(solution, (32, 64, 128)), kink=False))
    assert any(check.decided and not check.passed for check in checks)


@pytest.mark.slow
def test_periods_of_disaster_are_too_long_for_an_order() -> None:
    found = to_the_limit(solved("disaster", tol=1e-4), (64, 128, 256))
    checks = list(limit_checks(found, kink=False))
    assert all(check.passed for check in checks)
    early = [check for check in checks if not check.decided]
    assert early and all("order in the length" in check.name for check in early)
    assert all("periods too long" in check.note for check in early)
