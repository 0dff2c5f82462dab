"""The command ``portfolio``: weights of assets from their returns, and how they would have done."""

import argparse
import math
from typing import TYPE_CHECKING, Any

from pdesolve.case.errors import PdesolveError
from pdesolve.case.sources import data_file
from pdesolve.cli.common import (
    BAD_INPUT,
    DONE,
    MISSED,
    Stop,
    add_command,
    add_format,
    add_json,
    completed,
    picture_files,
    read_folder,
    read_formats,
    text_file,
    write,
)

if TYPE_CHECKING:
    from pdesolve.investing.portfolio_summary import Findings
    from pdesolve.investing.returns import Returns

EXAMPLES = (
    "portfolio industries",
    "portfolio industries --method equal_risk,tangency --rate 5e-5",
    "portfolio industries --bootstrap 10000 --out results",
)
BASE = "equal_weight"  # what the bootstrap compares with
TESTED = {"block": 4, "seed": 0, "window": 252, "every": 63}  # options of the experiment


def add_portfolio(commands: Any) -> None:
    """Add the command."""
    about = "weigh assets by ten methods, from returns, and test them out of sample"
    parser = add_command(commands, "portfolio", about, _portfolio, EXAMPLES)
    parser.add_argument(
        "returns",
        metavar="RETURNS",
        help="a CSV file with a column for each asset, or industries, which comes with the package",
    )
    parser.add_argument("--prices", action="store_true", help="the file holds prices")
    method = parser.add_argument(
        "--method", metavar="NAMES", help="methods, with commas (default: all ten)"
    )
    completed(method, _methods_like)
    parser.add_argument(
        "--rate", metavar="R", type=float, default=0.0, help="riskless, per period (default: 0)"
    )
    parser.add_argument(
        "--bootstrap",
        metavar="N",
        type=int,
        help="form portfolios on trailing windows, and compare them with equal weight in N streams"
        " of drawn quarters",
    )
    for name, about in (
        ("block", "quarters drawn together"),
        ("seed", "of the draws"),
        ("window", "periods that a portfolio is formed on"),
        ("every", "periods in a quarter, after which it is formed again"),
    ):
        parser.add_argument(
            f"--{name}", metavar="N", type=int, help=f"{about} (default: {TESTED[name]})"
        )
    add_json(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="also write NAME-portfolio.json, .csv, .tex and a page to DIR"
    )
    add_format(parser)


def _methods_like(prefix: str, **_: Any) -> list[str]:
    """Lists of methods whose last one begins so."""
    from pdesolve.investing.methods import METHODS

    done, comma, last = prefix.rpartition(",")
    return [f"{done}{comma}{name}" for name in METHODS if name.startswith(last)]


def _portfolio(arguments: argparse.Namespace) -> int:
    """Find portfolios, test them if asked to, print a table, write files if asked to."""
    kinds = read_formats(arguments)
    path = data_file(arguments.returns)
    name = f"{path.stem}-portfolio"
    endings = ("json", "csv", "tex", *kinds)
    out = read_folder(arguments.out, [f"{name}.{ending}" for ending in endings])
    from pdesolve.investing.portfolio_summary import as_csv, as_json, as_latex, full_table
    from pdesolve.investing.returns import read_returns

    found = _findings(arguments, path.stem, read_returns(path, prices=arguments.prices))
    result = as_json(found)
    print(result if arguments.json else full_table(found), flush=True)
    if out is not None:
        from pdesolve.plotting.portfolio_page import render

        texts = {"json": result + "\n", "csv": as_csv(found), "tex": as_latex(found)}
        files = {f"{name}.{ending}": text_file(text) for ending, text in texts.items()}
        pictures = picture_files(name, lambda kind: render(found, kind), kinds)
        write(out, {**files, **pictures}, quiet=arguments.json)
    missing = list(found.portfolios.missing.values())
    if isinstance(found.frontier, PdesolveError):
        missing.append(found.frontier)
    if missing:
        missed = any(not isinstance(one, ValueError) for one in missing)
        raise Stop(MISSED if missed else DONE, *map(str, missing))
    return DONE


def _findings(arguments: argparse.Namespace, name: str, data: "Returns") -> "Findings":
    """What there is to say of returns."""
    from pdesolve.investing.bootstrap import against_equal_weight
    from pdesolve.investing.experiment import backtest
    from pdesolve.investing.methods import check_methods
    from pdesolve.investing.portfolio_summary import Findings
    from pdesolve.investing.portfolios import compare_portfolios

    methods = None
    if arguments.method is not None:
        methods = check_methods(one.strip() for one in arguments.method.split(","))
    if not -1.0 < arguments.rate < math.inf:
        raise Stop(BAD_INPUT, f"--rate must be a number above -1, got {arguments.rate:g}")
    span = f"{len(data.values)} periods"
    if data.dates:
        span += f" from {data.dates[0]} to {data.dates[-1]}"
    terms = _experiment(arguments)
    try:
        portfolios = compare_portfolios(data, methods, rate=arguments.rate)
        if arguments.bootstrap is None:
            return Findings(name=name, span=span, portfolios=portfolios)
        names = [BASE, *portfolios.found]
        window, every = terms["window"], terms["every"]
        tested = backtest(data, names, rate=arguments.rate, window=window, every=every)
    except PdesolveError as error:
        raise type(error)(f"{arguments.returns}: {error}") from None
    count, block, seed = arguments.bootstrap, terms["block"], terms["seed"]
    against = against_equal_weight(tested, count, block=block, seed=seed)
    return Findings(name=name, span=span, portfolios=portfolios, tested=tested, against=against)


def _experiment(arguments: argparse.Namespace) -> dict[str, int]:
    """Options of the experiment."""
    given = {name: getattr(arguments, name) for name in TESTED}
    for name, value in given.items():
        if value is not None and arguments.bootstrap is None:
            raise Stop(BAD_INPUT, f"--{name} needs --bootstrap, which tests out of sample")
    return {name: TESTED[name] if value is None else value for name, value in given.items()}
