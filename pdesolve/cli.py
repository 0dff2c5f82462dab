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
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pdesolve.version import __version__

if TYPE_CHECKING:
    from pdesolve.case import Case
    from pdesolve.solution import Solution

DONE, MISSED, BAD_INPUT, INTERRUPTED, NO_READER = 0, 1, 2, 130, 141
LOWEST_TOL, HIGHEST_TOL = 1e-10, 0.1
STATIC = {"price": "static_price", "variance": "static_variance"}
ROWS = (
    "price",
    "variance",
    "attention",
    "precision_rate",
    "log_value",
    "certainty_equivalent_gain",
    "price_volatility",
)
REGIMES = {0: "nobody pays attention", 2: "attention is at its capacity"}


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
        command.add_argument(
            "case", metavar="CASE", help="a named case, or the path to a TOML file"
        )
        command.add_argument(
            "--set",
            metavar="KEY=VALUE",
            action="append",
            default=[],
            help="override one value, for instance market.risk_aversion=2; may be repeated",
        )
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
    return parser


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
    out = None if arguments.out is None else _checked_folder(arguments.out, case.name)
    solution = _solved(case, arguments.case)
    result = as_json(solution)
    print(result if arguments.json else _table(solution), flush=True)
    if out is not None:
        for path in _write_files(solution, result, out):
            print(f"wrote {path}", file=sys.stderr if arguments.json else sys.stdout)
    if solution.converged:
        return DONE
    raise _Stop(MISSED, f"{case.name}: {solution.message}")


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "solve": _solve,
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


def _checked_folder(text: str, name: str) -> Path:
    """``--out`` as a path, once it is known that files can be written there."""
    folder = Path(text)
    try:
        if not text:
            raise NotADirectoryError(0, "an empty name")
        for path in _targets(folder, name):
            if path.is_dir():
                raise IsADirectoryError(0, f"{path} is a folder")
        with _Stage(folder):
            pass
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        rule = f"must be a folder that can be written to ({why})"
        raise _Stop(BAD_INPUT, f"--out {rule}, got {text!r}") from error
    return folder


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


def as_json(solution: "Solution") -> str:
    """Return the initial values and what they took as one JSON object; null where not finite."""
    initial = solution.initial
    names = (*ROWS, *STATIC.values())
    return json.dumps(
        _plain(
            {
                "case": solution.case.name,
                **{name: getattr(initial, name) for name in names},
                "error": solution.error,
                "converged": solution.converged,
                "message": solution.message,
                "grid": solution.grid,
                "steps": solution.steps,
                "seconds": solution.seconds,
                "version": solution.version,
            }
        ),
        indent=2,
        allow_nan=False,
    )


def _plain(value: Any) -> Any:
    """Plain Python that JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _table(solution: "Solution") -> str:
    """Initial values for a person to read."""
    from pdesolve.units import UNITS

    initial, market = solution.initial, solution.case.market
    lines = [("", "value", "± error", "unit", "static")]
    for name in ROWS:
        value, error = getattr(initial, name), solution.error.get(name, math.nan)
        rounding = error if error > 0 else solution.case.numerics.tolerance * abs(value)
        static = _digits(getattr(initial, STATIC[name]), rounding) if name in STATIC else ""
        bound = (f"{error:.0e}" if error else "0") if math.isfinite(error) else ""
        unit = "" if UNITS[name] == "1" else UNITS[name]
        label = name.replace("certainty_equivalent", "certainty-equivalent").replace("_", " ")
        lines.append((label, _digits(value, rounding), bound, unit, static))
    widths = [max(len(line[k]) for line in lines) for k in range(5)]
    aligned = [
        f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d:<{widths[3]}}  {e:>{widths[4]}}"
        for a, b, c, d, e in lines
    ]
    start = -market.risk_aversion * market.initial_supply
    return "\n".join(
        [
            f"{solution.case.name}: {solution.case.title}",
            f"at t = 0, xi = {start:.6g} 1/money, psi = 0"
            " (static: what investors would pay with no trade after now)",
            "",
            *(line.rstrip() for line in aligned),
            "",
            *_facts(solution, start),
        ]
    )


def _digits(value: float, error: float) -> str:
    """A number with the decimals that its error leaves meaning to, or seven digits."""
    if not math.isfinite(value):
        return "unknown"
    if not 0 < error < math.inf or not 1e-4 <= abs(value) < 1e7:
        return f"{value:.7g}"
    return f"{value:.{min(12, max(0, -math.floor(math.log10(error))))}f}"


def _facts(solution: "Solution", start: float) -> Iterable[str]:
    """Where attention stands, what the solve took, how it ended."""
    regime = float(solution.response(start).regime)
    if regime in REGIMES:
        yield f"{REGIMES[int(regime)]} in this state"
    grid, steps = solution.grid, solution.steps
    nodes = f"{grid.get('xi_nodes')} x {grid.get('psi_nodes')} nodes in xi and psi"
    order = f" of order {grid['order']}" if "order" in grid else ""
    passes = f" in the last of {len(steps['passes'])} passes" if "passes" in steps else ""
    yield f"{nodes}{order}, {steps.get('accepted')} time steps{passes}, {solution.seconds:.2f} s"
    yield solution.message


# ---------------------------------------------------------------------- files


def _targets(folder: Path, name: str) -> list[Path]:
    return [folder / f"{name}.{ending}" for ending in ("nc", "json", "png", "pdf")]


def _write_files(solution: "Solution", result: str, folder: Path) -> list[Path]:
    """Write everything under temporary names first; put it in place once all of it is there."""
    from pdesolve.plots import render

    targets = _targets(folder, solution.case.name)
    try:
        with _Stage(folder) as stage:
            data, text, *pictures = (stage / path.name for path in targets)
            solution.save(data)
            text.write_text(result + "\n", encoding="utf-8")
            for picture in pictures:
                picture.write_bytes(render(solution, picture.suffix[1:]))
            for path in targets:
                os.replace(stage / path.name, path)
    except OSError as error:
        raise _Stop(MISSED, f"cannot write to {folder}: {error}") from error
    return targets


class _Stage:
    """A temporary folder inside another one; on leaving it goes, and with it what it made empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Path] = []

    def __enter__(self) -> Path:
        missing = [p for p in (self._folder, *self._folder.parents) if not p.exists()]
        try:
            for path in reversed(missing):
                path.mkdir()
                self._made.insert(0, path)
            self._path = Path(tempfile.mkdtemp(prefix=".pdesolve-", dir=self._folder))
        except BaseException:
            self._tidy()
            raise
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)
        self._tidy()

    def _tidy(self) -> None:
        with suppress(OSError):  # not empty: a result is in it
            for path in self._made:
                path.rmdir()


def _warn(message: str) -> None:
    """One line on standard error."""
    with suppress(OSError):
        print(f"pdesolve: {' '.join(message.split())}", file=sys.stderr)


def _silence() -> None:
    """Keep the interpreter from flushing what nobody reads."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
