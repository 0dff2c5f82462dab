"""Where points are solved: here, in processes on this machine, or by a Dask cluster.

Nothing here imports arrays, so that worker processes start with one BLAS thread each: they take
that from the environment when they import NumPy.
"""

import logging
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from pdesolve.case import CaseError
from pdesolve.case.errors import PdesolveError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True, kw_only=True)
class ExecutorTuning:
    """When processes are worth starting, and how patient to be with them.

    Attributes
    ----------
    few : int
        Points: below, starting processes takes longer than it saves (a second or two each,
        tests/tools/benchmark_statics.py).
    share : int
        Points at least for each process.
    breaks : int
        Pools in a row that may lose a worker before any point is done.
    retries : int
        Of a point by Dask.
    timeout : float
        Seconds to reach a scheduler.
    closing : float
        Seconds to take leave of it.
    """

    few: int = 8
    share: int = 3
    breaks: int = 3
    retries: int = 3
    timeout: float = 10.0
    closing: float = 5.0


class SweepError(PdesolveError, RuntimeError):
    """A sweep that cannot go on, in one sentence."""


@contextmanager
def single_thread() -> Iterator[None]:
    """Let what is started, or imported for the first time, use one BLAS thread."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_processes(points: int, tuning: ExecutorTuning = ExecutorTuning()) -> int:
    """How many processes a sweep of so many points is worth."""
    return 1 if points < tuning.few else max(1, min(cores(), points // tuning.share))


def run(
    work: Callable[[Any], Any],
    tasks: Iterable[Any],
    executor: Executor | None,
    processes: int,
    tuning: ExecutorTuning = ExecutorTuning(),
) -> Generator[Any, None, None]:
    """Do the work for every task; yield results as they come.

    Parameters
    ----------
    work : callable
        Of module level.
    tasks : iterable
    executor : Executor or None
        None for processes on this machine.
    processes : int
        1 to stay in this one.
    tuning : ExecutorTuning

    Raises
    ------
    SweepError
        If the workers are lost.
    """
    tasks = list(tasks)
    if executor is not None:
        yield from _elsewhere(executor, work, tasks)
    elif processes > 1:
        yield from _local(work, tasks, min(processes, len(tasks)), tuning)
    else:
        yield from map(work, tasks)


def _elsewhere(executor: Executor, work: Callable[[Any], Any], tasks: list[Any]) -> Iterator[Any]:
    """Work in an executor that was given."""
    try:
        for _, result in _submitted(executor, work, tasks):
            yield result
    except Exception as failure:  # each kind of executor has its own ways to lose workers
        text = f"the workers failed: {type(failure).__name__}: {failure}"
        raise SweepError(text) from failure


def _submitted(
    executor: Executor, work: Callable[[Any], Any], tasks: list[Any]
) -> Iterator[tuple[int, Any]]:
    """Yield place and result of every task, in the order in which they finish."""
    places = {}
    try:
        for place, task in enumerate(tasks):
            places[executor.submit(work, task)] = place
        for future in as_completed(places):
            yield places[future], future.result()
    finally:
        for future in places:
            future.cancel()


def _local(
    work: Callable[[Any], Any], tasks: list[Any], processes: int, tuning: ExecutorTuning
) -> Iterator[Any]:
    """Processes on this machine; if one is lost, what it was at is tried again."""
    left, broken = dict(enumerate(tasks)), 0
    while left:
        order = list(left)
        try:
            with _pool(processes) as pool:
                for place, result in _submitted(pool, work, list(left.values())):
                    del left[order[place]]
                    broken = 0
                    yield result
        except BrokenProcessPool as failure:
            broken += 1
            if broken == tuning.breaks:
                raise SweepError(
                    f"worker processes end before they are done, {len(left)} points are left"
                    " (out of memory? In a script, call sweep below"
                    ' `if __name__ == "__main__":`)'
                ) from failure


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes that end at once if this one ends, or stops for any reason."""
    context = get_context("spawn")
    lifeline, held = context.Pipe(duplex=False)
    with single_thread(), lifeline, held:
        pool = ProcessPoolExecutor(processes, context, _watch, (lifeline,))
        try:
            yield pool
        except BaseException:
            held.close()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _watch(lifeline: Connection) -> None:
    """In a worker: leave interrupts to the parent, and end when its end of the line closes."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        lifeline.poll(None)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def dask_executor(address: str, tuning: ExecutorTuning = ExecutorTuning()) -> Iterator[Executor]:
    """The workers of a Dask scheduler, through its own client.

    Raises
    ------
    CaseError
        If distributed is not installed, or no scheduler answers there.
    """
    try:
        import distributed
    except ImportError:
        raise CaseError(
            "--scheduler needs the package distributed: pip install 'pdesolve[dask]'"
        ) from None
    with _quiet("distributed", "tornado", "asyncio"):
        try:
            connect: Any = distributed.Client
            client = connect(address, timeout=tuning.timeout, set_as_default=False)
        except (OSError, ValueError) as error:
            rule = "must be the address of a Dask scheduler that answers"
            raise CaseError(f"--scheduler {rule}, got {address!r} ({error})") from None
        try:
            yield client.get_executor(pure=False, retries=tuning.retries)
        finally:
            with suppress(OSError):  # a scheduler that is lost does not answer
                client.close(tuning.closing)


@contextmanager
def _quiet(*packages: str) -> Iterator[None]:
    """Keep what these packages log to themselves: what they raise is told in a sentence."""
    known = logging.root.manager.loggerDict
    names = [name for name in known if name.partition(".")[0] in packages]
    loggers = [logging.getLogger(name) for name in {*names, *packages}]
    silenced = [logger for logger in loggers if not logger.disabled]
    for logger in silenced:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in silenced:
            logger.disabled = False
