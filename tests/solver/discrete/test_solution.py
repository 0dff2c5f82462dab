"""Solutions of the discrete model as functions, and as data sets."""

from pathlib import Path

import numpy as np
import pytest

import pdesolve
from pdesolve.case import load_case
from pdesolve.solver.discrete.solver import solve_discrete
from tests.solver.discrete.economies import SKEWED, three_states


def test_one_period_is_the_static_market() -> None:
    found = solve_discrete(load_case("three_states", SKEWED), 1)
    initial = found.initial
    assert initial.price == initial.static_price
    assert initial.variance == initial.static_variance
    assert initial.attention == 0.0
    assert initial.price_volatility == pytest.approx(initial.variance**0.5)


def test_nothing_moves_between_trading_dates() -> None:
    found = three_states(8)
    np.testing.assert_array_equal(found.times, np.arange(8) / 8)
    now = found.price(-0.2, 0.01, found.times)
    np.testing.assert_array_equal(found.price(-0.2, 0.01, found.times + 0.124), now)
    assert np.all(np.diff(now) != 0.0)
    last = float(found.static_price(-0.2, 0.01))
    np.testing.assert_allclose(found.price(-0.2, 0.01, [0.875, 1.0]), last, rtol=1e-14)


def test_what_is_not_covered_is_not_known() -> None:
    found = three_states(8)
    assert np.isfinite(found.price(0.0))
    for xi, psi, t in [(40.0, 0.0, 0.0), (0.0, 9.0, 0.2), (0.0, -0.1, 0.2), (0.0, 0.0, -0.1)]:
        assert np.isnan(found.price(xi, psi, t))
        assert np.isnan(found.attention(xi, psi, t))
    assert np.isnan(found.variance(0.0, 0.0, 1.1))
    assert found.price([0.0, 40.0], 0.0, [[0.0], [0.5]]).shape == (2, 2)


def test_the_data_set_holds_the_fields_at_the_nodes() -> None:
    found = three_states(8)
    data = found.to_dataset()
    assert data["price"].dims == ("t", "line", "node")
    assert data["price"].attrs["units"] == "money"
    one = data.isel(t=3, line=4, node=30)
    at = float(one["xi"]), float(one["psi"]), float(one["t"])
    for name in ("price", "variance", "log_value", "attention", "price_volatility"):
        assert float(one[name]) == pytest.approx(float(getattr(found, name)(*at)), rel=1e-9)
    assert not any(bool(data[name].isnull().any()) for name in data.data_vars)


def test_the_initial_gain_from_the_market_is_positive() -> None:
    initial = three_states(8).initial
    assert initial.certainty_equivalent_gain > 0
    expected = -(1.5 * 0.3 * initial.price + initial.log_value) / 1.5
    assert initial.certainty_equivalent_gain == pytest.approx(expected, rel=1e-14)


def test_it_is_a_public_name() -> None:
    assert pdesolve.solve_discrete is solve_discrete


def test_data_set_can_be_saved(tmp_path: Path) -> None:
    import xarray

    found = solve_discrete(load_case("binary"), 8)
    found.save(tmp_path / "binary.nc")
    with xarray.open_dataset(tmp_path / "binary.nc", engine="h5netcdf") as data:
        xarray.testing.assert_identical(data.load(), found.to_dataset())
    assert [path.name for path in tmp_path.iterdir()] == ["binary.nc"]


def test_the_premium_is_what_a_unit_earns_on_average() -> None:
    initial = three_states(8).initial
    mean = 0.3 * 1.0 + 0.2 * 3.0
    sd = (0.3 * 1.0 + 0.2 * 9.0 - mean**2) ** 0.5
    assert initial.expected_payoff == pytest.approx(mean, abs=1e-14)
    assert initial.premium == pytest.approx(mean - initial.price, abs=1e-14)
    assert initial.premium_per_sd == pytest.approx((mean - initial.price) / sd, abs=1e-14)
