import json
import multiprocessing
import zlib
from pathlib import Path
from typing import Any

import pytest

from pdesolve.studies.store import FORMAT, SUM, Store, StoreError

HEADER = {"version": "1", "case": "one", "parameters": {"a": 1.0, "b": 0.1 + 0.2}}
POINTS: list[dict[str, Any]] = [
    {"at": [0.1 + 0.2, "word"], "values": {"price": 1 / 3, "variance": float("nan")}},
    {"at": [2.0, "word"], "values": {"price": 5e-324, "variance": float("inf")}},
]


def filled(path: Path) -> Path:
    with Store(path, HEADER) as store:
        for point in POINTS:
            store.append(point)
    return path


def kept(path: Path) -> list[dict[str, Any]]:
    with Store(path, HEADER) as store:
        return list(store.records.values())


def written(line: bytes) -> dict[str, Any]:
    """A line's object; its checksum is right and comes last."""
    record = json.loads(line)
    name, found = record.popitem()
    assert (name, found) == (SUM, f"{zlib.crc32(json.dumps(record).encode()):08x}")
    return record


def test_points_come_back_bit_for_bit(tmp_path: Path) -> None:
    found = kept(filled(tmp_path / "deep" / "down" / "points"))
    assert repr(found) == repr(POINTS)


def test_a_point_is_on_the_disk_when_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "points"
    with Store(path, HEADER) as store:
        store.append(POINTS[0])
        assert repr(written(path.read_bytes().splitlines()[-1])) == repr(POINTS[0])
        assert list(store.records) == [json.dumps(POINTS[0]["at"])]


def test_a_tear_at_any_byte_costs_at_most_the_last_point(tmp_path: Path) -> None:
    whole = filled(tmp_path / "points").read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        torn = tmp_path / "torn"
        torn.write_bytes(whole[:cut])
        complete = sum(end <= cut for end in ends)
        assert repr(kept(torn)) == repr(POINTS[: max(0, complete - 1)]), cut
        with Store(torn, HEADER) as store:
            for point in POINTS[len(store.records) :]:
                store.append(point)
        assert torn.read_bytes() == whole, cut


def test_a_last_line_of_zeros_is_dropped(tmp_path: Path) -> None:
    path = filled(tmp_path / "points")
    whole = path.read_bytes()
    path.write_bytes(whole + b"\0" * 40 + b"\n")
    assert repr(kept(path)) == repr(POINTS)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "2"}, "version was '1', is now '2'"),
        ({"case": "two"}, "case was 'one', is now 'two'"),
        ({"parameters": {"a": 2.0, "b": 0.1 + 0.2}}, "a was 1.0, is now 2.0"),
        ({"parameters": {"a": 1.0}}, "b was 0.30000000000000004, is now nothing"),
        ({"more": [1]}, r"more was nothing, is now \[1\]"),
    ],
)
def test_a_store_of_another_sweep_is_refused_with_the_reason(
    change: dict[str, object], said: str, tmp_path: Path
) -> None:
    path = filled(tmp_path / "points")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=f"points holds another sweep: {said}; choose another"):
        Store(path, {**HEADER, **change})
    assert path.read_bytes() == before
    assert repr(kept(path)) == repr(POINTS)


@pytest.mark.parametrize(
    "content", [b"mine\n", b"[1]\n", b'{"a": 1}\n', b"mine\nmore\n", b"\n", b"mine"]
)
def test_other_files_are_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "points"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is not a store of points"):
        Store(path, HEADER)
    assert path.read_bytes() == content


def test_damage_before_the_last_line_is_said(tmp_path: Path) -> None:
    path = filled(tmp_path / "points")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{torn\n" + lines[2])
    with pytest.raises(StoreError, match="damaged in line 2"):
        Store(path, HEADER)
    path.write_bytes(lines[0] + b"{}\n" + lines[2])
    with pytest.raises(StoreError, match="damaged in line 2"):
        Store(path, HEADER)


def test_only_one_writer_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="this system has no such locks")
    path = filled(tmp_path / "points")
    with Store(path, HEADER), pytest.raises(StoreError, match="in use by another run"):
        Store(path, HEADER)
    assert len(kept(path)) == 2


def _hold(path: Path, ready: Any) -> None:
    with Store(path, HEADER):
        ready.send(True)
        ready.recv()


def test_the_lock_of_a_killed_writer_is_gone(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="this system has no such locks")
    path = filled(tmp_path / "points")
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with here, there:
        other = context.Process(target=_hold, args=(path, there))
        other.start()
        here.recv()
        with pytest.raises(StoreError, match="in use"):
            Store(path, HEADER)
        other.kill()
        other.join()
        other.close()
    assert len(kept(path)) == 2


def test_the_first_line_says_what_the_file_is(tmp_path: Path) -> None:
    first = written(filled(tmp_path / "points").read_bytes().splitlines()[0])
    assert first == {"format": FORMAT, **HEADER}
