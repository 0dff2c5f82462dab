"""Expectations by date: identities, closed forms, simulation, and bars that hold."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from pdesolve import solve
from pdesolve.case import case_from_dict
from pdesolve.finance.by_date import ExpectationTuning, expectations
from pdesolve.finance.paths import Trades, Trading
from pdesolve.finance.quantities import EXPECTED
from pdesolve.finance.readings import AtDate, respond
from pdesolve.solver.normal import normal_initial
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.finance.drawn import mean
from tests.tools.solutions import solved


def close(data: xr.Dataset, name: str, wanted: Array | float, slack: Array | float = 0.0) -> None:
    gap = np.abs(data[name].values - wanted)
    bar = data[f"{name}_error"].values + slack
    assert np.all(gap <= bar), (name, gap.max(), bar[np.argmax(gap - bar)])


def test_it_begins_at_the_initial_values(
    three_states: Solution, three_physical: xr.Dataset, three_neutral: xr.Dataset
) -> None:
    for data in (three_physical, three_neutral):
        start = data.isel(t=[0])
        for name in ("price", "variance", "attention", "precision_rate", "price_volatility"):
            close(start, name, getattr(three_states.initial, name))
        assert start.price_variance.item() == start.r_squared.item() == 0.0


def test_under_q_the_price_is_a_martingale_whose_variance_adds_up(
    three_states: Solution, three_neutral: xr.Dataset
) -> None:
    close(three_neutral, "price", three_states.initial.price)
    whole = three_neutral.price_variance + three_neutral.variance
    bar = three_neutral.price_variance_error + three_neutral.variance_error
    assert np.all(np.abs(whole - three_states.initial.variance) <= bar)
    assert float(bar.max()) < 1e-3 * three_states.initial.variance
    assert np.all(three_neutral.reversal == 0.0)


def test_bars_hold_where_public_news_spreads_what_is_known() -> None:
    """At order 5 along psi, three elements and four were off alike here, by twice the bar."""
    table = {
        "title": "Few lines",
        "market": {
            "risk_aversion": 1.0,
            "supply_volatility": 1.0,
            "initial_supply": 0.3,
            "public_precision": 0.8,
            "horizon": 1.0,
        },
        "payoff": {"kind": "mixture", "means": [0, 1.5], "sds": [0.4, 0.5], "weights": [0.6, 0.4]},
        "attention": {"cost": {"scale": 0.3}},
    }
    solution = solve(case_from_dict(table, "few-lines"), tol=1e-4)
    neutral = solution.expectations("risk-neutral", dates=[0.5, 0.75, 1.0])
    close(neutral, "price", solution.initial.price)
    whole = neutral.price_variance + neutral.variance
    bar = neutral.price_variance_error + neutral.variance_error
    assert np.all(np.abs(whole - solution.initial.variance) <= bar)


def test_given_payoffs_average_to_the_prior(
    three_states: Solution, three_physical: xr.Dataset
) -> None:
    dates = three_physical.t.values[[10, 50]]
    pairs = zip((0.0, 1.0, 3.0), (0.5, 0.3, 0.2), strict=True)
    known = [(three_states.expectations(given=x, dates=dates), p) for x, p in pairs]
    for name in ("price", "variance", "attention", "spending"):
        average = np.sum([p * data[name].values for data, p in known], axis=0)
        whole = three_physical[name].values[[10, 50]]
        assert average == pytest.approx(whole, rel=1e-9)
    low, _, high = (data.price.values[-1] for data, _ in known)
    assert low < three_states.initial.price < high
    assert np.all(np.isnan(known[0][0].informativeness))


def test_simulated_paths_agree(
    three_states: Solution, three_physical: xr.Dataset, trades: Trades
) -> None:
    end, last = AtDate(three_states, 1.0), three_physical.isel(t=-1)
    x, rho = trades.payoff, three_states.economy.risk_aversion

    def variance(now: Trading) -> Array:
        return end.at(now.xi, now.psi, "variance")[0]

    def slope(now: Trading) -> Array:
        kappa2 = respond(three_states, variance(now))[1].kappa2
        return kappa2 * end.at(now.xi, now.psi, "price_slope")[0] ** 2

    price = float(last.price)
    for wanted, of in (
        (price, lambda now: now.price),
        (last.variance, variance),
        (last.attention, lambda now: respond(three_states, variance(now))[0].attention),
        (last.spending, lambda now: respond(three_states, variance(now))[0].cost),
        (last.price_volatility**2, slope),
        (last.price_variance, lambda now: (now.price - price) ** 2),
        (last.squared_error, lambda now: (x - now.price) ** 2),
        ((rho * last.dispersion) ** 2, lambda now: now.private),
        (
            last.informativeness * last.price_variance**0.5,
            lambda now: (x - x.mean()) * (now.price - price),
        ),
    ):
        found, allowed = mean(trades, of)
        assert abs(found - float(wanted)) <= allowed, (found, float(wanted), allowed)
        assert allowed < 0.2 * abs(float(wanted))


def test_a_normal_payoff_in_closed_form(normal: Solution) -> None:
    """What is learned does not depend on the path: psi is the one that V and A lead to."""
    case, economy = normal.case, normal.economy
    rho, n0, m = economy.risk_aversion, case.market.initial_supply, economy.prior.mean
    tau, truth = 1.0 / economy.prior.variance, normal_initial(case)
    data = normal.expectations()
    gap = data.premium.values  # rho n0 / (tau + psi)
    precision = rho * n0 / gap
    close(data, "price", m - rho * n0 / precision)
    # dpsi = psi_dot(A) dt, from the attention that the table itself says
    speed = economy.motion(data.precision_rate.values).psi_dot
    steps = np.diff(data.t.values)
    grown = tau + np.append(0.0, np.cumsum(0.5 * steps * (speed[1:] + speed[:-1])))
    assert precision == pytest.approx(grown, rel=2e-3)
    psi = precision[-1] - tau
    assert 1.0 - gap[-1] / gap[0] == pytest.approx(psi / (tau + psi), rel=1e-6)
    neutral = normal.expectations("risk-neutral")
    close(neutral, "price_variance", truth.variance - neutral.variance.values, 1e-4)
    close(neutral.isel(t=[0]), "variance", truth.variance)
    assert float(neutral.variance[-1]) == pytest.approx(1.0 / precision[-1], rel=1e-4)


@pytest.mark.parametrize("name", ["binary", pytest.param("normal", marks=pytest.mark.slow)])
@pytest.mark.parametrize("measure", ["physical", "risk-neutral"])
def test_bars_hold_against_a_finer_solve(name: str, measure: str) -> None:
    dates = np.linspace(0.0, 1.0, 6)
    rough, fine = (solved(name, tol=tol).expectations(measure, dates=dates) for tol in (1e-4, 1e-6))
    for row in EXPECTED:
        slack = fine[f"{row}_error"].values + 1e-12
        close(rough, row, fine[row].values, slack)


def test_bars_cover_steps_and_grids_that_are_too_coarse(three_states: Solution) -> None:
    """With a third of the times, for the fields and the law."""
    usual = three_states.expectations(dates=[0.05, 0.3])
    tuning = ExpectationTuning()
    few = replace(tuning, marches=replace(tuning.marches, marched=4))
    last = three_states.times.size - 1
    kept = [*range(0, last, 3), last]
    thin = replace(
        three_states,
        times=three_states.times[kept],
        states=three_states.states[kept],
        rates=three_states.rates[kept],
    )
    rough = expectations(thin, dates=[0.05, 0.3], tuning=few)
    for name in EXPECTED:
        close(rough, name, usual[name].values, usual[f"{name}_error"].values)
    for name in ("price_error", "variance_error", "price_volatility_error"):
        assert np.all(rough[name] > 2.0 * usual[name])


@pytest.mark.slow
def test_few_payoffs_are_noticed(mixture: Solution) -> None:
    tuning = ExpectationTuning()
    few, many = (
        expectations(mixture, dates=[0.5], tuning=replace(tuning, payoffs=(count,)))
        for count in (4, 20)
    )
    for name in ("price", "variance", "price_variance", "informativeness"):
        close(few, name, many[name].values, many[f"{name}_error"].values)
    assert float(few.informativeness_error[0]) > 10.0 * float(many.informativeness_error[0])


def test_dates_are_sorted_and_labelled(binary: Solution) -> None:
    data = binary.expectations(dates=[0.5, 0.0, 0.5])
    assert data.t.values.tolist() == [0.0, 0.5]
    assert data.price.attrs["units"] == "money" and data.t.attrs["units"] == "time"
    assert list(data.data_vars)[:2] == ["price", "price_error"]
    assert np.all(np.isfinite(data.to_array()))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"dates": [1.5]}, "between 0 and the horizon, 1; got 1.5"),
        ({"dates": [float("nan")]}, "got nan"),
        ({"dates": [0.0, 1e-300]}, "between 0 and the horizon, 1; got 1e-300"),
        ({"dates": []}, "got none"),
        ({"measure": "P"}, "'physical' or 'risk-neutral', got 'P'"),
        ({"given": 0.5}, "one of the payoffs, from 0 to 1; got 0.5"),
        ({"given": 1.0, "measure": "risk-neutral"}, "physical measure only"),
    ],
)
def test_what_cannot_be_asked(binary: Solution, asked: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        binary.expectations(**asked)  # type: ignore[arg-type]
