"""What is expected of a market with announcements: laws that cross them, event studies."""

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.finance.asked import ExpectationError
from pdesolve.finance.by_date import expectations
from pdesolve.finance.claims import option_prices
from pdesolve.finance.crossing import crossed, recrossed
from pdesolve.finance.events import event_study
from pdesolve.model.economy import Economy
from pdesolve.solver.fields import just_before
from pdesolve.solver.normal import normal_path
from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved

DATES = [0.2, just_before(0.5), 0.5, 0.8, 1.0]


@pytest.fixture(scope="module")
def market() -> Solution:
    return solved("announcement", tol=1e-4)


def test_the_price_is_a_martingale_across_it(market: Solution) -> None:
    data = expectations(market, "risk-neutral", dates=DATES)
    gap = np.abs(data["price"] - market.initial.price)
    assert (gap <= data["price_error"]).all()
    total = data["price_variance"] + data["variance"]
    bound = data["price_variance_error"] + data["variance_error"]
    assert (np.abs(total - market.initial.variance) <= bound).all()
    assert float(data["price_variance"][2] - data["price_variance"][1]) > 0.5


def test_options_replicate_the_variance_before_and_after(market: Solution) -> None:
    for maturity in (just_before(0.5), 0.5, None):
        found = option_prices(market, maturity=maturity)
        gap = abs(float(found["variance"] - found["variance_from_options"]))
        assert gap <= float(found["variance_error"] + found["variance_from_options_error"])


@pytest.mark.parametrize("name", ["newsflow", "announcement"])
def test_state_prices_add_up_to_one_and_to_the_price(name: str) -> None:
    found = solved(name, tol=1e-4)
    data = found.state_prices()
    assert float(data["state_price"].sum()) == pytest.approx(1.0, abs=1e-10)
    gap = abs(float((data["state_price"] * data["x"]).sum()) - found.initial.price)
    assert gap <= found.bars["price"] + float(data["state_price_error"].sum())


@pytest.mark.parametrize("payoff", [None, 0.7])
def test_values_cross_back_as_weights_cross_forward(market: Solution, payoff: float | None) -> None:
    draw = np.random.default_rng(0).standard_normal((2, *market.space.xi.shape))
    weights, values = draw
    forward = np.sum(crossed(market, 0.5, 0.4, payoff, weights) * values)
    back = np.sum(weights * recrossed(market, 0.5, 0.4, payoff, values))
    assert forward == pytest.approx(back, rel=1e-9)
    flat = recrossed(market, 0.5, 0.4, payoff, np.ones_like(values))
    np.testing.assert_allclose(flat, 1.0, atol=1e-12)


def test_news_moves_xi_by_its_precision_times_the_payoff(market: Solution) -> None:
    space, payoff = market.space, 0.7
    at = np.abs(space.z) < 0.5
    moved = recrossed(market, 0.5, 0.4, payoff, space.xi)[0, at]
    np.testing.assert_allclose(moved, space.xi[0, at] + 0.4 * payoff, atol=2e-3)


def test_a_flow_of_news_leaves_the_price_a_martingale() -> None:
    found = solved("newsflow", tol=1e-4)
    data = found.expectations("risk-neutral", dates=[0.2, 0.5, 1.0])
    assert (np.abs(data["price"] - found.initial.price) <= data["price_error"]).all()
    gap = np.abs(data["price_variance"] + data["variance"] - found.initial.variance)
    assert (gap <= data["price_variance_error"] + data["variance_error"]).all()
    assert (gap < 1e-3).all()


@pytest.mark.slow
def test_a_normal_payoff_is_the_closed_form() -> None:
    """E p = m - rho n0/(tau + psi), which jumps with psi."""
    case = load_case("normal", {"market.announcements": [{"time": 0.5, "precision": 1.0}]})
    data, economy = expectations(solved(case, tol=1e-3), dates=DATES), Economy.of(case)
    path = normal_path(case, DATES)
    expected = economy.prior.mean + economy.start / (1.0 / economy.prior.variance + path.psi)
    np.testing.assert_allclose(data["price"], expected, rtol=3e-5)
    np.testing.assert_allclose(data["attention"], path.attention, rtol=1e-3)
    assert expected[2] - expected[1] > 0.05


def test_an_event_study(market: Solution) -> None:
    """Attention falls, the price's jump is a good part of V, and some of the premium is earned."""
    study, data = event_study(market), expectations(market, dates=DATES)
    assert study["date"].to_numpy().tolist() == [0.5]
    assert float(study["attention_before"][0]) == pytest.approx(float(data["attention"][1]), 1e-6)
    assert float(study["attention_after"][0]) == pytest.approx(float(data["attention"][2]), 1e-6)
    assert 0.1 < float(study["variance_share"][0]) < 0.3
    assert float(study["premium"][0]) == pytest.approx(0.15087, abs=1e-3)
    assert float(study["premium_share"][0]) == pytest.approx(0.2229, abs=1e-3)
    assert all(float(study[name][0]) < 1e-2 for name in study if str(name).endswith("_error"))


def test_without_an_announcement_there_is_nothing_to_study() -> None:
    with pytest.raises(ExpectationError, match=r"market\.announcements has none to study"):
        solved("binary", tol=1e-3).event_study()
