"""The command `portfolio`."""

import csv
import runpy
from pathlib import Path

import numpy as np
import pytest

from pdesolve.case.sources import data_file
from pdesolve.cli import program as cli
from pdesolve.investing.methods import METHODS
from pdesolve.investing.portfolios import portfolio
from tests.investing.economies import returns
from tests.tools.program import Capture, json_only

ENDINGS = ("json", "csv", "tex", "png", "pdf")
FAST = ["--window", "50", "--every", "20", "--bootstrap", "100"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's file, in the folder where the program is run."""
    monkeypatch.chdir(tmp_path)
    lines = [",".join(f"{x:.6f}" for x in row) for row in returns(200, 3).tolist()]
    path = Path("own.csv")
    path.write_text("\n".join(["a,b,c", *lines]) + "\n")
    return path


def test_industries_come_with_the_package_and_are_made_by_their_script(tmp_path: Path) -> None:
    path = data_file("industries")
    assert path.stat().st_size < 1_000_000
    runpy.run_path(str(path.with_suffix(".py")))["write"](tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()


def test_a_table_of_all_methods(capsys: Capture) -> None:
    assert cli.main(["portfolio", "industries"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "industries: 3780 periods from 2010-01-04 to 2024-06-28; riskless rate 0" in out
    assert "1.7294 independent bets in 10 assets, quality ratio 0.1729" in out
    starts = [line.split("  ")[0] for line in out.splitlines()]
    for method in METHODS.values():
        assert starts.count(method.label) == 2
    assert "minimum variance               nondurables 46.8%, utilities 33.4%" in out


def test_json_has_the_names_of_the_contract(own: Path, capsys: Capture) -> None:
    assert cli.main(["portfolio", str(own), "--json", "--rate", "1e-5", *FAST]) == 0
    out, err = capsys.readouterr()
    found = json_only(out)
    assert err == ""
    assert found["assets"] == ["a", "b", "c"]
    assert list(found["methods"]) == list(METHODS)
    for name, one in found["methods"].items():
        assert list(one["weights"]) == ["a", "b", "c"]
        assert sum(one["weights"].values()) == pytest.approx(1.0)
        assert one["optimality"] < 1e-9
        same = portfolio(str(own), name, rate=1e-5)
        for key in ("volatility", "mean", "sharpe", "diversification_ratio"):
            assert one[key] == getattr(same, key)
    assert found["bets"] == found["quality_ratio"] * 3
    assert set(found["against_equal_weight"]) == set(METHODS) - {"equal_weight"}
    assert 0.0 <= found["against_equal_weight"]["tangency"]["share_of_samples"] <= 1.0
    assert set(found["performance"]) == set(METHODS)


def test_methods_are_those_asked_for_and_the_test_has_equal_weight_too(
    own: Path, capsys: Capture
) -> None:
    words = ["--method", "equal_risk, tangency", "--json", *FAST]
    assert cli.main(["portfolio", str(own), *words]) == 0
    found = json_only(capsys.readouterr().out)
    assert list(found["methods"]) == ["equal_risk", "tangency"]
    assert list(found["performance"]) == ["equal_weight", "equal_risk", "tangency"]
    assert list(found["against_equal_weight"]) == ["equal_risk", "tangency"]


def test_prices_and_a_seed(own: Path, capsys: Capture) -> None:
    wealth = np.vstack([np.ones(3), np.cumprod(1.0 + returns(200, 3), axis=0)])
    Path("prices.csv").write_text("\n".join(",".join(map(repr, row)) for row in wealth.tolist()))
    said = []
    for words in (["own.csv"], ["prices.csv", "--prices"], ["own.csv", "--seed", "1"]):
        assert cli.main(["portfolio", *words, "--json", *FAST]) == 0
        said.append(json_only(capsys.readouterr().out))
    own_weights, priced = (one["methods"]["tangency"]["weights"] for one in said[:2])
    assert list(own_weights.values()) == pytest.approx(list(priced.values()), abs=1e-3)
    assert said[0]["against_equal_weight"] != said[2]["against_equal_weight"]
    assert said[0]["performance"] == said[2]["performance"]


def test_out_writes_tables_and_a_page(own: Path, capsys: Capture) -> None:
    assert cli.main(["portfolio", "own.csv", "--out", "new", *FAST]) == 0
    out, _ = capsys.readouterr()
    names = [f"own-portfolio.{ending}" for ending in ENDINGS]
    assert sorted(path.name for path in Path("new").iterdir()) == sorted(names)
    assert out.splitlines()[-5:] == [f"wrote new/{name}" for name in names]
    rows = list(csv.DictReader(Path("new/own-portfolio.csv").read_text().splitlines()))
    assert [row["method"] for row in rows] == list(METHODS)
    found = portfolio("own.csv", "tangency")
    assert float(rows[8]["weight:b"]) == found.weights[1]
    assert float(rows[8]["sharpe"]) == found.sharpe
    assert float(rows[8]["tested:turnover"]) > float(rows[0]["tested:turnover"])
    assert rows[0]["share_of_samples"] == ""
    tex = Path("new/own-portfolio.tex").read_text()
    assert tex.count(r"\begin{tabular}") == tex.count(r"\end{tabular}") == 3
    assert r"equal weight & $" in tex and "%$" not in tex.replace(r"\%$", "")


def test_what_does_not_exist_is_null_and_said(own: Path, capsys: Capture) -> None:
    assert cli.main(["portfolio", "own.csv", "--rate", "0.5", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json_only(out)
    assert found["methods"]["tangency"] is None and found["capital_line"] is None
    assert err == f"pdesolve: {found['missing']['tangency']}\n"
    assert cli.main(["portfolio", "own.csv", "--rate", "0.5"]) == 0
    assert "\ntangency: none\n" in capsys.readouterr().out


def test_bets_without_end_are_null(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "hedged.csv"
    path.write_text("a,b\n0.01,-0.01\n-0.02,0.02\n0.03,-0.03\n")
    assert cli.main(["portfolio", str(path), "--json"]) == 0
    found = json_only(capsys.readouterr().out)
    assert found["bets"] is None and found["quality_ratio"] is None
    assert found["methods"]["minimum_variance"]["volatility"] == pytest.approx(0.0, abs=1e-9)
    assert cli.main(["portfolio", str(path)]) == 0
    assert "no end of independent bets in 2 assets\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n0.1,0.2\n,0.1\n", "line 3, column 1 (a), must be one finite number, and is missing"),
        ("a,b\n1,1\n1,2\n1,3\n", "column 1 (a), must vary"),
        ("a\n0.1\n0.2\n", "bad.csv: a portfolio needs at least two assets, got 1"),
        ("a,b\n0.1,x\n", "must be one finite number, and is not a number"),
        ("a,b\n0.1,0.2\n0.1\n", "must have 2 columns, and has 1"),
        ("", "must have a row for each period"),
    ],
)
def test_a_file_that_will_not_do_is_one_line_and_status_2(
    text: str, message: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    words = ["portfolio", str(path), "--out", str(tmp_path / "new")]
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "required: RETURNS"),
        (["no.csv"], "no.csv must be a readable file"),
        (["."], ". must be a readable file"),
        (["own.csv", "--prices"], "must be a price > 0"),
        (["own.csv", "--method", "equal"], "pdesolve: method must be of equal_weight, inv"),
        (["own.csv", "--method", ""], "got ''"),
        (["own.csv", "--method", "tangency", "--rate", "1"], "own.csv: tangency does not exist"),
        (["own.csv", "--rate", "nan"], "pdesolve: --rate must be a number above -1, got nan"),
        (["own.csv", "--rate", "low"], "invalid float value: 'low'"),
        (["own.csv", "--bootstrap", "0", "--window", "50"], "bootstrap must be from 1 to"),
        (["own.csv", "--bootstrap", "9"], "own.csv: an experiment needs at least 252 + 1"),
        (["own.csv", "--block", "2"], "--block needs --bootstrap"),
        (["own.csv", "--format", "pdf"], "--format needs --out"),
        (["own.csv", *FAST, "--block", "8"], "block must be from 1 to 7, got 8"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    words: list[str], message: str, own: Path, capsys: Capture
) -> None:
    assert cli.main(["portfolio", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert list(Path().iterdir()) == [own]


def test_a_frontier_that_is_not_found_is_said_and_the_rest_is_there(
    own: Path, capsys: Capture
) -> None:
    """With one asset's volatility a ten thousand millionth of another's."""
    scaled = returns(60, 3) * [1e-9, 1.0, 10.0]
    own.write_text("a,b,c\n" + "\n".join(",".join(map(repr, r)) for r in scaled.tolist()) + "\n")
    assert cli.main(["portfolio", str(own), "--json", "--out", "results"]) == 1
    out, err = capsys.readouterr()
    found = json_only(out)
    assert found["frontier"] is None
    assert found["methods"]["equal_risk"]["optimality"] < 1e-9
    assert err.splitlines()[-1].startswith("pdesolve: frontier: optimality residual")
    assert len(list(Path("results").iterdir())) == len(ENDINGS)
