"""The discrete model: its error bars, and its continuous limit."""

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.solver.normal import normal_initial
from pdesolve.solver.values import ERRORS
from tests.solver.discrete.economies import SKEWED, scales, three_states, values
from tests.tools.solutions import discrete, solved

SLOWER = ["three_states", "mixture", "uniform"]


# ---------------------------------------------------------------- numerical errors


@pytest.mark.parametrize(
    "case", ["binary", "normal", *(pytest.param(c, marks=pytest.mark.slow) for c in SLOWER)]
)
def test_error_bars_hold(case: str) -> None:
    found, finer = discrete(case, 16), discrete(case, 16, tol=1e-7)
    assert found.converged
    assert finer.converged
    bars = np.array([found.error[name] + finer.error[name] for name in ERRORS])
    assert np.all(np.abs(values(found) - values(finer)) <= bars + 1e-14 * scales(found))
    assert np.all(bars <= 6e-5 * scales(found))
    assert max(bars / scales(found)) > 1e-8


@pytest.mark.slow
def test_error_bars_hold_where_attention_meets_its_cap() -> None:
    found, finer = discrete("capacity", 8), discrete("capacity", 8, tol=1e-5)
    assert found.kinked
    assert found.converged
    bars = np.array([found.error[name] + finer.error[name] for name in ERRORS])
    assert np.all(np.abs(values(found) - values(finer)) <= bars)


# ---------------------------------------------------------------- the limit


def test_two_values_approach_the_continuous_limit_in_first_order() -> None:
    economy = load_case("binary", {"market.initial_supply": 0.9})
    limit = values(solved(economy, tol=1e-7))
    found = [values(discrete(economy, n, tol=1e-7)) for n in (16, 32, 64)]
    gaps = [np.abs(each - limit) for each in found]
    np.testing.assert_allclose(gaps[1] / gaps[2], 2.0, atol=0.1)
    extrapolated = (8.0 * found[2] - 6.0 * found[1] + found[0]) / 3.0
    assert np.all(np.abs(extrapolated - limit) < 5e-3 * gaps[2])
    assert np.all(gaps[2] > 1e-4)


@pytest.mark.slow
def test_three_values_approach_the_continuous_limit_in_first_order() -> None:
    limit = values(solved("three_states", SKEWED))
    found = [values(three_states(n)) for n in (16, 32, 64)]
    gaps = [np.abs(each - limit) for each in found]
    np.testing.assert_allclose(gaps[1] / gaps[2], 2.0, atol=0.25)
    extrapolated = (8.0 * found[2] - 6.0 * found[1] + found[0]) / 3.0
    assert np.all(np.abs(extrapolated - limit) < 0.06 * gaps[2])


def test_volatility_approaches_the_continuous_limit_in_first_order() -> None:
    economy = load_case("normal")
    limit = normal_initial(economy).price_volatility
    gaps = [abs(discrete(economy, n).initial.price_volatility - limit) for n in (32, 64, 128)]
    assert gaps[0] / gaps[1] == pytest.approx(2.0, abs=0.25)
    assert gaps[1] / gaps[2] == pytest.approx(2.0, abs=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["baseline", "paper", "inattention", "uniform", "sample"])
def test_named_cases_approach_the_continuous_limit(case: str) -> None:
    limit = values(solved(case))
    found = [discrete(case, n) for n in (16, 32, 64)]
    gaps = [np.abs(values(each) - limit) for each in found]
    np.testing.assert_allclose(gaps[1] / gaps[2], 2.0, atol=0.25)
    extrapolated = (8.0 * values(found[2]) - 6.0 * values(found[1]) + values(found[0])) / 3.0
    assert np.all(np.abs(extrapolated - limit) < 0.1 * gaps[2])
