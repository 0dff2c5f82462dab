"""Finished points of a sweep, or starts of a calibration, on disk: a line of JSON each.

They are appended as they come. The first line says what they are of; every further one is a point.
A line counts once its line break is there, so a writer that is killed leaves at most one torn line,
which the next one drops. Numbers are written so that they read back bit for bit, and every line
ends with the checksum of the rest of it: a store that is damaged is refused, never read as
something else.
"""

import json
import os
import re
import stat
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pdesolve.case.errors import PdesolveError
from pdesolve.case.sources import shown

KIND = "pdesolve sweep"
FORMAT = f"{KIND} 4"
START = json.dumps({"format": FORMAT}).encode()[:-1]  # of every store
SUM = "crc32"  # of the line's object without it
LINE = re.compile(rb'(\{.*), "crc32": "([0-9a-f]{8})"\}\n', re.DOTALL)


class StoreError(PdesolveError, ValueError):
    """A store that cannot be gone on with, in one sentence."""


class Store:
    """The points of one sweep, or starts of one calibration, that are finished; use as a context.

    Parameters
    ----------
    path : Path
        Made, with its folder, if it is missing.
    header : mapping
        What the points are of: plain values by name.
    what : str
        And in a word, for messages.

    Attributes
    ----------
    records : dict
        Finished points by `at`.

    Raises
    ------
    StoreError
        If the file holds something else, is damaged, or another program is at work on it.
    OSError
        If it cannot be read or written.
    """

    def __init__(self, path: Path, header: Mapping[str, object], what: str = "sweep") -> None:
        self._path, self._what = path, what
        self.records: dict[str, dict[str, Any]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "a+b", buffering=0)
        try:
            self._lock()
            self._read({"format": FORMAT, **header})
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, record: Mapping[str, Any]) -> None:
        """Write a finished point; it is on the disk when this returns."""
        self._write(record)
        self.records[label(record["at"])] = dict(record)

    def _write(self, line: Mapping[str, Any]) -> None:
        rest = memoryview(_summed(line))
        while rest:
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())

    def _lock(self) -> None:
        """Keep other programs out until the file is closed, by whatever end."""
        with suppress(ImportError):  # no such locks on this system
            import fcntl

            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError(f"{self._path} is in use by another run") from None

    def _read(self, header: dict[str, object]) -> None:
        """Take in what is there, drop a torn last line, and see that it is the same sweep."""
        if not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            raise StoreError(f"{self._path} is not a file")
        self._file.seek(0)
        lines = self._file.read().splitlines(keepends=True)
        if not any(line.endswith(b"\n") for line in lines):
            if lines and not lines[0].startswith(START[: len(lines[0])]):
                raise StoreError(f"{self._path} is not a store of points")
            self._file.truncate(0)
            self._write(header)
            return
        self._compare(self._first(lines[0]), json.loads(json.dumps(header)))
        torn = lines.pop() if _is_torn(lines[-1]) else b""
        for number, line in enumerate(lines[1:], start=2):
            record = _parsed(line)
            if record is None or not _is_place(record.get("at")):
                raise self.damage(f"in line {number}")
            self.records[label(record["at"])] = record
        if torn:
            self._file.truncate(sum(map(len, lines)))

    def _first(self, line: bytes) -> dict[str, Any]:
        """What the sweep is that the store is of."""
        form = _object(line).get("format")
        if form != FORMAT and isinstance(form, str) and form.startswith(KIND):
            raise StoreError(
                f"{self._path} is in the format {shown(form)} of another version of pdesolve, this"
                f" one has {FORMAT!r}: choose another folder, or remove that file"
            )
        if not line.startswith(START):
            raise StoreError(f"{self._path} is not a store of points")
        first = _parsed(line)
        if first is None:
            raise self.damage("in line 1")
        return first

    def _compare(self, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
        """Refuse a store of something else; say the first thing in which it differs."""
        for name in {**here, **there}:
            one, other = there.get(name), here.get(name)
            if one == other:
                continue
            if isinstance(one, dict) and isinstance(other, dict):
                keys = {**other, **one}
                name = next(k for k in keys if k not in one or k not in other or one[k] != other[k])
                one, other = one.get(name), other.get(name)
            raise StoreError(
                f"{self._path} holds another {self._what}: {name} was {shown(one)}, is now"
                f" {shown(other)}; choose another folder, or remove that file"
            )

    def damage(self, where: str) -> StoreError:
        """What to say of a store that cannot be trusted."""
        return StoreError(f"{self._path} is damaged {where}: move it away")


def label(at: object) -> str:
    """Name of a point in a store: the values that make it."""
    return json.dumps(at)


def _is_place(at: object) -> bool:
    """Whether it can be the values that make a point."""
    return isinstance(at, list) and all(isinstance(value, str | int | float) for value in at)


def _summed(record: Mapping[str, Any]) -> bytes:
    """A line: the object with its checksum as the last entry."""
    text = json.dumps(record).encode()
    return text[:-1] + f', "{SUM}": "{zlib.crc32(text):08x}"}}\n'.encode()


def _parsed(line: bytes) -> dict[str, Any] | None:
    """A line's object without the checksum, or None if it is not as it was written."""
    found = LINE.fullmatch(line)
    if found is None or zlib.crc32(text := found[1] + b"}") != int(found[2], 16):
        return None
    return _object(text)


def _object(text: bytes) -> dict[str, Any]:
    """The JSON object of a text, empty if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_torn(line: bytes) -> bool:
    """Whether the last line is what is left of one that was not written to its end."""
    if not line.endswith(b"\n"):
        return True
    try:
        json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return True
    except (ValueError, RecursionError):  # complete, though nothing that is ever written
        return False
    return False
