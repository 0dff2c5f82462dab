"""Growth from a sample of returns, or from a solved market, with all that is reported of it."""

from dataclasses import replace
from math import isfinite

from pdesolve.investing import laws
from pdesolve.investing.growth import Growth, growth_of, uncertainty
from pdesolve.investing.growth_summary import Report
from pdesolve.investing.in_market import market_growth
from pdesolve.investing.least_future_value import STARTS, LeastFutureValue, least_future_values
from pdesolve.investing.returns import Returns
from pdesolve.solver.solution import Solution

ENOUGH = 10  # starts that a histogram needs
PATHS, DATES = 8000, 80  # of a simulated market


def of_returns(returns: Returns, name: str, rate: float, share: float | None) -> Report:
    """Report the growth of a sample of returns of one asset.

    Least future values are those of the asset itself and of the fraction that is held.
    """
    found = growth_of(laws.sample(returns.values), rate)
    report = Report(name=name, found=found, share=share)
    leverages = dict.fromkeys((1.0, report.held))
    least = tuple(_least(returns, one, rate) for one in leverages if isfinite(one))
    known = isfinite(found.fraction) and found.fraction != 0.0
    return replace(report, least=least, uncertainty=uncertainty(found) if known else None)


def _least(returns: Returns, leverage: float, rate: float) -> LeastFutureValue:
    """From the first close of each year, or month if these are few, or from each close."""
    for every in STARTS:
        try:
            found = least_future_values(returns, every=every, leverage=leverage, rate=rate)
        except laws.LawError:  # dates that do not say the year, or none
            continue
        if len(found.least) >= ENOUGH:
            break
    return found


def of_solution(
    solution: Solution, name: str, rate: float, share: float | None, *, progress: bool = False
) -> Report:
    """Report the growth of buying a case's payoff at its price, and of trading until it is paid.

    The error of the former says what the price's own error bar does to the fraction and to its
    growth.
    """
    payoff, price = solution.case.payoff, solution.initial.price
    bar = solution.error["price"]
    found, *others = (growth_of(laws.of_payoff(payoff, p), rate) for p in (price, price + bar))
    market = market_growth(solution, PATHS, DATES, progress=progress)
    return Report(name=name, found=_with_bar(found, others), share=share, market=market)


def _with_bar(found: Growth, others: list[Growth]) -> Growth:
    error = {
        key: value + max(abs(getattr(found, key) - getattr(other, key)) for other in others)
        for key, value in found.error.items()
    }
    return replace(found, error=error)
