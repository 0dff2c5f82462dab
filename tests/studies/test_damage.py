"""Stores that something happened to: the same result, or a sentence; never another result."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xarray

import pdesolve
from pdesolve.case import load_case
from pdesolve.cli import program as cli
from pdesolve.studies import records
from pdesolve.studies.store import FORMAT, Store, StoreError
from pdesolve.studies.store import _summed as summed
from tests.tools.program import Capture
from tests.tools.sweeps import RHO

VARY = {RHO: [1.0, 2.0, 4.0]}
WORDS = ["statics", "binary", "--vary", f"{RHO}=1,2,4", "--tol", "1e-2", "--no-slopes", "--out"]


def swept(store: Path) -> xarray.Dataset:
    return pdesolve.sweep(load_case("binary"), VARY, tol=1e-2, slopes=False, store=store)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, xarray.Dataset]:
    path = tmp_path_factory.mktemp("whole") / "points"
    data = swept(path)
    return path.read_bytes(), data


@pytest.fixture
def remembered(
    whole: tuple[bytes, xarray.Dataset], monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[int]]:
    """Points are not solved but looked up; counts them."""
    lines = [json.loads(line) for line in whole[0].splitlines()[1:]]
    known: dict[float, Any] = {line["at"][0]: line for line in lines}
    count = [0]

    def look_up(task: Any) -> Any:
        count[0] += 1
        return {key: item for key, item in known[task.at[0]].items() if key != "crc32"}

    monkeypatch.setattr(records, "solve_point", look_up)
    yield count


def harmless(path: Path, content: bytes, expected: xarray.Dataset) -> bool:
    """Whether a store of that content gives the same result; if not, it says why in a sentence."""
    path.write_bytes(content)
    try:
        found = swept(path)
    except StoreError as error:
        assert str(path) in str(error) and "\n" not in str(error)
        assert path.read_bytes() == content
        return False
    assert found.identical(expected)
    return True


def test_any_flipped_bit_is_seen(
    whole: tuple[bytes, xarray.Dataset], tmp_path: Path, remembered: list[int]
) -> None:
    content, expected = whole
    rng = random.Random(1)
    last = content.rstrip(b"\n").rfind(b"\n") + 1
    places = {*rng.sample(range(len(content)), 100), *range(30), *range(last - 20, last)}
    for place in sorted(places):
        flipped = bytearray(content)
        flipped[place] ^= 1 << rng.randrange(8)
        same = harmless(tmp_path / "points", bytes(flipped), expected)
        assert not same or place >= last - 1, place


@pytest.mark.slow
def test_every_flipped_bit_is_seen(
    whole: tuple[bytes, xarray.Dataset], tmp_path: Path, remembered: list[int]
) -> None:
    content, expected = whole
    last = content.rstrip(b"\n").rfind(b"\n") + 1
    for place in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            same = harmless(tmp_path / "points", bytes(flipped), expected)
            assert not same or place >= last - 1, (place, bit)


def test_larger_damage_is_seen(
    whole: tuple[bytes, xarray.Dataset], tmp_path: Path, remembered: list[int]
) -> None:
    content, expected = whole
    rng = random.Random(2)
    for _ in range(60):
        damaged = bytearray(content)
        start = rng.randrange(len(content))
        end = min(len(content), start + rng.randrange(1, 200))
        kind = rng.randrange(4)
        if kind == 0:
            damaged[start:end] = rng.randbytes(end - start)
        elif kind == 1:
            damaged[start:end] = bytes(end - start)
        elif kind == 2:
            del damaged[start:end]
        else:
            damaged[start:start] = damaged[start:end]
        harmless(tmp_path / "points", bytes(damaged), expected)


def test_a_cut_costs_the_last_points_only(
    whole: tuple[bytes, xarray.Dataset], tmp_path: Path, remembered: list[int]
) -> None:
    content, expected = whole
    for cut in range(0, len(content), 37):
        remembered[0] = 0
        assert harmless(tmp_path / "points", content[:cut], expected)
        assert remembered[0] == 3 - max(0, content[:cut].count(b"\n") - 1)


DEEP = "[" * 100_000 + "]" * 100_000
BAD_LINES: dict[str, Callable[[dict[str, Any]], str]] = {
    "nothing but a place": lambda record: json.dumps({"at": record["at"]}),
    "another status": lambda record: json.dumps({**record, "status": "fine"}),
    "a status of another type": lambda record: json.dumps({**record, "status": ["converged"]}),
    "values missing": lambda record: json.dumps({**record, "values": {}}),
    "no values": lambda record: json.dumps({k: v for k, v in record.items() if k != "values"}),
    "values of another type": lambda record: json.dumps({**record, "values": [1.0, 2.0]}),
    "a text for a number": lambda record: json.dumps(
        {**record, "values": {**record["values"], "price": "much"}}
    ),
    "a place of another type": lambda record: json.dumps({**record, "at": 1.0}),
    "a place within a place": lambda record: json.dumps({**record, "at": [[1.0]]}),
    "no version": lambda record: json.dumps({k: v for k, v in record.items() if k != "version"}),
    "nested too deep": lambda record: f'{{"at": [1.0], "values": {DEEP}}}',
    "a huge whole number": lambda record: json.dumps(
        {**record, "values": {**record["values"], "price": 10**400}}
    ),
    "a number of too many digits": lambda record: f'{{"at": [1{"0" * 5000}]}}',
    "a list": lambda record: "[1.0]",
    "a text": lambda record: '"at"',
}


@pytest.mark.parametrize("sealed", [False, True], ids=["as it is", "with its checksum"])
@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("kind", BAD_LINES)
def test_valid_json_that_is_no_point_is_refused(
    kind: str,
    place: int,
    sealed: bool,
    whole: tuple[bytes, xarray.Dataset],
    tmp_path: Path,
    remembered: list[int],
) -> None:
    content, expected = whole
    lines = content.splitlines(keepends=True)
    record = json.loads(lines[place])
    del record["crc32"]
    text = BAD_LINES[kind](record)
    with_sum = text.startswith("{") and sealed
    lines[place] = resealed(text) if with_sum else text.encode() + b"\n"
    assert not harmless(tmp_path / "points", b"".join(lines), expected)


def resealed(text: str) -> bytes:
    """A line with that text and the checksum that belongs to it."""
    import zlib

    return f'{text[:-1]}, "crc32": "{zlib.crc32(text.encode()):08x}"}}\n'.encode()


def test_resealed_is_how_lines_are_written() -> None:
    record = {"at": [0.1 + 0.2], "values": {"price": float("nan")}}
    assert resealed(json.dumps(record)) == summed(record)


def test_the_program_says_so_in_a_line(
    whole: tuple[bytes, xarray.Dataset], tmp_path: Path, capsys: Capture
) -> None:
    lines = whole[0].splitlines(keepends=True)
    store = tmp_path / "binary-statics.jsonl"
    store.write_bytes(lines[0] + b'{"at": [1.0]}\n' + lines[2])
    assert cli.main([*WORDS, str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"pdesolve: {store} is damaged in line 2: move it away\n")


def test_a_store_of_the_old_format_is_left_alone(
    whole: tuple[bytes, xarray.Dataset], tmp_path: Path
) -> None:
    old = []
    for line in whole[0].splitlines():
        record = json.loads(line)
        del record["crc32"]
        old.append(json.dumps(record).replace(FORMAT, "pdesolve sweep 1"))
    path = tmp_path / "points"
    path.write_text("\n".join(old) + "\n")
    before = path.read_bytes()
    said = (
        "points is in the format 'pdesolve sweep 1' of another version of pdesolve, this one has"
        " 'pdesolve sweep 4': choose another folder, or remove that file"
    )
    with pytest.raises(StoreError, match=said):
        swept(path)
    assert path.read_bytes() == before


def test_what_is_no_file_is_no_store() -> None:
    with pytest.raises(StoreError, match="/dev/null is not a file"):
        Store(Path("/dev/null"), {})
