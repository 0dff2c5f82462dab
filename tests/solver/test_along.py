"""The path along which the price stays put, and the warning that leads to it."""

import pickle
import warnings
from typing import Any

import numpy as np
import pytest

from pdesolve.finance.price_path import typical_path
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.tools.solutions import solved

IDLE = {"attention.cost.linear": 50.0}  # more than anybody would pay
FIELDS = ("price", "variance", "attention", "precision_rate", "log_value", "price_volatility")


def market(name: str = "three_states") -> Solution:
    return solved("three_states", IDLE, 1e-3) if name == "idle" else solved(name, tol=1e-3)


def speed(found: Solution, xi: Array, psi: Array, t: Array) -> Array:
    """A²/(rho sigma)² + A (derivation.md, section 3)."""
    about = found.case.market
    a = found.precision_rate(xi, psi, t)
    return (a / (about.risk_aversion * about.supply_volatility)) ** 2 + a


@pytest.mark.parametrize("name", ["three_states", "binary", "normal", "idle"])
def test_the_price_stays_put(name: str) -> None:
    found = market(name)
    t = np.linspace(0.0, found.case.market.horizon, 7)
    xi, psi = found.along(t)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prices = found.price(xi, psi, t)
    np.testing.assert_allclose(prices, found.initial.price, rtol=0, atol=1e-6 * found.prior.sd)
    assert (xi[0], psi[0]) == (found.economy.start, 0.0)


@pytest.mark.parametrize("name", ["three_states", "binary", "normal"])
def test_psi_grows_as_fast_as_investors_learn(name: str) -> None:
    found = market(name)
    t = np.linspace(0.0, found.case.market.horizon, 201)
    xi, psi = found.along(t)
    learnt = speed(found, xi, psi, t)
    grown = np.append(0.0, np.cumsum(0.5 * (learnt[1:] + learnt[:-1]) * np.diff(t)))
    np.testing.assert_allclose(psi, grown, rtol=0, atol=5e-4 * grown[-1])
    assert np.all(np.diff(psi) > 0.0)


def test_nobody_learns_where_nobody_attends() -> None:
    found = market("idle")
    assert np.all(found.along([0.0, 0.5, 1.0]).psi == 0.0)


def test_times_have_any_shape_and_order() -> None:
    found = market()
    one = found.along(0.5)
    assert one.xi.shape == one.psi.shape == ()
    several = found.along([[0.5, 0.0], [1.0, 0.25]])
    assert several.xi.shape == (2, 2)
    assert (several.xi[0, 0], several.psi[0, 0]) == (one.xi, one.psi)
    assert found.along([]).psi.shape == (0,)
    outside = found.along([-0.1, 1.1, np.nan])
    assert np.isnan(outside.xi).all() and np.isnan(outside.psi).all()


def test_two_payoffs_have_a_psi_of_their_own() -> None:
    found = market("binary")
    path, shown = found.along(np.linspace(0.0, 1.0, 5)), typical_path(found, 5)
    assert path.psi[-1] > 0.0 and np.all(shown.psi == 0.0)
    np.testing.assert_allclose(shown.xi, path.xi - found.prior.centre * path.psi, atol=1e-12)


def test_a_path_that_has_been_asked_for_travels_with_the_solution() -> None:
    found = market()
    path = found.along(0.5)
    assert pickle.loads(pickle.dumps(found)).along(0.5) == path


# ---------------------------------------------------------------- psi = 0 later on


@pytest.mark.parametrize("field", FIELDS)
def test_one_warning_where_nobody_can_be(field: str) -> None:
    value = getattr(market(), field)
    with pytest.warns(UserWarning, match=r"solution\.along\(t\)") as said:
        found = value([0.0, 0.5], t=0.5)
    assert len(said) == 1
    assert said[0].filename == __file__
    assert np.isfinite(found).all()


def test_states_that_can_be_get_none() -> None:
    found = market()
    edge = float(found.psi_limit[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.price([-1.0, 0.0, 1.0])
        found.attention(0.0, [0.0, 0.5 * edge], [0.0, 0.5])
        found.price(0.0, 0.0, [0.0, -0.1, 1.1, np.nan])  # where nothing is known anyway
        market("idle").price(0.0, t=0.5)  # nothing will be learned by then
        market("binary").price(0.0, t=0.5)  # psi does not matter


def test_where_nobody_attends_at_first_zero_is_possible() -> None:
    """Until every state at psi = 0 calls for attention."""
    found = solved("inattention", {"market.initial_supply": 12.0}, 1e-2)
    assert found.initial.precision_rate == 0.0
    assert found.precision_rate(0.0) > 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.price(found.economy.start, t=0.1)


def test_the_package_itself_gets_none() -> None:
    found, code = market(), "found.price(0.0, t=0.5)"
    names: dict[str, Any] = {"found": found}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(code, {"__name__": "pdesolve.plotting.any", **names})
        typical_path(found, 3)
        found.to_dataset()
    with pytest.warns(UserWarning, match="along"):
        exec(code, {"__name__": "pdesolver", **names})
