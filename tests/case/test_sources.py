"""Where cases come from: files, names, overrides, samples, and what extends what."""

import dataclasses
import math
import os
from pathlib import Path
from typing import Any

import pytest

from pdesolve.case import (
    CaseError,
    PowerAttention,
    SamplePayoff,
    case_names,
    load_case,
    parse_overrides,
)
from pdesolve.case import sources as casefile
from tests.case.writing import GOOD, Write, fault, faults, with_payoff

MISSING = "is missing (payoff.missing = 'drop' leaves such rows out)"


@pytest.mark.parametrize(
    ("content", "message"),
    [
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


def test_a_title_is_optional_and_line_ends_do_not_matter(write: Write) -> None:
    untitled = GOOD.replace('title = "Three-state payoff"', "")
    assert load_case(write(untitled)).title == "my"
    written = write(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_case(written) == load_case(write(GOOD))


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
        ("return\n1\nabc\n", ", line 3, must be one finite number, and is not a number"),
        (
            "1\nnan\n",
            f", line 2, must be one finite number, and {MISSING}",
        ),
        (
            "nan\n1\n2\n",
            f", line 1, must be one finite number, and {MISSING}",
        ),
        ("1\n\ninf\n", ", line 3, must be one finite number, and is not finite"),
        ("1\n2, 3\n", ", line 2, must be one finite number, and is several"),
        ("1\n1_000\n", ", line 2, must be one finite number, and is not a number"),
        ("1.2.3\n2\n", ", line 1, must be one finite number, and is not a number"),
        ("1\nreturn\n", ", line 2, must be one finite number, and is not a number"),
        ("return\n", " must hold one number per row, got none"),
        ("", " must hold one number per row, got none"),
        (b"1\n\xff\n", " must be UTF-8 text, got byte 0xff at 2"),
    ],
)
def test_a_bad_sample_file_is_refused(write: Write, content: str | bytes, message: str) -> None:
    write(content, "x.csv")
    write(with_payoff('kind = "sample"\nfile = "x.csv"'))
    assert fault("my.toml") == f"my.toml: payoff.file x.csv{message}"


@pytest.mark.parametrize(
    "row", ["root:x:0:0", "password = hunter2", "-----BEGIN", "0x1f", "1_0", "-nan", "7;8"]
)
def test_rows_of_a_sample_file_are_not_told(write: Write, row: str) -> None:
    write(f"1.5\n{row}\n", "x.csv")
    write(with_payoff('kind = "sample"\nfile = "x.csv"'))
    message = fault("my.toml")
    assert message.startswith("my.toml: payoff.file x.csv, line 2, must be one finite number")
    assert row not in message


def test_only_regular_files_are_read(write: Write, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    assert fault("pipe.toml") == "pipe.toml: must be a regular file, got a pipe"
    assert fault(Path("/dev/zero")) == "/dev/zero: must be a regular file, got a device"
    for name, kind in (("pipe.toml", "a pipe"), ("/dev/zero", "a device")):
        write(with_payoff(f'kind = "sample"\nfile = "{name}"'))
        message = f"my.toml: payoff.file {name} must be a regular file, got {kind}"
        assert fault("my.toml") == message
        write(f'extends = "./{name}"' if kind == "a pipe" else f'extends = "{name}"')
        assert f"must be a regular file, got {kind}" in fault("my.toml")


def test_huge_files_are_not_read(write: Write) -> None:
    with write("").open("r+b") as file:
        file.truncate(casefile.LARGEST + 1)
    assert fault("my.toml") == "my.toml: must have at most 100000000 bytes, got 100000001"


def test_a_missing_sample_file_is_refused(write: Write) -> None:
    write(with_payoff('kind = "sample"\nfile = "no.csv"'))
    message = "my.toml: payoff.file no.csv must be a readable file, got: No such file or directory"
    assert fault("my.toml") == message


def test_extends_a_named_case(write: Write) -> None:
    base = load_case("baseline")
    child = load_case(write('extends = "baseline"\ntitle = "Mine"\n[market]\nhorizon = 2.0\n'))
    market = dataclasses.replace(base.market, horizon=2.0)
    about: dict[str, Any] = {"title": "Mine", "description": "", "source": ""}
    assert child == dataclasses.replace(base, name="my", market=market, **about)


def test_extends_a_chain_of_paths(write: Write) -> None:
    write(GOOD, "base.toml")
    write('extends = "../base.toml"\n[market]\nhorizon = 2.0\ninitial_supply = 1.0', "a/b.toml")
    write('extends = "a/b.toml"\n[market]\nhorizon = 3.0')
    case = load_case("my.toml")
    assert (case.market.horizon, case.market.initial_supply) == (3.0, 1.0)
    assert (case.market.risk_aversion, case.title) == (1.5, "my")


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
    about: dict[str, Any] = {"name": "my", "title": "my"}
    assert child == dataclasses.replace(load_case("base.toml", overrides), **about)
    assert child != dataclasses.replace(load_case("base.toml"), **about)


def test_a_kind_keeps_the_keys_it_shares(write: Write) -> None:
    case = load_case(write(GOOD), {"attention.precision": "power", "attention.elasticity": 0.25})
    assert isinstance(case.attention, PowerAttention)
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
    assert [line[:31] for line in faults("my.toml", {"payoff.values": [1]})] == [
        "my.toml (--set): payoff.values ",
        "my.toml (--set): payoff.probabi",
    ]


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
