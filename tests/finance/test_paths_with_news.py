"""Simulated paths of markets with public news: against laws, closed forms and limits."""

import numpy as np
import pytest
import xarray
from scipy.integrate import solve_ivp
from scipy.stats import kstest

import pdesolve
from pdesolve.case import Case, load_case
from pdesolve.finance.hearing import heard_under_q
from pdesolve.finance.readings import AtDate
from pdesolve.finance.schedule import halved, stretches
from pdesolve.solver.fields import just_before
from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved

DATE, TOLD, FLOW = 0.4, 0.7, 0.5


def normal(announcements: int = 1, flow: float = FLOW, told: float = TOLD) -> Case:
    """A normal payoff with news all along and, as evenly spread, at dates."""
    dates = [DATE] if announcements == 1 else (np.arange(announcements) + 0.5) / announcements
    listed = [{"time": float(t), "precision": told / announcements} for t in dates]
    return load_case("normal", {"market.announcements": listed, "market.public_precision": flow})


@pytest.fixture(scope="module")
def told() -> Solution:
    return solved("announcement", tol=1e-4)


@pytest.fixture(scope="module")
def steady() -> Solution:
    return solved(normal(), tol=1e-6)


def accumulated(solution: Solution) -> np.ndarray:
    """Psi, H, private precision and the integrals that totals are made of, at T: from V alone.

    That is psi, H, Lambda, kappa p_xi and the square of the price's diffusion, added up, and the
    expected squares of its jumps.
    """
    economy, tau = solution.economy, 1.0 / solution.prior.variance
    rho, sigma = economy.risk_aversion, economy.market.supply_volatility
    flow = economy.market.public_precision

    def speeds(t: float, state: np.ndarray) -> list[float]:
        a = float(solution.precision_rate(economy.start, state[0], t))
        signal, slope = a / (rho * sigma), 1.0 / (tau + state[0])
        kappa = signal + rho * sigma
        learned = signal**2 + flow
        return [learned + a, learned, a, kappa * slope, (kappa**2 + flow) * slope**2, 0.0]

    state, now = np.zeros(6), 0.0
    for one in (*economy.market.announcements, None):
        end = one.time if one else economy.horizon
        span = (now, just_before(end) if one else end)
        state, now = solve_ivp(speeds, span, state, rtol=1e-9, atol=1e-11).y[:, -1], end
        if one:
            before, after = 1.0 / (tau + state[0]), 1.0 / (tau + state[0] + one.precision)
            held2 = economy.market.initial_supply**2 + sigma**2 * end + state[2] / rho**2
            miss2 = before + (rho * before) ** 2 * held2  # E (x - p)² just before
            state[5] += after**2 * (one.precision**2 * miss2 + one.precision)
            state[:2] += one.precision
    return state


# ---------------------------------------------------------------------- dates


def test_dates_hold_both_states_of_an_announcement(told: Solution) -> None:
    paths = told.simulate(200, 20)
    t = paths.t.values
    k = t.tolist().index(0.5)
    assert t[k - 1] == just_before(0.5) and np.all(np.diff(t) > 0.0)
    before, after = paths.isel(t=k - 1), paths.isel(t=k)
    assert after.psi.values - before.psi.values == pytest.approx(0.4)
    assert np.all(abs(after.price - before.price) > 0.0)
    assert np.all(after.public_variance < before.public_variance.max())
    assert float(after.attention.mean()) < float(before.attention.mean()) - 0.1
    for name in ("supply", "position"):
        assert after[name].values == pytest.approx(before[name].values, abs=1e-12)
    gain = before.position * (after.price - before.price)
    assert (after.wealth - before.wealth).values == pytest.approx(gain.values, abs=1e-12)
    assert 0.05 < float((after.information - before.information).mean()) < 0.5
    kept = told.simulate(200, 20, keep=[just_before(0.5), 0.5])
    assert kept.t.values.tolist() == [just_before(0.5), 0.5]
    xarray.testing.assert_allclose(kept, paths.sel(t=kept.t), rtol=1e-12)


def test_no_announcement_is_left_out() -> None:
    solution = solved(normal(announcements=5, flow=0.0), tol=1e-3)
    dates = [one.time for one in solution.case.market.announcements]
    for steps in (2, 20):
        fine = stretches(solution, steps)
        assert [one.times.size % 2 for one in fine] == [1] * 6
        for cut in (fine, halved(fine)):
            assert [one.times[-1] for one in cut[:-1]] == [just_before(date) for date in dates]
            assert [one.times[0] for one in cut] == [0.0, *dates]
    coarse = solution.simulate(10, 2, coarse=True)
    assert coarse.sizes["t"] == 12 and coarse.attrs["dates"] == 6


# ---------------------------------------------------------------------- laws


def test_news_under_q_has_the_density_of_the_kernel() -> None:
    """N(0, H) e^L: the weights of (13.3), with no tilted prior and no deviations in it.

    In a market where much supply is to come, so that what is ahead depends on the news.
    """
    date, xi, psi, precision, paths = 0.1, -0.5, 0.1, 1.0, 8000
    keys = {"market.announcements": [{"time": date, "precision": precision}]}
    risky = solved("three_states", {"market.supply_volatility": 3.0, **keys}, 1e-3)
    states = np.full(paths, xi), np.full(paths, psi)
    draws = np.random.default_rng(2).random((2, paths))
    news = heard_under_q(risky, AtDate(risky, date), *states, precision, draws).news
    z = np.linspace(-8.0, 8.0, 4001)
    log_value = risky.log_value(xi + z, psi + precision, date)
    density = np.exp(log_value - 0.5 * z**2 / precision)
    chance = np.cumsum(density) / density.sum()

    def fits(sample: np.ndarray) -> bool:
        return bool(kstest(sample, lambda at: np.interp(at, z, chance)).pvalue > 1e-3)

    assert fits(news) and np.unique(news).size == paths
    assert not fits(news + 0.05)
    assert not fits(statically(risky, xi, psi, precision, paths))


def statically(solution: Solution, xi: float, psi: float, precision: float, n: int) -> np.ndarray:
    """News as the static market expects it: with the payoff from the tilted prior."""
    rng, prior, flat = np.random.default_rng(3), solution.prior, np.ones(n)
    x = prior.tilted_draw(rng.random(n), (xi - prior.centre * psi) * flat, psi * flat)
    return np.asarray(precision * x + np.sqrt(precision) * rng.standard_normal(n))


@pytest.mark.parametrize("measure", ["physical", "risk-neutral"])
@pytest.mark.parametrize("name", ["announcement", "newsflow"])
def test_means_are_those_of_the_law(name: str, measure: str) -> None:
    """So the price is a martingale under Q, across dates; and payoffs are drawn as priced."""
    solution = solved(name, tol=1e-4)
    p0, mean, variance = solution.initial.price, solution.prior.mean, solution.initial.variance
    functions = {
        "price": lambda paths: paths.price,
        "square": lambda paths: (paths.price - p0) ** 2,
        "both": lambda paths: (paths.price - p0) * (paths.payoff - mean),
        "variance": lambda paths: paths.variance,
        "spending": lambda paths: paths.spending,
        "payoff": lambda paths: paths.payoff,
        "payoff_square": lambda paths: (paths.payoff - p0) ** 2,
    }
    found = pdesolve.path_means(solution, functions, 3000, 40, measure, seed=1)
    law = solution.expectations(measure, dates=found.t.values.tolist())
    expected = {
        "price": (law.price, law.price_error),
        "square": (law.price_variance + (law.price - p0) ** 2, law.price_variance_error),
        "variance": (law.variance, law.variance_error),
        "spending": (law.spending, law.spending_error),
    }
    if measure == "physical":
        spread, slope = np.sqrt(law.price_variance), law.informativeness
        bar = spread * law.informativeness_error + slope * law.price_variance_error
        expected["both"] = slope * spread, bar
    else:
        expected |= {"payoff": (p0, 1e-4), "payoff_square": (variance, 1e-3)}
    for one, (value, bar) in expected.items():
        chance, dates = (found[f"{one}_{kind}_error"] for kind in ("standard", "date"))
        assert (abs(found[one] - value) <= 4.0 * chance + dates + bar).all(), one
        assert float(np.max(chance)) < 0.05 * float(abs(found[one]).max())


def test_a_normal_payoff_in_closed_form(steady: Solution) -> None:
    """Beliefs are numbers; the price is expected at m - rho n0/(tau + psi), news or not."""
    economy, tau = steady.economy, 1.0 / steady.prior.variance
    fine, coarse = (steady.simulate(1000, 200, seed=1, coarse=one) for one in (False, True))
    paths = 2 * fine.sel(t=coarse.t) - coarse
    psi, h, *_ = accumulated(steady)
    last = paths.isel(t=-1)
    assert last.psi.values == pytest.approx(psi, rel=2e-5)
    assert last.public_variance.values == pytest.approx(1.0 / (tau + h), rel=2e-5)
    assert last.information.values == pytest.approx(0.5 * np.log1p(h / tau), rel=2e-4)
    expected = steady.prior.mean + economy.start / (tau + paths.psi.isel(path=0))
    error = paths.price.std("path") / 1000**0.5
    assert (abs(paths.price.mean("path") - expected) <= 4.0 * error + 1e-6).all()


@pytest.mark.slow
def test_totals_of_a_normal_payoff(steady: Solution) -> None:
    """As without news, but for squared jumps: premium and toll; V, and the premium squared."""
    economy, prior, initial = steady.economy, steady.prior, steady.initial
    market, tau, rho = steady.case.market, 1.0 / prior.variance, economy.risk_aversion
    psi, h, private, slopes, moves, jumps = accumulated(steady)
    found = steady.information(200, 60)
    held2 = market.initial_supply**2 + market.supply_volatility**2 + private / rho**2
    last = 1.0 / (tau + psi)
    for name, expected in {
        "supply_loss": market.initial_supply * (prior.mean - initial.price)
        + market.supply_volatility * slopes,
        "realised_variance": moves + jumps + last + (rho * last) ** 2 * held2,
    }.items():
        bar = float(found[f"{name}_error"])
        assert float(found[name]) == pytest.approx(expected, abs=bar) and bar < 4e-3 * expected
    assert float(found.realised_variance) > initial.variance
    end = found.isel(t=-1)
    assert float(end.public_variance) == pytest.approx(1.0 / (tau + h), rel=1e-4)
    assert float(end.mutual_information) == pytest.approx(0.5 * np.log1p(h / tau), rel=1e-3)


def test_news_tells_what_it_says_where_nobody_attends() -> None:
    """Two values and one normal signal: entropy and variance that it leaves, by an integral."""
    keys = {"market.announcements": [{"time": DATE, "precision": 3.0}]}
    solution = solved("binary", {"attention.cost.linear": 50.0, **keys}, 1e-3)
    found = solution.information(4000, 4).isel(t=-1)
    low, high = solution.prior.low, solution.prior.high
    share = (solution.prior.mean - low) / (high - low)
    z = np.linspace(-15.0, 15.0, 6001)

    def seen(x: float, chance: float) -> np.ndarray:
        return np.asarray(chance * np.exp(-0.5 * (z - 3.0 * x) ** 2 / 3.0))

    up, down = seen(high, share), seen(low, 1.0 - share)
    density, later = (up + down) / np.sum(up + down), up / (up + down)
    entropy = [-q * np.log(q) - (1 - q) * np.log1p(-q) for q in (share, later)]
    left = np.sum(density * later * (1 - later)) * (high - low) ** 2
    for name, expected in {
        "mutual_information": entropy[0] - np.sum(density * entropy[1]),
        "public_variance": left,
    }.items():
        bar = 4.0 * float(found[f"{name}_standard_error"])
        assert float(found[name]) == pytest.approx(expected, abs=bar) and bar < 0.1 * expected


def test_many_small_announcements_are_a_flow() -> None:
    """What is known at T, with an error that falls like the square of their number."""

    def known(case: Case) -> np.ndarray:
        return accumulated(solved(case, tol=1e-6))[:4]

    flow = known(load_case("normal", {"market.public_precision": TOLD}))
    off = [abs(known(normal(n, 0.0)) - flow) for n in (2, 4)]
    assert np.all(off[1] < off[0] / 3.0) and np.all(off[0] > 0.0)
    cases = normal(4, 0.0), load_case("normal", {"market.public_precision": TOLD})
    ends = [
        pdesolve.path_means(solved(case, tol=1e-6), paths=64, dates=48).isel(t=-1) for case in cases
    ]
    for name in ("public_variance", "information"):
        one, other = (float(end[name]) for end in ends)
        assert one == pytest.approx(other, rel=2e-3)


@pytest.mark.slow
def test_the_law_squares_jumps_as_paths_do(told: Solution) -> None:
    for measure in ("physical", "risk-neutral"):
        law = told.expectations(measure, dates=[just_before(0.5), 0.5])
        assert float(law.squared_jump[0]) == 0.0
        jump = {"jump": lambda p: (p.price.sel(t=0.5) - p.price.sel(t=just_before(0.5))) ** 2}
        means = pdesolve.path_means(told, jump, 4000, 40, measure, seed=1)
        bar = 4.0 * float(means.jump_standard_error + means.jump_date_error)
        assert float(means.jump) == pytest.approx(float(law.squared_jump[1]), abs=bar)
        assert bar < 0.2 * float(means.jump)
    rise = float(law.price_variance[1] - law.price_variance[0])
    assert float(law.squared_jump[1]) == pytest.approx(rise, abs=float(law.squared_jump_error[1]))
