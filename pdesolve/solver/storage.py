"""A solution's file: what is in it, the checksum over all of it, and reading it back with care."""

import hashlib
import json
import math
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pdesolve.case import Case, CaseError, case_from_dict
from pdesolve.case.errors import PdesolveError
from pdesolve.model.equations import FIELDS
from pdesolve.numerics.clusters import Clusters
from pdesolve.numerics.density import Density
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import ORDERS, PSI_ORDERS
from pdesolve.solver.values import ERRORS, MADE_UP, TRACKED
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

CHECKSUM = "checksum"
UNSEALED = ("0.1.0",)  # versions whose first files have no checksum
TEXTS = ("title", "pdesolve_version", "case", "case_name", "summary")
LABELS = ("units", "long_name")
WRONG = "its errors are not those of the values"
BROKEN = "damaged: what is in it does not match its checksum"
SEAL = b"pdesolve sha256:"  # before the digits, at the end of a file
PROPERTIES = "_NCProperties"  # of the library that wrote the file
NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable"
ROOM = 1100  # arrays may be so many times as large as the file: deflate saves no more


class Contents(NamedTuple):
    """What a file holds: its attributes, its arrays, and units and long name of each."""

    attributes: Mapping[str, Any]
    arrays: Mapping[str, Array]
    labels: Mapping[str, list[str]]


class SavedError(PdesolveError, ValueError):
    """A file that is not a saved solution, or no longer, in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a file holds that a solution is made of; every part has its type and shape.

    Attributes
    ----------
    case : Case
    space : Grid
    times, states, rates : array
    version : str
    rest : dict
        Everything else that a solution is made of, by name.
    """

    case: Case
    space: Grid
    times: Array
    states: Array
    rates: Array
    version: str
    rest: dict[str, Any]


def seal(data: "xarray.Dataset") -> "xarray.Dataset":
    """The same data with a checksum over all arrays, their labels and all other attributes."""
    contents = Contents(
        attributes=data.attrs,
        arrays={str(name): one.to_numpy() for name, one in data.variables.items()},
        labels={
            str(name): [str(one.attrs.get(label, "")) for label in LABELS]
            for name, one in data.variables.items()
        },
    )
    return data.assign_attrs({CHECKSUM: _digest(contents)})


def seal_file(path: Path) -> None:
    """Put a checksum of the whole file behind it, where readers of netCDF do not look."""
    content = path.read_bytes()
    with path.open("ab") as file:
        file.write(_trailer(content))


def _trailer(content: bytes | memoryview) -> bytes:
    return SEAL + hashlib.sha256(content).hexdigest().encode() + b"\n"


def _is_broken(path: Path) -> bool:
    """Whether a file that ends in a seal is not as it was when that was put there."""
    content = path.read_bytes()
    size = len(_trailer(b""))
    end = content[-size:]
    return end.startswith(SEAL) and end != _trailer(memoryview(content)[:-size])


def read_saved(path: str | Path) -> Saved:
    """Read the file of a solution.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    SavedError
        If it is not a solution's, or damaged.
    """
    path = Path(path)
    contents = _load(path)
    about, names = contents.attributes, ("t", "deviation", "deviation_rate")
    texts = all(isinstance(about.get(name), str) for name in TEXTS)
    if not texts or any(name not in contents.arrays for name in names):
        raise _foreign(path)
    _check_sum(path, contents)
    times, states, rates = (contents.arrays[name] for name in names)
    try:
        case = case_from_dict(_table(about["case"]), about["case_name"])
        space, rest = _summary(_table(about["summary"]))
    except (CaseError, SavedError) as error:
        raise _foreign(path, "; ".join(error.args)) from error
    except RecursionError:
        raise _foreign(path, "its case is nested too deep") from None
    shape = (times.size, space.n_psi, space.n_xi, len(FIELDS))
    if any(part.dtype != np.float64 for part in (times, states, rates)):
        raise _foreign(path, "its arrays are not of floating-point numbers")
    if times.ndim != 1 or states.shape != shape or rates.shape != shape:
        raise _foreign(path, "its arrays are not of the shape of its grid")
    if not _is_whole(space):
        raise _foreign(path, "its grid is none that pdesolve makes")
    ends = times.size >= 2 and times[0] == 0.0 and math.isclose(times[-1], case.market.horizon)
    if not (ends and np.all(np.diff(times) > 0)):
        raise _foreign(path, "its times do not lead from 0 to the horizon")
    version = about["pdesolve_version"]
    return Saved(
        case=case, space=space, times=times, states=states, rates=rates, version=version, rest=rest
    )


def _foreign(path: Path, why: str = "") -> SavedError:
    return SavedError(f"{path}: not a solution saved by pdesolve{': ' if why else ''}{why}")


def _load(path: Path) -> Contents:
    """Everything in the file, as it stands there."""
    import h5py  # not through xarray: what that opens in vain complains once more when it goes

    try:
        status = path.stat()
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        why = error.strerror if isinstance(error, OSError) else error
        raise SavedError(f"{path}: cannot be read: {why}") from error
    if not stat.S_ISREG(status.st_mode):
        raise SavedError(f"{path}: not a netCDF file")
    if _is_broken(path):  # first: what reads netCDF may never end with a damaged file
        raise SavedError(f"{path}: {BROKEN}")
    try:
        with h5py.File(path, "r") as file:
            named = {
                name: one
                for name, one in file.items()
                if isinstance(one, h5py.Dataset)
                and not _text(one.attrs.get("NAME", "")).startswith(NO_VARIABLE)
            }
            if sum(one.nbytes for one in named.values()) > ROOM * status.st_size:
                raise MemoryError
            return Contents(
                attributes={key: file.attrs[key] for key in file.attrs if key != PROPERTIES},
                arrays={name: _plain(one[()]) for name, one in named.items()},
                labels={
                    name: [_text(one.attrs.get(label, "")) for label in LABELS]
                    for name, one in named.items()
                },
            )
    except Exception as failure:  # a damaged file makes the reader fail in any way
        raise SavedError(f"{path}: not a netCDF file, or damaged") from failure


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _plain(values: Any) -> Array:
    """Numbers as they are, texts as texts."""
    if values.dtype.kind == "O":
        return np.array([_text(value) for value in values.ravel()]).reshape(values.shape)
    return np.asarray(values)


def _digest(contents: Contents) -> str:
    """Over names, shapes, labels and bytes of all arrays, and over the attributes."""
    found = hashlib.sha256()

    def take(*parts: object) -> None:
        found.update(json.dumps(parts, default=str).encode() + b"\n")

    take([[name, contents.attributes.get(name)] for name in TEXTS])
    for name, values in sorted(contents.arrays.items()):
        take(name, values.shape, contents.labels[name])
        if values.dtype.kind == "f":
            found.update(np.ascontiguousarray(values, "<f8").tobytes())
        else:
            take([str(value) for value in values.ravel()])
    return f"sha256:{found.hexdigest()}"


def _check_sum(path: Path, contents: Contents) -> None:
    """Refuse a file that is not as it was written."""
    known = contents.attributes.get(CHECKSUM)
    if known is None and set(contents.attributes) == set(TEXTS):
        if contents.attributes["pdesolve_version"] not in UNSEALED:
            raise SavedError(f"{path}: damaged: it has no checksum")
    elif known != _digest(contents):
        raise SavedError(f"{path}: {BROKEN}")


def _table(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise SavedError("its attributes are not JSON") from None
    if not isinstance(value, dict):
        raise SavedError("its attributes are not JSON objects")
    return value


def _summary(table: dict[str, Any]) -> tuple[Grid, dict[str, Any]]:
    """Grid and whatever else is not an array."""
    known = {name: _of(table, name, kind) for name, kind in _KINDS.items()}
    more = _of(table, "further_error", dict) if "further_error" in table else {}
    if "sds" in table:
        known["sds"] = _of(table, "sds", float)
        if not known["sds"] > 0.0:
            raise SavedError("its sds are none")
    further = {"price_volatility": table.get("volatility_error"), **more}
    known["error"] = _errors(known["error"], ERRORS)
    if set(known["error"]) != set(ERRORS):
        raise SavedError(WRONG)
    rest = [name for name in TRACKED if name not in ERRORS]
    found = _errors(further, [*rest, *MADE_UP])
    known["further_error"] = dict.fromkeys(rest, math.nan) | found
    return _grid(_of(table, "space", dict)), known


def _errors(saved: dict[str, Any], names: Sequence[str]) -> dict[str, float]:
    """Errors of some of these; others may not have been reported yet when they were saved."""
    if not saved.keys() <= set(names) or not all(isinstance(one, float) for one in saved.values()):
        raise SavedError(WRONG)
    return saved


_KINDS: dict[str, type] = {
    "error": dict,
    "converged": bool,
    "message": str,
    "steps": dict,
    "seconds": float,
}


def _of(table: Mapping[str, Any], name: str, kind: type) -> Any:
    value = table.get(name)
    if not isinstance(value, kind):
        raise SavedError(f"its {name} is missing or of another type")
    return value


def _is_whole(space: Grid) -> bool:
    """Whether the nodes of a grid can be laid out."""
    known = space.order in ORDERS and space.psi_order in PSI_ORDERS
    if not known or (space.n_psi - 1) % space.stages:
        return False
    with np.errstate(all="ignore"):
        return bool(np.isfinite(space.xi).all() and (np.diff(space.psi) > 0).all())


def _grid(table: Mapping[str, Any]) -> Grid:
    """The grid, if it is one that can be."""
    parts: dict[str, Callable[[Any], Any]] = {"clusters": Clusters.of, "density": Density.of}
    kinds = {one.name: one.type for one in fields(Grid) if one.name not in parts}
    table = dict(table)
    try:
        found = {name: read(table.pop(name)) for name, read in parts.items() if name in table}
    except ValueError as error:
        raise SavedError(f"its grid has {error}") from None
    if set(table) != set(kinds):
        raise SavedError("its space is not a grid")
    for name, kind in kinds.items():
        value = table[name]
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**6
        if not (isinstance(value, float) and math.isfinite(value) if kind is float else whole):
            raise SavedError(f"its grid has {name} = {str(value)[:40]!r}")
    positive = ("width", "psi_scale")
    if any(table[name] <= 0 for name in positive) or table["spread"] < 0 or table["stretch"] < 0:
        raise SavedError("its grid has no extent")
    return Grid(**table, **found)
