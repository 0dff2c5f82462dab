"""What a solve hands back, whatever solved it: fields, errors, a verdict, data sets and files."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdesolve.files import write_file
from pdesolve.solver.reading import Reading
from pdesolve.solver.values import BARS, QUANTITIES

if TYPE_CHECKING:
    import xarray

COMPRESSED = {"zlib": True, "shuffle": True, "complevel": 4}  # losslessly
SMALL, CHUNK = 2**16, 2**24  # bytes of an array that is not worth it; of what goes in one piece


def _chunk(one: xarray.Variable) -> tuple[int, ...]:
    """Shape of the pieces that are compressed: the fewer there are, the smaller the file."""
    rows = CHUNK * one.shape[0] // one.nbytes
    return (min(max(rows, 1), one.shape[0]), *one.shape[1:])


class Solved(Reading):
    """A solved market with all that is said about it.

    Attributes
    ----------
    error : dict
        Estimated absolute errors of the initial values named in `ERRORS`; `bars` has more.
    converged : bool
        Whether every error is within the tolerance asked for.
    message : str
        A sentence that says how the solve ended.
    seconds : float
        Wall time.
    version : str
        Of the package that solved it.
    """

    error: dict[str, float]
    converged: bool
    message: str
    seconds: float
    version: str

    @property
    @abstractmethod
    def size(self) -> dict[str, dict[str, Any]]:
        """What it took: nodes of the `grid`, and `steps` in time."""

    @property
    def _measured(self) -> dict[str, float]:
        """Errors that do not follow from others, by name."""
        return self.error

    @property
    def bars(self) -> dict[str, float]:
        """Estimated absolute errors of the initial values named in `BARS`; NaN if not known."""
        known = dict(self._measured)
        for name in BARS:
            follows = QUANTITIES[name].bar_from
            if follows is not None:
                known.setdefault(name, follows(self.economy, self.initial, known))
        return {name: known.get(name, float("nan")) for name in BARS}

    # ------------------------------------------------------------------ data sets and files

    @abstractmethod
    def to_dataset(self) -> xarray.Dataset:
        """Fields at the nodes, with labelled axes, units and long names."""

    def _stored(self) -> xarray.Dataset:
        """What a file holds."""
        return self.to_dataset()

    def _write(self, path: Path) -> None:
        """Write that to a file."""
        data = self._stored()
        encoding = {
            name: {**COMPRESSED, "chunksizes": _chunk(one)}
            for name, one in data.variables.items()
            if one.nbytes > SMALL
        }
        data.to_netcdf(path, engine="h5netcdf", encoding=encoding)

    def save(self, path: str | Path) -> None:
        """Write a netCDF file, whole or not at all; `load_solution` reads a `Solution` back.

        Parameters
        ----------
        path : path-like
            File to write; an existing one is replaced.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        write_file(Path(path), self._write)
