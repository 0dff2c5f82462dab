"""The command ``statics``: its options, and what it does between reading and printing."""

import argparse
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray

    from pdesolve.case import Case
    from pdesolve.studies.plan import Plan

ENDINGS = ("nc", "json", "csv", "tex", "png", "pdf")


def add_parser(commands: Any) -> None:
    """Add the command and its options to a parser's subcommands."""
    parser = commands.add_parser(
        "statics", help="solve a case over one or two parameters", allow_abbrev=False
    )
    parser.add_argument("case", metavar="CASE", help="a named case, or the path to a TOML file")
    parser.add_argument(
        "--vary",
        metavar="KEY=RANGE",
        action="append",
        required=True,
        help="KEY=START:STOP:COUNT, the same with :log, or KEY=v1,v2,...; once or twice",
    )
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override one value, for instance market.risk_aversion=2; may be repeated",
    )
    parser.add_argument(
        "--tol", metavar="TOL", help="relative accuracy (in place of numerics.tolerance)"
    )
    parser.add_argument(
        "--slopes",
        action=argparse.BooleanOptionalAction,
        help="derivatives to what is varied (by default with one --vary)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="keep finished points in DIR, go on from those that are there, and write"
        f" CASE-statics.{{{','.join(ENDINGS)}}}",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--processes",
        metavar="N",
        type=_positive,
        help="worker processes (by default one per core if there are many points)",
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="solve on the workers of this Dask scheduler"
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text!r}")
    return value


def plan(case: "Case", arguments: argparse.Namespace) -> "Plan":
    """What to solve; raises CaseError if something is wrong with it."""
    from pdesolve.studies.plan import make_plan, parse_vary

    return make_plan(case, parse_vary(arguments.vary), arguments.slopes)


def names(case: "Case") -> list[str]:
    """Files that are written to the folder, the store first."""
    return [f"{case.name}-statics.{ending}" for ending in ("jsonl", *ENDINGS)]


def solve(plan: "Plan", arguments: argparse.Namespace, folder: Path | None) -> "xarray.Dataset":
    """Solve the points, in this process, in others, or on a cluster; errors as in `sweep`."""
    from pdesolve.studies.executors import dask_executor
    from pdesolve.studies.statics import run_plan

    store = None if folder is None else folder / names(plan.case)[0]
    with ExitStack() as stack:
        executor = None
        if arguments.scheduler is not None:
            executor = stack.enter_context(dask_executor(arguments.scheduler))
        return run_plan(plan, executor, processes=arguments.processes, store=store, progress=True)


def writers(data: "xarray.Dataset", result: str) -> Mapping[str, Callable[[Path], Any]]:
    """What writes each file, by name; `result` is the JSON text."""
    from pdesolve.plotting.sweep_page import render
    from pdesolve.studies.summary import as_csv, as_latex

    name = data.attrs["case_name"]
    texts = {"json": result + "\n", "csv": as_csv(data), "tex": as_latex(data)}

    def text(content: str) -> Callable[[Path], object]:
        return lambda path: path.write_text(content, encoding="utf-8")

    def picture(ending: str) -> Callable[[Path], object]:
        return lambda path: path.write_bytes(render(data, ending))

    return {
        f"{name}-statics.nc": lambda path: data.to_netcdf(path, engine="h5netcdf"),
        **{f"{name}-statics.{ending}": text(content) for ending, content in texts.items()},
        **{f"{name}-statics.{ending}": picture(ending) for ending in ("png", "pdf")},
    }
