"""Rows and numbers of a CSV file, whatever divides its cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from pdesolve.case.sources import CaseError

DELIMITERS = (";", "\t", ",")  # of two that divide a row alike the first: a comma may be decimal
MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", ".", "-")


class Row(NamedTuple):
    """A row of the file: the number of its line, and its cells."""

    line: int
    cells: list[str]


def rows_of(text: str, where: str) -> Iterator[Row]:
    """Rows that are not empty, all as wide as the first."""
    try:
        width, delimiter = max(
            ((_width(text, one), one) for one in DELIMITERS), key=lambda found: found[0]
        )
        begun = False
        for row in _parsed(text, delimiter):
            if len(row.cells) == width:
                begun = True
                yield row
            elif begun or not row.cells[0].startswith("#"):
                rule = f"must have {width} columns, and has {len(row.cells)}"
                rule = rule if width > 1 else "must be one finite number, and is several"
                raise CaseError(f"{where}, line {row.line}, {rule}")
    except csv.Error:
        raise CaseError(f"{where} must be CSV") from None


def _parsed(text: str, delimiter: str) -> Iterator[Row]:
    """Rows that are not empty."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    for cells in reader:
        if len(cells) > 1 or any(cell.strip() for cell in cells):
            yield Row(reader.line_num, [cell.strip() for cell in cells])


def _width(text: str, delimiter: str) -> int:
    """Number of cells in the first row that is no comment."""
    rows = (row.cells for row in _parsed(text, delimiter) if not row.cells[0].startswith("#"))
    return len(next(rows, []))


def number(cell: str) -> float | None:
    """The number that a cell is, percent or not; None if it is none."""
    share = cell.endswith("%")
    try:
        value = float(cell[:-1] if share else cell)
    except ValueError:
        return None
    if "_" in cell:
        return None
    return value / 100 if share else value


def fault(cell: str, alone: bool) -> str:
    """What is wrong with a cell that is there, in words that do not give away what it says."""
    if number(cell) is not None:
        return "is not finite"
    if "," in cell and not alone:
        return "has a comma, which could be a thousands separator or a decimal one: write 1234.5"
    return "is several" if any(sign in cell for sign in ",;\t ") else "is not a number"
