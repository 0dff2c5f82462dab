"""Growth as a person or a program reads it: text, JSON, CSV and LaTeX."""

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pdesolve.files import plain
from pdesolve.investing.drawdown import drawdown_exponent
from pdesolve.investing.growth_report import STEPS, Report
from pdesolve.version import __version__

LEVEL = 0.5  # of wealth, to which the table says how likely it falls
TRADED = {  # until the payoff, at announcements with options on the price just after them
    "public": "traded, growth of who knows prices",
    "informed": "  who knows the payoff",
    "mutual_information": "  their difference, what prices tell",
    "with_options": "  who knows prices, with options",
}
MARKET = (*TRADED, "by_law")
LATEX = str.maketrans({mark: f"\\{mark}" for mark in "&%$#_{}"} | {"σ": r"$\sigma$", "μ": r"$\mu$"})
Row = tuple[str, float, float]  # a name, a value, its error


def as_json(report: Report) -> str:
    """Return everything; null where there is none."""
    found = report.found
    fractions, growth = found.curve()
    said: dict[str, Any] = {
        "name": report.name,
        "law": found.law.label,
        "rate": found.rate,
        **_counted(report),
        "growth": found.growth,
        "volatility": found.volatility,
        "small_limit": found.small_limit,
        "limit": dict(zip(("fraction", "growth", "volatility"), found.limit, strict=True)),
        "ruin": list(found.ruin),
        "break_even": found.break_even,
        "drawdown_exponent": drawdown_exponent(found.excess, found.fraction)
        if math.isfinite(found.fraction)
        else None,
        "error": _errors(report),
        "message": found.message,
        "unit": report.unit,
        "curve": {"of": _curve_of(report), _key(report): fractions, "growth": growth},
    }
    if report.price is not None:
        said["price"] = report.price
    if report.asked.share is not None:
        said["fractional"] = {
            "share": report.asked.share,
            "of": _curve_of(report),
            "fraction": report.held,
            "growth": report.growth_held,
            "drawdown_exponent": report.exponent,
        }
    if report.asked.drawdown is not None:
        level, chance = report.asked.drawdown
        fraction, grown = report.restrained
        said["drawdown"] = {"level": level, "chance": chance, "fraction": fraction, "growth": grown}
    if report.market is not None:
        said.update({name: getattr(report.market, name).value for name in MARKET})
    if report.uncertainty is not None:
        said["uncertainty"] = asdict(report.uncertainty)
    if report.moments:
        said["rebalancing"] = report.rebalancing
    if report.least:
        said["least_future_value"] = [asdict(one) for one in report.least]
    return json.dumps(plain(said), indent=2, allow_nan=False)


def table(report: Report) -> str:
    """The same for a person to read."""
    found = report.found
    rows = list(_rows(report))
    wide = max(len(name) for name, *_ in rows)
    lines = [f"{name:{wide}}  {_cell(value, error)}" for name, value, error in rows]
    return "\n".join(
        [
            f"{report.name}: {found.law.label}",
            f"per period, with a riskless rate of {found.rate:g}",
            "",
            *lines,
            *([] if not found.message else ["", found.message]),
            *_remarks(report),
        ]
    )


def as_csv(report: Report) -> str:
    """Return the growth curve, every digit kept."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_key(report), "growth"])
    for fraction, growth in zip(*report.found.curve(), strict=True):
        writer.writerow([float(fraction), float(growth) if math.isfinite(growth) else None])
    return out.getvalue()


def as_latex(report: Report) -> str:
    """Return the table for a paper; it needs the package booktabs."""
    lines = [
        f"% {report.name}: {report.found.law.label}, pdesolve {__version__}",
        r"% needs \usepackage{booktabs}",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"per period & value \\",
        r"\midrule",
    ]
    for name, value, _ in _rows(report):
        number = f"${value:.6g}$" if math.isfinite(value) else "--"
        lines.append(rf"{name.translate(LATEX)} & {number} \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _key(report: Report) -> str:
    """Name of a column of fractions."""
    return "shares" if report.per_share else "fraction"


def _curve_of(report: Report) -> str:
    """What the growth curve is one of."""
    return "the small-return limit" if report.found.endless else "the law"


def _counted(report: Report) -> dict[str, float | None]:
    """The optimum as a fraction of wealth, or as shares per unit of wealth if there is none."""
    if report.per_share:
        return {"fraction": None, "shares": report.found.fraction}
    return {"fraction": report.found.fraction}


def _errors(report: Report) -> dict[str, float]:
    """Of all that is computed."""
    found, market = report.found.error, report.market
    errors = {_key(report): found["fraction"], "growth": found["growth"]}
    if market is not None:
        errors.update({name: getattr(market, name).error for name in MARKET})
    return errors


def _rows(report: Report) -> Iterator[Row]:
    found, uncertainty, unit = report.found, report.uncertainty, report.unit
    yield f"growth-optimal {unit}", found.fraction, found.error["fraction"]
    if uncertainty is not None:
        yield "  standard error", uncertainty.standard_error, 0.0
        yield "  the same by bootstrap", uncertainty.bootstrap, 0.0
    yield "growth of log wealth", found.growth, found.error["growth"]
    yield "volatility", found.volatility, 0.0
    yield "small-return limit μ/σ²", found.small_limit, 0.0
    if found.endless:
        yield "  its growth of log wealth", found.limit[1], 0.0
        yield "  its volatility", found.limit[2], 0.0
    yield "no more growth than cash from", found.break_even, 0.0
    yield "ruin from, short", found.ruin[0], 0.0
    yield "ruin from, long", found.ruin[1], 0.0
    if report.market is not None:
        for name, label in TRADED.items():
            yield label, *getattr(report.market, name)
    if report.asked.share is not None:
        limit = " of the limit" if report.in_limit else ""
        yield f"{unit} at a share of {report.asked.share:g}{limit}", report.held, 0.0
        yield "  growth of log wealth", report.growth_held, 0.0
        yield "  drawdown exponent", report.exponent, 0.0
    else:
        yield "drawdown exponent", report.exponent, 0.0
    if report.asked.drawdown is not None:
        level, chance = report.asked.drawdown
        limit = " in the limit" if report.in_limit else ""
        yield (
            f"{unit} that keeps P(ever < {level:g}) < {chance:g}{limit}",
            report.restrained[0],
            0.0,
        )
        yield "  growth of log wealth", report.restrained[1], 0.0


def _cell(value: float, error: float) -> str:
    """A number, and its bar if it is one to speak of."""
    if not math.isfinite(value):
        return "none"
    bar = f" ± {error:.0e}" if error > 1e-12 * max(abs(value), 1e-300) else ""
    return f"{value:.7g}{bar}"


def _remarks(report: Report) -> Iterator[str]:
    """Sentences on drawdown, estimation, rebalancing and least future values."""
    if 0.0 < report.exponent < math.inf:
        yield ""
        yield (
            f"wealth, in units of cash, ever falls to {LEVEL:.0%} of itself with a chance below"
            f" {LEVEL**report.exponent:.3g}"
        )
    if report.market is not None and report.market.announcements:
        yield ""
        yield "who trades has options on the price just after each announcement, at which it jumps"
    if (u := report.uncertainty) is not None:
        yield ""
        yield (
            f"95% of resamples have an optimum from {u.interval[0]:.4g} to {u.interval[1]:.4g};"
            f" in {u.overbet:.1%} this fraction is twice too high"
        )
    if report.moments:
        pairs = zip(STEPS, report.rebalancing["fraction"], strict=True)
        yield ""
        yield "of two-point returns with this mean and standard deviation shared out over steps:"
        fraction, growth, volatility = report.without_pause
        yield "; ".join(f"{n} a period {f:.5g}" for n, f in pairs) + (
            f"; without pause {fraction:.5g}, with growth {growth:.4g} and volatility"
            f" {volatility:.4g}"
        )
    for one in report.least:
        yield ""
        yield (
            f"at leverage {one.leverage:.4g}, of {len(one.least)} starts, 100 are at least worth"
            f" {one.mean:.1f} on average, and {one.shares[:5].sum():.0%} ever fall below half (by"
            " the flat law 50 and 50%)"
        )
