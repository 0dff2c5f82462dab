"""Claims under Q: no arbitrage, parity, replication, closed forms, the discount factor."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from pdesolve import solve
from pdesolve.case import case_from_dict
from pdesolve.finance.by_date import expectations
from pdesolve.finance.marches import Marches, MarchTuning
from pdesolve.finance.paths import Trades, Trading
from pdesolve.solver.pde.domain import DomainTuning
from pdesolve.solver.pde.scales import ScaleTuning
from pdesolve.solver.pde.system import OutOfRange
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.finance.drawn import mean
from tests.tools.solutions import solved


@pytest.fixture(scope="module")
def three(three_states: Solution) -> xr.Dataset:
    return three_states.option_prices()


def test_state_prices_add_up_to_one_and_to_the_price(three_states: Solution) -> None:
    states, initial = three_states.state_prices(), three_states.initial
    prices, x = states.state_price.values, states.x.values
    assert x.tolist() == [0.0, 1.0, 3.0]
    bars = states.state_price_error.values
    assert prices.sum() == pytest.approx(1.0, abs=1e-8)
    price, variance = three_states.error["price"], three_states.error["variance"]
    assert abs(prices @ x - initial.price) <= bars @ x + price
    square = initial.variance + initial.price**2
    assert abs(prices @ x**2 - square) <= bars @ x**2 + variance + 2.0 * price * initial.price
    assert np.all(bars < 1e-3) and np.all(prices > 0.0)


@pytest.mark.slow
def test_a_share_of_the_nodes_may_be_too_few_to_compare_with() -> None:
    """On a quarter of this grid's nodes prices leave the payoff's range; more measure the error.

    The nodes are laid out at one scale; where they gather between the payoffs, few are enough.
    """
    table = {
        "title": "Wide news",
        "market": {
            "risk_aversion": 1.0,
            "supply_volatility": 1.0,
            "initial_supply": 0.3,
            "public_precision": 20.0,
            "horizon": 1.0,
        },
        "payoff": {"kind": "discrete", "values": [0, 1, 3], "probabilities": [0.5, 0.3, 0.2]},
        "attention": {"cost": {"scale": 0.3}},
    }
    one_scale = Tuning(domain=DomainTuning(scales=ScaleTuning(saved=np.inf)))
    solution = solve(case_from_dict(table, "wide-news"), tol=1e-4, tuning=one_scale)
    with pytest.raises(OutOfRange, match="lower the tolerance"):
        Marches.of(solution, MarchTuning(coarse=0.25, nearer=()))
    assert Marches.of(solution, MarchTuning(coarse=0.25)).coarse is not None
    data = solution.option_prices([0.5, 1.0, 2.0])
    states = solution.state_prices()
    paid = np.maximum(states.x.values[:, None] - data.strike.values, 0.0)
    bars = data.call_error + states.state_price_error.values @ paid
    assert np.all(np.abs(data.call - states.state_price.values @ paid) <= bars)
    assert float(data.call_error.max()) < 1e-3


def test_an_infinite_density_has_no_error_bar() -> None:
    """At the ends of an arcsine law, where state prices are as dear as the prior has it."""
    table = {
        "title": "Arcsine",
        "market": {"risk_aversion": 1.0, "supply_volatility": 1.0, "horizon": 1.0},
        "payoff": {"kind": "beta", "a": 0.5, "b": 0.5, "low": 0, "high": 2},
        "attention": {"cost": {"scale": 0.3}},
    }
    states = solve(case_from_dict(table, "arcsine"), tol=1e-3).state_prices()
    known = np.isfinite(states.density_error.values)
    assert not known[[0, -1]].any() and known[5:-5].all()
    inside = states.isel(x=slice(5, -5))
    prior = 1.0 / (np.pi * np.sqrt(inside.x * (2.0 - inside.x)))
    kernel = (inside.density / prior).values
    assert np.all(kernel > 0.0) and np.abs(np.diff(kernel)).max() < 0.05


def test_options_are_sums_over_state_prices(three_states: Solution) -> None:
    states = three_states.state_prices()
    prices, x = states.state_price.values, states.x.values
    strikes = np.array([0.0, 0.4, 1.0, 2.2, 3.0])
    data = three_states.option_prices(strikes)
    for name, sign in (("call", 1.0), ("put", -1.0)):
        paid = np.maximum(sign * (x[:, None] - strikes), 0.0)
        assert data[name].values == pytest.approx(prices @ paid, abs=1e-7)


@pytest.mark.parametrize("maturity", [None, 0.4, 0.02])
@pytest.mark.parametrize("name", ["three_states", "mixture"])
def test_there_is_no_arbitrage_across_strikes(name: str, maturity: float | None) -> None:
    """Parity, slopes from -1 to 0, convexity, and bounds, each within the bars.

    Whose width soon after the start hangs on where nodes are: .0035 to .037 on 60 to 80 of them.
    """
    solution = solved(name, {"numerics.xi_nodes": {"three_states": 47, "mixture": 63}[name]}, 1e-4)
    data = solution.option_prices(maturity=maturity)
    k, call, put = (data[one].values for one in ("strike", "call", "put"))
    bar = data.call_error.values + data.put_error.values
    forward = float(data.forward)
    assert np.all(np.abs(call - put - (forward - k)) <= bar + float(data.forward_error))
    fall = -np.diff(call)
    slack = bar[1:] + bar[:-1]
    assert np.all(fall >= -slack) and np.all(fall <= np.diff(k) + slack)
    assert np.all(np.diff(call, 2) >= -(slack[1:] + slack[:-1]))
    assert np.all(call >= np.maximum(forward - k, 0.0) - bar)
    assert np.all(put >= np.maximum(k - forward, 0.0) - bar)
    assert bar.max() < 0.03 * np.sqrt(solution.initial.variance)


@pytest.mark.parametrize("maturity", [None, 0.4, 0.02])
@pytest.mark.parametrize(
    "name", ["three_states", "mixture", pytest.param("normal", marks=pytest.mark.slow)]
)
def test_options_replicate_the_variance(name: str, maturity: float | None) -> None:
    """Carr and Madan: what the equation says of it never sees an option."""
    data = solved(name, tol=1e-4).option_prices(maturity=maturity)
    gap = abs(float(data.variance - data.variance_from_options))
    assert gap <= float(data.variance_error + data.variance_from_options_error)
    assert float(data.variance_from_options_error) < 0.05 * float(data.variance)
    assert float(data.svix) == pytest.approx(float(data.variance**0.5 / data.forward), rel=1e-12)


def test_the_term_structure_of_variance_is_that_of_the_law(three_states: Solution) -> None:
    dates = [0.1, 0.5]
    neutral = expectations(three_states, "risk-neutral", dates=dates)
    for k, date in enumerate(dates):
        data = three_states.option_prices(maturity=date)
        gap = abs(float(data.variance - neutral.price_variance[k]))
        assert gap <= float(data.variance_error + neutral.price_variance_error[k])
        whole = abs(float(data.variance + neutral.variance[k]) - three_states.initial.variance)
        assert whole <= float(data.variance_error + neutral.variance_error[k])


def test_the_smile_of_a_normal_payoff_is_flat(normal: Solution) -> None:
    """At T with variance V; before, with what of it is resolved by then."""
    for maturity, share in ((None, 1.0), (0.5, None)):
        data = normal.option_prices(maturity=maturity)
        date = normal.economy.horizon if maturity is None else maturity
        sd = np.sqrt(float(data.variance))
        if share:
            assert sd**2 == pytest.approx(normal.initial.variance, rel=1e-12)
        gap = np.abs(data.normal_volatility.values - sd / np.sqrt(date))
        bar = data.normal_volatility_error.values + float(data.variance_error) / sd
        known = np.isfinite(gap)
        assert known.sum() > 30
        assert np.all(gap[known] <= bar[known])
        d = (float(data.forward) - data.strike.values) / sd
        call = sd * (norm.pdf(d) + d * norm.cdf(d))
        assert np.all(np.abs(call - data.call.values) <= data.call_error.values + 1e-6)


@pytest.mark.parametrize("name", ["normal", "mixture"])
def test_a_density_has_mass_one_and_the_price_as_mean(name: str) -> None:
    solution = solved(name, tol=1e-4)
    for maturity in (None, 0.3):
        states = solution.state_prices(maturity)
        x, density = states.x.values, states.density.values
        slack = 5.0 * float(states.density_error.max()) * np.sqrt(solution.initial.variance)
        assert np.trapezoid(density, x) == pytest.approx(1.0, abs=slack + 1e-4)
        price = np.trapezoid(density * x, x)
        assert price == pytest.approx(solution.initial.price, abs=abs(x).max() * slack + 1e-3)
        assert density.min() > -states.density_error.max()


def test_call_prices_bend_by_the_density(mixture: Solution) -> None:
    states = mixture.state_prices()
    at, h = float(mixture.initial.price), 0.02
    calls = mixture.option_prices(at + h * np.array([-1.0, 0.0, 1.0])).call.values
    bend = float(calls @ [1.0, -2.0, 1.0]) / h**2
    assert bend == pytest.approx(np.interp(at, states.x, states.density), rel=2e-3)


def test_the_discount_factor_prices_options_along_simulated_paths(
    three_states: Solution, trades: Trades
) -> None:
    """Under P, by what an investor's marginal utility is worth (derivation.md, section 12)."""
    rho = three_states.economy.risk_aversion
    gain = three_states.initial.certainty_equivalent_gain
    data, x = three_states.option_prices([0.6, 1.2, 2.0]), trades.payoff
    for k, strike in enumerate(data.strike.values):

        def paid(now: Trading, strike: float = strike) -> Array:
            wealth = now.wealth + (now.common + now.own) * (x - now.price)
            factor = np.mean(np.exp(-rho * (wealth - gain)), axis=0)
            return factor * np.maximum(x - strike, 0.0)

        found, allowed = mean(trades, paid)
        assert abs(found - float(data.call[k])) <= allowed + float(data.call_error[k])
        assert allowed < 0.2 * found


def test_bars_hold_against_a_finer_solve() -> None:
    for maturity in (None, 0.3):
        rough, fine = (
            solved("binary", tol=tol).option_prices([0.2, 0.4, 0.8], maturity)
            for tol in (1e-4, 1e-6)
        )
        for name in ("call", "put", "normal_volatility", "variance", "variance_from_options"):
            gap = np.abs(rough[name].values - fine[name].values)
            bar = (rough[f"{name}_error"] + fine[f"{name}_error"]).values
            assert np.all((gap <= bar) | np.isnan(gap)), (name, gap, bar)


def test_there_is_no_volatility_below_intrinsic_value(three: xr.Dataset) -> None:
    """At either end of the support an option is worth what it would be exercised for."""
    assert three.strike.values[[0, -1]].tolist() == [0.0, 3.0]
    for name in ("normal_volatility", "black_volatility"):
        assert np.isnan(three[name].values[[0, -1]]).all()
        assert np.isfinite(three[name].values[3:-3]).all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"strikes": [1.0, float("nan")]}, "strikes must be finite numbers; got nan"),
        ({"strikes": []}, "got none"),
        ({"maturity": 0.0}, "after 0 and up to the horizon, 1; got 0"),
        ({"maturity": 2.0}, "after 0 and up to the horizon, 1; got 2"),
        ({"maturity": float("nan")}, "got nan"),
        ({"maturity": 1e-300}, "got 1e-300"),
        ({"maturity": 1.0000001}, "the horizon, 1; got 1.0000001"),
    ],
)
def test_what_cannot_be_priced(binary: Solution, asked: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        binary.option_prices(**asked)  # type: ignore[arg-type]
