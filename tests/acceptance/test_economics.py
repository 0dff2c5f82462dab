"""What moves which way, and why; and what does not, though one would expect it to.

Two solves count as different where they are further apart than both error bars together. Normal
payoffs have closed forms (pdesolve.solver.normal). Figures are those at t = 0 unless said
otherwise.
"""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import simpson

from pdesolve.case import load_case
from pdesolve.finance.price_path import typical_path
from pdesolve.solver import normal as exact
from pdesolve.verification.identities import identity_checks
from tests.acceptance.economies import (
    AVERSE,
    DEARER,
    NOISE,
    SHARES,
    later_variance,
    make,
    moves,
    normal,
    shaped,
    signs,
    solution,
    solved,
    value,
    vary,
)

# ---------------------------------------------------------------- uncertainty


def test_more_uncertainty_calls_for_more_attention() -> None:
    """A unit of precision is worth V/(2 rho), and V is at least the prior variance at no supply.

    A normal payoff's V is that for any supply, since the tilt leaves a normal's variance alone.
    """
    coins = [solved("binary", values=(-w, w), chances=(0.5, 0.5), supply=0.0) for w in (0.3, 1.0)]
    boxes = [solved("uniform", low=1.0 - w, high=1.0 + w, supply=0.0) for w in (0.5, 1.0)]
    assert moves("attention", coins) == moves("attention", boxes) == "+"
    assert moves("attention", vary("normal", "sd", (0.5, 1.0, 2.0), supply=2.0)) == "++"


def test_false_that_a_wider_payoff_always_gets_more_attention() -> None:
    """A large supply of a bounded payoff makes its worst value all but certain to those who price.

    Risk-neutral odds of -w against w are exp(2 rho n0 w): the variance goes to zero with them.
    """
    coins = [
        solved("binary", values=(-w, w), chances=(0.5, 0.5), supply=1.2) for w in (0.5, 1.0, 2.0)
    ]
    assert moves("attention", coins) == "+-"
    assert coins[2].initial.static_variance < 0.2 * coins[1].initial.static_variance


def test_fat_tails_call_for_attention_at_a_short_horizon() -> None:
    """At one prior variance, V grows with the time left at the rate rho sigma kappa Var((x-p)²)/2.

    That is kurtosis: nothing for a coin, whose squared surprise is known, and more for each of a
    uniform, a normal and a mixture of normals.
    """
    found = [shaped(shape, 0.01) for shape in ("coin", "uniform", "normal", "mixture")]
    assert moves("attention", found) == "+++"
    assert value(found[0], "variance")[0] == pytest.approx(1.0, abs=found[0].error["variance"])


def test_false_that_fat_tails_call_for_attention_at_any_horizon() -> None:
    """Three values have a kurtosis of 4 here, but far in the tilt one of them is all but certain.

    Supply shocks lead there, given time; a normal, of kurtosis 3, stays as uncertain as it was.
    """
    for horizon, way in ((0.01, "+"), (1.0, "-")):
        assert moves("attention", [shaped(shape, horizon) for shape in ("normal", "hump")]) == way


# ---------------------------------------------------------------- the cost of attention


@pytest.mark.parametrize("case", DEARER)
def test_dearer_attention_is_bought_less(case: str) -> None:
    """C'(S) = c S meets the same worth of precision at a smaller S.

    The worth V/(2 rho) changes too, but by less than the cost.
    """
    found = vary(case, "cost", DEARER[case])
    assert moves("attention", found) == moves("precision_rate", found) == "--"


@pytest.mark.parametrize("case", ["uniform", "three_states"])
def test_dearer_attention_leaves_a_higher_variance_later(case: str) -> None:
    """Less is learned, by oneself and from the price.

    With the same payoffs and supply shocks the variance at T is higher on average, and it is higher
    at the end of the path of a steady price.
    """
    ends, typical = [], []
    for found in vary(case, "cost", DEARER[case]):
        ends.append(later_variance(found))
        path = typical_path(found, 2)
        typical.append(float(found.variance(path.xi[-1], path.psi[-1], path.t[-1])))
    for cheap, dear in pairwise(ends):
        gap = dear - cheap
        assert gap.mean() > 5.0 * gap.std() / gap.size**0.5
    assert signs(typical, [1e-3] * 3) == "++"


def test_dearer_attention_leaves_a_normal_payoff_more_variance_later() -> None:
    """V(T) = 1/(tau + Psi(T)), and Psi counts what was learned; the same at every later date."""
    paths = [normal(cost=c) for c in (0.1, 1.0, 10.0)]
    for k in range(1, SHARES.size):
        assert signs(p.psi[k] for p in paths) == "--"
    assert signs(p.variance[-1] for p in paths) == "++"


def test_false_that_dearer_attention_raises_the_variance_at_once() -> None:
    """V counts the price moves to come, and attention causes them as well as shortening them.

    V = 1/tau + integral of (A + rho² sigma²)/(tau + Psi)²: A makes both ends larger.
    """
    assert signs(normal(cost=c).variance[0] for c in (0.1, 1.0, 10.0, 100.0)) == "++-"
    assert moves("variance", vary("uniform", "cost", (0.03, 0.1, 1.0))) == "+-"


def test_false_that_dearer_attention_means_less_of_it_at_every_date() -> None:
    """If the first unit has a price too, cheap attention is used up early.

    It brings V down to where nothing more is worth its price, which dear attention never does.
    """
    cheap, dear = normal(entry=0.3, cost=0.1), normal(entry=0.3, cost=3.0)
    assert cheap.attention[0] > 20 * dear.attention[0]
    assert cheap.attention[-1] == 0.0 < 0.04 < dear.attention[-1]


def test_where_nobody_pays_attention_its_cost_does_not_matter() -> None:
    """Below V = 2 rho c1/k the first unit is not worth its price: supply risk alone is traded."""
    found = vary("normal", "cost", (0.1, 1.0), entry=1.0)
    assert [one.initial.attention for one in found] == [0.0, 0.0]
    assert found[0].initial.variance == pytest.approx(1.0 + 0.8**2, abs=1e-4)
    assert moves("log_value", found) == moves("variance", found) == "0"


# ---------------------------------------------------------------- time and variance


def test_attention_falls_as_information_accumulates() -> None:
    """V gives up what the price learns, kappa² p_xi², on average, and attention follows it.

    For a normal payoff that is every path; else the one on which the price stays where it was.
    """
    assert signs(normal().attention) == signs(normal().variance) == "----"
    for case in ("uniform", "three_states"):
        found = solved(case)
        path = typical_path(found, 5)
        attention = found.attention(path.xi, path.psi, path.t)
        assert signs(attention, [1e-3] * 5) == "----"


def test_false_that_attention_always_falls_while_the_price_stays() -> None:
    """With two values V = p(1 - p) at all times: no news, no less uncertainty."""
    found = solved("binary")
    path = typical_path(found, 5)
    attention = found.attention(path.xi, path.psi, path.t)
    np.testing.assert_allclose(attention, attention[0], rtol=3e-4)


def test_false_that_variance_and_attention_fall_on_every_path() -> None:
    """News that makes an unlikely value likely raises V and attention, at any date."""
    found = solved("binary")
    news = 0.9  # brings the price to one half, from 0.34
    for name in ("variance", "attention"):
        later = float(getattr(found, name)(-0.3 + news, 0.0, 0.5))
        assert later > 1.05 * getattr(found.initial, name)


def test_false_that_the_variance_of_the_tilted_prior_pays_for_attention() -> None:
    """Investors bear supply shocks to come, so V exceeds V^s, even for a normal payoff.

    By total variance its V is 1/tau + integral of (A + rho² sigma²)/(tau + Psi)².
    """
    case = load_case("normal")
    t = np.linspace(0.0, 1.0, 801)
    path, risk = exact.normal_path(case, t), 0.8**2
    flow = (path.precision_rate + risk) / (1.0 + path.psi) ** 2
    assert path.variance[0] == pytest.approx(1.0 + simpson(flow, x=t), rel=1e-7)
    assert path.variance[0] > 1.5


@pytest.mark.parametrize("case", ["binary", "uniform", "three_states"])
def test_variance_is_nowhere_below_that_of_the_tilted_prior(case: str) -> None:
    """With the time left it grows at the rate rho sigma kappa Var((x-p)²)/2, at first.

    That the price's own move does not undo this later is seen here, not proved.
    """
    found = solved(case)
    trusted = found.space.psi <= found.psi_limit[:, None]
    gap = found.states[..., 1][trusted]
    assert gap.min() > -found.error["variance"]
    assert gap.max() > 100 * found.error["variance"]


@pytest.mark.parametrize("case", ["uniform", "three_states"])
def test_a_longer_horizon_calls_for_attention_now(case: str) -> None:
    """More supply shocks are to come, which V counts.

    For a normal payoff less variance is left at the end, as there is more time to learn.
    """
    assert moves("attention", vary(case, "horizon", (0.2, 1.0))) == "+"
    paths = [normal(horizon=T) for T in (0.1, 1.0, 4.0)]
    assert signs(p.attention[0] for p in paths) == "++"
    assert signs(p.variance[-1] for p in paths) == "--"


# ---------------------------------------------------------------- welfare


def test_the_gain_is_never_negative_and_nothing_where_nothing_is_traded() -> None:
    """Not trading is allowed; without supply and its noise there is nobody to trade with."""
    gains = [value(solved("binary", supply=0.0, noise=s), "gain") for s in (0.05, 0.3, 1.2)]
    assert signs(*zip(*gains, strict=True)) == "++"
    assert 0.0 < gains[0][0] < 0.005


def test_supply_is_what_investors_are_paid_for() -> None:
    """Noise traders pay for being served: the gain grows with their shocks and with |n0|.

    Its slope in n0 is rho n0 p_xi where the payoff is symmetric.
    """
    assert moves("gain", vary("uniform", "supply", (-0.3, 0.0, 0.3))) == "-+"
    for case, noise in NOISE.items():
        assert moves("gain", vary(case, "noise", noise)) == "++"


def test_false_that_more_risk_averse_investors_gain_less() -> None:
    """Each would; but if all are, supply has to pay them more to bear it."""
    assert moves("gain", vary("binary", "aversion", (0.9, 1.5))) == "+"
    assert moves("gain", vary("normal", "aversion", AVERSE)) == "++"


def test_false_that_cheaper_attention_benefits_investors() -> None:
    """Prices reveal what all learn: less risk is left for noise traders to pay them for.

    That is Hirshleifer's effect (1971); each investor alone would like attention to be cheaper.
    """
    for case in ("binary", "three_states"):
        assert moves("gain", vary(case, "cost", DEARER[case])) == "++"
    assert moves("gain", vary("normal", "cost", (0.1, 1.0, 10.0))) == "++"


def test_false_that_dearer_attention_always_benefits_them() -> None:
    """Where supply risk is small a little information earns more than it destroys.

    For a normal payoff with r = (rho sigma)² T/tau a little attention, bought at a high quadratic
    cost, adds to the gain in proportion to 1 - r - r²: up to r = 0.618 it is better than none.
    """
    assert moves("gain", vary("uniform", "cost", (0.03, 0.3, 1.0))) == "+-"
    for r, way in ((0.57, "-"), (0.67, "+")):
        case = make("normal", {"noise": r**0.5, "cost": 1e3})
        some, none = exact.normal_initial(case), exact.no_information(case)
        gains = [some.certainty_equivalent_gain, none.certainty_equivalent_gain]
        expected = 0.125e-3 * (r + r**2 - 1.0)  # A = V/(2 rho c), and l by its equation
        assert signs(gains) == way
        assert gains[1] - gains[0] == pytest.approx(expected, rel=0.05)


def test_false_that_a_cap_on_attention_hurts() -> None:
    """It stops a race: each would pay to have it lifted, and all together gain by it."""
    assert moves("gain", vary("normal", "capacity", (0.3, 0.5, 1.0))) == "--"


# ---------------------------------------------------------------- capacity and technology


def test_a_cap_that_binds_sets_attention() -> None:
    """Where it binds, neither cost nor uncertainty move attention; V does not stop moving."""
    capped = [normal(capacity=0.3, cost=c) for c in (0.25, 0.5)]
    for path in capped:
        np.testing.assert_array_equal(path.attention, 0.3)
        assert signs(path.variance) == "----"
    assert normal(capacity=0.3, cost=1e3).attention[0] < 0.01


def test_a_cap_that_never_binds_does_not_matter() -> None:
    """Variance is at its highest at first, for a normal payoff."""
    at_most = normal().attention[0]
    assert signs(normal(capacity=c).log_deviation[0] for c in (1.01 * at_most, 100.0)) == "0"


def test_false_that_a_cap_matters_only_where_it_binds() -> None:
    """It does not bind at first, but after good news it will, which is priced in already."""
    capped, free = (
        solved("three_states", supply=0.3, capacity=1.5),
        solved("three_states", supply=0.3),
    )
    assert capped.initial.attention < 1.45
    assert moves("attention", [capped, free]) == "+"
    assert moves("price", [capped, free]) == "+"


def test_diminishing_returns_make_more_signals_more_precise() -> None:
    """A = k J^(1-eta) S^eta: attention grows with the number of signals, that to each falls."""
    paths = {j: normal("power", signals=j) for j in (1, 2, 4)}
    assert signs(p.precision_rate[0] for p in paths.values()) == "++"
    assert signs(p.attention[0] for p in paths.values()) == "++"
    assert signs(p.attention[0] / j for j, p in paths.items()) == "--"


def test_false_that_more_signals_always_attract_attention() -> None:
    """Returns increase: one signal gets it all, the others bring their free unit each.

    Free precision leaves less to learn later, and that is worth less attention now.
    """
    paths = {j: normal("exponential", signals=j) for j in (1, 2)}
    for j, path in paths.items():
        np.testing.assert_allclose(path.precision_rate, np.exp(path.attention) + j - 1, rtol=1e-12)
    for k in (0, 1, 2):
        assert signs(p.attention[k] for p in paths.values()) == "-"
    assert signs(p.psi[-1] for p in paths.values()) == "+"


def test_another_unit_of_money_makes_no_other_economy() -> None:
    """In halves, what is per unit of money is halved, precision quartered, the price doubled.

    Free precision is part of it: a signal's efficiency is what makes this so.
    """
    halves = {
        "market.risk_aversion": 1.0,
        "payoff.values": [0.0, 1.0, 3.0],
        "attention.efficiency": 0.25,
        "attention.cost.scale": 0.08,
    }
    whole, half = (solution(load_case("paper", changes)) for changes in ({}, halves))
    assert half.initial.price == pytest.approx(2 * whole.initial.price, rel=1e-10)
    assert half.initial.variance == pytest.approx(4 * whole.initial.variance, rel=1e-10)
    assert half.initial.attention == pytest.approx(whole.initial.attention, rel=1e-10)
    assert half.initial.precision_rate == pytest.approx(whole.initial.precision_rate / 4, rel=1e-10)
    assert half.initial.log_value == pytest.approx(whole.initial.log_value, rel=1e-10)
    assert all(check.passed for check in identity_checks(half))
