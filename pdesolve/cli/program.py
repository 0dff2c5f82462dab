"""The command line: arguments in, results out.

Results go to standard output, everything else to standard error. Exit status: 0 done; 1 solved but
not to the accuracy asked for, or not solved; 2 bad input; 130 interrupted; 141 nobody reads on.
Nothing here imports arrays before a command needs them.
"""

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from pdesolve.cli.commands import (
    BAD_INPUT,
    COMMANDS,
    DONE,
    HIGHEST_TOL,
    INTERRUPTED,
    LOWEST_TOL,
    MISSED,
    Stop,
)
from pdesolve.version import __version__

if TYPE_CHECKING:
    pass

NO_READER = 141


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
    except Stop as stop:
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
        raise Stop(BAD_INPUT, f"command {known}, got {command!r}{nearest}")
    try:
        arguments = parser.parse_args(argv)
    except SystemExit:  # --help or --version
        return DONE
    from pdesolve.case import CaseError

    try:
        return COMMANDS[arguments.command](arguments)
    except CaseError as error:
        raise Stop(BAD_INPUT, str(error)) from error


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Stop without the usage."""
        raise Stop(BAD_INPUT, f"{message} (`{self.prog} --help` says more)")


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
    from pdesolve.cli.statics import add_parser as add_statics

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


def _warn(message: str) -> None:
    """One line on standard error."""
    with suppress(OSError):
        print(f"pdesolve: {' '.join(message.split())}", file=sys.stderr)


def _silence() -> None:
    """Keep the interpreter from flushing what nobody reads."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
