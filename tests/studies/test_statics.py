"""Sweeps as data sets."""

from pathlib import Path

import numpy as np
import xarray

import pdesolve
from pdesolve.case import load_case
from pdesolve.solver.values import VALUES
from pdesolve.studies import statics
from pdesolve.studies.summary import table
from tests.tools.solutions import solved
from tests.tools.sweeps import RHO, Axes


def test_each_point_is_what_solve_finds(one: xarray.Dataset) -> None:
    assert one["status"].dims == (RHO,)
    for rho in (1.0, 2.0, 4.0):
        point = one.sel({RHO: rho})
        solution = solved("binary", {RHO: rho, "numerics.tolerance": 1e-4})
        for name in VALUES:
            assert float(point[name]) == getattr(solution.initial, name)
        for name, error in solution.error.items():
            assert float(point[f"{name}_error"]) == error
        assert int(point["status"]) == 0
        assert str(point["message"].item()) == solution.message
    assert one["price"].attrs["units"] == "money"
    assert one[RHO].attrs == {"long_name": "risk aversion ρ", "units": "1/money"}


def test_any_number_of_axes_and_words_for_values() -> None:
    case = load_case("uniform", {"payoff.kind": "beta", "payoff.a": 2.0, "payoff.b": 2.0})
    vary: Axes = {
        "payoff.kind": ["beta", "uniform"],
        "attention.signals": [1, 2],
        RHO: np.array([2.0]),
    }
    data = pdesolve.sweep(case, vary, tol=1e-2)
    assert dict(data["price"].sizes) == {"payoff.kind": 2, "attention.signals": 2, RHO: 1}
    assert data["attention.signals"].dtype.kind == "i"
    assert (data["status"] == 0).all()
    assert "parameter" not in data.dims
    static = data["static_variance"].sel({"attention.signals": 1, RHO: 2.0})
    assert float(static.sel({"payoff.kind": "uniform"})) > float(
        static.sel({"payoff.kind": "beta"})
    )
    assert "2 x" not in table(data)  # no table over three axes, but a summary
    assert "4 points: 4 converged" in table(data)


def test_a_point_that_fails_is_recorded_and_the_rest_goes_on(mixed: xarray.Dataset) -> None:
    assert mixed["status"].to_numpy().tolist() == [[2, 2], [0, 1]]
    assert np.isnan(mixed["price"].to_numpy()[0]).all()
    assert np.isfinite(mixed["price"].to_numpy()[1]).all()
    assert "more than 4 time steps" in str(mixed["message"].to_numpy()[0, 0])
    assert str(mixed["message"].to_numpy()[1, 1]).startswith("not within 1.0e-04")
    assert statics.failures(mixed)[0] == 3
    assert "more than 4 time steps" in statics.failures(mixed)[1]


def test_a_file_gives_back_the_data_set(mixed: xarray.Dataset, tmp_path: Path) -> None:
    mixed.to_netcdf(tmp_path / "mixed.nc", engine="h5netcdf")
    with xarray.open_dataset(tmp_path / "mixed.nc", engine="h5netcdf") as back:
        assert back.identical(mixed)
