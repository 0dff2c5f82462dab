"""The Kelly portfolio of solved cases that pay independently, against other ways to it."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import fsolve

import pdesolve
from pdesolve.investing.among_cases import growth_among
from pdesolve.investing.growth import growth_of
from pdesolve.investing.law import LawError
from pdesolve.investing.payoff_law import of_payoff
from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved

LIKELIER = {"payoff.probabilities": [0.3, 0.7], "market.initial_supply": 0.5}


def binary() -> Solution:
    return solved("binary", tol=1e-4)


def other() -> Solution:
    return solved("binary", LIKELIER, tol=1e-4)


@pytest.mark.parametrize("rate", [0.0, 0.05])
def test_two_bets_at_once_solve_the_equations_of_their_four_outcomes(rate: float) -> None:
    both = [binary(), other()]
    found = growth_among(both, rate)
    p = [one.initial.price for one in both]
    q = [float(one.prior.gauss(2)[1][1]) for one in both]
    outcomes = [
        ((q[0] if a else 1 - q[0]) * (q[1] if b else 1 - q[1]), a / p[0] - 1.0, b / p[1] - 1.0)
        for a in (0, 1)
        for b in (0, 1)
    ]

    def slopes(w: Any) -> Any:
        cash = 1.0 - w[0] - w[1]
        wealth = [1.0 + w[0] * x + w[1] * y + cash * rate for _, x, y in outcomes]
        each = list(zip(outcomes, wealth, strict=True))
        return [sum(o[0] * (o[k] - rate) / v for o, v in each) for k in (1, 2)]

    wanted = fsolve(slopes, [0.0, 0.0], xtol=1e-13)
    assert found.weights.tolist() == pytest.approx(wanted.tolist(), rel=1e-9)
    wealth = [1.0 + found.weights @ o[1:] + (1.0 - found.weights.sum()) * rate for o in outcomes]
    growth = sum(o[0] * np.log(v) for o, v in zip(outcomes, wealth, strict=True))
    assert found.growth == pytest.approx(growth, rel=1e-12)
    assert found.optimality < 1e-12
    assert found.assets == ("binary", "binary")


def test_less_is_staked_on_each_than_alone_but_wealth_grows_faster() -> None:
    alone = [growth_among([one]) for one in (binary(), other())]
    both = growth_among([binary(), other()])
    assert np.all(np.abs(both.weights) < [abs(one.weights[0]) for one in alone])
    assert max(one.growth for one in alone) < both.growth < sum(one.growth for one in alone)


@pytest.mark.parametrize("name", ["binary", "three_states", "uniform"])
def test_one_case_has_the_fraction_of_its_payoff(name: str) -> None:
    solution = solved(name, tol=1e-4)
    found = growth_among([solution])
    one = growth_of(of_payoff(solution.case.payoff, solution.initial.price))
    assert found.weights[0] == pytest.approx(one.fraction, rel=1e-9)
    assert found.growth == pytest.approx(one.growth, rel=1e-9)
    assert found.volatility == pytest.approx(one.volatility, rel=1e-9)
    assert found.small_limit[0] == pytest.approx(one.small_limit, rel=1e-9)


def test_the_error_covers_a_better_price() -> None:
    loose, tight = (
        growth_among([solved(name, tol=tol) for name in ("binary", "three_states")])
        for tol in (1e-3, 1e-5)
    )
    apart = np.abs(loose.weights - tight.weights)
    assert np.all(apart <= loose.weights_error + tight.weights_error)
    assert np.all(tight.weights_error < loose.weights_error)
    assert abs(loose.growth - tight.growth) <= loose.growth_error + tight.growth_error


def test_long_only_leaves_out_what_would_be_sold() -> None:
    short = solved("binary", {"market.initial_supply": -0.5}, tol=1e-4)
    free = growth_among([other(), short])
    held = growth_among([other(), short], long_only=True)
    assert free.weights[1] < 0.0 == held.weights[1]
    assert held.weights[0] == pytest.approx(growth_among([other()]).weights[0], rel=1e-9)


def test_cases_without_such_a_portfolio_are_refused() -> None:
    with pytest.raises(LawError, match="market: of a payoff without ends"):
        growth_among([binary(), solved("market", tol=1e-4)])
    with pytest.raises(LawError, match="one horizon, got 1, 2"):
        growth_among([binary(), solved("binary", {"market.horizon": 2.0}, tol=1e-4)])
    with pytest.raises(LawError, match="at least one, got none"):
        growth_among([])
    with pytest.raises(LawError, match="there are 1048576 joint values"):
        growth_among([binary()] * 20)


def test_a_price_below_zero_changes_what_shares_cost_and_not_their_number() -> None:
    low = solved("binary", {"payoff.values": [-1.0, 0.0]}, tol=1e-4)
    moved, usual = growth_among([low, other()]), growth_among([binary(), other()])
    np.testing.assert_allclose(moved.shares, usual.shares, rtol=1e-7)
    assert moved.growth == pytest.approx(usual.growth, rel=1e-8)
    assert low.initial.price < 0.0
    assert moved.weights[0] == pytest.approx(moved.shares[0] * low.initial.price, rel=1e-14)
    assert moved.small_limit[0] < 0.0 < usual.small_limit[0]


def test_cases_may_be_names() -> None:
    named = pdesolve.growth_among(["binary"])
    known = pdesolve.growth_among([pdesolve.solve("binary")])
    assert named.assets == ("binary",)
    assert named.weights.tolist() == known.weights.tolist()
    with pytest.raises(pdesolve.CaseError, match="nearest: binary"):
        pdesolve.growth_among(["binry"])
