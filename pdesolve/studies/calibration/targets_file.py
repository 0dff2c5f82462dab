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
    table = read_toml(Path(path), path)
    for name in table:
        if name not in TABLES:
            close = ", ".join(nearest(name, TABLES)) or ", ".join(TABLES)
            raise CaseError(f"{path}: {name} is not a known key (nearest: {close})")
    for name in ("free", "targets"):
        if not isinstance(table.get(name, {}), Mapping):
            raise CaseError(f"{path}: {name} must be a table, got {shown(table[name])}")
    given: Mapping[str, Any] = table
    targets = read_targets(
        case,
        given.get("targets", {}),
        given.get("quotes"),
        given.get("covariance"),
        path,
        Path(path).parent,
    )
    return Asked(read_free(case, _joined(given.get("free", {})), path), targets)


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
