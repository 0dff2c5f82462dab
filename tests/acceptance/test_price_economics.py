"""What moves the price which way, supply noise and risk aversion among it; and what does not."""

from typing import Any

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.solver import normal as exact
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.acceptance.economies import (
    AVERSE,
    DEARER,
    NOISE,
    POWER,
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

# ---------------------------------------------------------------- the price


def test_a_normal_payoff_has_one_price_at_psi_0() -> None:
    """p = (tau m + xi)/(tau + Psi): tilting moves a normal's mean in proportion, whatever comes.

    Neither the cost of attention matters, nor capacity, technology, supply noise or horizon.
    """
    changes: list[dict[str, Any]] = [{"cost": 0.1}, {"capacity": 0.3}, {"noise": 1.6}]
    prices = [solved("normal", **change).initial.price for change in changes]
    prices += [solution(make("normal", {}, POWER)).initial.price]
    np.testing.assert_allclose(prices, 5.0 - 0.25, rtol=0, atol=1e-11)


def test_false_that_a_normal_payoff_has_one_price_later() -> None:
    """Less is known by then where attention is dear, so a supply shock weighs more."""
    half = [float(normal(cost=c).psi[2]) for c in (0.1, 1.0, 10.0)]
    case = load_case("normal")
    assert signs(float(exact.normal_price(case, 5.0 * psi - 0.5, psi)) for psi in half) == "--"


def test_false_that_dearer_attention_raises_the_risk_premium() -> None:
    """The price of a normal payoff does not move, and that of a right-skewed one rises.

    Less learning leaves more of the skewness that supply shocks make dear (see below).
    """
    assert moves("price", vary("normal", "cost", (0.1, 1.0, 10.0))) == "00"
    assert moves("price", vary("binary", "cost", DEARER["binary"])) == "++"
    assert moves("price", vary("three_states", "cost", DEARER["three_states"])) == "++"


@pytest.mark.parametrize("case", ["binary", "uniform", "three_states"])
def test_more_supply_lowers_the_price(case: str) -> None:
    """The price is a mean under odds that bearing the supply tilts to bad values."""
    assert moves("price", vary(case, "supply", (0.0, 0.3))) == "-"


def test_a_symmetric_payoff_without_supply_costs_its_mean() -> None:
    """The economy is then its own mirror image."""
    for found, mean in ((solved("uniform", supply=0.0), 1.0), (shaped("hump", 1.0), 0.0)):
        assert found.initial.price == pytest.approx(mean, abs=1e-9)


def test_false_that_without_supply_the_price_is_the_mean() -> None:
    """p^s is convex in xi where k3 > 0: supply shocks of either sign raise it on average.

    The price counts them in advance, and exceeds the mean even at some supply that has to be held.
    """
    for case, mean, supply in (("binary", 0.35, 0.1), ("three_states", 0.9, 0.1)):
        for n0 in (0.0, supply):
            price, bar = value(solved(case, supply=n0), "price")
            assert price > mean + 0.01 + bar
        assert solved(case, supply=0.3).initial.price < mean


@pytest.mark.parametrize("case", ["binary", "uniform", "three_states", "baseline"])
def test_near_the_horizon_skewness_says_on_which_side_of_the_static_price(case: str) -> None:
    """p - p^s grows with the time left at the rate rho sigma kappa k3/2, in every state.

    Shocks to xi add kappa² k3/2, since k3 is the curvature of p^s; learning takes psi k3/2 off.
    """
    found = solved(case)
    sd, t = found.prior.sd, 0.95 * found.case.market.horizon
    psi = 0.3 * float(found.psi_limit[-1])
    xi = np.linspace(-3.0, 3.0, 61) / sd + found.prior.centre * psi
    gap, third = found.price(xi, psi, t) - found.static_price(xi, psi), skew(found, xi, psi)
    clear = np.abs(third) > 0.05 * sd**3
    assert clear.sum() > 40
    assert (gap * np.sign(third))[clear].min() > 1e-4 * sd


def test_false_that_it_does_so_long_before() -> None:
    """Skewness here is small and negative, and yet the price is above the static one.

    Supply shocks lead to where it is large and positive.
    """
    found = solved("three_states")
    xi, psi = 1.71, 0.7265
    gap = float(found.price(xi, psi) - found.static_price(xi, psi))
    assert gap > 30 * found.error["price"]
    assert skew(found, np.array(xi), psi) < -0.02


def test_false_that_the_price_is_an_affine_image_of_the_static_one() -> None:
    """It is for a normal payoff only, where there is nothing to hedge (L_xi = p)."""
    xi = np.linspace(-1.5, 1.5, 31)
    for case, least, most in (("normal", 0.0, 1e-9), ("three_states", 0.05, 0.2)):
        found = solved(case)
        static, price = found.static_price(xi), found.price(xi)
        left = price - np.polyval(np.polyfit(static, price, 1), static)
        assert least <= np.abs(left).max() <= most


def skew(found: Solution, xi: Array, psi: float) -> Array:
    """Third cumulant of the tilted prior, by a difference of its variance."""
    h = 1e-3 / found.prior.sd
    upper, lower = found.static_variance(xi + h, psi), found.static_variance(xi - h, psi)
    return (upper - lower) / (2.0 * h)


# ---------------------------------------------------------------- supply noise


@pytest.mark.parametrize("case", NOISE)
def test_more_supply_noise_calls_for_more_attention_now(case: str) -> None:
    """V counts the supply shocks to come."""
    assert moves("attention", vary(case, "noise", NOISE[case])) == "++"


def test_false_that_more_supply_noise_leaves_less_known() -> None:
    """It hides what others know, but makes all learn more.

    V and with it A grow with sigma without bound, and A alone, not hidden from oneself, is enough.
    """
    paths = [normal(noise=s) for s in (0.05, 0.8, 6.0)]
    assert signs(p.psi[-1] for p in paths) == "-+"
    assert signs(p.attention[-1] for p in paths) == "+-"


def test_false_that_more_supply_noise_means_a_more_volatile_price() -> None:
    """kappa = A/(rho sigma) + rho sigma: where supply is calm, prices move by what they reveal."""
    found = vary("normal", "noise", NOISE["normal"])
    assert signs((one.initial.price_volatility for one in found), [1e-2] * 3) == "-+"


def test_false_that_more_supply_noise_lowers_the_price() -> None:
    """Noise is no risk premium: it moves the price towards the skewness, if there is any.

    A uniform payoff in positive supply is right-skewed under the odds that price it.
    """
    assert moves("price", vary("normal", "noise", NOISE["normal"])) == "00"
    assert moves("price", vary("uniform", "noise", NOISE["uniform"])) == "++"
    assert moves("price", vary("baseline", "noise", (1.0, 1.6))) == "-"


# ---------------------------------------------------------------- risk aversion


def test_risk_aversion_takes_attention_away_and_gives_it_back() -> None:
    """Precision is worth V/(2 rho): who bears little risk cares little what it is.

    But a normal payoff's V grows like rho² sigma² T, so that attention grows with rho in the end;
    a bounded payoff's cannot.
    """
    for case in ("binary", "three_states"):
        assert moves("attention", vary(case, "aversion", (0.9, 1.5))) == "-"
    assert moves("attention", vary("normal", "aversion", AVERSE)) == "-+"


def test_false_that_more_risk_aversion_lowers_the_price() -> None:
    """It does for a supply of a symmetric payoff; without supply a right tail gets dearer."""
    assert moves("price", vary("normal", "aversion", AVERSE)) == "--"
    assert moves("price", vary("uniform", "aversion", (1.2, 2.0))) == "-"
    assert moves("price", vary("three_states", "aversion", (0.9, 1.5))) == "+"
