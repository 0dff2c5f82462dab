"""pdesolve: the continuous-time limit of a market in which investors choose how much to attend."""

from importlib import import_module
from typing import TYPE_CHECKING

from pdesolve.version import __version__

if TYPE_CHECKING:
    from pdesolve.case import Case, CaseError, case_names, load_case
    from pdesolve.plotting.sweep_page import plot_sweep
    from pdesolve.solver.discrete.solver import solve_discrete
    from pdesolve.solver.pde.solver import SolveError, solve
    from pdesolve.solver.solution import Solution, load_solution
    from pdesolve.solver.values import InitialState
    from pdesolve.studies.statics import sweep

_HOME = {
    "Case": "case",
    "CaseError": "case",
    "InitialState": "solver.values",
    "Solution": "solver.solution",
    "SolveError": "solver.pde.solver",
    "case_names": "case",
    "load_case": "case",
    "load_solution": "solver.solution",
    "plot_sweep": "plotting.sweep_page",
    "solve": "solver.pde.solver",
    "solve_discrete": "solver.discrete.solver",
    "sweep": "studies.statics",
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
    "plot_sweep",
    "solve",
    "solve_discrete",
    "sweep",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: listing cases needs no arrays."""
    if name not in _HOME:
        raise AttributeError(f"module 'pdesolve' has no attribute {name!r}")
    return getattr(import_module(f"pdesolve.{_HOME[name]}"), name)
