"""The command ``statics``: one case over one or two parameters."""

import argparse
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdesolve.case.sources import nearest, shown
from pdesolve.cli.common import (
    BAD_INPUT,
    DONE,
    INTERRUPTED,
    MISSED,
    Stop,
    add_also,
    add_case,
    add_command,
    add_format,
    add_json,
    add_tolerance,
    completed,
    netcdf_file,
    picture_files,
    positive,
    read_also,
    read_case,
    read_folder,
    read_formats,
    tell_written,
    text_file,
    write,
)
from pdesolve.cli.completion import varied_like

if TYPE_CHECKING:
    import xarray

    from pdesolve.studies.plan import Plan

ENDINGS = ("nc", "json", "csv", "tex")
EXAMPLES = (
    "statics normal --vary market.risk_aversion=0.5:2:4",
    "statics binary --vary attention.cost.scale=0.02:2:9:log --out results --plot price,attention",
    "statics normal --vary market.initial_supply=0:2:5 --also informativeness,svix@0.5",
    "statics binary --vary market.horizon=0.5,1,2 --vary market.risk_aversion=1:4:5 --tol 1e-3",
)


def add_statics(commands: Any) -> None:
    """Add the command."""
    about = "solve a case over one or two parameters"
    parser = add_command(commands, "statics", about, _statics, EXAMPLES)
    vary = parser.add_argument(
        "--vary",
        metavar="KEY=RANGE",
        action="append",
        required=True,
        help="KEY=START:STOP:COUNT, the same with :log, or KEY=v1,v2,...; once or twice",
    )
    completed(vary, varied_like)
    add_case(parser)
    add_tolerance(parser)
    add_also(parser)
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
        f" CASE-statics.{{{','.join(ENDINGS)}}} and a picture",
    )
    add_format(parser)
    parser.add_argument(
        "--plot",
        metavar="NAMES",
        help="reported values that the picture shows, with commas, for instance price,attention",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files of a sweep over other values"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--processes",
        metavar="N",
        type=positive,
        help="worker processes (by default one per core if there are many points)",
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="solve on the workers of this Dask scheduler"
    )


def _statics(arguments: argparse.Namespace) -> int:
    """Solve a case over parameters, print a table, write files if asked to."""
    from pdesolve.studies.executors import single_thread

    with single_thread():
        return _swept(arguments)


def _swept(arguments: argparse.Namespace) -> int:
    """The same, with what is imported from here on."""
    from pdesolve.studies.plan import make_plan, parse_vary

    case = read_case(arguments)
    also = read_also(arguments)
    plan = make_plan(case, parse_vary(arguments.vary), arguments.slopes, also)
    kinds, plotted = read_formats(arguments), _plotted(arguments, also)
    name = f"{case.name}-statics"
    names = [f"{name}.{ending}" for ending in ("jsonl", *ENDINGS, *kinds)]  # the store first
    out = read_folder(arguments.out, names)
    store = None if out is None else out / names[0]
    if out is not None and store is not None and not arguments.overwrite:
        _check_results(plan, store, [out / name for name in names[1:]])
    try:
        data = _points(plan, arguments, store)
    except KeyboardInterrupt:
        kept = f"; {out} has the finished points, the same command goes on from there"
        raise Stop(INTERRUPTED, "interrupted" + (kept if out is not None else "")) from None
    from pdesolve.studies.statics import failures
    from pdesolve.studies.summary import table
    from pdesolve.studies.written import as_json

    result = as_json(data)
    print(result if arguments.json else table(data), flush=True)
    if out is not None and store is not None:
        from pdesolve.plotting.sweep_page import render

        tell_written([store], quiet=arguments.json)
        pictures = picture_files(name, lambda kind: render(data, kind, plotted), kinds)
        write(out, {**_tables(name, data, result), **pictures}, quiet=arguments.json)
    count, reason = failures(data)
    if not count:
        return DONE
    points = f"{count} of {len(plan.tasks)} points failed or missed the accuracy"
    raise Stop(MISSED, f"{case.name}: {points}, for instance: {reason}")


def _plotted(arguments: argparse.Namespace, also: Iterable[str]) -> list[str] | None:
    """The values that the picture shows, if any are asked for."""
    if arguments.plot is None:
        return None
    if arguments.out is None:
        raise Stop(BAD_INPUT, "--plot needs --out, where the picture is written")
    from pdesolve.plotting.sweep_page import drawable

    known = drawable(also)
    asked = [name.strip() for name in arguments.plot.split(",")]
    for name in asked:
        if name not in known:
            close = ", ".join(nearest(name, known)) or "none"
            rule = "must be names of reported values, with commas"
            raise Stop(BAD_INPUT, f"--plot {rule}, got {name!r}; nearest: {close}")
    return asked


def _check_results(plan: "Plan", store: Path, results: list[Path]) -> None:
    """Refuse to replace results of another sweep: those of this one, to go on with, have its store.

    Whether the store is of the same case and the same keys it will say itself.
    """
    import json

    from pdesolve.studies.written import swept_values

    there = [path for path in results if path.exists()]
    if not there:
        return
    before: object = None
    with suppress(OSError, ValueError):
        before = json.loads(store.with_suffix(".json").read_text(encoding="utf-8"))["vary"]
    now = swept_values(plan.axes)
    if store.exists() and isinstance(before, dict) and (before == now or set(before) != set(now)):
        return
    what = f"{there[0]} is there, and not known to be of this sweep"
    if isinstance(before, dict):
        key = next((key for key in now if before.get(key) != now[key]), "")
        if key:
            was = f"was varied over {shown(before[key])}" if key in before else "was not varied"
            what = f"{there[0]} is of another sweep: {key} {was}"
    raise Stop(BAD_INPUT, f"{what}; choose another folder, or say --overwrite")


def _points(plan: "Plan", arguments: argparse.Namespace, store: Path | None) -> "xarray.Dataset":
    """Solve the points, in this process, in others, or on a cluster; errors as in `sweep`."""
    from pdesolve.studies.executors import dask_executor
    from pdesolve.studies.statics import run_plan

    with ExitStack() as stack:
        executor = None
        if arguments.scheduler is not None:
            executor = stack.enter_context(dask_executor(arguments.scheduler))
        return run_plan(plan, executor, processes=arguments.processes, store=store, progress=True)


def _tables(name: str, data: "xarray.Dataset", result: str) -> dict[str, Callable[[Path], Any]]:
    """What writes each file but the pictures, by name; `result` is the JSON text."""
    from pdesolve.studies.summary import as_latex
    from pdesolve.studies.written import as_csv

    texts = {"json": result + "\n", "csv": as_csv(data), "tex": as_latex(data)}
    writers: dict[str, Callable[[Path], Any]] = {f"{name}.nc": netcdf_file(data)}
    return writers | {f"{name}.{ending}": text_file(text) for ending, text in texts.items()}
