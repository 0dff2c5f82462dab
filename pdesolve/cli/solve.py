"""The command ``solve``: one case, its initial values, and files of the whole solution."""

import argparse
from typing import Any

from pdesolve.cli.common import (
    DONE,
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


def add_solve(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "solve", "solve a case", _solve)
    add_case(parser)
    add_tolerance(parser)
    add_json(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="also write CASE.nc, CASE.json, CASE.png, CASE.pdf to DIR"
    )


def _solve(arguments: argparse.Namespace) -> int:
    """Solve a case, print the initial values, write files if asked to."""
    case = read_case(arguments)
    names = [f"{case.name}.{ending}" for ending in ("nc", "json", "png", "pdf")]
    out = read_folder(arguments.out, names)
    from pdesolve.solver.pde import solver
    from pdesolve.solver.summary import as_json, table

    solution = solver.solve(case, progress=True)
    result = as_json(solution)
    print(result if arguments.json else table(solution), flush=True)
    if out is not None:
        from pdesolve.plotting.solution_page import render

        files = {
            names[0]: solution.save,
            names[1]: text_file(result + "\n"),
            names[2]: picture_file(lambda kind: render(solution, kind), "png"),
            names[3]: picture_file(lambda kind: render(solution, kind), "pdf"),
        }
        write(out, files, quiet=arguments.json)
    if solution.converged:
        return DONE
    raise Stop(MISSED, f"{case.name}: {solution.message}")
