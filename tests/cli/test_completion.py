"""What a shell that asks is told."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pdesolve.case import case_names, load_case
from pdesolve.cli.completion import cases_like, figures_like, keys_like, varied_like
from pdesolve.plotting.gallery import figure_names
from pdesolve.studies.plan import flat
from tests.tools.program import RUN

NOTHING = argparse.Namespace()


def of(case: str) -> argparse.Namespace:
    return argparse.Namespace(case=case)


def test_cases_are_named_ones_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cases_like("") == case_names()
    assert cases_like("b") == ["baseline", "binary"]
    for name in ("mine.toml", "notes.txt", "more/other.toml"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    assert cases_like("mi") == ["mixture", "mine.toml"]
    assert cases_like("more/") == ["more/other.toml"]
    assert cases_like("./m") == ["./more/", "./mine.toml"]
    assert cases_like(f"{tmp_path}/mo") == [f"{tmp_path}/more/"]


def test_keys_are_those_of_the_case() -> None:
    keys = keys_like("", of("normal"))
    assert {f"{key}=" for key in flat(load_case("normal"))} <= set(keys)
    assert keys_like("payoff.", of("normal")) == ["payoff.kind=", "payoff.mean=", "payoff.sd="]
    assert keys_like("attention.c", of("normal"))[0] == "attention.capacity="
    assert "numerics.max_steps=" in keys
    for unknown in (NOTHING, of("no such case")):
        assert {"payoff.low=", "payoff.sd=", "payoff.values="} <= set(keys_like("pay", unknown))


def test_only_what_can_be_varied_is_offered_for_it() -> None:
    assert varied_like("payoff.", of("binary")) == ["payoff.kind="]
    assert "payoff.values=" in keys_like("payoff.", of("binary"))
    assert "market.risk_aversion=" in varied_like("mark", NOTHING)
    assert not varied_like("title", of("binary"))


def test_figures_are_those_of_the_gallery() -> None:
    assert figures_like("") == figure_names()
    assert figures_like("pri") == ["price"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pdesolve so", {"solve "}),
        ("pdesolve solve mark", {"market "}),
        ("pdesolve solve normal --set payoff.", {"payoff.kind=", "payoff.mean=", "payoff.sd="}),
        ("pdesolve statics binary --vary market.h", {"market.horizon="}),
        ("pdesolve solve normal --also svix,info", {"svix,informativeness "}),
        ("pdesolve figures res", {"response "}),
        ("pdesolve solve normal --out x --format p", {"png", "pdf"}),
    ],
)
def test_a_shell_is_answered(line: str, expected: set[str], tmp_path: Path) -> None:
    pytest.importorskip("argcomplete", reason="argcomplete is not installed")
    said = tmp_path / "said"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(said),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    code = f"import sys; sys.argv = ['pdesolve']; {RUN}"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"")
    assert set(said.read_text().split("\n")) == expected


def test_nothing_is_imported_for_it_unless_a_shell_asks() -> None:
    code = (
        "import sys; from pdesolve.cli.program import main; main(['show', 'normal'])\n"
        "print({'argcomplete', 'numpy', 'pdesolve.studies.plan'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\nset()\n")
