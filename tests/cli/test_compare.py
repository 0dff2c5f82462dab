"""The command `compare`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pdesolve.case import Case
from pdesolve.cli import program as cli
from pdesolve.model.payoff.prior import PriorError
from pdesolve.solver.solution import Solution
from tests.tools.program import SOLVER, Capture, forbid, json_only
from tests.tools.solutions import solved

ENDINGS = ("json", "csv", "png", "pdf")
Use = Callable[[dict[str, object]], None]


@pytest.fixture
def use_each(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Let the program get these from the solver, by the case's name."""

    def put(results: dict[str, object]) -> None:
        def solve(case: Case, **_: object) -> object:
            result = results[case.name]
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr(SOLVER, "solve", solve)

    return put


@pytest.fixture
def normal() -> Solution:
    return solved("normal", tol=1e-4)


def test_values_and_differences_are_printed(
    use_each: Use, binary: Solution, normal: Solution, capsys: Capture
) -> None:
    use_each({"binary": binary, "normal": normal})
    assert cli.main(["compare", "normal", "binary"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    values, _, apart = out.partition("less normal; error bars add up")
    assert "Normal payoff" in values and "Approval or rejection" in values
    row = next(line for line in apart.splitlines() if line.startswith("price "))
    gap = binary.initial.price - normal.initial.price
    assert float(row.split()[1]) == pytest.approx(gap, abs=1e-5)
    assert f"binary: {binary.message}" in apart


def test_overrides_hold_for_every_case(
    binary: Solution, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    seen: list[Case] = []

    def solve(case: Case, **_: object) -> Solution:
        seen.append(case)
        return replace(binary, case=case)

    monkeypatch.setattr(SOLVER, "solve", solve)
    words = ["--set", "market.horizon=3", "--tol", "1e-3"]
    assert cli.main(["compare", "normal", "binary", *words]) == 0
    assert [case.name for case in seen] == ["normal", "binary"]
    assert {(case.market.horizon, case.numerics.tolerance) for case in seen} == {(3.0, 1e-3)}
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "required: CASE"),
        (["normal"], "compare needs two to 6 cases, got normal"),
        (["normal", "normal"], "compare needs cases that differ, got normal twice"),
        (["normal", "binry"], "nearest: binary"),
        (["normal", "binary", "--set", "payoff.sd=2"], "payoff.sd must be absent"),
        (["normal", "binary", "--out", "file"], "--out must be a folder"),
        (["normal", "binary", "--format", "pdf"], "--format needs --out"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    words: list[str],
    message: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    monkeypatch.setattr(SOLVER, "solve", forbid)
    assert cli.main(["compare", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


def test_every_case_that_missed_the_accuracy_is_named(
    use_each: Use, binary: Solution, normal: Solution, capsys: Capture
) -> None:
    missed = replace(binary, converged=False, message="not within 1.0e-05")
    use_each({"binary": missed, "normal": normal})
    assert cli.main(["compare", "normal", "binary", "--json"]) == 1
    out, err = capsys.readouterr()
    assert [one["converged"] for one in json_only(out)["cases"]] == [True, False]
    assert err == "pdesolve: binary: not within 1.0e-05\n"


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (PriorError("no equilibrium"), 2, "binary: payoff: no equilibrium"),
        (SOLVER.SolveError("binary: no optimum"), 1, "not solved: binary: no optimum"),
    ],
)
def test_a_case_without_solution_is_named(
    error: Exception, status: int, line: str, use_each: Use, normal: Solution, capsys: Capture
) -> None:
    use_each({"binary": error, "normal": normal})
    assert cli.main(["compare", "normal", "binary"]) == status
    assert capsys.readouterr() == ("", f"pdesolve: {line}\n")


def test_out_writes_tables_and_one_page_and_names_them(
    use_each: Use, binary: Solution, normal: Solution, capsys: Capture, tmp_path: Path
) -> None:
    use_each({"binary": binary, "normal": normal})
    words = ["compare", "normal", "binary", "--json", "--out", str(tmp_path / "new")]
    assert cli.main(words) == 0
    out, err = capsys.readouterr()
    names = [f"normal-binary-compare.{ending}" for ending in ENDINGS]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(names)
    assert err.splitlines() == [f"wrote {tmp_path / 'new' / name}" for name in names]
    assert (tmp_path / "new" / names[0]).read_text() == out
    assert len((tmp_path / "new" / names[1]).read_text().splitlines()) == 3
    assert (tmp_path / "new" / names[3]).read_bytes().startswith(b"%PDF")
