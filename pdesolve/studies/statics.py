"""Comparative statics: the initial values of a case over its parameters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pdesolve.case import case_to_dict
from pdesolve.case.arguments import CaseLike, as_case, check_tolerance
from pdesolve.case.keys import describe_in
from pdesolve.solver.values import QUANTITIES, VALUES
from pdesolve.studies.executors import SweepError
from pdesolve.studies.plan import Plan, make_plan
from pdesolve.studies.point import FAILED, STATUSES, Record, Task, has, is_record
from pdesolve.studies.records import check_processes, reported, solved
from pdesolve.studies.store import Store, label
from pdesolve.version import __version__

if TYPE_CHECKING:
    import xarray

__all__ = ["SweepError", "failures", "run_plan", "sweep"]


def sweep(
    case: CaseLike,
    vary: Mapping[str, Iterable[Any]],
    *,
    executor: Executor | None = None,
    processes: int | None = None,
    tol: float | None = None,
    slopes: bool | None = None,
    also: str | Iterable[str] = (),
    store: str | Path | None = None,
    progress: bool = False,
) -> xarray.Dataset:
    """Solve a case for every combination of parameters.

    A point that cannot be solved is recorded with its reason and the others go on. Points are
    solved on their own, so the result does not depend on where, or in what order, that happens.

    Parameters
    ----------
    case : Case, str or path
        A case, or the name or path of one.
    vary : mapping
        Dotted key -> values, for instance ``{"market.risk_aversion": [1.0, 2.0]}``; any number of
        keys; numbers, or words such as payoff kinds.
    executor : concurrent.futures.Executor, optional
        Where to solve. By default in this process for a few points, else in processes on this
        machine with one BLAS thread each.
    processes : int, optional
        How many of them; 1 to stay in this process.
    tol : float, optional
        Accuracy asked for, in place of `case.numerics.tolerance`.
    slopes : bool, optional
        Whether to differentiate to every real parameter (:mod:`pdesolve.studies.slopes`); by
        default with one axis.
    also : str or iterable of str
        Names of further values (:func:`pdesolve.finance.by_name.reported`), which cost a few more
        solves at each point: ``["informativeness", "price@0.5"]``. They have no slopes.
    store : path-like, optional
        File to which finished points are appended; what it has is not solved again, unless `also`
        asks for more.
    progress : bool
        Show a progress bar on standard error if it is a terminal.

    Returns
    -------
    xarray.Dataset
        Dimensions and coordinates named like the keys. Every initial value (`InitialState`), with
        ``NAME_error``, its estimated absolute error, where there is one; ``status`` (0 converged,
        1 not converged, 2 failed) and ``message``. Likewise what `also` asks for. With slopes a
        further dimension ``parameter`` and, of the initial values, ``NAME_slope`` and
        ``NAME_slope_error``: derivatives and their errors, in NAME's unit per unit of the
        parameter. Units are in the attributes.

    Raises
    ------
    CaseError
        If a key or a value is not one that the case can have, if there is no such case, or if
        `tol` is none that can be asked for; nothing is solved then.
    QuantityError
        If `also` names what is not reported, or not at every point; nothing is solved then either.
    StoreError
        If the store is not of this sweep.
    SweepError
        If the worker processes are lost; the store has what they finished.
    """
    case = as_case(case)
    if tol is not None:
        case = replace(case, numerics=replace(case.numerics, tolerance=check_tolerance(tol)))
    plan = make_plan(case, vary, slopes, also)
    path = None if store is None else Path(store)
    return run_plan(plan, executor, processes=processes, store=path, progress=progress)


def run_plan(
    plan: Plan,
    executor: Executor | None = None,
    *,
    processes: int | None = None,
    store: Path | None = None,
    progress: bool = False,
) -> xarray.Dataset:
    """Solve the points of a plan; parameters and errors as in `sweep`."""
    check_processes(processes)
    with ExitStack() as stack:
        kept = None if store is None else stack.enter_context(Store(store, plan.header))
        records = {} if kept is None else _kept(kept, plan)
        tasks = [task for task in _ends_first(plan) if label(task.at) not in records]
        done = solved(
            tasks,
            executor,
            processes,
            name=plan.case.name,
            unit="point",
            before=len(plan.tasks) - len(tasks),
            progress=progress,
        )
        for record in stack.enter_context(closing(done)):
            if kept is not None:
                kept.append(record)
            records[label(record["at"])] = record
    return _dataset(plan, [records[label(task.at)] for task in plan.tasks])


def _kept(store: Store, plan: Plan) -> dict[str, Record]:
    """Points of a store that have all that is asked for; all are what a worker hands back."""
    for at, record in store.records.items():
        if not is_record(record, plan.slopes):
            raise store.damage(f"at the point {at}")
    return {at: record for at, record in store.records.items() if has(record, plan.further)}


def _ends_first(plan: Plan) -> list[Task]:
    """Points from the ends of the axes inwards: the hardest tend to be there.

    They would else be waited for at the end, with other workers idle.
    """
    middle = [(n - 1) / 2 for n in plan.shape]
    places = product(*(range(n) for n in plan.shape))
    inward = [
        max(abs(k - m) / (m or 1) for k, m in zip(place, middle, strict=True)) for place in places
    ]
    return [plan.tasks[k] for k in sorted(range(len(inward)), key=lambda k: (-inward[k], -k))]


# ---------------------------------------------------------------------- data set


def _dataset(plan: Plan, records: list[Record]) -> xarray.Dataset:
    """Arrays over the axes of what the records hold."""
    import xarray

    dims = tuple(plan.axes)
    variables = reported(records, dims, plan.shape, plan.further)
    if plan.slopes:
        variables |= _slopes(plan, records)
    coords: dict[str, Any] = {
        key: (key, _coordinate(values), describe_in(plan.case, key, plan.axes).attributes)
        for key, values in plan.axes.items()
    }
    if plan.slopes:
        coords["parameter"] = ("parameter", np.array(plan.slopes, dtype=object))
    return xarray.Dataset(variables, coords, attrs=_attributes(plan))


def _coordinate(values: tuple[Any, ...]) -> Any:
    return np.array(values, dtype=object if isinstance(values[0], str) else None)


def _slopes(plan: Plan, records: list[Record]) -> dict[str, Any]:
    """Slopes and their errors, with a last dimension for the parameter."""
    found: dict[str, Any] = {}
    for part, said in (("slope", "derivative"), ("slope_error", "error bar of the derivative")):
        for name in VALUES:
            columns = [
                [record.get(part, {}).get(key, {}).get(name, np.nan) for record in records]
                for key in plan.slopes
            ]
            values = np.array(columns, float).T.reshape(*plan.shape, len(plan.slopes))
            attributes = {
                "units": f"{QUANTITIES[name].unit} per unit of the parameter",
                "long_name": f"{said} of {QUANTITIES[name].long_name}",
            }
            found[f"{name}_{part}"] = ((*plan.axes, "parameter"), values, attributes)
    return found


def _attributes(plan: Plan) -> dict[str, str]:
    also = {"also": " ".join(plan.also)} if plan.also else {}
    return {
        **also,
        "title": plan.case.title,
        "case_name": plan.case.name,
        "case": json.dumps(case_to_dict(plan.case)),
        "pdesolve_version": __version__,
    }


def failures(data: xarray.Dataset) -> tuple[int, str]:
    """Number of points that failed or did not converge, and the first reason."""
    status = data["status"].to_numpy().ravel()
    bad = np.flatnonzero(status != 0)
    if not bad.size:
        return 0, ""
    worst = int(bad[np.argmax(status[bad] == STATUSES.index(FAILED))])
    return int(bad.size), str(data["message"].to_numpy().ravel()[worst])
