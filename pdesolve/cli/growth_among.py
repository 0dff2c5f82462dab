"""The command ``growth`` of several cases: the weights of each as an asset."""

import argparse

from pdesolve.cli.common import (
    BAD_INPUT,
    DONE,
    MISSED,
    Stop,
    read_folder,
    read_one,
    solve_case,
    text_file,
    write,
)


def weigh_cases(arguments: argparse.Namespace, rate: float) -> int:
    """Weigh several cases, print the weights, write files if asked to."""
    cases = [read_one(name, arguments) for name in arguments.cases]
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise Stop(BAD_INPUT, f"cases must have different names, got {', '.join(names)}")
    name = "-".join([*names, "growth"])
    out = read_folder(arguments.out, [f"{name}.json", f"{name}.csv"])
    from pdesolve.investing.among_cases import check_cases, growth_among
    from pdesolve.investing.among_summary import as_csv, as_json, table

    check_cases(cases)
    solutions = [solve_case(case) for case in cases]
    found = growth_among(solutions, rate, long_only=arguments.long_only)
    result = as_json(found, rate)
    print(result if arguments.json else table(found, rate), flush=True)
    if out is not None:
        files = {f"{name}.json": text_file(result + "\n"), f"{name}.csv": text_file(as_csv(found))}
        write(out, files, quiet=arguments.json)
    missed = [f"{one.case.name}: {one.message}" for one in solutions if not one.converged]
    if missed:
        raise Stop(MISSED, *missed)
    return DONE
