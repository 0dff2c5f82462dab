"""What `pdesolve COMMAND --help` ends with: examples, which are commands."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from pdesolve.cli import program as cli
from tests.tools.program import Capture

CHEAP = {"list", "portfolio", "show", "solve"}  # and they need no file of the user's


def examples(command: str) -> list[list[str]]:
    """Words of each example, without the program's name, and without where the shell sends it."""
    choices = next(
        action.choices
        for action in cli._parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    lines = re.findall(
        r"^  pdesolve (.+?)(?: > .*)?$", choices[command].format_help(), re.MULTILINE
    )
    return [shlex.split(line) for line in lines]


@pytest.mark.parametrize("command", cli.ADDERS)
def test_every_command_has_examples_that_are_read(command: str) -> None:
    found = examples(command)
    assert found
    for words in found:
        assert words[0] == command
        assert callable(cli._parser().parse_args(words).run)


@pytest.mark.parametrize("command", sorted(CHEAP))
def test_examples_run(
    command: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in examples(command):
        if "my_case.toml" not in words:
            assert cli.main(words) == 0
            assert capsys.readouterr().out


def test_help_says_what_a_command_is_for(capsys: Capture) -> None:
    assert cli.main(["statics", "--help"]) == 0
    text = capsys.readouterr().out
    assert "\nsolve a case over one or two parameters\n" in text
    assert text.endswith("--tol 1e-3\n")
