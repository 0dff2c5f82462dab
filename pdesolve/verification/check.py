"""What a check says."""

from dataclasses import dataclass

import numpy as np

from pdesolve.solver.solution import Solution
from pdesolve.solver.values import BARS, ERRORS


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was checked.

    Attributes
    ----------
    group, name : str
    value, bound : float
        What was measured and the most that it may be, both in `unit`.
    passed : bool
    unit : str
    note : str
    decided : bool
        False if the check says nothing about this case, for the reason in `note`.
    """

    group: str
    name: str
    value: float
    bound: float
    passed: bool
    unit: str = ""
    note: str = ""
    decided: bool = True


def barred(solution: Solution) -> list[str]:
    """Names of `BARS` that a solution has: no SVIX where the price may not be positive."""
    return [name for name in BARS if name in ERRORS or np.isfinite(solution.bars[name])]
