"""What will take long is announced, to those who watch."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pdesolve.case import load_case
from pdesolve.solver.pde.budget import BudgetTuning
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.pde.tuning import Tuning
from tests.tools.program import Capture, forbid


@pytest.mark.parametrize(
    ("terminal", "progress", "long", "said"),
    [
        (True, True, 0.0, r"binary: a tolerance of 0\.01 takes about 1 minute, going by .*\n"),
        (True, True, 60.0, ""),
        (True, False, 0.0, ""),
        (False, True, 0.0, ""),
    ],
)
def test_what_takes_long_says_so_on_a_terminal(
    terminal: bool,
    progress: bool,
    long: float,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    tuning = Tuning(budget=BudgetTuning(long=long))
    solve(load_case("binary"), tol=1e-2, progress=progress, tuning=tuning)
    out, err = capsys.readouterr()
    assert out == "" and re.fullmatch(said, err)


def test_it_is_said_beforehand(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("pdesolve.solver.pde.passes._bar", lambda *_: _silent())
    monkeypatch.setattr("pdesolve.solver.pde.accuracy.climbed", forbid)
    with pytest.raises(AssertionError, match="should not have been called"):
        solve(load_case("inattention"), tol=1e-9, progress=True)
    said = re.fullmatch(
        r"inattention: a tolerance of 1e-09 takes about (\d+) minutes, going by the first passes\n",
        capsys.readouterr().err,
    )
    assert said and 2 <= int(said[1]) <= 100


@contextmanager
def _silent() -> Iterator[Callable[[float], None]]:
    yield lambda time: None
