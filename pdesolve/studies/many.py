"""Any cases at all, solved one by one: what an estimation asks for again and again."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pdesolve.case.arguments import CaseLike, as_case, check_tolerance
from pdesolve.studies.point import Task
from pdesolve.studies.records import check_processes, reported, solved
from pdesolve.version import __version__

if TYPE_CHECKING:
    import xarray


def solve_many(
    cases: Iterable[CaseLike],
    *,
    tol: float | None = None,
    executor: Executor | None = None,
    processes: int | None = None,
    also: str | Iterable[str] = (),
    progress: bool = False,
) -> xarray.Dataset:
    """Solve many cases; keep their initial values.

    Cases are solved on their own, so that what is found for one does not depend on the others, on
    their order or on where they are solved. One that cannot be solved is recorded with its reason,
    and the others go on.

    Parameters
    ----------
    cases : iterable of Case, str or path
        Cases, or names or paths of some.
    tol : float, optional
        Accuracy asked for, in place of each case's own.
    executor : concurrent.futures.Executor, optional
        Where to solve: one that is kept open saves starting processes at every call. By default in
        this process for a few cases, else in processes on this machine with one BLAS thread each.
    processes : int, optional
        How many of them; 1 to stay in this process.
    also : str or iterable of str
        Names of further values, as in :func:`pdesolve.sweep`.
    progress : bool
        Show a progress bar on standard error if it is a terminal.

    Returns
    -------
    xarray.Dataset
        Over the dimension ``case``, in the order given; its coordinate ``name`` holds the names.
        Every initial value (`InitialState`), with ``NAME_error``, its estimated absolute error,
        where there is one; ``status`` (0 converged, 1 not converged, 2 failed, with NaN for its
        values) and ``message``. Likewise what `also` asks for. Units are in the attributes.

    Raises
    ------
    CaseError
        If there is no such case, or `tol` or `processes` is none that can be asked for; nothing is
        solved then.
    QuantityError
        If `also` names what is not reported, or not of every case; nothing is solved then either.
    SweepError
        If the worker processes are lost.
    """
    import xarray

    from pdesolve.finance.by_name import check_dates, check_names, further

    check_processes(processes)
    known = [as_case(case) for case in cases]
    if tol is not None:
        accuracy = check_tolerance(tol)
        known = [replace(c, numerics=replace(c.numerics, tolerance=accuracy)) for c in known]
    also = check_names(also)
    for case in known:
        check_dates(also, case.market.horizon)
    more = further(also)
    tasks = [Task(case, (place,), (), more) for place, case in enumerate(known)]
    done = solved(tasks, executor, processes, name="cases", unit="case", progress=progress)
    records = sorted(done, key=lambda record: int(record["at"][0]))
    names = np.array([case.name for case in known], dtype=object)
    return xarray.Dataset(
        reported(records, ("case",), (len(known),), more),
        {"name": ("case", names, {"long_name": "name of the case"})},
        attrs={"pdesolve_version": __version__},
    )
