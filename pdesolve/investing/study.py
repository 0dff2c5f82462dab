"""Growth from a sample of returns, or from a solved market, with all that is reported of it."""

from dataclasses import dataclass, replace
from math import isfinite

from pdesolve.investing import laws
from pdesolve.investing.estimated import uncertainty
from pdesolve.investing.growth import Growth, growth_of
from pdesolve.investing.growth_report import Asked, Report
from pdesolve.investing.in_market import market_growth
from pdesolve.investing.law import Law, LawError
from pdesolve.investing.least_future_value import STARTS, LeastFutureValue, least_future_values
from pdesolve.investing.payoff_law import of_payoff, of_share
from pdesolve.investing.returns import Returns
from pdesolve.solver.solution import Solution

ENOUGH = 10  # starts that a histogram needs
PATHS, DATES = 8000, 80  # of a simulated market


@dataclass(frozen=True, kw_only=True)
class LeastAsked:
    """How least future values are asked for.

    Attributes
    ----------
    leverages : tuple of float
        The asset itself and the fraction that is held, if there are none.
    every : str or None
        Start; years, or months if these are few, or every close, if None.
    inflation : float or Returns
        Per period; values are divided by the price level.
    """

    leverages: tuple[float, ...] = ()
    every: str | None = None
    inflation: "float | Returns" = 0.0


def of_returns(
    returns: Returns,
    name: str,
    rate: float,
    asked: Asked,
    least: LeastAsked = LeastAsked(),
) -> Report:
    """Report the growth of a sample of returns of one asset, and its least future values."""
    found = growth_of(laws.sample(returns.values), rate)
    report = Report(name=name, found=found, asked=asked)
    leverages = least.leverages or tuple(dict.fromkeys((1.0, report.held)))
    lowest = tuple(_least(returns, one, rate, least) for one in leverages if isfinite(one))
    known = isfinite(found.fraction) and found.fraction != 0.0
    return replace(report, least=lowest, uncertainty=uncertainty(found) if known else None)


def _least(returns: Returns, leverage: float, rate: float, asked: LeastAsked) -> LeastFutureValue:
    """By the starts asked for; else the first of these that are enough."""
    inflation = asked.inflation
    rises = inflation.values[:, 0] if isinstance(inflation, Returns) else inflation

    def by(every: str) -> LeastFutureValue:
        return least_future_values(
            returns, every=every, leverage=leverage, rate=rate, inflation=rises
        )

    if asked.every is not None:
        return by(asked.every)
    for every in STARTS:
        try:
            found = by(every)
        except LawError:  # dates that do not say the year, or none
            if every == STARTS[-1]:
                raise
            continue
        if len(found.least) >= ENOUGH:
            break
    return found


def of_solution(
    solution: Solution,
    name: str,
    rate: float,
    asked: Asked,
    *,
    progress: bool = False,
) -> Report:
    """Report the growth of buying a case's payoff at its price, and of trading until it is paid.

    The error of the former says what the price's own error bar does to the fraction and to its
    growth. Where the price is not above zero by more than that bar, fractions of wealth mean
    nothing and shares per unit of wealth are found.
    """
    payoff, price = solution.case.payoff, solution.initial.price
    bar = solution.error["price"]
    per_share = price <= bar

    def law(price: float) -> Law:
        return of_share(payoff, price, rate) if per_share else of_payoff(payoff, price)

    found, *others = (growth_of(law(p), rate) for p in (price, price + bar))
    return Report(
        name=name,
        found=_with_bar(found, others),
        asked=asked,
        price=price,
        per_share=per_share,
        market=market_growth(solution, PATHS, DATES, progress=progress),
    )


def _with_bar(found: Growth, others: list[Growth]) -> Growth:
    error = {
        key: value + max(abs(getattr(found, key) - getattr(other, key)) for other in others)
        for key, value in found.error.items()
    }
    return replace(found, error=error)
