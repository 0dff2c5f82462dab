"""The law of the states across an announcement (derivation.md, sections 11 and 13).

What a function is expected to be just before is a linear map of its nodal values just after: along
psi to where the news leads, along xi a mean over what may be heard. The law's weights go the other
way, by the transpose.
"""

from collections.abc import Iterator

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline

from pdesolve.model.announcement import neutral
from pdesolve.numerics.splines import degree_of
from pdesolve.solver.pde.announcements import along_psi, news_nodes, on_lines, room
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

SAME = 1e-12  # along z: rounding


def crossed(
    solution: Solution, date: float, precision: float, payoff: float | None, weights: Array
) -> Array:
    """Weights on the nodes just after news from those just before it.

    Parameters
    ----------
    solution : Solution
        With more than one xi node.
    date, precision : float
        Of the announcement.
    payoff : float or None
        That is given, centred; None under Q.
    weights : array, shape (..., n_psi, n_xi)
        Of one sum of nodal values, or of several.
    """
    return carried(*_after(solution, date), precision, payoff, weights)


def carried(
    system: Equilibrium, u: Array, precision: float, payoff: float | None, weights: Array
) -> Array:
    """The same, of equations on a grid and the deviations just after the news, (n_psi, n_xi, 3)."""
    space, rows = system.grid, np.empty_like(weights)
    degree = degree_of(space.n_xi)
    knots = make_interp_spline(space.z, np.zeros(space.n_xi), k=degree).t
    through = BSpline.design_matrix(space.z, knots, degree).toarray()
    for line, (z, chance) in enumerate(_lead_to(system, u, precision, payoff)):
        here = weights[..., line, :]
        if np.ptp(z, axis=0).max() < SAME:  # all nodes share the places
            z, spread = z[:1], here @ chance
        else:
            spread = here[..., None] * chance
        spread = spread.reshape(-1, z.size)
        found = np.asarray(BSpline.design_matrix(z.ravel(), knots, degree).T @ spread.T)
        rows[..., line, :] = found.T.reshape(*weights.shape[:-2], -1)
    flat = np.linalg.solve(through.T, rows.reshape(-1, space.n_xi).T).T
    rows = np.asarray(flat, dtype=np.float64).reshape(weights.shape)
    if space.n_psi == 1:
        return rows
    psi = space.psi + room(space, precision)
    return np.asarray(along_psi(space, np.eye(space.n_psi), psi).T @ rows)


def recrossed(
    solution: Solution, date: float, precision: float, payoff: float | None, values: Array
) -> Array:
    """What nodal values just after news are expected to be just before it, (n_psi, n_xi).

    Arguments as in `crossed`, of which this is the transpose.
    """
    space, degree = solution.space, degree_of(solution.space.n_xi)
    rows = along_psi(space, values, space.psi + room(space, precision))
    lines = zip(rows, _lead_to(*_after(solution, date), precision, payoff), strict=True)
    return np.array(
        [
            np.sum(chance * make_interp_spline(space.z, row, k=degree)(z), 1)
            for row, (z, chance) in lines
        ]
    )


def _after(solution: Solution, date: float) -> tuple[Equilibrium, Array]:
    """A solution's equations, and its deviations just after the news of a date."""
    return Equilibrium.of(solution.economy, solution.space), solution.slab(date)


def _lead_to(
    system: Equilibrium, u: Array, precision: float, payoff: float | None
) -> Iterator[tuple[Array, Array]]:
    """Line by line: where along z news leads from its nodes, and with what chance, (n_xi, m)."""
    space, told = system.grid, room(system.grid, precision)
    for line, (shift, chance) in enumerate(_may_hear(system, u, precision, payoff)):
        xi, psi = space.xi[line][:, None] + shift, np.asarray(space.psi[line] + told[line])
        yield np.clip(space.locate(xi, psi)[1], -1.0, 1.0), chance


def _may_hear(
    system: Equilibrium, u: Array, precision: float, payoff: float | None
) -> Iterator[tuple[Array, Array]]:
    """Line by line: shifts of xi at its nodes, and their probabilities, (n_xi, m)."""
    space = system.grid
    if payoff is None:
        for heard, values in on_lines(system, u, precision):
            yield heard.shift, neutral(heard, values[..., 2])
        return
    most = float(system.static.variance.max())
    for h in room(space, precision):
        shock = news_nodes(0.0, h * most)
        chance = np.exp(-0.5 * shock**2)
        shift = h * payoff + np.sqrt(h) * shock
        shape = (space.n_xi, shock.size)
        yield np.broadcast_to(shift, shape), np.broadcast_to(chance / chance.sum(), shape)
