"""The command `statics`."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

import pdesolve
from pdesolve.case import load_case
from pdesolve.cli import program as cli
from pdesolve.studies import executors, records, statics
from pdesolve.studies.executors import ExecutorTuning, SweepError
from pdesolve.studies.point import Task
from tests.tools.program import RUN, Capture, forbid
from tests.tools.sweeps import COST, RESULTS, RHO


def test_a_scheduler_that_does_not_answer_is_bad_input(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="distributed is not installed")
    impatient = partial(executors.dask_executor, tuning=ExecutorTuning(timeout=0.5))
    monkeypatch.setattr(executors, "dask_executor", impatient)
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
        (["attention.precision=linear,power"], "attention.elasticity is missing: η in h(a)"),
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
    monkeypatch.setattr(records, "solve_point", forbid)
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
        (["--format", "png"], "--format needs --out"),
        (["--out", "new", "--format", "gif"], "--format must be of png, pdf, svg, with commas, g"),
        (["--out", "new", "--format", "png,"], "with commas, got ''"),
        (["--plot", "price"], "--plot needs --out"),
        (["--out", "new", "--plot", "price,prise"], "got 'prise'; nearest: price"),
        (["--out", "new", "--plot", "xyzzy"], "got 'xyzzy'; nearest: none"),
        (["--out", "new", "--plot", "r_squared"], "got 'r_squared'; nearest: none"),
        (["--out", "new", "--also", "r_squard"], "named 'r_squard'; nearest: r_squared"),
        (["--out", "new", "--also", "svix@0"], "the date of 'svix@0' must be after 0"),
    ],
)
def test_bad_options_are_one_line_and_status_2(
    words: list[str],
    message: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(records, "solve_point", forbid)
    assert cli.main(["statics", "binary", "--vary", f"{RHO}=1,2", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert not list(tmp_path.iterdir())


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


SWEEP = ["statics", "normal", "--tol", "1e-2", "--no-slopes", "--out"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_results_of_other_values_are_not_overwritten_unasked(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*SWEEP, str(tmp_path), "--format", "svg", "--vary"]
    assert cli.main([*words, f"{RHO}=1,2"]) == 0
    before = contents(tmp_path)
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(records, "solve_point", forbid)
        assert cli.main([*words, f"{RHO}=1,2,3"]) == 2
        out, err = capsys.readouterr()
        named = (
            f"{tmp_path / 'normal-statics.nc'} is of another sweep: {RHO} was varied over [1.0, 2"
        )
        assert (out, err.count("\n")) == ("", 1)
        assert named in err and "choose another folder, or say --overwrite" in err
        assert contents(tmp_path) == before
        assert cli.main([*words, f"{RHO}=1,2"]) == 0  # the same again
        assert contents(tmp_path).keys() == before.keys()
        assert contents(tmp_path)["normal-statics.csv"] == before["normal-statics.csv"]
    assert cli.main([*words, f"{RHO}=1,2,3", "--overwrite"]) == 0
    rows = (tmp_path / "normal-statics.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows[1:]] == ["1.0", "2.0", "3.0"]
    assert cli.main([*words, f"{RHO}=1,2,3"]) == 0
    capsys.readouterr()


def test_results_of_other_keys_are_said_to_be_so(capsys: Capture, tmp_path: Path) -> None:
    words = [*SWEEP, str(tmp_path), "--format", "svg", "--vary"]
    assert cli.main([*words, f"{RHO}=1,2"]) == 0
    (tmp_path / "normal-statics.jsonl").unlink()
    capsys.readouterr()
    assert cli.main([*words, "market.horizon=1,2"]) == 2
    assert "is of another sweep: market.horizon was not varied; choose" in capsys.readouterr().err


@pytest.mark.parametrize(
    "spoilt",
    ["normal-statics.json", pytest.param("normal-statics.jsonl", marks=pytest.mark.slow)],
)
def test_results_that_nothing_is_known_of_are_not_overwritten(
    spoilt: str, capsys: Capture, tmp_path: Path
) -> None:
    words = [*SWEEP, str(tmp_path), "--vary", "attention.capacity=0.5,inf", "--format", "svg"]
    assert cli.main(words) == 0
    assert cli.main(words) == 0
    (tmp_path / spoilt).unlink()
    before = contents(tmp_path)
    capsys.readouterr()
    assert cli.main(words) == 2
    assert "is there, and not known to be of this sweep; choose another" in capsys.readouterr().err
    assert contents(tmp_path) == before
    assert cli.main([*words, "--overwrite"]) == 0
    capsys.readouterr()


def test_an_interrupted_sweep_over_other_values_is_gone_on_from(
    capsys: Capture, tmp_path: Path
) -> None:
    words = [*SWEEP, str(tmp_path), "--format", "svg", "--vary"]
    assert cli.main([*words, f"{RHO}=1,2"]) == 0
    for path in tmp_path.glob("*"):
        if path.suffix != ".jsonl":
            path.unlink()
    assert cli.main([*words, f"{RHO}=2,3"]) == 0
    assert len((tmp_path / "normal-statics.jsonl").read_bytes().splitlines()) == 4
    capsys.readouterr()


@pytest.mark.parametrize("json_asked", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_file_that_is_written_is_named(
    json_asked: bool, capsys: Capture, tmp_path: Path
) -> None:
    words = [*SWEEP, str(tmp_path), "--vary", f"{RHO}=1,2", "--format", "svg,pdf"]
    assert cli.main([*words, *(["--json"] if json_asked else [])]) == 0
    out, err = capsys.readouterr()
    said = (err if json_asked else out).splitlines()
    named = [line.removeprefix("wrote ") for line in said if line.startswith("wrote ")]
    assert sorted(named) == sorted(str(path) for path in tmp_path.iterdir())
    endings = ("jsonl", "nc", "json", "csv", "tex", "svg", "pdf")
    assert named == [str(tmp_path / f"normal-statics.{ending}") for ending in endings]


def test_the_picture_shows_the_values_that_are_asked_for(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def render(data: object, kind: str, names: object) -> bytes:
        seen.append(names)
        return b""

    monkeypatch.setattr("pdesolve.plotting.sweep_page.render", render)
    words = [*SWEEP, str(tmp_path), "--vary", f"{RHO}=1,2", "--format", "svg"]
    for asked in (["--plot", "gain, premium_per_sd,price_gap"], []):
        assert cli.main([*words, *asked]) == 0
    assert seen == [["gain", "premium_per_sd", "price_gap"], None]
    capsys.readouterr()


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
    monkeypatch.setattr(records, "solve_point", lambda task: {"version": pdesolve.__version__})
    tasks = [Task(load_case("binary"), (place,), ()) for place in range(3)]
    for progress in (True, False):
        done = records.solved(
            tasks, None, 1, name="binary", unit="point", before=1, progress=progress
        )
        assert len(list(done)) == 3
        err = capsys.readouterr().err
        assert ("binary" in err) == progress
        assert ("1/4" in err) == progress
        assert bool(err) == progress
