"""Case -> Solution: passes on finer and finer grids until two of them agree."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pdesolve.attention import NoOptimum
from pdesolve.case import Case
from pdesolve.domain import Domain, choose_domain
from pdesolve.equations import FIELDS, Equilibrium
from pdesolve.march import MarchError, Path, march
from pdesolve.numpytypes import Array
from pdesolve.payoff import Prior, make_prior
from pdesolve.solution import ERRORS, Solution

GROWTH = 1.45  # of the number of nodes from pass to pass
SPACING = 1.0  # of the first pass's nodes, in units of the domain's finest length
PASSES = 6
LARGEST = 120_000  # nodes
PROBES = np.array([0.0, -0.4, -0.2, 0.2, 0.4])  # states near the initial one that are compared


class SolveError(ArithmeticError):
    """A case that could not be solved, in one sentence."""


def solve(case: Case, *, tol: float | None = None, progress: bool = False) -> Solution:
    """Solve a case.

    Parameters
    ----------
    case : Case
    tol : float, optional
        Accuracy of the initial values, relative to the payoff's sd (price), the variance, the
        attention and precision rate at the prior's variance, and 1 (log value); default
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
        domain = choose_domain(case, prior)
        solution = _refine(case, prior, domain, tolerance, progress)
    except NoOptimum as failure:
        raise SolveError(f"{case.name}: {failure}") from failure
    return replace(solution, seconds=time.perf_counter() - began)


def _refine(
    case: Case, prior: Prior, domain: Domain, tolerance: float, progress: bool
) -> Solution:
    """Passes on growing grids until two agree to the tolerance."""
    n_xi, n_psi = _first_nodes(case, prior, domain, tolerance)
    previous: Solution | None = None
    used: list[dict[str, int]] = []
    for number in range(PASSES):
        solution = _pass(case, prior, domain, (n_xi, n_psi), tolerance * 0.2**number, progress)
        used.append(solution.steps)
        if previous is not None:
            error = _difference(solution, previous)
            scale = _scales(solution)
            worst = max(ERRORS, key=lambda name: error[name] / scale[name])
            reached = error[worst] / scale[worst]
            solution = replace(
                solution,
                error=error,
                converged=reached <= tolerance,
                message=_message(worst, reached, tolerance),
                steps={**solution.steps, "passes": used},
            )
            if solution.converged:
                break
        previous = solution
        domain = replace(domain, psi_top=_measured_top(solution, domain))
        n_xi, n_psi = (n if n == 1 else round(GROWTH * n) for n in (n_xi, n_psi))
        if n_xi * n_psi > LARGEST:
            break
    return solution


def _first_nodes(
    case: Case, prior: Prior, domain: Domain, tolerance: float
) -> tuple[int, int]:
    """Nodes of the first pass; the degenerate axes of normal and two-point payoffs have one."""
    numerics = case.numerics
    fan = 1.0 + domain.half_range / (0.5 * (domain.high - domain.low)) * domain.psi_top
    grid = domain.grid(2, 2, numerics.order)
    steps = 2.0 * grid.width / domain.finest * fan**0.5 / SPACING
    n_xi = int(np.clip(steps * (1e-5 / tolerance) ** (1 / numerics.order), 40, 240))
    depth = np.log1p(domain.psi_top / domain.psi_scale)
    n_psi = 1 + 3 * round((3.0 + 1.0 * depth) * (1e-5 / tolerance) ** 0.2)
    if prior.is_normal:
        n_xi = 1
    if prior.is_two_point or domain.psi_top == 0.0:
        n_psi = 1
    return numerics.xi_nodes or n_xi, numerics.psi_nodes or n_psi


def _pass(
    case: Case,
    prior: Prior,
    domain: Domain,
    nodes: tuple[int, int],
    tolerance: float,
    progress: bool,
) -> Solution:
    """One solve on one grid."""
    grid = domain.grid(*nodes, case.numerics.order)
    static = prior.cumulants(grid.xi, np.broadcast_to(grid.psi[:, None], grid.xi.shape))
    system = Equilibrium(case=case, grid=grid, static=static)
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
                max_steps=case.numerics.max_steps,
                report=report,
            )
        except MarchError as failure:
            raise SolveError(_where(case, prior, grid.xi, grid.psi, failure)) from failure
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


def _counts(path: Path) -> dict[str, int]:
    return {
        "accepted": path.accepted,
        "rejected": path.rejected,
        "evaluations": path.evaluations,
        "factorisations": path.factorisations,
    }


def _where(case: Case, prior: Prior, xi: Array, psi: Array, failure: MarchError) -> str:
    """Say field, node and time of a breakdown."""
    text = f"{case.name}: {failure} at t = {case.market.horizon - failure.time:.6g}"
    if failure.index is not None:
        line, node, field = failure.index
        at = xi[line, node] + prior.centre * psi[line]
        text += f", first in {FIELDS[field]} at node xi = {at:.6g}, psi = {psi[line]:.6g}"
    return text


def _measured_top(solution: Solution, domain: Domain) -> float:
    """Largest psi to cover in the next pass: what the fastest learner reaches, with a margin."""
    return min(1.02 * float(solution.psi_reached[-1]), 1.5 * domain.psi_top)


def _difference(fine: Solution, coarse: Solution) -> dict[str, float]:
    """Largest change between passes of the values that are reported, at and near the initial state."""
    market = fine.case.market
    half = 0.5 * (fine.prior.high - fine.prior.low)
    width = 1.0 / (half if np.isfinite(half) else fine.prior.sd)
    xi = -market.risk_aversion * market.initial_supply + PROBES * width
    return {
        name: float(np.nanmax(np.abs(getattr(fine, name)(xi) - getattr(coarse, name)(xi))))
        for name in ERRORS
    }


def _scales(solution: Solution) -> dict[str, float]:
    """What the errors are measured against."""
    prior, initial = solution.prior, solution.initial
    tiny = np.finfo(float).tiny
    return {
        "price": prior.sd,
        "variance": max(prior.variance, initial.variance),
        "attention": max(initial.attention, tiny),
        "precision_rate": max(initial.precision_rate, tiny),
        "log_value": 1.0,
    }


def _message(worst: str, reached: float, tolerance: float) -> str:
    """How the solve ended."""
    name = worst.replace("_", " ")
    if reached <= tolerance:
        return f"converged: largest relative error estimate {reached:.1e} ({name})"
    return (
        f"not converged: the {name}'s relative error estimate {reached:.1e} exceeds the "
        f"tolerance {tolerance:.1e}"
    )


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
            total=100, desc=self._label, leave=False, delay=1.0, bar_format="{l_bar}{bar}| {elapsed}"
        )

        def report(time: float) -> None:
            self._tqdm.update(100 * time / self._span - self._tqdm.n)

        return report

    def __exit__(self, *_: object) -> None:
        if self._show:
            self._tqdm.close()
