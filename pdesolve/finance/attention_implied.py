"""Attention that option quotes imply: from quotes to variance, from variance to attention.

Nothing is solved: at t = 0 attention is a function of the risk-neutral variance of the payoff, and
that is what options on the payoff know (derivation.md, section 12).
"""

import json
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import chi2

from pdesolve.case.arguments import CaseLike, as_case
from pdesolve.case.sources import CaseError
from pdesolve.files import plain
from pdesolve.finance.arbitrage import check_arbitrage
from pdesolve.finance.quote_files import QuotesLike, as_quotes
from pdesolve.finance.quotes import Quotes, dates
from pdesolve.finance.replication import Interval, QuotedVariance, quoted_variance
from pdesolve.model.economy import Economy
from pdesolve.solver.summary import bound, digits

IMPOSSIBLE = 1e-4  # chance of a misfit as large, below which it is not put down to noise
ASSUMED = (
    "the payoff's range has no end: beyond the strikes, options are assumed to fall at least as"
    " fast as before"
)
REGIMES = ("none", "interior", "capacity")


@dataclass(frozen=True, kw_only=True)
class ImpliedAttention:
    """What quotes say of a market at t = 0; intervals of 95% confidence.

    Attributes
    ----------
    case : str
        Name of the case whose cost, precision and risk aversion it is.
    by_date : tuple of QuotedVariance
        What quotes of each maturity say.
    variance : Interval
        Of the payoff, risk-neutral, money²; its upper end is infinite where nothing bounds it.
    attention, precision_rate : Interval
        The best response to either end.
    regimes : (str, str)
        Of the ends: "none", "interior", "capacity", or "unbounded" for an end that is infinite.
    warnings : tuple of str
    """

    case: str
    by_date: tuple[QuotedVariance, ...]
    variance: Interval
    attention: Interval
    precision_rate: Interval
    regimes: tuple[str, str]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        """The table that the command prints."""
        return _table(self)


def implied_attention(
    case: CaseLike, quotes: QuotesLike, price: tuple[float, float] | None = None
) -> ImpliedAttention:
    """Attention that option quotes imply, with no solve.

    Parameters
    ----------
    case : Case, str or path
        Of which risk aversion, attention and its cost are used, the horizon and the ends of the
        payoff's range.
    quotes : Quotes, path of a CSV file, or list of mappings
        As :mod:`pdesolve.finance.quote_files` reads them, for instance
        ``[{"strike": 9.0, "call": 0.81, "sd": 0.01}, ...]``.
    price : (float, float), optional
        Of the asset, and its standard error; put-call parity gives it too.

    Returns
    -------
    ImpliedAttention
        Intervals hold what the noise of quotes leaves open, and what is between and beyond their
        strikes.

    Raises
    ------
    CaseError
        If quotes are wrong, mature after the horizon, or are prices at which somebody would gain
        for certain, whatever the noise in them.
    """
    economy = Economy.of(as_case(case))
    found = as_quotes(quotes)
    warnings = check_arbitrage(found, economy.horizon, price)
    maturities = dates(found, economy.horizon)
    ends = economy.prior.low, economy.prior.high
    by_date = []
    for date in np.unique(maturities):
        some = found.only(maturities == date)
        by_date.append(one := quoted_variance(some, float(date), ends, price))
        _check_misfit(one, some, ends, price is not None)
    variance, more = _of_payoff(by_date[-1], economy.horizon, ends)
    if "decay" in by_date[-1].tails and not economy.prior.is_normal:
        more.append(ASSUMED)
    attention, rate, regimes = _responses(economy, variance)
    return ImpliedAttention(
        case=as_case(case).name,
        by_date=tuple(by_date),
        variance=variance,
        attention=attention,
        precision_rate=rate,
        regimes=regimes,
        warnings=(*warnings, *more),
    )


def _check_misfit(
    found: QuotedVariance, quotes: Quotes, ends: tuple[float, float], has_price: bool
) -> None:
    """Refuse quotes that no law on the payoff's range comes near to."""
    count = found.count + has_price
    if chi2.sf(found.chi_squared, count) < IMPOSSIBLE:
        rule = (
            f"quotes at maturity {found.maturity:g} must be prices under some law of payoffs from"
            f" {ends[0]:g} to {ends[1]:g}, within their noise"
        )
        got = f"got a chi-squared of {found.chi_squared:.4g} over {count} prices"
        raise CaseError(f"{quotes.places[0]}: {rule}, {got}")


def _of_payoff(
    found: QuotedVariance, horizon: float, ends: tuple[float, float]
) -> tuple[Interval, list[str]]:
    """The payoff's variance, from the last maturity there is, and what has to be said of it."""
    low, high = ends
    bounded = bool(np.isfinite(ends).all())
    if found.maturity == horizon:
        if np.isfinite(found.variance.high):
            return found.variance, []
        return found.variance, [
            "nothing bounds the variance from above: the payoff's range has no end, and prices do"
            " not fall, beyond their noise, from strike to strike on both sides of the price"
        ]
    price = float(np.clip(0.5 * (low + high), *found.price)) if bounded else 0.0
    largest = (price - low) * (high - price) if bounded else np.inf
    above = "its range alone bounds it" if bounded else "nothing bounds it"
    said = (
        f"no quotes mature at the horizon, {horizon:g}: the payoff's variance is no less than that"
        f" of the price at {found.maturity:g}, and {above} from above"
    )
    return Interval(found.variance.low, largest), [said]


def _responses(economy: Economy, variance: Interval) -> tuple[Interval, Interval, tuple[str, str]]:
    """Attention and precision rate at the ends, and their regimes; both rise with variance."""
    technology = economy.technology
    attention, rate, regimes = [], [], []
    for end in variance:
        if np.isfinite(end):
            one = economy.respond(end)
            attention.append(float(one.attention))
            rate.append(float(one.precision_rate))
            regimes.append(REGIMES[int(one.regime)])
        else:
            most = technology.capacity
            attention.append(most)
            rate.append(float(technology.precision.rate(np.asarray(most))))
            regimes.append("capacity" if np.isfinite(most) else "unbounded")
    return Interval(*attention), Interval(*rate), (regimes[0], regimes[1])


# ---------------------------------------------------------------------- to be read


def as_json(found: ImpliedAttention) -> str:
    """One JSON object; null where there is no end."""
    names = ("variance", "attention", "precision_rate")
    whole = {name: _parts(getattr(found, name)) for name in names}
    by_date = [
        {
            **asdict(one),
            "strikes": list(one.strikes),
            **{name: _parts(getattr(one, name)) for name in ("price", "variance", "by_strikes")},
        }
        for one in found.by_date
    ]
    rest = {"regimes": found.regimes, "by_date": by_date, "warnings": found.warnings}
    return json.dumps(plain({"case": found.case, **whole, **rest}), indent=2, allow_nan=False)


def _parts(one: Interval) -> dict[str, float]:
    return {"value": one.value, "error": one.error, "low": one.low, "high": one.high}


def _table(found: ImpliedAttention) -> str:
    """What is implied, and what each maturity says."""
    units = {
        "variance": "money^2",
        "attention": "attention",
        "precision_rate": "1/(money^2 time)",
    }
    rows: list[tuple[str, ...]] = [("", "value", "± error", "low", "high", "unit")]
    for name, unit in units.items():
        rows.append((name.replace("_", " "), *_cells(getattr(found, name)), unit))
    for one in found.by_date:
        rows.append(("", *[""] * 5))
        rows.append((f"at t = {one.maturity:g}:", *[""] * 5))
        rows.append(("price", *_cells(one.price), "money"))
        rows.append(("variance", *_cells(one.variance), "money^2"))
        rows.append(("  if exact", *_cells(one.by_strikes), "money^2"))
        rows.append(("  tails", "", "", *one.tails, ""))
    widths = [max(len(row[k]) for row in rows) for k in range(5)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:5], widths[1:]), row[5]]).rstrip()
        for row in rows
    ]
    quotes = sum(one.count for one in found.by_date)
    head = f"{found.case}: attention implied by {quotes} quotes at t = 0, with 95% intervals"
    low, high = found.regimes
    ends = [] if low == high == "interior" else [f"attention at the ends: {low}, {high}"]
    said = [*ends, *found.warnings]
    return "\n".join([head, "", *lines, *([""] if said else []), *said])


def _cells(one: Interval) -> tuple[str, ...]:
    """Value, error, and ends of an interval."""
    error = one.error if np.isfinite(one.error) else abs(one.low) * 1e-4
    ends = (digits(end, 0.1 * error) if np.isfinite(end) else "inf" for end in one)
    return digits(one.value, error), bound(one.error), *ends
