"""Values that a sweep or a comparison is asked for besides what always is reported."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray

import pdesolve
from pdesolve.case import load_case
from pdesolve.finance.by_name import QuantityError, reported
from pdesolve.studies import records
from pdesolve.studies.comparison import as_csv as compared_csv
from pdesolve.studies.comparison import as_json as compared_json
from pdesolve.studies.summary import as_latex, table
from pdesolve.studies.written import as_csv, as_json
from tests.tools.layout import check_layout
from tests.tools.program import SOLVER, forbid
from tests.tools.solutions import solved
from tests.tools.sweeps import RHO

ALSO = ["informativeness", "svix@0.5", "premium_per_sd"]
FURTHER = ALSO[:2]


@pytest.fixture(scope="module")
def swept() -> xarray.Dataset:
    return pdesolve.sweep("binary", {RHO: [1.0, 2.0]}, tol=1e-3, also=ALSO)


def test_a_point_has_what_is_found_of_its_solution(swept: xarray.Dataset) -> None:
    solution = solved("binary", {RHO: 2.0, "numerics.tolerance": 1e-3})
    found = reported(solution, ALSO)
    for name in ALSO:
        at = float(swept[name][1]), float(swept[f"{name}_error"][1])
        assert at == found[name], name
    assert swept["informativeness"].attrs["units"] == "money"
    assert "just before T" in swept["informativeness"].attrs["long_name"]


def test_it_has_no_slopes_and_what_is_always_reported_has(swept: xarray.Dataset) -> None:
    assert not [name for name in FURTHER if f"{name}_slope" in swept]
    assert np.isfinite(swept["svix_slope"]).all()


def test_tables_and_files_have_it(swept: xarray.Dataset, tmp_path: Path) -> None:
    lines = table(swept).splitlines()
    assert lines[3].split()[-4:] == ["svix@0.5", "premium", "per", "sd"]
    assert float(lines[5].split()[8]) == pytest.approx(float(swept["informativeness"][0]), abs=1e-6)
    heads = next(line for line in lines[6:] if line.startswith("risk_aversion"))
    assert "svix@0.5" not in heads and "SVIX" in heads  # elasticities
    assert "informativeness " in lines[-1]
    point = json.loads(as_json(swept))["points"][1]
    row = list(csv.DictReader(as_csv(swept).splitlines()))[1]
    for name in ALSO:
        value, error = float(swept[name][1]), float(swept[f"{name}_error"][1])
        assert (point[name], point["error"][name]) == (value, error)
        assert (float(row[name]), float(row[f"{name}_error"])) == (value, error)
    assert "informativeness & svix@0.5" in as_latex(swept)
    swept.to_netcdf(tmp_path / "swept.nc", engine="h5netcdf")
    with xarray.open_dataset(tmp_path / "swept.nc", engine="h5netcdf") as back:
        assert back.identical(swept)
        assert table(back) == table(swept)


def test_it_is_drawn(swept: xarray.Dataset) -> None:
    figure = pdesolve.plot_sweep(swept)
    titles = [ax.get_title("left") for ax in figure.axes]
    assert titles[7:] == [
        "(h) informativeness, t = T",
        "(i) SVIX √V/p, t = 0.5",
        "(j) premium (E x − p)/sd x",
    ]
    points = figure.axes[7].lines[1]
    assert np.asarray(points.get_ydata()) == pytest.approx(swept["informativeness"].to_numpy())
    check_layout(figure, slack=1.0)
    one = pdesolve.plot_sweep(swept, "informativeness")
    assert [ax.get_ylabel() for ax in one.axes] == ["money"]
    assert "straight without, or if too sparse" in " ".join(text.get_text() for text in one.texts)
    with pytest.raises(ValueError, match=r"names must be among .*, informativeness, .*'r_squared'"):
        pdesolve.plot_sweep(swept, "r_squared")


def test_a_price_below_zero_leaves_its_place_on_the_axis_empty() -> None:
    means = [-1.0, 0.0, 1.0, 2.0]
    data = pdesolve.sweep("normal", {"payoff.mean": means}, tol=1e-2, processes=1)
    figure = pdesolve.plot_sweep(data, ["price", "svix"])
    assert figure.axes[0].get_xlim() == pytest.approx(figure.axes[1].get_xlim())


@pytest.mark.parametrize(
    ("vary", "also", "message"),
    [
        ({RHO: [1.0]}, ["informativness"], "nearest: informativeness"),
        ({RHO: [1.0]}, "svix@2", "the date of 'svix@2' must be after 0 and up to the horizon, 1$"),
        ({"market.horizon": [0.4, 1.0]}, "price@0.5", "up to the horizon, 0.4$"),
    ],
)
def test_what_no_point_can_have_is_refused_at_once(
    vary: dict[str, list[float]],
    also: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(records, "solve_point", forbid)
    with pytest.raises(QuantityError, match=message):
        pdesolve.sweep("binary", vary, also=also, store=tmp_path / "points")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------- stores


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "points"
    again(path)
    assert lines(path) == 2
    yield path


def again(store: Path, also: tuple[str, ...] = (), steps: int = 2000) -> xarray.Dataset:
    case = load_case("binary", {"numerics.tolerance": 1e-2, "numerics.max_steps": steps})
    return pdesolve.sweep(case, {RHO: [1.0]}, slopes=False, also=also, store=store)


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def test_a_point_that_has_less_is_solved_anew(store: Path) -> None:
    found = again(store, ("informativeness",))
    assert np.isfinite(found["informativeness"]).all() and lines(store) == 3
    assert found.identical(again(store, ("informativeness",))) and lines(store) == 3


def test_a_point_that_has_more_is_not(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = again(store, ("informativeness", "svix@0.5"))
    monkeypatch.setattr(records, "solve_point", forbid)
    one = again(store, ("svix@0.5",))
    assert one["svix@0.5"].identical(both["svix@0.5"]) and "informativeness" not in one
    assert "informativeness" not in again(store)
    assert again(store, ("premium_per_sd",))["premium_per_sd"].identical(both["premium_per_sd"])


def test_a_point_that_failed_with_more_is_tried_again_with_less(tmp_path: Path) -> None:
    store = tmp_path / "points"
    for also in ((), (), ("informativeness",), ("informativeness",), ()):
        assert int(again(store, also, steps=2)["status"][0]) == 2
    assert lines(store) == 4


# ---------------------------------------------------------------------- comparisons


def test_a_comparison_has_it() -> None:
    pair = [solved("binary", {RHO: rho}, tol=1e-3) for rho in (1.0, 2.0)]
    found = pdesolve.compare(*pair, also=["informativeness", "price"])
    first, second = (one.reported("informativeness")["informativeness"] for one in pair)
    assert found.difference("informativeness", 1)[:2] == (
        second.value - first.value,
        second.error + first.error,
    )
    assert len([line for line in str(found).splitlines() if "informativeness" in line]) == 2
    said = json.loads(compared_json(found))
    assert said["cases"][1]["informativeness"] == second.value
    assert said["cases"][1]["derived_error"]["informativeness"] == second.error
    assert said["differences"][0]["value"]["informativeness"] == second.value - first.value
    _, row = csv.DictReader(compared_csv(found).splitlines())
    assert float(row["informativeness_difference"]) == second.value - first.value
    assert float(row["informativeness_error"]) == second.error


def test_a_comparison_refuses_what_a_case_cannot_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SOLVER, "solve", forbid)
    cases = [load_case("binary", {"market.horizon": horizon}) for horizon in (1.0, 0.4)]
    with pytest.raises(QuantityError, match=r"up to the horizon, 0\.4"):
        pdesolve.compare(*cases, also="price@0.5")
