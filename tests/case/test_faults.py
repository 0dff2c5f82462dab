"""All that is missing or wrong is said at once, and what need not be given has a default."""

import pickle

import pytest

from pdesolve.case import (
    CaseError,
    ExponentialAttention,
    LinearAttention,
    LognormalPayoff,
    PowerCost,
    load_case,
)
from pdesolve.case.parameters import Market
from tests.case.writing import GOOD, Write, faults, with_payoff

LEAST = """\
[market]
risk_aversion = 1.5
supply_volatility = 1.2
horizon = 1
[payoff]
kind = "lognormal"
mean = 2
sd = 1
high = 8
[attention.cost]
scale = 0.3
"""


def test_the_least_that_a_case_needs(write: Write) -> None:
    case = load_case(write(LEAST))
    assert case.market == Market(
        risk_aversion=1.5, supply_volatility=1.2, initial_supply=0.0, horizon=1.0
    )
    assert case.payoff == LognormalPayoff(mean=2.0, sd=1.0, low=0.0, high=8.0)
    cost = PowerCost(scale=0.3, exponent=2.0)
    assert case.attention == LinearAttention(signals=1, efficiency=1.0, cost=cost)


def test_a_case_from_scratch_is_refused_once(write: Write) -> None:
    write('[payoff]\nkind = "lognormal"\n')
    assert [line.partition(" (")[0] for line in faults("my.toml")] == [
        "my.toml: market.risk_aversion is missing: CARA coefficient ρ of every investor",
        "my.toml: market.supply_volatility is missing: standard deviation σ of the random walk"
        " that supply follows",
        "my.toml: market.horizon is missing: date T at which the payoff is paid",
        "my.toml: payoff.mean is missing: mean of the lognormal before it is cut off",
        "my.toml: payoff.sd is missing: standard deviation of the lognormal before it is cut off",
        "my.toml: payoff.high is missing: the greatest payoff, where the lognormal is cut off",
        "my.toml: attention.cost.scale is missing: c in the cost C(S) = c S^n/n + linear·S",
    ]


def test_an_empty_file_is_told_what_payoffs_there_are(write: Write) -> None:
    write("")
    first, *rest = faults("my.toml")
    assert first.startswith(
        "my.toml: payoff.kind is missing: how the payoff is distributed: one of"
    )
    assert "normal (mean, sd)" in first and "lognormal (mean, sd, high)" in first
    assert "sample (values or file)" in first
    assert [line.split()[1] for line in rest] == [
        *("market.risk_aversion", "market.supply_volatility", "market.horizon"),
        "attention.cost.scale",
    ]


def test_every_fault_has_its_line(write: Write) -> None:
    text = (
        GOOD.replace("risk_aversion = 1.5", "risk_aversion = -1")
        .replace("supply_volatility = 1.2", "volatility_of_supply = 1.2")
        .replace("horizon = 1", "")
        .replace("[0.5, 0.3, 0.2]", "[0.5, 0.3]")
        .replace("signals = 2", "signals = 2.5")
        .replace("exponent = 2.0", "exponent = 1\nrate = 1")
        .replace('title = "Three-state payoff"', "title = 3")
    )
    write(text + "\n[numerics]\norder = 5\nxi_nodes = 15\n")
    assert [line.partition(", got")[0].partition(" (")[0] for line in faults("my.toml")] == [
        "my.toml: market.volatility_of_supply is not a known key",
        "my.toml: attention.cost.rate must be absent with attention.cost.kind = 'power'",
        "my.toml: title must be text",
        "my.toml: market.risk_aversion must be > 0",
        "my.toml: market.supply_volatility is missing: standard deviation σ of the random walk"
        " that supply follows",
        "my.toml: market.horizon is missing: date T at which the payoff is paid",
        "my.toml: payoff.probabilities must be as many as payoff.values",
        "my.toml: attention.cost.exponent must be > 1",
        "my.toml: attention.signals must be a whole number",
        "my.toml: numerics.order must be one of 2, 4, 6, 8, 10",
        "my.toml: numerics.xi_nodes must be 0, 1 or from 16 to 20000",
    ]


def test_a_misspelt_key_is_not_missing_too(write: Write) -> None:
    write(GOOD.replace("risk_aversion", "risk_avversion"))
    assert [line.split()[1] for line in faults("my.toml")] == ["market.risk_avversion"]


def test_a_misspelt_choice_is_not_made(write: Write) -> None:
    text = GOOD.replace('kind = "power"', 'knd = "exponential"').replace("exponent =", "rate =")
    write(text)
    assert [line.split()[1] for line in faults("my.toml")] == ["attention.cost.knd"]


def test_a_misspelt_table_is_read_all_the_same(write: Write) -> None:
    text = GOOD.replace("[payoff]", "[payof]").replace("[0.5, 0.3, 0.2]", "[0.5, 0.3, 0.1]")
    write(text)
    first, second = faults("my.toml")
    assert first.startswith("my.toml: payof is not a known key (nearest: payoff), got {'kind'")
    assert second.startswith("my.toml: payoff.probabilities must sum to 1 (they sum to 0.9")


def test_faults_of_a_list_are_told_up_to_a_few(write: Write) -> None:
    write(with_payoff('kind = "sample"\nvalues = [1, "a", inf, nan, 2, "b", "c"]'))
    assert faults("my.toml") == [
        "my.toml: payoff.values[1] must be a number, got 'a'",
        "my.toml: payoff.values[2] must be finite, got inf",
        "my.toml: payoff.values[3] must be a number, got nan",
        "my.toml: payoff.values must be mended in more places, got 2",
    ]


def test_each_fault_is_blamed_on_its_own_file(write: Write) -> None:
    write(GOOD.replace("horizon = 1", "horizon = -1"), "base.toml")
    write('extends = "base.toml"\n[market]\nrisk_aversion = -2\n')
    assert [line.split(" must")[0] for line in faults("my.toml", {"attention.signals": 0})] == [
        "my.toml: market.risk_aversion",
        "base.toml: market.horizon",
        "my.toml (--set): attention.signals",
    ]


def test_an_error_of_many_lines_survives_a_process_pool(write: Write) -> None:
    write("")
    with pytest.raises(CaseError) as caught:
        load_case("my.toml")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert str(again).count("\n") == 4


# ---------------------------------------------------------------------- efficiency


def test_exponential_precision_has_an_efficiency(write: Write) -> None:
    text = GOOD.replace('"linear"', '"exponential"\nsensitivity = 2')
    attention = load_case(write(text.replace("efficiency = 1.0", "efficiency = 0.25"))).attention
    assert isinstance(attention, ExponentialAttention)
    assert (attention.efficiency, attention.sensitivity) == (0.25, 2.0)
    attention = load_case(write(text.replace("efficiency = 1.0", ""))).attention
    assert isinstance(attention, ExponentialAttention) and attention.efficiency == 1.0


def test_an_efficiency_in_another_unit_is_left_behind(write: Write) -> None:
    """That of linear precision is per unit of attention, that of exponential precision is not."""
    write(GOOD.replace("efficiency = 1.0", "efficiency = 0.2"))
    exponential = {"attention.precision": "exponential", "attention.sensitivity": 1.0}
    power = {"attention.precision": "power", "attention.elasticity": 0.5}
    found = [
        load_case("my.toml", changes).attention
        for changes in (exponential, {**exponential, "attention.efficiency": 3.0}, power)
    ]
    assert [getattr(one, "efficiency", None) for one in found] == [1.0, 3.0, 0.2]


# ---------------------------------------------------------------------- extends


def test_what_a_parent_says_about_itself_stays_behind(write: Write) -> None:
    write('extends = "baseline"\n')
    case = load_case("my.toml")
    assert (case.title, case.description, case.source, case.heading) == ("my", "", "", "my")
    write('extends = "baseline"\ntitle = "Mine"\nsource = "A seminar."')
    case = load_case("my.toml")
    assert (case.title, case.source, case.heading) == ("Mine", "A seminar.", "my: Mine")
    assert case.payoff == load_case("baseline").payoff
