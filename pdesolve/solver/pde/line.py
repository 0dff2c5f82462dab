"""One line of xi nodes (a normal payoff): nodes along psi and time steps are refined together.

What is left of the error is not estimated here but measured, against the closed form
(:mod:`pdesolve.solver.normal`), which shares neither grid nor steps with the equations.
"""

from contextlib import suppress
from dataclasses import replace

from pdesolve.solver.normal import normal_initial
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import Metered
from pdesolve.solver.pde.certificate import widened
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import Errors, change, judge, times, worst
from pdesolve.solver.pde.first import more
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import TRACKED, InitialState


def refine_line(
    run: Metered, domain: Domain, first: Solution, tolerance: float, tuning: Tuning
) -> Solution:
    """Refine until the error is small, and so is what refining changes.

    Parameters
    ----------
    run : Metered
    domain : Domain
    first : Solution
        A first pass over it.
    tolerance : float
    tuning : Tuning

    Returns
    -------
    Solution
        Of the last pass, with its errors and verdict.

    Raises
    ------
    PassError
        If a pass breaks down.
    """
    how, wanted, truth = tuning.line, first.case.numerics.psi_nodes, _truth(first)
    best, steps, note = first, tolerance, ""
    for left in reversed(range(how.passes)):
        steps *= how.tighter
        count = wanted or more(best.space.n_psi, how.growth)
        try:
            finer = run(domain, ByAxis(1, count), steps)
        except PassError as failure:
            if best is first:
                raise
            note = f"; a finer pass broke down: {failure}"
            break
        moved = change(finer, best, tuning.errors)
        error = times(_error(finer, truth, moved), tuning.errors.safety)
        best = judge(finer, error, tolerance, tuning.errors)
        wider = widened(domain, best, tolerance, tuning.pilot.margin)
        enough = best.converged and worst(finer, moved) <= how.settled * tolerance
        if not left or (wider == domain and (enough or wanted)):
            break
        domain = wider
    return replace(best, message=best.message + note)


def _truth(first: Solution) -> InitialState | None:
    """The closed form, where that can be had."""
    with suppress(ArithmeticError):
        return normal_initial(first.case)
    return None


def _error(found: Solution, truth: InitialState | None, moved: Errors) -> Errors:
    """Distance from the truth, or else what refining changed; 0 if it changed nothing."""
    if truth is None:
        return moved
    off = {name: abs(getattr(found.initial, name) - getattr(truth, name)) for name in TRACKED}
    return {name: off[name] if moved[name] > 0.0 else 0.0 for name in TRACKED}
