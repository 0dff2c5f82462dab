"""The command `growth`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pdesolve.case import DiscretePayoff
from pdesolve.cli import program as cli
from pdesolve.investing.among_cases import growth_among
from pdesolve.investing.growth import rebalanced
from pdesolve.solver.solution import Solution
from tests.tools.program import Capture, json_only
from tests.tools.solutions import solved

ENDINGS = ("json", "csv", "tex", "png", "pdf")
KEYS = {"fraction", "growth", "volatility", "small_limit", "ruin", "curve"}


def said(capsys: Capture, *arguments: str) -> dict[str, object]:
    assert cli.main(["growth", *arguments, "--json"]) == 0
    found = json_only(capsys.readouterr().out)
    assert found.keys() >= KEYS
    return found


@pytest.fixture
def prices(tmp_path: Path) -> str:
    rng = np.random.default_rng(2)
    days = np.arange("2000-01", "2030-01", dtype="datetime64[M]")
    walk = 100.0 * np.cumprod(1.0 + rng.normal(0.01, 0.05, (days.size, 2)), axis=0)
    rows = [f"{day},{a:.6f},{b:.6f}" for day, (a, b) in zip(days, walk, strict=True)]
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["date,one,two", *rows]) + "\n")
    return str(path)


def test_a_bet_as_json(capsys: Capture) -> None:
    found = said(capsys, "--bet", "0.51:1:1", "--fraction", "0.5")
    assert found["fraction"] == pytest.approx(0.02, rel=1e-13)
    assert found["growth"] == pytest.approx(2.00013e-4, rel=1e-5)
    assert found["ruin"] == [-1.0, 1.0]
    fractional = found["fractional"]
    assert isinstance(fractional, dict)
    assert fractional["fraction"] == pytest.approx(0.01, rel=1e-13)
    assert fractional["drawdown_exponent"] == pytest.approx(3.0003, abs=5e-5)
    curve = found["curve"]
    assert isinstance(curve, dict)
    assert len(curve["fraction"]) == len(curve["growth"]) > 100


def test_a_bet_as_a_table(capsys: Capture) -> None:
    assert cli.main(["growth", "--bet", "0.6:0.02:0.01"]) == 0
    out, err = capsys.readouterr()
    assert "growth-optimal fraction        40\n" in out
    assert "with a chance below 0.5" in out
    assert not err


def test_a_normal_return_says_what_rebalancing_does(capsys: Capture) -> None:
    found = said(capsys, "--normal", "0.056:0.2")
    assert found["fraction"] == 0.0
    assert found["small_limit"] == pytest.approx(1.4, rel=1e-12)
    rebalancing = found["rebalancing"]
    assert isinstance(rebalancing, dict)
    assert rebalancing["times"] == [1, 12, 250]
    assert rebalancing["fraction"] == pytest.approx([1.51910, 1.40921, 1.40044], abs=5e-6)
    assert cli.main(["growth", "--normal", "0.056:0.2"]) == 0
    out = capsys.readouterr().out
    assert "risks ruin" in out
    assert "1 a period 1.5191; 12 a period 1.4092; 250 a period 1.4004; without pause 1.4" in out


def test_where_nothing_can_be_lost_there_is_null(capsys: Capture) -> None:
    found = said(capsys, "--bet", "0.5:2:-1")
    assert found["fraction"] is None and found["growth"] is None
    assert found["ruin"] == [-0.5, None]
    assert "no optimum" in str(found["message"])


def test_returns_have_a_standard_error_and_least_future_values(
    capsys: Capture, prices: str
) -> None:
    found = said(capsys, "--returns", prices, "--prices", "--column", "two", "--rate", "0.002")
    uncertainty, least = found["uncertainty"], found["least_future_value"]
    assert isinstance(uncertainty, dict) and isinstance(least, list)
    assert 0.1 < uncertainty["standard_error"] / uncertainty["bootstrap"] < 2.0
    assert [one["leverage"] for one in least] == [1.0, found["fraction"]]
    assert len(least[0]["starts"]) == 30 and least[0]["starts"][1] == "2001-01"


def test_a_case_is_its_payoff_at_its_price(
    use: Callable[[object], None], binary: Solution, capsys: Capture
) -> None:
    use(binary)
    found = said(capsys, "binary")
    price, payoff = binary.initial.price, binary.case.payoff
    assert isinstance(payoff, DiscretePayoff) and sorted(payoff.values) == [0.0, 1.0]
    p = payoff.probabilities[payoff.values.index(1.0)]
    assert found["fraction"] == pytest.approx((p - price) / (1.0 - price), rel=1e-9)
    error = found["error"]
    assert isinstance(error, dict)
    assert error["fraction"] == pytest.approx(
        (1.0 - p) / (1.0 - price) ** 2 * binary.error["price"], rel=1e-3
    )


def test_a_case_says_what_trading_until_the_payoff_brings(
    use: Callable[[object], None], binary: Solution, capsys: Capture
) -> None:
    use(binary)
    found = said(capsys, "binary")
    error = found["error"]
    assert isinstance(error, dict)
    assert found["informed"] == pytest.approx(0.035305, abs=2e-6)
    assert found["with_options"] > found["public"] > 0.0  # type: ignore[operator]
    assert all(0.0 < error[name] < 0.05 for name in ("informed", "public", "with_options"))
    assert cli.main(["growth", "binary"]) == 0
    assert "traded, growth of who knows prices" in capsys.readouterr().out


def test_files_are_written(capsys: Capture, tmp_path: Path, prices: str) -> None:
    out = tmp_path / "out"
    given = ["growth", "--returns", prices, "--prices", "--column", "1", "--out", str(out)]
    assert cli.main(given) == 0
    text = capsys.readouterr().out
    names = [f"prices-growth.{ending}" for ending in ENDINGS]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    assert all(f"wrote {out / name}" in text for name in names)
    rows = (out / names[1]).read_text().splitlines()
    assert rows[0] == "fraction,growth" and len(rows) == 202
    latex = (out / names[2]).read_text()
    assert r"small-return limit $\mu$/$\sigma$²" in latex and r"\bottomrule" in latex
    assert json_only((out / names[0]).read_text()).keys() >= KEYS


def test_several_cases_are_assets(capsys: Capture, tmp_path: Path) -> None:
    asked = ["growth", "binary", "three_states", "--tol", "1e-3", "--out", str(tmp_path)]
    assert cli.main([*asked, "--json"]) == 0
    found = json_only(capsys.readouterr().out)
    both = growth_among([solved(name, tol=1e-3) for name in ("binary", "three_states")])
    assert found["assets"] == ["binary", "three_states"]
    weights, error = found["weights"], found["error"]
    assert isinstance(weights, dict) and isinstance(error, dict)
    assert list(weights.values()) == pytest.approx(both.weights.tolist(), rel=1e-12)
    assert 0.0 < error["growth"] < 0.01
    names = ("binary-three_states-growth.csv", "binary-three_states-growth.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == list(names)
    rows = (tmp_path / names[0]).read_text().splitlines()
    assert rows[0].startswith("case,weight,weight_error,shares,") and len(rows) == 3
    assert cli.main(asked) == 0
    assert "\ncash " in capsys.readouterr().out


def test_a_drawdown_is_kept_to(capsys: Capture) -> None:
    found = said(capsys, "--bet", "0.55:1:1", "--drawdown", "0.5:0.1")
    drawdown = found["drawdown"]
    assert isinstance(drawdown, dict)
    assert (drawdown["level"], drawdown["chance"]) == (0.5, 0.1)
    x, f = np.array([1.0, -1.0]), drawdown["fraction"]
    exponent = np.log(0.1) / np.log(0.5)
    assert np.array([0.55, 0.45]) @ (1.0 + f * x) ** -exponent == pytest.approx(1.0, abs=1e-12)
    assert cli.main(["growth", "--bet", "0.55:1:1", "--drawdown", "0.5:0.1"]) == 0
    assert "fraction that keeps P(ever < 0.5) < 0.1  0.04" in capsys.readouterr().out


def test_least_values_as_asked(capsys: Capture, tmp_path: Path) -> None:
    rows = ["date,fund,cpi"]
    rows += [f"20{k // 12:02}-{k % 12 + 1:02}-01,{100 + 7 * (k % 5)},{100 + k}" for k in range(60)]
    path = tmp_path / "f.csv"
    path.write_text("\n".join(rows) + "\n")
    given = ["--returns", str(path), "--prices", "--column", "fund", "--every", "month"]
    given += ["--leverage", "1,2"]
    found, real = said(capsys, *given), said(capsys, *given, "--inflation", "cpi")
    one, two = (report["least_future_value"] for report in (found, real))
    assert isinstance(one, list) and isinstance(two, list)
    assert [part["leverage"] for part in one] == [1.0, 2.0]
    assert one[0]["least"][0] == pytest.approx(100.0)
    assert two[0]["least"][0] == pytest.approx(100.0 * 100.0 / 155.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs one of CASE, --returns"),
        (["binary", "--bet", "0.5:1:1"], "needs one of CASE, --returns"),
        (["--bet", "0.5:1"], "--bet must be PROBABILITY:GAIN:LOSS, finite numbers, got '0.5:1'"),
        (["--bet", "1.5:1:1"], "probability must be > 0 and < 1, got 1.5"),
        (["--normal", "0.1:nan"], "--normal must be MEAN:SD, finite numbers, got '0.1:nan'"),
        (["--normal", "0.1:0"], "standard deviation > 0, from 1e-100 to 1e+100, got 0"),
        (["--bet", "0.5:1:1", "--rate", "x"], "--rate must be a finite number, got 'x'"),
        (["--bet", "0.5:1:1", "--rate", "-1"], "rate must be a finite number > -1, got -1"),
        (["--bet", "0.5:1:1", "--fraction", "0"], "--fraction must be a number > 0, got '0'"),
        (["--bet", "0.5:1:1", "--prices"], "--prices needs --returns"),
        (["--bet", "0.5:1:1", "--set", "a=1"], "--set needs a CASE"),
        (["--bet", "0.5:1:1", "--format", "png"], "--format needs --out"),
        (["--bet", "0.5:1:1", "--drawdown", "0.5"], "must be LEVEL:CHANCE, both > 0 and < 1"),
        (["--bet", "0.5:1:1", "--drawdown", "0.5:1"], "> 0 and < 1, got '0.5:1'"),
        (["--bet", "0.5:1:1", "--every", "year"], "--every needs --returns"),
        (["--returns", "industries.csv", "--leverage", "1,x"], "must be finite numbers, with comm"),
        (["--bet", "0.5:1:1", "--long-only"], "--long-only needs several cases"),
        (["binary", "binary"], "cases must have different names, got binary, binary"),
        (["binary", "normal", "--fraction", "1"], "--fraction needs one law of returns"),
        (["normal", "market"], "of a payoff without ends every fraction but 0 risks ruin"),
        (["--returns", "no.csv"], "no.csv must be a readable file"),
        (["binry"], "nearest: binary"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str, capsys: Capture) -> None:
    assert cli.main(["growth", *arguments]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert message in err and err.count("\n") == 1


@pytest.mark.parametrize("inflation", ["-1", "inf"])
def test_inflation_that_cannot_be_is_one_line(inflation: str, prices: str, capsys: Capture) -> None:
    words = ["--returns", prices, "--prices", "--column", "one", "--inflation", inflation]
    assert cli.main(["growth", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"pdesolve: {prices}: inflation must be finite and > -1\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,p\n2020-01-01,1\n2020-01-02,0\n2020-01-03,1\n", "line 3, column 2 (p), must be a"),
        ("p\n1\n\nx\n2\n", "line 4, column 1 (p), must be one finite number, and is not a number"),
        ("p\n1\n2\n4\n8\n", "column 1 (p), must vary, and every return is 1"),
        ("p,q\n1,2\n2,1\n1,3\n", "column must be given"),
        ('{"a": 1}\n', "must have at least 3 prices"),
    ],
)
def test_bad_prices_are_one_line_and_write_nothing(
    text: str, message: str, capsys: Capture, tmp_path: Path
) -> None:
    path, out = tmp_path / "p.csv", tmp_path / "out"
    path.write_text(text)
    given = ["growth", "--returns", str(path), "--prices", "--out", str(out)]
    assert cli.main(given) == 2
    said = capsys.readouterr().err
    assert message in said and str(path) in said and said.count("\n") == 1
    assert not out.exists()


def test_ever_more_rebalancing_leads_to_what_is_said_with_a_riskless_rate_too(
    capsys: Capture,
) -> None:
    limit = rebalanced(0.05, 0.2, 1_000_000, 0.1)
    assert limit.fraction == pytest.approx(-1.25, abs=1e-4)
    assert 1_000_000 * limit.growth == pytest.approx(0.13125, abs=1e-5)
    assert cli.main(["growth", "--normal", "0.05:0.2", "--rate", "0.1"]) == 0
    assert "without pause -1.25, with growth 0.1313 and volatility 0.25" in capsys.readouterr().out
