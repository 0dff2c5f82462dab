"""What is expected, and options, in other units; and where there is hardly any trade."""

import numpy as np
import pytest
import xarray as xr

from pdesolve.case import load_case
from pdesolve.solver.fields import just_before
from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved

REPORT = {"time": 0.5, "precision": 1.0}
POWERS = {  # of the units of money and of time
    "1": (0.0, 0.0),
    "attention": (0.0, 0.0),
    "money": (1.0, 0.0),
    "money^2": (2.0, 0.0),
    "money/share": (1.0, 0.0),
    "money/sqrt(time)": (1.0, -0.5),
    "money/time": (1.0, -1.0),
    "shares": (0.0, 0.0),
    "shares/sqrt(time)": (0.0, -0.5),
    "1/sqrt(time)": (0.0, -0.5),
    "1/(money^2 time)": (-2.0, -1.0),
}
STRIKES = np.array([0.2, 0.5, 0.8])


def binary(shift: float = 0.0, money: float = 1.0, time: float = 1.0) -> Solution:
    """With a report half-way; payoffs shifted, then all in other units (derivation.md, 5)."""
    case = load_case("binary")
    market, cost = case.market, case.attention.cost
    changes: dict[str, object] = {
        "payoff.values": [money * shift, money * (1.0 + shift)],
        "market.risk_aversion": market.risk_aversion / money,
        "market.supply_volatility": market.supply_volatility / time**0.5,
        "market.horizon": market.horizon * time,
        "market.announcements": [
            {"time": REPORT["time"] * time, "precision": REPORT["precision"] / money**2}
        ],
        "attention.efficiency": 1.0 / (money**2 * time),
        "attention.cost.scale": cost.scale * money / time,
    }
    return solved("binary", changes, 1e-4)


def by_date(solution: Solution, measure: str) -> xr.Dataset:
    end = solution.case.market.horizon
    half = REPORT["time"] * end
    return solution.expectations(measure, dates=[0.0, 0.3 * end, just_before(half), half, end])


def same(data: xr.Dataset, name: str, wanted: np.ndarray, size: float = 1.0) -> None:
    """Far closer than the bars, since no choice of the solver depends on the units."""
    np.testing.assert_allclose(data[name], wanted, rtol=1e-7, atol=1e-9 * size, err_msg=name)


@pytest.mark.parametrize("measure", ["physical", "risk-neutral"])
def test_a_shift_of_the_payoff_moves_prices_only(measure: str) -> None:
    here, there = (by_date(binary(shift), measure) for shift in (0.0, 10.0))
    for name in map(str, here):
        same(there, name, here[name].values + 10.0 * (name == "price"))


@pytest.mark.parametrize("maturity", [None, 0.3, 0.5])
def test_a_shift_of_the_payoff_moves_strikes(maturity: float | None) -> None:
    here = binary().option_prices(STRIKES, maturity)
    there = binary(10.0).option_prices(STRIKES + 10.0, maturity)
    for name in ("call", "put", "variance", "variance_from_options", "normal_volatility"):
        same(there, name, here[name].values)
    same(there, "forward", here.forward.values + 10.0)


@pytest.mark.parametrize("units", [(3.0, 1.0), (1.0, 5.0)])
@pytest.mark.parametrize("measure", ["physical", "risk-neutral"])
def test_expectations_do_not_depend_on_units(measure: str, units: tuple[float, float]) -> None:
    here, there = by_date(binary(), measure), by_date(binary(0.0, *units), measure)
    for name in map(str, here):
        size = unit(here[name], units)
        same(there, name, here[name].values * size, size)


@pytest.mark.parametrize("units", [(3.0, 1.0), (1.0, 5.0)])
@pytest.mark.parametrize("share", [0.3, 0.5, 1.0])
def test_options_do_not_depend_on_units(share: float, units: tuple[float, float]) -> None:
    money, time = units
    here = binary().option_prices(STRIKES, share)
    there = binary(0.0, *units).option_prices(STRIKES * money, share * time)
    for name in map(str, here):
        size = unit(here[name], units)
        same(there, name, here[name].values * size, size)


def unit(row: xr.DataArray, units: tuple[float, float]) -> float:
    """How many new units one of the old is, by what the row says of itself."""
    return float(np.prod(np.power(units, POWERS[row.attrs["units"]])))


@pytest.mark.parametrize("limit", ["no time", "no supply risk"])
def test_without_trade_the_market_is_static(limit: str) -> None:
    """At every date; the distance falls with the variance rho² sigma² T of what is traded."""
    nobody = {"attention.capacity": 1e-9}  # who attended would learn all from such a price
    sigma, distances = load_case("binary").market.supply_volatility, []
    for share in (0.01, 0.001):
        calm: dict[str, object] = {"market.supply_volatility": sigma * share**0.5, **nobody}
        solution = solved("binary", {"market.horizon": share} if limit == "no time" else calm, 1e-4)
        initial, end = solution.initial, solution.case.market.horizon
        real, neutral = (
            solution.expectations(measure, dates=[0.0, 0.5 * end, end])
            for measure in ("physical", "risk-neutral")
        )
        gaps = {
            "price": real.price - initial.static_price,
            "variance": real.variance - initial.static_variance,
            "price_variance": neutral.price_variance,
        }
        if limit == "no time":
            worth = initial.static_variance / (2.0 * solution.economy.risk_aversion)
            gaps["attention"] = real.attention - worth / solution.case.attention.cost.scale
        assert (real.r_squared < 0.1 * share).all()
        distances.append({name: float(np.abs(gap).max()) for name, gap in gaps.items()})
    for name, gap in distances[0].items():
        assert 1e-4 < gap < 2e-2
        assert distances[1][name] == pytest.approx(0.1 * gap, rel=0.1), name
