"""Cases as text: TOML when printed, short as a repr."""

import tomllib

import pytest

from pdesolve.case import (
    Case,
    case_from_dict,
    case_names,
    case_to_dict,
    case_to_toml,
    load_case,
)


@pytest.mark.parametrize("name", case_names())
def test_a_printed_case_is_a_case_file(name: str) -> None:
    case = load_case(name)
    assert str(case) == case_to_toml(case)
    assert case_from_dict(tomllib.loads(str(case)), name) == case


def long(kind: str) -> Case:
    table = case_to_dict(load_case("baseline"))
    n = 100_000
    several = [float(k) for k in range(n)]
    table["payoff"] = {
        "sample": {"values": several},
        "discrete": {"values": several, "probabilities": [1.0 / n] * n},
        "mixture": {"means": several, "sds": [1.0] * n, "weights": [1.0 / n] * n},
    }[kind] | {"kind": kind}
    return case_from_dict(table, "long")


@pytest.mark.parametrize("kind", ["sample", "discrete", "mixture"])
def test_the_repr_of_many_numbers_is_short(kind: str) -> None:
    case = long(kind)
    for text in (repr(case), repr(case.payoff)):
        assert "0.0, 1.0, 2.0, 3.0, 4.0, 5.0, ...)" in text
        assert len(text) < 2000
    assert "99999.0" in str(case)  # a file that loads back has them all


def test_the_repr_names_every_part() -> None:
    text = repr(load_case("baseline", {"market.risk_aversion": 0.75}))
    assert text.startswith("Case(name='baseline', title=")
    assert "Market(risk_aversion=0.75, supply_volatility=1.0" in text
    assert "payoff=DiscretePayoff(values=(6.0, 9.0, 10.0, 11.5), probabilities=" in text
    assert "cost=PowerCost(scale=0.6, linear=0.0, exponent=2.0)" in text
