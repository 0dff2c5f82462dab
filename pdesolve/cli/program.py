# PYTHON_ARGCOMPLETE_OK
"""The command line: arguments in, results out.

Results go to standard output, everything else to standard error. Exit status: 0 done; 1 solved but
not to the accuracy asked for, or not solved; 2 bad input; 130 interrupted; 141 nobody reads on.
Nothing here imports arrays before a command needs them.
"""

import argparse
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from pdesolve.case.errors import PdesolveError
from pdesolve.cli.calibrate import add_calibrate
from pdesolve.cli.cases import add_list, add_new, add_show
from pdesolve.cli.common import BAD_INPUT, DONE, INTERRUPTED, MISSED, Stop, as_stop
from pdesolve.cli.compare import add_compare
from pdesolve.cli.figures import add_figures
from pdesolve.cli.growth import add_growth
from pdesolve.cli.options import add_options
from pdesolve.cli.paths import add_paths
from pdesolve.cli.portfolio import add_portfolio
from pdesolve.cli.solve import add_solve
from pdesolve.cli.statics import add_statics
from pdesolve.cli.verify import add_verify
from pdesolve.version import __version__

ADDERS = {  # of each command, in the order of the help
    "list": add_list,
    "show": add_show,
    "new": add_new,
    "solve": add_solve,
    "paths": add_paths,
    "options": add_options,
    "compare": add_compare,
    "verify": add_verify,
    "statics": add_statics,
    "calibrate": add_calibrate,
    "growth": add_growth,
    "portfolio": add_portfolio,
    "figures": add_figures,
}
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
        with _one_interrupt():
            status = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
        return status
    except Stop as stop:
        for line in stop.args:
            _warn(line)
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


@contextmanager
def _one_interrupt() -> Iterator[None]:
    """Let the first interrupt end the program in good order, undisturbed by further ones."""
    usual = signal.default_int_handler
    if signal.getsignal(signal.SIGINT) is not usual:
        yield
        return

    def interrupt(*_: object) -> NoReturn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGINT, interrupt)
    except ValueError:  # only the main thread is ever interrupted
        yield
        return
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:
            signal.signal(signal.SIGINT, usual)


def _run(argv: list[str]) -> int:
    """Parse the arguments and run the command that they name."""
    parser, names = _parser(), sorted(ADDERS)
    if "_ARGCOMPLETE" in os.environ:
        _complete(parser)
    command = next((item for item in argv if not item.startswith("-")), None)
    if command is not None and command not in names:
        from difflib import get_close_matches

        close = get_close_matches(command, names, n=1, cutoff=0.4)
        known = f"must be one of {', '.join(names)}"
        nearest = f"; nearest: {close[0]}" if close else ""
        raise Stop(BAD_INPUT, f"command {known}, got {command!r}{nearest}")
    try:
        arguments = parser.parse_args(_with_negative(argv))
    except SystemExit:  # --help or --version
        return DONE
    try:
        return int(arguments.run(arguments))
    except PdesolveError as error:
        raise as_stop(error, getattr(arguments, "case", "")) from error


def _with_negative(argv: list[str]) -> list[str]:
    """Arguments, with what begins with a negative number as the value of the option before it.

    So argparse does not take it for an option: ``--strikes -1,0,1``.
    """
    found: list[str] = []
    for item in argv:
        option = found and found[-1].startswith("--") and "=" not in found[-1]
        if option and re.match(r"-(\d|\.\d|inf)", item):
            found[-1] += f"={item}"
        else:
            found.append(item)
    return found


def _complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks how the line may go on, and end."""
    with suppress(ImportError):
        import argcomplete

        argcomplete.autocomplete(parser)


class _Layout(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal, whose size argparse would import a good deal to ask for."""

    def __init__(self, prog: str):
        columns = os.environ.get("COLUMNS", "")
        width = int(columns) if columns.isdigit() else 0
        if not width:
            with suppress(OSError):
                width = os.get_terminal_size().columns
        super().__init__(prog, width=(width or 80) - 2)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def __init__(self, **options: Any):
        super().__init__(**{"formatter_class": _Layout, **options})

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
    for add in ADDERS.values():
        add(commands)
    return parser


def _warn(message: str) -> None:
    """One line on standard error."""
    with suppress(OSError):
        print(f"pdesolve: {' '.join(message.split())}", file=sys.stderr)


def _silence() -> None:
    """Keep the interpreter from flushing what nobody reads."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
