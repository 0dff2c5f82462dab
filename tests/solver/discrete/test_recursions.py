"""The discrete model against direct recursions."""

from typing import Any

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.discrete.solution import DiscreteSolution
from pdesolve.solver.discrete.solver import solve_discrete
from pdesolve.typing import Array
from tests.solver.discrete.direct import Direct, normal_path
from tests.solver.discrete.economies import SKEWED, scales


@pytest.mark.parametrize(
    ("case", "changes"),
    [
        ("three_states", SKEWED),
        ("mixture", {}),
        ("paper", {}),
        ("capacity", {"attention.capacity": 0.55}),
        pytest.param("inattention", {"attention.cost.linear": 0.8}, marks=pytest.mark.slow),
    ],
)
def test_two_dates_agree_with_the_direct_recursion(case: str, changes: dict[str, Any]) -> None:
    economy = load_case(case, {**changes, "market.horizon": 0.5})
    found = solve_discrete(economy, 2)
    start = -economy.market.risk_aversion * economy.market.initial_supply
    xi = start + np.array([0.0, -1.0, -0.3, 0.5]) / make_prior(economy.payoff).sd
    check(found, xi, Direct(economy, 2))


@pytest.mark.slow
def test_three_dates_agree_with_the_direct_recursion() -> None:
    economy = load_case("three_states", SKEWED)
    check(solve_discrete(economy, 3), np.array([-0.45]), Direct(economy, 3))


def check(found: DiscreteSolution, xi: Array, direct: Direct) -> None:
    """Within the error bars at the first state, which is the initial one, and near elsewhere."""
    expected, attention = direct.at(0, xi, 0.0 * xi)
    assert found.converged
    for name, exact, scale in zip(
        ("price", "variance", "attention", "log_value"),
        (expected.price, expected.variance, attention, expected.log_value),
        scales(found)[[0, 1, 2, 4]],
        strict=True,
    ):
        gap = np.abs(getattr(found, name)(xi) - exact)
        assert gap[0] <= found.error[name] + 3e-7 * (scale or 1.0), name
        assert gap.max() <= (5e-3 if found.kinked else 1e-5) * (scale or 1.0), name


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"attention.capacity": 0.5},
        {"attention.cost.kind": "exponential", "attention.cost.rate": 2.0},
        {"attention.precision": "power", "attention.elasticity": 0.5, "attention.signals": 3},
        {"attention.cost.linear": 10.0},
    ],
)
def test_a_normal_payoff_agrees_with_the_recursion_along_its_path(changes: dict[str, Any]) -> None:
    economy = load_case("normal", {"payoff.sd": 1.3, **changes})
    found = solve_discrete(economy, 12, tol=1e-9)
    initial = found.initial
    exact = dict(zip(("variance", "attention", "log_value"), normal_path(economy, 12), strict=True))
    rho, supply, tau = economy.market.risk_aversion, economy.market.initial_supply, 1.3**-2
    assert initial.price == pytest.approx((5.0 * tau - rho * supply) / tau, abs=1e-12)
    for name, value in exact.items():
        kink = 2.0 * found.error[name] if found.kinked else 0.0
        gap = abs(getattr(initial, name) - value)
        assert gap <= 1e-8 * max(1.0, value) + kink, name
    if initial.attention > 0:
        psi = 0.5 * found.psi_reached[1]
        expected = (5.0 * tau + 2.0) / (tau + psi)
        assert float(found.price(2.0, psi, found.length)) == pytest.approx(expected, abs=1e-12)
