"""Paths as a data set: what is in it, how it is drawn, and that it is the market's."""

import tracemalloc

import numpy as np
import pytest
import xarray
from scipy.integrate import solve_ivp

import pdesolve
from pdesolve.finance.averages import path_means
from pdesolve.finance.by_date import expectations
from pdesolve.finance.path_blocks import PathTuning
from pdesolve.finance.simulation import PathError, simulate, simulate_blocks
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved

SLOW = pytest.mark.slow


def within(
    values: xarray.DataArray, expected: xarray.DataArray | float, errors: float = 4.0
) -> bool:
    """Whether a mean over paths is what it should be, but for chance."""
    error = values.std("path") / np.sqrt(values.sizes["path"])
    return bool((abs(values.mean("path") - expected) <= errors * error + 1e-6).all())


def test_paths_are_labelled_and_begin_at_the_initial_state(three_states: Solution) -> None:
    found = three_states.simulate(paths=50, dates=10)
    assert found.sizes == {"path": 50, "t": 11}
    assert float(found.t[0]) == 0.0 and float(found.t[-1]) == three_states.economy.horizon
    for name in found.data_vars:
        assert found[name].attrs["units"] and found[name].attrs["long_name"]
    start, initial = found.isel(t=0), three_states.initial
    for name in ("price", "variance", "attention", "precision_rate"):
        assert start[name].values == pytest.approx(getattr(initial, name), rel=1e-6)
    assert start.public_mean.values == pytest.approx(three_states.prior.mean)
    assert start.public_variance.values == pytest.approx(three_states.prior.variance)
    assert start.supply.values == pytest.approx(three_states.case.market.initial_supply)
    assert not start.wealth.any() and not start.information.any()
    assert found.attrs["case_name"] == "three_states" and found.attrs["measure"] == "physical"


def test_payoffs_are_as_evenly_spread_as_they_can_be() -> None:
    x = solved("three_states", tol=1e-2).simulate(paths=1000, dates=2).payoff.values
    assert [int(np.sum(x == value)) for value in (0.0, 1.0, 3.0)] == [500, 300, 200]
    assert np.sum(x[:500] == 0.0) == pytest.approx(250, abs=45)  # in no order
    for name in ("normal", "uniform", "mixture"):
        prior = make_prior(pdesolve.load_case(name).payoff)
        x = prior.quantile((np.arange(10_000) + 0.5) / 10_000)
        assert x.mean() == pytest.approx(prior.mean, abs=2e-3 * prior.sd)
        assert x.var() == pytest.approx(prior.variance, rel=3e-3)


def test_the_seed_gives_the_paths_whatever_the_blocks(three_states: Solution) -> None:
    one = simulate(three_states, 1000, 20, seed=3)
    small = PathTuning(memory=2**20)
    other = simulate(three_states, 1000, 20, seed=3, tuning=small)
    blocks = list(simulate_blocks(three_states, 1000, 20, seed=3, tuning=small))
    assert len(blocks) > 2
    together = xarray.concat(blocks, "path")
    for name in one:
        assert other[name].values == pytest.approx(one[name].values, abs=1e-12)
        assert together[name].values == pytest.approx(one[name].values, abs=1e-12)
    assert together.path.values.tolist() == list(range(1000))
    different = simulate(three_states, 1000, 20, seed=4)
    assert not np.any(different.price.values[:, 1:] == one.price.values[:, 1:])


def test_times_can_be_chosen(three_states: Solution) -> None:
    every = three_states.simulate(300, 20)
    some = three_states.simulate(300, 20, keep=[0.5, 1.0])
    assert some.sizes["t"] == 2 and float(some.t[0]) == pytest.approx(0.5, abs=0.05)
    xarray.testing.assert_allclose(some, every.sel(t=some.t), rtol=1e-12)


def test_half_the_dates_are_traded_at_on_the_same_shocks(three_states: Solution) -> None:
    fine, coarse = (three_states.simulate(500, 40, coarse=coarse) for coarse in (False, True))
    assert coarse.t.values.tolist() == fine.t.values[::2].tolist()
    both = 2 * fine - coarse
    assert both.sizes == coarse.sizes
    near = abs(fine.price.sel(t=coarse.t) - coarse.price).std()
    assert 0 < float(near) < 0.1 * float(coarse.price.isel(t=-1).std())


def test_memory_is_that_of_a_block_and_of_what_is_returned(three_states: Solution) -> None:
    """In proportion: a million paths in 200 dates, a few of them kept, need less than 1 GiB."""
    tuning, peaks = PathTuning(memory=2**22), []
    for paths in (2000, 8000):
        tracemalloc.start()
        found = simulate(three_states, paths, 40, keep=[1.0], tuning=tuning)
        peaks.append(tracemalloc.get_traced_memory()[1] - 2 * found.nbytes)
        tracemalloc.stop()
    assert max(peaks) < 3 * tuning.memory
    assert 3 * PathTuning().memory < 2**30


@pytest.mark.parametrize("measure", ["physical", "risk-neutral"])
@pytest.mark.parametrize(
    "name", ["binary", *(pytest.param(name, marks=SLOW) for name in ("uniform", "market"))]
)
def test_means_are_those_of_the_law(name: str, measure: str) -> None:
    solution = solved(name, tol=1e-5)
    fine, coarse = (
        solution.simulate(3000, 40, measure, seed=1, coarse=coarse) for coarse in (False, True)
    )
    path, law = 2 * fine - coarse, expectations(solution, measure, dates=coarse.t.values.tolist())
    assert within(path.price, law.price)
    square = law.price_variance + (law.price - solution.initial.price) ** 2
    assert within((path.price - solution.initial.price) ** 2, square)
    if name != "market":  # whose variance does not depend on the path
        assert within(path.variance, law.variance)
        assert within(path.spending, law.spending)
    if measure == "risk-neutral":
        assert within(fine.payoff, solution.initial.price)
        assert within((fine.payoff - solution.initial.price) ** 2, solution.initial.variance)


@pytest.mark.parametrize("name", ["uniform", "announcement", "newsflow"])
def test_what_is_public_is_true(name: str) -> None:
    """Bayes: the payoff is as uncertain as it is said to be, given what is public, on average."""
    paths = solved(name, tol=1e-3).simulate(4000, 60, seed=2)
    miss = paths.payoff - paths.public_mean
    assert within(miss, 0.0)
    assert within(miss**2 - paths.public_variance, 0.0)
    assert within(miss * paths.public_mean, 0.0)
    assert float(paths.public_variance.isel(t=-1).mean()) < 0.9 * float(paths.payoff.var())


def test_normal_payoff_in_closed_form() -> None:
    """Prices leave a variance of 1/(tau + H), and half its log's fall is the information."""
    solution = solved("normal", tol=1e-4)
    fine, coarse = (solution.simulate(20, 400, coarse=coarse) for coarse in (False, True))
    last = (2 * fine - coarse).isel(t=-1, path=0)
    economy, tau = solution.economy, 1.0 / solution.prior.variance

    def speeds(t: float, state: np.ndarray) -> list[float]:
        rate = float(solution.precision_rate(economy.start, state[0], t))
        return [float(economy.motion(rate).psi_dot), (rate / economy.rho_sigma) ** 2]

    h = solve_ivp(speeds, (0.0, economy.horizon), [0.0, 0.0], rtol=1e-8, atol=1e-10).y[1, -1]
    assert float(last.public_variance) == pytest.approx(1.0 / (tau + h), rel=1e-5)
    assert float(last.information) == pytest.approx(0.5 * np.log(1.0 + h / tau), rel=1e-5)


def test_nobody_learns_where_attention_is_too_dear() -> None:
    found = solved("binary", {"attention.cost.linear": 50.0}, 1e-3).simulate(200, 20)
    assert not found.attention.any() and not found.information.any() and not found.psi.any()
    assert found.public_mean.values == pytest.approx(float(found.public_mean[0, 0]))
    assert found.position.values == pytest.approx(found.supply.values)


def test_holdings_are_dispersed_by_what_investors_have_learned(three_states: Solution) -> None:
    paths = three_states.simulate(4000, 40)
    rho = three_states.economy.risk_aversion
    learned = (paths.precision_rate * paths.t.diff("t", label="lower")).sum("t")
    apart = (paths.position - paths.supply).isel(t=-1)
    assert within(apart, 0.0)
    assert within(apart**2 - learned / rho**2, 0.0)


@pytest.mark.parametrize(
    "name", ["binary", pytest.param("uniform", marks=SLOW), "market", "announcement", "newsflow"]
)
def test_the_pricing_kernel_prices_claims_on_whole_paths(name: str) -> None:
    solution = solved(name, tol=1e-4)
    price, variance = solution.initial.price, solution.initial.variance

    def swap(paths: xarray.Dataset) -> xarray.DataArray:
        moves = (paths.price.diff("t") ** 2).sum("t")
        return moves + (paths.payoff - paths.price.isel(t=-1)) ** 2

    claims = {
        "money": lambda paths: paths.pricing_kernel,
        "payoff": lambda paths: paths.pricing_kernel * paths.payoff,
        "swap": lambda paths: paths.pricing_kernel * swap(paths),
    }
    worth = {"money": 1.0, "payoff": price, "swap": variance}
    found = path_means(solution, claims, 6000, 60, seed=1)
    for one in claims:
        chance, dates = (float(found[f"{one}_{kind}_error"]) for kind in ("standard", "date"))
        assert abs(float(found[one]) - worth[one]) <= 4 * chance + dates, one
        assert chance < 0.05 * worth[one]
    back = path_means(solution, {"back": lambda p: 1 / p.pricing_kernel}, 6000, 60, "risk-neutral")
    assert float(back.back) == pytest.approx(1.0, abs=4 * float(back.back_standard_error))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"paths": 0}, "paths must be a whole number, 1 or more; got 0"),
        ({"paths": 10.5}, "paths must be"),
        ({"dates": 7}, "dates must be an even number, 2 or more; got 7"),
        ({"dates": 0}, "dates must be"),
        ({"measure": "Q"}, "measure must be 'physical' or 'risk-neutral', got 'Q'"),
        ({"seed": -1}, "seed must be"),
        ({"keep": [2.0]}, "times to keep must lie between 0 and the horizon, 1; got 2"),
        ({"keep": []}, "got none"),
        ({"keep": [np.nan]}, "got nan"),
    ],
)
def test_what_is_not_possible_is_refused(
    binary: Solution, arguments: dict[str, object], match: str
) -> None:
    with pytest.raises(PathError, match=match):
        binary.simulate(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=match):  # at once, not at the first block
        simulate_blocks(binary, **arguments)  # type: ignore[arg-type]
