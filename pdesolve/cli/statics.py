"""The command ``statics``: one case over one or two parameters."""

import argparse
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdesolve.cli.common import (
    DONE,
    INTERRUPTED,
    MISSED,
    Stop,
    add_case,
    add_command,
    add_json,
    add_tolerance,
    picture_file,
    read_case,
    read_folder,
    text_file,
    write,
)

if TYPE_CHECKING:
    import xarray

    from pdesolve.studies.plan import Plan

ENDINGS = ("nc", "json", "csv", "tex", "png", "pdf")


def add_statics(commands: Any) -> None:
    """Add the command."""
    about = "solve a case over one or two parameters"
    parser = add_command(commands, "statics", about, _statics)
    parser.add_argument(
        "--vary",
        metavar="KEY=RANGE",
        action="append",
        required=True,
        help="KEY=START:STOP:COUNT, the same with :log, or KEY=v1,v2,...; once or twice",
    )
    add_case(parser)
    add_tolerance(parser)
    parser.add_argument(
        "--slopes",
        action=argparse.BooleanOptionalAction,
        help="derivatives to what is varied (by default with one --vary)",
    )
    add_json(parser)
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


def _statics(arguments: argparse.Namespace) -> int:
    """Solve a case over parameters, print a table, write files if asked to."""
    from pdesolve.studies.executors import single_thread
    from pdesolve.studies.plan import make_plan, parse_vary

    case = read_case(arguments)
    plan = make_plan(case, parse_vary(arguments.vary), arguments.slopes)
    names = [f"{case.name}-statics.{ending}" for ending in ("jsonl", *ENDINGS)]  # the store first
    out = read_folder(arguments.out, names)
    store = None if out is None else out / names[0]
    try:
        with single_thread():
            data = _points(plan, arguments, store)
    except KeyboardInterrupt:
        kept = f"; {out} has the finished points, the same command goes on from there"
        raise Stop(INTERRUPTED, "interrupted" + (kept if out is not None else "")) from None
    from pdesolve.studies.statics import failures
    from pdesolve.studies.summary import as_json, table

    result = as_json(data)
    print(result if arguments.json else table(data), flush=True)
    if out is not None:
        write(out, _writers(data, result), quiet=arguments.json)
    count, reason = failures(data)
    if not count:
        return DONE
    points = f"{count} of {len(plan.tasks)} points failed or missed the accuracy"
    raise Stop(MISSED, f"{case.name}: {points}, for instance: {reason}")


def _points(plan: "Plan", arguments: argparse.Namespace, store: Path | None) -> "xarray.Dataset":
    """Solve the points, in this process, in others, or on a cluster; errors as in `sweep`."""
    from pdesolve.studies.executors import dask_executor
    from pdesolve.studies.statics import run_plan

    with ExitStack() as stack:
        executor = None
        if arguments.scheduler is not None:
            executor = stack.enter_context(dask_executor(arguments.scheduler))
        return run_plan(plan, executor, processes=arguments.processes, store=store, progress=True)


def _writers(data: "xarray.Dataset", result: str) -> Mapping[str, Callable[[Path], Any]]:
    """What writes each file, by name; `result` is the JSON text."""
    from pdesolve.plotting.sweep_page import render
    from pdesolve.studies.summary import as_csv, as_latex

    def netcdf(path: Path) -> object:
        return data.to_netcdf(path, engine="h5netcdf")

    texts = {"json": result + "\n", "csv": as_csv(data), "tex": as_latex(data)}
    writers: dict[str, Callable[[Path], Any]] = {"nc": netcdf}
    writers |= {ending: text_file(content) for ending, content in texts.items()}
    for kind in ("png", "pdf"):
        writers[kind] = picture_file(lambda kind: render(data, kind), kind)
    name = data.attrs["case_name"]
    return {f"{name}-statics.{ending}": writers[ending] for ending in ENDINGS}
