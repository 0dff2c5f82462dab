"""Means over simulated paths, with what chance and the dates leave (derivation.md, section 14)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pdesolve.finance.path_blocks import PathTuning
from pdesolve.finance.simulation import VARIABLES, labelled, planned
from pdesolve.solver.solution import Solution

if TYPE_CHECKING:
    import xarray

    OfPaths = Callable[[xarray.Dataset], xarray.DataArray]

LEFT = 0.25  # of the extrapolation to trade at every moment: it is of second order


def path_means(
    solution: Solution,
    functions: "Mapping[str, OfPaths] | None" = None,
    paths: int = 10_000,
    dates: int = 200,
    measure: str = "physical",
    seed: int = 0,
    *,
    progress: bool = False,
    tuning: PathTuning = PathTuning(),
) -> "xarray.Dataset":
    """Means over paths, block by block, so that there can be millions.

    Every path is run twice, the second time with every second date left out, to extrapolate the
    error of trading at dates only.

    Parameters
    ----------
    solution : Solution
    functions : mapping of str to callable, optional
        Each from a data set like that of :func:`pdesolve.finance.simulation.simulate` to an array
        over `path`, and `t` or not; by default all its variables.
    paths, dates, measure, seed, progress, tuning
        As there.

    Returns
    -------
    xarray.Dataset
        Over `t`, every second date: for every NAME its mean; NAME_standard_error, of chance (an
        upper bound, as payoffs are stratified); and NAME_date_error, what the extrapolation to
        trade at every moment may leave.

    Raises
    ------
    PathError
        If an argument is not possible.
    """
    import xarray

    fine = planned(solution, paths, dates, measure, seed, None, False, tuning)
    coarse = replace(fine, coarse=True)
    coarse = replace(coarse, kept=np.arange(coarse.t.size))
    wanted = functions or {name: _variable(name) for name in VARIABLES}
    sums: dict[str, _Sums] = {}
    for one, two in zip(fine.blocks(progress), coarse.blocks(progress), strict=True):
        both = labelled(fine, one), labelled(coarse, two)
        for name, function in wanted.items():
            values, rough = (function(block) for block in both)
            if "t" in rough.dims:
                values = values.sel(t=rough.t)
            known = sums.setdefault(name, _Sums(about=rough.attrs, shift=rough.mean("path")))
            known.add(values, rough)
    variables: dict[str, Any] = {}
    for name, known in sums.items():
        variables.update(known.columns(name))
    about = {"case_name": solution.case.name, "measure": measure}
    return xarray.Dataset(variables, attrs={**about, "paths": paths, "dates": dates, "seed": seed})


def _variable(name: str) -> "OfPaths":
    return lambda block: block[name]


@dataclass(kw_only=True)
class _Sums:
    """Sums over paths: of values less a shift, which is near their mean, and of their squares."""

    about: Mapping[str, Any]
    shift: Any
    paths: int = 0
    total: Any = 0.0
    square: Any = 0.0
    moved: Any = 0.0

    def add(self, fine: "xarray.DataArray", coarse: "xarray.DataArray") -> None:
        """A block."""
        extrapolated = 2.0 * fine - coarse - self.shift
        self.paths += fine.sizes["path"]
        self.total = self.total + extrapolated.sum("path")
        self.square = self.square + (extrapolated**2).sum("path")
        self.moved = self.moved + (fine - coarse).sum("path")

    def columns(self, name: str) -> "dict[str, xarray.DataArray]":
        """Mean and errors."""
        mean = self.total / self.paths
        spread = np.maximum(self.square / self.paths - mean**2, 0.0) / max(self.paths - 1, 1)
        said, found = self.about.get("long_name", name), {}
        for of, kind, value in (
            (name, "mean", self.shift + mean),
            (f"{name}_standard_error", "standard error of the mean", np.sqrt(spread)),
            (f"{name}_date_error", "date error of the mean", LEFT * abs(self.moved / self.paths)),
        ):
            found[of] = value.assign_attrs({**self.about, "long_name": f"{kind} of {said}"})
        return found
