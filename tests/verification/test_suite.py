"""The verification report: what passes and what fails."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model import equations
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from pdesolve.verification.discrete_limit import period_checks, to_the_limit
from pdesolve.verification.error_bars import bars
from pdesolve.verification.identities import identity_checks
from pdesolve.verification.implications import implication_checks
from pdesolve.verification.suite import QUICK, Report, simulated, verify


def test_a_right_solution_passes(verified: Report) -> None:
    assert verified.passed, verified.failures
    groups = {check.group for check in verified.checks}
    assert groups == {
        "error bars",
        "identities",
        "second route",
        "claims",
        "law of the states",
        "manufactured solutions",
        "discrete model",
        "simulation",
    }
    assert all(np.isfinite(check.value) and check.value <= check.bound for check in verified.checks)


def test_a_wrong_right_hand_side_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without kappa² p_xi² in the variance: whatever does not share the equations notices."""
    right = equations.rates

    def wrong(*arguments: Any) -> Array:
        out, jet, static, move = right(*arguments), *arguments[1:4]
        out[..., 1] -= move.kappa2 * (static.variance + jet[0, ..., 0]) ** 2
        return out

    monkeypatch.setattr(equations, "rates", wrong)
    solution = solve(load_case("binary"), tol=1e-4)
    assert any(not check.passed for check in identity_checks(solution))
    assert any(not check.passed for check in simulated(solution, QUICK))
    failed = {check.name for check in implication_checks(solution) if not check.passed}
    assert failed == {
        "variance from options (Carr and Madan)",
        "variance: Var^Q of the price + E^Q V, by their law",
    }
    shorter = to_the_limit(solution, (16, 32, 64))
    assert any(not check.passed for one in shorter for check in period_checks(one, kink=False))


def test_bars_that_are_too_small_are_noticed(normal: Solution) -> None:
    assert all(check.passed for check in bars(normal))
    proud = replace(normal, error={name: 1e-3 * bar for name, bar in normal.error.items()})
    failed = [check.name for check in bars(proud) if not check.passed]
    assert any(name.startswith("variance: ") for name in failed)


@pytest.mark.parametrize("tol", [1e-4, 1e-5, 1e-6])
@pytest.mark.parametrize("name", ["market", "normal"])
def test_the_reference_of_one_line_is_finer_than_its_bars(name: str, tol: float) -> None:
    """Which are measured there, a hundredth of the tolerance or less: 1.3 times over once."""
    assert [check.name for check in bars(solve(load_case(name), tol=tol)) if not check.passed] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("baseline", "normal", "binary", "three_states", "inattention"),
        *("jackpot", "heavy_tails"),
    ],
)
def test_named_cases_pass_in_full(name: str) -> None:
    found = verify(load_case(name))
    assert found.passed, found.failures
