"""The commands: each takes its arguments, prints a result and returns an exit status.

Nothing here imports arrays before a command needs them.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdesolve.case import Case
    from pdesolve.solver.solution import Solution

DONE, MISSED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
LOWEST_TOL, HIGHEST_TOL = 1e-10, 0.1


class Stop(Exception):
    """End with an exit status and one line on standard error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


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
    from pdesolve.solver.summary import as_json, table

    result = as_json(solution)
    print(result if arguments.json else table(solution), flush=True)
    if out is not None:
        from pdesolve.plotting.solution_page import render

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
    raise Stop(MISSED, f"{case.name}: {solution.message}")


def _verify(arguments: argparse.Namespace) -> int:
    """Put a case through every check, print the report, write files if asked to."""
    case = _case(arguments)
    names = [f"{case.name}-verify.{ending}" for ending in ("json", "md", "png", "pdf")]
    out = _folder(arguments.out, names)
    from pdesolve.model.payoff.factory import PriorError
    from pdesolve.numerics.rootfind import NoConvergence
    from pdesolve.solver.pde.solver import SolveError
    from pdesolve.verification.suite import verify
    from pdesolve.verification.summary import as_dict, as_markdown, as_text, verdict

    try:
        report = verify(case, quick=arguments.quick, tell=_telling())
    except PriorError as error:
        raise Stop(BAD_INPUT, f"{arguments.case}: payoff: {error}") from error
    except (SolveError, NoConvergence) as error:
        raise Stop(MISSED, f"not solved: {error}") from error
    result = json.dumps(as_dict(report), indent=2, allow_nan=False)
    print(result if arguments.json else as_text(report), flush=True)
    if out is not None:
        from pdesolve.plotting.verification_page import render

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
    raise Stop(MISSED, f"{case.name}: {verdict(report)}")


def _telling() -> Callable[[str], None]:
    """Say on a terminal what comes next."""

    def tell(what: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{what} ...", end="", file=sys.stderr, flush=True)

    return tell


def _statics(arguments: argparse.Namespace) -> int:
    """Solve a case over parameters, print a table, write files if asked to."""
    from pdesolve.cli import statics as command
    from pdesolve.studies.executors import SweepError, single_thread
    from pdesolve.studies.store import StoreError

    case = _case(arguments, _tolerance(arguments.tol))
    plan = command.plan(case, arguments)
    out = _folder(arguments.out, command.names(case))
    try:
        with single_thread():
            data = command.solve(plan, arguments, out)
    except (StoreError, SweepError) as error:
        status = BAD_INPUT if isinstance(error, StoreError) else MISSED
        raise Stop(status, str(error)) from error
    except KeyboardInterrupt:
        kept = f"; {out} has the finished points, the same command goes on from there"
        raise Stop(INTERRUPTED, "interrupted" + (kept if out is not None else "")) from None
    from pdesolve.studies.statics import failures
    from pdesolve.studies.summary import as_json, table

    result = as_json(data)
    print(result if arguments.json else table(data), flush=True)
    if out is not None:
        _write(out, command.writers(data, result), arguments.json)
    count, reason = failures(data)
    if not count:
        return DONE
    points = f"{count} of {len(plan.tasks)} points failed or missed the accuracy"
    raise Stop(MISSED, f"{case.name}: {points}, for instance: {reason}")


def _figures(arguments: argparse.Namespace) -> int:
    """Solve for figures one by one, write them and print their captions."""
    from pdesolve.plotting import gallery
    from pdesolve.solver.pde.solver import SolveError

    names, width = gallery.chosen(arguments.names), gallery.parse_width(arguments.width)
    out = _folder(arguments.out, [f"{name}.{kind}" for name in names for kind in ("png", "pdf")])
    assert out is not None
    for name in names:
        try:
            picture = gallery.make(name, quick=arguments.quick)
        except SolveError as error:
            raise Stop(MISSED, f"{name}: {error}") from error
        _write(out, gallery.writers(picture, width), False)
        print(f"{picture.caption}\n", flush=True)
    return DONE


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
        raise Stop(BAD_INPUT, f"--tol {rule}, got {text!r}")
    return {"numerics.tolerance": value}


def _folder(text: str | None, names: Iterable[str]) -> Path | None:
    """``--out`` as a path, once it is known that these files can be written there."""
    if text is None:
        return None
    from pdesolve.files import check_folder

    try:
        return check_folder(text, names)
    except ValueError as error:
        raise Stop(BAD_INPUT, f"--out {error}, got {text!r}") from error


def _solved(case: "Case", label: str) -> "Solution":
    from pdesolve.model.payoff.factory import PriorError
    from pdesolve.numerics.rootfind import NoConvergence
    from pdesolve.solver.pde.solver import SolveError, solve

    try:
        return solve(case, progress=True)
    except PriorError as error:
        raise Stop(BAD_INPUT, f"{label}: payoff: {error}") from error
    except (SolveError, NoConvergence) as error:
        raise Stop(MISSED, f"not solved: {error}") from error


# ---------------------------------------------------------------------- results


def _write(folder: Path, writers: Mapping[str, Callable[[Path], object]], quiet: bool) -> None:
    """Write files and say so, on standard error if standard output is for JSON alone."""
    from pdesolve.files import write_files

    try:
        written = write_files(folder, writers)
    except OSError as error:
        raise Stop(MISSED, f"cannot write to {folder}: {error}") from error
    for path in written:
        print(f"wrote {path}", file=sys.stderr if quiet else sys.stdout)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "figures": _figures,
    "list": _list,
    "show": _show,
    "solve": _solve,
    "statics": _statics,
    "verify": _verify,
}
