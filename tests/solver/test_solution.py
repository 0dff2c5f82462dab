"""Solutions as functions of the state, as data sets and as files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from pdesolve.model.attention.response import best_response
from pdesolve.model.attention.technology import Technology
from pdesolve.solver.solution import Solution, load_solution
from pdesolve.solver.values import QUANTITIES, InitialState
from pdesolve.typing import Array
from tests.tools.solutions import solved

FIELDS = ("price", "variance", "attention", "precision_rate", "log_value", "price_volatility")
NODES = pytest.mark.filterwarnings("ignore:psi = 0 at t > 0")  # nobody is there, but nodes are
OVERRIDES: dict[str, Any] = {"market.initial_supply": 0.3}


def skewed(tol: float = 1e-4) -> Solution:
    return solved("three_states", OVERRIDES, tol)


def other(name: str) -> Solution:
    return solved(name, tol=1e-4)


def psi_at(found: Solution, share: float, t: float) -> float:
    """A share of the largest psi that the solution covers at t."""
    return share * float(np.interp(t, found.times, found.psi_limit))


# ---------------------------------------------------------------- interpolation


@NODES
@pytest.mark.parametrize("name", ["three_states", "binary", "normal"])
def test_interpolation_is_exact_at_nodes(name: str) -> None:
    found = other(name)
    data = found.to_dataset()
    k = len(found.times) // 2
    t, limit = float(found.times[k]), float(found.psi_limit[k])
    lines = np.flatnonzero(found.space.psi <= limit)[::5]
    for line in lines:
        psi = float(found.space.psi[line])
        at = data.isel(t=k, psi=line)
        inside = slice(1, -1) if found.space.n_xi > 1 else slice(None)
        xi = at["xi"].to_numpy()[inside]
        for field in FIELDS:
            expected = at[field].to_numpy()[inside]
            values = getattr(found, field)(xi, psi, t)
            np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-9, err_msg=field)


def test_between_nodes_a_finer_solution_agrees() -> None:
    coarse, fine = skewed(1e-4), skewed(1e-5)
    xi = np.linspace(-3.0, 3.0, 41)
    for t in (0.0, 0.13, 0.5, 0.9):
        psi = psi_at(coarse, 0.3, t)
        for field, tol in zip(FIELDS[:-1], (1e-4, 3e-4, 4e-4, 4e-4, 1e-4), strict=True):
            one, two = (getattr(s, field)(xi, psi, t) for s in (coarse, fine))
            np.testing.assert_allclose(one, two, rtol=0, atol=tol, err_msg=f"{field}, t = {t}")


@NODES
@pytest.mark.parametrize("name", ["binary", "mixture"])
def test_between_time_steps_errors_are_no_larger_than_at_them(name: str) -> None:
    coarse, fine = solved(name, tol=1e-5), solved(name, tol=1e-6)
    xi = np.linspace(-1.5, 1.5, 21) / coarse.prior.sd

    def error(t: float) -> float:
        psi = psi_at(coarse, 0.3, t)
        return float(np.abs(coarse.price(xi, psi, t) - fine.price(xi, psi, t)).max())

    between = 0.3 * coarse.times[:-1] + 0.7 * coarse.times[1:]
    assert max(map(error, between)) < 1.2 * max(map(error, coarse.times))


def test_fields_meet_the_horizon_smoothly() -> None:
    found = skewed()
    late = found.variance(0.5, 1.0, [1.0, 1.0 - 1e-7, 1.0 - 2e-7])
    slopes = np.diff(late) / 1e-7
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-2)
    assert abs(slopes[0]) > 0.1


# ---------------------------------------------------------------- where it does not reach


@NODES
@pytest.mark.parametrize("field", FIELDS)
def test_outside_is_nan(field: str) -> None:
    found = skewed()
    value = getattr(found, field)
    edge = float(found.space.xi[0, -1]) + found.prior.centre * 0.0
    limit = float(found.psi_limit[0])
    outside = [
        (edge + 0.1, 0.0, 0.0),
        (-edge * 10, 0.0, 0.0),
        (0.0, limit * 1.001, 0.0),
        (0.0, -1e-9, 0.0),
        (0.0, 0.0, -1e-9),
        (0.0, 0.0, 1.0 + 1e-9),
        (np.nan, 0.0, 0.0),
        (0.0, np.nan, 0.0),
        (0.0, 0.0, np.nan),
    ]
    for point in outside:
        assert np.isnan(value(*point)), point
    inside = [(edge - 0.1, 0.0, 0.0), (0.0, limit * 0.999, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)]
    for point in inside:
        assert np.isfinite(value(*point)), point
    mixed = value([0.0, edge + 1.0, 0.5])
    assert list(np.isnan(mixed)) == [False, True, False]
    assert mixed[0] == value(0.0) and mixed[2] == value(0.5)


@NODES
def test_degenerate_axes_have_no_ends() -> None:
    assert np.isfinite(other("binary").price(5e3, 1e4, 0.5))  # middle of the payoff times psi
    assert np.isfinite(other("normal").price(1e4, 0.0, 0.5))
    assert np.isnan(other("normal").variance(0.0, 1e4, 0.5))
    assert np.isnan(other("binary").variance(0.0, -1.0, 0.5))


def test_the_reach_in_psi_falls_back_in_time() -> None:
    found = skewed()
    assert found.psi_reached[0] == 0.0
    assert found.psi_limit[-1] == found.space.psi_known
    assert np.all(np.diff(found.psi_reached) > 0)
    assert np.all(np.diff(found.psi_limit) > 0)
    assert found.psi_reached[-1] <= found.space.psi_known
    assert np.all(found.psi_reached <= found.psi_limit)


# ---------------------------------------------------------------- shapes


@NODES
@pytest.mark.parametrize("field", FIELDS)
def test_arguments_broadcast(field: str) -> None:
    value = getattr(skewed(), field)
    xi, psi, t = np.linspace(-1, 1, 3)[:, None, None], np.array([0.0, 0.5])[:, None], [0.0, 0.25]
    table = value(xi, psi, t)
    assert table.shape == (3, 2, 2)
    for i, j, k in ((0, 0, 0), (2, 1, 0), (1, 0, 1)):
        one = value(xi[i, 0, 0], psi[j, 0], t[k])
        assert np.shape(one) == ()
        assert float(one) == pytest.approx(table[i, j, k], rel=1e-13)
    assert value([0.0, 1.0]).shape == (2,)
    assert value(np.zeros((0,))).shape == (0,)


def test_attention_answers_the_interpolated_variance() -> None:
    found, xi = skewed(), np.linspace(-2.0, 2.0, 9)
    at = (xi, 0.7, 0.4)
    expected = best_response(Technology.of(found.case.attention), 1.5, found.variance(*at))
    np.testing.assert_array_equal(found.attention(*at), expected.attention)
    np.testing.assert_array_equal(found.precision_rate(*at), expected.precision_rate)
    response = found.response(*at)
    for name in response._fields:
        np.testing.assert_array_equal(getattr(response, name), getattr(expected, name))


def test_static_values_are_those_at_the_horizon() -> None:
    found, xi = skewed(), np.linspace(-2.0, 2.0, 9)
    np.testing.assert_allclose(found.static_price(xi, 1.5), found.price(xi, 1.5, 1.0), rtol=1e-14)
    np.testing.assert_allclose(
        found.static_variance(xi, 1.5), found.variance(xi, 1.5, 1.0), rtol=1e-14
    )


# ---------------------------------------------------------------- economics


@pytest.mark.parametrize("name", ["three_states", "binary", "mixture", "uniform", "paper"])
def test_price_increases_in_xi_and_is_worth_the_slope(name: str) -> None:
    found = other(name)
    xi = np.linspace(-2.0, 2.0, 81)
    for psi, t in ((0.0, 0.0), (psi_at(found, 0.5, 0.5), 0.5)):
        assert np.all(np.diff(found.price(xi, psi, t)) > 0)


def test_price_volatility_is_kappa_times_the_slope() -> None:
    found, xi, h = skewed(5e-5), np.linspace(-2.0, 2.0, 9), 1e-3
    for psi, t in ((0.0, 0.0), (0.8, 0.4)):
        ends = [found.price(xi + k * h, psi, t) for k in (-2, -1, 1, 2)]
        slope = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * h)
        supply = 1.5 * 1.2
        kappa = found.precision_rate(xi, psi, t) / supply + supply
        # the slope is differenced at the nodes and interpolated: equal within the solution's error
        np.testing.assert_allclose(found.price_volatility(xi, psi, t), kappa * slope, rtol=2e-4)


def test_initial_values_are_those_of_the_fields() -> None:
    found = skewed()
    state, xi = found.initial, -1.5 * 0.3
    for field in FIELDS:
        assert getattr(state, field) == float(getattr(found, field)(xi)), field
    assert state.static_price == float(found.static_price(xi))
    assert state.static_variance == float(found.static_variance(xi))
    gain = -(1.5 * 0.3 * state.price + state.log_value) / 1.5
    assert state.certainty_equivalent_gain == pytest.approx(gain, rel=1e-14)
    assert gain > 0


# ---------------------------------------------------------------- data sets


def test_data_set_is_labelled() -> None:
    found = skewed()
    data = found.to_dataset()
    assert list(data.sizes) == ["t", "psi", "xi0"]
    assert data.sizes["t"] == len(found.times)
    assert set(data.data_vars) == {*FIELDS, "static_price", "static_variance"}
    assert set(data.coords) == {"t", "psi", "xi0", "xi", "psi_limit"}
    for name, variable in (*data.data_vars.items(), ("t", data["t"]), ("xi", data["xi"])):
        assert variable.attrs["units"] == QUANTITIES[str(name)].unit, name
        assert len(variable.attrs["long_name"]) > 1, name
    assert data["price"].dims == ("t", "psi", "xi0")
    assert data["xi"].dims == data["static_price"].dims == ("psi", "xi0")
    assert data.attrs["title"] == found.case.title
    assert data.attrs["pdesolve_version"] == found.version
    assert data.attrs["case_name"] == "three_states"
    assert data["t"].to_numpy()[[0, -1]].tolist() == [0.0, 1.0]
    known = data["psi"] <= data["psi_limit"]
    for variable in data.data_vars.values():
        assert (variable.notnull() == (known if "t" in variable.dims else True)).all()
    whole = found.to_dataset(everywhere=True)
    assert not any(np.isnan(v.to_numpy()).any() for v in whole.data_vars.values())


def test_data_set_ends_in_the_static_market() -> None:
    last = skewed().to_dataset(everywhere=True).isel(t=-1)
    np.testing.assert_array_equal(last["price"], last["static_price"])
    np.testing.assert_array_equal(last["variance"], last["static_variance"])


def test_data_set_broadcasts_degenerate_axes() -> None:
    assert other("binary").to_dataset()["attention"].sizes["psi"] == 1
    assert other("normal").to_dataset()["attention"].sizes["xi0"] == 1


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("name", ["three_states", "normal", "sample"])
def test_files_round_trip_bit_for_bit(name: str, tmp_path: Path) -> None:
    found = other(name)
    found.save(tmp_path / "a file.nc")
    loaded = load_solution(tmp_path / "a file.nc")
    assert loaded.case == found.case
    assert loaded.space == found.space
    for part in ("times", "states", "rates"):
        mine, theirs = getattr(found, part), getattr(loaded, part)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    for part in ("error", "converged", "message", "grid", "steps", "seconds", "version"):
        assert getattr(loaded, part) == getattr(found, part), part
    assert isinstance(loaded.initial, InitialState) and loaded.initial == found.initial
    xi = np.linspace(-1.0, 1.0, 7)
    for field in FIELDS:
        mine, theirs = (getattr(s, field)(xi, 0.1, 0.3) for s in (found, loaded))
        np.testing.assert_array_equal(mine, theirs)
    assert [p.name for p in tmp_path.iterdir()] == ["a file.nc"]


def test_saving_replaces_and_takes_text(tmp_path: Path) -> None:
    path = tmp_path / "it.nc"
    path.write_text("something else")
    skewed().save(str(path))
    assert load_solution(str(path)).initial == skewed().initial


def test_what_is_not_known_survives_a_file(tmp_path: Path) -> None:
    unknown = replace(skewed(), error=dict.fromkeys(skewed().error, float("nan")), converged=False)
    unknown.save(tmp_path / "it.nc")
    loaded = load_solution(tmp_path / "it.nc")
    assert not loaded.converged and np.isnan(list(loaded.error.values())).all()


def test_other_files_are_refused(tmp_path: Path) -> None:
    xarray.Dataset({"x": ("i", [1.0, 2.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match=r"other\.nc: not a solution saved by pdesolve"):
        load_solution(tmp_path / "other.nc")


@pytest.mark.parametrize("content", [b"", b"price\n1.0\n", b"CDF\x01" + bytes(60)])
def test_files_of_another_format_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "odd.nc").write_bytes(content)
    with pytest.raises(ValueError, match=r"odd\.nc"):
        load_solution(tmp_path / "odd.nc")


def test_a_file_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.nc"):
        load_solution(tmp_path / "none.nc")


def test_a_failed_save_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "it.nc"
    path.write_text("kept")

    def full(data: xarray.Dataset, target: Path, **_: object) -> None:
        Path(target).write_bytes(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xarray.Dataset, "to_netcdf", full)
    with pytest.raises(OSError, match="No space left"):
        skewed().save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["it.nc"]
    assert path.read_text() == "kept"


def test_saving_nowhere_fails(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nowhere"):
        skewed().save(tmp_path / "nowhere" / "it.nc")
    assert list(tmp_path.iterdir()) == []


def test_solutions_leave_their_arguments_alone() -> None:
    xi: Array = np.linspace(-1.0, 1.0, 5)
    kept = xi.copy()
    skewed().price(xi, 0.2, 0.3)
    np.testing.assert_array_equal(xi, kept)
