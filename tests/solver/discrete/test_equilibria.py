"""Several attentions that are best responses to what they leave."""

from typing import Any

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.discrete.solver import solve_discrete
from tests.solver.discrete.direct import Direct
from tests.solver.discrete.economies import three_states
from tests.tools.solutions import discrete

LOTTERY: dict[str, Any] = {
    "market.horizon": 0.1,
    "attention.precision": "linear",
    "attention.efficiency": 1.0,
    "attention.cost.kind": "power",
    "attention.cost.scale": 0.02,
    "attention.cost.exponent": 2.0,
    "attention.cost.linear": 0.225,
}
RHO, SIGMA, DELTA, SUPPLY = 1.0, 0.5, 0.05, 0.2
PAYOFFS, CHANCES = np.array([0.9, 1.2, 6.0]), np.array([0.65, 0.31, 0.04])
REPORTED = "; several attentions are best responses at "


def paid(a: float, delta: float = DELTA) -> float:
    """E^Q[V'] at the first of two dates, from sections 2 and 3 of derivation.md.

    Given the payoff the common demand moves by theta, and the payoff's weights at the last date are
    F exp(xi x - psi x^2/2); under Q they are integrated against the reference law.
    """
    theta, rs = np.linspace(-9.0, 9.0, 4001) * SIGMA * delta**0.5, RHO * SIGMA
    xi = -RHO * SUPPLY - (a / rs + rs) / SIGMA * theta
    psi = (a**2 / rs**2 + a) * delta
    weight = CHANCES * np.exp(xi[:, None] * PAYOFFS - 0.5 * psi * PAYOFFS**2)
    mass = weight.sum(axis=1)
    price = weight @ PAYOFFS / mass
    variance = weight @ PAYOFFS**2 / mass - price**2
    kernel = mass * np.exp(RHO * theta * price + 0.5 * a * delta * price**2)
    kernel *= np.exp(-0.5 * (theta / SIGMA) ** 2 / delta)
    return float(np.sum(kernel * variance) / np.sum(kernel))


def response(a: float) -> float:
    """Best response to A at the first of two dates."""
    return max(0.0, (paid(a) / (2.0 * RHO) - 0.225) / 0.02)


@pytest.mark.parametrize("a", [0.2, 0.6, 2.0])
def test_attention_can_add_variance_one_period_before_the_static_market(a: float) -> None:
    delta, step = 1e-6, 0.05
    weight = CHANCES * np.exp(-RHO * SUPPLY * PAYOFFS)
    apart = PAYOFFS - weight @ PAYOFFS / weight.sum()
    variance, fourth = (float(weight @ apart**n / weight.sum()) for n in (2, 4))
    k4, rs = fourth - 3.0 * variance**2, RHO * SIGMA
    expected = 0.5 * k4 - (2.0 * a / rs**2 + 1.0) * variance**2
    found = (paid(a + step, delta) - paid(a - step, delta)) / (2.0 * step * delta)
    assert found == pytest.approx(expected, rel=2e-3)
    assert expected > 0.0


def test_three_fixed_points_are_found_and_reported_and_the_least_is_taken() -> None:
    found = discrete("lottery", 2, LOTTERY)
    assert found.converged
    assert len(found.alternatives) == 3
    np.testing.assert_allclose(found.alternatives, [0.0, 0.028, 0.463], rtol=0, atol=5e-4)
    for a in found.alternatives:
        assert response(a) == pytest.approx(a, abs=2e-4)
    grid = np.linspace(0.001, 3.0, 300)
    excess = np.array([response(a) - a for a in grid])
    assert np.sum(np.diff(np.sign(excess)) != 0) == 2
    assert response(0.0) == 0.0
    assert found.initial.attention == 0.0
    assert 0.0 < found.several < 0.1
    assert REPORTED in found.message
    assert "at t = 0 A = 0, 0.02795, 0.4628: the least is taken" in found.message


def test_the_least_is_taken_wherever_the_search_begins() -> None:
    found = discrete("lottery", 2, LOTTERY)
    zeta, psi = found.mesh.nodes(0)
    several = found.counts[0] > 1
    assert several.sum() > 1
    economy = load_case("lottery", LOTTERY)
    xi = zeta[several] + make_prior(economy.payoff).centre * psi[several]
    rates, direct = found.rates[0][several], Direct(economy, 2)

    def excess(a: np.ndarray) -> np.ndarray:
        cost = direct.technology.cost.value(a)
        later = direct.expect(0, xi, psi[several], a, cost)[1]
        return direct.respond(later) - a

    for share in (0.02, 0.2, 0.5, 0.9):  # attention is worth more than it costs below the least
        assert np.all(excess(share * rates)[rates > 0.0] > 0.0)
    assert np.all(excess(0.0 * rates)[rates == 0.0] <= 0.0)
    np.testing.assert_allclose(excess(rates), 0.0, atol=1e-5)


def test_a_unique_attention_needs_no_words() -> None:
    found = three_states(8)
    assert found.several == 0.0
    assert found.alternatives == ()
    assert found.message.startswith("converged: ")
    assert REPORTED not in found.message


@pytest.mark.slow
def test_shorter_periods_leave_one() -> None:
    found = solve_discrete(load_case("lottery", {**LOTTERY, "market.horizon": 0.01}), 2)
    assert found.alternatives == ()
    assert found.several == 0.0
