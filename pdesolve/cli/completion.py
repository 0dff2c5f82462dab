"""What a shell may complete; asked by argcomplete, each time the tab key is pressed."""

import argparse
from collections.abc import Set
from contextlib import suppress
from pathlib import Path
from typing import Any

from pdesolve.case import CaseError, case_names, load_case

FIXED = (  # words and lists, which cannot be varied
    *("title", "description", "source", "payoff.file", "market.announcements"),
    *(f"payoff.{name}" for name in ("values", "probabilities", "means", "sds", "weights")),
)


def cases_like(prefix: str, **_: Any) -> list[str]:
    """Named cases, folders and TOML files that begin so."""
    return [*(name for name in case_names() if name.startswith(prefix)), *toml_like(prefix)]


def toml_like(prefix: str, **_: Any) -> list[str]:
    """Folders and TOML files that begin so."""
    folder = "".join(prefix.rpartition("/")[:2])
    there = [path for path in Path(folder).glob("*") if not path.name.startswith(".")]
    files = [f"{folder}{path.name}/" for path in there if path.is_dir()]
    files += [f"{folder}{path.name}" for path in there if path.suffix == ".toml"]
    return [name for name in files if name.startswith(prefix)]


def keys_like(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Keys, with the sign that the value follows: of the case if it is known by then."""
    return [f"{key}=" for key in _keys(parsed_args) if key.startswith(prefix)]


def varied_like(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """The same of what can be varied."""
    return [f"{key}=" for key in _keys(parsed_args) if key.startswith(prefix) and key not in FIXED]


def quantities_like(prefix: str, **_: Any) -> list[str]:
    """Lists of further values, the last of which begins so."""
    from pdesolve.finance.by_name import NAMES

    given, comma, last = prefix.rpartition(",")
    return [f"{given}{comma}{name}" for name in NAMES if name.startswith(last)]


def figures_like(prefix: str, **_: Any) -> list[str]:
    """Figures of the gallery that begin so."""
    from pdesolve.plotting.gallery import figure_names

    return [name for name in figure_names() if name.startswith(prefix)]


def _keys(arguments: argparse.Namespace) -> list[str]:
    """Keys of the case and of how it is solved, or else of any case."""
    from pdesolve.case.keys import known_keys
    from pdesolve.studies.plan import flat

    known: Set[str] = known_keys()
    with suppress(CaseError):  # no such case, or none yet
        case = load_case(str(getattr(arguments, "case", None)))
        known = {*flat(case), *(key for key in known if key.startswith("numerics."))}
    return sorted(known)
