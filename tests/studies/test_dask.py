"""Points solved on a Dask cluster."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pdesolve
from pdesolve.case import load_case
from pdesolve.cli import program as cli
from pdesolve.studies import executors
from pdesolve.studies.store import Store
from tests.tools.program import RUN, Capture
from tests.tools.sweeps import RHO


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own."""
    pytest.importorskip("distributed", reason="distributed is not installed")
    place = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    at = ["--scheduler-file", str(place), "--no-dashboard"]
    host = ["--host", "127.0.0.1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}

    def start(more: list[str]) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            [*dask, *more], env=environment, cwd=tmp_path, stdout=quiet, stderr=quiet
        )

    processes = [start(["scheduler", *at, *host, "--port", "0"])]
    try:
        deadline = time.monotonic() + 60
        while not place.exists() or not place.read_text().endswith("}"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        address = json.loads(place.read_text())["address"]
        for _ in range(2):
            processes.append(
                start(["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", *host])
            )
        yield address, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def wait_for_workers(address: str, count: int) -> None:
    from distributed import Client

    connect: Any = Client
    with connect(address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_loses_nothing(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, (_, *workers) = cluster
    wait_for_workers(address, 2)
    values = np.linspace(0.5, 3.0, 24).tolist()
    killed, seen = False, 0
    store = tmp_path / "points"
    append = Store.append

    def count(self: Store, record: Mapping[str, Any]) -> None:
        nonlocal killed, seen
        append(self, record)
        seen += 1
        if seen == 4:
            workers[0].kill()
            workers[0].wait()
            killed = True

    with pytest.MonkeyPatch.context() as patch, executors.dask_executor(address) as pool:
        patch.setattr(Store, "append", count)
        data = pdesolve.sweep(
            load_case("binary"), {RHO: values}, tol=1e-3, executor=pool, store=store
        )
    assert killed
    assert seen == len(values)
    here = pdesolve.sweep(load_case("binary"), {RHO: values}, tol=1e-3, processes=1)
    assert data.identical(here)


@pytest.mark.slow
def test_the_program_solves_on_a_cluster(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], capsys: Capture
) -> None:
    address, _ = cluster
    wait_for_workers(address, 1)
    words = ["statics", "binary", "--vary", f"{RHO}=1,2", "--tol", "1e-2", "--json"]
    assert cli.main([*words, "--scheduler", address]) == 0
    there = capsys.readouterr().out
    assert cli.main(words) == 0
    assert capsys.readouterr().out == there


@pytest.mark.slow
def test_a_scheduler_that_is_lost_is_said_in_a_line(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, (scheduler, *_) = cluster
    wait_for_workers(address, 2)
    words = ["statics", "binary", "--vary", f"{RHO}=0.5:3:40", "--tol", "1e-3", "--no-slopes"]
    store = tmp_path / "out" / "binary-statics.jsonl"
    command = [sys.executable, "-c", RUN, *words, "--scheduler", address, "--out", "out"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        deadline = time.monotonic() + 60
        while not store.exists() or store.read_bytes().count(b"\n") < 4:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        scheduler.kill()
        out, err = program.communicate(timeout=60)
    assert (program.returncode, out, err.count("\n")) == (1, "", 1), err
    assert err.startswith("pdesolve: the workers failed: ")
    assert store.read_bytes().count(b"\n") >= 4
