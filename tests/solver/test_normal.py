"""Closed forms against themselves by a second route, and against quadrature."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.integrate import quad

from pdesolve.case import Case, load_case
from pdesolve.model.attention.response import best_response
from pdesolve.model.attention.technology import Technology
from pdesolve.model.equations import motion
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.normal import (
    NormalPath,
    no_information,
    normal_initial,
    normal_log_mass,
    normal_path,
    normal_price,
    one_period,
)
from pdesolve.solver.values import InitialState
from pdesolve.typing import Array

ODD: dict[str, Any] = {"payoff.sd": 1.3, "market.risk_aversion": 1.4}
TECHNOLOGIES: dict[str, dict[str, Any]] = {
    "linear": {},
    "cheap": {"attention.cost.scale": 0.01, "market.horizon": 2.0},
    "power, exponential cost": {
        "attention.precision": "power",
        "attention.efficiency": 1.0,
        "attention.elasticity": 0.5,
        "attention.signals": 3,
        "attention.cost.kind": "exponential",
        "attention.cost.rate": 1.5,
    },
    "exponential": {
        "attention.precision": "exponential",
        "attention.sensitivity": 1.0,
        "attention.signals": 2,
        "attention.cost.kind": "exponential",
        "attention.cost.rate": 2.0,
        "attention.cost.scale": 0.02,
        "market.supply_volatility": 3.0,
    },
    "always capped": {"attention.capacity": 0.1},
    "nobody attends": {"attention.cost.linear": 10.0},
}


class Solved(NamedTuple):
    """A case, its path at quadrature times and at equidistant ones, and its initial state."""

    case: Case
    tau: float
    weights: Array
    inside: NormalPath
    path: NormalPath
    initial: InitialState


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(n, marks=pytest.mark.slow) if n == "exponential" else n for n in TECHNOLOGIES
    ],
)
def solved(request: pytest.FixtureRequest) -> Solved:
    case = load_case("normal", ODD | TECHNOLOGIES[request.param])
    horizon = case.market.horizon
    # Gauss-Legendre in log(t + horizon/1e5): most is learned at once where attention is cheap
    x, w = np.polynomial.legendre.leggauss(160)
    span = 0.5 * np.log(1.0 + 1e5)
    since = np.exp(span * (1.0 + x)) * horizon / 1e5
    even = np.linspace(0.0, horizon, 9)
    both = normal_path(case, np.concatenate([since - horizon / 1e5, even]))
    cuts = slice(None, 160), slice(160, None)
    inside, path = (NormalPath(**{k: v[cut] for k, v in vars(both).items()}) for cut in cuts)
    return Solved(case, tau_of(case), w * span * since, inside, path, normal_initial(case))


def tau_of(case: Case) -> float:
    return 1.0 / make_prior(case.payoff).variance


def test_path_is_its_own_integral(solved: Solved) -> None:
    case, tau, weights, path, ends, initial = solved
    market = case.market
    move = motion(market, path.precision_rate)
    known = 1.0 / (tau + path.psi)
    # kappa² = rho sigma kappa + psi_dot, and psi_dot/(tau + psi)² is the fall of 1/(tau + psi)
    assert initial.variance == pytest.approx(1 / tau + weights @ (move.risk * known**2), rel=1e-11)
    assert ends.psi[-1] == pytest.approx(weights @ move.psi_dot, rel=1e-11, abs=1e-15)
    cost = Technology.of(case.attention).cost.value(path.attention)
    spent = weights @ (market.risk_aversion * cost - 0.5 * move.risk * known)
    n0, rho = market.initial_supply, market.risk_aversion
    mass = float(normal_log_mass(case, -rho * n0))
    assert initial.log_value == pytest.approx(mass + spent, rel=1e-11)


def test_path_ends_are_known(solved: Solved) -> None:
    case, tau, _, _, path, _ = solved
    assert path.psi[0] == pytest.approx(0.0, abs=1e-12 * max(tau, float(path.psi[-1])))
    assert path.variance[-1] == pytest.approx(1.0 / (tau + path.psi[-1]), rel=1e-12)
    assert path.log_deviation[-1] == 0.0
    technology, rho = Technology.of(case.attention), case.market.risk_aversion
    response = best_response(technology, rho, path.variance)
    np.testing.assert_array_equal(path.attention, response.attention)
    np.testing.assert_array_equal(path.precision_rate, response.precision_rate)
    assert np.all(np.diff(path.psi) >= 0) and np.all(np.diff(path.variance) < 0)


def test_initial_state_is_consistent(solved: Solved) -> None:
    case, tau, _, _, path, state = solved
    market = case.market
    assert state.variance == pytest.approx(path.variance[0], rel=1e-13)
    assert state.attention == pytest.approx(path.attention[0], rel=1e-12)
    assert state.precision_rate == pytest.approx(path.precision_rate[0], rel=1e-12)
    supply = market.risk_aversion * market.supply_volatility
    kappa = state.precision_rate / supply + supply
    assert state.price_volatility == pytest.approx(kappa / tau, rel=1e-13)
    worth = market.initial_supply * state.price + state.log_value / market.risk_aversion
    assert state.certainty_equivalent_gain == pytest.approx(-worth, rel=1e-13)
    assert state.certainty_equivalent_gain >= 0.0
    assert state.price == pytest.approx(5.0 - market.risk_aversion * 0.25 / tau, rel=1e-14)
    assert state.static_price == state.price
    assert state.static_variance == pytest.approx(1 / tau, rel=1e-14)


def test_path_has_the_shape_of_its_times() -> None:
    case = load_case("market")
    path = normal_path(case, [[0.0, 0.25], [0.5, 1.0]])
    assert path.psi.shape == path.times.shape == path.log_deviation.shape == (2, 2)
    again = normal_path(case)
    np.testing.assert_array_equal(again.times, np.linspace(0.0, 1.0, 65))
    assert again.psi[16] == pytest.approx(path.psi[0, 1], rel=1e-13)


def test_constant_attention_integrates_by_hand() -> None:
    case = load_case("normal", ODD | TECHNOLOGIES["always capped"])
    market, tau = case.market, tau_of(case)
    rho, horizon, s = market.risk_aversion, market.horizon, case.attention.capacity
    technology = Technology.of(case.attention)
    move = motion(market, technology.precision.rate(np.asarray(s)))
    speed, risk = float(move.psi_dot), float(move.risk)
    path = normal_path(case)
    left = tau + speed * horizon
    np.testing.assert_allclose(path.psi, speed * path.times, rtol=1e-12, atol=1e-13)
    assert path.variance[0] == pytest.approx(
        1 / tau + risk / speed * (1 / tau - 1 / left), rel=1e-12
    )
    cost = float(technology.cost.value(np.asarray(s)))
    assert path.log_deviation[0] == pytest.approx(
        rho * cost * horizon - 0.5 * risk / speed * np.log(left / tau), rel=1e-12
    )


def test_without_attention_the_path_is_the_no_information_benchmark() -> None:
    case = load_case("normal", ODD | TECHNOLOGIES["nobody attends"])
    found, expected = normal_initial(case), no_information(case)
    for name in ("variance", "log_value", "certainty_equivalent_gain", "price_volatility"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-12)
    assert found.attention == found.precision_rate == 0.0
    market = case.market
    risk = (market.risk_aversion * market.supply_volatility) ** 2 * market.horizon
    assert expected.variance == pytest.approx(1.69 + risk * 1.69**2, rel=1e-14)
    assert expected.price_volatility == pytest.approx(1.4 * 0.8 * 1.69, rel=1e-14)
    xi = -1.4 * 0.25
    mass = 5.0 * xi + 0.5 * 1.69 * xi**2
    assert expected.log_value == pytest.approx(mass - 0.5 * risk * 1.69, rel=1e-13)


def test_dear_attention_approaches_the_no_information_benchmark() -> None:
    gaps = []
    for scale in (1e3, 1e4):
        case = load_case("normal", {"attention.cost.scale": scale})
        gaps.append(abs(no_information(case).variance - normal_initial(case).variance))
    assert gaps[0] < 1e-2
    assert gaps[0] / gaps[1] == pytest.approx(10.0, rel=0.01)


@pytest.mark.parametrize(("xi", "psi"), [(0.0, 0.0), (2.0, 0.0), (-1.5, 3.0)])
def test_price_and_log_mass_are_the_tilted_normal(xi: float, psi: float) -> None:
    case = load_case("normal", {"payoff.mean": 0.7, "payoff.sd": 1.3})

    def tilted(x: float) -> float:
        standard = (x - 0.7) / 1.3
        density = np.exp(-0.5 * standard**2) / (1.3 * np.sqrt(2 * np.pi))
        return float(density * np.exp(xi * x - 0.5 * psi * x**2))

    mass = quad(tilted, -15, 20, epsabs=1e-13, points=[0.7])[0]
    mean = quad(lambda x: x * tilted(x), -15, 20, epsabs=1e-13, points=[0.7])[0] / mass
    assert float(normal_log_mass(case, xi, psi)) == pytest.approx(np.log(mass), abs=1e-11)
    assert float(normal_price(case, xi, psi)) == pytest.approx(mean, abs=1e-11)


def test_more_accuracy_than_there_is_can_be_asked_for() -> None:
    case = load_case("market")  # SciPy's warning would be an error
    asked, usual = normal_initial(case, rtol=1e-14), normal_initial(case)
    assert asked.variance == pytest.approx(usual.variance, rel=1e-12)


def test_price_broadcasts() -> None:
    case = load_case("normal")
    xi, psi = np.linspace(-1, 1, 3)[:, None], np.array([0.0, 2.0])
    assert normal_price(case, xi, psi).shape == normal_log_mass(case, xi, psi).shape == (3, 2)
    assert normal_price(case, 0.5, 0.5) == pytest.approx((5.0 + 0.5) / 1.5, rel=1e-15)


@pytest.mark.parametrize("name", ["linear", "cheap", "power, exponential cost"])
def test_one_period_leaves_no_better_choice(name: str) -> None:
    case = load_case("normal", ODD | TECHNOLOGIES[name])
    market, tau = case.market, tau_of(case)
    delta, rho = 0.5 * market.horizon, market.risk_aversion
    found = one_period(case)
    assert found.variance == pytest.approx(1.0 / (tau + found.psi), rel=1e-12)
    rs = rho * market.supply_volatility
    learned = (found.precision_rate / rs) ** 2 * delta  # from the price, about supply's noise
    assert found.psi == pytest.approx(learned + found.precision_rate * delta, rel=1e-13)

    # An investor alone: certainty equivalent log(own precision)/(2 rho), less the cost. To first
    # order in the precision bought, as in the limit of many small choices.
    own = found.attention * np.linspace(0.5, 1.5, 100_001)
    technology = Technology.of(case.attention)
    extra = (technology.precision.rate(own) - found.precision_rate) * delta
    utility = np.log1p(extra * found.variance) / (2 * rho) - technology.cost.value(own) * delta
    assert own[np.argmax(utility)] == pytest.approx(found.attention, rel=2e-5)


def test_one_period_without_attention() -> None:
    found = one_period(load_case("normal", TECHNOLOGIES["nobody attends"]))
    assert found == (0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("closed_form", [normal_initial, no_information, one_period])
def test_other_payoffs_are_refused(closed_form: Any) -> None:
    with pytest.raises(ValueError, match=r"uniform: payoff\.kind must be normal here, got uniform"):
        closed_form(load_case("uniform"))


def test_a_mixture_of_one_normal_is_normal() -> None:
    one = {"payoff.kind": "mixture", "payoff.means": [5.0, 5.0], "payoff.sds": [1.0, 1.0]}
    mixed = load_case("normal", {**one, "payoff.weights": [0.3, 0.7]})
    assert normal_initial(mixed) == normal_initial(load_case("normal"))
