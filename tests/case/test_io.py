"""Cases in and out: round trips, overrides, and what the named ones are."""

import math
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from pdesolve.case import (
    Case,
    CaseError,
    DiscretePayoff,
    NormalPayoff,
    case_from_dict,
    case_names,
    case_to_dict,
    case_to_toml,
    load_case,
)


def test_an_override_takes_numpy_numbers() -> None:
    np = pytest.importorskip("numpy")
    overrides = {
        "market.horizon": np.float64(2.0),
        "attention.signals": np.int64(3),
        "payoff.values": np.array([6.0, 9.0, 10.0, 11.0]),
    }
    case = load_case("baseline", overrides)
    assert case.payoff == DiscretePayoff(
        values=(6.0, 9.0, 10.0, 11.0), probabilities=(0.1, 0.2, 0.4, 0.3)
    )
    assert type(case.market.horizon) is float
    assert type(case.attention.signals) is int


def test_overrides_of_a_case_in_hand() -> None:
    case = load_case("baseline")
    changed = case_from_dict(case_to_dict(case), case.name, {"market.horizon": 3})
    assert changed == load_case("baseline", {"market.horizon": 3.0})


@pytest.mark.parametrize("other", [[("market.horizon", 3)], "market.horizon=3"])
def test_overrides_that_map_nothing_are_refused(other: Any) -> None:
    with pytest.raises(CaseError, match=r"^baseline: overrides must map keys to values, got ."):
        load_case("baseline", other)


@pytest.mark.parametrize("name", case_names())
def test_named_cases_are_sound_and_round_trip(name: str) -> None:
    case = load_case(name)
    assert case.name == name
    assert case.title != name
    assert case.description
    assert case.source
    assert case_from_dict(case_to_dict(case), name) == case
    assert case_from_dict(tomllib.loads(case_to_toml(case)), name) == case


def test_odd_text_round_trips() -> None:
    table = case_to_dict(load_case("baseline")) | {"description": 'a "b"\\\n\t\x7f\x01 é σ 😀'}
    case = case_from_dict(table, "odd")
    assert case.description == table["description"]
    assert case_from_dict(tomllib.loads(case_to_toml(case)), "odd") == case


def test_what_the_named_cases_are_for() -> None:
    cases: dict[str, Case] = {name: load_case(name) for name in case_names()}
    kinds = {case.payoff.kind for case in cases.values()}
    assert kinds == {"discrete", "normal", "mixture", "uniform", "lognormal", "beta", "sample"}
    assert {case.attention.precision for case in cases.values()} == {
        "linear",
        "power",
        "exponential",
    }
    assert {case.attention.cost.kind for case in cases.values()} == {"power", "exponential"}
    assert len({case.title for case in cases.values()}) == len(cases) == 21
    assert cases["normal"].numerics.tolerance == 1e-8
    assert cases["many_signals"].attention.signals == 5
    assert cases["capacity"].attention.capacity < math.inf
    assert cases["inattention"].attention.cost.linear > 0
    assert cases["binary"].payoff == DiscretePayoff(values=(0.0, 1.0), probabilities=(0.65, 0.35))
    market, payoff = cases["market"].market, cases["market"].payoff
    assert isinstance(payoff, NormalPayoff)
    premium = market.risk_aversion * market.initial_supply * payoff.sd**2
    assert payoff.mean - premium == pytest.approx(1.0, abs=1e-12)


def test_reading_a_case_imports_no_numerical_library() -> None:
    code = "import sys, pdesolve.case as c; c.load_case('baseline'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "xarray", "matplotlib", "findiff"} & set(done.stdout.split())
