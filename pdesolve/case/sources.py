"""Where case values come from: named cases, TOML files, ``extends``, overrides.

Nothing here knows what a value means; :mod:`pdesolve.case.schema` does. What is read comes out as a
list of layers, base first, each a flat mapping from dotted key to value and source.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path
from typing import NamedTuple, TypeGuard

from pdesolve.case.errors import PdesolveError

LARGEST = 100_000_000  # bytes of a file that is read
TEXTS = ("title", "description", "source")
TABLES = ("market", "payoff", "attention", "attention.cost", "numerics")


class CaseError(PdesolveError, ValueError):
    """Bad input: in a line for each fault, the file, the key, the rule and the value."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*(line.replace("\r", "\\r").replace("\n", "\\n") for line in lines))

    def __str__(self) -> str:
        return "\n".join(self.args)


class Source(NamedTuple):
    """Where values were written: how to name it in a message, and its folder."""

    label: str
    folder: Path


class Entry(NamedTuple):
    """One value and where it was written."""

    value: object
    source: Source


Layer = dict[str, Entry]


def case_names() -> list[str]:
    """Names of the cases that come with the package, sorted."""
    return sorted(path.stem for path in _cases_folder().glob("*.toml"))


def data_file(name_or_path: str) -> Path:
    """A CSV file that comes with the package, by its name, or the path that this is."""
    there = {path.stem: path for path in _cases_folder().glob("*.csv")}
    return there.get(name_or_path, Path(name_or_path))


def parse_overrides(items: Iterable[str]) -> dict[str, object]:
    """Turn ``KEY=VALUE`` strings into overrides for :func:`pdesolve.case.load_case`.

    Parameters
    ----------
    items : iterable of str
        For instance ``"market.risk_aversion=2.0"``. A value that is not TOML is taken as a
        bare string, so that ``attention.precision=power`` needs no quotes. Of two items with
        the same key the later one counts.

    Raises
    ------
    CaseError
        If an item has no ``=`` or no key.
    """
    overrides: dict[str, object] = {}
    for item in items:
        key, equals, text = item.partition("=")
        if not equals or not key.strip():
            raise CaseError(f"--set must be KEY=VALUE, got {shown(item)}")
        overrides[key.strip()] = _toml_or_text(text.strip())
    return overrides


def read_layers(name_or_path: str | os.PathLike[str]) -> tuple[str, list[Layer]]:
    """Read a case file and everything it extends.

    Returns
    -------
    name : str
        The case's name: that of the file without its ending.
    layers : list of dict
        The oldest ancestor first, the file itself last. What an ancestor says about itself (title,
        description, source) is left out.

    Raises
    ------
    CaseError
        If a file cannot be read, is not TOML, or the chain leads back to itself.
    """
    path, label = _locate(name_or_path, None)
    table = read_toml(path, label)
    name, chain = path.stem, [path.resolve()]
    layers: list[Layer] = []
    while True:
        parent = table.pop("extends", None)
        about = {} if layers else {key: table[key] for key in TEXTS if key in table}
        rest = {key: value for key, value in table.items() if key not in TEXTS}
        layers.append(flatten({**about, **rest}, Source(label, path.parent)))
        if parent is None:
            return name, layers[::-1]
        if not isinstance(parent, str):
            raise CaseError(f"{label}: extends must be a case's name or path, got {shown(parent)}")
        child = label
        try:
            path, label = _locate(parent, path.parent)
            table = read_toml(path, label)
        except CaseError as error:
            raise CaseError(f"{child}: extends must name a case or a TOML file: {error}") from None
        if path.resolve() in chain:
            raise CaseError(f"{child}: extends must not lead in a circle, got {shown(parent)}")
        chain.append(path.resolve())


def flatten(table: Mapping[str, object], source: Source, prefix: str = "") -> Layer:
    """Flatten nested tables to dotted keys; NumPy scalars and arrays become plain Python."""
    layer: Layer = {}
    for name, value in table.items():
        key = f"{prefix}{name}"
        if key in TABLES and isinstance(value, Mapping):
            layer |= flatten(value, source, key + ".")
        else:
            plain = value.tolist() if hasattr(value, "tolist") else value
            layer[key] = Entry(plain, source)
    return layer


def read_text(path: Path, where: str) -> str:
    """Text of a regular file that is not too large; messages start with ``where``.

    Raises
    ------
    CaseError
        If there is none, or it is not UTF-8.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise CaseError(f"{where} must be a regular file, got {_kind_of_file(status.st_mode)}")
        if status.st_size > LARGEST:
            raise CaseError(f"{where} must have at most {LARGEST} bytes, got {status.st_size}")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CaseError(f"{where} must be a readable file, got: {error.strerror}") from None
    except UnicodeDecodeError as error:
        byte = f"byte 0x{error.object[error.start]:02x} at {error.start}"
        raise CaseError(f"{where} must be UTF-8 text, got {byte}") from None
    except CaseError:
        raise
    except ValueError as error:  # a path that no file can have
        raise CaseError(f"{where} must be a readable file, got: {error}") from None


def write_toml(table: Mapping[str, object], longest: float = inf, prefix: str = "") -> str:
    """Text of nested tables of strings, numbers, lists of numbers and of tables, scalars first.

    Of lists that are longer than ``longest`` it has the first three and the last item only, and
    does not load back.
    """
    many = {key: value for key, value in table.items() if _is_tables(value)}
    single = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    plain = {key: value for key, value in table.items() if key not in {**many, **single}}
    text = "".join(f"{key} = {toml_value(value, longest)}\n" for key, value in plain.items())
    for key, value in single.items():
        text += f"\n[{prefix}{key}]\n" + write_toml(value, longest, f"{prefix}{key}.")
    for key, tables in many.items():
        for one in tables:
            text += f"\n[[{prefix}{key}]]\n" + write_toml(one, longest)
    return text


def _is_tables(value: object) -> TypeGuard[list[Mapping[str, object]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def toml_value(value: object, longest: float = inf) -> str:
    """A text, a number, a list or a table as TOML has it; the middle of a long list is left out."""
    if isinstance(value, str):
        import json

        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {toml_value(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        if len(value) > longest:
            ends = ", ".join(map(toml_value, value[:3])), toml_value(value[-1])
            return f"[{ends[0]}, …, {ends[1]}]  # {len(value)} numbers; --json prints them all"
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return repr(value)


def shown(value: object) -> str:
    """A value as a message shows it: short, on one line, as it would stand in TOML."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(shown(item) for item in value[:50]) + "]"
    else:
        text = "nothing" if value is None else repr(value).replace("\n", " ")
    return text if len(text) <= 80 else text[:76] + " ..."


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """At most three known dotted names like ``name``, as a whole or else in their last part."""
    from difflib import get_close_matches  # here, so that listing cases stays instant

    known = list(known)
    if whole := get_close_matches(name, known, cutoff=0.8):
        return whole
    last = [(key.split(".")[-1], key) for key in known]
    ends = get_close_matches(name.split(".")[-1], {end for end, _ in last})
    return [key for match in ends for end, key in last if end == match][:3] or (
        get_close_matches(name, known)
    )


def _cases_folder() -> Path:
    """The installed cases, or those of a source checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "data" / "cases"
    return installed if installed.is_dir() else package.parent / "cases"


def _locate(reference: str | os.PathLike[str], folder: Path | None) -> tuple[Path, str]:
    """Path and label of a named case, or of a path relative to ``folder``."""
    text = os.fspath(reference)
    if not isinstance(reference, str) or text.endswith(".toml") or "/" in text or os.sep in text:
        path = Path(text) if folder is None else Path(os.path.normpath(folder / text))
        return path, text if folder is None else str(path)
    names = case_names()
    if text not in names:
        close = ", ".join(nearest(text, names)) or "none"
        raise CaseError(
            f"{text or shown(text)}: case must be one of those that `pdesolve list` shows or a"
            f" path to a TOML file, got {shown(text)}; nearest: {close}"
        )
    return _cases_folder() / f"{text}.toml", text


def read_toml(path: Path, label: str) -> dict[str, object]:
    """Tables of a TOML file; messages name it by the label.

    Raises
    ------
    CaseError
        If it cannot be read, or is not TOML.
    """
    text = read_text(path, label + ":")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaseError(f"{label}: must be TOML, got: {error}") from None


def _kind_of_file(mode: int) -> str:
    kinds = {stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket"}
    return next((name for test, name in kinds.items() if test(mode)), "a device")


def _toml_or_text(text: str) -> object:
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if len(table) == 1 else text
