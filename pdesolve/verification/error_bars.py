"""Error bars: within the tolerance, and against one pass on a wider and far finer grid."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.solver.pde.errors import worst
from pdesolve.solver.pde.passes import run_pass
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.solution import Solution
from pdesolve.verification.check import Check, barred

FINER = ByAxis(1.5, 2.0)  # nodes over the solution's: at orders 8 and 7 a twenty-fifth of its error
LINES = 13  # along psi for what has one, times as many
GATHERED = 1.9  # times as many along xi do as well near the start if they are not gathered there


def within_tolerance(solution: Solution) -> Check:
    """Whether every error bar is."""
    return Check(
        group="error bars",
        name="largest error bar within the tolerance",
        value=worst(solution, solution.error),
        bound=solution.case.numerics.tolerance,
        passed=solution.converged,
        unit="of the field's scale",
    )


def alike(space: Grid) -> float:
    """Elements along psi over the grid's, if all are to be as short as its shortest."""
    lengths = np.diff(space.eta[:: space.stages])
    return float(lengths.mean() / lengths.min()) if space.density else 1.0


def bars(solution: Solution, finer: ByAxis[float] = FINER) -> Iterator[Check]:
    """Each reported value against one pass on a wider and much finer grid."""
    tolerance, space = solution.case.numerics.tolerance, solution.space
    domain = choose_domain(solution.economy, 1e-3 * tolerance)
    psi_top, wanted = min(1.1 * space.psi_known, domain.psi_informed), [space.n_xi, space.n_psi]
    if space.n_psi == 1 and not solution.prior.is_two_point:  # does nobody learn?
        psi_top, wanted[1] = 1.0 / solution.prior.variance, LINES
    domain = replace(domain, psi_top=psi_top)
    if space.n_xi == 1:  # cheap, and its bars may be far below the tolerance
        finer = ByAxis(1.0, max(finer.psi, 2.0))
    nodes = [1 if n == 1 else round(more * n) for n, more in zip(wanted, finer, strict=True)]
    if space.n_xi > 1 and has_kink(solution):  # where the solution's are
        nodes = [round(GATHERED * nodes[0]), round(alike(space) * nodes[1])]
    largest = worst(solution, solution.bars)
    steps = 0.05 * min(tolerance, largest if largest > 0.0 else tolerance)
    better = run_pass(solution.case, solution.economy, domain, ByAxis(*nodes), steps, 4000)
    for name in barred(solution):
        gap = abs(getattr(better.initial, name) - getattr(solution.initial, name))
        bound = max(solution.bars[name], 1e-11 * abs(getattr(better.initial, name)))
        yield Check(
            group="error bars",
            name=f"{name.replace('_', ' ')}: distance from {nodes[0]} x {nodes[1]} nodes",
            value=gap,
            bound=bound,
            passed=gap <= bound,
            unit="error bar",
        )
