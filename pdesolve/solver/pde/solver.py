"""Case -> Solution."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from pdesolve.case.arguments import CaseLike, as_case, check_tolerance
from pdesolve.case.errors import PdesolveError
from pdesolve.model.attention.response import NoOptimum
from pdesolve.model.economy import Economy, OutOfReach
from pdesolve.numerics.rootfind import NoConvergence
from pdesolve.solver.pde.accuracy import solve_to_tolerance
from pdesolve.solver.pde.domain import Domain, choose_domain
from pdesolve.solver.pde.passes import PassError
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution


class SolveError(PdesolveError, ArithmeticError):
    """A case that could not be solved, in one sentence."""


def solve(
    case: CaseLike,
    *,
    tol: float | None = None,
    progress: bool = False,
    tuning: Tuning = Tuning(),
) -> Solution:
    """Solve a case.

    Parameters
    ----------
    case : Case, str or path
        A case, or the name or path of one.
    tol : float, optional
        Accuracy of the initial values, from 1e-10 to 0.1, relative to the payoff's sd (price) and
        variance (variance), to themselves (attention, precision rate) and to 1 (log value);
        default `case.numerics.tolerance`.
    progress : bool
        Show a progress bar on standard error if it is a terminal, and say so beforehand if the
        tolerance will take minutes.
    tuning : Tuning
        How to go about it; the defaults need no thought.

    Returns
    -------
    Solution
        `converged` and `message` say whether `tol` was met; `error` holds the estimates.

    Raises
    ------
    CaseError
        If there is no such case, or `tol` is none that can be asked for.
    PriorError
        If the payoff has no equilibrium.
    SolveError
        If there is no solution to report: no optimal attention, an economy too extreme for
        floating-point numbers, or an integration that broke down.
    """
    began = time.perf_counter()
    case = as_case(case)
    tolerance = case.numerics.tolerance if tol is None else check_tolerance(tol)
    try:
        economy = Economy.of(case)
    except OutOfReach as failure:
        raise SolveError(str(failure)) from failure
    try:
        domain = _domain(case.name, economy, tolerance, tuning)
        solution = solve_to_tolerance(case, economy, domain, tolerance, tuning, progress=progress)
    except (NoOptimum, NoConvergence) as failure:
        raise SolveError(f"{case.name}: {failure}") from failure
    except PassError as failure:
        text = f"{case.name}: {failure}"
        if not isinstance(failure.reason, NoOptimum):
            text += f"; {_remedy(economy, domain)}"
        raise SolveError(text) from failure
    note = economy.prior.note
    message = f"{solution.message}; {note}" if note else solution.message
    return replace(solution, seconds=time.perf_counter() - began, message=message)


def _domain(name: str, economy: Economy, tolerance: float, tuning: Tuning) -> Domain:
    """The state space; SolveError if the static market at its edges is beyond the numbers."""
    with np.errstate(all="ignore"):
        domain = choose_domain(economy, tolerance, tuning.domain)
    sizes = domain.low, domain.high, domain.psi_scale, domain.psi_top, domain.finest
    if not np.isfinite(sizes).all():
        raise SolveError(
            f"{name}: the payoff reaches too far from where nearly all of its probability is"
            " for floating-point numbers: lower payoff.high, or what spreads it out"
        )
    return domain


def _remedy(economy: Economy, domain: Domain) -> str:
    """What to change when a case cannot be solved."""
    prior, shock = economy.prior, economy.rho_sigma * economy.horizon**0.5
    return (
        f"supply risk rho sigma sqrt(T) is {shock * prior.sd:.3g} times the payoff's sd, and "
        f"precision up to {domain.psi_top * prior.variance:.3g} times 1/variance can be learned: "
        "lower market.risk_aversion, supply_volatility or horizon, make attention dearer "
        "(attention.cost.scale), or raise numerics.xi_nodes or numerics.max_steps"
    )
