"""What prices tell and what trading costs, of a solved market (derivation.md, section 14).

Expectations that are functions of the states come from their law (:mod:`.by_date`), with error
bars. What is known to who sees prices and public news depends on the path: it is simulated, with
standard errors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.interpolate import CubicSpline

from pdesolve.case import Market
from pdesolve.finance.averages import path_means
from pdesolve.finance.by_date import ExpectationTuning, expectations
from pdesolve.finance.path_blocks import PathTuning
from pdesolve.finance.schedule import stretches
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

BY_DATE = ("informativeness", "r_squared", "squared_error", "price_impact", "trading", "dispersion")
HALF = 0.3  # of what half the dates change is taken to be left; of fourth order, it is a tenth
SIMULATED: "dict[str, Callable[[xarray.Dataset], xarray.DataArray]]" = {
    "public_variance": lambda paths: paths.public_variance,
    "mutual_information": lambda paths: paths.information,
}
ABOUT = {
    "supply_loss": ("expected loss of those who supply the asset", "money"),
    "attention_cost": ("expected cost of attention until T", "money"),
    "variance_swap": ("strike of a variance swap until the payoff, V", "money^2"),
    "realised_variance": ("expected realised variance until the payoff", "money^2"),
}


@dataclass(frozen=True, kw_only=True)
class InformationTuning:
    """How these are found.

    Attributes
    ----------
    dates : int
        Intervals between those that the law is integrated over, at least.
    expectations : ExpectationTuning
    paths : PathTuning
    """

    dates: int = 100
    expectations: ExpectationTuning = ExpectationTuning()
    paths: PathTuning = PathTuning()


def information(
    solution: Solution,
    paths: int = 10_000,
    dates: int = 200,
    seed: int = 0,
    *,
    progress: bool = False,
    tuning: InformationTuning = InformationTuning(),
) -> "xarray.Dataset":
    """How much prices tell of the payoff, and what trading costs, under the physical measure.

    By date: how informative prices are (`informativeness`, `r_squared`, `squared_error`), Kyle's
    lambda (`price_impact`), `trading` intensity and `dispersion` of holdings, as in `expectations`;
    `public_variance`, what prices and public news leave of the payoff's variance, on average; and
    `mutual_information` of the payoff and both so far. Announcements have two dates, as in
    `simulate`.

    Over all dates and the payoff: `supply_loss`, which investors gain before they have paid
    `attention_cost`; and `variance_swap`, the risk-neutral variance V at t = 0, beside
    `realised_variance`, what a variance swap at that strike is expected to be paid.

    Warning: implied variance (and with it SVIX) lies *below* expected realised variance here, for
    every normal payoff and in every case looked at; index options show the opposite. Investors who
    hold shares at T expect the payoff to differ from the price, and that premium, squared, is
    realised but not priced.

    Parameters
    ----------
    solution : Solution
    paths, dates, seed, progress
        Of the simulation, as in :func:`pdesolve.finance.simulation.simulate`.
    tuning : InformationTuning

    Returns
    -------
    xarray.Dataset
        Over `t`, every second date of the simulation: NAME with NAME_error, an estimate of the
        absolute error; of what is simulated, NAME_standard_error, of chance, and NAME_date_error.

    Raises
    ------
    PathError
        If paths, dates or seed are not possible.
    """
    simulated = path_means(
        solution, SIMULATED, paths, dates, seed=seed, progress=progress, tuning=tuning.paths
    )
    parts = -(-tuning.dates // (simulated.t.size - 1))
    cut = [one.times for one in stretches(solution, dates, parts)]
    law = expectations(solution, dates=np.concatenate(cut).tolist(), tuning=tuning.expectations)
    wanted = [name for one in BY_DATE for name in (one, f"{one}_error")]
    shown = np.concatenate([one[:: 2 * parts] for one in cut])
    by_date = law[wanted].sel(t=shown).assign_coords(t=simulated.t)
    found = by_date.merge(simulated).assign(_totals(solution, law))
    return found.assign_attrs(simulated.attrs)


def _totals(solution: Solution, law: "xarray.Dataset") -> dict[str, Any]:
    """Over all dates and the payoff, each with its error."""
    initial, bars, market = solution.initial, solution.bars, solution.case.market
    n0, sigma2 = market.initial_supply, market.supply_volatility**2
    premium = solution.prior.mean - initial.price
    impact = _integral(law, "price_impact", market)
    spending = _integral(law, "spending", market)
    moves = _integral(law, "price_volatility", market, power=2)
    jumps = law.sel(t=[one.time for one in market.announcements])
    last = law.isel(t=-1)
    found = {
        "supply_loss": (
            n0 * premium + sigma2 * impact[0],
            abs(n0) * bars["price"] + sigma2 * impact[1],
        ),
        "attention_cost": spending,
        "variance_swap": (initial.variance, bars["variance"]),
        "realised_variance": (
            moves[0] + float(jumps.squared_jump.sum() + last.squared_error),
            moves[1] + float(jumps.squared_jump_error.sum() + last.squared_error_error),
        ),
    }
    columns = {}
    for name, (value, error) in found.items():
        long_name, unit = ABOUT[name]
        of = f"estimated absolute error of {long_name}"
        columns[name] = ((), value, {"long_name": long_name, "units": unit})
        columns[f"{name}_error"] = ((), error, {"long_name": of, "units": unit})
    return columns


def _integral(
    law: "xarray.Dataset", name: str, market: Market, power: int = 1
) -> tuple[float, float]:
    """Of a power of a row over the dates; its error, with a share of what half the dates change."""
    whole, half, left = 0.0, 0.0, 0.0
    for t in pieces(law.t.values, market):  # rows jump on an announcement
        value, error = law[name].sel(t=t).values, law[f"{name}_error"].sel(t=t).values
        whole += _spline(t, value**power)
        half += _spline(t[::2], value[::2] ** power)
        left += float(np.trapezoid(power * np.abs(value) ** (power - 1) * error, t))
    return whole, left + HALF * abs(whole - half)


def _spline(t: Array, value: Array) -> float:
    """Integral of the cubic spline through values."""
    return float(CubicSpline(t, value).integrate(t[0], t[-1]))
