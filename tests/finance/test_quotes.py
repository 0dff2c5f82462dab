"""Quotes: what is read from tables and CSV files, what is refused, what a market makes of them."""

import tomllib
from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

from pdesolve.case import CaseError
from pdesolve.case.sources import data_file
from pdesolve.finance.quote_files import as_quotes, quotes_of, read_quotes
from pdesolve.finance.quotes import Quotes, dates, model_prices
from pdesolve.solver.solution import Solution
from tests.finance.quoting import made


def of_toml(text: str, folder: Path = Path()) -> Quotes:
    return quotes_of(tomllib.loads(text)["quotes"], "t.toml", folder)


def of_csv(folder: Path, text: str, sd: float | None = None) -> Quotes:
    (folder / "q.csv").write_text(text, encoding="utf-8")
    return read_quotes(folder / "q.csv", sd)


def test_tables_are_read() -> None:
    found = of_toml(
        "[[quotes]]\nstrike = 9\ncall = 0.81\nsd = 0.01\n"
        "[[quotes]]\nstrike = 10.0\ncall = 0.3\nput = 0.9\nsd = 0.02\nmaturity = 0.5\n"
    )
    assert found.strike.tolist() == [9.0, 10.0, 10.0]
    assert found.call.tolist() == [True, True, False]
    assert found.price.tolist() == [0.81, 0.3, 0.9]
    assert found.sd.tolist() == [0.01, 0.02, 0.02]
    assert np.isnan(found.maturity[0]) and found.maturity[1:].tolist() == [0.5, 0.5]
    assert dates(found, 2.0).tolist() == [2.0, 0.5, 0.5]
    assert found.places[2] == "t.toml: quotes[1]"


def test_the_spread_is_the_noise() -> None:
    """The mean of bid and ask, half of the spread; of a price between, how far the worse one is."""
    found = of_toml(
        '[[quotes]]\nstrike = 1\nkind = "put"\nbid = 0.2\nask = 0.3\n'
        "[[quotes]]\nstrike = 1\ncall = 0.22\nbid = 0.2\nask = 0.3\n"
        "[[quotes]]\nstrike = 1\ncall = 0.22\nbid = 0.2\nask = 0.3\nsd = 0.5\n"
    )
    assert found.call.tolist() == [False, True, True]
    assert found.price == pytest.approx([0.25, 0.22, 0.22])
    assert found.sd == pytest.approx([0.05, 0.08, 0.5])
    assert found.bid == pytest.approx([0.2] * 3) and found.ask == pytest.approx([0.3] * 3)


def test_a_csv_is_read(tmp_path: Path) -> None:
    text = "strike,call,put,bid,ask,maturity\n9,0.81,,0.80,0.82,\n9,0.81,0.5,,,0.5\n"
    found = of_csv(tmp_path, text, sd=0.02)
    assert found.call.tolist() == [True, True, False]
    assert found.sd == pytest.approx([0.01, 0.02, 0.02])
    assert np.isnan(found.maturity[0]) and found.maturity[1] == 0.5
    table = '[[quotes]]\nfile = "q.csv"\nsd = 0.02\n[[quotes]]\nstrike = 7\ncall = 2\nsd = 0.1'
    both = of_toml(table, tmp_path)
    assert both.price.tolist() == [*found.price, 2.0]


FAULTS = {
    "strike = 9": "call is missing",
    "call = 1\nsd = 1": "strike is missing",
    "strike = 9\ncall = 1": "sd is missing",
    "strike = 9\ncall = -1\nsd = 1": "call must be >= 0, got -1",
    "strike = 9\ncall = 1\nsd = 0": "sd must be > 0, got 0",
    "strike = 9\ncall = nan\nsd = 1": "call must be a finite number, got nan",
    "strike = true\ncall = 1\nsd = 1": "strike must be a finite number, got true",
    "strike = 9\ncall = 1\nsd = 1\nmaturity = 0": "maturity must be > 0, got 0",
    "strike = 9\nbid = 1": "ask is missing: bid is given",
    "strike = 9\nbid = 1\nask = 2": "kind is missing",
    'strike = 9\nbid = 2\nask = 2\nkind = "put"': "ask must be > bid, 2, got 2",
    "strike = 9\nbid = 1\nask = 2\ncall = 3": "call must be from bid to ask, 1 to 2, got 3",
    "strike = 9\nbid = 1\nask = 2\ncall = 1\nput = 2": "bid must be absent",
    'strike = 9\ncall = 1\nsd = 1\nkind = "put"': "kind must be the option that has a price",
    'strike = 9\nbid = 1\nask = 2\nkind = "both"': "kind must be call or put, got 'both'",
    "strik = 9\ncall = 1\nsd = 1": "strik is not a known key (nearest: strike), got 9",
    'file = "q.csv"\ncall = 1': "call must be absent beside file",
    'file = "nowhere.csv"': "file nowhere.csv must be a readable file",
    "file = 3": "file must be a path, got 3",
}


@pytest.mark.parametrize("text", FAULTS)
def test_one_line_says_what_is_wrong(text: str) -> None:
    with pytest.raises(CaseError) as caught:
        of_toml("[[quotes]]\nstrike = 1\ncall = 1\nsd = 1\n[[quotes]]\n" + text)
    (line,) = caught.value.args
    assert line.startswith("t.toml: quotes[1].") and FAULTS[text] in line


def test_all_rows_are_complained_about_at_once() -> None:
    with pytest.raises(CaseError) as caught:
        of_toml("[[quotes]]\nstrike = 9\n" * 7)
    assert len(caught.value.args) == 6
    assert caught.value.args[-1] == "t.toml: quotes: rows with a fault beyond these: 2"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "must have a header"),
        ("strike,call\n", "must hold at least one quote"),
        ("strike,call,volume\n9,1,2\n", "line 1, must have columns of strike"),
        ("strike,call,call\n9,1,2\n", "line 1, must have columns of strike"),
        ("strike,call\n9,81%\n", "line 2, call must be one finite number, and is a percentage"),
        ("strike,call\n9,x\n", "line 2, call must be one finite number, and is not a number"),
        ("strike;call\n9;0,81\n", "line 2, call must be one finite number, and has a comma"),
        ("strike,call\n\n9,1,2\n", "line 3, must have 2 columns, and has 3"),
        ("strike,call\n9,1\n,2\n", "line 3, strike is missing"),
        ("strike,bid,ask\n9,1,2\n", "line 2, kind is missing"),
    ],
)
def test_a_csv_is_refused_where_it_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(CaseError, match=r"q\.csv") as caught:
        of_csv(tmp_path, text, sd=1.0)
    assert len(caught.value.args) == 1 and fault in str(caught.value)


def test_there_have_to_be_quotes() -> None:
    with pytest.raises(CaseError, match="must hold at least one quote, got none"):
        quotes_of([], "t.toml")
    with pytest.raises(CaseError, match=r"must be a list of tables .* got 3"):
        quotes_of(3, "t.toml")


def test_maturities_end_with_the_horizon() -> None:
    late = made([1.0, 2.0], True, [0.5, 0.2], maturity=[1.0, 1.5])
    with pytest.raises(CaseError, match=r"quotes\[1\]: maturity must be up to .* 1, got 1.5"):
        dates(late, 1.0)


def test_the_market_prices_them(binary: Solution) -> None:
    """With payoffs of 0 and 1 a call is worth (1 - K) p and a put K (1 - p); before that, less."""
    strikes, call = np.repeat([0.3, 0.7, 0.2], 2), np.tile([True, False], 3)
    found = model_prices(binary, made(strikes, call, 0.1))
    price = binary.initial.price
    exact = np.where(call, (1.0 - strikes) * price, strikes * (1.0 - price))
    assert np.all(np.abs(found.value - exact) <= found.error) and found.error.max() < 1e-5
    dated = made(strikes, call, 0.1, maturity=np.where(call, 0.5, np.nan))
    mixed = model_prices(binary, dated)
    alone = binary.option_prices([0.2, 0.3, 0.7], 0.5)
    assert mixed.value[~call] == pytest.approx(exact[~call], abs=1e-5)
    apart = np.abs(mixed.value[call] - alone.call.values[[1, 2, 0]])  # marched with other dates
    assert np.all(apart <= mixed.error[call]) and mixed.error.max() < 1e-3
    dated = made([0.2, 0.3, 0.7], True, 0.1, maturity=0.5)
    assert model_prices(binary, dated).value.tolist() == alone.call.values.tolist()
    assert model_prices(binary, dated).error.tolist() == alone.call_error.values.tolist()
    assert np.all(mixed.value[call] < exact[call])


@pytest.mark.slow
def test_the_quotes_that_come_with_the_package_are_made_by_their_script() -> None:
    path = data_file("announcement_quotes")
    made_again = run_path(str(path.with_suffix(".py")))["rows"]()
    assert path.read_text(encoding="utf-8").splitlines()[2:] == made_again
    assert len(as_quotes("announcement_quotes")) == len(made_again)
