"""Quotes of options from tables of a TOML file or from a CSV file; all checks on single ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf, nan
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pdesolve.case.csvfile import MISSING, Row, fault, number, rows_of
from pdesolve.case.rules import SIZE, is_sized
from pdesolve.case.sources import CaseError, data_file, nearest, read_text, shown
from pdesolve.finance.quotes import KINDS, Quotes

LEAST = {"strike": -inf, "maturity": 0.0, "sd": 0.0}  # above which a number must be
PRICES = ("call", "put", "bid", "ask")  # which may be 0
COLUMNS = ("strike", *PRICES, "sd", "maturity", "kind")
FAULTY = 5  # rows that are complained about

QuotesLike = Quotes | str | Path | Sequence[Mapping[str, object]]


class _Written(NamedTuple):
    """One row or table as it is written: where, up to the name, and its values by name."""

    place: str
    values: Mapping[str, object]


def as_quotes(quotes: QuotesLike, where: str = "quotes", folder: Path = Path()) -> Quotes:
    """Quotes from what is at hand: a CSV file by its path, or tables as `quotes_of` reads them.

    Paths are relative to the folder; `where` is what messages blame.

    Raises
    ------
    CaseError
        In a line for each fault.
    """
    if isinstance(quotes, Quotes):
        return quotes
    if isinstance(quotes, str | Path):
        return read_quotes(_found(str(quotes), folder))
    return quotes_of(quotes, where, folder)


def quotes_of(tables: object, label: str, folder: Path = Path()) -> Quotes:
    """Read quotes from the tables `[[quotes]]` of a TOML file.

    Parameters
    ----------
    tables : list of mappings
        Each has a `strike`, a `call`, a `put` or both, or else a `bid`, an `ask` and the `kind`;
        an `sd` unless bid and ask are given; perhaps a `maturity`. Or it has the `file` of a CSV
        (:func:`read_quotes`), with the `sd` and `maturity` of rows that say nothing of them.
    label : str
        The file, for messages.
    folder : Path
        Where a relative `file` is sought.

    Raises
    ------
    CaseError
        In a line for each fault.
    """
    if not isinstance(tables, list | tuple) or not all(isinstance(t, Mapping) for t in tables):
        rule = "must be a list of tables [[quotes]], each with strike, call or put, and sd"
        raise CaseError(f"{label}: quotes {rule}, got {shown(tables)}")
    written: list[_Written] = []
    for k, table in enumerate(tables):
        place = f"{label}: quotes[{k}]"
        if "file" not in table:
            written.append(_Written(f"{place}.", table))
            continue
        file, rest = table["file"], {key: one for key, one in table.items() if key != "file"}
        if not isinstance(file, str) or not file:
            raise CaseError(f"{place}.file must be a path, got {shown(file)}")
        for name in rest.keys() - {"sd", "maturity"}:
            raise CaseError(f"{place}.{name} must be absent beside file, got {shown(rest[name])}")
        path = _found(file, folder)
        written += _rows(path, f"{place}.file {path}", rest)
    return _quotes(written, f"{label}: quotes")


def _found(file: str, folder: Path) -> Path:
    """A CSV that comes with the package, by its name, or one in the folder."""
    there = data_file(file)
    return folder / file if there == Path(file) else there


def read_quotes(path: str | Path, sd: float | None = None, maturity: float | None = None) -> Quotes:
    """Read quotes from a CSV file.

    Parameters
    ----------
    path : str or Path
        With a header: `strike`, and of `call`, `put`, `bid`, `ask`, `sd`, `maturity` and `kind`
        (call or put, of a row with a bid and an ask alone) what there is. Cells may be empty.
    sd, maturity : float, optional
        Of rows that say nothing of them; bid and ask do of the sd. Without a maturity it is the
        horizon.

    Raises
    ------
    CaseError
        In a line for each fault.
    """
    usual = {"sd": sd, "maturity": maturity}
    given = {name: one for name, one in usual.items() if one is not None}
    return _quotes(_rows(Path(path), str(path), given), str(path))


def _rows(path: Path, where: str, usual: Mapping[str, object]) -> list[_Written]:
    """Rows of a CSV file, by the names in its header."""
    rows = list(rows_of(read_text(path, where), where))
    while rows and rows[0].cells[0].startswith("#"):
        del rows[0]
    if not rows:
        raise CaseError(f"{where} must have a header, with strike and call or put, got none")
    names = [cell.lower() for cell in rows[0].cells]
    for name in names:
        if name not in COLUMNS or names.count(name) > 1:
            rule = f"must have columns of {', '.join(COLUMNS)}, each once"
            raise CaseError(f"{where}, line {rows[0].line}, {rule}, got {shown(name)}")
    found = []
    for row in rows[1:]:
        place = f"{where}, line {row.line}, "
        cells = _cells(row, names, place)
        spread = {"bid", "ask"} <= cells.keys()
        rest = {key: one for key, one in usual.items() if key != "sd" or not spread}
        found.append(_Written(place, {**rest, **cells}))
    return found


def _cells(row: Row, names: Sequence[str], place: str) -> dict[str, object]:
    """What stands in a row, without what is missing."""
    found: dict[str, object] = {}
    for name, cell in zip(names, row.cells, strict=True):
        if cell.lower() in MISSING:
            continue
        value = cell.lower() if name == "kind" else number(cell)
        if value is None or cell.endswith("%"):
            why = "is a percentage" if cell.endswith("%") else fault(cell, alone=False)
            raise CaseError(f"{place}{name} must be one finite number, and {why}")
        found[name] = value
    return found


def _quotes(written: Iterable[_Written], label: str) -> Quotes:
    """Check rows, and gather the quotes in them."""
    faults: list[str] = []
    found: list[tuple[float | bool | str, ...]] = []
    for one in written:
        if wrong := next(_faults(one), ""):
            faults.append(one.place + wrong)
        else:
            found += _in(one)
    if faults:
        more = len(faults) - FAULTY
        rest = [f"{label}: rows with a fault beyond these: {more}"] if more > 0 else []
        raise CaseError(*faults[:FAULTY], *rest)
    if not found:
        raise CaseError(f"{label} must hold at least one quote, got none")
    *columns, places = zip(*found, strict=True)
    strike, maturity, call, price, sd, bid, ask = (np.array(column) for column in columns)
    return Quotes(
        **{"strike": strike, "maturity": maturity, "call": call, "price": price, "sd": sd},
        **{"bid": bid, "ask": ask},
        places=tuple(map(str, places)),
    )


def _faults(one: _Written) -> Iterator[str]:
    """What is wrong with a row."""
    values = one.values
    for name in values.keys() - set(COLUMNS):
        close = ", ".join(nearest(name, COLUMNS)) or "none"
        yield f"{name} is not a known key (nearest: {close}), got {shown(values[name])}"
    for name in ("strike", "maturity", "sd", *PRICES):
        if name in values and (rule := _broken(name, values[name])):
            yield f"{name} must be {rule}, got {shown(values[name])}"
    if "kind" in values and values["kind"] not in KINDS:
        yield f"kind must be call or put, got {shown(values['kind'])}"
    if "strike" not in values:
        yield "strike is missing: money"
    yield from _faults_of_prices(values)


def _faults_of_prices(values: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with its prices, each of which is sound."""
    priced = [kind for kind in KINDS if kind in values]
    spread = [side for side in ("bid", "ask") if side in values]
    if len(spread) == 1:
        other = "ask" if spread == ["bid"] else "bid"
        yield f"{other} is missing: {spread[0]} is given"
    if not spread and not priced:
        yield "call is missing: or put, or bid, ask and kind"
    if not spread and "sd" not in values:
        yield "sd is missing: the standard error of the price, > 0, or bid and ask"
    if spread and len(priced) == 2:
        yield "bid must be absent where both call and put are given: give each its own"
    if spread and not priced and "kind" not in values:
        yield "kind is missing: call or put, of bid and ask"
    if priced and "kind" in values and priced != [values["kind"]]:
        yield f"kind must be the option that has a price, got {shown(values['kind'])}"
    if len(spread) == 2:
        bid, ask = _float(values["bid"]), _float(values["ask"])
        if not ask > bid:
            yield f"ask must be > bid, {bid:g}, got {ask:g}"
        for kind in priced:
            if not bid <= _float(values[kind]) <= ask:
                yield f"{kind} must be from bid to ask, {bid:g} to {ask:g}, got {values[kind]:g}"


def _broken(name: str, value: object) -> str:
    """The rule that a number breaks; empty if none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < inf:
        return "a finite number"
    if name in PRICES and 0 <= value < 1:
        return ""
    if not is_sized(value):
        return SIZE
    if name in PRICES:
        return "" if value >= 0 else ">= 0"
    return "" if value > LEAST[name] else f"> {LEAST[name]:g}"


def _in(one: _Written) -> list[tuple[float | bool | str, ...]]:
    """The quotes of a row that is sound: strike, maturity, call, price, sd, bid, ask, place."""
    values = one.values
    bid, ask = _float(values.get("bid", nan)), _float(values.get("ask", nan))
    found: list[tuple[float | bool | str, ...]] = []
    for kind in KINDS:
        if kind not in values and values.get("kind") != kind:
            continue
        price = _float(values.get(kind, 0.5 * (bid + ask)))
        sd = _float(values.get("sd", max(price - bid, ask - price)))
        strike, maturity = _float(values["strike"]), _float(values.get("maturity", nan))
        found.append(
            (strike, maturity, kind == "call", price, sd, bid, ask, one.place.rstrip("., "))
        )
    return found


def _float(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
