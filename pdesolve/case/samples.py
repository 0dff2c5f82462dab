"""Observations from a column of a CSV file.

Messages say where a fault is, and what is wrong, but not what the file says: a case may come from
someone else, and point at any file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from pathlib import Path

from pdesolve.case.csvfile import MISSING, Row, fault, number, rows_of
from pdesolve.case.errors import PdesolveError
from pdesolve.case.rules import Column, FilePath, Finite, MissingValues, NotZero
from pdesolve.case.sources import CaseError, read_text

DROP = "is missing (payoff.missing = 'drop' leaves such rows out)"
MIXED = "differs from those above it in having a percent sign or none"


@dataclass(frozen=True, kw_only=True)
class SampleFile:
    """Where a case file finds the observations of a sample: x = offset + scale·(value there).

    Attributes
    ----------
    file : str
        A CSV file; the path is relative to the case file.
    column : str or int, optional
        Name in the header, or number from 1; the only column by default.
    scale, offset : float
        In money; the scale is not 0.
    missing : str
        Whether to "refuse" missing values or to "drop" their rows.
    """

    file: FilePath | None = None
    column: Column | None = None
    scale: NotZero = 1.0
    offset: Finite = 0.0
    missing: MissingValues = "refuse"


class NoColumn(PdesolveError, ValueError):
    """The column asked for is not there; the message says what would be."""


def read_sample(settings: SampleFile, path: Path, where: str) -> list[float]:
    """Read the observations.

    Parameters
    ----------
    settings : SampleFile
        Which column, how to scale it, whether to drop missing values.
    path : Path
        The file. Empty rows are passed over, and rows above the table that start with # and do
        not name the column; the first row that is left is a header if it names the column, or if
        it has a word and no number there.
    where : str
        What to say first in a message: the case file and the key.

    Raises
    ------
    CaseError
        If the file cannot be read, or rows have no number there.
    NoColumn
        If the file has no such column.
    """
    where = f"{where} {path}"
    rows = rows_of(read_text(path, where), where)
    first = next((row for row in rows if not _is_comment(row, settings.column)), None)
    if first is None:
        raise CaseError(f"{where} must hold one number per row, got none")
    column = _place(first.cells, settings.column)
    if not _is_header(first.cells, column, settings.column):
        rows = chain([first], rows)
    numbers = list(_numbers(rows, column, settings.missing == "drop", where))
    if not numbers:
        raise CaseError(f"{where} must hold one number per row, got none")
    return [settings.offset + settings.scale * number for number in numbers]


def _is_comment(row: Row, wanted: str | int | None) -> bool:
    return row.cells[0].startswith("#") and wanted not in row.cells


def _place(first: list[str], wanted: str | int | None) -> int:
    """Where in a row the column is."""
    from difflib import get_close_matches  # here, so that listing cases stays instant

    width = len(first)
    rule = f"must be a name in the file's header, or a number from 1 to {width}"
    if isinstance(wanted, str):
        names = [place for place, cell in enumerate(first) if cell == wanted.strip()]
        if len(names) == 1:
            return names[0]
        if names:
            raise NoColumn(f"must be a number from 1 to {width}, since several have that name")
        close = get_close_matches(wanted, first) if width > 1 else []
        raise NoColumn(f"{rule} (nearest: {', '.join(close)})" if close else rule)
    if wanted is None and width > 1:
        raise NoColumn(f"must be given where the file has {width} columns: {rule[8:]}")
    place = 1 if wanted is None else wanted
    if place > width:
        raise NoColumn(rule)
    return place - 1


def _is_header(first: list[str], column: int, wanted: str | int | None) -> bool:
    """Whether a first row is a header."""
    if isinstance(wanted, str):
        return True
    cell = first[column]
    if cell.lower() in MISSING or number(cell) is not None:
        return False
    return any(one[:1].isalpha() or one[:1] in ("_", "#") for one in first)


def _numbers(rows: Iterable[Row], column: int, drop: bool, where: str) -> Iterator[float]:
    """The numbers in a column: all of them percentages, or none (but 0, which is 0%)."""
    first, count, share = "", 0, None
    for row in rows:
        cell, missing = row.cells[column], row.cells[column].lower() in MISSING
        value = None if missing else number(cell)
        sound = value is not None and isfinite(value)
        if sound and value:
            share = cell.endswith("%") if share is None else share
        mixed = sound and bool(value) and cell.endswith("%") != share
        if value is not None and sound and not mixed:
            yield value
        elif not (missing and drop):
            place = f"line {row.line}" + (f", column {column + 1}" if len(row.cells) > 1 else "")
            usual = DROP if missing else fault(cell, alone=len(row.cells) == 1)
            what = MIXED if mixed else usual
            first = first or f"{where}, {place}, must be one finite number, and {what}"
            count += 1
    if count:
        more = f"; rows with a fault: {count}" if count > 1 else ""
        raise CaseError(f"{first}{more}")
