"""The command ``compare``: a few cases side by side."""

import argparse
from typing import Any

from pdesolve.cli.common import (
    DONE,
    MISSED,
    Stop,
    add_also,
    add_command,
    add_format,
    add_json,
    add_set,
    add_tolerance,
    completed,
    picture_files,
    read_also,
    read_folder,
    read_formats,
    read_one,
    solve_case,
    text_file,
    write,
)
from pdesolve.cli.completion import cases_like

EXAMPLES = (
    "compare normal market",
    "compare binary uniform --set market.risk_aversion=2 --tol 1e-4",
    "compare baseline disaster --also informativeness,r_squared",
    "compare baseline my_case.toml --out results --format svg",
)


def add_compare(commands: Any) -> None:
    """Add the command."""
    about = "solve cases and say how far apart they are"
    parser = add_command(commands, "compare", about, _compare, EXAMPLES)
    cases = parser.add_argument(
        "cases",
        metavar="CASE",
        nargs="+",
        help="two to six named cases, or paths to TOML files; all are compared with the first",
    )
    completed(cases, cases_like)
    add_set(parser)
    add_tolerance(parser)
    add_also(parser)
    add_json(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="also write CASE-CASE-compare.json, .csv and a picture to DIR"
    )
    add_format(parser)


def _compare(arguments: argparse.Namespace) -> int:
    """Solve cases, print values and differences, write files if asked to."""
    from pdesolve.studies.comparison import Comparison, as_csv, as_json, check_cases, table

    cases, kinds = [read_one(name, arguments) for name in arguments.cases], read_formats(arguments)
    check_cases(cases)
    also = read_also(arguments)
    name = "-".join([*(case.name for case in cases), "compare"])
    out = read_folder(arguments.out, [f"{name}.{ending}" for ending in ("json", "csv", *kinds)])
    from pdesolve.finance.by_name import check_dates

    for case in cases:
        check_dates(also, case.market.horizon)
    found = Comparison(solutions=tuple(solve_case(case) for case in cases), also=also)
    result = as_json(found)
    print(result if arguments.json else table(found), flush=True)
    if out is not None:
        from pdesolve.plotting.compare_page import render

        files = {f"{name}.json": text_file(result + "\n"), f"{name}.csv": text_file(as_csv(found))}
        pictures = picture_files(name, lambda kind: render(found, kind), kinds)
        write(out, {**files, **pictures}, quiet=arguments.json)
    if found.missed:
        raise Stop(MISSED, "; ".join(found.missed))
    return DONE
