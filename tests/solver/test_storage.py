"""Files of solutions that something happened to: the same solution, or a ValueError."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray

from pdesolve.case.errors import PdesolveError
from pdesolve.solver.solution import Solution, load_solution
from pdesolve.solver.solved import SMALL
from pdesolve.solver.storage import SEAL, seal
from tests.tools.program import forbid
from tests.tools.solutions import solved

PARTS = ("times", "states", "rates")


def small() -> Solution:
    return solved("binary", tol=1e-2)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "it.nc"
    small().save(path)
    return path.read_bytes()


def same(path: Path) -> bool:
    """Whether a file holds the small solution; if not, it says so in a sentence."""
    try:
        found = load_solution(path)
    except ValueError as error:
        assert isinstance(error, PdesolveError)
        assert str(path) in str(error) and "\n" not in str(error)
        return False
    expected = small()
    for part in PARTS:
        np.testing.assert_array_equal(getattr(found, part), getattr(expected, part))
    for part in ("case", "space", "error", "further_error", "converged", "message", "steps"):
        assert getattr(found, part) == getattr(expected, part), part
    assert found.initial == expected.initial
    return True


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Some bits flipped, bytes replaced, left out or put in, or an end cut off."""
    changed, start = bytearray(content), rng.randrange(len(content))
    end = min(len(content), start + rng.randrange(1, 400))
    kind = rng.randrange(6)
    if kind <= 1:
        for _ in range(1 if kind == 0 else rng.randrange(2, 40)):
            changed[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    elif kind == 2:
        changed[start:end] = rng.randbytes(end - start)
    elif kind == 3:
        changed[start:end] = bytes(end - start)
    elif kind == 4:
        del changed[start:end]
    else:
        del changed[start:]
    return bytes(changed)


def try_all(content: bytes, path: Path, count: int, seed: int) -> int:
    """Damage a file so many times; return how often it was noticed."""
    rng, noticed = random.Random(seed), 0
    for _ in range(count):
        path.write_bytes(damaged(content, rng))
        noticed += not same(path)
    return noticed


def test_damage_gives_the_same_or_a_sentence(content: bytes, tmp_path: Path) -> None:
    assert try_all(content, tmp_path / "it.nc", 150, 1) > 100


def test_flips_are_noticed_before_the_file_is_opened(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(h5py, "File", forbid)  # it may loop for ever
    rng = random.Random(3)
    for place in [*rng.sample(range(len(content)), 300), len(content) - 2]:
        flipped = bytearray(content)
        flipped[place] ^= 1 << rng.randrange(8)
        if flipped[-len(SEAL) - 65 :].startswith(SEAL):
            with pytest.raises(ValueError, match="does not match its checksum"):
                load_solution(_written(tmp_path / "it.nc", bytes(flipped)))


def test_a_copy_by_other_programs_loads(content: bytes, tmp_path: Path) -> None:
    with xarray.open_dataset(_written(tmp_path / "it.nc", content), engine="h5netcdf") as data:
        data.load().to_netcdf(tmp_path / "copy.nc", engine="h5netcdf")
    assert same(tmp_path / "copy.nc")


@pytest.mark.slow
def test_much_damage_gives_the_same_or_a_sentence(content: bytes, tmp_path: Path) -> None:
    assert try_all(content, tmp_path / "it.nc", 1000, 2) > 800


def test_flips_in_every_array_are_noticed(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "it.nc"
    with xarray.open_dataset(_written(path, content), engine="h5netcdf") as data:
        names = [str(name) for name in data.variables if name != "field"]
    for name in names:
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            values = file[name][()]
            values.view(np.uint64).flat[values.size // 2] ^= np.uint64(1)
            file[name][...] = values
        with pytest.raises(ValueError, match="what is in it does not match its checksum"):
            load_solution(path)


@pytest.mark.parametrize("name", ["title", "case", "case_name", "summary", "pdesolve_version"])
def test_changes_of_what_is_said_are_noticed(name: str, content: bytes, tmp_path: Path) -> None:
    path = _written(tmp_path / "it.nc", content)
    with h5py.File(path, "r+") as file:
        file.attrs[name] = file.attrs[name].replace("1", "2") + " "
    with pytest.raises(ValueError, match="what is in it does not match its checksum"):
        load_solution(path)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_files_of_the_old_layout_load(content: bytes, tmp_path: Path) -> None:
    """All nodes in every array, over psi and a dimension `node`; nothing compressed."""
    with xarray.open_dataset(_written(tmp_path / "it.nc", content), engine="h5netcdf") as data:
        fields = [name for name in data.variables if "xi0" in data[name].dims]
        stored = data.load().drop_vars(fields)
    psi = ("psi", small().space.psi, stored["psi"].attrs)
    xi = (("psi", "node"), small().space.xi, {"units": "1/money", "long_name": "state"})
    old = stored.drop_vars("psi").rename(line="psi").assign_coords(psi=psi, xi=xi)
    seal(old).to_netcdf(tmp_path / "old.nc", engine="h5netcdf")
    assert "node" in old.dims and "xi0" not in old.dims
    assert same(tmp_path / "old.nc")


def test_large_arrays_are_compressed_and_load_bit_for_bit(tmp_path: Path) -> None:
    found = solved("three_states", tol=1e-4)
    found.save(tmp_path / "it.nc")
    with h5py.File(tmp_path / "it.nc") as file:
        large = [one for one in file.values() if one.nbytes > SMALL]
        assert {one.name for one in large} >= {"/deviation", "/deviation_rate"}
        assert all(one.compression == "gzip" and one.shuffle for one in large)
        assert sum(one.id.get_storage_size() for one in large) < 0.95 * sum(
            one.nbytes for one in large
        )
    loaded = load_solution(tmp_path / "it.nc")
    for part in PARTS:
        np.testing.assert_array_equal(getattr(loaded, part), getattr(found, part))


def test_a_file_that_compresses_well_loads(tmp_path: Path) -> None:
    found = solved("three_states", tol=1e-3)
    times, none = np.linspace(0.0, 1.0, 300), np.zeros((300, *found.states.shape[1:]))
    flat = replace(found, times=times, states=none, rates=none)  # nothing but the static market
    flat.save(tmp_path / "it.nc")
    assert 5 * (tmp_path / "it.nc").stat().st_size < 2 * none.nbytes
    np.testing.assert_array_equal(load_solution(tmp_path / "it.nc").states, flat.states)


# ---------------------------------------------------------------- without a checksum


def unsealed(path: Path, content: bytes, change: Callable[[Any], object] = lambda _: None) -> Path:
    """A file as the first version wrote it, and then something else changed in it."""
    path.write_bytes(content)
    with h5py.File(path, "r+") as file:
        del file.attrs["checksum"]
        change(file)
    return path


def test_files_of_the_first_version_have_no_checksum(content: bytes, tmp_path: Path) -> None:
    def first(file: Any) -> None:
        file.attrs["pdesolve_version"] = "0.1.0"

    assert load_solution(unsealed(tmp_path / "it.nc", content, first)).initial == small().initial


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda file: file.attrs.__setitem__("pdesolve_version", "0.9"), "it has no checksum"),
        (lambda file: file.attrs.__setitem__("chechsum", "x"), "does not match its checksum"),
        (lambda file: file.attrs.__delitem__("summary"), "not a solution saved by pdesolve"),
        (lambda file: file.attrs.__setitem__("summary", 1.0), "not a solution saved by pdesolve"),
        (lambda file: file.attrs.__setitem__("summary", "{"), "its attributes are not JSON"),
        (lambda file: file.attrs.__setitem__("summary", "[1]"), "are not JSON objects"),
        (lambda file: file.attrs.__setitem__("case", "[" * 60000), "are not JSON"),
        (
            lambda file: file.attrs.__setitem__("case", "{}"),
            "payoff.kind is missing: .*; binary: market",
        ),
        (lambda file: file.__delitem__("deviation"), "not a solution saved by pdesolve"),
        (lambda file: file["t"].__setitem__(2, 0.0), "do not lead from 0 to the horizon"),
        (lambda file: file["t"].__setitem__(-1, 9.0), "do not lead from 0 to the horizon"),
    ],
)
def test_what_no_solution_says_is_refused(
    change: Callable[[Any], object], said: str, content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=said):
        load_solution(unsealed(tmp_path / "it.nc", content, change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"error": {}}, "its errors are not those of the values"),
        ({"error": {"price": "small"}}, "its errors are not those of the values"),
        ({"error": [1.0]}, "its error is missing or of another type"),
        ({"further_error": 1.0}, "its further_error is missing or of another type"),
        ({"converged": "yes"}, "its converged is missing or of another type"),
        ({"space": {}}, "its space is not a grid"),
        ({"space.n_xi": 10}, "its arrays are not of the shape of its grid"),
        ({"space.n_xi": True}, "its grid has n_xi = 'True'"),
        ({"space.n_psi": 10**400}, "its grid has n_psi = '10000"),
        ({"space.width": float("inf")}, "its grid has width = 'inf'"),
        ({"space.width": -1.0}, "its grid has no extent"),
        ({"space.order": 7}, "its grid is none that pdesolve makes"),
        ({"space.stretch": 1e5}, "its grid is none that pdesolve makes"),
    ],
)
def test_a_summary_of_something_else_is_refused(
    change: dict[str, Any], said: str, content: bytes, tmp_path: Path
) -> None:
    def alter(file: Any) -> None:
        summary = json.loads(file.attrs["summary"])
        for key, value in change.items():
            table, _, name = key.rpartition(".")
            (summary[table] if table else summary)[name] = value
        file.attrs["summary"] = json.dumps(summary)

    with pytest.raises(ValueError, match=said):
        load_solution(unsealed(tmp_path / "it.nc", content, alter))


@pytest.mark.parametrize("dtype", ["i8", "f4", "S3"])
def test_arrays_of_another_type_are_refused(dtype: str, content: bytes, tmp_path: Path) -> None:
    def alter(file: Any) -> None:
        shape = file["deviation"].shape
        del file["deviation"]
        file["deviation"] = np.zeros(shape, dtype)

    with pytest.raises(ValueError, match="not of floating-point numbers"):
        load_solution(unsealed(tmp_path / "it.nc", content, alter))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(ValueError, match=f"{path}: not a netCDF file"):
            load_solution(path)
    with pytest.raises(ValueError, match="cannot be read"):
        load_solution(tmp_path / "a\0b")


def test_a_small_file_cannot_ask_for_much_memory(content: bytes, tmp_path: Path) -> None:
    def alter(file: Any) -> None:
        del file["deviation"]
        file.create_dataset("deviation", (10**6, 10**6), "f8", chunks=(100, 100))

    with pytest.raises(ValueError, match="or damaged"):
        load_solution(unsealed(tmp_path / "it.nc", content, alter))


def test_the_checksum_is_in_the_attributes(content: bytes, tmp_path: Path) -> None:
    with xarray.open_dataset(_written(tmp_path / "it.nc", content), engine="h5netcdf") as data:
        assert data.attrs["checksum"].startswith("sha256:")
        assert "checksum" not in small().to_dataset().attrs


def test_a_map_of_several_scales_is_kept(tmp_path: Path) -> None:
    found = solved("jackpot", tol=1e-3)
    found.save(tmp_path / "it.nc")
    again = load_solution(tmp_path / "it.nc")
    assert found.space.clusters is not None
    assert (again.space, again.sds) == (found.space, found.sds)
    xi, psi = np.linspace(-2.0, 4.0, 7), 0.01
    np.testing.assert_array_equal(again.price(xi, psi, 0.5), found.price(xi, psi, 0.5))
    assert "xi0 is xi at psi = 0" in found.to_dataset().xi0.attrs["comment"]


def test_elements_of_unlike_lengths_are_kept(tmp_path: Path) -> None:
    found = solved("inattention", tol=1e-4)
    found.save(tmp_path / "it.nc")
    assert found.space.density is not None
    assert load_solution(tmp_path / "it.nc").space == found.space


def test_a_density_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    def alter(file: Any) -> None:
        summary = json.loads(file.attrs["summary"])
        summary["space"]["density"] = {"cuts": [0.4], "sizes": [1.0, -1.0]}
        file.attrs["summary"] = json.dumps(summary)

    with pytest.raises(ValueError, match="its grid has a density that is none"):
        load_solution(unsealed(tmp_path / "it.nc", content, alter))


@pytest.mark.parametrize(
    "clusters", [None, {}, {"lines": [], "low": [0, 0, 1], "high": [1, 0, 1], "beyond": 1}, 3]
)
def test_clusters_that_are_none_are_refused(clusters: Any, content: bytes, tmp_path: Path) -> None:
    def alter(file: Any) -> None:
        summary = json.loads(file.attrs["summary"])
        summary["space"]["clusters"] = clusters
        file.attrs["summary"] = json.dumps(summary)

    with pytest.raises(ValueError, match="its grid has clusters that are none"):
        load_solution(unsealed(tmp_path / "it.nc", content, alter))
