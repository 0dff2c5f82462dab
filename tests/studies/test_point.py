"""One point of a sweep."""

from importlib import import_module
from typing import NoReturn

import pytest

from pdesolve.case import CaseError, case_names, load_case
from pdesolve.studies.moved import parameter
from pdesolve.studies.point import Task, solve_point, vary_case, vary_each
from tests.tools.program import forbid
from tests.tools.slope_bars import real_keys


def test_a_defect_is_recorded_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("pdesolve.solver.pde.solver"), "solve", forbid)
    record = solve_point(Task(case=load_case("binary"), at=(1.0,), slopes=()))
    assert record["status"] == "failed"
    assert record["message"] == "AssertionError: should not have been called"


def test_memory_that_runs_out_is_not_a_property_of_the_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(import_module("pdesolve.solver.pde.solver"), "solve", fail)
    with pytest.raises(MemoryError):
        solve_point(Task(case=load_case("binary"), at=(1.0,), slopes=()))


@pytest.mark.parametrize("name", case_names())
def test_cases_nearby_are_those_that_are_read_again(name: str) -> None:
    """The same case, or the same fault in the same words, whatever the parameter and the value."""
    case = load_case(name)
    for key, vary in vary_each(case, real_keys(case)).items():
        x = parameter(case, key)
        for value in (x * (1.0 + 1e-6), x + 1e-6, x - 1e-6, 0.0, -1.0, 1e300, float("nan")):
            try:
                found = vary(value)
            except CaseError as fault:
                with pytest.raises(CaseError) as again:
                    vary_case(case, {key: value})
                assert str(fault) == str(again.value)
            else:
                assert repr(found) == repr(vary_case(case, {key: value})), (key, value)
