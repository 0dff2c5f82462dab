"""What a check says."""

from dataclasses import dataclass


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
