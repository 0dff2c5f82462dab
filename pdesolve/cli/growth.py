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
    add_command,
    add_format,
    add_json,
    add_set,
    add_tolerance,
    completed,
    picture_files,
    read_folder,
    read_formats,
    read_one,
    solve_case,
    text_file,
    write,
)
from pdesolve.cli.completion import cases_like
from pdesolve.cli.growth_among import weigh_cases

if TYPE_CHECKING:
    from pdesolve.investing.growth_report import Asked, Report
    from pdesolve.investing.law import Law

EXAMPLES = (
    "growth --bet 0.51:1:1 --fraction 0.5",
    "growth --normal 0.056:0.2",
    "growth --lognormal 0.08:0.2 --rate 0.02",
    "growth --returns prices.csv --prices --column 1 --out results",
    "growth --returns prices.csv --prices --drawdown 0.5:0.1 --every month --leverage 1,2",
    "growth binary --json",
    "growth binary uniform lottery --long-only",
)
STARTS = ("year", "month", "period")
LAWS = {  # option: what it takes, numbers it needs, numbers it may have
    "bet": ("PROBABILITY:GAIN:LOSS", 3, 3),
    "normal": ("MEAN:SD", 2, 3),
    "lognormal": ("MEAN:SD", 2, 2),
}


def add_growth(commands: Any) -> None:
    """Add the command."""
    about = "find the fraction of wealth that makes it grow fastest"
    parser = add_command(commands, "growth", about, _growth, EXAMPLES)
    case = parser.add_argument(
        "cases",
        metavar="CASE",
        nargs="*",
        help="a named case, or the path to a TOML file; of several, weights as assets that pay"
        " independently",
    )
    completed(case, cases_like)
    add_set(parser)
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
        help="mean and sd of a normal return; a third number cuts it so many sd off"
        " the mean; write --normal=-0.01:0.2 if the mean is negative",
    )
    parser.add_argument(
        "--lognormal", metavar=LAWS["lognormal"][0], help="mean and sd of a lognormal return"
    )
    parser.add_argument(
        "--every",
        choices=STARTS,
        help="where least future values start (default: years, months if these are few)",
    )
    parser.add_argument(
        "--leverage",
        metavar="L1,L2,...",
        help="shares of wealth in the asset whose least future values are wanted (default: 1 and"
        " the fraction itself)",
    )
    parser.add_argument(
        "--inflation",
        metavar="I",
        help="that least future values are adjusted for: a rate per period, or the name of a column"
        " of the file, of rises (with --prices, of a price index)",
    )
    parser.add_argument(
        "--long-only", action="store_true", help="of several cases, sell none of them short"
    )
    parser.add_argument("--rate", metavar="R", help="riskless rate per period (default: 0)")
    parser.add_argument("--fraction", metavar="C", help="also say what this share of it does")
    parser.add_argument(
        "--drawdown",
        metavar="LEVEL:CHANCE",
        help="also find the largest fraction with which wealth ever falls to that level of itself"
        " with less than that chance: 0.5:0.1",
    )
    add_json(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="also write NAME-growth.json, .csv, .tex and a picture to DIR"
    )
    add_format(parser)


def _growth(arguments: argparse.Namespace) -> int:
    """Find the fraction, print what it does, write files if asked to."""
    _check_one_law(arguments)
    rate = _number(arguments, "rate", 0.0) or 0.0
    if len(arguments.cases) > 1:
        return weigh_cases(arguments, rate)
    kinds = read_formats(arguments)
    asked = _asked(arguments)
    name = f"{_name(arguments)}-growth"
    out = read_folder(arguments.out, [f"{name}.{end}" for end in ("json", "csv", "tex", *kinds)])
    from pdesolve.investing.growth_summary import as_csv, as_json, as_latex, table

    report, missed = _report(arguments, name, rate, asked)
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
    given = [name for name in ("returns", *LAWS) if getattr(arguments, name) is not None]
    given += ["cases"] * bool(arguments.cases)
    if len(given) != 1:
        raise Stop(BAD_INPUT, "growth needs one of CASE, --returns, --bet, --normal, --lognormal")
    several = len(arguments.cases) > 1
    for options, fits, needs in (
        (("column", "prices", "every", "leverage", "inflation"), given == ["returns"], "--returns"),
        (("set", "tol"), given == ["cases"], "a CASE"),
        (("long_only",), several, "several cases"),
        (("fraction", "drawdown", "format"), not several, "one law of returns, not several cases"),
    ):
        for option in options:
            if getattr(arguments, option) and not fits:
                raise Stop(BAD_INPUT, f"--{option.replace('_', '-')} needs {needs}")


def _asked(arguments: argparse.Namespace) -> "Asked":
    """What is asked about a law besides its optimum."""
    share = _number(arguments, "fraction", None)
    if share is not None and not share > 0.0:
        raise Stop(BAD_INPUT, f"--fraction must be a number > 0, got {arguments.fraction!r}")
    drawdown = None
    if arguments.drawdown is not None:
        level, _, chance = arguments.drawdown.partition(":")
        drawdown = _as_number(level), _as_number(chance)
        if not all(0.0 < one < 1.0 for one in drawdown):
            rule = "must be LEVEL:CHANCE, both > 0 and < 1"
            raise Stop(BAD_INPUT, f"--drawdown {rule}, got {arguments.drawdown!r}")
    from pdesolve.investing.growth_report import Asked

    return Asked(share=share, drawdown=drawdown)


def _name(arguments: argparse.Namespace) -> str:
    """Of the files: the case's, the returns' file's, or the kind of law."""
    if arguments.cases:
        return read_one(arguments.cases[0], arguments).name
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
    arguments: argparse.Namespace, name: str, rate: float, asked: "Asked"
) -> tuple["Report", str]:
    """What there is to say, and by how much a case missed its accuracy."""
    from pdesolve.investing import growth
    from pdesolve.investing.growth_report import Report

    if arguments.cases:
        return _of_case(arguments, name, rate, asked)
    if arguments.returns is not None:
        return _of_returns(arguments, name, rate, asked), ""
    found = growth.growth_of(_law(arguments), rate)
    return Report(name=name, found=found, asked=asked, moments=arguments.normal is not None), ""


def _of_returns(arguments: argparse.Namespace, name: str, rate: float, asked: "Asked") -> "Report":
    """A column of a file."""
    from pdesolve.investing.returns import read_returns
    from pdesolve.investing.study import LeastAsked, of_returns

    leverages: tuple[float, ...] = ()
    if arguments.leverage is not None:
        leverages = tuple(_as_number(part) for part in arguments.leverage.split(","))
        if not all(map(math.isfinite, leverages)):
            rule = "must be finite numbers, with commas"
            raise Stop(BAD_INPUT, f"--leverage {rule}, got {arguments.leverage!r}")
    inflation = _as_number(arguments.inflation or "0")
    columns = [arguments.column, *([arguments.inflation] if math.isnan(inflation) else [])]
    read = read_returns(arguments.returns, prices=arguments.prices, columns=columns)
    rises = read.only(len(read.assets)) if math.isnan(inflation) else inflation
    least = LeastAsked(leverages=leverages, every=arguments.every, inflation=rises)
    try:
        return of_returns(read.only(1), name, rate, asked, least)
    except PdesolveError as error:
        raise Stop(BAD_INPUT, f"{arguments.returns}: {error}") from error


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
    arguments: argparse.Namespace, name: str, rate: float, asked: "Asked"
) -> tuple["Report", str]:
    """The payoff of a case, bought at its price or traded until it is paid."""
    from pdesolve.investing.study import of_solution

    solution = solve_case(read_one(arguments.cases[0], arguments))
    missed = "" if solution.converged else f"{solution.case.name}: {solution.message}"
    return of_solution(solution, name, rate, asked, progress=True), missed
