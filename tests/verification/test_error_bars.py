"""The bars that a solve prints are honest, and not much too wide."""

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution
from tests.tools import error_bars
from tests.tools.error_bars import Verdict, assess, main, random_case, summary, table
from tests.tools.families import FAMILIES, family_case

QUICK = [2, 3, 6, 8, 10]  # random cases that take no time


@pytest.mark.parametrize("seed", QUICK)
def test_random_case_stays_under_its_bar(seed: int) -> None:
    verdict = assess(random_case(seed))
    assert verdict.converged and not verdict.misses
    assert verdict.width < 100


@pytest.mark.parametrize("name", ["binary", "uniform", "many_signals"])
def test_named_case_stays_under_its_bar(name: str) -> None:
    verdict = assess(load_case(name))
    assert verdict.converged and not verdict.misses
    assert max(verdict.errors.values()) <= 1e-5


def test_random_cases_are_all_different_and_reproducible() -> None:
    cases = [random_case(seed) for seed in range(40)]
    assert cases[7] == random_case(7)
    assert len({repr(case) for case in cases}) == 40
    kinds = {case.payoff.kind for case in cases}
    assert kinds == {"discrete", "normal", "mixture", "uniform", "lognormal", "beta", "sample"}
    assert {case.attention.precision for case in cases} >= {"linear", "power"}


def test_a_bar_that_is_too_small_is_a_miss() -> None:
    errors = {"price": 2e-6, "variance": 1e-7}
    verdict = Verdict("x", True, "", errors, {"price": 1e-6, "variance": 1e-6}, 0.0)
    assert verdict.misses == ["price"]
    assert verdict.excess == pytest.approx(2.0)
    assert verdict.excess == pytest.approx(2.0)
    assert verdict.width == pytest.approx(np.median([0.5, 10.0]))
    said = summary([verdict], 1e-5)
    assert "under the bar in 0 (0.0%)" in said
    assert "largest miss 2.0 times the bar; 0 converged cases are off by more" in said
    assert "| x | 1 | 1 | 1 | 0 | 2.0 |" in table({"x": [verdict]})


@pytest.mark.parametrize(("from_then_on", "missed"), [(1e-4, False), (0.0, True)])
def test_a_miss_counts_if_a_closer_reference_says_so(
    monkeypatch: pytest.MonkeyPatch, from_then_on: float, missed: bool
) -> None:
    """References for tolerances from there on have another supply."""
    case, other = load_case("binary"), load_case("binary", {"market.initial_supply": 0.1})

    def wrong(found: Solution, tolerance: float) -> Solution:
        return solve(other if tolerance >= from_then_on else case, tol=0.1 * tolerance)

    monkeypatch.setattr(error_bars, "far_finer", wrong)
    assert bool(assess(case, 1e-4).misses) == missed


@pytest.mark.parametrize("family", FAMILIES)
def test_families_are_reproducible_and_differ(family: str) -> None:
    cases = [family_case(family, seed) for seed in range(5)]
    assert cases[3] == family_case(family, 3)
    assert len({repr(case) for case in cases}) == 5


@pytest.mark.parametrize(
    "family", [pytest.param("singular betas", marks=pytest.mark.slow), "supply risks"]
)
def test_family_case_stays_under_its_bar(family: str) -> None:
    verdict = assess(family_case(family, 1), 1e-4)
    assert verdict.errors and not verdict.misses, verdict


@pytest.mark.slow
def test_the_study() -> None:
    """Two cases of each family at 1e-4, and the named ones: a sample of the study."""
    solved = [v for some in main(1e-4, 2).values() for v in some if v.errors]
    assert len(solved) >= 35
    assert np.mean([not verdict.misses for verdict in solved]) >= 0.95
    assert np.median([verdict.width for verdict in solved]) <= 20.0
