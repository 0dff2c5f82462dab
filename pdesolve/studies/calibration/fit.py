"""Case, free parameters and targets -> Calibration."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case.arguments import CaseLike, as_case, check_tolerance
from pdesolve.case.errors import PdesolveError
from pdesolve.finance.quote_files import QuotesLike
from pdesolve.studies.calibration.derivatives import DerivativeTuning, NoSlope
from pdesolve.studies.calibration.free import read_free
from pdesolve.studies.calibration.inference import Inference, decrement, infer, misfit
from pdesolve.studies.calibration.notes import notes_on, verdict
from pdesolve.studies.calibration.results import Calibration
from pdesolve.studies.calibration.search import Found, Problem, Report, Search, StartRecord
from pdesolve.studies.calibration.search import tolerances as stages_of
from pdesolve.studies.calibration.starts import check_count, reason, search_all
from pdesolve.studies.calibration.targets import read_targets
from pdesolve.studies.point import CONVERGED, FAILED
from pdesolve.typing import Array

GOAL, SHORT = 0.01, 0.05  # standard errors that it is meant to be from the least misfit; may be
ROUNDS = 4  # of steps by exact slopes
EDGE = 1e-9  # of z, to a bound


class CalibrationError(PdesolveError, ArithmeticError):
    """Why there is no answer, in one sentence."""


def calibrate(
    case: CaseLike,
    free: Mapping[str, Any] | Iterable[str],
    targets: Mapping[str, Any],
    *,
    quotes: QuotesLike | None = None,
    covariance: ArrayLike | None = None,
    tol: float | None = None,
    starts: int = 1,
    executor: Executor | None = None,
    processes: int | None = None,
    store: str | Path | None = None,
    progress: bool = False,
    force: bool = False,
) -> Calibration:
    """Find the parameters of a case that imply what is observed.

    The misfit is the targets' gaps, squared and weighted by the inverse of their covariance
    (methods.md, calibration). Parameters that have to be positive are searched in logarithms.

    Parameters
    ----------
    case : Case, str or path
        A case, or the name or path of one.
    free : mapping or iterable of str
        Dotted keys of real parameters; with each, perhaps, a mapping with `start` (by default the
        case's value), `low` and `high`.
    targets : mapping
        Name of a reported value (`Solution.reported`) -> (value, standard error), or a mapping with
        `value` and `sd`; the value alone, where the covariance is given.
    quotes : path of a CSV file, list of mappings or Quotes, optional
        Prices of options: strike, call or put (or bid and ask), sd, maturity.
    covariance : array_like, optional
        Of the noise in the targets; quotes are independent of it.
    tol : float, optional
        Accuracy of the last solves, in place of `case.numerics.tolerance`.
    starts : int
        How many searches: the first from the starts that are given, the others spread between the
        bounds, or where there are none up to twice and half the start.
    executor, processes
        Where to search from several starts, as in `sweep`.
    store : path-like, optional
        File to which finished starts are appended; what it has is not searched again.
    progress : bool
        Show a line with the misfit on standard error if it is a terminal.
    force : bool
        Go on with fewer targets than free parameters.

    Returns
    -------
    Calibration
        As text, a table; `parameters`, `se()`, `ci()`, `summary()`, `sensitivity()`, `profile(key)`
        and more. `converged`, `identified` and `message` say what to think of it.

    Raises
    ------
    CaseError
        If a key, target, bound or start is none that there can be, or there are fewer targets than
        free parameters; nothing is solved then.
    CalibrationError
        If no start can be solved.
    StoreError, SweepError
        As in `sweep`.
    """
    case = as_case(case)
    if tol is not None:
        case = replace(case, numerics=replace(case.numerics, tolerance=check_tolerance(tol)))
    problem = Problem(case, read_free(case, free), read_targets(case, targets, quotes, covariance))
    path = None if store is None else Path(store)
    return calibrate_problem(
        problem, starts, executor, processes, path, progress=progress, force=force
    )


def calibrate_problem(
    problem: Problem,
    starts: int = 1,
    executor: Executor | None = None,
    processes: int | None = None,
    store: Path | None = None,
    *,
    progress: bool = False,
    force: bool = False,
    where: str = "calibrate",
) -> Calibration:
    """The same of a problem that is checked; `where` is what messages blame."""
    began = time.perf_counter()
    check_count(problem, starts, force, where)
    with _line(problem.case.name, progress) as report:
        records = search_all(problem, starts, executor, processes, store, report)
        found = [one for one in records if one["status"] != FAILED]
        if not found:
            raise CalibrationError(
                f"{problem.case.name}: no start can be solved: {reason(records)}"
            )
        best = min(found, key=lambda one: float(one["chi_squared"]))
        search = Search(problem, report)
        try:
            last = search.run(problem.place(best["values"]), stages_of(problem.case)[-1:])
            answer = _answer(search, last, records)
        except (NoSlope, ValueError, ArithmeticError) as failure:
            places = zip(problem.free, best["values"], strict=True)
            near = ", ".join(f"{one.key} = {value:.6g}" for one, value in places)
            text = f"not solved at the answer, near {near}: {' '.join(str(failure).split())}"
            rule = "a low or high for what is free keeps the search away"
            raise CalibrationError(f"{problem.case.name}: {text} ({rule})") from failure
    solves = search.solves + sum(int(one["solves"]) for one in records)
    return replace(answer, solves=solves, seconds=time.perf_counter() - began)


def _answer(search: Search, found: Found, records: list[StartRecord]) -> Calibration:
    """The least misfit by exact slopes, from near it, and what is known there."""
    problem, covariance = search.problem, search.problem.targets.covariance
    tolerance, (low, high) = problem.case.numerics.tolerance, problem.bounds
    for _ in range(ROUNDS):
        jacobian = search.slopes(found.z, tolerance, DerivativeTuning())
        inside = (found.z > low + EDGE) & (found.z < high - EDGE)
        inference = infer(jacobian.value[:, inside], jacobian.change[:, inside], covariance)
        short = _short(inference, covariance, search.gap(found.observed), found.observed.error)
        before = found.z
        if short > GOAL:
            found = search.run(found.z, (tolerance,), jacobian.value)
        if (found.z == before).all():
            break
    answer = Calibration(
        problem=problem,
        solution=found.solution,
        observed=found.observed,
        z=found.z,
        at_bound=~inside,
        slopes=jacobian.value,
        inference=inference,
        converged=short <= SHORT
        and (found.settled or not inference.unidentified.size)
        and found.solution.converged,
        verdict="",
        notes=(),
        starts=tuple(records),
        solves=search.solves,
        seconds=0.0,
    )
    notes = notes_on(answer, short if short > SHORT else 0.0, found)
    ended = sum(one["status"] == CONVERGED for one in records)
    return replace(answer, verdict=verdict(answer, ended), notes=notes)


def _short(known: Inference, covariance: Array, gap: Array, error: Array) -> float:
    """Standard errors to the least misfit, beyond what the solver's error may account for.

    Where the misfit is more than the noise accounts for, errors are as large as it would have them.
    """
    wide = max(1.0, float(np.sqrt(misfit(covariance, gap) / gap.size)))
    solver = decrement(known, covariance, error)
    return max(decrement(known, covariance, gap) - solver, 0.0) / wide


@contextmanager
def _line(name: str, show: bool) -> Iterator[Report]:
    """A line with the number of solves and the misfit: on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    least = np.inf
    with tqdm(desc=name, unit="solve", leave=False, disable=None if show else True) as bar:

        def report(misfit: float) -> None:
            nonlocal least
            least = min(least, misfit) if np.isfinite(misfit) else least
            bar.update()
            bar.set_postfix_str(f"misfit {misfit:.3g}, least {least:.3g}")  # drawn every time

        yield report
