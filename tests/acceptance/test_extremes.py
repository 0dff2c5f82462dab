"""Far corners of the parameters: an answer within the tolerance, or one sentence that says no."""

import math
from typing import Any

import pytest

from pdesolve.case import Case, load_case
from pdesolve.solver import normal as exact
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.pde.solver import SolveError, solve
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS, InitialState

Changes = dict[str, Any]

PAYOFFS: dict[str, tuple[float, Changes]] = {  # sd, and how to ask for it
    "three": (
        math.sqrt(1.29),
        {"kind": "discrete", "values": [0.0, 1.0, 3.0], "probabilities": [0.5, 0.3, 0.2]},
    ),
    "two": (0.5, {"kind": "discrete", "values": [0.0, 1.0], "probabilities": [0.5, 0.5]}),
    "uniform": (1 / math.sqrt(3.0), {"kind": "uniform", "low": 0.0, "high": 2.0}),
    "normal": (1.0, {"kind": "normal", "mean": 1.0, "sd": 1.0}),
    "mixture": (
        math.sqrt(0.45 * 0.25 + 0.55 * 0.16 + 0.99),
        {"kind": "mixture", "means": [0.0, 2.0], "sds": [0.5, 0.4], "weights": [0.45, 0.55]},
    ),
}
RHO, SCALE = 1.5, 0.3  # of "three_states"


def payoff(**keys: Any) -> Changes:
    return {f"payoff.{key}": value for key, value in keys.items()}


def discrete(values: list[float], probabilities: list[float]) -> Changes:
    return payoff(kind="discrete", values=values, probabilities=probabilities)


def corners() -> dict[str, Changes]:
    """Changes to "three_states", by name."""
    found: dict[str, Changes] = {}
    for name, (sd, keys) in PAYOFFS.items():
        for risk in (0.01, 0.1, 3.0, 10.0):
            sigma = {"market.supply_volatility": risk / (RHO * sd)}
            found[f"risk {risk} {name}"] = payoff(**keys) | sigma
        for power in (-3, -2, -1, 1, 2, 3):
            scale = {"attention.cost.scale": SCALE * 10.0**power}
            found[f"cost 1e{power} {name}"] = payoff(**keys) | scale
        for horizon in (1e-3, 0.1, 5.0, 20.0):
            found[f"horizon {horizon} {name}"] = payoff(**keys) | {"market.horizon": horizon}
        for supply in (-100.0, -10.0, 10.0, 100.0):
            found[f"supply {supply} {name}"] = payoff(**keys) | {"market.initial_supply": supply}
    for rare in (1e-9, 1e-6):
        rest = 0.5 - rare
        found[f"rare {rare} middle"] = discrete([0.0, 1.0, 3.0], [0.5, rare, rest])
        found[f"rare {rare} top"] = discrete([0.0, 1.0, 3.0], [0.5, rest, rare])
        found[f"rare {rare} bottom"] = discrete([0.0, 1.0, 3.0], [rare, rest, 0.5])
        found[f"rare {rare} of two"] = discrete([0.0, 1.0], [1.0 - rare, rare])
    found["close pair"] = discrete([1.0, 1.000001], [0.5, 0.5])
    found["close pair at the top"] = discrete([0.0, 1.0, 1.000001], [0.5, 0.3, 0.2])
    found["close pair at the bottom"] = discrete([0.0, 1e-6, 3.0], [0.5, 0.3, 0.2])
    found["narrow and wide"] = payoff(
        kind="mixture", means=[0.0, 0.0], sds=[0.1, 3.0], weights=[0.9, 0.1]
    )
    found["rare and wide"] = payoff(
        kind="mixture", means=[1.0, -2.0], sds=[0.3, 1.0], weights=[0.999, 0.001]
    )
    found["far from zero"] = payoff(kind="uniform", low=1e6, high=1e6 + 2.0)
    found["horns"] = payoff(kind="beta", a=0.5, b=0.5, low=0.0, high=2.0)
    found["steep"] = payoff(kind="lognormal", mean=1.0, sd=2.0, low=0.0, high=50.0)
    found["capacity 1e-6"] = {"attention.capacity": 1e-6}
    found["nobody attends"] = {"attention.cost.linear": 10.0}
    return found


CORNERS = corners()
FAST = [
    *(f"risk {risk} {name}" for risk in (0.01, 10.0) for name in ("two", "normal")),
    *(f"risk {risk} uniform" for risk in (0.1, 3.0)),
    *(f"cost 1e{power} {name}" for power in (-3, 3) for name in ("two", "normal")),
    *(f"cost 1e{power} uniform" for power in (-1, 3)),
    *(f"horizon {horizon} two" for horizon in (1e-3, 20.0)),
    *(f"horizon 0.001 {name}" for name in ("three", "uniform", "normal", "mixture")),
    *(f"supply {supply} two" for supply in (-100.0, 10.0)),
    "supply 100.0 uniform",
    "supply 100.0 mixture",
    "rare 1e-06 of two",
    "close pair",
    "close pair at the top",
    "far from zero",
    "nobody attends",
]
TOLERANCE = 1e-4


def gaps(found: Solution, state: InitialState) -> dict[str, float]:
    """Distances from a better state, by the scales of the tolerance."""
    scales = error_scales(found)
    return {
        name: abs(getattr(found.initial, name) - getattr(state, name)) / scales[name]
        for name in ERRORS
    }


def best_known(case: Case) -> InitialState | None:
    """The closed form for a normal payoff, or a tighter solve; None if that has no answer."""
    if case.payoff.kind == "normal":
        return exact.normal_initial(case)
    try:
        better = solve(case, tol=0.1 * TOLERANCE)
    except SolveError:
        return None
    return better.initial if better.converged else None


def examine(case: Case) -> None:
    try:
        found = solve(case, tol=TOLERANCE)
    except SolveError as failure:
        text = str(failure)
        assert text.startswith("three_states: ") and "\n" not in text and len(text) < 500
        return
    assert all(math.isfinite(bar) and bar >= 0.0 for bar in found.error.values())
    if not found.converged:
        assert found.message.startswith("not within 1.0e-04: ") and "\n" not in found.message
        return
    state = best_known(case)
    if state is not None:
        far = {name: gap for name, gap in gaps(found, state).items() if gap > 1.2 * TOLERANCE}
        assert not far


@pytest.mark.parametrize("name", FAST)
def test_corner(name: str) -> None:
    examine(load_case("three_states", CORNERS[name]))


@pytest.mark.parametrize("name", FAST)
def test_corner_has_an_answer(name: str) -> None:
    """None of the fast ones may give up."""
    assert solve(load_case("three_states", CORNERS[name]), tol=1e-3).converged


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(CORNERS) - set(FAST)))
def test_remote_corner(name: str) -> None:
    examine(load_case("three_states", CORNERS[name]))


@pytest.mark.slow
@pytest.mark.parametrize("power", [-3, -2, -1, 1, 2, 3])
@pytest.mark.parametrize("name", ["lottery", "many_signals", "paper"])
def test_cost_of_other_technologies(name: str, power: int) -> None:
    cost = load_case(name).attention.cost.scale
    case = load_case(name, {"attention.cost.scale": cost * 10.0**power})
    try:
        found = solve(case, tol=TOLERANCE)
    except SolveError as failure:
        assert str(failure).startswith(f"{name}: ") and "\n" not in str(failure)
        return
    if found.converged:
        state = best_known(case)
        if state is not None:
            assert max(gaps(found, state).values()) <= 1.2 * TOLERANCE
