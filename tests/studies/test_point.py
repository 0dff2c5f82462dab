"""One point of a sweep."""

from importlib import import_module
from typing import NoReturn

import pytest

from pdesolve.case import load_case
from pdesolve.studies.point import Task, solve_point
from tests.tools.program import forbid


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
