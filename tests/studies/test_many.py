"""Many cases at once, against each of them by itself."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import xarray

import pdesolve
from pdesolve.case import Case, load_case
from pdesolve.finance.by_name import QuantityError, reported
from pdesolve.solver.values import VALUES
from pdesolve.studies.many import solve_many
from tests.tools.solutions import solved
from tests.tools.sweeps import RHO

LOOSE = {"numerics.tolerance": 1e-3}
KEYS = [{RHO: 1.0}, {RHO: 2.0, "numerics.max_steps": 2}, {RHO: 4.0}]  # the second one fails


def cases() -> list[Case]:
    return [load_case("binary", keys) for keys in KEYS]


@pytest.fixture(scope="module")
def many() -> xarray.Dataset:
    return pdesolve.solve_many([*cases(), "normal"], tol=1e-3)


def test_each_case_is_what_solve_finds(many: xarray.Dataset) -> None:
    assert many["price"].dims == ("case",)
    assert many["name"].to_numpy().tolist() == ["binary", "binary", "binary", "normal"]
    for place, name, keys in ((0, "binary", KEYS[0]), (2, "binary", KEYS[2]), (3, "normal", {})):
        alone, found = solved(name, keys | LOOSE), many.isel(case=place)
        for value in VALUES:
            assert float(found[value]) == getattr(alone.initial, value)
        for value, bar in alone.error.items():
            assert float(found[f"{value}_error"]) == bar
        assert int(found["status"]) == 0
        assert str(found["message"].item()) == alone.message
    assert many["price"].attrs["units"] == "money"


def test_a_case_that_fails_says_why_and_the_others_go_on(many: xarray.Dataset) -> None:
    assert many["status"].to_numpy().tolist() == [0, 2, 0, 0]
    assert "more than 2 time steps" in str(many["message"].to_numpy()[1])
    assert np.isnan(many["price"].to_numpy()[1])
    assert np.isnan(many["price_error"].to_numpy()[1])


def test_neither_order_nor_place_changes_anything(many: xarray.Dataset) -> None:
    with ThreadPoolExecutor(2) as executor:
        turned = solve_many(["normal", *cases()[::-1]], tol=1e-3, executor=executor)
    xarray.testing.assert_identical(turned.isel(case=slice(None, None, -1)), many)
    alone = solve_many(cases()[2:], tol=1e-3)
    xarray.testing.assert_identical(alone, many.isel(case=[2]))


@pytest.mark.slow
def test_further_values_are_those_of_each_solution() -> None:
    names = ["informativeness", "svix@0.5", "premium_per_sd"]
    found = solve_many([*cases()[:2], "normal"], tol=1e-3, also=names)
    for place, name, keys in ((0, "binary", KEYS[0]), (2, "normal", {})):
        alone = reported(solved(name, keys | LOOSE), names)
        for one in names:
            here = found.isel(case=place)
            assert (float(here[one]), float(here[f"{one}_error"])) == alone[one]
    assert np.isnan(found["informativeness"].to_numpy()[1])
    assert found["informativeness"].attrs["units"] == "money"


def test_no_cases_are_an_empty_answer() -> None:
    assert solve_many([])["price"].shape == (0,)


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (["normal", "norma"], {}, "norma"),
        (["normal"], {"tol": 1.0}, "tol must be a number from"),
        (["normal"], {"processes": 0}, "processes must be at least 1, got 0"),
        (["normal"], {"also": "informativness"}, "nearest: informativeness"),
        (["binary", "normal"], {"also": "svix@2"}, "must be after 0 and up to the horizon, 1$"),
    ],
)
def test_bad_input_is_refused_before_anything_is_solved(
    names: list[str], options: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def solve(task: object) -> None:
        pytest.fail("something was solved")

    monkeypatch.setattr("pdesolve.studies.records.solve_point", solve)
    with pytest.raises((pdesolve.CaseError, QuantityError), match=said):
        solve_many(names, **options)
