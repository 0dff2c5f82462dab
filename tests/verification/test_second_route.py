"""Breaking what is reported, or what is solved: the second route notices, and says where."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from pdesolve.case import load_case
from pdesolve.model import equations
from pdesolve.model.attention.precision import PowerPrecision
from pdesolve.model.attention.response import Response
from pdesolve.model.economy import Economy
from pdesolve.model.equations import Motion
from pdesolve.model.payoff.prior import Prior
from pdesolve.numerics.grid import Grid
from pdesolve.solver.fields import States
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.solver import SolveError, solve
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.reading import Reading
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from pdesolve.verification.nearby import RouteTuning
from pdesolve.verification.second_route import second_route_checks
from pdesolve.verification.suite import verify
from tests.tools.solutions import solved

Break = Callable[[pytest.MonkeyPatch], None]
QUICKLY = {"numerics.tolerance": 1e-4}


def failed(solution: Solution) -> list[str]:
    """Beginnings of the names of the checks that fail."""
    checks = list(second_route_checks(replace(solution)))  # nothing kept from before
    return [check.name.partition(":")[0] for check in checks if not check.passed]


# ------------------------------------------------------------------ reporting


def gain_without_rho(patch: pytest.MonkeyPatch) -> None:
    def gain(self: Economy, price: Array, log_value: Array) -> Array:
        return -(self.market.initial_supply * price + log_value)

    patch.setattr(Economy, "gain", gain)


def change_states(change: Callable[[States, float], None]) -> Break:
    def apply(patch: pytest.MonkeyPatch) -> None:
        right = States.__init__

        def wrong(self: States, prior: Any, *where: Any) -> None:
            right(self, prior, *where)
            change(self, prior.centre)

        patch.setattr(States, "__init__", wrong)

    return apply


def flip_shift(at: States, c: float) -> None:
    at.phi = at.static.phi - (at.xi * c - 0.5 * at.psi * c**2)


def flip_half_of_shift(at: States, c: float) -> None:
    at.phi = at.static.phi + at.xi * c + 0.5 * at.psi * c**2


def lose_centre(patch: pytest.MonkeyPatch) -> None:
    def static_price(self: Reading, xi: Any, psi: Any = 0.0) -> Array:
        return States(self.prior, xi, psi).static.mean

    patch.setattr(Reading, "static_price", static_price)


def lose_centre_of_mean(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Prior, "mean", property(lambda prior: float(prior.cumulants(0.0, 0.0).mean)))


def static_volatility(patch: pytest.MonkeyPatch) -> None:
    def price_volatility(self: Solution, xi: Any, psi: Any = 0.0, t: Any = 0.0) -> Array:
        kappa2 = self.economy.motion(self.precision_rate(xi, psi, t)).kappa2
        return np.sqrt(kappa2) * self.static_variance(xi, psi)

    patch.setattr(Solution, "price_volatility", price_volatility)


def linear_interpolation(patch: pytest.MonkeyPatch) -> None:
    class Linear:
        def __init__(self, space: Grid, values: Array):
            nodes = (space.eta, space.z)
            self._at = RegularGridInterpolator(nodes, values, bounds_error=False, fill_value=None)

        def __call__(self, eta: Array, z: Array) -> Array:
            return np.asarray(self._at(np.stack([eta, z], axis=-1)))

    for user in ("solver.fields", "finance.readings", "verification.grid_convergence"):
        patch.setattr(f"pdesolve.{user}.Surface", Linear)


REPORTING: dict[str, tuple[str, Break, set[str]]] = {
    "gain": ("baseline", gain_without_rho, {"certainty equivalent gain"}),
    "sign of phi's shift": (
        "baseline",
        change_states(flip_shift),
        {"log value", "certainty equivalent gain", "fields between nodes and dates"},
    ),
    "sign of half of phi's shift": (
        "baseline",
        change_states(flip_half_of_shift),
        {"fields between nodes and dates"},
    ),
    "static price without its centre": (
        "baseline",
        lose_centre,
        {"static price", "fields between nodes and dates"},
    ),
    "expected payoff without its centre": (
        "baseline",
        lose_centre_of_mean,
        {"expected payoff", "premium", "premium per sd"},
    ),
    "volatility kappa V^s": (
        "baseline",
        static_volatility,
        {"price volatility", "fields between nodes and dates"},
    ),
    "linear interpolation": (
        "baseline",
        linear_interpolation,
        {
            *("price", "variance", "attention", "precision rate", "log value"),
            *("certainty equivalent gain", "price volatility", "premium", "premium per sd"),
            *("svix", "fields between nodes and dates"),
        },
    ),
}


@pytest.mark.parametrize("mutation", REPORTING)
def test_breaking_what_is_reported_is_caught(
    mutation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, apply, noticed = REPORTING[mutation]
    solution = solved(case)
    assert not failed(solution)
    apply(monkeypatch)
    assert set(failed(solution)) == noticed


# ------------------------------------------------------------------ equations


def change_rates(change: Callable[..., None]) -> Break:
    """Change the rates in place: out, jet, static, move, cost, rho."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        right = equations.rates

        def wrong(u: Array, jet: Array, *rest: Any) -> Array:
            out = right(u, jet, *rest)
            change(out, jet, *rest)
            return out

        patch.setattr(equations, "rates", wrong)

    return apply


def flip_k4(out: Array, jet: Array, static: Any, move: Motion, *rest: Any) -> None:
    out[..., 1] -= move.risk * static.fourth


def drop_half(out: Array, jet: Array, static: Any, move: Motion, *rest: Any) -> None:
    out[..., 0] += 0.5 * move.risk * static.third


def drop_cost(out: Array, jet: Array, static: Any, move: Motion, cost: Array, rho: float) -> None:
    out[..., 2] -= rho * cost


def pay_cost_unweighted(
    out: Array, jet: Array, static: Any, move: Motion, cost: Array, rho: float
) -> None:
    out[..., 2] += (1.0 - rho) * cost


def change_motion(change: Callable[[Motion, Array, float], Motion]) -> Break:
    def apply(patch: pytest.MonkeyPatch) -> None:
        right = equations.motion

        def wrong(market: Any, precision_rate: Array) -> Motion:
            noise = market.risk_aversion * market.supply_volatility
            return change(right(market, precision_rate), precision_rate, noise)

        patch.setattr(equations, "motion", wrong)

    return apply


def public_learning_only(move: Motion, a: Array, noise: float) -> Motion:
    return move._replace(psi_dot=(a / noise) ** 2)


def kappa_without_cross_term(move: Motion, a: Array, noise: float) -> Motion:
    return move._replace(kappa2=(a / noise) ** 2 + noise**2)


def static_variance_pays(patch: pytest.MonkeyPatch) -> None:
    def respond(system: Equilibrium, u: Array, guess: Array | None = None) -> Response:
        return system.economy.respond(system.static.variance, guess)

    patch.setattr(Equilibrium, "respond", respond)


def static_variance_is_said_to_pay(patch: pytest.MonkeyPatch) -> None:
    static_variance_pays(patch)
    patch.setattr(
        Reading,
        "paying_variance",
        lambda at, xi, psi=0.0, t=0.0: at.static_variance(xi, psi) + np.zeros(np.shape(t)),
    )


def one_signal(patch: pytest.MonkeyPatch) -> None:
    """A = k S^eta, whatever J: all of the technology agrees on it."""

    def power(self: PowerPrecision) -> tuple[float, float]:
        eta = self.spec.elasticity
        return self.spec.efficiency * eta, eta - 1.0

    def rate(self: PowerPrecision, total: Array) -> Array:
        return self.spec.efficiency * total**self.spec.elasticity

    patch.setattr(PowerPrecision, "power", property(power))
    patch.setattr(PowerPrecision, "rate", rate)


MOVED, CHOSEN = {"price", "variance", "log value"}, {"attention", "precision rate"}
EQUATIONS: dict[str, tuple[str, Break, set[str]]] = {
    "sign of k4": ("binary", change_rates(flip_k4), {"variance"}),
    "dropped half": ("binary", change_rates(drop_half), {"price"}),
    "psi": ("three_states", change_motion(public_learning_only), {"variance"}),
    "kappa": ("binary", change_motion(kappa_without_cross_term), {"price", "variance"}),
    "V^s for V": ("three_states", static_variance_pays, MOVED),
    "V^s for V, and said so": ("binary", static_variance_is_said_to_pay, CHOSEN),
    "no rho C": ("binary", change_rates(drop_cost), {"log value"}),
    "C for rho C": ("three_states", change_rates(pay_cost_unweighted), {"log value"}),
    "number of signals": ("many_signals", one_signal, CHOSEN),
}


@pytest.mark.parametrize("mutation", EQUATIONS)
def test_breaking_the_equations_is_caught(mutation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case, apply, noticed = EQUATIONS[mutation]
    apply(monkeypatch)
    assert noticed <= set(failed(solve(load_case(case, QUICKLY))))


# ------------------------------------------------------------------ all of verify


@pytest.mark.slow
@pytest.mark.parametrize("mutation", [*REPORTING, *EQUATIONS])
def test_verify_fails(mutation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case, apply, _ = (REPORTING | EQUATIONS)[mutation]
    apply(monkeypatch)
    try:
        assert not verify(load_case(case), quick=True).passed
    except SolveError:  # which ends the command with status 1 too
        pass


@pytest.mark.parametrize("case", ["binary", "three_states", "normal"])
def test_nothing_is_caught_where_nothing_is_broken(case: str) -> None:
    assert not failed(solved(case, QUICKLY))


def test_a_payoff_far_from_zero_is_no_less_right() -> None:
    """The value of a share, say: xi moves with psi by as much, and so do the fields."""
    far = {"payoff.low": 200.0, "payoff.high": 202.0, "market.initial_supply": 0.1}
    assert not failed(solved("uniform", {**QUICKLY, **far}))


def test_fields_where_nodes_are_few_are_held_to_what_fewer_nodes_change() -> None:
    """Few where the economy hardly gets: in doubt, but not by as much as a wrong reading is off."""
    found = solved("jackpot")
    (check,) = (one for one in second_route_checks(found) if "between" in one.name)
    tolerance = found.case.numerics.tolerance
    assert check.passed and check.note.endswith("nodes are few there")
    assert 10.0 * tolerance < check.value < check.bound <= 100.0 * tolerance


def test_linear_interpolation_is_caught_where_nodes_are_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = replace(solved("jackpot"))  # by solves that read as they should, and nothing kept
    linear_interpolation(monkeypatch)
    assert "fields between nodes and dates" in failed(found)


@pytest.mark.parametrize("more", [-4, 3, 13, 28])
def test_where_nodes_are_few_as_many_as_there_are_will_do(
    more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Splines of a degree or another differ there by more than polynomials do, on most counts."""
    found = solved("jackpot")
    n_xi, n_psi = found.space.n_xi + more, found.space.n_psi
    again = retrace(found, found.space.resized(n_xi, n_psi), found.times)
    assert "fields between nodes and dates" not in failed(again)
    linear_interpolation(monkeypatch)
    assert "fields between nodes and dates" in failed(again)


@pytest.mark.parametrize("apart", [1.0, 3.0])
def test_a_path_leads_to_a_payoff_not_between_two(apart: float) -> None:
    """Between them evidence never tells, and psi would grow beyond what anybody reaches."""
    keys = {"kind": "mixture", "means": [-apart, apart], "sds": [0.1, 0.1], "weights": [0.5, 0.5]}
    changed = {f"payoff.{key}": value for key, value in keys.items()}
    found = solve(load_case("three_states", {"numerics.tolerance": 1e-3, **changed}))
    checks = [one for one in second_route_checks(found) if "added up over time" in one.name]
    assert all(one.decided and one.value < 0.1 * one.bound for one in checks)


def test_a_path_that_has_no_end_decides_nothing(three_states: Solution) -> None:
    """As where attention goes on and off all the time; a few places are not enough for any."""
    for most, decided in ((20, False), (5000, True)):
        checks = second_route_checks(three_states, RouteTuning(most=most))
        found = [one for one in checks if "added up over time" in one.name]
        assert len(found) == 3
        assert all(one.passed and one.decided == decided for one in found)


def test_a_price_that_falls_is_caught(three_states: Solution) -> None:
    states = three_states.states.copy()
    felt = slice(*np.searchsorted(three_states.space.z, [-0.05, 0.05]))
    states[3, 0, felt, 0] -= np.linspace(0.0, 2.0, states[3, 0, felt].shape[0])
    assert "p_xi > 0" in failed(replace(three_states, states=states))
