import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pdesolve.case import Case, case_names, load_case
from pdesolve.cli import program as cli
from pdesolve.cli.commands import COMMANDS
from pdesolve.model.payoff.factory import PriorError
from pdesolve.numerics.rootfind import NoConvergence
from pdesolve.plotting import solution_page as plots
from pdesolve.solver.solution import Solution, load_solution
from pdesolve.version import __version__

SOLVER = import_module("pdesolve.solver.pde.solver")
KEYS = [
    "case",
    "price",
    "variance",
    "attention",
    "precision_rate",
    "log_value",
    "certainty_equivalent_gain",
    "price_volatility",
    "static_price",
    "static_variance",
    "error",
    "derived_error",
    "converged",
    "message",
    "grid",
    "steps",
    "seconds",
    "version",
]
ERRORS = {"price", "variance", "attention", "precision_rate", "log_value"}
FILES = ["binary.json", "binary.nc", "binary.pdf", "binary.png"]
RUN = "import sys; from pdesolve.cli.program import main; sys.exit(main())"

Capture = pytest.CaptureFixture[str]


def program(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = before + RUN
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def solved() -> Solution:
    solution = SOLVER.solve(load_case("binary"))
    assert isinstance(solution, Solution)
    return solution


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Let the program get this from the solver: a solution, or an error."""

    def put(result: object) -> None:
        def solve(case: object, **_: object) -> object:
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr(SOLVER, "solve", solve)

    return put


def forbid(*_: object, **__: object) -> NoReturn:
    raise AssertionError("should not have been called")


def json_only(text: str) -> dict[str, Any]:
    def constant(name: str) -> NoReturn:
        raise AssertionError(f"{name} is not JSON")

    value = json.loads(text, parse_constant=constant)
    assert isinstance(value, dict)
    return value


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
            f"command must be one of {', '.join(COMMANDS)}, got 'sovle'; nearest: so",
        ),
        (["xyzzy"], f"command must be one of {', '.join(COMMANDS)}, got 'xyzzy'"),
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
        (["show", "binary", "--set", "payoff.kind=normal"], "payoff.mean must be given"),
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


def test_a_prior_without_equilibrium_is_bad_input(
    use: Callable[[object], None], capsys: Capture, tmp_path: Path
) -> None:
    use(PriorError("no equilibrium"))
    assert cli.main(["solve", "binary", "--out", str(tmp_path / "new")]) == 2
    assert capsys.readouterr() == ("", "pdesolve: binary: payoff: no equilibrium\n")
    assert not (tmp_path / "new").exists()


# ---------------------------------------------------------------------- solve


@pytest.mark.parametrize("case", ["binary", "uniform", "market"])
def test_json_is_the_only_output_and_has_the_keys(case: str, capsys: Capture) -> None:
    assert cli.main(["solve", case, "--json", "--tol", "1e-3"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    result = json_only(out)
    assert list(result) == KEYS
    assert set(result["error"]) == ERRORS
    assert set(result["derived_error"]) == {"certainty_equivalent_gain", "price_volatility"}
    assert result["case"] == case
    assert result["converged"] is True
    expected = SOLVER.solve(load_case(case, {"numerics.tolerance": 1e-3})).initial
    assert {key: result[key] for key in KEYS[1:10]} == {
        key: getattr(expected, key) for key in KEYS[1:10]
    }


def test_json_has_null_for_what_is_not_known(
    use: Callable[[object], None], solved: Solution, capsys: Capture
) -> None:
    use(replace(solved, error=dict.fromkeys(ERRORS, float("nan")), converged=False))
    assert cli.main(["solve", "binary", "--json"]) == 1
    assert set(json_only(capsys.readouterr().out)["error"].values()) == {None}


def test_overrides_and_tolerance_reach_the_solver(
    solved: Solution, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def solve(case: Case, **_: object) -> Solution:
        seen.append(case)
        return solved

    monkeypatch.setattr(SOLVER, "solve", solve)
    assert cli.main(["solve", "binary", "--set", "market.horizon=3", "--tol", "1e-3"]) == 0
    capsys.readouterr()
    assert seen == [load_case("binary", {"market.horizon": 3.0, "numerics.tolerance": 1e-3})]


def test_the_table_shows_values_errors_units_and_benchmarks(
    use: Callable[[object], None], solved: Solution, capsys: Capture
) -> None:
    use(replace(solved, error={**solved.error, "price": 2e-7, "attention": 0.0}))
    assert cli.main(["solve", "binary"]) == 0
    out, err = capsys.readouterr()
    rows = {line[:16].strip(): line for line in out.splitlines()}
    price, static = solved.initial.price, solved.initial.static_price
    assert rows["price"].split() == ["price", f"{price:.7f}", "2e-07", "money", f"{static:.7f}"]
    assert rows["variance"].split()[3] == "money^2"
    assert rows["attention"].split()[2] == "0"
    assert "nodes in xi and psi" in out
    assert solved.message in out
    assert "attention is" not in out
    assert err == ""


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("attention.cost.linear=5", "nobody pays attention"),
        ("attention.capacity=0.1", "attention is at its capacity"),
    ],
)
def test_the_table_says_where_attention_is_at_an_end(
    override: str, words: str, capsys: Capture
) -> None:
    assert cli.main(["solve", "binary", "--tol", "1e-2", "--set", override]) == 0
    assert words in capsys.readouterr().out


def test_accuracy_missed_is_status_1_and_said(
    use: Callable[[object], None], solved: Solution, capsys: Capture
) -> None:
    message = "not converged: the price's relative error estimate 2.0e-03 exceeds 1.0e-05"
    use(replace(solved, converged=False, message=message))
    assert cli.main(["solve", "binary", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json_only(out)["converged"] is False
    assert err == f"pdesolve: binary: {message}\n"


@pytest.mark.parametrize("error", [SOLVER.SolveError("no optimum"), NoConvergence("no optimum")])
def test_a_case_without_solution_is_status_1_and_one_line(
    error: Exception, use: Callable[[object], None], capsys: Capture
) -> None:
    use(error)
    assert cli.main(["solve", "binary", "--json"]) == 1
    assert capsys.readouterr() == ("", "pdesolve: not solved: no optimum\n")


def test_an_interrupt_is_status_130_and_leaves_nothing(
    use: Callable[[object], None], capsys: Capture, tmp_path: Path
) -> None:
    use(KeyboardInterrupt())
    assert cli.main(["solve", "binary", "--out", str(tmp_path / "new")]) == 130
    assert capsys.readouterr() == ("", "pdesolve: interrupted\n")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------- files


def test_out_writes_every_file_and_nothing_else(
    use: Callable[[object], None], solved: Solution, capsys: Capture, tmp_path: Path
) -> None:
    use(solved)
    folder = tmp_path / "deep" / "down"
    for _ in range(2):  # into a new folder, then over what is there
        assert cli.main(["solve", "binary", "--json", "--out", str(folder)]) == 0
        out, err = capsys.readouterr()
        assert sorted(path.name for path in folder.iterdir()) == FILES
        assert (folder / "binary.json").read_text() == out
        endings = ("nc", "json", "png", "pdf")
        assert err == "".join(f"wrote {folder / f'binary.{ending}'}\n" for ending in endings)
    assert (folder / "binary.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "binary.pdf").read_bytes().startswith(b"%PDF")
    assert load_solution(folder / "binary.nc").initial == solved.initial


def test_written_files_are_listed_below_the_table(
    use: Callable[[object], None], solved: Solution, capsys: Capture, tmp_path: Path
) -> None:
    use(solved)
    assert cli.main(["solve", "binary", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == f"wrote {tmp_path / 'binary.pdf'}"
    assert err == ""


def test_results_that_missed_the_accuracy_are_written_too(
    use: Callable[[object], None], solved: Solution, capsys: Capture, tmp_path: Path
) -> None:
    use(replace(solved, converged=False))
    assert cli.main(["solve", "binary", "--out", str(tmp_path)]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    assert json_only((tmp_path / "binary.json").read_text())["converged"] is False
    capsys.readouterr()


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("where", ["save", "render", "replace"])
def test_a_failure_midway_leaves_nothing_half_written(
    where: str,
    existing: bool,
    use: Callable[[object], None],
    solved: Solution,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    use(solved)
    folder = tmp_path / "new" / "results"
    if existing:
        folder.mkdir(parents=True)
        (folder / "binary.nc").write_text("older")
    home = {"save": Solution, "render": plots, "replace": os}[where]
    monkeypatch.setattr(home, where, fail)
    assert cli.main(["solve", "binary", "--json", "--out", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert json_only(out)["case"] == "binary"
    assert err == f"pdesolve: cannot write to {folder}: [Errno 28] No space left on device\n"
    if existing:
        assert [path.read_text() for path in folder.iterdir()] == ["older"]
    else:
        assert list(tmp_path.iterdir()) == []


def test_a_defect_midway_leaves_nothing_half_written_either(
    use: Callable[[object], None],
    solved: Solution,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    use(solved)
    monkeypatch.setattr(plots, "render", forbid)
    with pytest.raises(AssertionError, match="should not have been called"):
        cli.main(["solve", "binary", "--out", str(tmp_path / "new")])
    assert list(tmp_path.iterdir()) == []
    capsys.readouterr()


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


def test_the_program_solves_from_outside() -> None:
    done = program("solve", "binary", "--json", "--tol", "1e-2")
    assert (done.returncode, done.stderr) == (0, "")
    assert json_only(done.stdout)["case"] == "binary"


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
