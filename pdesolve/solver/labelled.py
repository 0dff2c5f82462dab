"""Fields at the nodes as a data set, over coordinates that every line of nodes shares.

The nodes of a line fan out with psi, and drift with it: xi = c psi + m + (1 + spread psi)(xi0 - m),
with the payoff's centre c and the grid's m. xi0, their place at psi = 0, is the same on all lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pdesolve.solver.on_grid import GridReading
from pdesolve.solver.values import labels
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

QUIET = 3e-3  # of the largest variance: where there is never more of it the price has had its moves


def at_nodes(solution: GridReading, everywhere: bool = False) -> xarray.Dataset:
    """Fields at the nodes where the price moves and psi is known at some time (`psi_limit`).

    NaN at those times when it is not, unless everywhere.
    """
    import xarray

    space, static, centre = solution.space, solution.static_nodes, solution.prior.centre
    variance = np.maximum(static.variance + solution.states[..., 1], 0.0)
    found = solution.economy.respond(variance)
    move = solution.economy.motion(found.precision_rate)
    slope = np.stack([solution.slope(u[..., :1])[..., 0] for u in solution.states])
    psi = space.psi[:, None]
    log_mass = static.phi + centre * space.xi + 0.5 * psi * centre**2
    values = {
        "price": centre + static.mean + solution.states[..., 0],
        "variance": variance,
        "attention": found.attention,
        "precision_rate": found.precision_rate,
        "log_value": log_mass + solution.states[..., 2],
        "price_volatility": np.sqrt(move.kappa2) * np.maximum(static.variance + slope, 0.0),
        "static_price": centre + static.mean,
        "static_variance": static.variance,
        "xi": space.xi + centre * psi,
    }
    shown, dims = _shown(solution, variance), ("t", "psi", "xi0")
    variables: dict[str, Any] = {
        name: (dims[3 - value.ndim :], value[..., shown[0], shown[1]], labels(name))
        for name, value in values.items()
    }
    coords = {
        "t": ("t", solution.times, labels("t")),
        "psi": ("psi", space.psi[shown[0]], labels("psi")),
        "xi0": ("xi0", space.line(0.0)[shown[1]], {**labels("xi"), **_about(solution)}),
        "xi": variables.pop("xi"),
        "psi_limit": ("t", solution.psi_limit, {**labels("psi"), "long_name": "trusted psi"}),
    }
    data = xarray.Dataset(variables, coords)
    return data if everywhere else data.map(_known, keep_attrs=True, limit=data.psi_limit)


def _known(field: xarray.DataArray, limit: xarray.DataArray) -> xarray.DataArray:
    """A field that depends on time where it is known; a static one everywhere."""
    return field.where(field.psi <= limit) if "t" in field.dims else field


def _about(solution: GridReading) -> dict[str, str]:
    """What the shared coordinate is."""
    space, centre = solution.space, solution.prior.centre
    if space.clusters:
        rule = "xi0 is xi at psi = 0; the coordinate xi says where a node is at another psi"
        return {"long_name": "state xi0", "comment": rule}
    c, m, spread = (f"{one:.15g}" for one in (centre, space.centre, space.spread))
    return {
        "long_name": "state xi0",
        "comment": f"xi = c psi + m + (1 + s psi) (xi0 - m) with c = {c}, m = {m}, s = {spread}",
    }


def _shown(solution: GridReading, variance: Array) -> tuple[slice, slice]:
    """Lines up to the largest psi that is known; nodes where the variance counts, and the start."""
    space, start = solution.space, solution.economy.start
    lines = slice(min(int(np.searchsorted(space.psi, space.psi_known)) + 1, space.n_psi))
    largest = variance[:, lines].max(axis=(0, 1))
    felt = np.flatnonzero(largest > QUIET * largest.max())
    above = int(np.searchsorted(space.line(0.0), start))
    low, high = min(int(felt[0]), above) - 1, max(int(felt[-1]), above) + 1
    return lines, slice(max(low, 0), high + 1)
