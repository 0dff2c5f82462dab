"""What prices tell and what trading costs: closed forms, identities, simulation."""

import numpy as np
import pytest
import xarray
from scipy.integrate import solve_ivp

import pdesolve
from pdesolve.finance.path_blocks import PathTuning
from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved

TOTALS = ("supply_loss", "attention_cost", "variance_swap", "realised_variance")


@pytest.fixture(scope="module")
def told(binary: Solution) -> xarray.Dataset:
    return binary.information(2000, 60)


def last(paths: xarray.Dataset) -> xarray.Dataset:
    return paths.isel(t=-1)


def realised(paths: xarray.Dataset) -> xarray.DataArray:
    """Payment of a variance swap."""
    return (paths.price.diff("t") ** 2).sum("t") + (paths.payoff - last(paths).price) ** 2


def supplied(paths: xarray.Dataset) -> xarray.DataArray:
    """Integral of n dp, with the step to the payoff."""
    moves = (paths.supply * paths.price.diff("t", label="lower")).sum("t")
    return moves + last(paths).supply * (paths.payoff - last(paths).price)


def gained(paths: xarray.Dataset) -> xarray.DataArray:
    """What an investor gains, and what her attention costs."""
    wealth = last(paths).wealth + last(paths).position * (paths.payoff - last(paths).price)
    return wealth + (paths.spending * paths.t.diff("t", label="lower")).sum("t")


def traded(paths: xarray.Dataset) -> xarray.DataArray:
    return (abs(paths.position.diff("t")) * np.sqrt(paths.t.diff("t"))).sum("t") / paths.t[-1]


def agrees(means: xarray.Dataset, name: str, expected: float, bar: float = 0.0) -> bool:
    error, dates = (float(means[f"{name}_{kind}_error"]) for kind in ("standard", "date"))
    return abs(float(means[name]) - expected) <= 4.0 * error + dates + bar


@pytest.mark.parametrize(
    "name",
    [
        "binary",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("uniform", "announcement", "newsflow")),
    ],
)
def test_totals_agree_with_simulation_and_investors_gain_what_supply_loses(name: str) -> None:
    solution = solved(name, tol=1e-4)
    functions = {"swap": realised, "loss": supplied, "gain": gained, "traded": traded}
    means = pdesolve.path_means(solution, functions, 6000, 60, seed=1)
    found = solution.information(200, 60)
    assert agrees(means, "swap", float(found.realised_variance))
    assert agrees(means, "loss", float(found.supply_loss))
    assert agrees(means, "gain", float(found.supply_loss))
    intensity = float(found.trading.integrate("t")) / solution.economy.horizon
    assert agrees(means, "traded", np.sqrt(2.0 / np.pi) * intensity, bar=2e-3)
    assert float(means.swap_standard_error) < 0.02 * float(means.swap)


def test_figures(told: xarray.Dataset) -> None:
    """Of the named cases, found apart from the package (economics and a PDE for each payoff)."""
    assert float(told.variance_swap) == pytest.approx(0.223587, abs=1e-5)
    assert float(told.realised_variance) == pytest.approx(0.386325, abs=1e-5)
    assert float(told.supply_loss) == pytest.approx(0.382939, abs=1e-5)
    three = solved("three_states", {"market.initial_supply": 0.2}, 1e-4).information(200, 60)
    assert float(three.variance_swap) == pytest.approx(1.457, abs=1e-3)
    assert float(three.realised_variance) == pytest.approx(2.932, abs=2e-3)


def test_errors_are_those_of_a_better_solution(told: xarray.Dataset) -> None:
    better = solved("binary", tol=1e-6).information(2000, 200)
    for name in TOTALS:
        bar = float(told[f"{name}_error"] + better[f"{name}_error"])
        assert 0.0 < bar < 1e-3 and abs(float(told[name] - better[name])) <= bar, name
    for name in ("public_variance", "mutual_information"):
        one, two = (found[name].isel(t=-1) for found in (told, better))
        dates = float(told[f"{name}_date_error"][-1] + better[f"{name}_date_error"][-1])
        chance = 4 * float(told[f"{name}_standard_error"][-1])
        assert abs(float(one - two)) <= dates + chance


@pytest.mark.slow
def test_normal_payoff_in_closed_form() -> None:
    """What is realised exceeds V by what investors at T expect the payoff to differ by, squared.

    That is rho theta_i V_T, and theta_i is n_T, and what her own signals make of it.
    """
    solution = solved("normal", tol=1e-4)
    economy, prior = solution.economy, solution.prior
    tau, sigma = 1.0 / prior.variance, solution.case.market.supply_volatility

    def speeds(t: float, state: np.ndarray) -> list[float]:
        rate = float(solution.precision_rate(economy.start, state[0], t))
        move = economy.motion(rate)
        signal, slope = rate / economy.rho_sigma, np.sqrt(move.kappa2) / (tau + state[0])
        return [float(move.psi_dot), signal**2, rate, slope, slope**2]

    whole = (0.0, economy.horizon)
    end = solve_ivp(speeds, whole, [0.0] * 5, rtol=1e-8, atol=1e-10).y[:, -1]
    psi, h, private, slopes, moves = end
    found, n0 = solution.information(200, 200), solution.case.market.initial_supply
    holdings2 = n0**2 + sigma**2 * economy.horizon + private / economy.risk_aversion**2
    variance, premium = 1.0 / (tau + psi), prior.mean - solution.initial.price
    premium2 = economy.risk_aversion**2 * holdings2 * variance**2
    for name, expected in {
        "supply_loss": n0 * premium + sigma * slopes,
        "variance_swap": moves + variance,
        "realised_variance": moves + variance + premium2,
    }.items():
        bar = float(found[f"{name}_error"])
        assert float(found[name]) == pytest.approx(expected, abs=bar + 1e-9), name
        assert bar < 3e-3 * expected
    last = found.isel(t=-1)
    assert float(last.public_variance) == pytest.approx(1.0 / (tau + h), rel=1e-4)
    assert float(last.mutual_information) == pytest.approx(0.5 * np.log1p(h / tau), rel=1e-4)
    assert float(last.public_variance_standard_error) < 1e-9


def test_without_attention_prices_tell_nothing() -> None:
    solution = solved("binary", {"attention.cost.linear": 50.0}, 1e-3)
    found = solution.information(200, 40)
    market = solution.case.market
    assert not found.mutual_information.any() and not float(found.attention_cost)
    assert found.public_variance.values == pytest.approx(solution.prior.variance)
    assert found.trading.values == pytest.approx(market.supply_volatility)
    assert not found.dispersion.any()
    assert abs(found.informativeness).max() < 1e-6
    assert float(found.supply_loss) > 0.0  # suppliers sell low all the same


def test_every_number_has_a_name_a_unit_and_an_error(told: xarray.Dataset) -> None:
    assert told.t.attrs["units"] == "time" and told.sizes == {"t": 31}
    for name in told.data_vars:
        assert told[name].attrs["units"] and told[name].attrs["long_name"], name
        if not str(name).endswith("_error"):
            assert any(f"{name}{kind}_error" in told for kind in ("", "_standard"))
    about = {"case_name": "binary", "measure": "physical", "paths": 2000, "dates": 60, "seed": 0}
    assert told.attrs == about


def test_means_do_not_depend_on_the_blocks(binary: Solution) -> None:
    one, other = (
        pdesolve.path_means(binary, paths=1000, dates=20, tuning=PathTuning(memory=memory))
        for memory in (2**19, 2**27)
    )
    xarray.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    paths = binary.simulate(1000, 20), binary.simulate(1000, 20, coarse=True)
    both = (2 * paths[0] - paths[1]).price
    assert one.price.values == pytest.approx(both.mean("path").values)
    error = both.std("path", ddof=1) / 1000**0.5
    assert one.price_standard_error.values == pytest.approx(error.values, abs=1e-12)
    assert one.price.attrs == {"units": "money", "long_name": "mean of price p"}


def test_what_is_learned_at_once_is_followed() -> None:
    """Attention so cheap that prices tell nearly all within a thousandth of the time."""
    solution = solved("binary", {"attention.cost.scale": 1e-4}, 1e-3)
    law = solution.expectations(dates=[1e-4, 1e-3, 1e-2, 1.0])
    assert float(law.price_error.max()) < 0.03 and float(law.squared_error_error.max()) < 0.05
    assert np.all(law.squared_error + law.squared_error_error >= 0.0)
    assert law.price.values == pytest.approx(0.35, abs=0.02)
