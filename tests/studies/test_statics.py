import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import xarray

import pdesolve
from pdesolve.case import CaseError, load_case
from pdesolve.cli import program as cli
from pdesolve.model.equations import motion
from pdesolve.solver.normal import normal_initial
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.values import VALUES
from pdesolve.studies import executors, statics
from pdesolve.studies.executors import SweepError, default_processes, run, single_thread
from pdesolve.studies.plan import make_plan, parse_vary
from pdesolve.studies.point import Task, solve_point
from pdesolve.studies.store import Store, StoreError
from pdesolve.studies.summary import as_csv, as_json, as_latex, elasticity, table

RHO = "market.risk_aversion"
COST = "attention.cost.scale"
RUN = "import sys; from pdesolve.cli.program import main; sys.exit(main())"
Axes = Mapping[str, Iterable[Any]]
Capture = pytest.CaptureFixture[str]


def forbid(*_: object, **__: object) -> NoReturn:
    raise AssertionError("should not have been called")


@pytest.fixture(scope="module")
def one() -> xarray.Dataset:
    return pdesolve.sweep(load_case("binary"), {RHO: [1.0, 2.0, 4.0]}, tol=1e-4)


@pytest.fixture(scope="module")
def mixed() -> xarray.Dataset:
    """Over two axes, with points that converge, that miss the accuracy and that fail."""
    vary = {"numerics.max_steps": [4, 2000], "numerics.xi_nodes": [0, 16]}
    return pdesolve.sweep(load_case("binary"), vary, tol=1e-4)


# ---------------------------------------------------------------------- data set


def test_each_point_is_what_solve_finds(one: xarray.Dataset) -> None:
    assert one["status"].dims == (RHO,)
    for rho in (1.0, 2.0, 4.0):
        point = one.sel({RHO: rho})
        solution = solve(load_case("binary", {RHO: rho, "numerics.tolerance": 1e-4}))
        for name in VALUES:
            assert float(point[name]) == getattr(solution.initial, name)
        for name, error in solution.error.items():
            assert float(point[f"{name}_error"]) == error
        assert int(point["status"]) == 0
        assert str(point["message"].item()) == solution.message
    assert one["price"].attrs["units"] == "money"
    assert one[RHO].attrs == {"long_name": "risk aversion ρ", "units": "1/money"}


def test_any_number_of_axes_and_words_for_values() -> None:
    case = load_case("uniform", {"payoff.kind": "beta", "payoff.a": 2.0, "payoff.b": 2.0})
    vary: Axes = {
        "payoff.kind": ["beta", "uniform"],
        "attention.signals": [1, 2],
        RHO: np.array([2.0]),
    }
    data = pdesolve.sweep(case, vary, tol=1e-2)
    assert dict(data["price"].sizes) == {"payoff.kind": 2, "attention.signals": 2, RHO: 1}
    assert data["attention.signals"].dtype.kind == "i"
    assert (data["status"] == 0).all()
    assert "parameter" not in data.dims
    static = data["static_variance"].sel({"attention.signals": 1, RHO: 2.0})
    assert float(static.sel({"payoff.kind": "uniform"})) > float(
        static.sel({"payoff.kind": "beta"})
    )
    assert "2 x" not in table(data)  # no table over three axes, but a summary
    assert "4 points: 4 converged" in table(data)


def test_slopes_are_taken_to_real_parameters_only() -> None:
    case = load_case("binary")
    assert make_plan(case, {RHO: [1, 2]}).slopes == (RHO,)
    assert make_plan(case, {RHO: [1, 2]}, False).slopes == ()
    assert make_plan(case, {RHO: [1, 2], COST: [1, 2]}).slopes == ()
    vary: Axes = {RHO: [1, 2], "attention.signals": [1, 2], "numerics.tolerance": [1e-3, 1e-2]}
    assert make_plan(case, vary, True).slopes == (RHO,)


def test_a_point_that_fails_is_recorded_and_the_rest_goes_on(mixed: xarray.Dataset) -> None:
    assert mixed["status"].to_numpy().tolist() == [[2, 2], [0, 1]]
    assert np.isnan(mixed["price"].to_numpy()[0]).all()
    assert np.isfinite(mixed["price"].to_numpy()[1]).all()
    assert "more than 4 time steps" in str(mixed["message"].to_numpy()[0, 0])
    assert str(mixed["message"].to_numpy()[1, 1]).startswith("not within 1.0e-04")
    assert statics.failures(mixed)[0] == 3
    assert "more than 4 time steps" in statics.failures(mixed)[1]


def test_a_defect_is_recorded_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("pdesolve.solver.pde.solver"), "solve", forbid)
    record = solve_point(Task(case=load_case("binary"), at=(1.0,), slopes=()))
    assert record["status"] == "failed"
    assert record["message"] == "AssertionError: should not have been called"


def test_memory_that_runs_out_is_not_a_property_of_the_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(import_module("pdesolve.solver.pde.solver"), "solve", fail)
    with pytest.raises(MemoryError):
        solve_point(Task(case=load_case("binary"), at=(1.0,), slopes=()))


def test_a_file_gives_back_the_data_set(mixed: xarray.Dataset, tmp_path: Path) -> None:
    mixed.to_netcdf(tmp_path / "mixed.nc", engine="h5netcdf")
    with xarray.open_dataset(tmp_path / "mixed.nc", engine="h5netcdf") as back:
        assert back.identical(mixed)


# ---------------------------------------------------------------------- slopes


def normal_slopes(key: str, x: float) -> dict[str, float]:
    """Derivatives of the closed form, by differences of order 4."""

    def at(value: float) -> Any:
        return normal_initial(load_case("normal", {key: value}))

    h = 1e-3 * x
    ends = [at(x + k * h) for k in (-2, -1, 1, 2)]
    return {
        name: float(np.dot([1, -8, 8, -1], [getattr(end, name) for end in ends])) / (12 * h)
        for name in VALUES
    }


@pytest.mark.parametrize(
    ("key", "x"), [("payoff.sd", 1.0), ("market.horizon", 0.7), (RHO, 1.0), (COST, 1.3)]
)
def test_slopes_agree_with_the_closed_form(key: str, x: float) -> None:
    data = pdesolve.sweep(load_case("normal"), {key: [x]}, tol=1e-4)
    for name, expected in normal_slopes(key, x).items():
        found, bar = (float(data[f"{name}_{part}"].item()) for part in ("slope", "slope_error"))
        assert abs(found - expected) <= bar + 1e-7, name
        assert bar * x <= 5e-3 * max(1.0, abs(expected) * x), name


@pytest.mark.parametrize(
    ("case", "key", "x"),
    [("binary", RHO, 1.5), ("binary", "market.horizon", 1.0), ("uniform", "payoff.low", 0.0)],
)
def test_slopes_agree_with_differences_of_whole_solves(case: str, key: str, x: float) -> None:
    """The other route: solves to a tenth of the tolerance, each on a grid of its own."""
    h = 0.05

    def at(value: float) -> Any:
        return solve(load_case(case, {key: value, "numerics.tolerance": 2e-6})).initial

    ends = [at(x + k * h) for k in (-2, -1, 1, 2)]
    data = pdesolve.sweep(load_case(case), {key: [x]})
    for name in VALUES:
        values = [getattr(end, name) for end in ends]
        expected = float(np.dot([1, -8, 8, -1], values)) / (12 * h)
        found, bar = (float(data[f"{name}_{part}"].item()) for part in ("slope", "slope_error"))
        assert abs(found - expected) <= bar + 5e-5 * max(map(abs, values)), name
        assert bar <= 5e-3 * max(abs(expected), *map(abs, values)), name


def test_the_slope_to_the_supply_is_the_volatility_over_kappa() -> None:
    """Supply moves only where in xi the market starts, so dp/dn0 = -rho p_xi."""
    case = load_case("uniform")
    data = pdesolve.sweep(case, {"market.initial_supply": [0.0, 0.3]})
    rho, sigma = case.market.risk_aversion, case.market.supply_volatility
    kappa = np.sqrt(motion(rho, sigma, data["precision_rate"].to_numpy()).kappa2)
    expected = -rho * data["price_volatility"].to_numpy() / kappa
    found = data["price_slope"].to_numpy()[:, 0]
    assert found == pytest.approx(expected, rel=1e-3)
    assert (np.abs(found - expected) <= data["price_slope_error"].to_numpy()[:, 0] + 1e-4).all()


def test_a_normal_price_does_not_move_with_the_cost_of_attention() -> None:
    data = pdesolve.sweep(load_case("normal"), {COST: [0.5, 1.0]}, tol=1e-3)
    assert np.abs(data["price_slope"]).max() < 1e-7
    assert (data["price_slope_error"] < 1e-6).all()
    assert np.abs(elasticity(data, "price", COST)).max() < 1e-7
    assert (elasticity(data, "attention", COST) < -0.5).all()


def test_there_is_no_slope_at_an_infinite_capacity() -> None:
    data = pdesolve.sweep(load_case("binary"), {"attention.capacity": [0.5, np.inf]}, tol=1e-2)
    slopes = data["attention_slope"].to_numpy()[:, 0]
    assert slopes[0] == pytest.approx(1.0, abs=1e-6)  # capacity binds at the start
    assert np.isnan(slopes[1])


def test_a_slope_at_the_end_of_the_range_looks_back() -> None:
    eta = 1.0 - 1e-9
    overrides = {"attention.precision": "power", "attention.elasticity": 0.5}
    data = pdesolve.sweep(load_case("binary", overrides), {"attention.elasticity": [eta]}, tol=1e-2)
    assert np.isfinite(data["attention_slope"].to_numpy()).all()


# ---------------------------------------------------------------------- where to run


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
    monkeypatch.setattr(statics, "solve_point", lambda task: {"version": "0", "at": [1.0]})
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


# ---------------------------------------------------------------------- a Dask cluster


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
        yield address, processes[1:]
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
    address, workers = cluster
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


def test_a_scheduler_that_does_not_answer_is_bad_input(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="distributed is not installed")
    monkeypatch.setattr(executors, "TIMEOUT", 0.5)
    words = ["statics", "binary", "--vary", f"{RHO}=1,2", "--scheduler", "tcp://127.0.0.1:9"]
    assert cli.main(words) == 2
    assert "--scheduler must be the address of a Dask scheduler" in capsys.readouterr().err


def test_without_distributed_the_message_says_what_to_install(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = ["statics", "binary", "--vary", f"{RHO}=1,2", "--scheduler", "tcp://127.0.0.1:9"]
    assert cli.main(words) == 2
    assert "pip install 'pdesolve[dask]'" in capsys.readouterr().err


# ---------------------------------------------------------------------- stores, resumed


def test_what_a_store_has_is_not_solved_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, store, vary = load_case("binary"), tmp_path / "points", {RHO: [1.0, 2.0]}
    first = pdesolve.sweep(case, vary, tol=1e-2, store=store)
    content = store.read_bytes()
    monkeypatch.setattr(statics, "solve_point", forbid)
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
    monkeypatch.setattr(statics, "solve_point", forbid)
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
RESULTS = [f"binary-statics.{ending}" for ending in ("nc", "json", "csv", "tex", "png", "pdf")]


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
        "import sys, numpy, pdesolve; from pdesolve.studies.summary import as_json\n"
        f"vary = {{{RHO!r}: numpy.linspace(0.5, 4, 30)}}\n"
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


def test_a_sweep_that_is_killed_and_resumed_ends_the_same(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    expected = finish(start_points(whole))
    assert kill_some(lambda: start_points(killed), killed / "points", 30, 3, 1) >= 2
    assert finish(start_points(killed)) == expected
    assert lines(killed / "points") == 31  # nothing is solved twice and kept


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


# ---------------------------------------------------------------------- tables


def test_the_table_has_values_elasticities_and_error_bars(one: xarray.Dataset) -> None:
    lines = table(one).splitlines()
    assert lines[0] == "binary: Approval or rejection"
    assert lines[1] == "at t = 0, over risk aversion ρ [market.risk_aversion]"
    heading = ["risk_aversion", "price", "variance", "attention", "volatility", "gain"]
    assert lines[3].split() == heading
    assert lines[4].split() == "1/money money money^2 attention money/sqrt(time) money".split()
    first = lines[5].split()
    assert float(first[0]) == 1.0
    assert float(first[1]) == pytest.approx(float(one["price"][0]), abs=1e-6)
    found = [float(cell) for cell in lines[11].split()]
    expected = float(one["attention_slope"][0, 0] / one["attention"][0])
    assert found[3] == pytest.approx(expected, abs=6e-4)
    assert lines[-2] == "3 points: 3 converged"
    assert lines[-1].startswith("largest error bars: price ")
    assert "elasticity" in lines[-1]


def test_the_table_over_two_axes_says_what_failed(mixed: xarray.Dataset) -> None:
    text = table(mixed)
    assert "attention (attention), by numerics.max_steps (down) and numerics.xi_nodes" in text
    assert "4 points: 1 converged, 1 not converged, 2 failed" in text
    assert "*: not within 1.0e-04" in text
    assert "first failure: binary: " in text


def test_a_large_table_is_thinned_and_says_so() -> None:
    shape = (40, 3)
    dims = (RHO, COST)
    values = {name: (dims, np.arange(120.0).reshape(shape)) for name in VALUES}
    errors = {f"{n}_error": (dims, np.full(shape, 1e-5)) for n in ("price", "variance")}
    errors["attention_error"] = (dims, np.full(shape, np.nan))
    data = xarray.Dataset(
        {**values, **errors, "status": (dims, np.zeros(shape, int))},
        {RHO: np.arange(1.0, 41.0), COST: [1.0, 2.0, 3.0]},
        {"case_name": "x", "title": "y", "pdesolve_version": "0"},
    ).assign(message=(dims, np.full(shape, "", dtype=object)))
    lines = table(data).splitlines()
    assert lines[3].startswith("price (money), by")
    assert [line.split()[0] for line in lines[5:17]][::11] == ["1", "40"]
    assert lines[17] == ""
    assert "not every value is shown: --out and --json have all" in lines


def test_csv_keeps_every_digit(one: xarray.Dataset) -> None:
    header, *rows = [line.split(",") for line in as_csv(one).splitlines() if "," in line]
    assert header[0] == RHO
    for name in ("price", "attention_error", f"variance_slope:{RHO}"):
        column = [float(row[header.index(name)]) for row in rows]
        variable, _, _ = name.partition(":")
        assert column == one[variable].to_numpy().ravel().tolist()


def test_json_has_every_point_and_no_nan(mixed: xarray.Dataset, one: xarray.Dataset) -> None:
    found = json.loads(as_json(mixed))
    assert found["vary"] == {"numerics.max_steps": [4, 2000], "numerics.xi_nodes": [0, 16]}
    assert [point["status"] for point in found["points"]] == [
        *("failed", "failed"),
        *("converged", "not converged"),
    ]
    assert found["points"][0]["price"] is None
    assert found["points"][2]["price"] == float(mixed["price"][1, 0])
    point = json.loads(as_json(one))["points"][1]
    assert point["slope"][RHO]["price"] == float(one["price_slope"][1, 0])
    assert point["error"]["price"] == float(one["price_error"][1])


def test_latex_escapes_what_has_to_be(one: xarray.Dataset, mixed: xarray.Dataset) -> None:
    text = as_latex(one)
    assert r"risk aversion $\rho$ & $p$ & $V$ & $S$ & $\kappa p_\xi$ & $G_0$ \\" in text
    assert text.count(r"\begin{tabular}{rrrrrr}") == 2
    assert text.count(r"\bottomrule") == 2
    assert "--" in as_latex(mixed)
    bare = [line for line in as_latex(mixed).splitlines() if not line.startswith("%")]
    assert "max steps" in "".join(bare)
    assert not any(
        "_" in line.replace(r"\xi", "").replace("G_0", "").replace("p_", "") for line in bare
    )


# ---------------------------------------------------------------------- command line


def test_ranges_are_exact_at_their_ends_and_round_inside() -> None:
    found = parse_vary([f"{RHO}=0.1:0.7:7", "market.horizon=0.01:10:4:log"])
    assert found[RHO] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert found["market.horizon"] == [0.01, 0.1, 1.0, 10.0]
    assert parse_vary([f"{RHO}=3:1:3"]) == {RHO: [3.0, 2.0, 1.0]}
    assert parse_vary(["a=1,2.5,inf"]) == {"a": [1, 2.5, np.inf]}
    assert parse_vary(["payoff.kind=normal,uniform"]) == {"payoff.kind": ["normal", "uniform"]}
    plan = make_plan(load_case("binary"), {"attention.signals": [1.0, 3.0]})
    assert plan.axes == {"attention.signals": (1, 3)}


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        (["market.risk_aversion"], "--vary must be KEY=START:STOP:COUNT"),
        (["=1:2:3"], "--vary must be KEY=START:STOP:COUNT"),
        ([f"{RHO}="], "--vary must be KEY=START:STOP:COUNT"),
        ([f"{RHO}=1"], "with at least two values"),
        ([f"{RHO}=1,"], "with at least two values"),
        ([f"{RHO}=1:2"], "--vary must be KEY=START:STOP:COUNT"),
        ([f"{RHO}=1:2:3:lin"], "--vary must be KEY=START:STOP:COUNT"),
        ([f"{RHO}=1:2:3:log:log"], "--vary must be KEY=START:STOP:COUNT"),
        ([f"{RHO}=1:2:1"], "COUNT must be a whole number from 2 to 100000"),
        ([f"{RHO}=1:2:2.5"], "COUNT must be a whole number"),
        ([f"{RHO}=one:2:3"], "START and STOP must be numbers"),
        ([f"{RHO}=nan:2:3"], "START and STOP must be finite"),
        ([f"{RHO}=1:inf:3"], "START and STOP must be finite"),
        ([f"{RHO}=1:1:3"], "START and STOP must differ"),
        ([f"{RHO}=0:2:3:log"], "must be > 0 with :log"),
        ([f"{RHO}=1,nan"], "values must not be NaN"),
        ([f"{RHO}=1,inf"], "market.risk_aversion must be finite, got inf"),
        ([f"{RHO}=1,1.0"], "must be varied over different values, got [1, 1.0]"),
        ([f"{RHO}=1,-1"], "binary (--vary): market.risk_aversion must be > 0, got -1"),
        ([f"{RHO}=1,two"], "market.risk_aversion must be a number, got 'two'"),
        (["market.risk_aversoin=1,2"], "is not a known key (nearest: market.risk_aversion)"),
        (["attention.signals=1:2:4"], "attention.signals must be a whole number"),
        (["payoff.values=0,1"], "payoff.values cannot be varied: only numbers and kinds can"),
        (["title=a,b"], "title cannot be varied"),
        (["payoff.sd=1,2"], "payoff.sd must be absent with payoff.kind = 'discrete'"),
        (["payoff.kind=discrete,normal"], "payoff.mean must be given"),
        (["payoff.kind=discrete,normel"], "payoff.kind"),
        ([f"{RHO}=1,2", f"{RHO}=3,4"], "--vary must name each key once"),
        ([f"{RHO}=1,2", f"{COST}=3,4", "market.horizon=1,2"], "may be given once or twice"),
        ([], "--vary"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    vary: list[str],
    message: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statics, "solve_point", forbid)
    words = [word for text in vary for word in ("--vary", text)]
    assert cli.main(["statics", "binary", *words, "--out", str(tmp_path / "new")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--processes", "0"], "--processes: must be at least 1"),
        (["--processes", "two"], "argument --processes"),
        (["--processes", "2", "--scheduler", "x"], "not allowed with"),
        (["--tol", "2"], "--tol must be a number"),
        (["--out", ""], "--out must be a folder"),
        (["--set", "market.horizon=-1"], "market.horizon must be > 0"),
    ],
)
def test_bad_options_are_one_line_and_status_2(
    words: list[str], message: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statics, "solve_point", forbid)
    assert cli.main(["statics", "binary", "--vary", f"{RHO}=1,2", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({}, "at least one key"),
        ({RHO: []}, "over at least one value"),
        ({RHO: 1.0}, "over a list of values"),
        ({RHO: "12"}, "over a list of values"),
        ({RHO: [True]}, "over numbers or words"),
        ({RHO: [[1.0]]}, "over numbers or words"),
        ({RHO: [None]}, "must be a number"),
    ],
)
def test_bad_axes_in_python_are_case_errors(vary: Any, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        pdesolve.sweep(load_case("binary"), vary)


def test_failures_are_status_1_said_and_written(capsys: Capture, tmp_path: Path) -> None:
    words = ["--vary", "numerics.max_steps=4,2000", "--tol", "1e-4", "--out", str(tmp_path)]
    assert cli.main(["statics", "binary", *words]) == 1
    out, err = capsys.readouterr()
    assert "1 of 2 points failed or missed the accuracy, for instance: binary: " in err
    assert err.count("\n") == 1
    assert "wrote" in out
    names = ["binary-statics.jsonl", *RESULTS]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_refused_store_is_status_2_and_left_alone(capsys: Capture, tmp_path: Path) -> None:
    words = ["statics", "binary", "--tol", "1e-2", "--json", "--out", str(tmp_path)]
    assert cli.main([*words, "--vary", f"{RHO}=1,2"]) == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    capsys.readouterr()
    assert cli.main([*words, "--vary", f"{COST}=1,2"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "holds another sweep: vary was" in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_lost_workers_are_status_1(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise SweepError("the workers are lost")

    monkeypatch.setattr(statics, "run_plan", fail)
    assert cli.main(["statics", "binary", "--vary", f"{RHO}=1,2"]) == 1
    assert capsys.readouterr() == ("", "pdesolve: the workers are lost\n")


def test_nothing_but_the_result_goes_into_a_pipe() -> None:
    words = ["statics", "binary", "--vary", f"{RHO}=1,2", "--tol", "1e-2", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert [point[RHO] for point in json.loads(done.stdout)["points"]] == [1.0, 2.0]


def test_a_terminal_sees_the_time_left(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with statics._bar(4, 3, "binary", True) as bar:
        bar.update()
    err = capsys.readouterr().err
    assert "binary" in err
    assert "1/4" in err
    with statics._bar(4, 3, "binary", False) as bar:
        bar.update()
    assert capsys.readouterr().err == ""
