"""What is said about the keys of a case: of all of them, and of no others."""

from dataclasses import fields

import pytest

from pdesolve.case import load_case
from pdesolve.case.keys import CHOICES, announcement_keys, describe_in, list_keys
from pdesolve.case.labels import EXAMPLES, MEANINGS, NAMES, SYMBOLS, pretty
from pdesolve.case.parameters import COSTS, PAYOFFS, PRECISIONS, Case, Market, Numerics
from pdesolve.case.samples import SampleFile
from pdesolve.case.template import new_case
from tests.case.writing import Write, fault

LISTED = list_keys()
SCALE, EFFICIENCY = "attention.cost.scale", "attention.efficiency"


def dotted(prefix: str, *parts: type) -> set[str]:
    return {prefix + field.name for part in parts for field in fields(part)}


def test_every_key_is_listed() -> None:
    every = dotted("", Case) | dotted("market.", Market) | dotted("numerics.", Numerics)
    every |= dotted("payoff.", *PAYOFFS.values(), SampleFile)
    every |= dotted("attention.", *PRECISIONS.values())
    every |= dotted("attention.cost.", *COSTS.values())
    every |= {"extends", "payoff.kind", "attention.precision", "attention.cost.kind"}
    parts = {"name", "market", "payoff", "attention", "numerics", "attention.cost"}
    assert {one.key.name for one in LISTED} == every - parts


@pytest.mark.parametrize("table", [NAMES, MEANINGS, EXAMPLES, SYMBOLS])
def test_nothing_is_said_about_keys_that_are_not_there(table: dict[str, object]) -> None:
    names = {one.key.name for one in LISTED}
    names |= {f"{one.key.name} ({kind})" for one in LISTED for kind in one.kinds}
    names |= {key.name for key in announcement_keys()}
    assert set(table) <= names


def test_every_key_is_explained() -> None:
    assert {one.key.name for one in LISTED} <= set(MEANINGS)
    for one in LISTED:
        assert len(one.key.about.meaning) > len(one.key.field)


def test_units_ranges_and_defaults_are_those_of_the_kind() -> None:
    said = {(one.key.name, one.kinds): one.key.said(one.key.usual) for one in LISTED}
    assert said["payoff.high", ("lognormal",)] == (
        "the greatest payoff, where the lognormal is cut off (money; > 0; to be given)"
    )
    assert said["payoff.low", ("lognormal",)].endswith("(money; >= 0; default 0.0)")
    assert said["payoff.low", ("uniform", "beta")].endswith("(money; a finite number; to be given)")
    free, bought = (
        said["attention.efficiency", kinds] for kinds in (("exponential",), ("linear", "power"))
    )
    assert free.endswith("(1/(money^2 time); > 0; default 1.0)")
    assert bought.endswith("(1/(money^2 time attention^η); > 0; default 1.0)")
    assert said["attention.capacity", ()].endswith("(attention; > 0 or inf; default inf)")


@pytest.mark.parametrize(
    ("wrote", "meant"),
    [
        ("rho", "market.risk_aversion"),
        ("ρ", "market.risk_aversion"),
        ("market.rho", "market.risk_aversion"),
        ("risk_aversion", "market.risk_aversion"),
        ("sigma", "market.supply_volatility"),
        ("σ", "market.supply_volatility"),
        ("n0", "market.initial_supply"),
        ("n₀", "market.initial_supply"),
        ("T", "market.horizon"),
        ("J", "attention.signals"),
        ("k", "attention.efficiency"),
        ("eta", "attention.elasticity"),
        ("η", "attention.elasticity"),
        ("alpha", "attention.sensitivity"),
        ("α", "attention.sensitivity"),
        ("c", "attention.cost.scale"),
        ("n", "attention.cost.exponent"),
    ],
)
def test_a_symbol_is_understood(wrote: str, meant: str) -> None:
    rule = f"is not a known key (nearest: {meant}), got 2"
    assert fault("baseline", {wrote: 2}) == f"baseline (--set): {wrote} {rule}"


# ---------------------------------------------------------------------- a new case


@pytest.mark.parametrize("payoff", PAYOFFS)
def test_a_new_case_is_complete_and_has_every_key(write: Write, payoff: str) -> None:
    text = new_case(payoff)
    case = load_case(write(text))
    assert (case.payoff.kind, case.title) == (payoff, "My case")
    assert (case.attention.precision, case.attention.cost.kind) == ("linear", "power")
    for one in LISTED:
        if one.chooser != "payoff.kind" or not one.kinds or payoff in one.kinds:
            assert f"\n{one.key.field} = " in text or f"\n#{one.key.field} = " in text
            assert one.key.about.meaning in text.replace("\n# ", " ")
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize(
    ("chooser", "kind"),
    [
        ("attention.precision", "power"),
        ("attention.precision", "exponential"),
        ("attention.cost.kind", "exponential"),
    ],
)
def test_what_is_commented_out_holds_when_it_is_not(write: Write, chooser: str, kind: str) -> None:
    """Another kind takes a change of the choice, and its keys without the sign ahead."""
    choice, text = CHOICES[chooser], new_case("uniform")
    field = chooser.rpartition(".")[2]
    text = text.replace(f'\n{field} = "{choice.default}"', f'\n{field} = "{kind}"')
    ours, theirs = choice.own(kind), choice.own(str(choice.default))
    for key in theirs:
        if key not in ours:
            text = text.replace(f"\n{key.field} = ", f"\n#-{key.field} = ")
    for key in ours:
        if key not in theirs:
            text = text.replace(f"\n#{key.field} = ", f"\n{key.field} = ")
    case = load_case(write(text))
    assert kind in (case.attention.precision, case.attention.cost.kind)


@pytest.mark.parametrize(
    ("case", "key", "unit"),
    [
        ("baseline", EFFICIENCY, "1/(money^2 time attention)"),
        ("paper", EFFICIENCY, "1/(money^2 time)"),
        ("baseline", SCALE, "money/(time attention^2)"),
        ("paper", SCALE, "money/(time attention)"),
        ("capacity", "payoff.high", "money"),
        ("baseline", "market.horizon", "time"),
        ("baseline", "numerics.tolerance", ""),
    ],
)
def test_units_in_a_case(case: str, key: str, unit: str) -> None:
    assert describe_in(load_case(case), key).unit == unit


@pytest.mark.parametrize(
    ("changes", "key", "unit"),
    [
        ({}, SCALE, "money/(time attention²)"),
        ({"attention.cost.exponent": 2.5}, SCALE, "money/(time attention²·⁵)"),
        (
            {"attention.precision": "power", "attention.elasticity": 0.5},
            EFFICIENCY,
            "1/(money² time attention⁰·⁵)",
        ),
    ],
)
def test_a_unit_has_the_power_that_the_case_gives(
    changes: dict[str, object], key: str, unit: str
) -> None:
    assert pretty(describe_in(load_case("binary", changes), key).unit) == unit


@pytest.mark.parametrize(
    ("key", "varied", "unit"),
    [
        (SCALE, "attention.cost.exponent", "money/(time attentionⁿ)"),
        (SCALE, "attention.cost.kind", "money/(time attentionⁿ)"),
        (EFFICIENCY, "attention.elasticity", "1/(money² time attentionᵑ)"),
        (EFFICIENCY, "attention.precision", "1/(money² time attentionᵑ)"),
        (EFFICIENCY, "attention.cost.exponent", "1/(money² time attention)"),
    ],
)
def test_a_power_that_is_varied_too_keeps_its_letter(key: str, varied: str, unit: str) -> None:
    assert pretty(describe_in(load_case("binary"), key, {key, varied}).unit) == unit
