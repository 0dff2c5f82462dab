"""Searches from several starts: where these are, who does it, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import qmc

from pdesolve.case import CaseError
from pdesolve.case.sources import TEXTS, shown
from pdesolve.studies.calibration.free import Free
from pdesolve.studies.calibration.search import Problem, Report, StartRecord, search_start
from pdesolve.studies.executors import SweepError, default_processes, run
from pdesolve.studies.plan import flat
from pdesolve.studies.point import FAILED
from pdesolve.studies.records import check_processes
from pdesolve.studies.store import Store, label
from pdesolve.version import __version__

AROUND = 2.0  # where there are no bounds: starts are spread up to this times a start, and 1/this


def check_count(problem: Problem, starts: int, force: bool, where: str) -> None:
    """Refuse what cannot be searched, before anything is solved; CaseError says why."""
    if isinstance(starts, bool) or not isinstance(starts, int) or starts < 1:
        raise CaseError(f"{where}: starts must be a whole number from 1, got {shown(starts)}")
    few, many = len(problem.targets.values), len(problem.free)
    if few < many and not force:
        rule = f"{many} free parameters need at least as many targets, got {few}"
        raise CaseError(f"{where}: {rule} (--force searches all the same)")


def _spread(problem: Problem, count: int) -> list[tuple[float, ...]]:
    """Starts: those given, and others spread over the bounds (a Sobol sequence)."""
    found = [tuple(one.start for one in problem.free)]
    if count > 1:
        ends = np.array([_reach(one) for one in problem.free])
        power = int(np.ceil(np.log2(count - 1)))
        shares = qmc.Sobol(len(problem.free), rng=0).random_base2(power)
        places = ends[:, 0] + shares[: count - 1] * (ends[:, 1] - ends[:, 0])
        found += [tuple(problem.values(z).values()) for z in places.tolist()]
    return found


def _reach(one: Free) -> tuple[float, float]:
    """Between which z starts are spread."""
    wide = float(np.log(AROUND)) if one.logs else AROUND - 1.0
    low, high = one.z(one.low), one.z(one.high)
    return low if np.isfinite(low) else 1.0 - wide, high if np.isfinite(high) else 1.0 + wide


def search_all(
    problem: Problem,
    starts: int,
    executor: Executor | None,
    processes: int | None,
    store: Path | None,
    report: Report,
) -> list[StartRecord]:
    """Search from every start, loosely."""
    check_processes(processes)
    places, records = _spread(problem, starts), dict[str, StartRecord]()
    with ExitStack() as stack:
        kept = None
        if store is not None:
            kept = stack.enter_context(Store(store, _header(problem), "calibration"))
            records = {at: dict(one) for at, one in kept.records.items()}
            for at, one in records.items():
                if not _is_record(one, problem):
                    raise kept.damage(f"at the start {at}")
        tasks = [(problem, place) for place in places if label(list(place)) not in records]
        count = default_processes(len(tasks)) if processes is None else processes
        here = executor is None and count == 1
        if here:  # each solve is reported
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
            if not here:
                report(float(record.get("chi_squared", np.nan)))
    return [records[label(list(place))] for place in places]


def _header(problem: Problem) -> dict[str, object]:
    """What a store of starts has to agree with."""
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


def reason(records: Iterable[StartRecord]) -> str:
    """Why a start failed, of the first that did."""
    return next((str(one["message"]) for one in records if one["message"]), "no reason is known")
