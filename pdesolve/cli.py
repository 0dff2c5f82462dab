"""The command line: arguments in, results out.

Results go to standard output, everything else to standard error. Exit status: 0 done; 1 solved but
not to the accuracy asked for, or not solved; 2 bad input; 130 interrupted; 141 nobody reads on.
Nothing here imports arrays before a command needs them.
"""

import argparse
import difflib
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pdesolve.version import __version__

if TYPE_CHECKING:
    from pdesolve.case import Case
    from pdesolve.solution import Solution

DONE, MISSED, BAD_INPUT, INTERRUPTED, NO_READER = 0, 1, 2, 130, 141
LOWEST_TOL, HIGHEST_TOL = 1e-10, 0.1


class _Stop(Exception):
    """End with an exit status and one line on standard error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the program's name; those of the process by default.

    Returns
    -------
    int
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a stand-in without encoding
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        status = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
        return status
    except _Stop as stop:
        _warn(str(stop))
        return stop.status
    except KeyboardInterrupt:
        _warn("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _silence()
        return NO_READER
    except OSError as error:
        _silence()
        _warn(f"cannot write: {error}")
        return MISSED


def _run(argv: list[str]) -> int:
    """Parse the arguments and run the command that they name."""
    parser = _parser()
    command = next((item for item in argv if not item.startswith("-")), None)
    if command is not None and command not in COMMANDS:
        close = difflib.get_close_matches(command, COMMANDS, n=1, cutoff=0.4)
        known = f"must be one of {', '.join(COMMANDS)}"
        nearest = f"; nearest: {close[0]}" if close else ""
        raise _Stop(BAD_INPUT, f"command {known}, got {command!r}{nearest}")
    try:
        arguments = parser.parse_args(argv)
    except SystemExit:  # --help or --version
        return DONE
    from pdesolve.case import CaseError

    try:
        return COMMANDS[arguments.command](arguments)
    except CaseError as error:
        raise _Stop(BAD_INPUT, str(error)) from error


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Stop without the usage."""
        raise _Stop(BAD_INPUT, f"{message} (`{self.prog} --help` says more)")


def _parser() -> _Parser:
    parser = _Parser(
        prog="pdesolve",
        description="Prices and attention in a market of investors who choose how much to attend.",
        epilog="Exit status: 0 done, 1 accuracy missed or not solved, 2 bad input.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"pdesolve {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="named cases, one line each", allow_abbrev=False)
    show = commands.add_parser(
        "show", help="a case after defaults and overrides, as TOML", allow_abbrev=False
    )
    solve = commands.add_parser("solve", help="solve a case", allow_abbrev=False)
    for command in (show, solve):
        _add_case(command)
    solve.add_argument(
        "--tol",
        metavar="TOL",
        help=f"relative accuracy asked for, {LOWEST_TOL:g} to {HIGHEST_TOL:g}"
        " (in place of numerics.tolerance)",
    )
    solve.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
    solve.add_argument(
        "--out", metavar="DIR", help="also write CASE.nc, CASE.json, CASE.png, CASE.pdf to DIR"
    )
    verify = commands.add_parser(
        "verify",
        help="check a case: error bars, orders of convergence, discrete model, simulation",
        allow_abbrev=False,
    )
    _add_case(verify)
    verify.add_argument("--quick", action="store_true", help="fewer resolutions, periods and paths")
    verify.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
    verify.add_argument(
        "--out", metavar="DIR", help="also write CASE-verify.json, .md, .png, .pdf to DIR"
    )
    from pdesolve.sweep_command import add_parser as add_statics

    add_statics(commands)
    figures = commands.add_parser("figures", help="draw the gallery's figures", allow_abbrev=False)
    figures.add_argument("names", metavar="NAME", nargs="*", help="figures; all by default")
    figures.add_argument(
        "--out",
        metavar="DIR",
        default="out",
        help="write NAME.png and NAME.pdf to DIR (default: out)",
    )
    figures.add_argument(
        "--width", metavar="INCHES", default="7", help="7 for a screen (default), 3.3 for a column"
    )
    figures.add_argument("--quick", action="store_true", help="fewer points, lower accuracy")
    return parser


def _add_case(command: argparse.ArgumentParser) -> None:
    """CASE and --set."""
    command.add_argument("case", metavar="CASE", help="a named case, or the path to a TOML file")
    command.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override one value, for instance market.risk_aversion=2; may be repeated",
    )


# ---------------------------------------------------------------------- commands


def _list(_: argparse.Namespace) -> int:
    """Print name and title of every named case."""
    from pdesolve.case import case_names, load_case

    titles = {name: load_case(name).title for name in case_names()}
    width = max(map(len, titles), default=0)
    print("\n".join(f"{name:{width}}  {title}" for name, title in titles.items()))
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    """Print a case as TOML."""
    from pdesolve.case import case_to_toml

    print(case_to_toml(_case(arguments)), end="")
    return DONE


def _solve(arguments: argparse.Namespace) -> int:
    """Solve a case, print the initial values, write files if asked to."""
    case = _case(arguments, _tolerance(arguments.tol))
    names = [f"{case.name}.{ending}" for ending in ("nc", "json", "png", "pdf")]
    out = _folder(arguments.out, names)
    solution = _solved(case, arguments.case)
    from pdesolve.table import as_json, table

    result = as_json(solution)
    print(result if arguments.json else table(solution), flush=True)
    if out is not None:
        from pdesolve.plots import render

        _write(
            out,
            {
                names[0]: solution.save,
                names[1]: lambda path: path.write_text(result + "\n", encoding="utf-8"),
                names[2]: lambda path: path.write_bytes(render(solution, "png")),
                names[3]: lambda path: path.write_bytes(render(solution, "pdf")),
            },
            arguments.json,
        )
    if solution.converged:
        return DONE
    raise _Stop(MISSED, f"{case.name}: {solution.message}")


def _verify(arguments: argparse.Namespace) -> int:
    """Put a case through every check, print the report, write files if asked to."""
    case = _case(arguments)
    names = [f"{case.name}-verify.{ending}" for ending in ("json", "md", "png", "pdf")]
    out = _folder(arguments.out, names)
    from pdesolve.payoff import PriorError
    from pdesolve.report import as_dict, as_markdown, as_text, verdict
    from pdesolve.rootfind import NoConvergence
    from pdesolve.solver import SolveError
    from pdesolve.verify import verify

    try:
        report = verify(case, quick=arguments.quick, tell=_telling())
    except PriorError as error:
        raise _Stop(BAD_INPUT, f"{arguments.case}: payoff: {error}") from error
    except (SolveError, NoConvergence) as error:
        raise _Stop(MISSED, f"not solved: {error}") from error
    result = json.dumps(as_dict(report), indent=2, allow_nan=False)
    print(result if arguments.json else as_text(report), flush=True)
    if out is not None:
        from pdesolve.verify_plots import render

        _write(
            out,
            {
                names[0]: lambda path: path.write_text(result + "\n", encoding="utf-8"),
                names[1]: lambda path: path.write_text(as_markdown(report), encoding="utf-8"),
                names[2]: lambda path: path.write_bytes(render(report, "png")),
                names[3]: lambda path: path.write_bytes(render(report, "pdf")),
            },
            arguments.json,
        )
    if report.passed:
        return DONE
    raise _Stop(MISSED, f"{case.name}: {verdict(report)}")


def _telling() -> Callable[[str], None]:
    """Say on a terminal what comes next."""

    def tell(what: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{what} ...", end="", file=sys.stderr, flush=True)

    return tell


def _statics(arguments: argparse.Namespace) -> int:
    """Solve a case over parameters, print a table, write files if asked to."""
    from pdesolve import sweep_command as command
    from pdesolve.executors import SweepError, single_thread
    from pdesolve.store import StoreError

    case = _case(arguments, _tolerance(arguments.tol))
    plan = command.plan(case, arguments)
    out = _folder(arguments.out, command.names(case))
    try:
        with single_thread():
            data = command.solve(plan, arguments, out)
    except (StoreError, SweepError) as error:
        status = BAD_INPUT if isinstance(error, StoreError) else MISSED
        raise _Stop(status, str(error)) from error
    except KeyboardInterrupt:
        kept = f"; {out} has the finished points, the same command goes on from there"
        raise _Stop(INTERRUPTED, "interrupted" + (kept if out is not None else "")) from None
    from pdesolve.statics import failures
    from pdesolve.sweep_table import as_json, table

    result = as_json(data)
    print(result if arguments.json else table(data), flush=True)
    if out is not None:
        _write(out, command.writers(data, result), arguments.json)
    count, reason = failures(data)
    if not count:
        return DONE
    points = f"{count} of {len(plan.tasks)} points failed or missed the accuracy"
    raise _Stop(MISSED, f"{case.name}: {points}, for instance: {reason}")


def _figures(arguments: argparse.Namespace) -> int:
    """Solve for figures one by one, write them and print their captions."""
    from pdesolve import gallery
    from pdesolve.solver import SolveError

    names, width = gallery.chosen(arguments.names), gallery.parse_width(arguments.width)
    out = _folder(arguments.out, [f"{name}.{kind}" for name in names for kind in ("png", "pdf")])
    assert out is not None
    for name in names:
        try:
            picture = gallery.make(name, quick=arguments.quick)
        except SolveError as error:
            raise _Stop(MISSED, f"{name}: {error}") from error
        _write(out, gallery.writers(picture, width), False)
        print(f"{picture.caption}\n", flush=True)
    return DONE


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "figures": _figures,
    "list": _list,
    "show": _show,
    "solve": _solve,
    "statics": _statics,
    "verify": _verify,
}


# ---------------------------------------------------------------------- input


def _case(arguments: argparse.Namespace, more: Mapping[str, object] | None = None) -> "Case":
    from pdesolve.case import load_case, parse_overrides

    return load_case(arguments.case, {**parse_overrides(arguments.set), **(more or {})})


def _tolerance(text: str | None) -> dict[str, object]:
    """``--tol`` as an override."""
    if text is None:
        return {}
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not LOWEST_TOL <= value <= HIGHEST_TOL:
        rule = f"must be a number from {LOWEST_TOL:g} to {HIGHEST_TOL:g}"
        raise _Stop(BAD_INPUT, f"--tol {rule}, got {text!r}")
    return {"numerics.tolerance": value}


def _folder(text: str | None, names: Iterable[str]) -> Path | None:
    """``--out`` as a path, once it is known that these files can be written there."""
    if text is None:
        return None
    from pdesolve.files import check_folder

    try:
        return check_folder(text, names)
    except ValueError as error:
        raise _Stop(BAD_INPUT, f"--out {error}, got {text!r}") from error


def _solved(case: "Case", label: str) -> "Solution":
    from pdesolve.payoff import PriorError
    from pdesolve.rootfind import NoConvergence
    from pdesolve.solver import SolveError, solve

    try:
        return solve(case, progress=True)
    except PriorError as error:
        raise _Stop(BAD_INPUT, f"{label}: payoff: {error}") from error
    except (SolveError, NoConvergence) as error:
        raise _Stop(MISSED, f"not solved: {error}") from error


# ---------------------------------------------------------------------- results


def _write(folder: Path, writers: Mapping[str, Callable[[Path], object]], quiet: bool) -> None:
    """Write files and say so, on standard error if standard output is for JSON alone."""
    from pdesolve.files import write_files

    try:
        written = write_files(folder, writers)
    except OSError as error:
        raise _Stop(MISSED, f"cannot write to {folder}: {error}") from error
    for path in written:
        print(f"wrote {path}", file=sys.stderr if quiet else sys.stdout)


def _warn(message: str) -> None:
    """One line on standard error."""
    with suppress(OSError):
        print(f"pdesolve: {' '.join(message.split())}", file=sys.stderr)


def _silence() -> None:
    """Keep the interpreter from flushing what nobody reads."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
