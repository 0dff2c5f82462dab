"""Case -> Solution."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from pdesolve.case import Case
from pdesolve.model.attention.response import NoOptimum
from pdesolve.model.equations import FIELDS, Equilibrium
from pdesolve.model.payoff.factory import Prior, make_prior
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rootfind import NoConvergence
from pdesolve.numerics.rosenbrock import GAMMA, MarchError, Path, march, step
from pdesolve.solver.pde.budget import PassError
from pdesolve.solver.pde.domain import Domain, choose_domain
from pdesolve.solver.pde.refine import refine
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS


class SolveError(ArithmeticError):
    """A case that could not be solved, in one sentence."""


def solve(case: Case, *, tol: float | None = None, progress: bool = False) -> Solution:
    """Solve a case.

    Parameters
    ----------
    case : Case
    tol : float, optional
        Accuracy of the initial values, relative to the payoff's sd (price) and variance
        (variance), to themselves (attention, precision rate) and to 1 (log value); default
        `case.numerics.tolerance`.
    progress : bool
        Show a progress bar on standard error if it is a terminal.

    Returns
    -------
    Solution
        `converged` and `message` say whether `tol` was met; `error` holds the estimates.

    Raises
    ------
    SolveError
        If there is no solution to report: no optimal attention, or an integration that broke down.
    """
    began = time.perf_counter()
    tolerance = case.numerics.tolerance if tol is None else tol
    prior = make_prior(case.payoff)
    try:
        domain = choose_domain(case, prior, tolerance)
        solution = refine(
            partial(run_pass, case, prior, progress), retrace, case, prior, domain, tolerance
        )
    except (NoOptimum, NoConvergence) as failure:
        raise SolveError(f"{case.name}: {failure}") from failure
    except PassError as failure:
        text = f"{case.name}: {failure}"
        if not isinstance(failure.reason, NoOptimum):
            text += f"; {_remedy(case, domain, prior)}"
        raise SolveError(text) from failure
    return replace(solution, seconds=time.perf_counter() - began)


def _remedy(case: Case, domain: Domain, prior: Prior) -> str:
    """What to change when a case cannot be solved."""
    market = case.market
    shock = market.risk_aversion * market.supply_volatility * market.horizon**0.5
    return (
        f"supply risk rho sigma sqrt(T) is {shock * prior.sd:.3g} times the payoff's sd, and "
        f"precision up to {domain.psi_top * prior.variance:.3g} times 1/variance can be learned: "
        "lower market.risk_aversion, supply_volatility or horizon, make attention dearer "
        "(attention.cost.scale), or raise numerics.xi_nodes or numerics.max_steps"
    )


def run_pass(
    case: Case,
    prior: Prior,
    progress: bool,
    domain: Domain,
    nodes: tuple[int, int],
    tolerance: float,
    max_steps: int,
) -> Solution:
    """One solve on one grid."""
    grid = domain.grid(*nodes, case.numerics.order)
    system = equilibrium(case, prior, grid)
    static = system.static
    local = prior.variance + static.variance
    scale = np.stack([np.sqrt(local), local, np.ones_like(local)], axis=-1)
    horizon = case.market.horizon
    with _bar(horizon, f"{case.name} {grid.n_xi}x{grid.n_psi}", progress) as report:
        try:
            path = march(
                system.linearise,
                np.zeros((*grid.xi.shape, 3)),
                horizon,
                scale=scale,
                tolerance=tolerance,
                max_steps=max_steps,
                report=report,
            )
        except MarchError as failure:
            raise PassError(
                _where(case, prior, grid, failure), failure.reason, failure.attempts
            ) from failure
    return Solution(
        case=case,
        space=grid,
        times=horizon - path.times[::-1],
        states=path.states[::-1],
        rates=path.rates[::-1],
        error=dict.fromkeys(ERRORS, float("nan")),
        converged=False,
        message="one pass: no error estimate",
        grid={"xi_nodes": grid.n_xi, "psi_nodes": grid.n_psi, "order": grid.order},
        steps=_counts(path),
        seconds=0.0,
    )


def equilibrium(case: Case, prior: Prior, grid: Grid) -> Equilibrium:
    """The equations of a case on a grid."""
    return Equilibrium(
        case=case,
        grid=grid,
        static=prior.cumulants(grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape)),
        price_range=(prior.low - prior.centre, prior.high - prior.centre),
        sizes=(prior.sd, prior.variance, 1.0),
    )


def retrace(found: Solution, grid: Grid) -> Solution:
    """Solve on another grid with the very same time steps, so that only the grids differ.

    Raises
    ------
    ArithmeticError
        If a step breaks down.
    """
    system = equilibrium(found.case, found.prior, grid)
    local = system.linearise(np.zeros((*grid.xi.shape, 3)))
    states, rates = [np.zeros((*grid.xi.shape, 3))], [local.initial_rates]
    with np.errstate(all="ignore"):
        for h in np.diff(found.times)[::-1]:
            u, _ = step(local, local.factor(1.0 / (GAMMA * h)), states[-1], float(h))
            local = system.linearise(u)
            states.append(u)
            rates.append(local.initial_rates)
    return replace(found, space=grid, states=np.array(states[::-1]), rates=np.array(rates[::-1]))


def _counts(path: Path) -> dict[str, int]:
    return {
        "accepted": path.accepted,
        "rejected": path.rejected,
        "evaluations": path.evaluations,
        "factorisations": path.factorisations,
    }


def _where(case: Case, prior: Prior, grid: Grid, failure: MarchError) -> str:
    """Say field, node and time of a breakdown."""
    text = f"{failure}, at t = {case.market.horizon - failure.time:.6g}"
    if failure.index is not None:
        line, node, field = failure.index
        psi = grid.psi[line]
        xi = grid.xi[line, node] + prior.centre * psi
        text += f", first in {FIELDS[field]} at node xi = {xi:.6g}, psi = {psi:.6g}"
    return text


class _bar:
    """Progress over time marched: a bar on a terminal, nothing elsewhere."""

    def __init__(self, span: float, label: str, show: bool):
        self._span, self._label = span, label
        self._show = show and sys.stderr.isatty()

    def __enter__(self) -> Callable[[float], None]:
        if not self._show:
            return lambda time: None
        from tqdm import tqdm

        self._tqdm = tqdm(
            total=100,
            desc=self._label,
            leave=False,
            delay=1.0,
            bar_format="{l_bar}{bar}| {elapsed}",
        )

        def report(time: float) -> None:
            self._tqdm.update(100 * time / self._span - self._tqdm.n)

        return report

    def __exit__(self, *_: object) -> None:
        if self._show:
            self._tqdm.close()
