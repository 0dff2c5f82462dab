"""The command ``options``: prices of options and states in a case."""

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

EXAMPLES = (
    "options normal",
    "options binary --strikes 0.25,0.5,0.75 --json",
    "options baseline --strikes 6:12:25 --maturity 0.5 --out results --format svg",
)


def add_options(commands: Any) -> None:
    """Add the command."""
    about = "solve a case and price options on its payoff, or on its price before"
    parser = add_command(commands, "options", about, _options, EXAMPLES)
    add_case(parser)
    parser.add_argument(
        "--strikes",
        metavar="STRIKES",
        help="K1,K2,... or START:STOP:COUNT (default: 41 around the price)",
    )
    parser.add_argument(
        "--maturity",
        metavar="T",
        help="date: at the horizon, the default, options are on the payoff, before on the price",
    )
    add_tolerance(parser)
    add_json(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="also write CASE-options.nc, CASE-options.json, CASE-options.csv and a picture to DIR",
    )
    add_format(parser)


def _options(arguments: argparse.Namespace) -> int:
    """Solve a case, print prices, write files if asked to."""
    case, kinds = read_case(arguments), read_formats(arguments)
    strikes = read_numbers("--strikes", arguments.strikes, ranges=True)
    maturity = read_number("--maturity", arguments.maturity)
    name = f"{case.name}-options"
    names = [f"{name}.{ending}" for ending in ("nc", "json", "csv", *kinds)]
    out = read_folder(arguments.out, names)
    from pdesolve.finance.asked import check_claims
    from pdesolve.finance.summary import as_csv, options_json, options_table
    from pdesolve.model.economy import Economy
    from pdesolve.solver.pde import solver

    check_claims(Economy.of(case), strikes, maturity)
    solution = solver.solve(case, progress=True)
    data, states = solution.option_prices(strikes, maturity), solution.state_prices(maturity)
    result = options_json(solution, data, states)
    print(result if arguments.json else options_table(solution, data), flush=True)
    if out is not None:
        from pdesolve.plotting.options_page import render

        files = {
            names[0]: netcdf_file(data.merge(states)),
            names[1]: text_file(result + "\n"),
            names[2]: text_file(as_csv(data)),
            **picture_files(name, lambda kind: render(solution, data, states, kind), kinds),
        }
        write(out, files, quiet=arguments.json)
    if solution.converged:
        return DONE
    raise Stop(MISSED, f"{case.name}: {solution.message}")
