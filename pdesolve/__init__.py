"""The continuous-time limit of a market in which investors choose how much to attend.

    import pdesolve

    case = pdesolve.load_case("baseline", {"market.risk_aversion": 2.0})
    solution = pdesolve.solve(case)
    solution.initial.price, solution.error["price"]

Cases

    case_names       names of the cases that come with the package
    load_case        a case by name or from a TOML file, changed where you say
    Case             the parameters, checked

Solutions

    solve            the equilibrium of a case, each reported value with an error bar
    solve_discrete   the same of the discrete model, of so many trading periods
    load_solution    a solution that was saved
    Solution         price, variance, attention, ... in any state at any time
    InitialState     the reported values, at t = 0

Studies

    sweep            a case over its parameters, as labelled arrays
    calibrate        the parameters that imply what is observed, and what is known of them
    plot_sweep       a sweep as curves over one key, or contours over two
    compare          a few cases side by side, and how far apart they are
    solve_many       any number of cases, as labelled arrays of their reported values

What a market implies (methods of a Solution do most)

    simulate_blocks  paths block by block, where all of them would take too much memory
    implied_attention   what option quotes say of variance and attention
    path_means       means over any number of simulated paths, with their errors

Investing

    growth_optimal   the fraction, or weights, that make wealth grow fastest under given returns
    growth_among     the weights of solved cases, as assets that pay independently
    portfolio        weights of assets, from their returns, by any of ten methods

Errors

    CaseError        what is wrong with a case: file, key, rule and value
    SolveError       why a case could not be solved

`help(pdesolve.solve)` says more about each; so do `pdesolve --help` and the commands' own help on
the command line. Units are money, shares, time and attention, each whatever you measure it in.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from pdesolve.version import __version__

if TYPE_CHECKING:
    from pdesolve.case import Case, CaseError, case_names, load_case
    from pdesolve.finance.attention_implied import implied_attention
    from pdesolve.finance.averages import path_means
    from pdesolve.finance.simulation import simulate_blocks
    from pdesolve.investing.among_cases import growth_among
    from pdesolve.investing.growth import growth_optimal
    from pdesolve.investing.portfolios import portfolio
    from pdesolve.plotting.sweep_page import plot_sweep
    from pdesolve.solver.discrete.solver import solve_discrete
    from pdesolve.solver.pde.solver import SolveError, solve
    from pdesolve.solver.solution import Solution, load_solution
    from pdesolve.solver.values import InitialState
    from pdesolve.studies.calibration.fit import calibrate
    from pdesolve.studies.comparison import compare
    from pdesolve.studies.many import solve_many
    from pdesolve.studies.statics import sweep

_HOME = {
    "Case": "case",
    "CaseError": "case",
    "InitialState": "solver.values",
    "Solution": "solver.solution",
    "SolveError": "solver.pde.solver",
    "calibrate": "studies.calibration.fit",
    "case_names": "case",
    "compare": "studies.comparison",
    "growth_among": "investing.among_cases",
    "growth_optimal": "investing.growth",
    "implied_attention": "finance.attention_implied",
    "load_case": "case",
    "load_solution": "solver.solution",
    "path_means": "finance.averages",
    "plot_sweep": "plotting.sweep_page",
    "portfolio": "investing.portfolios",
    "simulate_blocks": "finance.simulation",
    "solve": "solver.pde.solver",
    "solve_discrete": "solver.discrete.solver",
    "solve_many": "studies.many",
    "sweep": "studies.statics",
}

__all__ = [
    "Case",
    "CaseError",
    "InitialState",
    "Solution",
    "SolveError",
    "__version__",
    "calibrate",
    "case_names",
    "compare",
    "growth_among",
    "growth_optimal",
    "implied_attention",
    "load_case",
    "load_solution",
    "path_means",
    "plot_sweep",
    "portfolio",
    "simulate_blocks",
    "solve",
    "solve_discrete",
    "solve_many",
    "sweep",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: listing cases needs no arrays."""
    if name not in _HOME:
        raise AttributeError(f"module 'pdesolve' has no attribute {name!r}")
    return getattr(import_module(f"pdesolve.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """Public names too that have not been imported yet, for `help` and for completion."""
    return sorted({*globals(), *__all__})
