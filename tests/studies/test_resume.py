"""Sweeps that end early and go on."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import xarray

import pdesolve
from pdesolve.case import load_case
from pdesolve.studies import records
from pdesolve.studies.store import StoreError
from tests.tools.program import RUN, forbid
from tests.tools.sweeps import COST, RESULTS, RHO


def test_what_a_store_has_is_not_solved_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, store, vary = load_case("binary"), tmp_path / "points", {RHO: [1.0, 2.0]}
    first = pdesolve.sweep(case, vary, tol=1e-2, store=store)
    content = store.read_bytes()
    monkeypatch.setattr(records, "solve_point", forbid)
    assert pdesolve.sweep(case, vary, tol=1e-2, store=store).identical(first)
    part = pdesolve.sweep(case, {RHO: [2.0]}, tol=1e-2, store=store)  # other values: no matter
    assert part.identical(first.isel({RHO: [1]}))
    assert store.read_bytes() == content


@pytest.mark.parametrize(
    ("overrides", "vary", "options", "said"),
    [
        ({"market.horizon": 2.0}, {RHO: [1.0]}, {}, "market.horizon was 1.0, is now 2.0"),
        ({}, {COST: [1.0]}, {}, "vary was"),
        ({}, {RHO: [1.0]}, {"slopes": False}, "slopes was"),
        ({}, {RHO: [1.0]}, {"tol": 1e-3}, "numerics.tolerance was 0.01, is now 0.001"),
    ],
)
def test_a_store_of_another_sweep_is_refused(
    overrides: Mapping[str, object],
    vary: Mapping[str, list[float]],
    options: Mapping[str, Any],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = tmp_path / "points"
    pdesolve.sweep(load_case("binary"), {RHO: [1.0]}, tol=1e-2, store=store)
    monkeypatch.setattr(records, "solve_point", forbid)
    with pytest.raises(StoreError, match=said):
        pdesolve.sweep(
            load_case("binary", overrides), vary, store=store, **{"tol": 1e-2, **options}
        )


def test_a_store_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "points"
    pdesolve.sweep(load_case("binary"), {RHO: [1.0]}, tol=1e-2, store=store)
    monkeypatch.setattr("pdesolve.version.__version__", "999")
    with pytest.raises(StoreError, match=r"version was .*, is now '999'"):
        pdesolve.sweep(load_case("binary"), {RHO: [1.0]}, tol=1e-2, store=store)


SWEEP = ["statics", "binary", "--vary", f"{RHO}=0.5:4:9", "--tol", "1e-3", "--out"]


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *SWEEP, str(folder), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell lets what it runs in the background ignore interrupts
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def start_points(folder: Path) -> subprocess.Popen[str]:
    """The same without a command line and pictures."""
    code = (
        "import sys, numpy, pdesolve; from pdesolve.studies.written import as_json\n"
        f"vary = {{{RHO!r}: numpy.linspace(0.5, 4, 12)}}\n"
        "case = pdesolve.load_case('binary')\n"
        "data = pdesolve.sweep(\n"
        "    case, vary, tol=1e-2, processes=1, slopes=False, store=sys.argv[1]\n"
        ")\n"
        "print(as_json(data))"
    )
    command = [sys.executable, "-c", code, str(folder / "points")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_some(
    begin: Callable[[], subprocess.Popen[str]], store: Path, points: int, kills: int, seed: int
) -> int:
    """Kill a sweep with no warning so many times; return how often it was in the midst of it."""
    rng, caught = random.Random(seed), 0
    for k in range(kills):
        with begin() as program:
            goal = (k + rng.random()) * points / kills  # points, of those that are finished
            deadline = time.monotonic() + 60
            while program.poll() is None and lines(store) < goal:
                assert time.monotonic() < deadline
                time.sleep(0.001)
            time.sleep(0.05 * rng.random())
            program.kill()
            program.communicate()
        caught += 0 < lines(store) <= points
    return caught


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def finish(program: subprocess.Popen[str]) -> str:
    with program:
        out, err = program.communicate()
    assert (program.returncode, err) == (0, "")
    return out


@pytest.mark.slow
def test_a_sweep_that_is_killed_and_resumed_ends_the_same(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    expected = finish(start_points(whole))
    assert kill_some(lambda: start_points(killed), killed / "points", 12, 3, 1) >= 2
    assert finish(start_points(killed)) == expected
    assert lines(killed / "points") == 13  # nothing is solved twice and kept


@pytest.mark.slow
def test_fifty_kills_change_nothing(tmp_path: Path) -> None:
    whole, caught = tmp_path / "whole", 0
    finish(start(whole, "--processes", "1"))
    for seed in range(10):
        folder = tmp_path / str(seed)
        options = ("--processes", "2" if seed % 2 else "1")
        store = folder / "binary-statics.jsonl"
        caught += kill_some(lambda f=folder, o=options: start(f, *o), store, 9, 5, seed)  # type: ignore[misc]
        finish(start(folder, *options))
        for name in RESULTS[1:]:
            assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
        with (
            xarray.open_dataset(whole / RESULTS[0]) as one,
            xarray.open_dataset(folder / RESULTS[0]) as other,
        ):
            assert other.identical(one)
    assert caught > 25


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with start(folder, "--processes", "2") as program:
        store, deadline = folder / "binary-statics.jsonl", time.monotonic() + 60
        while not store.exists() or store.read_bytes().count(b"\n") < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(program.pid, signal.SIGINT)
        out, err = program.communicate()
    assert (program.returncode, out, err.count("\n")) == (130, "", 1)
    assert "has the finished points, the same command goes on from there" in err
    assert store.read_bytes().count(b"\n") >= 3


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.0, 0.02, 0.2])
def test_a_second_interrupt_changes_nothing(pause: float, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with start(folder, "--processes", "2") as program:
        store, deadline = folder / "binary-statics.jsonl", time.monotonic() + 60
        while lines(store) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(program.pid, signal.SIGINT)
        time.sleep(pause)
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGINT)
        out, err = program.communicate()
    assert (program.returncode, out, err.count("\n")) == (130, "", 1), err
    whole = store.read_bytes().splitlines(keepends=True)
    assert all("crc32" in json.loads(line) for line in whole)
