"""Records of solved points gathered, and as variables of a data set."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from typing import Any

import numpy as np

from pdesolve.case import CaseError
from pdesolve.finance.by_name import about
from pdesolve.solver.values import BARS, VALUES
from pdesolve.studies.executors import SweepError, default_processes, run
from pdesolve.studies.point import STATUSES, Record, Task, solve_point
from pdesolve.version import __version__


def check_processes(processes: int | None) -> None:
    """Refuse less than one process; CaseError says so."""
    if processes is not None and processes < 1:
        raise CaseError(f"processes must be at least 1, got {processes}")


def solved(
    tasks: list[Task],
    executor: Executor | None,
    processes: int | None,
    *,
    name: str,
    unit: str,
    before: int = 0,
    progress: bool = False,
) -> Generator[Record, None, None]:
    """Solve points; yield their records as they come.

    Parameters
    ----------
    tasks : list of Task
    executor : concurrent.futures.Executor, optional
        Where; by default here for a few points, else in processes on this machine.
    processes : int, optional
        How many of them; 1 to stay in this process.
    name, unit : str
        Of the progress bar, which counts `before` that were done earlier.
    before : int
    progress : bool
        Show it on standard error if that is a terminal.

    Raises
    ------
    SweepError
        If the workers are lost, or are of another version.
    """
    from tqdm import tqdm

    count = default_processes(len(tasks)) if processes is None else processes
    total, off = before + len(tasks), None if progress else True  # None: where it is no terminal
    with ExitStack() as stack:
        bar = stack.enter_context(
            tqdm(total=total, initial=before, desc=name, unit=unit, disable=off)
        )
        done = stack.enter_context(closing(run(solve_point, tasks, executor, count)))
        for record in done:
            if record["version"] != __version__:
                raise SweepError(
                    f"a worker has pdesolve {record['version']}, this is {__version__}"
                )
            yield record
            bar.update()


def reported(
    records: list[Record],
    dims: tuple[str, ...],
    shape: tuple[int, ...],
    further: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Initial values and further ones, bars, and how each point ended, over these dimensions."""
    found: dict[str, Any] = {}
    for name in (*VALUES, *further):
        one = about(name)
        found[name] = (dims, _array(records, shape, "values", name), one.attributes)
        if name in (*BARS, *further):
            attributes = {"units": one.unit, "long_name": f"error bar of {one.long_name}"}
            found[f"{name}_error"] = (dims, _array(records, shape, "error", name), attributes)
    codes = [STATUSES.index(record["status"]) for record in records]
    found["status"] = (
        dims,
        np.array(codes, np.int8).reshape(shape),
        {
            "long_name": "how the point ended",
            "flag_values": np.arange(len(STATUSES), dtype=np.int8),
            "flag_meanings": " ".join(status.replace(" ", "_") for status in STATUSES),
        },
    )
    texts = np.array([record["message"] for record in records], dtype=object)
    found["message"] = (dims, texts.reshape(shape), {"long_name": "how it ended, in words"})
    return found


def _array(records: list[Record], shape: tuple[int, ...], part: str, name: str) -> Any:
    """One value over the points; NaN where one failed."""
    found = [record.get(part, {}).get(name, np.nan) for record in records]
    return np.array(found, float).reshape(shape)
