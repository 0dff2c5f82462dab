"""The case: every parameter of the model, read from TOML and checked once.

``load_case`` returns frozen dataclasses (:mod:`pdesolve.case.parameters`) that hold to
every rule of :mod:`pdesolve.case.schema`; nothing downstream checks them again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from pdesolve.case.parameters import Case
from pdesolve.case.schema import build_case
from pdesolve.case.sources import Source, flatten, read_layers, write_toml
from pdesolve.case.tables import as_tables


def load_case(
    name_or_path: str | os.PathLike[str], overrides: Mapping[str, object] | None = None
) -> Case:
    """Read a case, change what ``overrides`` says, and check everything.

    Parameters
    ----------
    name_or_path : str or path
        A name that :func:`case_names` lists, or a path to a TOML file: a string is a path if it
        has a separator or ends in ``.toml``.
    overrides : mapping, optional
        Dotted key to value, for instance ``{"market.risk_aversion": 2.0}``. Choosing another
        kind of payoff, precision or cost drops the keys that only the former kind has.

    Raises
    ------
    CaseError
        If anything is wrong with the file, with one that it extends, or with an override.
    """
    name, layers = read_layers(name_or_path)
    return build_case(name, os.fspath(name_or_path), layers, overrides)


def case_from_dict(
    table: Mapping[str, object], name: str, overrides: Mapping[str, object] | None = None
) -> Case:
    """Build a case from nested tables like those of a case file, without ``extends``.

    Inverse of :func:`case_to_dict`. A relative ``payoff.file`` is sought in the current folder.

    Raises
    ------
    CaseError
        If anything is wrong with the table or with an override.
    """
    return build_case(name, name, [flatten(table, Source(name, Path()))], overrides)


def case_to_dict(case: Case) -> dict[str, Any]:
    """Return the case as nested tables like those of a case file, every default written out."""
    return as_tables(case)


def case_to_toml(case: Case, longest: float = inf) -> str:
    """Return the text of a TOML file that loads back to an equal case.

    It does not if a list is longer than ``longest``: the middle of that is left out, for the eye.
    """
    return write_toml(case_to_dict(case), longest)
