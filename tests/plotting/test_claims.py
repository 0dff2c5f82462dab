"""Figures that captions quote from other cases than those they show."""

import pytest

from pdesolve.case import load_case
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.values import InitialState

NOBODY: dict[str, object] = {"attention.capacity": 1e-9}


def initial(case: str, changes: dict[str, object]) -> InitialState:
    found = solve(load_case(case, changes), tol=1e-4)
    assert found.converged
    return found.initial


@pytest.mark.parametrize(
    ("case", "noise", "worth"), [("three_states", 0.25, -0.017), ("binary", 0.5, 0.008)]
)
def test_how_much_noise_makes_attention_a_loss_depends_on_the_case(
    case: str, noise: float, worth: float
) -> None:
    changes: dict[str, object] = {"market.supply_volatility": noise}
    gain, without = (initial(case, changes | x).certainty_equivalent_gain for x in ({}, NOBODY))
    assert gain - without == pytest.approx(worth, abs=5e-4)


def test_shortly_before_the_payoff_attention_takes_the_price_away_from_the_static_one() -> None:
    soon: dict[str, object] = {"market.horizon": 0.1}
    found, without = initial("binary", soon), initial("binary", soon | NOBODY)
    assert found.static_price == pytest.approx(0.2852, abs=5e-5)
    assert without.price == pytest.approx(0.2972, abs=5e-5)
    assert found.price == pytest.approx(0.2991, abs=5e-5)
    later, nobody = initial("binary", {}), initial("binary", NOBODY)
    assert later.static_price < later.price < nobody.price
