"""Returns of assets, from a CSV file, arrays or pandas objects; all checks on them stand here."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pdesolve.case.csvfile import MISSING, MIXED, Row, fault, number, rows_of
from pdesolve.case.errors import PdesolveError
from pdesolve.case.sources import CaseError, nearest, read_text
from pdesolve.typing import Array

DATES = ("", "date", "dates", "datetime", "day", "month", "period", "quarter", "time", "year")
DATE = re.compile(
    r"\d{4}-\d\d(-\d\d)?([T ].*)?|\d{1,4}[/.]\d{1,2}([/.]\d{1,4})?([T ].*)?|\d{4}-?[QM]\d{1,2}"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|[A-Za-z]{3,9}[- ]\d{1,2}(,? ?\d{2,4})?"
)
SORTED = re.compile(r"\d{4}-\d\d(-\d\d)?([T ].*)?|\d{4}(\d\d){0,2}|\d{4}-?[QM]\d{1,2}")
FORMS = (  # of other dates with a full year, whose order depends on how they are read
    *(f"%{a}{mark}%{b}{mark}%Y" for mark in "/." for a, b in ("md", "dm")),
    *("%Y/%m/%d", "%Y.%m.%d", "%m/%Y", "%Y/%m", "%d-%b-%Y", "%d %b %Y", "%d %B %Y"),
    *("%b %d, %Y", "%b %d %Y", "%B %d, %Y", "%B %d %Y"),
)
LARGEST = 1e100  # return, which is squared
ROUNDING = 1e-12  # what a constant return made of prices may vary by
TOO_LOW = (
    "must be at least -1 (all is lost), got {}: a return is a share of the price, 5% or 0.05, not 5"
)


class ReturnsError(PdesolveError, ValueError):
    """What is wrong with returns or prices, and where."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Returns:
    """Simple returns of assets, period by period: finite, at least -1, none constant.

    Attributes
    ----------
    values : array, shape (periods, assets)
    assets : tuple of str
        Names: the header's, a DataFrame's, or numbers from 1.
    dates : tuple of str
        A label for each period, empty if there are none; of prices, the period's last.
    start : str
        The date of the first price, if known.
    labels : pandas Index or None
        The assets as a pandas object has them.
    """

    values: Array
    assets: tuple[str, ...]
    dates: tuple[str, ...] = ()
    start: str = ""
    labels: Any = None

    def labelled(self, weights: Array) -> Any:
        """One number per asset as it came: a pandas Series, or an array."""
        if self.labels is None:
            return weights
        import pandas

        return pandas.Series(weights, index=self.labels)

    def only(self, asset: str | int | None) -> "Returns":
        """Those of one asset, by name or number from 1; of the only one there is by default.

        Raises
        ------
        ReturnsError
            If there is no such asset, or several and none is named.
        """
        place = find_column(self.assets, asset)
        kept = slice(place, place + 1)
        labels = None if self.labels is None else self.labels[kept]
        return replace(self, values=self.values[:, kept], assets=self.assets[kept], labels=labels)


def find_column(names: Sequence[str], asked: str | int | None) -> int:
    """Place of a column, by name or number from 1; of the only one there is by default."""
    rule = f"must be one of {', '.join(names[:8])}{', ...' * (len(names) > 8)}"
    if asked is None and len(names) > 1:
        raise ReturnsError(f"column must be given, of {len(names)}: it {rule}")
    if isinstance(asked, str) and asked in names:
        return list(names).index(asked)
    if isinstance(asked, str) and asked.isdecimal():
        asked = int(asked)
    if asked is None or (isinstance(asked, int) and 1 <= asked <= len(names)):
        return (asked or 1) - 1
    close = ", ".join(nearest(str(asked), list(names))) or "none"
    raise ReturnsError(f"column {rule}, got {str(asked)!r}; nearest: {close}")


def read_returns(
    path: str | Path, *, prices: bool = False, columns: Sequence[str | int | None] = ()
) -> Returns:
    """Read returns, or prices that are turned into returns, from a CSV file.

    Parameters
    ----------
    path : str or Path
        One column per asset; a header and a first column of dates are recognised. A percent sign
        counts. Rows above the table that start with # are passed over.
    prices : bool
        Whether the file holds prices.
    columns : sequence of str, int or None
        Those to be looked at, in this order, by name or number from 1; None is the only one there
        is. By default all.

    Raises
    ------
    CaseError
        If the file cannot be read, is not CSV, or something in it is no number.
    ReturnsError
        If a value is missing or impossible, or a column constant; the message names file, line and
        column.
    """
    where = str(path)
    rows = list(rows_of(read_text(Path(path), where), where))
    while rows and rows[0].cells[0].startswith("#"):
        del rows[0]
    if not rows:
        raise ReturnsError(f"{where} must have a row for each period, got none")
    first = rows[0].cells
    dated = len(first) > 1 and _has_dates(rows)
    header = any(_is_name(cell) for cell in first[dated:])
    body = rows[1:] if header else rows
    names = first[dated:] if header else [str(k + 1) for k in range(len(first) - dated)]
    dates = tuple(row.cells[0] for row in body) if dated else ()
    lines = [row.line for row in body]
    _check_names(names, where)
    try:
        kept = list(dict.fromkeys(find_column(names, one) for one in columns))
    except ReturnsError as error:
        raise ReturnsError(f"{where}: {error}") from None
    kept = kept or list(range(len(names)))
    said = [f"column {k + 1 + dated}" + f" ({names[k]})" * header for k in kept]

    def place(row: int, column: int) -> str:
        return f"{where}, line {lines[row]}, {said[column]},"

    values = _numbers(body, [k + dated for k in kept], place)
    _check_order(dates, lambda row: f"{where}, line {lines[row]}, column 1,")
    return _checked(values, tuple(names[k] for k in kept), dates, prices, where, place, said)


def as_returns(data: Any, *, prices: bool = False) -> Returns:
    """Returns from what is at hand.

    Parameters
    ----------
    data : Returns, str, Path, array_like, pandas Series or DataFrame
        A path is read as a CSV file; an array has periods along its first axis, and assets along
        its second one if it has one.
    prices : bool
        Whether these are prices.

    Raises
    ------
    CaseError, ReturnsError
        As `read_returns`.
    """
    if isinstance(data, Returns):
        return data
    if isinstance(data, str | Path):
        return read_returns(data, prices=prices)
    labels: Any = None
    dates: tuple[str, ...] = ()
    if hasattr(data, "to_frame"):
        data = data.to_frame()
    if hasattr(data, "columns") and hasattr(data, "index"):
        labels = data.columns
        words, kind = tuple(map(str, data.index)), data.index.dtype.kind
        if kind == "M" or (kind == "O" and all(map(DATE.fullmatch, words))):
            dates = words
    try:
        values = np.asarray(data, dtype=np.float64)
    except (TypeError, ValueError):
        raise ReturnsError("returns must be numbers") from None
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2:
        raise ReturnsError(f"returns must have one or two dimensions, got {values.ndim}")
    numbers = range(1, values.shape[1] + 1) if labels is None else labels
    names = tuple(map(str, numbers))
    what = "prices" if prices else "returns"

    def place(row: int, column: int) -> str:
        return f"{what}, row {row + 1}, column {column + 1} ({names[column]}),"

    _check_names(names, what)
    _check_order(dates, lambda row: f"{what}, row {row + 1},")
    columns = [f"column {k + 1} ({name})" for k, name in enumerate(names)]
    found = _checked(values, names, dates, prices, what, place, columns)
    return replace(found, labels=labels)


def _has_dates(rows: Sequence[Row]) -> bool:
    """Whether the first column is one of dates: by its name, or by what stands in it."""
    cells = [row.cells[0] for row in rows[:2]]
    return cells[0].lower() in DATES or any(
        number(cell) is None and DATE.fullmatch(cell) for cell in cells
    )


def _is_name(cell: str) -> bool:
    """Whether a cell is a word, so that it belongs to a header."""
    return (
        number(cell) is None and cell.lower() not in MISSING and bool(re.search("[^\\W\\d]", cell))
    )


def _numbers(
    rows: Sequence[Row], columns: Sequence[int], place: Callable[[int, int], str]
) -> Array:
    """Numbers of some columns, NaN where one is missing; a column has percent signs, or none."""
    found, share = np.full((len(rows), len(columns)), np.nan), dict[int, bool]()
    for i, row in enumerate(rows):
        for j, cell in enumerate(row.cells[k] for k in columns):
            value = number(cell)
            mixed = bool(value) and share.setdefault(j, cell.endswith("%")) != cell.endswith("%")
            if value is not None and not mixed:
                found[i, j] = value
            elif cell.lower() not in MISSING:
                what = MIXED if mixed else fault(cell, alone=len(row.cells) == 1)
                raise CaseError(f"{place(i, j)} must be one finite number, and {what}")
    return found


def _check_names(names: Sequence[str], where: str) -> None:
    """Refuse columns without a name, or of one name."""
    for k, name in enumerate(names):
        if not name:
            raise ReturnsError(f"{where}, column {k + 1} of the assets must have a name")
        if name in names[:k]:
            raise ReturnsError(f"{where} must have columns of different names, got two of {name!r}")


def _check_order(dates: Sequence[str], place: Callable[[int], str]) -> None:
    """Refuse dates that go forward in no way to read them, where they can be read."""
    readings: list[Sequence[Any]] = [dates]
    if not all(SORTED.fullmatch(date) for date in dates):
        readings = [days for form in FORMS if (days := _days(dates, form))]
    late = [next((k for k, (a, b) in enumerate(pairwise(r), 1) if b <= a), 0) for r in readings]
    if late and all(late):
        raise ReturnsError(f"{place(max(late))} must be a later date than the row before")


def _days(dates: Sequence[str], form: str) -> list[datetime]:
    """The dates of a form, or nothing if one of them is of another."""
    try:
        return [datetime.strptime(date, form) for date in dates]
    except ValueError:
        return []


def _checked(
    values: Array,
    names: tuple[str, ...],
    dates: tuple[str, ...],
    prices: bool,
    where: str,
    place: Callable[[int, int], str],
    columns: Sequence[str],
) -> Returns:
    """Check numbers, and turn prices into returns."""
    what, least = ("price", 3) if prices else ("return", 2)
    faults = [
        (np.isnan(values), "must be one finite number, and is missing"),
        (np.isinf(values), "must be one finite number, and is not finite"),
        (values <= 0.0, "must be a price > 0, got {}") if prices else (values < -1.0, TOO_LOW),
    ]
    for wrong, rule in faults:
        for i, j in np.argwhere(wrong)[:1]:
            count = f"; values with this fault: {wrong.sum()}" if wrong.sum() > 1 else ""
            raise ReturnsError(f"{place(i, j)} {rule.format(values[i, j])}{count}")
    if len(values) < least:
        raise ReturnsError(f"{where} must have at least {least} {what}s, got {len(values)}")
    with np.errstate(over="ignore"):
        found = values[1:] / values[:-1] - 1.0 if prices else values
    for i, j in np.argwhere(found > LARGEST)[:1]:
        rule = f"must be a return of at most {LARGEST:g}, got {found[i, j]:.3g}"
        raise ReturnsError(f"{place(i + prices, j)} {rule}")
    for j in np.flatnonzero(np.ptp(found, axis=0) <= ROUNDING)[:1]:
        raise ReturnsError(f"{where}, {columns[j]}, must vary, and every return is {found[0, j]:g}")
    if prices and dates:
        return Returns(values=found, assets=names, dates=dates[1:], start=dates[0])
    return Returns(values=found, assets=names, dates=dates)
