"""Solved cases, each solved once a run however many tests look at it.

Not for tests of solving itself, nor for those that change what solving calls.
"""

from collections.abc import Mapping
from functools import cache

from pdesolve.case import Case, load_case
from pdesolve.solver.discrete.solution import DiscreteSolution
from pdesolve.solver.discrete.solver import solve_discrete
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution

Overrides = Mapping[str, object]


def solved(
    case: str | Case, overrides: Overrides | None = None, tol: float | None = None
) -> Solution:
    """What `solve` finds."""
    case = made(case, overrides)
    return _solved(case, case.numerics.tolerance if tol is None else tol)


def discrete(
    case: str | Case, periods: int, overrides: Overrides | None = None, tol: float = 5e-5
) -> DiscreteSolution:
    """What `solve_discrete` finds."""
    return _discrete(made(case, overrides), periods, tol)


def made(case: str | Case, overrides: Overrides | None) -> Case:
    """A named case with overrides, or one that is at hand."""
    if isinstance(case, str):
        return load_case(case, overrides)
    assert overrides is None
    return case


@cache
def _solved(case: Case, tol: float) -> Solution:
    return solve(case, tol=tol)


@cache
def _discrete(case: Case, periods: int, tol: float) -> DiscreteSolution:
    return solve_discrete(case, periods, tol=tol)
