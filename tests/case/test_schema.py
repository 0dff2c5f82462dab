import dataclasses
import math
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pdesolve.case import (
    BetaPayoff,
    Case,
    CaseError,
    DiscretePayoff,
    LognormalPayoff,
    MixturePayoff,
    NormalPayoff,
    Numerics,
    SamplePayoff,
    UniformPayoff,
    case_from_dict,
    case_names,
    case_to_dict,
    case_to_toml,
    load_case,
    parse_overrides,
)
from pdesolve.case import sources as casefile

GOOD = """\
title = "Three-state payoff"

[market]
risk_aversion = 1.5
supply_volatility = 1.2
initial_supply = 0.3
horizon = 1

[payoff]
kind = "discrete"
values = [0.0, 1.0, 3.0]
probabilities = [0.5, 0.3, 0.2]

[attention]
signals = 2
precision = "linear"
efficiency = 1.0

[attention.cost]
kind = "power"
scale = 0.3
exponent = 2.0
"""
DISCRETE = GOOD[GOOD.index("[payoff]") : GOOD.index("[attention]")]

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file in a folder that is also the current one."""
    monkeypatch.chdir(tmp_path)

    def write_file(text: str | bytes, name: str = "my.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


def fault(source: object, overrides: Mapping[str, object] | None = None) -> str:
    with pytest.raises(CaseError) as caught:
        load_case(source, overrides)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    return message


def with_payoff(text: str) -> str:
    return GOOD.replace(DISCRETE, f"[payoff]\n{text}\n\n")


# What to replace in GOOD, by what, and what the message must contain besides the file's name.
BAD_LINES = [
    ("risk_aversion = 1.5", "risk_aversion = -1.0", "market.risk_aversion must be > 0, got -1.0"),
    ("risk_aversion = 1.5", "risk_aversion = 0", "market.risk_aversion must be > 0, got 0"),
    ("risk_aversion = 1.5", "", "market.risk_aversion must be given (> 0), got nothing"),
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
    ('kind = "discrete"', "", "payoff.kind must be one of discrete, normal, mixture, uniform, "),
    ('kind = "discrete"', 'kind = "gamma"', "payoff.kind must be one of discrete, normal"),
    ('kind = "discrete"', "kind = [1]", "lognormal, beta, sample, got [1]"),
    ("values = [0.0, 1.0, 3.0]", "", "payoff.values must be given (a finite number), got nothing"),
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
        "payoff.probabilities must be given (> 0), got nothing",
    ),
    (
        "probabilities =",
        "sd = 1\nprobabilities =",
        "payoff.sd must be absent with payoff.kind = 'disc",
    ),
    ("signals = 2", "signals = 0", "attention.signals must be from 1 to 1000000, got 0"),
    ("signals = 2", "signals = 2.0", "attention.signals must be a whole number, got 2.0"),
    ("signals = 2", "signals = true", "attention.signals must be a whole number, got true"),
    ("signals = 2", "", "attention.signals must be given (from 1 to 1000000), got nothing"),
    (
        '"linear"',
        '"quadratic"',
        "attention.precision must be one of linear, power, exponential, got",
    ),
    ("efficiency = 1.0", "", "attention.efficiency must be given (> 0), got nothing"),
    ("efficiency = 1.0", "efficiency = -1", "attention.efficiency must be > 0, got -1"),
    (
        "efficiency =",
        "elasticity = 0.5\nefficiency =",
        "elasticity must be absent with attention.pr",
    ),
    ('"linear"', '"power"', "attention.elasticity must be given (> 0 and < 1), got nothing"),
    ('"linear"', '"power"\nelasticity = 1.0', "attention.elasticity must be > 0 and < 1, got 1.0"),
    (
        '"linear"',
        '"exponential"',
        "attention.efficiency must be absent with attention.precision = ",
    ),
    ("efficiency = 1.0", "efficiency = 1.0\ncapacity = 0", "attention.capacity must be > 0, got 0"),
    ("efficiency = 1.0", "efficiency = 1.0\ncapacity = -inf", "capacity must be > 0, got -inf"),
    ("scale = 0.3", "scale = 0", "attention.cost.scale must be > 0, got 0"),
    ("exponent = 2.0", "exponent = 1.0", "attention.cost.exponent must be > 1, got 1.0"),
    ("exponent = 2.0", "", "attention.cost.exponent must be given (> 1), got nothing"),
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
    (
        '[attention.cost]\nkind = "power"',
        "[attention.cost]",
        "attention.cost.kind must be one of pow",
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
    ('kind = "normal"\nmean = 1', "payoff.sd must be given (> 0), got nothing"),
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
    ('kind = "lognormal"\nmean = 1\nsd = 1', "payoff.low must be finite: an untruncated lognormal"),
    ('kind = "lognormal"\nmean = 1\nsd = 1\nlow = 0', "payoff.high must be finite: an untruncated"),
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
    ('kind = "sample"', "payoff.file must be a path, or payoff.values be given, got nothing"),
    (
        'kind = "sample"\nfile = "x.csv"\nvalues = [1, 2]',
        "payoff.file must be absent where payoff.values is given, got 'x.csv'",
    ),
    ('kind = "sample"\nfile = 3', "payoff.file must be a path, or payoff.values be given, got 3"),
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "bad.toml: payoff.kind must be one of"),
        (b"not toml", "bad.toml: must be TOML, got: Expected '=' after a key"),
        (b"a = 1\na = 2", "bad.toml: must be TOML, got: Cannot overwrite a value (at end of"),
        (b"a = " + b"[" * 20000, "bad.toml: must be TOML, got: "),
        (b'title = "\xff"', "bad.toml: must be UTF-8 text, got byte 0xff at 9"),
        (b"\x00\x01\x02", "bad.toml: must be TOML, got: "),
    ],
)
def test_a_file_that_is_not_toml_is_refused(write: Write, content: bytes, message: str) -> None:
    write(content, "bad.toml")
    assert fault("bad.toml").startswith(message)


def test_long_values_are_cut_short() -> None:
    assert fault("baseline", {"market.horizon": [1.0] * 99}).endswith(
        "got [" + "1.0, " * 15 + " ..."
    )


def test_unreadable_paths_are_refused(write: Write) -> None:
    write("", "folder.toml/inside")
    assert fault("folder.toml") == "folder.toml: must be a readable file, got: Is a directory"
    assert fault("no.toml") == "no.toml: must be a readable file, got: No such file or directory"
    assert fault(Path("none")) == "none: must be a readable file, got: No such file or directory"
    assert fault("a\x00b.toml").endswith("must be a readable file, got: embedded null byte")
    assert fault("a\nb.toml").startswith(r"a\nb.toml: must be a readable file")


def test_a_file_without_permission_is_refused(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(GOOD)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert fault(path) == f"{path}: must be a readable file, got: Permission denied"


@pytest.mark.parametrize(
    ("name", "near"),
    [("basline", "baseline"), ("Normal", "normal"), ("three_state", "three_states")],
)
def test_an_unknown_name_offers_the_nearest(name: str, near: str) -> None:
    text = fault(name)
    assert text.startswith(f"{name}: case must be one of those that `pdesolve list` shows")
    assert f"got '{name}'; nearest: {near}" in text


@pytest.mark.parametrize("name", ["", "..", "qqqq"])
def test_an_unknown_name_without_neighbours(name: str) -> None:
    assert fault(name).endswith(f"got '{name}'; nearest: none")


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
        ({"payoff.values": [1.0] * 99}, "payoff.values must hold at least two different numbers"),
        ({"market": 1.0}, "market must be a table, got 1.0"),
        ({"market.risk_aversion.x": 1.0}, "market.risk_aversion.x is not a known key"),
        ({"extends": "normal"}, "extends is not a known key"),
        ({"name": "other"}, "name is not a known key"),
        ({"title": "\udcff"}, r"title must be text, got '\udcff'"),
        ({"payoff.sd": 1.0}, "payoff.sd must be absent with payoff.kind = 'discrete', got 1.0"),
        ({"payoff.kind": "normal"}, "payoff.mean must be given (a finite number), got nothing"),
        ({"payoff.kind": "none"}, "payoff.kind must be one of discrete, normal"),
        (
            {"payoff.values": [1.0, 2.0]},
            "payoff.probabilities must be as many as payoff.values (2)",
        ),
        ({"attention.precision": "exponential"}, "attention.sensitivity must be given (> 0)"),
        (
            {"attention.precision": "exponential", "attention.efficiency": 1.0},
            "attention.efficiency must be absent with attention.precision = 'exponential', got 1.0",
        ),
        ({"attention.cost.kind": "exponential"}, "attention.cost.rate must be given (> 0)"),
        ({"numerics.order": 3}, "numerics.order must be one of 2, 4, 6, 8, 10, got 3"),
    ],
)
def test_a_bad_override_is_blamed_on_it(overrides: dict[str, object], message: str) -> None:
    assert fault("baseline", overrides).startswith(f"baseline (--set): {message}")


@pytest.mark.parametrize("item", ["market.horizon", "=1", " = 1", ""])
def test_malformed_set_arguments(item: str) -> None:
    with pytest.raises(CaseError, match=rf"^--set must be KEY=VALUE, got '{item}'$"):
        parse_overrides([item])


def test_parse_overrides() -> None:
    items = [
        "market.risk_aversion=2.0",
        "attention.signals = 3",
        "attention.capacity=inf",
        "attention.precision=power",
        'attention.cost.kind="power"',
        "payoff.values=[0, 1]",
        "title=a = b",
        "payoff.file=",
        "market.horizon=1\nx = 2",
        "market.risk_aversion=3.0",
    ]
    assert parse_overrides(items) == {
        "market.risk_aversion": 3.0,
        "attention.signals": 3,
        "attention.capacity": math.inf,
        "attention.precision": "power",
        "attention.cost.kind": "power",
        "payoff.values": [0, 1],
        "title": "a = b",
        "payoff.file": "",
        "market.horizon": "1\nx = 2",
    }


def test_a_good_file(write: Write) -> None:
    case = load_case(write(GOOD))
    assert (case.name, case.title, case.description) == ("my", "Three-state payoff", "")
    assert case.market.horizon == 1.0
    assert isinstance(case.market.horizon, float)
    assert case.payoff == DiscretePayoff(values=(0.0, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2))
    assert case.attention.signals == 2
    assert case.attention.capacity == math.inf
    assert (case.attention.elasticity, case.attention.sensitivity) == (None, None)
    assert (case.attention.cost.linear, case.attention.cost.rate) == (0.0, None)
    assert case.numerics == Numerics()
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.market.horizon = 2.0  # type: ignore[misc]


def test_a_title_is_optional_and_line_ends_do_not_matter(write: Write) -> None:
    untitled = GOOD.replace('title = "Three-state payoff"', "")
    assert load_case(write(untitled)).title == "my"
    written = write(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_case(written) == load_case(write(GOOD))


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
        {"xi_nodes": 1, "psi_nodes": 1},
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


@pytest.mark.parametrize(
    "content", ["1.5\n2\n-3e-1\n", 'return\r\n1.5\r\n\r\n"2"\r\n-0.3', "# note\n 1.5 \n2\n-0.3\n\n"]
)
def test_a_sample_file_stands_beside_its_case(
    write: Write, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    write(content, "data/returns.csv")
    path = write(with_payoff('kind = "sample"\nfile = "returns.csv"'), "data/my.toml")
    monkeypatch.chdir("/")
    assert load_case(path).payoff == SamplePayoff(values=(1.5, 2.0, -0.3), bandwidth=None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("return\n1\nabc\n", ", line 3, must be one finite number, got 'abc'"),
        ("1\nnan\n", ", line 2, must be one finite number, got 'nan'"),
        ("nan\n1\n2\n", ", line 1, must be one finite number, got 'nan'"),
        ("1\n\ninf\n", ", line 3, must be one finite number, got 'inf'"),
        ("1\n2, 3\n", ", line 2, must be one finite number, got '2, 3'"),
        ("1\n1_000\n", ", line 2, must be one finite number, got '1_000'"),
        ("1.2.3\n2\n", ", line 1, must be one finite number, got '1.2.3'"),
        ("1\nreturn\n", ", line 2, must be one finite number, got 'return'"),
        ("return\n", " must hold one number per row, got none"),
        ("", " must hold one number per row, got none"),
        (b"1\n\xff\n", " must be UTF-8 text, got byte 0xff at 2"),
    ],
)
def test_a_bad_sample_file_is_refused(write: Write, content: str | bytes, message: str) -> None:
    write(content, "x.csv")
    write(with_payoff('kind = "sample"\nfile = "x.csv"'))
    assert fault("my.toml") == f"my.toml: payoff.file x.csv{message}"


def test_a_missing_sample_file_is_refused(write: Write) -> None:
    write(with_payoff('kind = "sample"\nfile = "no.csv"'))
    message = "my.toml: payoff.file no.csv must be a readable file, got: No such file or directory"
    assert fault("my.toml") == message


def test_extends_a_named_case(write: Write) -> None:
    base = load_case("baseline")
    child = load_case(write('extends = "baseline"\ntitle = "Mine"\n[market]\nhorizon = 2.0\n'))
    market = dataclasses.replace(base.market, horizon=2.0)
    assert child == dataclasses.replace(base, name="my", title="Mine", market=market)


def test_extends_a_chain_of_paths(write: Write) -> None:
    write(GOOD, "base.toml")
    write('extends = "../base.toml"\n[market]\nhorizon = 2.0\ninitial_supply = 1.0', "a/b.toml")
    write('extends = "a/b.toml"\n[market]\nhorizon = 3.0')
    case = load_case("my.toml")
    assert (case.market.horizon, case.market.initial_supply) == (3.0, 1.0)
    assert (case.market.risk_aversion, case.title) == (1.5, "Three-state payoff")


CHANGES: list[tuple[str, dict[str, Any]]] = [
    (
        '[payoff]\nkind = "normal"\nmean = 1\nsd = 2',
        {"payoff.kind": "normal", "payoff.mean": 1, "payoff.sd": 2},
    ),
    (
        '[attention]\nprecision = "exponential"\nsensitivity = 2\ncapacity = 1',
        {
            "attention.precision": "exponential",
            "attention.sensitivity": 2,
            "attention.capacity": 1,
        },
    ),
    (
        '[attention]\nprecision = "power"\nelasticity = 0.5',
        {"attention": {"precision": "power", "elasticity": 0.5}},
    ),
    (
        '[attention.cost]\nkind = "exponential"\nrate = 3',
        {"attention.cost.kind": "exponential", "attention.cost.rate": 3},
    ),
    ('[payoff]\nkind = "sample"', {"payoff.kind": "sample"}),
]


@pytest.mark.parametrize(("section", "overrides"), CHANGES)
def test_another_kind_drops_the_old_keys(
    write: Write, section: str, overrides: dict[str, Any]
) -> None:
    write(GOOD, "base.toml")
    child = load_case(write(f'extends = "base.toml"\n{section}\n'))
    assert child == dataclasses.replace(load_case("base.toml", overrides), name="my")
    assert child != dataclasses.replace(load_case("base.toml"), name="my")


def test_a_kind_keeps_the_keys_it_shares(write: Write) -> None:
    case = load_case(write(GOOD), {"attention.precision": "power", "attention.elasticity": 0.25})
    assert (case.attention.efficiency, case.attention.elasticity) == (1.0, 0.25)
    sample = load_case("my.toml", {"payoff.kind": "sample", "payoff.bandwidth": 0.5}).payoff
    assert sample == SamplePayoff(values=(0.0, 1.0, 3.0), bandwidth=0.5)


def test_values_and_file_replace_each_other(write: Write) -> None:
    write("5\n6\n", "x.csv")
    write(with_payoff('kind = "sample"\nvalues = [1, 2]'), "values.toml")
    write('extends = "values.toml"\n[payoff]\nfile = "x.csv"', "file.toml")
    assert load_case("file.toml").payoff == SamplePayoff(values=(5.0, 6.0))
    assert load_case("file.toml", {"payoff.values": [7, 8]}).payoff == SamplePayoff(
        values=(7.0, 8.0)
    )


def test_old_keys_in_the_file_that_sets_the_kind_are_refused(write: Write) -> None:
    write('extends = "normal"\n[payoff]\nkind = "uniform"\nlow = 0\nhigh = 1\nsd = 1')
    message = "my.toml: payoff.sd must be absent with payoff.kind = 'uniform', got 1"
    assert fault("my.toml") == message


@pytest.mark.parametrize(
    ("parent", "message"),
    [
        ("3", "my.toml: extends must be a case's name or path, got 3"),
        ('"my.toml"', "my.toml: extends must not lead in a circle, got 'my.toml'"),
        ('"a.toml"', "a.toml: extends must not lead in a circle, got './my.toml'"),
        ('"basline"', "my.toml: extends must name a case or a TOML file: basline: case must be"),
        ('"no.toml"', "my.toml: extends must name a case or a TOML file: no.toml: must be a read"),
        ('"bad.toml"', "my.toml: extends must name a case or a TOML file: bad.toml: must be TOML"),
    ],
)
def test_bad_extends(write: Write, parent: str, message: str) -> None:
    write("what?", "bad.toml")
    write('extends = "./my.toml"', "a.toml")
    write(f"extends = {parent}\n")
    assert fault("my.toml").startswith(message)


def test_a_fault_is_blamed_on_the_file_it_stands_in(write: Write) -> None:
    write(GOOD.replace("horizon = 1", "horizon = -1"), "base.toml")
    write('extends = "base.toml"\n[market]\nrisk_aversion = 1.0')
    assert fault("my.toml") == "base.toml: market.horizon must be > 0, got -1"
    write(GOOD, "base.toml")
    write('extends = "base.toml"\n[payoff]\nvalues = [1, 2]')
    assert fault("my.toml").startswith("my.toml: payoff.probabilities must be as many")
    assert fault("my.toml", {"payoff.values": [1]}).startswith("my.toml (--set): payoff.values")


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
    assert len({case.title for case in cases.values()}) == len(cases) == 16
    assert cases["normal"].numerics.tolerance == 1e-8
    assert cases["many_signals"].attention.signals == 5
    assert cases["capacity"].attention.capacity < math.inf
    assert cases["inattention"].attention.cost.linear > 0
    assert cases["binary"].payoff == DiscretePayoff(values=(0.0, 1.0), probabilities=(0.65, 0.35))
    market, payoff = cases["market"].market, cases["market"].payoff
    assert isinstance(payoff, NormalPayoff)
    premium = market.risk_aversion * market.initial_supply * payoff.sd**2
    assert payoff.mean - premium == pytest.approx(1.0, abs=1e-12)


def test_names_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "baseline").mkdir()
    assert "baseline" in case_names() == sorted(case_names())
    assert load_case("baseline").name == "baseline"


def test_installed_cases_come_before_those_of_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "pdesolve"
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "far.toml").write_text(GOOD)
    monkeypatch.setattr(casefile, "__file__", str(package / "case" / "sources.py"))
    assert case_names() == ["far"]
    (package / "data" / "cases").mkdir(parents=True)
    (package / "data" / "cases" / "near.toml").write_text(GOOD)
    assert case_names() == ["near"]


def test_reading_a_case_imports_no_numerical_library() -> None:
    code = "import sys, pdesolve.case as c; c.load_case('baseline'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "xarray", "matplotlib", "findiff"} & set(done.stdout.split())
