"""What investors do at every node of the grid at a date, and how the states move there."""

from dataclasses import dataclass, replace

import numpy as np

from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

LINE = (81, 49)  # xi and psi nodes for a normal payoff
MORE, LEAST = 1.6, 13
STEPS = (16, 32)  # of its fields, at least and at most


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
    q, (q_xi, _, l_xi) = u[..., 0], np.moveaxis(solution.slope(u), -1, 0)
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
    """The same fields on a grid that does for a law: with nodes along xi, and more than it takes.

    Where attention has no kink the solution has as few nodes as its reported values need; laws and
    densities need some more. A normal payoff's deviations do not depend on xi: they are solved on a
    single node, to far more than a law is worth, and are here once more on as many psi nodes as it
    needs.
    """
    space, (nodes, lines) = solution.space, LINE
    if space.n_xi > 1 and has_kink(solution):
        return solution
    if space.n_xi > 1:
        return retrace(
            solution,
            space.resized(*(round(MORE * n) for n in (space.n_xi, max(space.n_psi, LEAST)))),
        )
    steps = int(np.clip(solution.times.size - 1, *STEPS))
    times = respaced(solution.times, solution.case.market, steps)
    line = retrace(solution, space.resized(1, lines), times)
    states, rates = (np.repeat(u, nodes, axis=2) for u in (line.states, line.rates))
    space = replace(line.space, n_xi=nodes)
    return replace(line, space=space, states=states, rates=rates)


def finer(times: Array) -> Array:
    """Times, with every step in two."""
    return np.sort(np.append(times, 0.5 * (times[1:] + times[:-1])))
