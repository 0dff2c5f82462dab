"""Observations from the files that people have: dates, headers, percent signs, gaps."""

import runpy
import shutil
from pathlib import Path

import pytest

import pdesolve
from pdesolve.case import SamplePayoff, case_names, case_to_dict, case_to_toml, load_case
from pdesolve.case import sources as casefile
from tests.case.writing import Write, fault, faults, with_payoff

DAILY = """\
date,return,volume
2024-01-02,1.5%,100
2024-01-03,-0.25 %,200
2024-01-04,0.5%,300
"""


def sample(write: Write, content: str | bytes, keys: str = "") -> Path:
    """A case on a file of that content."""
    write(content, "x.csv")
    return write(with_payoff(f'kind = "sample"\nfile = "x.csv"\n{keys}'))


def values(path: Path) -> tuple[float, ...]:
    payoff = load_case(path).payoff
    assert isinstance(payoff, SamplePayoff)
    return payoff.values


@pytest.mark.parametrize("column", ['"return"', '" return "', "2"])
def test_a_column_by_name_or_number(write: Write, column: str) -> None:
    assert values(sample(write, DAILY, f"column = {column}")) == (0.015, -0.0025, 0.005)


def test_returns_become_payoffs(write: Write) -> None:
    path = sample(write, DAILY, 'column = "return"\nscale = 100\noffset = 100')
    assert values(path) == pytest.approx((101.5, 99.75, 100.5), abs=1e-12)
    assert load_case(path, {"payoff.scale": -1.0}) == load_case(
        path, {"payoff": {"scale": -1.0, "offset": 100.0}}
    )


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("2024-01-02,1\n2024-01-03,2\n", "2"),  # no header
        ("AAPL,1\nAAPL,2\n", "2"),
        ("date;x\n2024-01-02;1\n2024-01-03;2\n", '"x"'),
        ("date\tx\n2024-01-02\t1\n2024-01-03\t2\n", '"x"'),
        ('"day, date","x (log, daily)"\n"Mon, 1",1\n"Tue, 2","2"\n', '"x (log, daily)"'),
        (",x\n0,1\n1,2\n", '"x"'),  # as pandas writes it
        ("date, x\r\n2024-01-02, 1\r\n\r\n2024-01-03, 2\r\n", '"x"'),
        ("# from somewhere, by hand\ndate,x\n1,1\n2,2\n", '"x"'),
        ("#date,x\n1,1\n2,2\n", '"x"'),
        ("\ufeffx,date\n1,a\n2,b\n", '"x"'),
        ('note,x\n"many\nlines",1\nb,2\n', "2"),  # a cell of two lines
        ("2020,2021\n1,1\n2,2\n", '"2021"'),  # a name that looks like a number
    ],
)
def test_tables_as_people_have_them(write: Write, content: str, column: str) -> None:
    assert values(sample(write, content, f"column = {column}")) == (1.0, 2.0)


@pytest.mark.parametrize("others", [("1.5%", "2"), ("2", "1.5%")])
def test_percentages_and_plain_numbers_are_not_mixed(write: Write, others: tuple[str, str]) -> None:
    before, after = others
    path = sample(write, f"date,x\n1,0\n2,{before}\n3,0%\n4,{after}\n", 'column = "x"')
    assert fault("my.toml") == (
        "my.toml: payoff.file x.csv, line 5, column 2, must be one finite number, and differs from"
        " those above it in having a percent sign or none"
    )
    sample(write, f"date,x\n1,0\n2,{before}\n3,0%\n", 'column = "x"')
    assert len(values(path)) == 3  # 0 is 0%


@pytest.mark.parametrize("gap", ["", "NA", "n/a", "nan", "NaN", "null", ".", "-", "#N/A"])
def test_missing_values_are_refused_or_dropped(write: Write, gap: str) -> None:
    content = f"date,x\n2024-01-02,1\n2024-01-03,{gap}\n2024-01-04,2\n"
    path = sample(write, content, 'column = "x"')
    assert fault("my.toml") == (
        "my.toml: payoff.file x.csv, line 3, column 2, must be one finite number, and is missing"
        " (payoff.missing = 'drop' leaves such rows out)"
    )
    assert load_case(path, {"payoff.missing": "drop"}).payoff == SamplePayoff(values=(1.0, 2.0))


def test_many_gaps_are_counted(write: Write) -> None:
    sample(write, "x\n1\nNA\nNA\nNA\n2\n")
    assert fault("my.toml").endswith("leaves such rows out); rows with a fault: 3")


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("abc", "is not a number"),
        ("1_000", "is not a number"),
        ("$5", "is not a number"),
        ("1 000", "is several"),
        ('"1,234.5"', "has a comma, which could be a thousands separator or a decimal one"),
        ('"1,5%"', "has a comma, which could be a thousands separator or a decimal one"),
        ("inf", "is not finite"),
        ("inf%", "is not finite"),
        ("%", "is not a number"),
        ("5%%", "is not a number"),
    ],
)
@pytest.mark.parametrize("missing", ["refuse", "drop"])
def test_what_is_no_number_is_refused(write: Write, cell: str, what: str, missing: str) -> None:
    sample(write, f"date,x\n1,1\n2,{cell}\n3,2\n", f'column = "x"\nmissing = "{missing}"')
    message = fault("my.toml")
    start = "my.toml: payoff.file x.csv, line 3, column 2, must be one finite number, and "
    assert message.startswith(start + what)
    assert cell.strip('"') not in message.removeprefix(start)


def test_a_decimal_comma_is_refused(write: Write) -> None:
    sample(write, "date;x\n2024-01-02;0,015\n", 'column = "x"')
    assert "line 2, column 2, must be one finite number, and has a comma" in fault("my.toml")
    sample(write, "2024-01-02;0,015\n2024-01-03;0,5", "column = 2")
    assert "line 1, column 2, must be one finite number, and has a comma" in fault("my.toml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("date,x\n1,2\n1,2,3\n", ", line 3, must have 2 columns, and has 3"),
        ("date,x\n1,2\n3\n", ", line 3, must have 2 columns, and has 1"),
        ("date,x\n", " must hold one number per row, got none"),
        ('date,x\n1,"' + 200_000 * "1" + '"\n', " must be CSV"),
    ],
)
def test_tables_that_are_none(write: Write, content: str, message: str) -> None:
    sample(write, content, 'column = "x"')
    assert fault("my.toml") == f"my.toml: payoff.file x.csv{message}"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "",
            "payoff.column must be given where the file has 3 columns: a name in the file's header,"
            " or a number from 1 to 3, got nothing",
        ),
        (
            'column = "retrn"',
            "payoff.column must be a name in the file's header, or a number from 1 to 3"
            " (nearest: return), got 'retrn'",
        ),
        (
            'column = "price"',
            "payoff.column must be a name in the file's header, or a number from 1 to 3,"
            " got 'price'",
        ),
        (
            "column = 4",
            "payoff.column must be a name in the file's header, or a number from 1 to 3, got 4",
        ),
        ("column = 0", "payoff.column must be a name in the header, or a number from 1, got 0"),
        ("column = true", "payoff.column must be a name in the header, or a number from 1, got tr"),
        ("column = 1.5", "payoff.column must be a name in the header, or a number from 1, got 1.5"),
        ('column = ""', "payoff.column must be a name in the header, or a number from 1, got ''"),
        ("column = 2\nscale = 0", "payoff.scale must be a finite number, not 0, got 0"),
        ("column = 2\noffset = nan", "payoff.offset must be a number, got nan"),
        ('column = 2\nmissing = "skip"', "payoff.missing must be one of refuse, drop, got 'skip'"),
    ],
)
def test_bad_keys_of_a_file(write: Write, keys: str, message: str) -> None:
    sample(write, DAILY, keys)
    assert fault("my.toml").startswith(f"my.toml: {message}")


def test_a_name_that_two_columns_have(write: Write) -> None:
    sample(write, "x,x\n1,2\n", 'column = "x"')
    rule = "payoff.column must be a number from 1 to 2, since several have that name, got 'x'"
    assert fault("my.toml") == f"my.toml: {rule}"


def test_keys_of_a_file_belong_to_a_file(write: Write) -> None:
    write(with_payoff('kind = "sample"\nvalues = [1, 2]\nscale = 2\ncolumn = "x"'))
    assert faults("my.toml") == [
        "my.toml: payoff.column must be absent where payoff.values is given, got 'x'",
        "my.toml: payoff.scale must be absent where payoff.values is given, got 2",
    ]
    assert "payoff.scale must be absent with payoff.kind" in fault("binary", {"payoff.scale": 2.0})


def test_values_take_the_place_of_a_file_and_all_that_goes_with_it(write: Write) -> None:
    path = sample(write, DAILY, 'column = "return"\nscale = 100')
    assert load_case(path, {"payoff.values": [7, 8]}).payoff == SamplePayoff(values=(7.0, 8.0))


@pytest.mark.parametrize(
    "content",
    [
        "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/bin/sh\n",
        "user,password\nalice,hunter2\nbob,swordfish\n",
        "-----BEGIN KEY-----\nMIIEowIBAAKCAQ==\n-----END KEY-----\n",
        "TOKEN=abcdef\nOTHER=ghijkl\n",
        "4711\n4711\n",
    ],
)
@pytest.mark.parametrize("column", ["", "column = 1", "column = 2", 'column = "return"'])
def test_a_message_does_not_tell_what_a_file_says(write: Write, content: str, column: str) -> None:
    sample(write, content, column)
    message = fault("my.toml")
    for word in content.replace(",", " ").replace(":", " ").replace("=", " ").split():
        assert len(word) < 4 or word not in message


# ---------------------------------------------------------------------- the named case


def test_the_named_case_is_what_its_script_writes(tmp_path: Path) -> None:
    folder = casefile._cases_folder()
    write = runpy.run_path(str(folder / "returns.py"))["write"]
    write(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (folder / "returns.csv").read_bytes()
    rows = (folder / "returns.csv").read_text().splitlines()
    assert rows[0] == "date,return" and len(rows) == 501
    assert all(row.endswith("%") for row in rows[1:])


def test_the_named_case_works_from_any_folder_and_as_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "returns" in case_names()
    case = pdesolve.load_case("returns")
    assert isinstance(case.payoff, SamplePayoff) and len(case.payoff.values) == 500
    for name in ("returns.toml", "returns.csv"):
        shutil.copy(casefile._cases_folder() / name, tmp_path)
    assert load_case("./returns.toml") == case


def test_only_the_eye_gets_a_short_list() -> None:
    case = load_case("returns")
    assert "…" in case_to_toml(case, longest=20)
    assert "…" not in case_to_toml(case)
    assert len(case_to_dict(case)["payoff"]["values"]) == 500
