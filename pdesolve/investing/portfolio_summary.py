"""Portfolios as a person or a program reads them: text, JSON, CSV and LaTeX."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.files import plain
from pdesolve.investing.bootstrap import Against
from pdesolve.investing.efficient import CapitalLine, Frontier, capital_line, frontier
from pdesolve.investing.experiment import Backtest, Performance
from pdesolve.investing.methods import METHODS, NotOptimal
from pdesolve.investing.results import COLUMNS, Portfolio, Portfolios, aligned, cell, table
from pdesolve.version import __version__

YEARLY = {  # of its performance
    "mean": ("mean", ".2%"),
    "growth": ("growth", ".2%"),
    "volatility": ("volatility", ".2%"),
    "sharpe": ("Sharpe", ".3f"),
    "drawdown": ("drawdown", ".1%"),
    "turnover": ("turnover", ".1%"),
}
AGAINST = {  # of the bootstrap
    "share_of_samples": ("wins of equal weight", ".1%"),
    "standard_error": ("± s.e.", ".1%"),
    "sharpe_difference": ("Sharpe less that", "+.3f"),
    "low": ("5%", "+.3f"),
    "high": ("95%", "+.3f"),
}
LATEX = str.maketrans({mark: f"\\{mark}" for mark in "&%$#_{}"} | {"±": r"$\pm$"})

Formats = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """All that the command says of a file of returns.

    Attributes
    ----------
    name : str
        Of the file, without its ending.
    span : str
        Its periods, in words.
    portfolios : Portfolios
    tested : Backtest or None
    against : dict
        Of the bootstrap, by method; empty if there is none.
    """

    name: str
    span: str
    portfolios: Portfolios
    tested: Backtest | None = None
    against: Mapping[str, Against] = field(default_factory=dict)

    @cached_property
    def frontier(self) -> Frontier | NotOptimal:
        """The efficient frontier, or that it was not found accurately."""
        try:
            return frontier(self.portfolios.moments)
        except NotOptimal as error:
            return error

    @cached_property
    def line(self) -> CapitalLine | None:
        """The capital allocation line, if some portfolio has a mean above the rate."""
        try:
            return capital_line(self.portfolios.moments)
        except PdesolveError:
            return None

    @cached_property
    def performance(self) -> dict[str, Performance]:
        """Of each method that was tested."""
        if self.tested is None:
            return {}
        return {name: self.tested.performance(name) for name in self.tested.earned}


# ---------------------------------------------------------------------- for people


def full_table(found: Findings) -> str:
    """The same of a file, with what the experiment found."""
    moments = found.portfolios.moments
    lines = [
        f"{found.name}: {found.span}; riskless rate {moments.rate:g} per period",
        table(found.portfolios),
    ]
    if (tested := found.tested) is not None:
        rows = [_yearly(found, name) for name in tested.earned]
        heads = [head for head, _ in YEARLY.values()]
        lines += [
            "",
            f"out of sample, formed on {tested.window} periods, a period's delay, every"
            f" {tested.every}; per year of {tested.year}",
            *aligned([["", *heads], *rows]),
        ]
        lines += [
            f"{METHODS[name].label}: in cash for {one.in_cash} of"
            f" {tested.earned[name].traded.size} quarters, no mean being above the rate"
            for name, one in found.performance.items()
            if one.in_cash
        ]
    if found.against:
        rows = [
            [METHODS[n].label, *(cell(getattr(one, k), f) for k, (_, f) in AGAINST.items())]
            for n, one in found.against.items()
        ]
        heads = [head for head, _ in AGAINST.values()]
        lines += ["", "against equal weight, by Sharpe ratio in drawn streams of quarters"]
        lines += aligned([["", *heads], *rows])
    return "\n".join(lines)


def _yearly(found: Findings, name: str) -> list[str]:
    one = found.performance[name]
    return [METHODS[name].label, *(cell(getattr(one, k), f) for k, (_, f) in YEARLY.items())]


# ---------------------------------------------------------------------- for programs


def as_json(found: Findings) -> str:
    """All of it as one JSON object; null where a number does not exist."""
    portfolios, efficient = found.portfolios, found.frontier
    said: dict[str, Any] = {
        "file": found.name,
        "version": __version__,
        "periods": None if portfolios.moments.values is None else len(portfolios.moments.values),
        "rate": portfolios.moments.rate,
        "assets": list(portfolios.moments.assets),
        "bets": portfolios.bets,
        "quality_ratio": portfolios.quality_ratio,
        "methods": {
            **{name: _as_dict(one) for name, one in portfolios.found.items()},
            **dict.fromkeys(portfolios.missing),
        },
        "missing": {name: str(why) for name, why in portfolios.missing.items()},
        "frontier": {"mean": efficient.mean, "volatility": efficient.volatility}
        if isinstance(efficient, Frontier)
        else None,
        "capital_line": None if found.line is None else vars(found.line),
    }
    if found.tested is not None:
        said["window"], said["every"] = found.tested.window, found.tested.every
        said["performance"] = {name: one._asdict() for name, one in found.performance.items()}
    if found.against:
        said["against_equal_weight"] = {n: one._asdict() for n, one in found.against.items()}
    return json.dumps(plain(said), indent=2, allow_nan=False)


def _as_dict(found: Portfolio) -> dict[str, Any]:
    weights = np.asarray(found.weights).tolist()
    return {
        "weights": dict(zip(found.assets, weights, strict=True)),
        **{name: getattr(found, name) for name in COLUMNS},
    }


def as_csv(found: Findings) -> str:
    """A row per method: what it implies, how it did, weights by asset; every digit kept."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    assets = found.portfolios.moments.assets
    tested = [*YEARLY, "in_cash"] if found.tested is not None else []
    against = list(AGAINST) if found.against else []
    heads = [*COLUMNS, *(f"tested:{name}" for name in tested), *against]
    writer.writerow(["method", *heads, *(f"weight:{asset}" for asset in assets)])
    for name, one in found.portfolios.found.items():
        row = [getattr(one, key) for key in COLUMNS]
        row += [getattr(found.performance.get(name), key, None) for key in tested]
        row += [getattr(found.against.get(name), key, None) for key in against]
        writer.writerow([name, *plain(row), *np.asarray(one.weights).tolist()])
    return out.getvalue()


# ---------------------------------------------------------------------- for papers


def as_latex(found: Findings) -> str:
    """Tables for a paper; they need the package booktabs."""
    blocks = [
        _tabular(COLUMNS, found.portfolios.found, "per period"),
        *([_tabular(YEARLY, found.performance, "per year")] if found.performance else []),
        *([_tabular(AGAINST, found.against, "equal weight")] if found.against else []),
    ]
    head = [f"% {found.name}, pdesolve {__version__}", r"% needs \usepackage{booktabs}"]
    return "\n".join([*head, *blocks]) + "\n"


def _tabular(formats: Formats, rows: Mapping[str, Any], corner: str) -> str:
    def line(cells: Iterable[str]) -> str:
        return " & ".join(cells) + r" \\"

    heads = [head.translate(LATEX) for head, _ in formats.values()]
    body = [
        line([METHODS[name].label, *(_number(getattr(one, k), f) for k, (_, f) in formats.items())])
        for name, one in rows.items()
    ]
    top = rf"\begin{{tabular}}{{l{'r' * len(heads)}}}"
    parts = [top, r"\toprule", line([corner, *heads]), r"\midrule", *body]
    return "\n".join([*parts, r"\bottomrule", r"\end{tabular}"])


def _number(value: float | None, form: str) -> str:
    """A number with a real minus sign and power of ten."""
    text = cell(value, form)
    if text == "-":
        return "--"
    mantissa, e, power = text.translate(LATEX).partition("e")
    return f"${mantissa}" + (rf"\times 10^{{{int(power)}}}" if e else "") + "$"
