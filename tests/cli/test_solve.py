"""The command `solve`."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from pdesolve.case import Case, load_case
from pdesolve.cli import program as cli
from pdesolve.model.payoff.prior import PriorError
from pdesolve.numerics.rootfind import NoConvergence
from pdesolve.plotting import solution_page as plots
from pdesolve.solver.solution import Solution, load_solution
from tests.tools.program import SOLVER, Capture, forbid, json_only, program
from tests.tools.solutions import solved

KEYS = [
    "case",
    "price",
    "variance",
    "attention",
    "precision_rate",
    "log_value",
    "certainty_equivalent_gain",
    "price_volatility",
    "expected_payoff",
    "premium",
    "premium_per_sd",
    "svix",
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


def test_a_prior_without_equilibrium_is_bad_input(
    use: Callable[[object], None], capsys: Capture, tmp_path: Path
) -> None:
    use(PriorError("no equilibrium"))
    assert cli.main(["solve", "binary", "--out", str(tmp_path / "new")]) == 2
    assert capsys.readouterr() == ("", "pdesolve: binary: payoff: no equilibrium\n")
    assert not (tmp_path / "new").exists()


# ---------------------------------------------------------------------- solve


def test_further_values_are_in_table_and_json(
    use: Callable[[object], None], binary: Solution, capsys: Capture
) -> None:
    use(binary)
    words = ["solve", "binary", "--also", "informativeness, svix@0.5,price"]
    assert cli.main([*words, "--json"]) == 0
    result = json_only(capsys.readouterr().out)
    for name, (value, error) in binary.reported("informativeness", "svix@0.5").items():
        assert (result[name], result["derived_error"][name]) == (value, error)
    assert cli.main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[13:17]] == ["premium", "svix", *list(result)[14:16]]
    assert "informativeness: covariance of payoff and price over the sd" in "\n".join(lines)


@pytest.mark.parametrize("also", ["informativness", "price@1.5", ""])
def test_what_is_not_reported_is_bad_input(
    also: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(SOLVER, "solve", forbid)
    for command in (["solve", "binary"], ["compare", "binary", "normal"]):
        assert cli.main([*command, "--also", also]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1) and repr(also) in err


@pytest.mark.parametrize("case", ["binary", "uniform", "market"])
def test_json_is_the_only_output_and_has_the_keys(case: str, capsys: Capture) -> None:
    assert cli.main(["solve", case, "--json", "--tol", "1e-3"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    result = json_only(out)
    assert list(result) == KEYS
    assert set(result["error"]) == ERRORS
    assert set(result["derived_error"]) == {
        *("certainty_equivalent_gain", "price_volatility", "premium", "premium_per_sd", "svix")
    }
    assert result["case"] == case
    assert result["converged"] is True
    expected = solved(case, {"numerics.tolerance": 1e-3}).initial
    values = KEYS[1 : KEYS.index("error")]
    assert {key: result[key] for key in values} == {key: getattr(expected, key) for key in values}


def test_json_has_null_for_what_is_not_known(
    use: Callable[[object], None], binary: Solution, capsys: Capture
) -> None:
    use(replace(binary, error=dict.fromkeys(ERRORS, float("nan")), converged=False))
    assert cli.main(["solve", "binary", "--json"]) == 1
    assert set(json_only(capsys.readouterr().out)["error"].values()) == {None}


def test_overrides_and_tolerance_reach_the_solver(
    binary: Solution, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def solve(case: Case, **_: object) -> Solution:
        seen.append(case)
        return binary

    monkeypatch.setattr(SOLVER, "solve", solve)
    assert cli.main(["solve", "binary", "--set", "market.horizon=3", "--tol", "1e-3"]) == 0
    capsys.readouterr()
    assert seen == [load_case("binary", {"market.horizon": 3.0, "numerics.tolerance": 1e-3})]


def test_the_table_shows_values_errors_units_and_benchmarks(
    use: Callable[[object], None], binary: Solution, capsys: Capture
) -> None:
    use(replace(binary, error={**binary.error, "price": 2e-7, "attention": 0.0}))
    assert cli.main(["solve", "binary"]) == 0
    out, err = capsys.readouterr()
    rows = {line[:16].strip(): line for line in out.splitlines()}
    price, static = binary.initial.price, binary.initial.static_price
    assert rows["price"].split() == ["price", f"{price:.7f}", "2e-07", "money", f"{static:.7f}"]
    assert rows["variance"].split()[3] == "money^2"
    assert rows["expected payoff"].split()[2:] == ["0.35", "0", "money"]
    premium = f"{binary.initial.premium:.7f}"
    assert rows["premium"].split() == ["premium", premium, "2e-07", "money"]
    assert float(premium) == pytest.approx(0.35 - price, abs=1e-7)
    sd = 0.35**0.5 * 0.65**0.5
    assert float(rows["premium per sd"].split()[3]) == pytest.approx(float(premium) / sd, abs=1e-6)
    assert rows["attention"].split()[2] == "0"
    assert "nodes in xi and psi" in out
    assert binary.message in out
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
    use: Callable[[object], None], binary: Solution, capsys: Capture
) -> None:
    message = "not converged: the price's relative error estimate 2.0e-03 exceeds 1.0e-05"
    use(replace(binary, converged=False, message=message))
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
    use: Callable[[object], None], binary: Solution, capsys: Capture, tmp_path: Path
) -> None:
    use(binary)
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
    assert load_solution(folder / "binary.nc").initial == binary.initial


@pytest.mark.parametrize(
    ("asked", "endings"), [("svg", ["svg"]), ("pdf,svg,pdf", ["pdf", "svg"]), ("png", ["png"])]
)
def test_the_picture_has_the_formats_that_are_asked_for(
    asked: str,
    endings: list[str],
    use: Callable[[object], None],
    binary: Solution,
    capsys: Capture,
    tmp_path: Path,
) -> None:
    use(binary)
    assert cli.main(["solve", "binary", "--out", str(tmp_path), "--format", asked]) == 0
    names = [f"binary.{ending}" for ending in ("nc", "json", *endings)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    starts = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
    for ending in endings:
        assert (tmp_path / f"binary.{ending}").read_bytes().startswith(starts[ending])
    wrote = [line for line in capsys.readouterr().out.splitlines() if line.startswith("wrote")]
    assert wrote == [f"wrote {tmp_path / name}" for name in names]


def test_written_files_are_listed_below_the_table(
    use: Callable[[object], None], binary: Solution, capsys: Capture, tmp_path: Path
) -> None:
    use(binary)
    assert cli.main(["solve", "binary", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == f"wrote {tmp_path / 'binary.pdf'}"
    assert err == ""


def test_results_that_missed_the_accuracy_are_written_too(
    use: Callable[[object], None], binary: Solution, capsys: Capture, tmp_path: Path
) -> None:
    use(replace(binary, converged=False))
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
    binary: Solution,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    use(binary)
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
    binary: Solution,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    use(binary)
    monkeypatch.setattr(plots, "render", forbid)
    with pytest.raises(AssertionError, match="should not have been called"):
        cli.main(["solve", "binary", "--out", str(tmp_path / "new")])
    assert list(tmp_path.iterdir()) == []
    capsys.readouterr()


def test_the_program_solves_from_outside() -> None:
    done = program("solve", "binary", "--json", "--tol", "1e-2")
    assert (done.returncode, done.stderr) == (0, "")
    assert json_only(done.stdout)["case"] == "binary"
