"""What commands share: exit statuses, options, reading a case, writing files.

Nothing here imports arrays before a command needs them.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdesolve.case import Case, CaseError, load_case, parse_overrides
from pdesolve.case.errors import PdesolveError
from pdesolve.case.rules import LARGEST_TOLERANCE, LEAST_TOLERANCE
from pdesolve.cli.completion import cases_like, keys_like, quantities_like

if TYPE_CHECKING:
    import xarray

    from pdesolve.solver.solution import Solution

DONE, MISSED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
PICTURES = ("png", "pdf", "svg")  # formats that pictures are written in
USUAL = "png,pdf"  # unless others are asked for
MOST = 10_000  # numbers in a range

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


def add_command(
    commands: Any, name: str, about: str, run: Command, examples: Iterable[str] = ()
) -> argparse.ArgumentParser:
    """Add a command that is run by `run`; its help ends with the examples."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=about,
        epilog="\n".join(["examples:", *(f"  pdesolve {example}" for example in examples)]),
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def completed(action: argparse.Action, completer: Callable[..., list[str]]) -> None:
    """Let argcomplete ask there for what an argument may be."""
    action.completer = completer  # type: ignore[attr-defined]


def add_case(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """CASE and --set."""
    about = "a named case, or the path to a TOML file"
    many = "?" if optional else None
    case = parser.add_argument("case", metavar="CASE", nargs=many, help=about)
    completed(case, cases_like)
    add_set(parser)


def add_set(parser: argparse.ArgumentParser) -> None:
    """--set."""
    option = parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override one value, for instance market.risk_aversion=2; may be repeated",
    )
    completed(option, keys_like)


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


def add_also(parser: argparse.ArgumentParser) -> None:
    """--also."""
    option = parser.add_argument(
        "--also",
        metavar="NAMES",
        help="further values, with commas, which take a few more solves: informativeness,"
        " r_squared, ... just before the payoff; svix@0.5, price@0.5, ... on a date",
    )
    completed(option, quantities_like)


def add_format(parser: argparse.ArgumentParser) -> None:
    """--format."""
    option = parser.add_argument(
        "--format",
        metavar="FORMATS",
        help=f"formats of the picture, of {', '.join(PICTURES)}, with commas (default: {USUAL})",
    )
    completed(option, lambda prefix, **_: list(PICTURES))


def positive(text: str) -> int:
    """A whole number from 1, as the type of an option."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text!r}")
    return value


# ---------------------------------------------------------------------- input


def read_case(arguments: argparse.Namespace) -> Case:
    """The case that was asked for, with its overrides."""
    return read_one(arguments.case, arguments)


def read_one(name: str, arguments: argparse.Namespace) -> Case:
    """One of the cases that were asked for, with the overrides."""
    overrides = parse_overrides(arguments.set)
    return load_case(name, {**overrides, **_tolerance(getattr(arguments, "tol", None))})


def solve_case(case: Case) -> "Solution":
    """The solution of one of the cases that were asked for."""
    from pdesolve.solver.pde import solver

    try:
        return solver.solve(case, progress=True)
    except PdesolveError as error:
        raise as_stop(error, case.name) from error


def read_formats(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The formats that pictures are to be written in."""
    if arguments.format is not None and arguments.out is None:
        raise Stop(BAD_INPUT, "--format needs --out, where pictures are written")
    asked = USUAL if arguments.format is None else arguments.format
    kinds = tuple(dict.fromkeys(asked.split(",")))
    for kind in kinds:
        if kind not in PICTURES:
            rule = f"must be of {', '.join(PICTURES)}, with commas"
            raise Stop(BAD_INPUT, f"--format {rule}, got {kind!r}")
    return kinds


def read_also(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The further values that were asked for, once it is known that there are such."""
    if arguments.also is None:
        return ()
    from pdesolve.finance.by_name import check_names

    return check_names(name.strip() for name in arguments.also.split(","))


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


def read_number(option: str, text: str | None) -> float | None:
    """An option's number, infinite or not; None if it is not given."""
    return None if text is None else _number(option, text, text)


def read_numbers(option: str, text: str | None, *, ranges: bool = False) -> list[float] | None:
    """An option's numbers, with commas or as START:STOP:COUNT; None if it is not given."""
    if text is None:
        return None
    if not ranges or ":" not in text:
        return [_number(option, part, text) for part in text.split(",")]
    parts = text.split(":")
    rule = f"{option} must be numbers with commas or START:STOP:COUNT, got {text!r}"
    if len(parts) != 3:
        raise Stop(BAD_INPUT, rule)
    start, stop = (_number(option, part, text) for part in parts[:2])
    try:
        count = int(parts[2])
    except ValueError:
        raise Stop(BAD_INPUT, rule) from None
    if not (2 <= count <= MOST and math.isfinite(start) and math.isfinite(stop) and start != stop):
        more = f"START and STOP must be finite and differ, COUNT from 2 to {MOST}"
        raise Stop(BAD_INPUT, f"{option} {more}, got {text!r}")
    return [*(start + k / (count - 1) * (stop - start) for k in range(count - 1)), stop]


def _number(option: str, part: str, text: str) -> float:
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        many = f" in {text!r}" if part != text else ""
        raise Stop(BAD_INPUT, f"{option} must be a number, got {part!r}{many}")
    return value


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


def netcdf_file(data: "xarray.Dataset") -> Callable[[Path], object]:
    """What writes a data set to the path that it is given."""
    return lambda path: data.to_netcdf(path, engine="h5netcdf")


def picture_files(
    name: str, render: Callable[[str], bytes], kinds: Iterable[str]
) -> dict[str, Callable[[Path], object]]:
    """What renders a picture in each format, by the file's name."""

    def write(kind: str) -> Callable[[Path], object]:
        return lambda path: path.write_bytes(render(kind))

    return {f"{name}.{kind}": write(kind) for kind in kinds}


def write(folder: Path, writers: Mapping[str, Callable[[Path], object]], *, quiet: bool) -> None:
    """Write files and say so, on standard error if standard output is for JSON alone."""
    from pdesolve.files import write_files

    try:
        written = write_files(folder, writers)
    except OSError as error:
        raise Stop(MISSED, f"cannot write to {folder}: {error}") from error
    tell_written(written, quiet=quiet)


def tell_written(paths: Iterable[Path], *, quiet: bool) -> None:
    """Name files that were written."""
    for path in paths:
        print(f"wrote {path}", file=sys.stderr if quiet else sys.stdout)
