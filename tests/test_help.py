"""`help()` of the package and of what it offers."""

import pydoc
import re
import subprocess
import sys

import pytest

import pdesolve
from pdesolve.solver.discrete.domain import DiscreteTuning
from pdesolve.solver.pde.tuning import RefineTuning, Tuning

NAMES = [name for name in pdesolve.__all__ if not name.startswith("_")]


def said(thing: object) -> str:
    return pydoc.plain(pydoc.render_doc(thing))


def test_help_begins_with_a_line_on_every_public_name() -> None:
    assert pdesolve.__doc__ is not None
    lines = dict(re.findall(r"^    (\w+)  +(\S.*)$", pdesolve.__doc__, re.MULTILINE))
    assert sorted(lines) == sorted(NAMES)
    text = said(pdesolve)
    for name, about in lines.items():
        assert f"{name} " in text and about in text
    assert "sweep(case: 'CaseLike', vary: " in text  # and functions with their arguments below


def test_the_example_in_the_help_runs() -> None:
    assert pdesolve.__doc__ is not None
    lines = [line[4:] for line in pdesolve.__doc__.splitlines() if line.startswith("    ")]
    example = lines[: next(k for k, line in enumerate(lines) if line.startswith("case_names"))]
    assert len(example) == 4
    space: dict[str, object] = {}
    exec("\n".join(example).replace("baseline", "normal"), space)
    assert isinstance(space["solution"], pdesolve.Solution)


def test_public_names_are_known_before_they_are_imported() -> None:
    code = (
        "import sys, pdesolve; assert set(pdesolve.__all__) <= set(dir(pdesolve));"
        " sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_types_are_named_and_defaults_are_short(name: str) -> None:
    text = said(getattr(pdesolve, name))
    assert max(map(len, text.splitlines())) < 400
    assert not re.search(r"Union\[|numpy\._typing|NestedSequence|object at 0x", text)


def test_a_tuning_says_what_differs_from_the_usual_one() -> None:
    assert repr(Tuning()) == "Tuning()"
    assert repr(DiscreteTuning(passes=2, nodes=40)) == "DiscreteTuning(nodes=40, passes=2)"
    other = Tuning(refine=RefineTuning(passes=3))
    assert repr(other).startswith("Tuning(refine=RefineTuning(") and "passes=3" in repr(other)
