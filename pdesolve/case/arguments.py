"""Arguments of public functions: what stands for a case, and tolerances."""

from __future__ import annotations

import os
from numbers import Real

from pdesolve.case.io import load_case
from pdesolve.case.parameters import Case
from pdesolve.case.rules import LARGEST_TOLERANCE, LEAST_TOLERANCE
from pdesolve.case.sources import CaseError, shown

CaseLike = Case | str | os.PathLike[str]


def as_case(case: CaseLike) -> Case:
    """The case itself, or the one of that name or in the file at that path.

    Raises
    ------
    CaseError
        If there is no such case, or its file is wrong.
    TypeError
        If it is something else.
    """
    if isinstance(case, Case):
        return case
    if isinstance(case, str | os.PathLike):
        return load_case(case)
    raise TypeError(
        "case must be a Case (see load_case), the name of one or the path to a TOML file,"
        f" got {shown(case)}"
    )


def check_tolerance(value: object, name: str = "tol") -> float:
    """An accuracy that can be asked for.

    Raises
    ------
    CaseError
        If it is none.
    """
    if not isinstance(value, bool) and isinstance(value, Real):
        number = float(value)
        if LEAST_TOLERANCE <= number <= LARGEST_TOLERANCE:
            return number
    rule = f"must be a number from {LEAST_TOLERANCE:g} to {LARGEST_TOLERANCE:g}"
    raise CaseError(f"{name} {rule}, got {shown(value)}")
