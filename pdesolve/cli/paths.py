"""The command ``paths``: what is expected of a case by date."""

import argparse
from typing import Any

from pdesolve.cli.common import (
    DONE,
    MISSED,
    Stop,
    add_case,
    add_command,
    add_format,
    add_json,
    add_tolerance,
    netcdf_file,
    picture_files,
    read_case,
    read_folder,
    read_formats,
    read_number,
    read_numbers,
    text_file,
    write,
)

MEASURES = ("physical", "risk-neutral")
EXAMPLES = (
    "paths normal",
    "paths binary --given 1 --dates 0.25,0.5,1 --json",
    "paths baseline --measure risk-neutral --out results --format svg",
)


def add_paths(commands: Any) -> None:
    """Add the command."""
    about = "solve a case and say what is expected of it by date"
    parser = add_command(commands, "paths", about, _paths, EXAMPLES)
    add_case(parser)
    parser.add_argument(
        "--measure",
        choices=MEASURES,
        default=MEASURES[0],
        help="probabilities: the prior's (physical, the default) or the market's (risk-neutral)",
    )
    parser.add_argument("--given", metavar="X", help="the payoff that comes true")
    parser.add_argument(
        "--dates",
        metavar="T1,T2,...",
        help="dates from 0 to the horizon, with commas (default: 51 of them)",
    )
    add_tolerance(parser)
    add_json(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="also write CASE-paths.nc, CASE-paths.json, CASE-paths.csv and a picture to DIR",
    )
    add_format(parser)


def _paths(arguments: argparse.Namespace) -> int:
    """Solve a case, print what is expected, write files if asked to."""
    case, kinds = read_case(arguments), read_formats(arguments)
    given = read_number("--given", arguments.given)
    dates = read_numbers("--dates", arguments.dates)
    name = f"{case.name}-paths"
    names = [f"{name}.{ending}" for ending in ("nc", "json", "csv", *kinds)]
    out = read_folder(arguments.out, names)
    from pdesolve.finance.asked import check_expectations
    from pdesolve.finance.summary import as_csv, paths_json, paths_table
    from pdesolve.model.economy import Economy
    from pdesolve.solver.pde import solver

    check_expectations(Economy.of(case), arguments.measure, given, dates)
    solution = solver.solve(case, progress=True)
    data = solution.expectations(arguments.measure, given, dates)
    result = paths_json(solution, data)
    print(result if arguments.json else paths_table(solution, data), flush=True)
    if out is not None:
        from pdesolve.plotting.paths_page import render

        files = {
            names[0]: netcdf_file(data),
            names[1]: text_file(result + "\n"),
            names[2]: text_file(as_csv(data)),
            **picture_files(name, lambda kind: render(solution, data, kind), kinds),
        }
        write(out, files, quiet=arguments.json)
    if solution.converged:
        return DONE
    raise Stop(MISSED, f"{case.name}: {solution.message}")
