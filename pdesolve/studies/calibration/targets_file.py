"""The file of a calibration: what is free, and what is to be matched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pdesolve.case import Case, CaseError
from pdesolve.case.sources import nearest, read_toml, shown
from pdesolve.studies.calibration.free import Free, read_free
from pdesolve.studies.calibration.targets import Targets, read_targets

TABLES = ("free", "targets", "quotes", "covariance")


class Asked(NamedTuple):
    """What a file asks for."""

    free: tuple[Free, ...]
    targets: Targets


def read_asked(case: Case, path: str) -> Asked:
    """Read the TOML file of a calibration.

    Its tables are `[free."KEY"]`, with `start`, `low` and `high`, all optional; `[targets]`, with a
    name, or a name and a date, each ``{ value = ..., sd = ... }``; and `[[quotes]]`, with `strike`,
    `call` or `put`, and `sd`, or with the `file` of a CSV. Ahead of them may stand `covariance`, a
    list of rows, of the targets in their order, which then are plain numbers.

    Parameters
    ----------
    case : Case
        The case whose parameters are free.
    path : str

    Raises
    ------
    CaseError
        If it cannot be read, or something in it is wrong; the message says file, key, rule, value.
    """
    table = _read(path)
    return Asked(
        read_free(case, _joined(table.get("free", {})), path), _observed(case, table, path)
    )


def read_observed(case: Case, path: str) -> Targets:
    """What is to be matched alone, whatever is free; arguments and errors as of `read_asked`."""
    return _observed(case, _read(path), path)


def _read(path: str) -> Mapping[str, Any]:
    """The file, with tables that it may have."""
    table: Mapping[str, Any] = read_toml(Path(path), path)
    for name in table:
        if name not in TABLES:
            close = ", ".join(nearest(name, TABLES)) or ", ".join(TABLES)
            raise CaseError(f"{path}: {name} is not a known key (nearest: {close})")
    for name in ("free", "targets"):
        if not isinstance(table.get(name, {}), Mapping):
            raise CaseError(f"{path}: {name} must be a table, got {shown(table[name])}")
    return table


def _observed(case: Case, table: Mapping[str, Any], path: str) -> Targets:
    """Targets and quotes of a file."""
    parts = table.get("targets", {}), table.get("quotes"), table.get("covariance")
    return read_targets(case, *parts, path, Path(path).parent)


def _joined(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Tables by dotted key, also where its quotes were left out: [free.market.horizon]."""
    found: dict[str, Any] = {}
    for name, item in table.items():
        nested = isinstance(item, Mapping) and all(
            isinstance(one, Mapping) for one in item.values()
        )
        if nested and item:
            found |= _joined(item, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = item
    return found
