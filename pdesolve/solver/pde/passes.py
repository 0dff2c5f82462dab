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
    Path,
    StepControl,
    counts,
    fixed_steps,
    march,
)
from pdesolve.solver.fields import just_before
from pdesolve.solver.on_grid import Known
from pdesolve.solver.pde.announcements import NewsTuning, Span, announced, pieces, spans
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
    horizon, u, found = economy.horizon, system.at_the_end(), list[Path]()
    cuts, tried = spans(case.market)[::-1], 0
    with _bar(horizon, f"{case.name} {grid.n_xi}x{grid.n_psi}", progress) as report:
        for span in cuts:
            left = horizon - span.end
            try:
                u = announced(system, u, span.precision) if span.precision else u
                path = march(
                    system.linearise,
                    u,
                    span.end - span.start,
                    scale=scale,
                    tolerance=tolerance,
                    max_steps=max(1, max_steps - tried),
                    report=lambda time, left=left: report(left + time),  # type: ignore[misc]
                    control=control,
                )
            except MarchError as failure:
                text, tried = _where(economy, grid, failure, span.end), tried + failure.attempts
                raise PassError(text, failure.reason, tried) from failure
            except ArithmeticError as failure:  # what the news makes of a grid that is too coarse
                text = f"{failure}, at t = {span.end:.6g}, just before an announcement"
                raise PassError(text, failure, tried) from failure
            tried += path.accepted + path.rejected
            u = path.states[-1]
            found.append(path)
    return Solution(
        case=case,
        space=grid,
        times=np.concatenate([_clock(*one) for one in zip(cuts, found, strict=True)][::-1]),
        states=np.concatenate([path.states[::-1] for path in found[::-1]]),
        rates=np.concatenate([path.rates[::-1] for path in found[::-1]]),
        error=dict.fromkeys(ERRORS, float("nan")),
        converged=False,
        message="one pass: no error estimate",
        steps=counts(sum(p.accepted for p in found), sum(p.rejected for p in found)),
        seconds=0.0,
        known=Known(case, economy, grid, system.static),
        sds=domain.sds,
    )


def _clock(span: Span, path: Path) -> Array:
    """Times of a march over a span, increasing; its end is just before the news that ends it."""
    times = np.asarray(span.end - path.times[::-1], dtype=np.float64)
    times[0], times[-1] = span.start, just_before(span.end) if span.precision else span.end
    return times


def retrace(
    found: Solution,
    grid: Grid,
    times: Array | None = None,
    news: NewsTuning = NewsTuning(),
    *,
    progress: bool = False,
) -> Solution:
    """Solve on another grid with the very same time steps, so that only the grids differ.

    Parameters
    ----------
    found : Solution
    grid : Grid
    times : array, optional
        Ends of other time steps, increasing from 0 to the horizon, with both states of every
        announcement.
    news : NewsTuning
    progress : bool
        Show a progress bar on standard error if it is a terminal.

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

    u, cuts, horizon = system.at_the_end(), spans(found.case.market), found.economy.horizon
    with _bar(horizon, f"{found.case.name} {grid.n_xi}x{grid.n_psi}", progress) as report:

        def visit(u: Array, local: Linearised) -> None:
            states.append(u)
            rates.append(local.initial_rates)
            if len(states) > 1:
                report(horizon - times[-len(states)])

        for span, piece in zip(cuts[::-1], pieces(times, found.case.market)[::-1], strict=True):
            u = announced(system, u, span.precision, news) if span.precision else u
            u = fixed_steps(system.linearise, u, np.diff(piece)[::-1].tolist(), visit=visit)
            with np.errstate(all="ignore"):
                visit(u, system.linearise(u))
    return replace(
        found,
        known=Known(found.case, found.economy, grid, system.static),
        space=grid,
        times=times,
        states=np.array(states[::-1]),
        rates=np.array(rates[::-1]),
        steps=counts(times.size - len(cuts)),
    )


def _where(economy: Economy, grid: Grid, failure: MarchError, end: float) -> str:
    """Say field, node and time of a breakdown, in a march that began at `end`."""
    text = f"{failure}, at t = {end - failure.time:.6g}"
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
