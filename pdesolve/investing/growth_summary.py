"""Growth as a person or a program reads it: text, JSON, CSV and LaTeX."""

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pdesolve.files import plain
from pdesolve.investing.drawdown import drawdown_exponent
from pdesolve.investing.growth import Growth, Uncertainty, rebalanced
from pdesolve.investing.least_future_value import LeastFutureValue
from pdesolve.version import __version__

if TYPE_CHECKING:
    from pdesolve.investing.in_market import MarketGrowth

STEPS = (1, 12, 250)  # a period that its moments are shared out over
LEVEL = 0.5  # of wealth, to which the table says how likely it falls
TRADED = {  # until the payoff
    "public": "traded, growth of who knows prices",
    "informed": "  who knows the payoff",
    "mutual_information": "  their difference, what prices tell",
    "with_options": "  who knows prices, with options",
}
LATEX = str.maketrans({mark: f"\\{mark}" for mark in "&%$#_{}"} | {"σ": r"$\sigma$", "μ": r"$\mu$"})
Row = tuple[str, float, float]  # a name, a value, its error


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """What is known of the growth of wealth under one law of returns.

    Attributes
    ----------
    name : str
        Of the files written.
    found : Growth
    share : float or None
        c, of the growth-optimal fraction, if another than the whole of it is asked about.
    uncertainty : Uncertainty or None
        Of a sample.
    least : tuple of LeastFutureValue
        Of a sample, at one or more leverages.
    market : MarketGrowth or None
        Of a case, what those gain who trade until the payoff.
    moments : bool
        Whether the law stands for its mean and standard deviation, which may be shared out.
    """

    name: str
    found: Growth
    share: float | None = None
    uncertainty: Uncertainty | None = None
    least: tuple[LeastFutureValue, ...] = ()
    market: "MarketGrowth | None" = None
    moments: bool = False

    @property
    def held(self) -> float:
        """The fraction that is held: the share of the optimum."""
        return self.found.fraction * (1.0 if self.share is None else self.share)

    @cached_property
    def exponent(self) -> float:
        """Of the chance of ever falling, at the fraction that is held; NaN without an optimum."""
        if not math.isfinite(self.held):
            return math.nan
        return drawdown_exponent(self.found.excess, self.held)

    @cached_property
    def rebalancing(self) -> dict[str, list[float]]:
        """Fraction and growth per period where a period has so many steps."""
        law, rate = self.found.law, self.found.rate
        each = [rebalanced(law.mean, law.sd, times, rate) for times in STEPS]
        return {
            "times": [float(times) for times in STEPS],
            "fraction": [one.fraction for one in each],
            "growth": [times * one.growth for times, one in zip(STEPS, each, strict=True)],
        }

    @property
    def without_pause(self) -> tuple[float, float, float]:
        """Fraction, growth per period and volatility that rebalancing ever more often leads to."""
        law, rate = self.found.law, self.found.rate
        fraction = (law.mean - rate) / law.sd**2
        return fraction, rate + 0.5 * fraction * (law.mean - rate), abs(fraction) * law.sd


def as_json(report: Report) -> str:
    """Return everything; null where there is none."""
    found = report.found
    fractions, growth = found.curve()
    said: dict[str, Any] = {
        "name": report.name,
        "law": found.law.label,
        "rate": found.rate,
        "fraction": found.fraction,
        "growth": found.growth,
        "volatility": found.volatility,
        "small_limit": found.small_limit,
        "limit": dict(zip(("fraction", "growth", "volatility"), found.limit, strict=True)),
        "ruin": list(found.ruin),
        "break_even": found.break_even,
        "drawdown_exponent": drawdown_exponent(found.excess, found.fraction)
        if math.isfinite(found.fraction)
        else None,
        "error": found.error,
        "message": found.message,
        "curve": {"fraction": fractions, "growth": growth},
    }
    if report.share is not None:
        said["fractional"] = {
            "share": report.share,
            "fraction": report.held,
            "growth": _growth_held(report),
            "drawdown_exponent": report.exponent,
        }
    if report.market is not None:
        said.update({name: getattr(report.market, name).value for name in TRADED})
        said["error"] = found.error | {name: getattr(report.market, name).error for name in TRADED}
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
    writer.writerow(["fraction", "growth"])
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


def _growth_held(report: Report) -> float:
    return report.found.growth_at(report.held) if math.isfinite(report.held) else math.nan


def _rows(report: Report) -> Iterator[Row]:
    found, uncertainty = report.found, report.uncertainty
    yield "growth-optimal fraction", found.fraction, found.error["fraction"]
    if uncertainty is not None:
        yield "  standard error", uncertainty.standard_error, 0.0
        yield "  the same by bootstrap", uncertainty.bootstrap, 0.0
    yield "growth of log wealth", found.growth, found.error["growth"]
    yield "volatility", found.volatility, 0.0
    yield "small-return limit μ/σ²", found.small_limit, 0.0
    yield "no more growth than cash from", found.break_even, 0.0
    yield "ruin from, short", found.ruin[0], 0.0
    yield "ruin from, long", found.ruin[1], 0.0
    if report.market is not None:
        for name, label in TRADED.items():
            yield label, *getattr(report.market, name)
    if report.share is not None:
        yield f"fraction at a share of {report.share:g}", report.held, 0.0
        yield "  growth of log wealth", _growth_held(report), 0.0
        yield "  drawdown exponent", report.exponent, 0.0
    else:
        yield "drawdown exponent", report.exponent, 0.0


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
