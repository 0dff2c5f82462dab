"""Where in a solution there is no attention, as much as there can be, or a jump of it."""

import numpy as np
from numpy.typing import NDArray

from pdesolve.model.attention.kinks import jumps_of
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

CLEARLY = 10.0  # of what the variance moves: an error of its is less


def has_kink(solution: Solution) -> bool:
    """Whether attention is zero, or capped, in a part of the grid only, or jumps."""
    variance = solution.static_nodes.variance + solution.states[..., 1]
    regime = solution.economy.respond(variance).regime
    felt = variance > 1e-6 * solution.prior.variance
    return bool(np.unique(regime[felt]).size > 1) or has_jump(solution)


def has_jump(solution: Solution) -> bool:
    """Whether the best attention jumps at some of the variances that occur, or near them."""
    economy, width = solution.economy, solution.economy.jump_width
    variance = solution.static_nodes.variance + solution.states[..., 1]
    least, most = variance.min() / (1.0 + width), variance.max() / (1.0 - width)
    found = jumps_of(economy.technology, economy.risk_aversion)
    return any(least < jump.variance < most for jump in found)


def drawn(solution: Solution, xi: Array, moved: float) -> NDArray[np.bool_]:
    """Whether these states draw attention and the first does not, nor would with more variance.

    With `CLEARLY` times as much more as the variance moved.
    """
    variance, respond = solution.variance(xi), solution.economy.respond
    idle = solution.attention(xi)[0] == 0.0
    if not idle or float(respond(variance[0] + CLEARLY * moved).attention) > 0.0:
        return np.zeros(xi.size, dtype=bool)
    return np.asarray(respond(variance + moved).attention > 0.0)


def parted(solution: Solution, xi: Array) -> NDArray[np.bool_]:
    """Whether a jump of attention lies between the variance at these states and at the first."""
    economy = solution.economy
    jumps = jumps_of(economy.technology, economy.risk_aversion)
    if not jumps:
        return np.zeros(xi.size, dtype=bool)
    below = np.searchsorted(sorted(jump.variance for jump in jumps), solution.variance(xi))
    return np.asarray(below != below[0])
