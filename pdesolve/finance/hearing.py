"""What is heard at announcements along paths, and what it tells (derivation.md, section 14)."""

from typing import NamedTuple

import numpy as np

from pdesolve.finance.readings import AtDate
from pdesolve.model.announcement import hear, neutral
from pdesolve.model.payoff.prior import CHUNK, Prior
from pdesolve.solver.pde.announcements import news_nodes
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


class Heard(NamedTuple):
    """What is heard under Q, and what was expected of the square of the price's jump."""

    news: Array
    square: Array


def heard_under_q(
    solution: Solution, after: AtDate, xi: Array, psi: Array, precision: float, draws: Array
) -> Heard:
    """News drawn with the market's probabilities.

    The law of the news is known on any lattice, to the accuracy of the trapezoidal rule, which
    does not depend on where the lattice begins. That is drawn first, and then a node of it: what
    comes out has the law's density, without rejection or weights.

    Parameters
    ----------
    solution : Solution
    after : AtDate
        Fields just after the news.
    xi, psi : array, shape (n,)
        States just before it.
    precision : float
    draws : array, shape (2, n)
        Uniform, in [0, 1): which node, and where the lattice begins.
    """
    nodes, centre = _nodes(solution, precision), solution.prior.centre
    found = Heard(np.empty(xi.size), np.empty(xi.size))
    for part in _parts(xi.size, nodes.size):
        share, begin = draws[:, part, None]
        shock = nodes + (begin - 0.5) * _spacing(nodes)
        zeta, now = xi[part] - centre * psi[part], psi[part]
        heard = hear(solution.prior, zeta, now, precision, shock)
        later = np.broadcast_to((now + precision)[:, None], heard.shift.shape)
        where = zeta[:, None] + heard.shift + centre * later
        price, log_deviation = after.at(where, later, "price", "log_deviation")
        chance = neutral(heard, log_deviation)
        place = np.minimum((np.cumsum(chance, axis=1) < share).sum(axis=1), nodes.size - 1)
        drawn = np.take_along_axis(heard.shift, place[:, None], axis=1)[:, 0]
        found.news[part] = drawn + centre * precision
        mean = np.sum(chance * price, axis=1, keepdims=True)
        found.square[part] = np.sum(chance * (price - mean) ** 2, axis=1)
    return found


def told_of_payoff(
    prior: Prior, evidence: Array, known: Array, news: Array, precision: float
) -> Array:
    """What news tells of the payoff, in nats, and has on average told.

    That is the later belief's divergence from the earlier one, less the part that squared moves of
    the mean add to it by chance: on average they are what the variance falls by.

    Parameters
    ----------
    prior : Prior
    evidence, known : array, shape (n,)
        Public evidence before the news, and its precision.
    news : array, shape (n,)
    precision : float
        Of the news.
    """
    zeta, shift = evidence - prior.centre * known, news - prior.centre * precision
    here, later = prior.cumulants(zeta, known), prior.cumulants(zeta + shift, known + precision)
    square = later.variance + later.mean**2
    told = shift * later.mean - 0.5 * precision * square - (later.phi - here.phi)
    chance = (later.mean - here.mean) ** 2 + later.variance - here.variance
    unsure = here.variance > 0.0
    return np.asarray(told - 0.5 * chance / np.where(unsure, here.variance, 1.0) * unsure)


def _nodes(solution: Solution, precision: float) -> Array:
    most = precision * float(solution.static_nodes.variance.max())
    return news_nodes(most, most)


def _spacing(nodes: Array) -> float:
    return float(nodes[-1] - nodes[0]) / (nodes.size - 1)


def _parts(paths: int, nodes: int) -> list[slice]:
    """Paths, some at a time."""
    size = max(1, CHUNK // nodes)
    return [slice(start, start + size) for start in range(0, paths, size)]
