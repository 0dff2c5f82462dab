"""The program from outside, and what its tests share."""

import json
import subprocess
import sys
from importlib import import_module
from typing import Any, NoReturn

import pytest

RUN = "import sys; from pdesolve.cli.program import main; sys.exit(main())"
SOLVER = import_module("pdesolve.solver.pde.solver")
Capture = pytest.CaptureFixture[str]


def forbid(*_: object, **__: object) -> NoReturn:
    raise AssertionError("should not have been called")


def program(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = before + RUN
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


def json_only(text: str) -> dict[str, Any]:
    def constant(name: str) -> NoReturn:
        raise AssertionError(f"{name} is not JSON")

    value = json.loads(text, parse_constant=constant)
    assert isinstance(value, dict)
    return value
