"""Case, free parameters and targets -> Calibration."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import qmc

from pdesolve.case import CaseError
from pdesolve.case.arguments import CaseLike, as_case, check_tolerance
from pdesolve.case.errors import PdesolveError
from pdesolve.case.sources import shown
from pdesolve.finance.quote_files import QuotesLike
from pdesolve.studies.calibration.derivatives import DerivativeTuning, NoSlope
from pdesolve.studies.calibration.free import Free, read_free
from pdesolve.studies.calibration.inference import decrement, infer, misfit
from pdesolve.studies.calibration.notes import notes_on, verdict
from pdesolve.studies.calibration.results import Calibration
from pdesolve.studies.calibration.search import Found, Problem, Report, Search, search_start
from pdesolve.studies.calibration.search import tolerances as stages_of
from pdesolve.studies.calibration.targets import read_targets
from pdesolve.studies.executors import SweepError, default_processes, run
from pdesolve.studies.point import CONVERGED, FAILED
from pdesolve.studies.store import Store, label
from pdesolve.version import __version__

AROUND = 2.0  # where there are no bounds: starts are spread up to this times a start, and 1/this
GOAL, SHORT = 0.01, 0.05  # standard errors that it is meant to be from the least misfit; may be
ROUNDS = 4  # of steps by exact slopes
EDGE = 1e-9  # of z, to a bound

StartRecord = dict[str, Any]


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
        records = _searched(problem, starts, executor, processes, store, report)
        found = [one for one in records if one["status"] != FAILED]
        if not found:
            raise CalibrationError(f"{problem.case.name}: no start can be solved: {_why(records)}")
        best = min(found, key=lambda one: float(one["chi_squared"]))
        search = Search(problem, report)
        try:
            last = search.run(problem.place(best["values"]), stages_of(problem.case)[-1:])
            answer = _answer(search, last, records)
        except (NoSlope, ValueError, ArithmeticError) as failure:
            text = " ".join(str(failure).split())
            raise CalibrationError(f"{problem.case.name}: not solved at the answer: {text}") from (
                failure
            )
    solves = search.solves + sum(int(one["solves"]) for one in records)
    return replace(answer, solves=solves, seconds=time.perf_counter() - began)


def check_count(problem: Problem, starts: int, force: bool, where: str) -> None:
    """Refuse what cannot be searched, before anything is solved; CaseError says why."""
    if isinstance(starts, bool) or not isinstance(starts, int) or starts < 1:
        raise CaseError(f"{where}: starts must be a whole number from 1, got {shown(starts)}")
    few, many = len(problem.targets.values), len(problem.free)
    if few < many and not force:
        rule = f"{many} free parameters need at least as many targets, got {few}"
        raise CaseError(f"{where}: {rule} (--force searches all the same)")


def spread(problem: Problem, count: int) -> list[tuple[float, ...]]:
    """Starts: those given, and others spread over the bounds (a Sobol sequence)."""
    found = [tuple(one.start for one in problem.free)]
    if count > 1:
        ends = np.array([_reach(one) for one in problem.free])
        power = int(np.ceil(np.log2(count)))
        shares = qmc.Sobol(len(problem.free), scramble=False).random_base2(power)
        places = ends[:, 0] + (shares[1:] if power else shares) * (ends[:, 1] - ends[:, 0])
        for z in places[: count - 1].tolist():
            found.append(tuple(problem.values(z).values()))
    return found


def _reach(one: Free) -> tuple[float, float]:
    """Between which z starts are spread."""
    wide = float(np.log(AROUND)) if one.logs else AROUND - 1.0
    low, high = one.z(one.low), one.z(one.high)
    return low if np.isfinite(low) else 1.0 - wide, high if np.isfinite(high) else 1.0 + wide


def _searched(
    problem: Problem,
    starts: int,
    executor: Executor | None,
    processes: int | None,
    store: Path | None,
    report: Report,
) -> list[StartRecord]:
    """Search from every start, loosely."""
    if processes is not None and processes < 1:
        raise CaseError(f"processes must be at least 1, got {processes}")
    places, records = spread(problem, starts), dict[str, StartRecord]()
    with ExitStack() as stack:
        kept = None if store is None else stack.enter_context(Store(store, header(problem)))
        if kept is not None:
            records = {at: dict(one) for at, one in kept.records.items()}
            for at, one in records.items():
                if not _is_record(one, problem):
                    raise kept.damage(f"at the start {at}")
        tasks = [(problem, place) for place in places if label(list(place)) not in records]
        count = default_processes(len(tasks)) if processes is None else processes
        if executor is None and count == 1:  # here, where each solve can be seen
            done: Iterator[StartRecord] = (search_start(task, report) for task in tasks)
        else:
            done = stack.enter_context(closing(run(search_start, tasks, executor, count)))
        for record in done:
            if record["version"] != __version__:
                text = f"a worker has pdesolve {record['version']}, this is {__version__}"
                raise SweepError(text)
            if kept is not None:
                kept.append(record)
            records[label(record["at"])] = record
            report(float(record.get("chi_squared", np.nan)))
    return [records[label(list(place))] for place in places]


def header(problem: Problem) -> dict[str, object]:
    """What a store of starts has to agree with."""
    from pdesolve.case.sources import TEXTS
    from pdesolve.studies.plan import flat

    free, targets = problem.free, problem.targets
    parameters = {key: value for key, value in flat(problem.case).items() if key not in TEXTS}
    for one in free:
        del parameters[one.key]
    return {
        "version": __version__,
        "case": problem.case.name,
        "free": {one.key: [one.start, one.low, one.high] for one in free},
        "targets": dict(zip(targets.labels, targets.values.tolist(), strict=True)),
        "covariance": targets.covariance.tolist(),
        "parameters": parameters,
    }


def _is_record(one: Mapping[str, Any], problem: Problem) -> bool:
    """Whether something that was read is what `search_start` hands back."""
    if not all(isinstance(one.get(name), str) for name in ("status", "message", "version")):
        return False
    if not isinstance(one.get("solves"), int):
        return False
    if one["status"] == FAILED:
        return True
    values = one.get("values")
    return (
        isinstance(one.get("chi_squared"), float)
        and isinstance(values, list)
        and len(values) == len(problem.free)
        and all(isinstance(value, float) for value in values)
    )


def _why(records: Iterable[StartRecord]) -> str:
    return next((str(one["message"]) for one in records if one["message"]), "no reason is known")


def _answer(search: Search, found: Found, records: list[StartRecord]) -> Calibration:
    """The least misfit by exact slopes, from near it, and what is known there."""
    problem, covariance = search.problem, search.problem.targets.covariance
    tolerance, (low, high) = problem.case.numerics.tolerance, problem.bounds
    for _ in range(ROUNDS):
        jacobian = search.slopes(found.z, tolerance, DerivativeTuning())
        inside = (found.z > low + EDGE) & (found.z < high - EDGE)
        inference = infer(jacobian.value[:, inside], jacobian.change[:, inside], covariance)
        gap = search.gap(found.observed)
        wide = max(1.0, np.sqrt(misfit(covariance, gap) / gap.size))  # errors by the misfit, over
        short = decrement(inference, covariance, gap) / wide  # those by the noise
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
        converged=found.settled and short <= SHORT and found.solution.converged,
        verdict="",
        notes=(),
        starts=tuple(records),
        solves=search.solves,
        seconds=0.0,
    )
    notes = notes_on(answer, short if short > SHORT else 0.0, found)
    ended = sum(one["status"] == CONVERGED for one in records)
    return replace(answer, verdict=verdict(answer, ended), notes=notes)


@contextmanager
def _line(name: str, show: bool) -> Iterator[Report]:
    """A line with the number of solves and the misfit: on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    least = np.inf
    with tqdm(desc=name, unit="solve", leave=False, disable=None if show else True) as bar:

        def report(misfit: float) -> None:
            nonlocal least
            least = min(least, misfit) if np.isfinite(misfit) else least
            bar.set_postfix_str(f"misfit {misfit:.3g}, least {least:.3g}", refresh=False)
            bar.update()

        yield report
