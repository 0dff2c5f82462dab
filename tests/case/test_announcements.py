"""Announcements in a case file: tables in a list, on the command line the list itself."""

import pytest

from pdesolve.case import Announcement, CaseError, case_to_dict, case_to_toml, load_case
from pdesolve.case import case_from_dict as read
from tests.tools.program import program

KEY = "market.announcements"
TWO = [{"time": 0.75, "precision": 2}, {"time": 0.25, "precision": 1.5}]


def test_announcements_are_read_in_order() -> None:
    case = load_case("binary", {KEY: TWO})
    first, second = case.market.announcements
    assert first == Announcement(time=0.25, precision=1.5)
    assert second == Announcement(time=0.75, precision=2.0)
    assert load_case("binary").market.announcements == ()


def test_a_case_prints_its_announcements_as_tables() -> None:
    case = load_case("binary", {KEY: TWO})
    assert "\n[[market.announcements]]\ntime = 0.25\nprecision = 1.5\n" in case_to_toml(case)
    assert read(case_to_dict(case), case.name) == case
    assert "announcements" not in case_to_dict(load_case("binary"))["market"]


def test_a_list_replaces_that_of_the_base() -> None:
    case = load_case("announcement", {KEY: [{"time": 0.1, "precision": 1.0}]})
    assert [one.time for one in case.market.announcements] == [0.1]
    assert load_case("announcement", {KEY: []}).market == load_case("baseline").market


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("[{time = 1.5, precision = 1}]", "[0].time must be < market.horizon = 1.0, got 1.5"),
        ("[{time = 1.0, precision = 1}]", "[0].time must be < market.horizon = 1.0, got 1.0"),
        ("[{time = 0, precision = 1}]", "[0].time must be > 0, got 0"),
        ("[{time = 0.5, precision = -1}]", "[0].precision must be > 0, got -1"),
        ("[{time = 0.5, precision = 0.0}]", "[0].precision must be > 0, got 0.0"),
        ("[{time = nan, precision = 1}]", "[0].time must be a number, got nan"),
        ("[{time = 0.5}]", "[0].precision is missing: announcement precision (1/money^2; > 0)"),
        (
            "[{time = 0.5, precision = 1}, {time = 0.5, precision = 2}]",
            "[1].time must be different from those of the others, got 0.5",
        ),
        (
            "[{time = 0.5, precision = 1, date = 2}]",
            "[0].date is not a known key (there are: time, precision), got 2",
        ),
        (
            "0.5",
            " must be a list of tables [[market.announcements]], each with time and precision,"
            " got 0.5",
        ),
    ],
)
def test_what_is_wrong_with_one_is_said_in_a_line(value: str, line: str) -> None:
    done = program("solve", "binary", "--set", f"{KEY}={value}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"pdesolve: binary (--set): {KEY}{line}\n"


def test_a_number_of_one_is_changed_by_its_place_in_time() -> None:
    case = load_case("binary", {KEY: TWO})
    assert read(case_to_dict(case), "x", {f"{KEY}[0].time": 0.3}).market.announcements == (
        Announcement(time=0.3, precision=1.5),
        Announcement(time=0.75, precision=2.0),
    )
    changed = load_case("announcement", {f"{KEY}[0].precision": 3})
    assert [one.precision for one in changed.market.announcements] == [3.0]


@pytest.mark.parametrize("part", [".time", "[1].time", "[0].date"])
def test_numbers_that_none_has_are_no_keys(part: str) -> None:
    with pytest.raises(CaseError, match=r"is not a known key \(nearest: market.announcements\)"):
        load_case("announcement", {KEY + part: 0.3})
