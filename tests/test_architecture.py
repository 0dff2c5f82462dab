"""The rooms: what may import what, read from every file of the package."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pdesolve"
GROUND = {"version", "typing", "files"}
BELOW = {  # room -> rooms that it may import
    "case": set[str](),
    "numerics": {"case"},
    "model": {"case", "numerics"},
    "solver": {"case", "numerics", "model"},
    "finance": {"case", "numerics", "model", "solver"},
    "investing": {"case", "numerics", "model", "solver", "finance"},
    "studies": {"case", "numerics", "model", "solver", "finance"},
    "verification": {"case", "numerics", "model", "solver", "finance"},
}
BELOW["plotting"] = {*BELOW, "plotting"} - {"plotting"}
BELOW["cli"] = set(BELOW)
LENT = {  # methods that a room above answers, imported when they are called: the only arrows up
    ("solver.lent", "finance.by_date"),  # Solution.expectations
    ("solver.lent", "finance.by_name"),  # Solution.reported
    ("solver.lent", "finance.claims"),  # Solution.option_prices, Solution.state_prices
    ("solver.lent", "finance.events"),  # Solution.event_study
    ("solver.lent", "finance.simulation"),  # Solution.simulate
    ("solver.lent", "finance.trading"),  # Solution.information
    ("solver.lent", "plotting.solution_page"),  # Solution.plot
}
FILES = {  # what may lie beside the rooms
    *("__init__.py", "__main__.py", "version.py", "typing.py", "files.py"),
    *("README.md", "derivation.md", "methods.md", "tutorial.md"),
}


def module_name(path: Path) -> str:
    """Dotted name of a file, relative to the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(tree: ast.AST) -> Iterator[str]:
    """Names of the package that a file imports anywhere in it, relative to the package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]  # for import_module
        else:
            continue
        for name in names:
            if re.fullmatch(r"pdesolve(\.\w+)*", name) and (
                not isinstance(node, ast.Constant) or "." in name
            ):
                yield name.removeprefix("pdesolve").removeprefix(".")


def target(name: str) -> str:
    """The module that an imported name is, or is in."""
    while name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def arrows(name: str, text: str) -> set[str]:
    """Modules that a module imports, itself and what is lent to it left out."""
    found = {target(one) for one in imported(ast.parse(text))} - {name}
    return {one for one in found if (name, one) not in LENT}


def room(name: str) -> str:
    return name.partition(".")[0]


def upward(name: str, text: str) -> list[str]:
    """Imports that a module must not have."""
    here = room(name)
    if here in ("", "__main__"):  # the public face and the program
        return []
    allowed = GROUND | {here} | BELOW.get(here, set())
    return [f"{name} -> {one}" for one in sorted(arrows(name, text)) if room(one) not in allowed]


def at_import(node: ast.AST) -> Iterator[str]:
    """What a statement imports when it is run, functions left out."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from imported(node)
    elif not isinstance(node, ast.FunctionDef):
        for part in ast.iter_child_nodes(node):
            yield from at_import(part)


def check_circles(graph: dict[str, set[str]]) -> None:
    tuple(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_down(name: str) -> None:
    assert not upward(name, MODULES[name].read_text())


def test_there_is_no_circle() -> None:
    check_circles({name: arrows(name, path.read_text()) for name, path in MODULES.items() if name})


def test_an_arrow_up_and_a_circle_are_seen() -> None:
    up = "def late():\n    from pdesolve.plotting.style import STYLE\n"
    assert upward("solver.summary", up) == ["solver.summary -> plotting.style"]
    typed = "if TYPE_CHECKING:\n    from pdesolve.cli import program\n"
    assert upward("numerics.grid", typed) == ["numerics.grid -> cli.program"]
    assert upward("studies.plan", "import pdesolve.verification.suite")
    assert upward("files", "from pdesolve.case import Case")
    late = 'import_module("pdesolve.plotting.style")'
    assert upward("solver.summary", late) == ["solver.summary -> plotting.style"]
    with pytest.raises(CycleError):
        check_circles({"a": {"b"}, "b": {"a"}})


def test_what_is_lent_is_imported_where_it_is_called_and_nowhere_else() -> None:
    for name, above in LENT:
        tree = ast.parse(MODULES[name].read_text())
        assert above not in {target(one) for node in tree.body for one in at_import(node)}
        assert above in {target(one) for one in imported(tree)}
    late = "def late():\n    from pdesolve.plotting.sweep_page import page\n"
    assert upward("solver.solution", late) == ["solver.solution -> plotting.sweep_page"]


def test_nothing_else_lies_beside_the_rooms() -> None:
    there = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert there == FILES | set(BELOW)


@pytest.mark.parametrize("name", MODULES)
def test_only_plotting_draws_and_only_cli_parses_and_prints(name: str) -> None:
    tree, here = ast.parse(MODULES[name].read_text()), room(name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            tops = {one.partition(".")[0] for one in names}
            assert here == "plotting" or "matplotlib" not in tops
            assert here == "cli" or "argparse" not in tops
            assert here != "case" or "numpy" not in tops
        if isinstance(node, ast.Name) and node.id == "print":
            assert here == "cli"


@pytest.mark.parametrize("name", MODULES)
def test_no_module_bears_the_name_of_a_function_of_its_own(name: str) -> None:
    body = ast.parse(MODULES[name].read_text()).body
    assert name.rpartition(".")[2] not in [
        node.name for node in body if isinstance(node, ast.FunctionDef)
    ]


def test_rooms_import_nothing_by_themselves_but_data() -> None:
    for name, path in MODULES.items():
        if path.name == "__init__.py" and name not in ("", "case"):
            assert not arrows(name, path.read_text())
