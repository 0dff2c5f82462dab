"""pdesolve: the continuous-time limit of a market in which investors choose how much to attend."""

from importlib import import_module
from typing import TYPE_CHECKING

from pdesolve.version import __version__

if TYPE_CHECKING:
    from pdesolve.case import Case, CaseError, case_names, load_case
    from pdesolve.discrete import solve_discrete
    from pdesolve.initial import InitialState
    from pdesolve.solution import Solution, load_solution
    from pdesolve.solver import SolveError, solve
    from pdesolve.statics import sweep

_HOME = {
    "Case": "case",
    "CaseError": "case",
    "InitialState": "initial",
    "Solution": "solution",
    "SolveError": "solver",
    "case_names": "case",
    "load_case": "case",
    "load_solution": "solution",
    "solve": "solver",
    "solve_discrete": "discrete",
    "sweep": "statics",
}

__all__ = [
    "Case",
    "CaseError",
    "InitialState",
    "Solution",
    "SolveError",
    "__version__",
    "case_names",
    "load_case",
    "load_solution",
    "solve",
    "solve_discrete",
    "sweep",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: listing cases needs no arrays."""
    if name not in _HOME:
        raise AttributeError(f"module 'pdesolve' has no attribute {name!r}")
    return getattr(import_module(f"pdesolve.{_HOME[name]}"), name)
