"""What commands share: exit statuses, options, reading a case, writing files.

Nothing here imports arrays before a command needs them.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pdesolve.case import Case, CaseError, load_case, parse_overrides
from pdesolve.case.errors import PdesolveError
from pdesolve.case.rules import LARGEST_TOLERANCE, LEAST_TOLERANCE

DONE, MISSED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

Command = Callable[[argparse.Namespace], int]


class Stop(Exception):
    """End with an exit status and, on standard error, one line or more."""

    def __init__(self, status: int, *lines: str) -> None:
        super().__init__(*lines)
        self.status = status


def as_stop(error: PdesolveError, label: str) -> Stop:
    """Exit status and lines of an exception; `label` names the case that was asked for."""
    if isinstance(error, CaseError):
        return Stop(BAD_INPUT, *error.args)
    from pdesolve.model.payoff.prior import PriorError
    from pdesolve.plotting.errors import FigureError
    from pdesolve.studies.executors import SweepError

    if isinstance(error, PriorError):
        return Stop(BAD_INPUT, f"{label}: payoff: {error}")
    if isinstance(error, ValueError):
        return Stop(BAD_INPUT, str(error))
    if isinstance(error, SweepError | FigureError):
        return Stop(MISSED, str(error))
    return Stop(MISSED, f"not solved: {error}")


# ---------------------------------------------------------------------- options


def add_command(commands: Any, name: str, about: str, run: Command) -> argparse.ArgumentParser:
    """Add a command that is run by `run`."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, allow_abbrev=False)
    parser.set_defaults(run=run)
    return parser


def add_case(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """CASE and --set."""
    about = "a named case, or the path to a TOML file"
    parser.add_argument("case", metavar="CASE", nargs="?" if optional else None, help=about)
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override one value, for instance market.risk_aversion=2; may be repeated",
    )


def add_tolerance(parser: argparse.ArgumentParser) -> None:
    """--tol."""
    parser.add_argument(
        "--tol",
        metavar="TOL",
        help=f"relative accuracy asked for, {LEAST_TOLERANCE:g} to {LARGEST_TOLERANCE:g}"
        " (in place of numerics.tolerance)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")


# ---------------------------------------------------------------------- input


def read_case(arguments: argparse.Namespace) -> Case:
    """The case that was asked for, with its overrides."""
    overrides = parse_overrides(arguments.set)
    return load_case(arguments.case, {**overrides, **_tolerance(getattr(arguments, "tol", None))})


def _tolerance(text: str | None) -> Mapping[str, object]:
    """``--tol`` as an override."""
    if text is None:
        return {}
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not LEAST_TOLERANCE <= value <= LARGEST_TOLERANCE:
        rule = f"must be a number from {LEAST_TOLERANCE:g} to {LARGEST_TOLERANCE:g}"
        raise Stop(BAD_INPUT, f"--tol {rule}, got {text!r}")
    return {"numerics.tolerance": value}


def read_folder(text: str | None, names: Iterable[str]) -> Path | None:
    """``--out`` as a path, once it is known that these files can be written there."""
    if text is None:
        return None
    from pdesolve.files import check_folder

    try:
        return check_folder(text, names)
    except ValueError as error:
        raise Stop(BAD_INPUT, f"--out {error}, got {text!r}") from error


# ---------------------------------------------------------------------- results


def text_file(content: str) -> Callable[[Path], object]:
    """What writes a text to the path that it is given."""
    return lambda path: path.write_text(content, encoding="utf-8")


def picture_file(render: Callable[[str], bytes], kind: str) -> Callable[[Path], object]:
    """What renders a picture into the path that it is given."""
    return lambda path: path.write_bytes(render(kind))


def write(folder: Path, writers: Mapping[str, Callable[[Path], object]], *, quiet: bool) -> None:
    """Write files and say so, on standard error if standard output is for JSON alone."""
    from pdesolve.files import write_files

    try:
        written = write_files(folder, writers)
    except OSError as error:
        raise Stop(MISSED, f"cannot write to {folder}: {error}") from error
    for path in written:
        print(f"wrote {path}", file=sys.stderr if quiet else sys.stdout)
