"""Which points a sweep has."""

from typing import Any

import numpy as np
import pytest

import pdesolve
from pdesolve.case import CaseError, load_case
from pdesolve.studies.plan import make_plan, parse_vary
from tests.tools.sweeps import COST, RHO, Axes


def test_slopes_are_taken_to_real_parameters_only() -> None:
    case = load_case("binary")
    assert make_plan(case, {RHO: [1, 2]}).slopes == (RHO,)
    assert make_plan(case, {RHO: [1, 2]}, False).slopes == ()
    assert make_plan(case, {RHO: [1, 2], COST: [1, 2]}).slopes == ()
    vary: Axes = {RHO: [1, 2], "attention.signals": [1, 2], "numerics.tolerance": [1e-3, 1e-2]}
    assert make_plan(case, vary, True).slopes == (RHO,)


def test_ranges_are_exact_at_their_ends_and_round_inside() -> None:
    found = parse_vary([f"{RHO}=0.1:0.7:7", "market.horizon=0.01:10:4:log"])
    assert found[RHO] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert found["market.horizon"] == [0.01, 0.1, 1.0, 10.0]
    assert parse_vary([f"{RHO}=3:1:3"]) == {RHO: [3.0, 2.0, 1.0]}
    assert parse_vary(["a=1,2.5,inf"]) == {"a": [1, 2.5, np.inf]}
    assert parse_vary(["payoff.kind=normal,uniform"]) == {"payoff.kind": ["normal", "uniform"]}
    plan = make_plan(load_case("binary"), {"attention.signals": [1.0, 3.0]})
    assert plan.axes == {"attention.signals": (1, 3)}


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({}, "at least one key"),
        ([RHO], r"vary must map keys to values, got \['market.risk_aversion'\]"),
        ({RHO: []}, "over at least one value"),
        ({RHO: 1.0}, "over a list of values"),
        ({RHO: "12"}, "over a list of values"),
        ({RHO: [True]}, "over numbers or words"),
        ({RHO: [[1.0]]}, "over numbers or words"),
        ({RHO: [None]}, "must be a number"),
    ],
)
def test_bad_axes_in_python_are_case_errors(vary: Any, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        pdesolve.sweep(load_case("binary"), vary)
