"""The command `verify`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pdesolve.case import Case
from pdesolve.cli import program as cli
from pdesolve.verification.check import Check
from pdesolve.verification.suite import Report


def test_command(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    verified: Report,
) -> None:
    asked: list[bool] = []

    def pretend(case: Case, *, quick: bool, tell: object) -> Report:
        asked.append(quick)
        return verified

    monkeypatch.setattr("pdesolve.verification.suite.verify", pretend)
    assert cli.main(["verify", "binary", "--quick", "--out", str(tmp_path)]) == 0
    assert asked == [True]
    out, err = capsys.readouterr()
    assert "PASS: all" in out and err == ""
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"binary-verify.{ending}" for ending in ("json", "md", "png", "pdf")}
    data = json.loads((tmp_path / "binary-verify.json").read_text(encoding="utf-8"))
    assert data["passed"] is True


def test_command_fails_with_status_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verified: Report
) -> None:
    bad = Check(group="identities", name="two and two", value=5.0, bound=4.0, passed=False)
    wrong = replace(verified, checks=(*verified.checks, bad))
    monkeypatch.setattr("pdesolve.verification.suite.verify", lambda case, **_: wrong)
    assert cli.main(["verify", "binary", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["passed"] is False
    assert err.startswith("pdesolve: binary: FAIL: 1 of ") and err.count("\n") == 1
