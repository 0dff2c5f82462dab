"""Cases that are hard to solve: values found apart on far finer grids, with many more steps.

By `far_finer` of tests/tools/error_bars.py, whose own error is a hundredth of these bars.
"""

import pytest

from pdesolve.case import Case, case_from_dict, case_to_dict, load_case
from pdesolve.model.economy import Economy
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.solver.pde.solver import solve
from tests.tools.error_bars import random_case
from tests.tools.families import family_case


def two_peaks() -> Case:
    """Two peaks, and a price on the first unit of attention that is just not worth it at first."""
    body = case_to_dict(load_case("mixture"))
    body["payoff"] = {
        "kind": "mixture",
        "means": [0.0, 2.65],
        "sds": [0.21, 0.27],
        "weights": [0.33, 0.67],
    }
    market = {"risk_aversion": 2.5, "supply_volatility": 0.63, "initial_supply": -0.45}
    body["market"] |= {**market, "horizon": 1.12}
    cost = {"kind": "power", "scale": 1.08, "exponent": 2.0, "linear": 0.74}
    body["attention"] = {"signals": 1, "precision": "linear", "efficiency": 3.34, "cost": cost}
    return case_from_dict(body, "two-peaks")


def rare_loss() -> Case:
    """A loss of eight times what is hoped for, with a probability of five in ten thousand."""
    body = case_to_dict(load_case("disaster"))
    chances = {"values": [-8.0, 0.0, 1.0], "probabilities": [5e-4, 0.4995, 0.5]}
    body["payoff"] = {"kind": "discrete", **chances}
    market = {"risk_aversion": 1.87, "supply_volatility": 1.0, "initial_supply": 0.3}
    body["market"] |= {**market, "horizon": 1.0}
    cost = {"kind": "power", "scale": 0.268, "exponent": 2.0}
    body["attention"] = {"signals": 1, "precision": "linear", "efficiency": 3.5, "cost": cost}
    return case_from_dict(body, "rare-loss")


def test_narrow_gaps_count_where_wide_ones_leave_too_many_nodes() -> None:
    """A lottery in a market that believes in its better value: no grid got through in 10 s."""
    case = family_case("skewed lotteries", 96603)
    assert len(choose_domain(Economy.of(case), 1e-4).lines) == 2
    found = solve(case, tol=1e-4)
    assert found.converged
    assert found.space.n_xi < 150
    for name, true in {"price": 0.777687069, "variance": 0.172889913}.items():
        assert abs(getattr(found.initial, name) - true) < found.bars[name]


def test_a_thin_grid_that_blew_up_says_nothing() -> None:
    """On 56 xi nodes fields of 1e22 were believed: no nodes were enough, for a minute."""
    found = solve(family_case("narrow mixtures", 102500), tol=1e-5)
    assert found.converged and found.space.n_psi < 100
    values = {"price": 1.16114282, "variance": 0.46409668, "log_value": -2.721733}
    for name, true in values.items():
        assert abs(getattr(found.initial, name) - true) < found.bars[name]


def test_where_nobody_attends_attention_nearby_does_not_count() -> None:
    """The variance is clearly below the threshold: attention is zero, and certainly so."""
    found = solve(two_peaks(), tol=1e-4)
    threshold = found.economy.kinks[0].variance
    assert found.initial.variance + 100.0 * found.bars["variance"] < threshold
    assert found.converged
    assert found.bars["attention"] == found.bars["precision_rate"] == 0.0
    assert found.space.n_xi < 150
    values = {"price": 2.40844525, "variance": 1.02823901, "log_value": 2.13582193}
    for name, true in values.items():
        assert abs(getattr(found.initial, name) - true) < found.bars[name]


def test_signs_of_errors_seen_on_few_nodes_are_not_believed() -> None:
    """Few xi nodes see that of the steps with the wrong sign: a bar was 1.12 times too low."""
    found = solve(rare_loss(), tol=1e-4)
    assert found.converged and found.space.clusters is not None
    values = {"price": -0.22396567, "variance": 5.0432415, "log_value": -0.39448900}
    for name, true in values.items():
        assert abs(getattr(found.initial, name) - true) < found.bars[name]


@pytest.mark.slow
def test_errors_along_psi_may_rise_twice_before_they_fall() -> None:
    """Attention starts close to a kink, and few lines see it: the fallback was off by 2e-4."""
    found = solve(random_case(138503), tol=1e-4)
    assert found.converged and found.space.n_psi < 200
    values = {"price": 2.43760841, "variance": 2.78652586, "precision_rate": 0.00811986718}
    for name, true in values.items():
        assert abs(getattr(found.initial, name) - true) < found.bars[name]
