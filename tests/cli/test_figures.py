"""The command `figures`."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pdesolve.cli.program import main
from pdesolve.plotting import gallery
from tests.plotting.pictures import picture


def test_the_command_writes_figures_and_prints_captions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["figures", "response", "--quick", "--width", "3.3", "--out", str(tmp_path / "new")]
    assert main(arguments) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "response.pdf",
        "response.png",
    ]
    said = capsys.readouterr().out
    assert said.startswith(f"wrote {tmp_path / 'new' / 'response.png'}\n")
    assert main([*arguments, "--format", "svg"]) == 0
    assert capsys.readouterr().out.startswith(f"wrote {tmp_path / 'new' / 'response.svg'}\n")
    assert "jumps: to 0.68, at a variance of 0.52." in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prise"], "figure must be one of announcement, .*, got 'prise'; nearest: price"),
        (["price", "zzz"], "got 'zzz'; nearest: none"),
        (["../price"], "figure must be one of"),
        (["price", "--width", "2"], "--width must be a number of inches from 3 to 14, got '2'"),
        (["price", "--width", "nan"], "--width must be a number of inches"),
        (["price", "--out", ""], "--out must be a folder that can be written to"),
    ],
)
def test_bad_input_is_answered_in_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["figures", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.match(f"pdesolve: .*{message}.*\n$", err)
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_figure_that_is_not_accurate_is_not_drawn(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missed = replace(picture("baseline").found, converged=False, message="accuracy missed")
    monkeypatch.setattr(gallery, "solve", lambda case, tol: missed)
    assert main(["figures", "baseline", "--quick", "--out", str(tmp_path / "new")]) == 1
    assert capsys.readouterr().err == "pdesolve: baseline: baseline: accuracy missed\n"
    assert not (tmp_path / "new").exists()


def test_the_commands_are_known_without_matplotlib() -> None:
    code = (
        "import sys; from pdesolve.cli import program; program._parser();"
        " sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
