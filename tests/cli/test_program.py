"""The program: what it lists, what it refuses, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from pdesolve.case import case_names, load_case
from pdesolve.cli import program as cli
from pdesolve.cli.program import ADDERS
from pdesolve.version import __version__
from tests.tools.program import SOLVER, program

RUN = "import sys; from pdesolve.cli.program import main; sys.exit(main())"

Capture = pytest.CaptureFixture[str]


def forbid(*_: object, **__: object) -> NoReturn:
    raise AssertionError("should not have been called")


# ---------------------------------------------------------------------- list, show, version


def test_list_names_and_aligns_every_case(capsys: Capture) -> None:
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == case_names()
    starts = {line.index(load_case(line.split()[0]).title) for line in lines}
    assert starts == {max(map(len, case_names())) + 2}


def test_list_imports_no_arrays() -> None:
    code = (
        "import sys; from pdesolve.cli.program import main; main(['list'])\n"
        "print({'numpy', 'scipy', 'matplotlib', 'xarray'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"
    assert "binary" in done.stdout


def test_show_prints_toml_that_loads_back(capsys: Capture, tmp_path: Path) -> None:
    assert cli.main(["show", "binary", "--set", "market.horizon=2"]) == 0
    path = tmp_path / "binary.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert load_case(path) == load_case("binary", {"market.horizon": 2.0})


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["solve", "--help"]])
def test_help_and_version_end_well(arguments: list[str], capsys: Capture) -> None:
    assert cli.main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert (out == f"pdesolve {__version__}\n") == (arguments == ["--version"])
    assert "solve" in out


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (
            ["sovle", "binary"],
            f"command must be one of {', '.join(sorted(ADDERS))}, got 'sovle'; nearest: so",
        ),
        (["xyzzy"], f"command must be one of {', '.join(sorted(ADDERS))}, got 'xyzzy'"),
        (["--bogus"], "required: COMMAND"),
        (["list", "binary"], "unrecognized arguments: binary"),
        (["show"], "required: CASE"),
        (["solve"], "required: CASE"),
        (["solve", "binary", "uniform"], "unrecognized arguments: uniform"),
        (["solve", "binary", "--js"], "unrecognized arguments: --js"),
        (["solve", "binary\nuniform"], "case must be one of"),
        (["solve", "binry"], "nearest: binary"),
        (["solve", "no/such.toml"], "no/such.toml: must be a readable file"),
        (["solve", "binary", "--set"], "expected one argument"),
        (["solve", "binary", "--set", "market.horizon"], "--set must be KEY=VALUE"),
        (["solve", "binary", "--set", "=1"], "--set must be KEY=VALUE"),
        (["solve", "binary", "--set", "market.horizn=1"], "nearest: market.horizon"),
        (["solve", "binary", "--set", "market.horizon=-1"], "market.horizon must be > 0, got -1"),
        (["solve", "binary", "--set", "market.horizon=nan"], "market.horizon"),
        (["solve", "binary", "--set", "market.horizon=soon"], "market.horizon must be a number"),
        (["show", "market", "--set", "payoff.kind=lognormal"], "payoff.high is missing: the great"),
        (["solve", "binary", "--tol"], "expected one argument"),
        (["solve", "binary", "--tol", "tight"], "--tol must be a number from 1e-10 to 0.1"),
        (["solve", "binary", "--tol", "nan"], "got 'nan'"),
        (["solve", "binary", "--tol", "0"], "got '0'"),
        (["solve", "binary", "--tol", "-1"], "got '-1'"),
        (["solve", "binary", "--tol=-1e-5"], "got '-1e-5'"),
        (["solve", "binary", "--tol", "9e-11"], "got '9e-11'"),
        (["solve", "binary", "--tol", "0.11"], "got '0.11'"),
        (["solve", "binary", "--out", ""], "--out must be a folder that can be written to"),
        (["solve", "binary", "--out", "file"], "--out must be a folder that can be written to"),
        (["solve", "binary", "--out", "file/sub"], "--out must be a folder that can be written"),
        (["solve", "binary", "--out", "taken"], "is a folder"),
        (["solve", "binary", "--out", "a\0b"], "--out must be a folder that can be written to"),
        (["solve", "binary", "--json", "--out", "new", "--tol", "2"], "got '2'"),
        (["solve", "binary", "--format", "png"], "--format needs --out"),
        (
            ["solve", "binary", "--out", "new", "--format", "jpg"],
            "--format must be of png, pdf, sv",
        ),
        (["verify", "binary", "--out", "new", "--format", "jpg"], "with commas, got 'jpg'"),
        (["figures", "price", "--out", "new", "--format", ""], "with commas, got ''"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str],
    message: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SOLVER, "solve", forbid)
    Path("file").write_text("mine")
    Path("taken", "binary.png").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("pdesolve: ")
    assert message in err
    assert sorted(tmp_path.rglob("*")) == before


def test_bad_input_from_outside_has_no_traceback_either() -> None:
    done = program("solve", "binary", "--set", "payoff.values=[1, 1]")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "payoff.values" in done.stderr


# ---------------------------------------------------------------------- streams


def test_a_reader_that_leaves_is_no_reason_to_complain() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as out:
        done = subprocess.run(
            [sys.executable, "-c", RUN, "list"],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_device_is_one_line() -> None:
    with open("/dev/full", "w") as out:
        done = subprocess.run(
            [sys.executable, "-c", RUN, "list"],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("pdesolve: cannot write: ")
        assert done.stderr.count("\n") == 1


def test_text_that_the_terminal_cannot_show_is_escaped() -> None:
    done = program(
        "solve",
        "binary",
        "--tol",
        "1e-2",
        before="import sys; sys.stdout.reconfigure(encoding='ascii');",
    )
    assert done.returncode == 0
    assert "\\xb1 error" in done.stdout
