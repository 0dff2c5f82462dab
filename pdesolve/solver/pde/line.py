"""One line of xi nodes (a normal payoff): nodes along psi and time steps are refined together.

What is left of the error is not estimated here but measured, against the closed form
(:mod:`pdesolve.solver.normal`), which shares neither grid nor steps with the equations.
"""

from contextlib import suppress
from dataclasses import replace

from pdesolve.solver.normal import normal_initial
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import Metered
from pdesolve.solver.pde.certificate import learned_after_all, widened
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import Errors, change, error_scales, judge, none, times, worst
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
    how, wanted = tuning.line, first.case.numerics.psi_nodes
    truth = _truth(first, how.exact * tolerance)
    best, steps, note = first, tolerance, ""
    narrower, before = how.narrower, float("inf")
    for left in reversed(range(how.passes)):
        steps *= how.tighter
        run.economy = replace(run.economy, jump_width=narrower * run.economy.jump_width)
        count = wanted or more(best.space.n_psi, how.growth)
        try:
            finer = run(domain, ByAxis(1, count), steps)
        except PassError as failure:
            if best is first:
                raise
            note = f"; a finer pass broke down: {failure}"
            break
        moved = change(finer, best, tuning.errors)
        error = times(_error(finer, truth, moved, steps, tolerance, tuning), tuning.errors.safety)
        best = judge(finer, error, tolerance, tuning.errors)
        wider = widened(domain, best, none(), tolerance, tuning.certificate)
        enough = best.converged and worst(finer, moved) <= how.settled * tolerance
        now = worst(finer, error)
        far = left <= how.last and now > how.near * tolerance
        if not left or far or (wider == domain and (enough or wanted)):
            break
        domain, narrower = wider, how.slimmer if now > how.hardly * before else how.narrower
        before = now
    if learned_after_all(best) > 0.0:
        note += "; not certain: somebody learns, and psi has one line"
        best = replace(best, converged=False)
    return replace(best, message=best.message + note)


def _truth(first: Solution, exact: float) -> InitialState | None:
    """The closed form to that accuracy, where it can be had."""
    with suppress(ArithmeticError):
        near = float(first.psi_reached[-1])
        return normal_initial(first.case, rtol=exact, near=near)
    return None


def _error(
    found: Solution,
    truth: InitialState | None,
    moved: Errors,
    steps: float,
    tolerance: float,
    tuning: Tuning,
) -> Errors:
    """Distance from the truth; 0 if refining changed nothing.

    Without a truth, what refining changed, and what steps of that tolerance may leave.
    """
    sizes, doubt = error_scales(found), tuning.line.doubt * tolerance

    def off(name: str) -> float:
        if truth is None:
            return moved[name] + tuning.errors.blind * steps * sizes[name]
        return abs(getattr(found.initial, name) - getattr(truth, name)) + doubt * sizes[name]

    return {name: off(name) if moved[name] > 0.0 else 0.0 for name in TRACKED}
