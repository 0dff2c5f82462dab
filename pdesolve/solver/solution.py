"""A solved case: fields as functions of (xi, psi, t), the initial state, data sets and files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case import case_to_dict
from pdesolve.model.equations import FIELDS
from pdesolve.solver.labelled import at_nodes
from pdesolve.solver.lent import Lent
from pdesolve.solver.on_grid import GridReading
from pdesolve.solver.solved import Solved
from pdesolve.solver.steady import Along, SteadyPsi, steady_psi, steady_xi
from pdesolve.solver.storage import read_saved, seal, seal_file
from pdesolve.solver.summary import as_html, table
from pdesolve.solver.values import ERRORS, TRACKED
from pdesolve.version import __version__

if TYPE_CHECKING:
    import xarray


def _unknown() -> dict[str, float]:
    return {name: float("nan") for name in TRACKED if name not in ERRORS}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Solution(GridReading, Solved, Lent):
    """The equilibrium of a case; as text and in notebooks, a table of its initial values.

    Attributes
    ----------
    case : Case
    space : Grid
        State grid of the last pass.
    times : array, shape (n,)
        Times t from 0 to the horizon.
    states, rates : array, shape (n, n_psi, n_xi, 3)
        Deviations (p - p^s, V - V^s, L - phi) of the centred payoff and their derivatives to T - t.
    error, converged, message, seconds, version
        As in `Solved`.
    steps : dict
        Size of the time integration.
    further_error : dict
        Errors of what else is measured, though no accuracy is asked of it.
    """

    error: dict[str, float]
    converged: bool
    message: str
    steps: dict[str, Any]
    seconds: float
    version: str = __version__
    further_error: dict[str, float] = field(default_factory=_unknown)

    def __repr__(self) -> str:
        return table(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    @property
    def grid(self) -> dict[str, int]:
        """Size of the state grid."""
        space = self.space
        return {"xi_nodes": space.n_xi, "psi_nodes": space.n_psi, "order": space.order}

    @property
    def size(self) -> dict[str, dict[str, Any]]:
        """What it took: `grid` and `steps`."""
        return {"grid": self.grid, "steps": self.steps}

    @property
    def volatility_error(self) -> float:
        """Estimated absolute error of the price volatility."""
        return self.further_error["price_volatility"]

    @property
    def _measured(self) -> dict[str, float]:
        return {**self.error, **self.further_error}

    # ------------------------------------------------------------------ a path

    @cached_property
    def _steady_psi(self) -> SteadyPsi:
        return steady_psi(self)

    def along(self, t: ArrayLike) -> Along:
        """States on the path from the initial one along which the price stays put.

        Evidence accumulates, so at later dates psi is larger, and xi has to move with it for the
        price to be the same: states to look at the market in, ``solution.variance(*path, t)``.

        Parameters
        ----------
        t : array_like
            Times from 0 to the horizon.

        Returns
        -------
        xi, psi : array
            1/money and 1/money², shaped like t, on the date of an announcement just after it; NaN
            at other times, and where the path leaves what the solution covers. Psi is right to four
            digits, and xi to that psi.
        """
        t = np.asarray(t, float)
        psi = np.full(t.shape, np.nan)
        known = (t >= 0.0) & (t <= self.economy.horizon)
        if known.any():
            psi[known] = self._steady_psi(t[known])
        states = zip(psi.ravel().tolist(), t.ravel().tolist(), strict=True)
        xi = np.reshape([steady_xi(self, *state) for state in states], t.shape)
        return Along(np.where(t == 0.0, self.economy.start, xi), psi)

    # ------------------------------------------------------------------ data sets and files

    def to_dataset(self, everywhere: bool = False) -> xarray.Dataset:
        """Fields on the solution's own nodes with labelled axes, to plot and to interpolate.

        Nodes where the price never moves are left out, and those with a psi that is never known.
        The solution itself (`price` and the others) is more accurate between nodes.

        Parameters
        ----------
        everywhere : bool
            Also above `psi_limit`, where fields may be off by many times the tolerance: what
            interpolates by splines needs a value at every node.

        Returns
        -------
        xarray.Dataset
            Dimensions t, psi and xi0, which is xi less its drift with psi: xi at psi = 0, and the
            coordinate xi(psi, xi0) in general. Fields are known up to `psi_limit`, which grows
            with t; above it they are NaN, as the solution itself answers. Each variable has its
            unit and long name in its attributes, the data set the case and the version.

        Examples
        --------
        >>> data = solution.to_dataset()
        >>> data.price.isel(t=0).plot()
        >>> data.interp(t=0.5, psi=0.3, xi0=0.1)  # with the xi of that state
        >>> solution.to_dataset(everywhere=True).interp(t=0.5, psi=0.3, xi0=0.1, method="cubic")
        """
        return at_nodes(self, everywhere).assign_attrs(self._attributes())

    def _attributes(self) -> dict[str, Any]:
        """Everything but the arrays, as text; further errors but the known one apart."""
        rest = dict(self.further_error)
        volatility = rest.pop("price_volatility", float("nan"))
        more: dict[str, Any] = {"further_error": rest} if rest else {}
        more |= {"sds": self.sds} if np.isfinite(self.sds) else {}
        return {
            "title": self.case.title,
            "pdesolve_version": self.version,
            "case": json.dumps(case_to_dict(self.case)),
            "case_name": self.case.name,
            "summary": json.dumps(
                {
                    "space": self.space.plain(),
                    "error": self.error,
                    "volatility_error": volatility,
                    "converged": self.converged,
                    "message": self.message,
                    "grid": self.grid,
                    "steps": self.steps,
                    "seconds": self.seconds,
                    **more,
                }
            ),
        }

    def _stored(self) -> xarray.Dataset:
        """The fields, the deviations that they come from, and a checksum."""
        data = self.to_dataset()
        dims = ("t", "line", "node", "field")  # all of them
        data["deviation"] = (
            dims,
            self.states,
            {"long_name": "deviations p - p^s, V - V^s, L - phi"},
        )
        data["deviation_rate"] = (dims, self.rates, {"long_name": "their derivatives to T - t"})
        return seal(data.assign_coords(field=list(FIELDS)))

    def _write(self, path: Path) -> None:
        """Write that, and a checksum of the whole file behind it."""
        super()._write(path)
        seal_file(path)


def load_solution(path: str | Path) -> Solution:
    """Read a solution that `Solution.save` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Solution
        With the same arrays, bit for bit.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a saved solution, or damaged.
    """
    saved = read_saved(path)
    return Solution(
        case=saved.case,
        space=saved.space,
        times=saved.times,
        states=saved.states,
        rates=saved.rates,
        version=saved.version,
        **saved.rest,
    )
