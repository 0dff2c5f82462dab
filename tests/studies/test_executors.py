"""Where points are solved: here, in threads, in processes."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import xarray

import pdesolve
from pdesolve.case import load_case
from pdesolve.studies import executors, records
from pdesolve.studies.executors import SweepError, default_processes, run, single_thread
from tests.tools.program import forbid
from tests.tools.sweeps import RHO


def test_processes_threads_and_this_process_agree_bit_for_bit(one: xarray.Dataset) -> None:
    vary = {RHO: [1.0, 2.0, 4.0]}
    assert pdesolve.sweep(load_case("binary"), vary, tol=1e-4, processes=2).identical(one)
    with ThreadPoolExecutor(2) as pool:
        data = pdesolve.sweep(load_case("binary"), vary, tol=1e-4, executor=pool)
    assert data.identical(one)


def test_large_sweeps_take_processes_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "cores", lambda: 4)
    assert [default_processes(n) for n in (1, 7, 8, 12, 15, 1600)] == [1, 1, 2, 4, 4, 4]
    monkeypatch.setattr(executors, "cores", lambda: 1)
    assert default_processes(1600) == 1


def test_workers_have_one_thread_each_and_this_process_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert set(run(os.getenv, list(executors.THREADS), None, 2)) == {"1"}
    with single_thread():
        assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_a_worker_that_is_lost_costs_nothing(tmp_path: Path) -> None:
    died = tmp_path / "died"
    die_once = f"import os, pathlib; p = pathlib.Path({str(died)!r})\nif not p.exists():\n"
    die_once += "    p.touch(); os._exit(1)"
    assert list(run(exec, ["", die_once, "", ""], None, 2)) == [None] * 4
    assert died.exists()


def test_workers_that_are_always_lost_end_the_sweep() -> None:
    with pytest.raises(SweepError, match="worker processes end before they are done, 2 points"):
        list(run(os._exit, [1, 2], None, 2))


def test_an_executor_that_fails_ends_the_sweep() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(SweepError, match="AssertionError: should"):
        list(run(forbid, [1], pool, 1))


def test_workers_of_another_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "solve_point", lambda task: {"version": "0", "at": [1.0]})
    with pytest.raises(SweepError, match=r"a worker has pdesolve 0, this is"):
        pdesolve.sweep(load_case("binary"), {RHO: [1.0]})


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to list processes")
def test_workers_do_not_outlive_a_killed_sweep() -> None:
    code = (
        "import time; from pdesolve.studies.executors import run\n"
        "if __name__ == '__main__':\n"
        "    done = run(time.sleep, [0, 60, 60], None, 2); next(done)\n"
        "    print('ready', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        workers = [pid for pid in children(parent.pid) if b"spawn_main" in command_line(pid)]
        assert len(workers) == 2
        parent.kill()
    deadline = time.monotonic() + 20
    while any(b"spawn_main" in command_line(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in lists for child in path.read_text().split()]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
