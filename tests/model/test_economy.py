"""Economies too extreme for floating-point numbers end in a sentence."""

import warnings

import pytest

from pdesolve.case import load_case
from pdesolve.cli import program as cli
from pdesolve.model.economy import Economy, OutOfReach
from pdesolve.solver.pde.solver import solve
from tests.tools.program import Capture

CERTAIN = "the payoff is as good as certain"
LEARNED = "can be learned, above 1e\\+15"
RISK = "supply risk rho sigma sqrt"
POSITION = "initial supply rho n0 is"


@pytest.mark.parametrize(
    ("name", "key", "value", "said"),
    [
        ("baseline", "market.initial_supply", 1000.0, CERTAIN),
        ("baseline", "market.initial_supply", -1000.0, CERTAIN),
        ("binary", "market.initial_supply", 1e4, CERTAIN),
        ("three_states", "market.initial_supply", 1e40, POSITION),
        ("normal", "market.initial_supply", 1e20, POSITION),
        ("baseline", "market.risk_aversion", 1e-40, LEARNED),
        ("baseline", "market.risk_aversion", 9.2e18, RISK),
        ("baseline", "market.supply_volatility", 1e-10, LEARNED),
        ("baseline", "market.supply_volatility", 1e40, RISK),
        ("baseline", "market.horizon", 1e40, RISK),
        ("baseline", "attention.efficiency", 1e40, LEARNED),
        ("baseline", "attention.cost.scale", 1e-14, LEARNED),
        ("uniform", "attention.cost.scale", 1e-40, LEARNED),
    ],
)
def test_what_is_out_of_reach_is_said(name: str, key: str, value: float, said: str) -> None:
    with pytest.raises(OutOfReach, match=f"^{name}: .*{said}"):
        Economy.of(load_case(name, {key: value}))


@pytest.mark.parametrize(
    "change", ["market.initial_supply=1000", "market.risk_aversion=1e-40", "market.horizon=1e40"]
)
def test_the_program_says_so_in_a_line(change: str, capsys: Capture) -> None:
    assert cli.main(["solve", "baseline", "--set", change]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("pdesolve: not solved: baseline: ")


@pytest.mark.parametrize("supply", [25.0, 30.0, 100.0, -100.0])
def test_a_variance_is_never_negative(supply: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = solve(load_case("baseline", {"market.initial_supply": supply}), tol=1e-3)
    assert found.initial.variance >= 0.0
    assert found.bars["variance"] > 0.0
    assert (found.to_dataset(everywhere=True)["variance"].to_numpy() >= 0.0).all()


@pytest.mark.parametrize("size", [1e-20, 1e-40])
def test_small_numbers_are_solved(size: float) -> None:
    for key in ("market.horizon", "attention.efficiency", "attention.capacity"):
        assert solve(load_case("binary", {key: size}), tol=1e-2).converged, key
