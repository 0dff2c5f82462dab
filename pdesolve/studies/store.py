"""Finished points of a sweep on disk: a line of JSON each, appended as they come.

The first line says what the sweep is; every further one is a point. A line counts once its line
break is there, so a writer that is killed leaves at most one torn line, which the next one drops.
Numbers are written so that they read back bit for bit.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pdesolve.case.errors import PdesolveError
from pdesolve.case.sources import shown

FORMAT = "pdesolve sweep 1"
START = json.dumps({"format": FORMAT}).encode()[:-1]  # of every store


class StoreError(PdesolveError, ValueError):
    """A store that cannot be gone on with, in one sentence."""


class Store:
    """The points of one sweep that are finished; use as a context.

    Parameters
    ----------
    path : Path
        Made, with its folder, if it is missing.
    header : mapping
        What the sweep is: plain values by name.

    Attributes
    ----------
    records : dict
        Finished points by `at`.

    Raises
    ------
    StoreError
        If the file holds something else, or another program is at work on it.
    OSError
        If it cannot be read or written.
    """

    def __init__(self, path: Path, header: Mapping[str, object]) -> None:
        self._path = path
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
        rest = memoryview(json.dumps(line).encode() + b"\n")
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
        self._file.seek(0)
        lines = self._file.read().splitlines(keepends=True)
        parsed = [_parsed(line) for line in lines]
        if not any(line.endswith(b"\n") for line in lines):
            if lines and not lines[0].startswith(START[: len(lines[0])]):
                raise StoreError(f"{self._path} is not a store of points")
            self._file.truncate(0)
            self._write(header)
            return
        first = parsed[0]
        if first is None or first.get("format") != FORMAT:
            raise StoreError(f"{self._path} is not a store of points")
        _compare(self._path, first, json.loads(json.dumps(header)))
        if parsed[-1] is None:
            parsed.pop()
            self._file.truncate(sum(map(len, lines[:-1])))
        for number, record in enumerate(parsed[1:], start=2):
            if record is None or "at" not in record:
                raise StoreError(f"{self._path} is damaged in line {number}: move it away")
            self.records[label(record["at"])] = record


def label(at: object) -> str:
    """Name of a point in a store: the values that make it."""
    return json.dumps(at)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """A line's object, or None if it is torn."""
    if not line.endswith(b"\n"):
        return None
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _compare(path: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Refuse a store of another sweep; say the first thing in which it differs."""
    for name in {**here, **there}:
        one, other = there.get(name), here.get(name)
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            name = next(key for key in {**other, **one} if one.get(key) != other.get(key))
            one, other = one.get(name), other.get(name)
        raise StoreError(
            f"{path} holds another sweep: {name} was {shown(one)}, is now {shown(other)};"
            " choose another folder, or remove that file"
        )
