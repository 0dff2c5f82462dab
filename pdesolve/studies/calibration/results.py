"""A calibration that was found: estimates as tables, profiles, data sets and files."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pdesolve.files import write_file
from pdesolve.studies.calibration.dataset import as_dataset
from pdesolve.studies.calibration.estimates import Estimates
from pdesolve.studies.calibration.profiles import profile
from pdesolve.studies.calibration.summary import table

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Calibration(Estimates):
    """What `calibrate` hands back; as text, a short table."""

    def __repr__(self) -> str:
        return table(self)

    def profile(
        self,
        key: str,
        values: Sequence[float] | None = None,
        *,
        executor: Executor | None = None,
        processes: int | None = None,
        progress: bool = False,
    ) -> xarray.Dataset:
        """The least misfit with one parameter given, over its values.

        Parameters
        ----------
        key : str
            One of the free parameters.
        values : sequence of float, optional
            The default is nine, three standard errors to either side.
        executor, processes, progress
            As in `sweep`, but for one process by default.

        Returns
        -------
        xarray.Dataset
            Over the values: ``chi_squared``, NaN where it is not found; the others' values at it;
            and in the attributes ``low`` and ``high``, the 95% interval, at whose ends it has risen
            by that quantile of its law; NaN where the values do not reach so far.

        Raises
        ------
        CaseError
            If the key is not free, or a value is none that it can have.
        """
        return profile(self, key, values, executor, processes, progress)

    def to_dataset(self) -> xarray.Dataset:
        """Everything that was found, over `parameter`, `other` and `target`."""
        return as_dataset(self)

    def save(self, path: str | Path) -> None:
        """Write `to_dataset` to a netCDF file, whole or not at all.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        data = self.to_dataset()
        write_file(Path(path), lambda partial: data.to_netcdf(partial, engine="h5netcdf"))
