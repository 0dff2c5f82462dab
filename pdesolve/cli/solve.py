"""The command ``solve``: one case, its initial values, and files of the whole solution."""

import argparse
from typing import Any

from pdesolve.cli.common import (
    DONE,
    MISSED,
    Stop,
    add_also,
    add_case,
    add_command,
    add_format,
    add_json,
    add_tolerance,
    picture_files,
    read_also,
    read_case,
    read_folder,
    read_formats,
    text_file,
    write,
)

EXAMPLES = (
    "solve normal",
    "solve binary --set market.risk_aversion=2 --set attention.cost.scale=0.1",
    "solve normal --tol 1e-7 --json",
    "solve binary --also informativeness,price@0.5",
    "solve my_case.toml --out results --format svg,pdf",
)


def add_solve(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "solve", "solve a case", _solve, EXAMPLES)
    add_case(parser)
    add_tolerance(parser)
    add_also(parser)
    add_json(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="also write CASE.nc, CASE.json and a picture of it to DIR"
    )
    add_format(parser)


def _solve(arguments: argparse.Namespace) -> int:
    """Solve a case, print the initial values, write files if asked to."""
    case, kinds, also = read_case(arguments), read_formats(arguments), read_also(arguments)
    names = [f"{case.name}.{ending}" for ending in ("nc", "json", *kinds)]
    out = read_folder(arguments.out, names)
    from pdesolve.finance.by_name import check_dates, described, reported
    from pdesolve.solver.pde import solver
    from pdesolve.solver.summary import as_json, table

    check_dates(also, case.market.horizon)
    solution = solver.solve(case, progress=True)
    further = described(reported(solution, also))
    result = as_json(solution, further)
    print(result if arguments.json else table(solution, further), flush=True)
    if out is not None:
        from pdesolve.plotting.solution_page import render

        files = {
            names[0]: solution.save,
            names[1]: text_file(result + "\n"),
            **picture_files(case.name, lambda kind: render(solution, kind), kinds),
        }
        write(out, files, quiet=arguments.json)
    if solution.converged:
        return DONE
    raise Stop(MISSED, f"{case.name}: {solution.message}")
