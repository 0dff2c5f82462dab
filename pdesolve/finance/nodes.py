"""What investors do at every node of the grid at a date, and how the states move there."""

from dataclasses import dataclass, replace

import numpy as np

from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

LINE = 81  # xi nodes for a normal payoff, whose fields need one


@dataclass(frozen=True, kw_only=True)
class AtNodes:
    """Fields and coefficients at the nodes, arrays of shape (n_psi, n_xi).

    Attributes
    ----------
    price, variance, attention, precision_rate, cost, price_slope : array
        p, V, S, A, C and p_xi.
    kappa2, psi_dot, risk : array
        dpsi = psi_dot dt and dxi = drift dt + sqrt(kappa2) dB, under any measure; supply's part of
        kappa2 is (risk / (rho sigma))².
    neutral : array
        Risk-neutral drift of the centred xi (derivation.md, section 5).
    """

    price: Array
    variance: Array
    attention: Array
    precision_rate: Array
    cost: Array
    price_slope: Array
    kappa2: Array
    psi_dot: Array
    risk: Array
    neutral: Array


def at_nodes(solution: Solution, t: float) -> AtNodes:
    """Fields at the nodes of a solution at a date."""
    u, static = solution.slab(t), solution.static_nodes
    q, (q_xi, _, l_xi) = u[..., 0], np.moveaxis(solution.space.derivatives(u)[0], -1, 0)
    variance = np.maximum(static.variance + u[..., 1], 0.0)
    found = solution.economy.respond(variance)
    kappa2, psi_dot, risk = solution.economy.motion(found.precision_rate)
    return AtNodes(
        price=solution.prior.centre + static.mean + q,
        variance=variance,
        attention=found.attention,
        precision_rate=found.precision_rate,
        cost=found.cost,
        price_slope=static.variance + q_xi,
        kappa2=kappa2,
        psi_dot=psi_dot,
        risk=risk,
        neutral=kappa2 * (static.mean + l_xi) - risk * (static.mean + q),
    )


def with_nodes(solution: Solution) -> Solution:
    """The same fields on a grid that has nodes along xi, as a law of xi needs them.

    A normal payoff's deviations do not depend on xi: they are solved on a single node.
    """
    if solution.space.n_xi > 1:
        return solution
    space = replace(solution.space, n_xi=LINE)
    states, rates = (np.repeat(u, LINE, axis=2) for u in (solution.states, solution.rates))
    return replace(solution, space=space, states=states, rates=rates, known_static=None)
