"""Tables of sweeps, and their files."""

import json

import numpy as np
import pytest
import xarray

from pdesolve.solver.values import VALUES
from pdesolve.studies.summary import as_latex, table
from pdesolve.studies.written import as_csv, as_json
from tests.tools.sweeps import COST, RHO


def test_the_table_has_values_elasticities_and_error_bars(one: xarray.Dataset) -> None:
    lines = table(one).splitlines()
    assert lines[0] == "binary: Approval or rejection"
    assert lines[1] == "at t = 0, over risk aversion ρ [market.risk_aversion]"
    heading = "risk_aversion price variance attention volatility gain premium SVIX"
    assert lines[3].split() == heading.split()
    units = "1/money money money^2 attention money/sqrt(time) money money"
    assert lines[4].split() == units.split()
    first = lines[5].split()
    assert float(first[0]) == 1.0
    assert float(first[1]) == pytest.approx(float(one["price"][0]), abs=1e-6)
    found = [float(cell) for cell in lines[11].split()]
    expected = float(one["attention_slope"][0, 0] / one["attention"][0])
    assert found[3] == pytest.approx(expected, abs=6e-4)
    assert lines[-2] == "3 points: 3 converged"
    assert lines[-1].startswith("largest error bars: price ")
    assert "elasticity" in lines[-1]


def test_the_table_over_two_axes_says_what_failed(mixed: xarray.Dataset) -> None:
    text = table(mixed)
    assert "attention (attention), by numerics.max_steps (down) and numerics.xi_nodes" in text
    assert "4 points: 1 converged, 1 not converged, 2 failed" in text
    assert "*: not within 1.0e-04" in text
    assert "first failure: binary: " in text


def test_a_large_table_is_thinned_and_says_so() -> None:
    shape = (40, 3)
    dims = (RHO, COST)
    values = {name: (dims, np.arange(120.0).reshape(shape)) for name in VALUES}
    errors = {f"{n}_error": (dims, np.full(shape, 1e-5)) for n in ("price", "variance")}
    errors["attention_error"] = (dims, np.full(shape, np.nan))
    data = xarray.Dataset(
        {**values, **errors, "status": (dims, np.zeros(shape, int))},
        {RHO: np.arange(1.0, 41.0), COST: [1.0, 2.0, 3.0]},
        {"case_name": "x", "title": "y", "pdesolve_version": "0"},
    ).assign(message=(dims, np.full(shape, "", dtype=object)))
    lines = table(data).splitlines()
    assert lines[3].startswith("price (money), by")
    assert [line.split()[0] for line in lines[5:17]][::11] == ["1", "40"]
    assert lines[17] == ""
    assert "not every value is shown: --out and --json have all" in lines


def test_csv_keeps_every_digit(one: xarray.Dataset) -> None:
    header, *rows = [line.split(",") for line in as_csv(one).splitlines() if "," in line]
    assert header[0] == RHO
    for name in ("price", "attention_error", f"variance_slope:{RHO}"):
        column = [float(row[header.index(name)]) for row in rows]
        variable, _, _ = name.partition(":")
        assert column == one[variable].to_numpy().ravel().tolist()


def test_json_has_every_point_and_no_nan(mixed: xarray.Dataset, one: xarray.Dataset) -> None:
    found = json.loads(as_json(mixed))
    assert found["vary"] == {"numerics.max_steps": [4, 2000], "numerics.xi_nodes": [0, 16]}
    assert [point["status"] for point in found["points"]] == [
        *("failed", "failed"),
        *("converged", "not converged"),
    ]
    assert found["points"][0]["price"] is None
    assert found["points"][2]["price"] == float(mixed["price"][1, 0])
    point = json.loads(as_json(one))["points"][1]
    assert point["slope"][RHO]["price"] == float(one["price_slope"][1, 0])
    assert point["error"]["price"] == float(one["price_error"][1])


def test_latex_escapes_what_has_to_be(one: xarray.Dataset, mixed: xarray.Dataset) -> None:
    text = as_latex(one)
    symbols = r"$p$ & $V$ & $S$ & $\kappa p_\xi$ & $G_0$ & $E x - p$ & $\sqrt{V}/p$ \\"
    assert rf"risk aversion $\rho$ & {symbols}" in text
    assert text.count(r"\begin{tabular}{rrrrrrrr}") == 2
    assert text.count(r"\bottomrule") == 2
    assert "--" in as_latex(mixed)
    bare = [line for line in as_latex(mixed).splitlines() if not line.startswith("%")]
    assert "max steps" in "".join(bare)
    assert not any(
        "_" in line.replace(r"\xi", "").replace("G_0", "").replace("p_", "") for line in bare
    )
