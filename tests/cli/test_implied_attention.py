"""`calibrate --implied-attention`: what quotes say, printed, written, or refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from pdesolve.cli.program import main
from tests.finance.quoting import bachelier

TARGETS = '[targets]\nprice = { value = 5.0, sd = 0.001 }\n[[quotes]]\nfile = "q.csv"\nsd = 0.001\n'


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    """Quotes of a payoff with mean 5 and sd 1.25 under Q."""
    strikes = np.linspace(2.5, 7.5, 17)
    prices = zip(strikes, bachelier(strikes, 5.0, 1.25), strict=True)
    rows = [f"{k},,{p}" if k < 5.0 else f"{k},{p}," for k, p in prices]
    (tmp_path / "q.csv").write_text("\n".join(["strike,call,put", *rows]), encoding="utf-8")
    path = tmp_path / "targets.toml"
    path.write_text(TARGETS, encoding="utf-8")
    return path


def test_attention_is_printed_and_written(
    targets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["calibrate", "normal", str(targets), "--implied-attention"]
    assert main(command) == 0
    table = capsys.readouterr()
    assert "attention implied by 17 quotes" in table.out and not table.err
    assert main([*command, "--json", "--out", str(tmp_path / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["variance"]["low"] <= 1.25**2 <= found["variance"]["high"]
    assert found["attention"]["low"] == pytest.approx(found["variance"]["low"] / 2.0)
    assert found["by_date"][0]["price"]["error"] < 1.97e-3
    written = tmp_path / "out" / "normal-implied-attention.json"
    assert json.loads(written.read_text(encoding="utf-8")) == found


def test_nothing_is_solved(targets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pdesolve.solver.pde.solver.solve", None)
    assert main(["calibrate", "normal", str(targets), "--implied-attention"]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[targets]\nprice = { value = 5.0, sd = 0.1 }\n", "targets.toml: quotes are missing"),
        ("[[quotes]]\nstrike = 5\ncall = 0.1\n", "targets.toml: quotes[0].sd is missing"),
        (TARGETS + "[[quotes]]\nstrike = 5\ncall = 1\nsd = 0.001\n", "must agree"),
        (TARGETS + "[[quotes]]\nstrike = 5\nput = 1\nsd = 0.001\nmaturity = 2\n", "maturity must"),
    ],
)
def test_bad_quotes_are_one_line(
    targets: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    targets.write_text(text, encoding="utf-8")
    assert main(["calibrate", "normal", str(targets), "--implied-attention"]) == 2
    streams = capsys.readouterr()
    assert said in streams.err and streams.err.count("\n") == 1 and not streams.out
