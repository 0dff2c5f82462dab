"""Verification: does the code solve the equations, and are they the limit of the model.

`verify` puts one case through every check that says so: its error bars against a far finer grid,
identities and closed forms, every reported value by a second route, prices of claims and the law of
the states, orders of convergence on manufactured problems and on the case itself, the discrete
model at shorter and shorter periods, and the simulated economy.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from typing import Any

import numpy as np

from pdesolve.case import Case
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution
from pdesolve.verification.check import Check
from pdesolve.verification.discrete_limit import (
    affordable,
    limit_checks,
    on_dates,
    to_the_limit,
)
from pdesolve.verification.error_bars import FINER, bars, within_tolerance
from pdesolve.verification.grid_convergence import (
    Refinement,
    RefinementTuning,
    directions,
    expected_order,
    refinement,
)
from pdesolve.verification.identities import identity_checks
from pdesolve.verification.implications import implication_checks
from pdesolve.verification.order_studies import manufactured_tables
from pdesolve.verification.orders import FitTuning, OrderRow, OrderTable
from pdesolve.verification.periods import Periods
from pdesolve.verification.second_route import second_route_checks
from pdesolve.verification.simulation import simulate
from pdesolve.version import __version__


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How hard `verify` looks; a minute or two on most named cases, four on heavy tails.

    Attributes
    ----------
    finer : ByAxis of float
        Nodes of the far finer grid over the solution's: at orders 8 and 7 its error is a
        twenty-fifth and a hundredth of the solution's.
    periods : (int, int, int)
        Of the discrete model, each twice the last.
    paths, dates : int
        Simulated.
    orders : bool
        Whether every supported order is measured, not only the production scheme's, and the case
        itself is refined.
    """

    finer: ByAxis[float]
    periods: tuple[int, int, int]
    paths: int
    dates: int
    orders: bool


FULL = Effort(finer=FINER, periods=(64, 128, 256), paths=10000, dates=128, orders=True)
QUICK = Effort(  # some ten to forty seconds for most cases
    finer=ByAxis(1.3, 1.6), periods=(32, 64, 128), paths=2000, dates=64, orders=False
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """All that `verify` found.

    Attributes
    ----------
    solution : Solution
    checks : tuple of Check
    manufactured : tuple of OrderTable
        Observed orders with known solutions.
    refined : tuple of Refinement
        Of the case itself; none in quick mode.
    periods : tuple of Periods
        Discrete to continuous.
    settings : dict
    seconds : float
    version : str
    """

    solution: Solution
    checks: tuple[Check, ...]
    manufactured: tuple[OrderTable, ...]
    refined: tuple[Refinement, ...]
    periods: tuple[Periods, ...]
    settings: dict[str, Any]
    seconds: float
    version: str = __version__

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the package and of what it computes with."""
        names = ("findiff", "numpy", "scipy")
        return {"pdesolve": self.version} | {name: metadata.version(name) for name in names}

    @property
    def failures(self) -> tuple[Check, ...]:
        """Checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return not self.failures


def verify(
    case: Case, *, quick: bool = False, tell: Callable[[str], object] = lambda what: None
) -> Report:
    """Put a case through every check.

    Parameters
    ----------
    case : Case
    quick : bool
        Fewer resolutions, periods and paths: under half a minute for most cases.
    tell : callable
        Told what comes next.

    Returns
    -------
    Report

    Raises
    ------
    SolveError
        If the case has no solution to verify.
    """
    began = time.perf_counter()
    effort = QUICK if quick else FULL
    tell("solving")
    solution = solve(case)
    checks = [within_tolerance(solution)]
    tell("error bars")
    checks += _attempt("error bars", lambda: bars(solution, effort.finer))
    tell("identities")
    checks += identity_checks(solution)
    checks += _attempt("second route", lambda: second_route_checks(solution))
    tell("claims and the law of the states")
    checks += _attempt("claims", lambda: implication_checks(solution))
    tell("orders of convergence")
    orders = manufactured_tables(quick=not effort.orders)
    checks += [_order_check(table, "manufactured solutions") for table in orders]
    refined: list[Refinement] = []
    for direction in directions(solution) if effort.orders else ():
        step = partial(_refine, solution, direction, refined)
        checks += _attempt("successive refinement", step)
    tell("discrete model")
    found: list[Periods] = []
    checks += _attempt("discrete model", lambda: _shorten(solution, effort.periods, found))
    tell("simulation")
    checks += simulated(solution, effort)
    return Report(
        solution=solution,
        checks=tuple(checks),
        manufactured=orders,
        refined=tuple(refined),
        periods=tuple(found),
        settings={"quick": quick, "tolerance": case.numerics.tolerance},
        seconds=time.perf_counter() - began,
    )


def _attempt(group: str, check: Callable[[], Iterable[Check]]) -> list[Check]:
    """Run checks; a breakdown is a check that failed."""
    try:
        return list(check())
    except ArithmeticError as failure:
        text = " ".join(str(failure).split())
        return [
            Check(
                group=group,
                name="could be carried out",
                value=float("inf"),
                bound=0.0,
                passed=False,
                note=text,
            )
        ]


# ------------------------------------------------------------------ orders


def _refine(solution: Solution, direction: str, found: list[Refinement]) -> Iterator[Check]:
    """Refine the case itself in one direction."""
    found.append(refinement(solution, direction))
    order = expected_order(solution, direction)
    yield _order_check(
        found[-1].table, "successive refinement", (1.0 - RefinementTuning.least) * order
    )


def _shorten(
    solution: Solution, periods: tuple[int, int, int], found: list[Periods]
) -> Iterator[Check]:
    """Make the discrete model's periods shorter and shorter."""
    chosen = on_dates(solution.case.market, affordable(solution, periods))
    if chosen is None:
        yield Check(
            group="discrete model",
            name="extrapolated from shorter and shorter periods, against the equations",
            value=np.nan,
            bound=np.nan,
            passed=True,
            note="announcements are on no trading dates of few periods",
            decided=False,
        )
        return
    found += to_the_limit(solution, chosen)
    yield from limit_checks(found, has_kink(solution))


def _order_check(table: OrderTable, group: str, band: float = FitTuning.band) -> Check:
    """Verdict on a table of orders: the row that is furthest from theory."""

    def distance(row: OrderRow) -> float:
        if not np.isfinite(row.expected) or row.fitted.used < 2:
            return 0.0
        return abs(row.fitted.order - row.expected)

    worst = max(table.failures or table.rows, key=distance)
    order = f"{worst.fitted.order:.2f} against {worst.expected:g}"
    if not np.isfinite(worst.expected):
        order = f"{worst.fitted.order:.2f}, none expected"
    where = f"{worst.field.replace('_', ' ')}, {worst.norm}, {worst.region}: {order}"
    return Check(
        group=group,
        name=f"{table.name}: fitted order less theory's",
        value=distance(worst),
        bound=band,
        passed=table.passed,
        note="; ".join(text for text in (where, worst.note, table.note) if text),
    )


# ------------------------------------------------------------------ simulation


def simulated(solution: Solution, effort: Effort) -> Iterator[Check]:
    """Means over simulated paths."""
    for one in simulate(solution, paths=effort.paths, steps=effort.dates).estimates:
        yield Check(
            group="simulation",
            name=one.name,
            value=abs(one.value - one.expected),
            bound=one.allowed,
            passed=one.passed,
            unit=f"{one.tuning.allowed:g} standard errors and what dates leave",
            note=f"{one.value:.5g} ± {one.standard_error:.1g} against {one.expected:.5g}",
        )
