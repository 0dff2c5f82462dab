"""Data sets that xarray can plot and interpolate."""

from pathlib import Path

import numpy as np
import pytest
import xarray
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved

FIELDS = ("price", "variance", "attention", "precision_rate", "log_value", "price_volatility")


def market() -> Solution:
    return solved("three_states", tol=5e-5)


def inside(data: xarray.Dataset) -> tuple[float, float]:
    """A time and a psi that is known there."""
    t = 0.4
    return t, 0.5 * float(data.psi_limit.interp(t=t))


@pytest.mark.parametrize(("method", "off"), [("linear", 2e-2), ("cubic", 3e-4)])
def test_what_is_interpolated_is_the_solution(method: str, off: float) -> None:
    found = solved("three_states", {"numerics.xi_nodes": 49}, 5e-5)
    data = found.to_dataset(everywhere=method == "cubic")
    t, psi = inside(data)
    xi0 = np.linspace(-1.5, 1.5, 9)
    xi = data.xi.interp(psi=psi, xi0=xi0)  # bilinear, so exact
    at = data.interp(t=t, psi=psi, xi0=xi0, method=method)  # type: ignore[arg-type]
    for name in FIELDS:
        expected = getattr(found, name)(xi.to_numpy(), psi, t)
        scale = np.ptp(data[name].isel(t=0, psi=0).to_numpy())
        np.testing.assert_allclose(at[name], expected, rtol=0, atol=off * scale, err_msg=name)
    assert not np.isnan(at.price).any()


def test_what_is_not_known_is_left_out_unless_asked_for() -> None:
    """The solution itself answers NaN there."""
    found, data = market(), market().to_dataset()
    inner = slice(1, -1)  # of xi0, as the ends of the grid are the solution's too
    asked = found.price(data.xi.to_numpy(), data.psi.to_numpy()[:, None], 0.0)
    left_out = np.isnan(data.price.isel(t=0).to_numpy())
    assert 0 < left_out[:, inner].sum() < left_out[:, inner].size
    np.testing.assert_array_equal(left_out[:, inner], np.isnan(asked)[:, inner])
    whole = found.to_dataset(everywhere=True)
    assert whole.where(data.psi <= data.psi_limit).price.identical(data.price)
    assert whole.price.notnull().all()


def test_one_array_interpolates_with_its_state() -> None:
    found, data = market(), market().to_dataset()
    t, psi = inside(data)
    price = data.price.interp(t=t, psi=psi, xi0=0.3)
    expected = float(found.price(float(price.xi), psi, t))
    assert float(price) == pytest.approx(expected, abs=2e-2 * found.prior.sd)


def test_the_comment_tells_xi_from_xi0() -> None:
    data = market().to_dataset()
    rule, numbers = data.xi0.attrs["comment"].split(" with ")
    assert rule == "xi = c psi + m + (1 + s psi) (xi0 - m)"
    c, m, s = (float(part.split(" = ")[1]) for part in numbers.split(", "))
    xi = c * data.psi + m + (1.0 + s * data.psi) * (data.xi0 - m)
    np.testing.assert_allclose(xi, data.xi, rtol=1e-12, atol=1e-12)


def test_coordinates_are_indices_and_rise() -> None:
    data = market().to_dataset()
    assert set(data.indexes) == {"t", "psi", "xi0"}
    for name in data.indexes:
        assert np.all(np.diff(data[name]) > 0.0)
    np.testing.assert_array_equal(data.xi.isel(psi=0), data.xi0)
    start = market().economy.start
    assert data.xi0[0] < start < data.xi0[-1]
    assert float(data.psi[-2]) < market().space.psi_known <= float(data.psi[-1])


def test_it_plots_where_the_price_moves() -> None:
    data = market().to_dataset()
    shown = Figure().add_subplot()
    drawn = data.price.isel(t=0).plot(ax=shown)
    assert isinstance(drawn, QuadMesh)
    np.testing.assert_array_equal(drawn.get_array(), data.price.isel(t=0))
    assert shown.get_xlabel() == "state xi0 [1/money]"  # on one line: more is cut off
    assert shown.get_ylabel() == "precision psi [1/money^2]"
    price = np.asarray(data.price.isel(t=0, psi=0))
    middle = np.interp(np.linspace(*shown.get_xlim(), 101), data.xi0, price)
    low, high = price.min(), price.max()
    moving = (middle > low + 0.02 * (high - low)) & (middle < high - 0.02 * (high - low))
    assert np.mean(moving) > 0.4  # of the width


@pytest.mark.parametrize("supply", [-20.0, pytest.param(20.0, marks=pytest.mark.slow)])
def test_the_start_is_shown_wherever_it_is(supply: float) -> None:
    found = solved("three_states", {"market.initial_supply": supply}, 1e-2)
    data = found.to_dataset()
    assert data.xi0[0] < found.economy.start < data.xi0[-1]


def test_a_saved_file_is_a_data_set(tmp_path: Path) -> None:
    found = market()
    found.save(tmp_path / "it.nc")
    with xarray.open_dataset(tmp_path / "it.nc", engine="h5netcdf") as data:
        for name, one in found.to_dataset().variables.items():
            np.testing.assert_array_equal(data[name], one)
            assert data[name].attrs["units"] == one.attrs["units"]
        t, psi = inside(data)
        float(data.price.interp(t=t, psi=psi, xi0=0.0))
        data.price.isel(t=0).plot(ax=Figure().add_subplot())
