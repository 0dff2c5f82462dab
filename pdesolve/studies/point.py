"""One point of a sweep: what a worker does, and the plain record that it hands back."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pdesolve.case import Case, case_to_dict
from pdesolve.case.schema import build_case, with_number
from pdesolve.case.sources import Source, flatten
from pdesolve.version import __version__

CONVERGED, NOT_CONVERGED, FAILED = "converged", "not converged", "failed"
STATUSES = (CONVERGED, NOT_CONVERGED, FAILED)

Record = dict[str, Any]


class Task(NamedTuple):
    """A point to solve: its case, the values that make it, and the parameters to differentiate.

    And what is to be found besides what the solve reports, by name.
    """

    case: Case
    at: tuple[object, ...]
    slopes: tuple[str, ...]
    also: tuple[str, ...] = ()


def vary_case(case: Case, values: Mapping[str, object], blamed: str = "--vary") -> Case:
    """Change values of a case by dotted key.

    Raises
    ------
    CaseError
        If there is no such case; the message says what is to blame.
    """
    below = flatten(case_to_dict(case), Source(case.name, Path()))
    source = Source(f"{case.name} ({blamed})", Path())
    return build_case(case.name, case.name, [below, flatten(values, source)], None)


def vary_each(case: Case, keys: Iterable[str]) -> dict[str, Callable[[float], Case]]:
    """By key of a real parameter: from its value to the case with it; errors as in `vary_case`."""

    def one(key: str, value: float) -> Case:
        return with_number(case, key, value) or vary_case(case, {key: value})

    return {key: partial(one, key) for key in keys}


def solve_point(task: Task) -> Record:
    """Solve one point.

    Whatever goes wrong with it is part of the record, except for want of memory; what it says does
    not depend on other points, on the process or on the order.

    Returns
    -------
    dict
        ``at``, ``also``, ``status``, ``message``, ``values``, ``error``, ``slope`` and
        ``slope_error`` (by parameter), ``seconds`` and ``version``; nothing but numbers, text,
        lists and dicts.
    """
    began = time.perf_counter()
    record: Record = {"at": list(task.at), "also": list(task.also), "version": __version__}
    try:
        record |= _solved(task)
    except MemoryError:
        raise
    except Exception as failure:  # a point that fails must not end the others; it says why
        text = " ".join(str(failure).split())
        if not isinstance(failure, ArithmeticError | ValueError):
            text = f"{type(failure).__name__}: {text}"
        record |= {"status": FAILED, "message": text}
    return {**record, "seconds": time.perf_counter() - began}


def is_record(record: Mapping[str, object], slopes: Iterable[str]) -> bool:
    """Whether something that was read is what `solve_point` hands back, with these slopes."""
    from pdesolve.solver.values import BARS, VALUES

    status, also = record.get("status"), record.get("also")
    if status not in STATUSES or not isinstance(also, list):
        return False
    texts = (record.get("message"), record.get("version"), *also)
    if not all(isinstance(text, str) for text in texts):
        return False
    if status == FAILED:
        return True
    parts = {"values": (*VALUES, *also), "error": (*BARS, *also)}
    found = [(record.get(part), names) for part, names in parts.items()]
    for part in ("slope", "slope_error"):
        by_key = record.get(part)
        if not isinstance(by_key, dict):
            return False
        found += [(by_key.get(key), VALUES) for key in slopes]
    return all(
        isinstance(part, dict) and all(isinstance(part.get(name), float) for name in names)
        for part, names in found
    )


def has(record: Record, also: Iterable[str]) -> bool:
    """Whether a point need not be solved again for these; those it had may be why it failed."""
    there, asked = set(record["also"]), set(also)
    return there == asked if record["status"] == FAILED else asked <= there


def _solved(task: Task) -> Record:
    """Values, errors and slopes of a point."""
    from pdesolve.finance.by_name import reported
    from pdesolve.solver.pde.solver import solve
    from pdesolve.studies.slopes import slopes_to

    found = solve(task.case)
    by_key = slopes_to(found, vary_each(task.case, task.slopes))
    further = reported(found, task.also)
    return {
        "status": CONVERGED if found.converged else NOT_CONVERGED,
        "message": found.message,
        "values": asdict(found.initial) | {name: one.value for name, one in further.items()},
        "error": found.bars | {name: one.error for name, one in further.items()},
        "slope": {key: one.value for key, one in by_key.items()},
        "slope_error": {key: one.error for key, one in by_key.items()},
    }
