"""A two-point payoff, whose variance is that of its price."""

import numpy as np
import pytest

from pdesolve.case import Case, DiscretePayoff, LinearAttention, PowerCost
from tests.model.examples import case_of
from tests.tools.solutions import solved


def binary(**numerics: float) -> Case:
    payoff = DiscretePayoff(values=(0.0, 1.0), probabilities=(0.5, 0.5))
    cost = PowerCost(scale=0.08, exponent=2.0)
    attention = LinearAttention(signals=1, efficiency=1.0, cost=cost)
    return case_of(payoff, attention, **numerics)


def test_variance_of_a_solved_two_point_case_is_that_of_its_price() -> None:
    solution = solved(binary(tolerance=1e-6))
    assert solution.converged
    data = solution.to_dataset()
    p, v = data["price"].to_numpy(), data["variance"].to_numpy()
    assert p.min() < 1e-3 and p.max() > 0.999
    np.testing.assert_allclose(v, p * (1 - p), atol=1e-6)


def test_second_state_is_idle_for_a_two_point_payoff() -> None:
    xi = np.linspace(-3, 3, 13)
    flat = solved(binary(tolerance=1e-6))
    full = solved(binary(tolerance=1e-6, psi_nodes=13))
    assert flat.space.n_psi == 1 and full.space.n_psi > 1
    np.testing.assert_allclose(full.price(xi), flat.price(xi), atol=1e-6)
    np.testing.assert_allclose(full.variance(xi), flat.variance(xi), atol=1e-6)
    np.testing.assert_allclose(full.log_value(xi), flat.log_value(xi), atol=1e-6)
    assert flat.initial.precision_rate == pytest.approx(1.0416667, abs=1e-6)
    assert flat.initial.log_value == pytest.approx(-0.2156477, abs=1e-6)
    assert float(flat.price(2.0)) == pytest.approx(0.8104349, abs=1e-6)
    static = np.log((1 + np.exp(2.0)) / 2)
    assert float(flat.log_value(2.0)) - static == pytest.approx(-0.1727131, abs=1e-6)
