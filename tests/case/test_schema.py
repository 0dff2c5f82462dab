"""What a case may hold."""

import dataclasses
import math
from typing import Any

import pytest

from pdesolve.case import (
    BetaPayoff,
    DiscretePayoff,
    LinearAttention,
    LognormalPayoff,
    MixturePayoff,
    NormalPayoff,
    Numerics,
    PowerCost,
    SamplePayoff,
    UniformPayoff,
    case_from_dict,
    case_to_dict,
    load_case,
)
from tests.case.writing import GOOD, Write, fault, with_payoff

# What to replace in GOOD, by what, and what the message must contain besides the file's name.
BAD_LINES = [
    ("risk_aversion = 1.5", "risk_aversion = -1.0", "market.risk_aversion must be > 0, got -1.0"),
    ("risk_aversion = 1.5", "risk_aversion = 0", "market.risk_aversion must be > 0, got 0"),
    (
        "risk_aversion = 1.5",
        "",
        "market.risk_aversion is missing: CARA coefficient ρ of every inves",
    ),
    (
        "risk_aversion = 1.5",
        'risk_aversion = "a"',
        "market.risk_aversion must be a number, got 'a'",
    ),
    ("risk_aversion = 1.5", "risk_aversion = true", "risk_aversion must be a number, got true"),
    (
        "risk_aversion = 1.5",
        "risk_aversion = nan",
        "market.risk_aversion must be a number, got nan",
    ),
    ("risk_aversion = 1.5", "risk_aversion = inf", "market.risk_aversion must be finite, got inf"),
    ("risk_aversion = 1.5", "risk_aversion = [1.5]", "risk_aversion must be a number, got [1.5]"),
    ("risk_aversion = 1.5", "risk_aversion = {a = 1}", "must be a number, got {'a': 1}"),
    ("risk_aversion = 1.5", "risk_aversion = 2020-01-01", "must be a number, got datetime.date"),
    ("risk_aversion = 1.5", "risk_aversion = 1e60", "between 1e-50 and 1e50 in size, got 1e+60"),
    ("risk_aversion = 1.5", f"risk_aversion = 1{'0' * 400}", "between 1e-50 and 1e50 in size"),
    (
        "risk_aversion =",
        "risk_avrsion =",
        "market.risk_avrsion is not a known key (nearest: market",
    ),
    (
        "title =",
        "risk_aversion = 2\ntitle =",
        "risk_aversion is not a known key (nearest: market.risk",
    ),
    ("[market]", "[markt]", "markt is not a known key (nearest: market)"),
    ("[market]", "[[market]]", "market must be a table, got ["),
    (
        "supply_volatility = 1.2",
        "supply_volatility = 0.0",
        "supply_volatility must be > 0, got 0.0",
    ),
    ("initial_supply = 0.3", "initial_supply = -inf", "initial_supply must be finite, got -inf"),
    ("horizon = 1", "horizon = -2", "market.horizon must be > 0, got -2"),
    (
        'kind = "discrete"',
        "",
        "payoff.kind is missing: how the payoff is distributed: one of discrete (values, prob",
    ),
    ('kind = "discrete"', 'kind = "gamma"', "payoff.kind must be one of discrete, normal"),
    ('kind = "discrete"', "kind = [1]", "lognormal, beta, sample, got [1]"),
    ("values = [0.0, 1.0, 3.0]", "", "payoff.values is missing: the possible payoffs"),
    ("[0.0, 1.0, 3.0]", "3.0", "payoff.values must be a list of numbers, got 3.0"),
    ("[0.0, 1.0, 3.0]", "[]", "payoff.values must be a list of numbers, got []"),
    ("[0.0, 1.0, 3.0]", "[0, nan, 3]", "payoff.values[1] must be a number, got nan"),
    ("[0.0, 1.0, 3.0]", '[0, 1, "3"]', "payoff.values[2] must be a number, got '3'"),
    ("[0.0, 1.0, 3.0]", "[0.0, 1.0, inf]", "payoff.values[2] must be finite, got inf"),
    ("[0.0, 1.0, 3.0]", "[0.0, 3.0]", "payoff.probabilities must be as many as payoff.values (2)"),
    ("[0.0, 1.0, 3.0]", "[0, 3, 3]", "payoff.values must be different (3.0 and 3.0 coincide)"),
    ("[0.0, 1.0, 3.0]", "[0, 3, 3.000000000001]", "must be different (3.0 and 3.000000000001"),
    ("[0.0, 1.0, 3.0]", "[2, 2, 2]", "payoff.values must hold at least two different numbers"),
    ("[0.5, 0.3, 0.2]", "[0.5, 0.3, 0.1]", "payoff.probabilities must sum to 1 (they sum to 0.9"),
    ("[0.5, 0.3, 0.2]", "[0.5, 0.3, 0.20000001]", "payoff.probabilities must sum to 1 (they sum"),
    ("[0.5, 0.3, 0.2]", "[0.8, 0.4, -0.2]", "payoff.probabilities[2] must be > 0, got -0.2"),
    ("[0.5, 0.3, 0.2]", "[0.5, 0.5, 0.0]", "payoff.probabilities[2] must be > 0, got 0.0"),
    (
        "probabilities = [0.5, 0.3, 0.2]",
        "",
        "payoff.probabilities is missing: the probability of each of payoff.values; they",
    ),
    (
        "probabilities =",
        "sd = 1\nprobabilities =",
        "payoff.sd must be absent with payoff.kind = 'disc",
    ),
    ("signals = 2", "signals = 0", "attention.signals must be from 1 to 1000000, got 0"),
    ("signals = 2", "signals = 2.0", "attention.signals must be a whole number, got 2.0"),
    ("signals = 2", "signals = true", "attention.signals must be a whole number, got true"),
    (
        '"linear"',
        '"quadratic"',
        "attention.precision must be one of linear, power, exponential, got",
    ),
    ("efficiency = 1.0", "efficiency = -1", "attention.efficiency must be > 0, got -1"),
    (
        "efficiency =",
        "elasticity = 0.5\nefficiency =",
        "elasticity must be absent with attention.pr",
    ),
    ('"linear"', '"power"', "attention.elasticity is missing: η in h(a) = k a^η (> 0 and < 1)"),
    ('"linear"', '"power"\nelasticity = 1.0', "attention.elasticity must be > 0 and < 1, got 1.0"),
    ('"linear"', '"exponential"', "attention.sensitivity is missing: α in h(a) = k exp(α a) (1/at"),
    ("efficiency = 1.0", "efficiency = 1.0\ncapacity = 0", "attention.capacity must be > 0, got 0"),
    ("efficiency = 1.0", "efficiency = 1.0\ncapacity = -inf", "capacity must be > 0, got -inf"),
    ("scale = 0.3", "scale = 0", "attention.cost.scale must be > 0, got 0"),
    ("exponent = 2.0", "exponent = 1.0", "attention.cost.exponent must be > 1, got 1.0"),
    ("exponent = 2.0", "exponent = 2.0\nlinear = -0.1", "attention.cost.linear must be >= 0, got"),
    (
        "exponent = 2.0",
        "rate = 2.0",
        "attention.cost.rate must be absent with attention.cost.kind = ",
    ),
    (
        "exponent = 2.0",
        "expnent = 2.0",
        "expnent is not a known key (nearest: attention.cost.expon",
    ),
    ('kind = "power"', "kind = 1", "attention.cost.kind must be one of power, exponential, got 1"),
    (
        "scale = 0.3",
        "",
        "attention.cost.scale is missing: c in the cost C(S) = c S^n/n + linear·S (m",
    ),
    ('title = "Three-state payoff"', "title = 3", "title must be text, got 3"),
    ('title = "Three-state payoff"', 'title = "a\\nb"', r"title must be one line, got 'a\nb'"),
    ("title =", "market = 3\ntitl =", "must be TOML, got: Cannot overwrite"),
    ("title =", "numerics = 3\ntitle =", "numerics must be a table, got 3"),
]
BAD_NUMERICS = [
    ("tolerance = 1e-11", "numerics.tolerance must be from 1e-10 to 0.1, got 1e-11"),
    ("tolerance = 0.2", "numerics.tolerance must be from 1e-10 to 0.1, got 0.2"),
    ("order = 5", "numerics.order must be one of 2, 4, 6, 8, 10, got 5"),
    ("order = 8.0", "numerics.order must be a whole number, got 8.0"),
    ("xi_nodes = 15", "numerics.xi_nodes must be 0, 1 or from 16 to 20000, got 15"),
    ("psi_nodes = 7", "numerics.psi_nodes must be 0, 1 or from 8 to 2000, got 7"),
    ("max_steps = 0", "numerics.max_steps must be from 1 to 1e9, got 0"),
    (
        "tolerence = 1e-5",
        "numerics.tolerence is not a known key (nearest: numerics.tolerance), got",
    ),
]
BAD_PAYOFFS = [
    ('kind = "normal"\nmean = 1', "payoff.sd is missing: standard deviation of the payoff"),
    ('kind = "normal"\nmean = 1\nsd = 0', "payoff.sd must be > 0, got 0"),
    (
        'kind = "normal"\nmean = 1\nsd = 1\nlow = 0',
        "payoff.low must be absent with payoff.kind = 'n",
    ),
    (
        'kind = "mixture"\nmeans = [0, 1]\nsds = [1]\nweights = [0.5, 0.5]',
        "payoff.sds must be as many as payoff.means (2), got [1.0]",
    ),
    (
        'kind = "mixture"\nmeans = [0, 1]\nsds = [1, 0]\nweights = [0.5, 0.5]',
        "payoff.sds[1] must be > 0, got 0",
    ),
    (
        'kind = "mixture"\nmeans = [0, 1]\nsds = [1, 1]\nweights = [1.0]',
        "payoff.weights must be as many as payoff.means (2), got [1.0]",
    ),
    (
        'kind = "mixture"\nmeans = [0, 1]\nsds = [1, 1]\nweights = [0.5, 0.6]',
        "payoff.weights must sum to 1 (they sum to 1.1), got [0.5, 0.6]",
    ),
    ('kind = "uniform"\nlow = 1\nhigh = 1', "payoff.low must be < payoff.high = 1.0, got 1.0"),
    ('kind = "beta"\na = 0\nb = 1\nlow = 0\nhigh = 1', "payoff.a must be > 0, got 0"),
    (
        'kind = "beta"\na = 1\nb = 1\nlow = 2\nhigh = 1',
        "payoff.low must be < payoff.high = 1.0, got",
    ),
    (
        'kind = "lognormal"\nmean = 1\nsd = 1',
        "payoff.high is missing: the greatest payoff, where the lognormal is cut off (money; > 0)",
    ),
    (
        'kind = "lognormal"\nmean = 1\nsd = 1\nlow = inf\nhigh = 1',
        "payoff.low must be finite, got inf",
    ),
    (
        'kind = "lognormal"\nmean = 1\nsd = 1\nlow = 0\nhigh = inf',
        "diverges for every positive tilt, got inf",
    ),
    (
        'kind = "lognormal"\nmean = 1\nsd = 1\nlow = -0.1\nhigh = 2',
        "payoff.low must be >= 0, got -0.1",
    ),
    ('kind = "lognormal"\nmean = 0\nsd = 1\nlow = 0\nhigh = 2', "payoff.mean must be > 0, got 0"),
    (
        'kind = "lognormal"\nmean = 1\nsd = 0.1\nlow = 5\nhigh = 6',
        "payoff.low and payoff.high = 6.0 must enclose some of the lognormal's probability",
    ),
    (
        'kind = "lognormal"\nmean = 1\nsd = 0.1\nlow = 0\nhigh = 0.1',
        "payoff.low and payoff.high = 0.1 must enclose some of the lognormal's probability",
    ),
    (
        'kind = "sample"',
        "payoff.values is missing: observations, equally likely; or give payoff.file",
    ),
    (
        'kind = "sample"\nfile = "x.csv"\nvalues = [1, 2]',
        "payoff.file must be absent where payoff.values is given, got 'x.csv'",
    ),
    ('kind = "sample"\nfile = 3', "payoff.file must be a path, got 3"),
    ('kind = "sample"\nvalues = [1, 1]', "payoff.values must hold at least two different numbers"),
    ('kind = "sample"\nvalues = [1, 2]\nbandwidth = 0', "payoff.bandwidth must be > 0, got 0"),
    (
        'kind = "sample"\nvalues = [1, 2]\nbandwidth = "auto"',
        "bandwidth must be a number, got 'auto'",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD_LINES)
def test_a_bad_line_is_refused(write: Write, old: str, new: str, message: str) -> None:
    assert old in GOOD
    write(GOOD.replace(old, new, 1))
    text = fault("my.toml")
    assert text.startswith("my.toml: ")
    assert message in text


@pytest.mark.parametrize(("line", "message"), BAD_NUMERICS)
def test_bad_numerics_are_refused(write: Write, line: str, message: str) -> None:
    write(f"{GOOD}\n[numerics]\n{line}\n")
    assert fault("my.toml").startswith(f"my.toml: {message}")


@pytest.mark.parametrize(("payoff", "message"), BAD_PAYOFFS)
def test_a_bad_payoff_is_refused(write: Write, payoff: str, message: str) -> None:
    write(with_payoff(payoff))
    text = fault("my.toml")
    assert text.startswith("my.toml: payoff.")
    assert message in text


def test_long_values_are_cut_short() -> None:
    assert fault("baseline", {"market.horizon": [1.0] * 99}).endswith(
        "got [" + "1.0, " * 15 + " ..."
    )


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"market.risk_aversion": -1.0}, "market.risk_aversion must be > 0, got -1.0"),
        ({"market.risk_aversion": math.nan}, "market.risk_aversion must be a number, got nan"),
        ({"market.risk_aversion": "high"}, "market.risk_aversion must be a number, got 'high'"),
        (
            {"market.risk": 1.0},
            "market.risk is not a known key (nearest: market.horizon, market.risk_aversion",
        ),
        ({"risk_aversion": 1.0}, "risk_aversion is not a known key (nearest: market.risk_aversion"),
        ({"payof.kind": 1.0}, "payof.kind is not a known key (nearest: payoff.kind), got 1.0"),
        ({"payoff.values": [1.0] * 4}, "payoff.values must hold at least two different numbers"),
        ({"market": 1.0}, "market must be a table, got 1.0"),
        ({"market.risk_aversion.x": 1.0}, "market.risk_aversion.x is not a known key"),
        ({"extends": "normal"}, "extends is not a known key"),
        ({"name": "other"}, "name is not a known key"),
        ({"title": "\udcff"}, r"title must be text, got '\udcff'"),
        ({"payoff.sd": 1.0}, "payoff.sd must be absent with payoff.kind = 'discrete', got 1.0"),
        (
            {"payoff.kind": "normal", "payoff.sd": 1},
            "payoff.mean is missing: mean of the payoff (money; a finite number)",
        ),
        ({"payoff.kind": "none"}, "payoff.kind must be one of discrete, normal"),
        (
            {"payoff.values": [1.0, 2.0]},
            "payoff.probabilities must be as many as payoff.values (2)",
        ),
        ({"attention.precision": "exponential"}, "attention.sensitivity is missing: α in"),
        ({"attention.elasticity": 0.5}, "attention.elasticity must be absent with attention.preci"),
        (
            {"attention.cost.kind": "exponential"},
            "attention.cost.rate is missing: rate in the cost",
        ),
        ({"numerics.order": 3}, "numerics.order must be one of 2, 4, 6, 8, 10, got 3"),
    ],
)
def test_a_bad_override_is_blamed_on_it(overrides: dict[str, object], message: str) -> None:
    assert fault("baseline", overrides).startswith(f"baseline (--set): {message}")


def test_a_good_file(write: Write) -> None:
    case = load_case(write(GOOD))
    assert (case.name, case.title, case.description) == ("my", "Three-state payoff", "")
    assert case.market.horizon == 1.0
    assert isinstance(case.market.horizon, float)
    assert case.payoff == DiscretePayoff(values=(0.0, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2))
    assert case.attention.signals == 2
    assert case.attention.capacity == math.inf
    cost = PowerCost(scale=0.3, exponent=2.0, linear=0.0)
    assert case.attention == LinearAttention(signals=2, efficiency=1.0, cost=cost)
    assert not any(hasattr(case.attention, name) for name in ("elasticity", "sensitivity"))
    assert not hasattr(case.attention.cost, "rate")
    assert case.numerics == Numerics()
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.market.horizon = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "payoff"),
    [
        ('kind = "normal"\nmean = -2\nsd = 3', NormalPayoff(mean=-2.0, sd=3.0)),
        (
            'kind = "mixture"\nmeans = [1, 1]\nsds = [1, 2]\nweights = [0.25, 0.75]',
            MixturePayoff(means=(1.0, 1.0), sds=(1.0, 2.0), weights=(0.25, 0.75)),
        ),
        ('kind = "uniform"\nlow = -1\nhigh = 1', UniformPayoff(low=-1.0, high=1.0)),
        (
            'kind = "lognormal"\nmean = 1\nsd = 0.5\nlow = 0\nhigh = 4',
            LognormalPayoff(mean=1.0, sd=0.5, low=0.0, high=4.0),
        ),
        (
            'kind = "beta"\na = 0.5\nb = 2\nlow = 0\nhigh = 1',
            BetaPayoff(a=0.5, b=2.0, low=0.0, high=1.0),
        ),
        ('kind = "sample"\nvalues = [1, 2, 1]', SamplePayoff(values=(1.0, 2.0, 1.0))),
        (
            'kind = "lognormal"\nmean = 1\nsd = 0.1\nlow = 1.5\nhigh = 2',
            LognormalPayoff(mean=1.0, sd=0.1, low=1.5, high=2.0),
        ),
        (
            'kind = "discrete"\nvalues = [1, 0, 1.000001]\nprobabilities = [0.25, 0.5, 0.25]',
            DiscretePayoff(values=(1.0, 0.0, 1.000001), probabilities=(0.25, 0.5, 0.25)),
        ),
        (
            'kind = "discrete"\nvalues = [1, 1.000001]\nprobabilities = [1e-9, 0.999999999]',
            DiscretePayoff(values=(1.0, 1.000001), probabilities=(1e-9, 0.999999999)),
        ),
    ],
)
def test_every_kind_of_payoff(write: Write, text: str, payoff: object) -> None:
    assert load_case(write(with_payoff(text))).payoff == payoff


@pytest.mark.parametrize(
    "numerics",
    [
        {"tolerance": 1e-10, "order": 2, "xi_nodes": 16, "psi_nodes": 8, "max_steps": 1},
        {"tolerance": 0.1, "order": 10, "xi_nodes": 20000, "psi_nodes": 2000},
    ],
)
def test_the_limits_of_numerics_are_legal(numerics: dict[str, Any]) -> None:
    assert load_case("baseline", {"numerics": numerics}).numerics == Numerics(**numerics)


@pytest.mark.parametrize("count", [3, 7, 11, 49, 1000])
def test_probabilities_sum_to_one_exactly_and_stay_so(count: int) -> None:
    table = case_to_dict(load_case("binary"))
    rough = [round(1 / count, 12)] * count
    table["payoff"] |= {"values": list(range(count)), "probabilities": rough}
    case = case_from_dict(table, "many")
    assert isinstance(case.payoff, DiscretePayoff)
    assert math.fsum(case.payoff.probabilities) == 1.0
    assert case.payoff.probabilities == pytest.approx(rough, abs=1e-9)
    assert case_from_dict(case_to_dict(case), "many") == case
