"""One solve on one grid, and the same again on another with the same time steps."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from pdesolve.case import Case
from pdesolve.case.errors import PdesolveError
from pdesolve.model.economy import Economy
from pdesolve.model.equations import FIELDS
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.rosenbrock import (
    Linearised,
    MarchError,
    StepControl,
    counts,
    fixed_steps,
    march,
)
from pdesolve.solver.on_grid import KnownStatic
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS
from pdesolve.typing import Array


class PassError(PdesolveError, ArithmeticError):
    """A pass that broke down, in one sentence.

    Attributes
    ----------
    reason : Exception or None
        What is behind it.
    attempts : int
        Time steps tried.
    """

    def __init__(self, message: str, reason: Exception | None, attempts: int):
        super().__init__(message)
        self.reason = reason
        self.attempts = attempts


def run_pass(
    case: Case,
    economy: Economy,
    domain: Domain,
    nodes: ByAxis[int],
    tolerance: float,
    max_steps: int,
    *,
    control: StepControl = StepControl(),
    progress: bool = False,
) -> Solution:
    """Solve on one grid.

    Parameters
    ----------
    case : Case
    economy : Economy
        Of that case.
    domain : Domain
    nodes : ByAxis of int
    tolerance : float
        Of the time steps.
    max_steps : int
    control : StepControl
    progress : bool
        Show a progress bar on standard error if it is a terminal.

    Returns
    -------
    Solution
        Without error estimates.

    Raises
    ------
    PassError
        If it breaks down.
    """
    grid = domain.grid(*nodes, case.numerics.order)
    system = Equilibrium.of(economy, grid)
    local = economy.prior.variance + system.static.variance
    scale = np.stack([np.sqrt(local), local, np.ones_like(local)], axis=-1)
    horizon = economy.horizon
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
                control=control,
            )
        except MarchError as failure:
            text = _where(economy, grid, failure)
            raise PassError(text, failure.reason, failure.attempts) from failure
    return Solution(
        case=case,
        space=grid,
        times=horizon - path.times[::-1],
        states=path.states[::-1],
        rates=path.rates[::-1],
        error=dict.fromkeys(ERRORS, float("nan")),
        converged=False,
        message="one pass: no error estimate",
        steps=counts(path.accepted, path.rejected),
        seconds=0.0,
        known_static=KnownStatic(case, grid, system.static),
    )


def retrace(found: Solution, grid: Grid, times: Array | None = None) -> Solution:
    """Solve on another grid with the very same time steps, so that only the grids differ.

    Parameters
    ----------
    found : Solution
    grid : Grid
    times : array, optional
        Ends of other time steps, increasing from 0 to the horizon.

    Raises
    ------
    ArithmeticError
        If a step breaks down.
    """
    times = found.times if times is None else times
    known = found.static_nodes if grid is found.space else None
    system = Equilibrium.of(found.economy, grid, known)
    states: list[Array] = []
    rates: list[Array] = []

    def visit(u: Array, local: Linearised) -> None:
        states.append(u)
        rates.append(local.initial_rates)

    lengths = [float(h) for h in np.diff(times)[::-1]]
    end = fixed_steps(system.linearise, np.zeros((*grid.xi.shape, 3)), lengths, visit=visit)
    with np.errstate(all="ignore"):
        visit(end, system.linearise(end))
    return replace(
        found,
        known_static=KnownStatic(found.case, grid, system.static),
        space=grid,
        times=times,
        states=np.array(states[::-1]),
        rates=np.array(rates[::-1]),
        steps=counts(times.size - 1),
    )


def _where(economy: Economy, grid: Grid, failure: MarchError) -> str:
    """Say field, node and time of a breakdown."""
    text = f"{failure}, at t = {economy.horizon - failure.time:.6g}"
    if failure.index is not None:
        line, node, field = failure.index
        psi = grid.psi[line]
        xi = grid.xi[line, node] + economy.prior.centre * psi
        text += f", first in {FIELDS[field]} at node xi = {xi:.6g}, psi = {psi:.6g}"
    return text


@contextmanager
def _bar(span: float, label: str, show: bool) -> Iterator[Callable[[float], None]]:
    """Progress over time marched: a bar on a terminal, nothing elsewhere."""
    if not (show and sys.stderr.isatty()):
        yield lambda time: None
        return
    from tqdm import tqdm

    form = "{l_bar}{bar}| {elapsed}"
    with tqdm(total=100, desc=label, leave=False, delay=1.0, bar_format=form) as bar:

        def report(time: float) -> None:
            bar.update(100 * time / span - bar.n)

        yield report
