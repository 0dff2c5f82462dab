"""What stands for a case, and tolerances, in Python."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pdesolve.case import CaseError, load_case
from pdesolve.case.arguments import as_case, check_tolerance


def test_a_case_is_itself_a_name_or_a_path(tmp_path: Path) -> None:
    case = load_case("binary")
    assert as_case(case) is case
    assert as_case("binary") == case
    path = tmp_path / "mine.toml"
    path.write_text('title = "Mine"\nextends = "binary"\n')
    assert as_case(path) == as_case(str(path)) == load_case(path)


@pytest.mark.parametrize("other", [3, None, {"market": {}}, ["binary"], b"binary"])
def test_anything_else_says_what_is_wanted(other: Any) -> None:
    with pytest.raises(TypeError) as said:
        as_case(other)
    text = str(said.value)
    assert text.startswith("case must be a Case (see load_case), the name of one or the path to a")
    assert "\n" not in text and len(text) < 200


def test_a_name_that_is_none_offers_the_nearest() -> None:
    with pytest.raises(CaseError, match=r"binar: case must be .* nearest: binary"):
        as_case("binar")


@pytest.mark.parametrize("tol", [1e-10, 0.1, 1e-3, np.float32(0.01), np.float64(1e-7)])
def test_a_tolerance_within_bounds_is_a_float(tol: float) -> None:
    assert check_tolerance(tol) == float(tol)
    assert type(check_tolerance(tol)) is float


@pytest.mark.parametrize(
    ("tol", "shown"),
    [
        (0.5, "0.5"),
        (9e-11, "9e-11"),
        (-1e-5, "-1e-05"),
        (0, "0"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ("1e-3", "'1e-3'"),
        (True, "true"),
        (None, "nothing"),
        ([1e-3], r"\[0.001\]"),
    ],
)
def test_another_tolerance_is_refused_as_on_the_command_line(tol: object, shown: str) -> None:
    with pytest.raises(CaseError, match=f"^tol must be a number from 1e-10 to 0.1, got {shown}$"):
        check_tolerance(tol)
