"""What a value has to satisfy, in words and as a test; annotations of the parts carry these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any


@dataclass(frozen=True)
class Rule:
    """What a value, or each of a list, has to satisfy: in words and as a test."""

    text: str
    holds: Callable[[Any], bool]
    infinite: bool = False


LEAST_TOLERANCE, LARGEST_TOLERANCE = 1e-10, 0.1
LEAST_SIZE, LARGEST_SIZE = 1e-50, 1e50  # of numbers but 0: squares and ratios are numbers too
SIZE = "0 or between 1e-50 and 1e50 in size"
MISSING_VALUES = ("refuse", "drop")

Finite = Annotated[float, Rule("a finite number", isfinite)]
Positive = Annotated[float, Rule("> 0", lambda x: x > 0)]
PositiveOrInfinite = Annotated[float, Rule("> 0", lambda x: x > 0, infinite=True)]
NonNegative = Annotated[float, Rule(">= 0", lambda x: x >= 0)]
NotZero = Annotated[float, Rule("a finite number, not 0", lambda x: x != 0)]
Share = Annotated[float, Rule("> 0 and < 1", lambda x: 0 < x < 1)]
AboveOne = Annotated[float, Rule("> 1", lambda x: x > 1)]
Numbers = Annotated[tuple[float, ...], Rule("a finite number", isfinite)]
Positives = Annotated[tuple[float, ...], Rule("> 0", lambda x: x > 0)]
Tolerance = Annotated[
    float,
    Rule(
        f"from {LEAST_TOLERANCE:g} to {LARGEST_TOLERANCE:g}",
        lambda x: LEAST_TOLERANCE <= x <= LARGEST_TOLERANCE,
    ),
]
SignalCount = Annotated[int, Rule("from 1 to 1000000", lambda x: 1 <= x <= 1_000_000)]
Order = Annotated[int, Rule("one of 2, 4, 6, 8, 10", lambda x: x in (2, 4, 6, 8, 10))]
XiNodes = Annotated[
    int, Rule("0, 1 or from 16 to 20000", lambda x: x in (0, 1) or 16 <= x <= 20000)
]
PsiNodes = Annotated[int, Rule("0, 1 or from 8 to 2000", lambda x: x in (0, 1) or 8 <= x <= 2000)]
StepCount = Annotated[int, Rule("from 1 to 1e9", lambda x: 1 <= x <= 1_000_000_000)]
FilePath = Annotated[str, Rule("a path", lambda x: isinstance(x, str) and x != "")]
Column = Annotated[
    str | int, Rule("a name in the header, or a number from 1", lambda x: _is_column(x))
]
MissingValues = Annotated[
    str, Rule(f"one of {', '.join(MISSING_VALUES)}", lambda x: x in MISSING_VALUES)
]


def is_sized(value: Any) -> bool:
    """Whether a real number, of whatever type, is of a size that can be computed with."""
    size = abs(value if isinstance(value, int) else float(value))  # whole ones may have no float
    return size == 0 or LEAST_SIZE <= size <= LARGEST_SIZE


def _is_column(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and value >= 1
    return isinstance(value, str) and value.strip() != ""


def is_text(value: object) -> bool:
    """Whether a value is text that can be written: without halves of surrogate pairs."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False
