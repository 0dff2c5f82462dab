"""The commands `paths` and `options`."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

from pdesolve.cli import program as cli
from pdesolve.finance.quantities import EXPECTED
from pdesolve.solver.solution import Solution
from tests.tools.program import SOLVER, Capture, forbid, json_only

Use = Callable[[object], None]
PROMISED = [
    *("price", "variance", "attention", "precision_rate", "spending", "price_volatility"),
    *("price_variance", "premium", "informativeness", "r_squared"),
]


def test_paths_as_json(use: Use, binary: Solution, capsys: Capture) -> None:
    use(binary)
    assert cli.main(["paths", "binary", "--dates", "0,0.5,1", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = json_only(out)
    assert (found["case"], found["measure"], found["t"]) == ("binary", "physical", [0.0, 0.5, 1.0])
    assert list(found)[4:14] == PROMISED
    assert (
        set(found["error"])
        == set(EXPECTED)
        == {*found} - {*("case", "measure", "given", "t", "error", "converged", "message")}
    )
    data = binary.expectations(dates=[0.0, 0.5, 1.0])
    for name in PROMISED:
        assert found[name] == pytest.approx(data[name].values, rel=1e-9)
        bars = data[f"{name}_error"].values
        assert found["error"][name] == pytest.approx(bars, rel=1e-3)


def test_given_a_payoff_nothing_is_said_of_it(use: Use, binary: Solution, capsys: Capture) -> None:
    use(binary)
    assert cli.main(["paths", "binary", "--given", "1", "--dates", "0.5", "--json"]) == 0
    found = json_only(capsys.readouterr().out)
    assert found["given"] == 1.0
    assert found["informativeness"] == found["r_squared"] == [None]
    assert found["premium"][0] == pytest.approx(1.0 - found["price"][0], rel=1e-12)


def test_paths_as_a_table(use: Use, binary: Solution, capsys: Capture) -> None:
    use(binary)
    assert cli.main(["paths", "binary", "--measure", "risk-neutral"]) == 0
    out = capsys.readouterr().out
    assert "under Q" in out and "11 of 51 rows" in out and binary.message in out
    last = next(line for line in out.splitlines() if line.split()[:1] == ["1"])
    assert float(last.split()[1]) == pytest.approx(binary.initial.price, abs=1e-4)
    assert last.count("±") == 6


def test_options_as_json(use: Use, binary: Solution, capsys: Capture) -> None:
    use(binary)
    assert cli.main(["options", "binary", "--strikes", "0:1:5", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = json_only(out)
    assert found["maturity"] == 1.0 and found["forward"] == binary.initial.price
    assert found["strikes"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert found["black_volatility"][0] is None and found["black_volatility"][2] > 0.0
    for name in ("call", "put", "call_error", "put_error", "normal_volatility"):
        assert len(found[name]) == 5
    assert found["variance"] == binary.initial.variance
    assert found["variance_from_options"] == pytest.approx(found["variance"], rel=1e-3)
    assert found["svix"] == pytest.approx(found["variance"] ** 0.5 / found["forward"], rel=1e-12)
    assert found["state_prices"]["values"] == [0.0, 1.0]
    assert sum(found["state_prices"]["prices"]) == pytest.approx(1.0, abs=1e-8)
    assert len(found["state_prices"]["errors"]) == 2


def test_options_before_the_horizon_have_a_density(
    use: Use, binary: Solution, capsys: Capture
) -> None:
    use(binary)
    words = ["--maturity", "0.5", "--strikes", "0.3,0.4"]
    assert cli.main(["options", "binary", *words, "--json"]) == 0
    found = json_only(capsys.readouterr().out)
    assert found["maturity"] == 0.5 and found["variance"] < binary.initial.variance
    assert set(found["state_prices"]) == {"x", "density", "errors"}
    assert cli.main(["options", "binary", *words]) == 0
    out = capsys.readouterr().out
    assert "options at t = 0 on the price at t = 0.5" in out and "variance from options" in out


def test_values_may_begin_with_a_minus(use: Use, binary: Solution, capsys: Capture) -> None:
    use(binary)
    assert cli.main(["options", "binary", "--strikes", "-1,0,.5", "--json"]) == 0
    assert json_only(capsys.readouterr().out)["strikes"] == [-1.0, 0.0, 0.5]
    assert cli.main(["options", "binary", "--strikes", "-.5:1:4", "--json"]) == 0
    assert json_only(capsys.readouterr().out)["strikes"] == [-0.5, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["paths", "binary", "--dates", "-1,0.5"], "between 0 and the horizon, 1; got -1"),
        (["options", "binary", "--strikes", "--json"], "--strikes: expected one argument"),
        (["paths", "binary", "--dates", "0.5,2"], "between 0 and the horizon, 1; got 2"),
        (["paths", "binary", "--dates", "soon"], "--dates must be a number, got 'soon'"),
        (["paths", "binary", "--given", "0.5"], "one of the payoffs, from 0 to 1; got 0.5"),
        (["paths", "binary", "--given", "x"], "--given must be a number, got 'x'"),
        (["paths", "normal", "--given", "inf"], "must be a number; got inf"),
        (["paths", "uniform", "--given", "99"], "one of the payoffs"),
        (["paths", "binary", "--given", "1", "--measure", "risk-neutral"], "physical measure"),
        (["paths", "binary", "--measure", "P"], "invalid choice: 'P'"),
        (["paths", "binary", "--format", "pdf"], "--format needs --out"),
        (["options", "binary", "--maturity", "0"], "after 0 and up to the horizon, 1; got 0"),
        (["options", "binary", "--maturity", "1.5"], "got 1.5"),
        (["options", "binary", "--strikes", "0.5,x"], "--strikes must be a number, got 'x'"),
        (["options", "binary", "--strikes", "0.5,inf"], "strikes must be finite numbers; got inf"),
        (["options", "binary", "--strikes", "0:1"], "START:STOP:COUNT, got '0:1'"),
        (["options", "binary", "--strikes", "0:1:0"], "COUNT from 2 to"),
        (["options", "binary", "--strikes", "0:1:2.5"], "START:STOP:COUNT"),
        (["options", "binary", "--strikes", ""], "--strikes must be a number, got ''"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    words: list[str],
    message: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SOLVER, "solve", forbid)
    assert cli.main([*words, "--set", "market.horizon=1"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["paths", "options"])
def test_a_solve_that_missed_its_accuracy_is_status_1(
    command: str, use: Use, binary: Solution, capsys: Capture
) -> None:
    use(replace(binary, converged=False, message="not within 1.0e-05"))
    assert cli.main([command, "binary", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json_only(out)["converged"] is False
    assert err == "pdesolve: binary: not within 1.0e-05\n"


@pytest.mark.parametrize(("command", "axis"), [("paths", "t"), ("options", "strike")])
def test_out_writes_a_data_set_tables_and_a_page(
    command: str, axis: str, use: Use, binary: Solution, capsys: Capture, tmp_path: Path
) -> None:
    use(binary)
    assert cli.main([command, "binary", "--json", "--out", str(tmp_path), "--format", "svg"]) == 0
    out, err = capsys.readouterr()
    names = [f"binary-{command}.{ending}" for ending in ("nc", "json", "csv", "svg")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert err.splitlines() == [f"wrote {tmp_path / name}" for name in names]
    assert (tmp_path / names[1]).read_text() == out
    with xr.open_dataset(tmp_path / names[0], engine="h5netcdf") as data:
        size = data.sizes[axis]
        assert all("units" in one.attrs for one in data.data_vars.values())
    rows = list(csv.reader(io.StringIO((tmp_path / names[2]).read_text())))
    first = "price" if axis == "t" else "call"
    assert rows[0][:3] == [axis, first, f"{first}_error"]
    assert len(rows) == size + 1
    assert (tmp_path / names[3]).read_bytes().startswith(b"<?xml")
