"""The command ``growth``: the fraction of wealth that makes it grow fastest."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdesolve.case.errors import PdesolveError
from pdesolve.cli.common import (
    BAD_INPUT,
    DONE,
    MISSED,
    Stop,
    add_case,
    add_command,
    add_format,
    add_json,
    add_tolerance,
    picture_files,
    read_case,
    read_folder,
    read_formats,
    text_file,
    write,
)

if TYPE_CHECKING:
    from pdesolve.investing.growth_summary import Report
    from pdesolve.investing.laws import Law

EXAMPLES = (
    "growth --bet 0.51:1:1 --fraction 0.5",
    "growth --normal 0.056:0.2",
    "growth --lognormal 0.08:0.2 --rate 0.02",
    "growth --returns prices.csv --prices --column 1 --out results",
    "growth binary --json",
)
LAWS = {  # option: what it takes, numbers it needs, numbers it may have
    "bet": ("PROBABILITY:GAIN:LOSS", 3, 3),
    "normal": ("MEAN:SD", 2, 3),
    "lognormal": ("MEAN:SD", 2, 2),
}


def add_growth(commands: Any) -> None:
    """Add the command."""
    about = "find the fraction of wealth that makes it grow fastest"
    parser = add_command(commands, "growth", about, _growth, EXAMPLES)
    add_case(parser, optional=True)
    add_tolerance(parser)
    parser.add_argument("--returns", metavar="FILE.csv", help="past returns, equally likely")
    parser.add_argument("--column", metavar="C", help="the column of the file, by name or number")
    parser.add_argument("--prices", action="store_true", help="the file holds prices")
    parser.add_argument(
        "--bet", metavar=LAWS["bet"][0], help="gain and loss per unit of stake: 0.51:1:1"
    )
    parser.add_argument(
        "--normal",
        metavar=LAWS["normal"][0],
        help="mean and sd of a normal return; a third number cuts it so many sd off the mean",
    )
    parser.add_argument(
        "--lognormal", metavar=LAWS["lognormal"][0], help="mean and sd of a lognormal return"
    )
    parser.add_argument("--rate", metavar="R", help="riskless rate per period (default: 0)")
    parser.add_argument("--fraction", metavar="C", help="also say what this share of it does")
    add_json(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="also write NAME-growth.json, .csv, .tex and a picture to DIR"
    )
    add_format(parser)


def _growth(arguments: argparse.Namespace) -> int:
    """Find the fraction, print what it does, write files if asked to."""
    _check_one_law(arguments)
    kinds, rate = read_formats(arguments), _number(arguments, "rate", 0.0)
    share = _number(arguments, "fraction", None)
    if share is not None and not share > 0.0:
        raise Stop(BAD_INPUT, f"--fraction must be a number > 0, got {arguments.fraction!r}")
    name = f"{_name(arguments)}-growth"
    out = read_folder(arguments.out, [f"{name}.{end}" for end in ("json", "csv", "tex", *kinds)])
    from pdesolve.investing.growth_summary import as_csv, as_json, as_latex, table

    report, missed = _report(arguments, name, 0.0 if rate is None else rate, share)
    result = as_json(report)
    print(result if arguments.json else table(report), flush=True)
    if out is not None:
        from pdesolve.plotting.growth_page import render

        texts = {"json": result + "\n", "csv": as_csv(report), "tex": as_latex(report)}
        files = {f"{name}.{end}": text_file(text) for end, text in texts.items()}
        pictures = picture_files(name, lambda kind: render(report, kind), kinds)
        write(out, {**files, **pictures}, quiet=arguments.json)
    if missed:
        raise Stop(MISSED, missed)
    return DONE


def _check_one_law(arguments: argparse.Namespace) -> None:
    """Refuse no law of returns, several, and options of another one."""
    given = [name for name in ("case", "returns", *LAWS) if getattr(arguments, name) is not None]
    if len(given) != 1:
        raise Stop(BAD_INPUT, "growth needs one of CASE, --returns, --bet, --normal, --lognormal")
    if given != ["returns"]:
        for option in ("column", "prices"):
            if getattr(arguments, option):
                raise Stop(BAD_INPUT, f"--{option} needs --returns")
    if given != ["case"] and (arguments.set or arguments.tol):
        raise Stop(BAD_INPUT, f"--{'set' if arguments.set else 'tol'} needs a CASE")


def _name(arguments: argparse.Namespace) -> str:
    """Of the files: the case's, the returns' file's, or the kind of law."""
    if arguments.case is not None:
        return read_case(arguments).name
    if arguments.returns is not None:
        return Path(arguments.returns).stem or "returns"
    return next(name for name in LAWS if getattr(arguments, name) is not None)


def _number(arguments: argparse.Namespace, option: str, default: float | None) -> float | None:
    """An option that is a finite number."""
    text = getattr(arguments, option)
    if text is None:
        return default
    value = _as_number(text)
    if not math.isfinite(value):
        raise Stop(BAD_INPUT, f"--{option} must be a finite number, got {text!r}")
    return value


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _report(
    arguments: argparse.Namespace, name: str, rate: float, share: float | None
) -> tuple["Report", str]:
    """What there is to say, and by how much a case missed its accuracy."""
    from pdesolve.investing import growth
    from pdesolve.investing.growth_summary import Report

    if arguments.case is not None:
        return _of_case(arguments, name, rate, share)
    if arguments.returns is not None:
        from pdesolve.investing.returns import read_returns
        from pdesolve.investing.study import of_returns

        known = read_returns(arguments.returns, prices=arguments.prices)
        try:
            known = known.only(arguments.column)
        except PdesolveError as error:
            raise Stop(BAD_INPUT, f"{arguments.returns}: {error}") from error
        return of_returns(known, name, rate, share), ""
    law = _law(arguments)
    found = growth.growth_of(law, rate)
    return Report(name=name, found=found, share=share, moments=arguments.normal is not None), ""


def _law(arguments: argparse.Namespace) -> "Law":
    """The law that an option gives in numbers."""
    from pdesolve.investing import laws

    option = next(name for name in LAWS if getattr(arguments, name) is not None)
    form, least, most = LAWS[option]
    text = getattr(arguments, option)
    numbers = [_as_number(part) for part in text.split(":")]
    if not least <= len(numbers) <= most or not all(map(math.isfinite, numbers)):
        raise Stop(BAD_INPUT, f"--{option} must be {form}, finite numbers, got {text!r}")
    try:
        makers: dict[str, Callable[..., Law]] = {
            "bet": laws.two_point,
            "normal": laws.normal,
            "lognormal": laws.lognormal,
        }
        return makers[option](*numbers)
    except PdesolveError as error:
        raise Stop(BAD_INPUT, f"--{option}: {error}, in {text!r}") from error


def _of_case(
    arguments: argparse.Namespace, name: str, rate: float, share: float | None
) -> tuple["Report", str]:
    """The payoff of a case, bought at its price and held to the horizon."""
    from pdesolve.investing.study import of_solution
    from pdesolve.solver.pde import solver

    solution = solver.solve(read_case(arguments), progress=True)
    missed = "" if solution.converged else f"{solution.case.name}: {solution.message}"
    return of_solution(solution, name, rate, share), missed
