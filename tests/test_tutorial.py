"""The tutorial does what it says: files, commands, programs, and what they print."""

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pdesolve
from pdesolve.cli.program import main

TEXT = Path(pdesolve.__file__).with_name("tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks() -> Iterator[tuple[str, str]]:
    """Language and content of each block, in order."""
    return ((match[1], match[2]) for match in BLOCK.finditer(TEXT))


CLOSE, BARS = (1e-4, 1e-4), (0.5, 0.0)  # relative and absolute


def agree(printed: str, shown: str) -> bool:
    """Whether words are the same, and numbers but for what rounding may change.

    Bars may differ by a half; how many nodes it took, and how long, does not matter.
    """
    mine, its = lines(printed).split(), lines(shown).split()
    return len(mine) == len(its) and all(map(alike, mine, its))


def alike(mine: str, its: str) -> bool:
    """The same of two words."""
    value, known = number(mine), number(its)
    if value is None or known is None:
        return mine == its
    share, least = BARS if "e-" in its else CLOSE
    return value == pytest.approx(known, rel=share, abs=least)


def lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if " nodes in xi " not in line)


def number(word: str) -> float | None:
    try:
        return float(word.strip(",()"))
    except ValueError:
        return None


def test_its_numbers_are_printed_by_its_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed, checked = "", 0
    for language, content in blocks():
        if language == "text":
            assert agree(printed, content), printed
            checked += 1
            continue
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            if language == "toml":
                Path(content.split()[1]).write_text(content, encoding="utf-8")
            elif language == "sh":
                for line in content.splitlines():
                    assert main(line.split()[1:]) == 0
            else:
                exec(compile(content, "tutorial.md", "exec"), names)
        printed = out.getvalue()
    assert checked == 5
    written = {path.suffix for path in (tmp_path / "answer").iterdir()}
    assert {".png", ".pdf", ".csv", ".nc", ".json"} <= written
    assert (tmp_path / "answer.pdf").stat().st_size > 1000


def test_it_can_be_read_in_ten_minutes() -> None:
    prose = BLOCK.sub("", TEXT)
    assert len(prose.split()) < 1200  # at 120 words a minute


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", TEXT))
def test_its_links_lead_somewhere(link: str) -> None:
    assert Path(pdesolve.__file__).with_name(link).is_file()
