"""What will take long is announced, to those who watch."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.economy import Economy
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.budget import BudgetTuning, Metered
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
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


@pytest.mark.parametrize("nodes", [{}, {"numerics.xi_nodes": 40}])
def test_work_that_is_put_aside_comes_back_once(nodes: dict[str, object]) -> None:
    case, tuning = load_case("inattention", nodes), Tuning()
    run = Metered(case, Economy.of(case), 1e-3, tuning.budget, tuning.steps)
    whole = run.left
    run.spare(0.25)
    assert run.left == (0.75 * whole if np.isfinite(whole) else whole)
    run.release()
    run.release()
    assert run.left == whole


def test_ladders_that_lead_somewhere_have_all_work_for_the_last_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else none is left when it is to begin."""
    left, usual = list[float](), Metered.along

    def along(self: Metered, found: Solution, grid: Grid, times: Array) -> Solution:
        left.append(self.left)
        return usual(self, found, grid, times)

    monkeypatch.setattr(Metered, "along", along)
    most = Tuning(budget=BudgetTuning(spare=0.5))
    assert solve(load_case("inattention"), tol=1e-3, tuning=most).converged
    assert left[0] > 0.5 * most.budget.work


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
