"""What announcements do to a market: attention around them, the price's jump, what is earned."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pdesolve.finance.asked import ExpectationError
from pdesolve.finance.by_date import expectations
from pdesolve.solver.fields import just_before
from pdesolve.solver.solution import Solution

if TYPE_CHECKING:
    import xarray

ABOUT = {
    "attention_before": ("expected total attention just before", "attention"),
    "attention_after": ("expected total attention just after", "attention"),
    "variance_share": ("risk-neutral variance of the price's jump, as a share of V at t = 0", "1"),
    "premium": ("expected jump of the price", "money"),
    "premium_share": ("expected jump of the price, as a share of the whole premium", "1"),
}


def event_study(solution: Solution) -> "xarray.Dataset":
    """What is expected at t = 0 of every announcement (derivation.md, section 13).

    Parameters
    ----------
    solution : Solution
        Of a market with announcements.

    Returns
    -------
    xarray.Dataset
        Over `date`: the names in `ABOUT`, each with NAME_error, its estimated absolute error.

    Raises
    ------
    ExpectationError
        If there are none.
    """
    import xarray

    dates = [one.time for one in solution.case.market.announcements]
    if not dates:
        raise ExpectationError(f"{solution.case.name}: market.announcements has none to study")
    around = [t for date in dates for t in (just_before(date), date)]
    real, neutral = (
        expectations(solution, how, dates=around) for how in ("physical", "risk-neutral")
    )

    def pair(data: "xarray.Dataset", name: str) -> Any:
        values = data[name].to_numpy().reshape(-1, 2)
        return values.T, data[f"{name}_error"].to_numpy().reshape(-1, 2).T

    (before, after), (before_error, after_error) = pair(real, "attention")
    price, price_error = pair(real, "price")
    spread, spread_error = pair(neutral, "price_variance")
    initial, bars = solution.initial, solution.bars
    jump, jump_error = price[1] - price[0], price_error.sum(axis=0)
    share = (spread[1] - spread[0]) / initial.variance
    earned = jump / initial.premium if initial.premium else np.full(jump.shape, np.nan)
    found = {
        "attention_before": (before, before_error),
        "attention_after": (after, after_error),
        "variance_share": (
            share,
            (spread_error.sum(axis=0) + share * bars["variance"]) / initial.variance,
        ),
        "premium": (jump, jump_error),
        "premium_share": (
            earned,
            (jump_error + np.abs(earned) * bars["premium"]) / abs(initial.premium or np.nan),
        ),
    }
    variables: dict[str, Any] = {}
    for name, (value, error) in found.items():
        long_name, unit = ABOUT[name]
        variables[name] = ("date", value, {"long_name": long_name, "units": unit})
        about = {"long_name": f"estimated absolute error of {long_name}", "units": unit}
        variables[f"{name}_error"] = ("date", error, about)
    when = ("date", dates, {"long_name": "date of the announcement", "units": "time"})
    return xarray.Dataset(variables, {"date": when}, attrs={"case_name": solution.case.name})
