"""Files written whole or not at all, and values that JSON can hold."""

import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


def check_folder(text: str, names: Iterable[str]) -> Path:
    """Return a folder's path, once it is known that these files can be written there.

    Raises
    ------
    ValueError
        If they cannot; the message says why.
    """
    folder = Path(text)
    try:
        if not text:
            raise NotADirectoryError(0, "an empty name")
        for name in names:
            if (folder / name).is_dir():
                raise IsADirectoryError(0, f"{folder / name} is a folder")
        with Stage(folder):
            pass
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"must be a folder that can be written to ({why})") from error
    return folder


def write_file(target: Path, write: Callable[[Path], object]) -> None:
    """Write one file next to its place first, in a folder that exists.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    partial = target.with_name(f".{target.name}.partial")
    try:
        write(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def write_files(folder: Path, writers: Mapping[str, Callable[[Path], object]]) -> list[Path]:
    """Write everything under temporary names first; put it in place once all of it is there.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    writers : mapping of str to callable
        What writes the file of that name to the path that it is given.

    Returns
    -------
    list of Path

    Raises
    ------
    OSError
        If something cannot be written.
    """
    with Stage(folder) as stage:
        for name, write in writers.items():
            write(stage / name)
        for name in writers:
            os.replace(stage / name, folder / name)
    return [folder / name for name in writers]


class Stage:
    """A temporary folder inside another one; on leaving it goes, and with it what it made empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Path] = []

    def __enter__(self) -> Path:
        missing = [p for p in (self._folder, *self._folder.parents) if not p.exists()]
        try:
            for path in reversed(missing):
                path.mkdir()
                self._made.insert(0, path)
            self._path = Path(tempfile.mkdtemp(prefix=".pdesolve-", dir=self._folder))
        except BaseException:
            self._tidy()
            raise
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)
        self._tidy()

    def _tidy(self) -> None:
        with suppress(OSError):  # not empty: a result is in it
            for path in self._made:
                path.rmdir()


def plain(value: Any) -> Any:
    """Plain Python that JSON can hold; null where not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
