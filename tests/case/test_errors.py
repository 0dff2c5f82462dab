"""What the package raises on purpose has one root."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pdesolve
from pdesolve.case import CaseError
from pdesolve.case.errors import PdesolveError
from pdesolve.cli.common import Stop
from pdesolve.solver.pde.solver import SolveError


def exceptions() -> Iterator[type[BaseException]]:
    """Every exception class that a module of the package defines."""
    for module in pkgutil.walk_packages(pdesolve.__path__, "pdesolve."):
        if module.name == "pdesolve.__main__":  # the program itself
            continue
        for _, one in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(one, BaseException) and one.__module__ == module.name:
                yield one


def test_every_exception_has_the_same_root() -> None:
    found = set(exceptions())
    assert {PdesolveError, CaseError, SolveError, Stop} <= found
    assert {one for one in found if not issubclass(one, PdesolveError)} == {Stop}
