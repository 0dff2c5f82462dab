"""Returns from files, arrays and pandas objects, and what is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas
import pytest

from pdesolve.case import CaseError
from pdesolve.investing.returns import ReturnsError, as_returns, read_returns

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(text: str) -> Path:
        path = tmp_path / "r.csv"
        path.write_text(text)
        return path

    return put


@pytest.mark.parametrize(
    "text",
    [
        "date,a,b\n2020-01-01,10%,0.2\n2020-01-02,-10%,0.1\n",
        "# made up\n,a,b\n2020-01-01,0.1,0.2\n2020-01-02,-0.1,0.1\n",
        "when;a;b\n2020-01-01;0.1;0.2\n2020-01-02;-0.1;0.1\n",
        "Date,a,b\n202001,0.1,0.2\n202002,-0.1,0.1\n",
    ],
)
def test_a_header_and_dates_are_recognised(write: Write, text: str) -> None:
    found = read_returns(write(text))
    assert found.assets == ("a", "b")
    assert len(found.dates) == 2 and found.dates[0] in ("2020-01-01", "202001")
    np.testing.assert_allclose(found.values, [[0.1, 0.2], [-0.1, 0.1]])


def test_neither_header_nor_dates_are_needed(write: Write) -> None:
    found = read_returns(write("0.1\n-0.2\n"))
    assert (found.assets, found.dates) == (("1",), ())
    assert found.values.tolist() == [[0.1], [-0.2]]


def test_prices_become_simple_returns_with_the_later_date(write: Write) -> None:
    path = write("date,a\n2020-01-01,100\n2020-01-02,110\n2020-01-03,88\n")
    found = read_returns(path, prices=True)
    np.testing.assert_allclose(found.values[:, 0], [0.1, -0.2], rtol=1e-14)
    assert (found.start, found.dates) == ("2020-01-01", ("2020-01-02", "2020-01-03"))


@pytest.mark.parametrize(
    ("text", "prices", "message"),
    [
        ("a,b\n0.1,0.2\n,0.1\n", False, r"r\.csv, line 3, column 1 \(a\), .* is missing"),
        ("a,b\n0.1,0.2\nNA,nan\n", False, "is missing; values with this fault: 2"),
        ("a,b\n0.1,0.2\ninf,0.1\n", False, r"line 3, column 1 \(a\), .* is not finite"),
        ("a,b\n0.1,x\n0.2,0.1\n", False, r"line 2, column 2 \(b\), .* is not a number"),
        ("d;a\n2020-01-01;0,1\n2020-01-02;0,2\n", False, r"column 2 \(a\), .* has a comma"),
        (
            "date,a\n2020-01-01,0.1\n2020-01-02,-1.2\n",
            False,
            r"column 2 \(a\), must be at least -1",
        ),
        ("a\n1%\n0\n3\n", False, r"line 4, column 1 \(a\), .* having a percent sign or none"),
        ("a\n1\n0\n3\n", True, r"line 3, column 1 \(a\), must be a price > 0, got 0"),
        ("a\n1\n2\n", True, "at least 3 prices, got 2"),
        ("a\n", False, "at least 2 returns, got 0"),
        ("", False, "a row for each period"),
        ("a,b\n0.1,0.2\n0.1,0.1\n", False, r"column 1 \(a\), must vary, and every return is 0\.1"),
        ("a\n1\n1.1\n1.21\n", True, "must vary"),
        ("a,a\n0.1,0.2\n0.2,0.1\n", False, "different names"),
        ("a,\n0.1,0.2\n0.2,0.1\n", False, "must have a name"),
        ("a,b\n0.1\n", False, "line 2, must have 2 columns, and has 1"),
        (
            "date,a\n2020-01-02,0.1\n2020-01-01,0.2\n",
            False,
            "line 3, column 1, must be a later date",
        ),
    ],
)
def test_bad_files_are_refused_in_a_sentence(
    write: Write, text: str, prices: bool, message: str
) -> None:
    with pytest.raises((CaseError, ReturnsError), match=message) as caught:
        read_returns(write(text), prices=prices)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(CaseError, match="must be UTF-8 text"):
        read_returns(tmp_path / "r.csv")
    with pytest.raises(CaseError, match="must be a readable file"):
        read_returns(tmp_path / "none.csv")


def test_pandas_objects_keep_their_labels() -> None:
    days = pandas.date_range("2020-01-01", periods=3)
    frame = pandas.DataFrame({"a": [0.1, 0.2, 0.0], "b": [0.0, 0.1, 0.3]}, index=days)
    found = as_returns(frame)
    assert found.assets == ("a", "b")
    assert found.dates[0].startswith("2020-01-01")
    weights = found.labelled(np.array([0.25, 0.75]))
    assert isinstance(weights, pandas.Series)
    assert weights["b"] == 0.75
    series = as_returns(frame["b"])
    assert series.assets == ("b",)
    assert isinstance(as_returns(frame.to_numpy()).labelled(np.ones(2)), np.ndarray)
    with pytest.raises(ReturnsError, match=r"row 2, column 1 \(a\), .* is missing"):
        as_returns(frame.mask(frame == 0.2))
    with pytest.raises(ReturnsError, match="later date"):
        as_returns(frame[::-1])


def test_a_column_is_found_by_name_or_number() -> None:
    found = as_returns(np.array([[0.1, 0.2], [0.2, 0.1]]))
    assert found.only("2").values.tolist() == [[0.2], [0.1]]
    assert found.only(1).assets == ("1",)
    with pytest.raises(ReturnsError, match="column must be given"):
        found.only(None)
    with pytest.raises(ReturnsError, match="must be one of 1, 2, got '3'"):
        found.only("3")


def test_arrays_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(ReturnsError, match="must be numbers"):
        as_returns(["a", "b"])
    with pytest.raises(ReturnsError, match="one or two dimensions, got 3"):
        as_returns(np.ones((2, 2, 2)))


@pytest.mark.parametrize(
    "form", ["%m/%d/%Y", "%d.%m.%Y", "%d/%m/%Y", "%d-%b-%Y", "%b %d, %Y", "%Y/%m/%d", "%Y-%m-%d"]
)
def test_the_newest_first_is_refused_however_dates_are_written(tmp_path: Path, form: str) -> None:
    days = [(date(2023, 11, 20) + timedelta(k)).strftime(form) for k in range(0, 120, 7)]
    rows = [f'"{day}",{100 + (k * k) % 7}' for k, day in enumerate(days)]
    path = tmp_path / "p.csv"
    path.write_text("\n".join(["date,p", *rows]))
    assert len(read_returns(path, prices=True).dates) == len(days) - 1
    path.write_text("\n".join(["date,p", *rows[::-1]]))
    with pytest.raises(ReturnsError, match=r"line \d+, column 1, must be a later date"):
        read_returns(path, prices=True)


def test_a_return_too_large_to_be_squared_is_refused() -> None:
    with pytest.raises(ReturnsError, match=r"row 3, column 1 \(1\), must be a return of at most"):
        as_returns([1.0, 1e-200, 1e200, 1.0], prices=True)
    with pytest.raises(ReturnsError, match=r"row 2, column 1 \(1\), must be a return of at most"):
        as_returns([0.1, 1e200, 0.2])


def test_a_frame_with_an_index_of_words_has_dates_too() -> None:
    days = ["2020-01-03", "2020-01-02", "2020-01-01"]
    frame = pandas.DataFrame({"p": [1.0, 2.0, 1.5]}, index=days)
    with pytest.raises(ReturnsError, match="row 2, must be a later date"):
        as_returns(frame, prices=True)
    months = pandas.period_range("2020-01", periods=3, freq="M")
    assert as_returns(frame.set_index(months)).dates == ("2020-01", "2020-02", "2020-03")
    assert as_returns(frame.set_index(pandas.Index(["x", "y", "z"]))).dates == ()


def test_columns_that_are_not_looked_at_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("date,a,b,c\n2020-01-01,x,1,3\n2020-01-02,,2,3\n2020-01-03,-1,3,3\n")
    found = read_returns(path, prices=True, columns=["b"])
    assert found.assets == ("b",) and found.values.ravel().tolist() == [1.0, 0.5]
    with pytest.raises(CaseError, match=r"line 2, column 2 \(a\), must be one finite number"):
        read_returns(path, prices=True, columns=["b", 1])
    with pytest.raises(ReturnsError, match=r"f.csv: column must be one of a, b, c, got 'd'"):
        read_returns(path, columns=["d"])
