"""The command ``calibrate``: parameters of a case from what is observed."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdesolve.case.sources import nearest
from pdesolve.cli.common import (
    BAD_INPUT,
    DONE,
    INTERRUPTED,
    MISSED,
    Stop,
    add_case,
    add_command,
    add_format,
    add_json,
    add_tolerance,
    completed,
    netcdf_file,
    picture_files,
    positive,
    read_case,
    read_folder,
    read_formats,
    tell_written,
    text_file,
    write,
)
from pdesolve.cli.completion import toml_like, varied_like

if TYPE_CHECKING:
    import xarray

    from pdesolve.case import Case
    from pdesolve.studies.calibration.results import Calibration

ENDINGS = ("nc", "json", "csv", "tex")
EXAMPLES = (
    "calibrate baseline targets.toml",
    "calibrate baseline targets.toml --starts 8 --out results",
    "calibrate baseline quotes.toml --implied-attention",
    "calibrate binary targets.toml --tol 1e-4 --profile market.risk_aversion --json",
)


def add_calibrate(commands: Any) -> None:
    """Add the command."""
    about = "find the parameters of a case that imply what is observed"
    parser = add_command(commands, "calibrate", about, _calibrate, EXAMPLES)
    add_case(parser)
    targets = parser.add_argument(
        "targets",
        metavar="TARGETS.toml",
        help='what is free, [free."KEY"] with start, low and high, and what is to be matched,'
        " [targets] with NAME = { value = ..., sd = ... }, and [[quotes]] of options",
    )
    completed(targets, toml_like)
    add_tolerance(parser)
    parser.add_argument(
        "--starts", metavar="N", type=positive, default=1, help="searches, from so many starts"
    )
    profile = parser.add_argument(
        "--profile",
        metavar="KEY",
        action="append",
        default=[],
        help="also the least misfit over values of this free parameter; may be repeated",
    )
    completed(profile, varied_like)
    parser.add_argument(
        "--processes", metavar="N", type=positive, help="worker processes, for several starts"
    )
    parser.add_argument(
        "--force", action="store_true", help="search with fewer targets than free parameters too"
    )
    parser.add_argument(
        "--implied-attention",
        action="store_true",
        help="only what the quotes say of variance and attention, with nothing solved",
    )
    add_json(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="keep finished starts in DIR, go on from those that are there, and write"
        f" CASE-calibrate.{{{','.join(ENDINGS)}}} and a picture",
    )
    add_format(parser)


def _calibrate(arguments: argparse.Namespace) -> int:
    """Search, print a table, write files if asked to."""
    from pdesolve.studies.executors import single_thread

    with single_thread():
        return _found(arguments)


def _found(arguments: argparse.Namespace) -> int:
    """The same, with what is imported from here on."""
    from pdesolve.studies.calibration.fit import calibrate_problem
    from pdesolve.studies.calibration.search import Problem
    from pdesolve.studies.calibration.starts import check_count
    from pdesolve.studies.calibration.summary import as_json, table
    from pdesolve.studies.calibration.targets_file import read_asked

    case, kinds = read_case(arguments), read_formats(arguments)
    if arguments.implied_attention:
        return _implied_attention(case, arguments)
    asked = read_asked(case, arguments.targets)
    problem = Problem(case, asked.free, asked.targets)
    check_count(problem, arguments.starts, arguments.force, arguments.targets)
    _check_profiles(arguments.profile, [one.key for one in asked.free])
    name = f"{case.name}-calibrate"
    names = [f"{name}.{ending}" for ending in ("jsonl", *ENDINGS, *kinds)]  # the store first
    out = read_folder(arguments.out, names)
    store = None if out is None else out / names[0]
    try:
        found = calibrate_problem(
            problem,
            arguments.starts,
            processes=arguments.processes,
            store=store,
            progress=True,
            force=arguments.force,
            where=arguments.targets,
        )
        profiles = {
            key: found.profile(key, processes=arguments.processes, progress=True)
            for key in dict.fromkeys(arguments.profile)
        }
    except KeyboardInterrupt:
        kept = f"; {out} has the finished starts, the same command goes on from there"
        raise Stop(INTERRUPTED, "interrupted" + (kept if out is not None else "")) from None
    result = as_json(found, profiles)
    print(result if arguments.json else table(found, profiles), flush=True)
    if out is not None and store is not None:
        tell_written([store], quiet=arguments.json)
        write(out, _files(name, found, profiles, result, kinds), quiet=arguments.json)
    if found.converged and found.identified and found.reached:
        return DONE
    raise Stop(MISSED, f"{case.name}: {found.message}")


def _implied_attention(case: "Case", arguments: argparse.Namespace) -> int:
    """What quotes say of variance and attention; print it, write it if asked to."""
    from pdesolve.finance.attention_implied import as_json, implied_attention
    from pdesolve.studies.calibration.targets_file import read_observed

    name = f"{case.name}-implied-attention.json"
    out = read_folder(arguments.out, [name])
    observed = read_observed(case, arguments.targets)
    if observed.quotes is None:
        rule = "quotes are missing: --implied-attention needs [[quotes]] of options"
        raise Stop(BAD_INPUT, f"{arguments.targets}: {rule}")
    found = implied_attention(case, observed.quotes, observed.price)
    result = as_json(found)
    print(result if arguments.json else found, flush=True)
    if out is not None:
        write(out, {name: text_file(result + "\n")}, quiet=arguments.json)
    return DONE


def _check_profiles(keys: list[str], free: list[str]) -> None:
    """Refuse profiles of what is not free."""
    for key in keys:
        if key not in free:
            close = ", ".join(nearest(key, free)) or ", ".join(free)
            raise Stop(BAD_INPUT, f"--profile must be a free key, got {key!r}; nearest: {close}")


def _files(
    name: str,
    found: "Calibration",
    profiles: "dict[str, xarray.Dataset]",
    result: str,
    kinds: tuple[str, ...],
) -> dict[str, Callable[[Path], Any]]:
    """What writes each file, by name; `result` is the JSON text."""
    from pdesolve.plotting.calibration_page import render
    from pdesolve.studies.calibration.summary import as_csv, as_latex

    texts = {"json": result + "\n", "csv": as_csv(found), "tex": as_latex(found)}
    return {
        f"{name}.nc": netcdf_file(found.to_dataset()),
        **{f"{name}.{ending}": text_file(text) for ending, text in texts.items()},
        **picture_files(name, lambda kind: render(found, kind, profiles), kinds),
    }
