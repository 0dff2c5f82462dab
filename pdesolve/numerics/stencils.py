"""Weights of finite differences and of collocation, exact or to rounding.

The tests compare them with those of findiff.
"""

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import factorial
from typing import NamedTuple

import numpy as np
from scipy.special import roots_jacobi

from pdesolve.typing import Array

ORDERS = (2, 4, 6, 8, 10)  # along xi
PSI_ORDERS = (1, 3, 5, 7)  # along psi
BLOCK = 32  # nodes whose derivatives are one product of matrices


@lru_cache(maxsize=16)
def central_weights(derivative: int, order: int) -> Array:
    """Weights of a central difference for unit spacing, each the double nearest to it.

    Not to be written to.

    With m = order/2 those of the first derivative at the offset k are, for k > 0,
    (-1)^(k + 1) m!²/(k (m - k)! (m + k)!), and odd in k; those of the second are 2/k times as large
    and even in k, with a sum of zero (Fornberg 1988, *Mathematics of Computation* 51, section 3).

    Parameters
    ----------
    derivative : {1, 2}
    order : int
        Even.

    Returns
    -------
    array, shape (order + 1,)
    """
    m = order // 2
    first = [
        Fraction((-1) ** (k + 1) * factorial(m) ** 2, k * factorial(m - k) * factorial(m + k))
        for k in range(1, m + 1)
    ]
    if derivative == 1:
        right, middle, sign = first, Fraction(0), -1
    else:
        right = [2 * weight / k for k, weight in enumerate(first, start=1)]
        middle, sign = -2 * sum(right, Fraction(0)), 1
    found = np.array([float(w) for w in (*(sign * w for w in right[::-1]), middle, *right)])
    found.flags.writeable = False
    return found


@lru_cache(maxsize=32)
def mirrored_rows(order: int, nodes: int) -> tuple[Array, Array]:
    """First and second differences at nodes from -1 to 1, the mirror image folded in.

    Returns
    -------
    array, array, shape (order + 1, nodes)
        By offset; of one node zero. Not to be written to.
    """
    if nodes == 1:
        return np.zeros((1, 1)), np.zeros((1, 1))
    m, z = order // 2, np.linspace(-1.0, 1.0, nodes)
    node, offset = np.arange(nodes), np.arange(-m, m + 1)[:, None]
    to = abs(node + offset)
    to = np.where(to < nodes, to, 2 * (nodes - 1) - to)
    folded = np.zeros((2, 2 * m + 1, nodes))
    for k, one in enumerate(folded, start=1):
        weights = central_weights(k, order) / (z[1] - z[0]) ** k
        np.add.at(one, (to - node + m, node), weights[:, None])
    folded.flags.writeable = False
    return folded[0], folded[1]


class Block(NamedTuple):
    """Differences at some nodes as matrices.

    Which nodes they use, which they are for, and the weights of the first and the second, shape
    (2, 1, used, those).
    """

    used: slice
    nodes: slice
    weights: Array


@lru_cache(maxsize=32)
def mirrored_blocks(order: int, nodes: int) -> list[Block]:
    """The same differences, for `BLOCK` nodes or so at a time; not to be written to."""
    m, node = order // 2, np.arange(nodes)
    used = node + np.arange(-m, m + 1)[:, None]
    inside = (used >= 0) & (used < nodes)
    whole = np.zeros((2, 1, nodes, nodes))
    rows = np.stack(mirrored_rows(order, nodes))
    whole[:, 0, used[inside], np.broadcast_to(node, used.shape)[inside]] = rows[:, inside]
    cuts = np.linspace(0, nodes, 1 + max(1, round(nodes / BLOCK))).astype(int).tolist()
    found = []
    for low, high in pairwise(cuts):
        near, those = slice(max(0, low - m), min(nodes, high + m)), slice(low, high)
        found.append(Block(near, those, whole[..., near, those].copy()))
    return found


@lru_cache(maxsize=8)
def radau_nodes(stages: int) -> Array:
    """Right Radau points on (0, 1], shape (stages,), not to be written to; the last one is 1."""
    inner = roots_jacobi(stages - 1, 1.0, 0.0)[0] if stages > 1 else np.zeros(0)
    nodes = np.append((1.0 + inner) / 2.0, 1.0)
    nodes.flags.writeable = False
    return nodes


def collocation_weights(nodes: Array) -> Array:
    """d/dx at `nodes` of the polynomial through 0 and `nodes`, shape (n, n + 1).

    By barycentric weights, with rows that sum to zero (Berrut and Trefethen 2004, *SIAM Review* 46,
    section 9.3).
    """
    x = np.append(0.0, nodes)
    apart = x[:, None] - x + np.eye(x.size)
    weight = 1.0 / apart.prod(axis=1)
    slopes = weight / weight[:, None] / apart
    np.fill_diagonal(slopes, 0.0)
    np.fill_diagonal(slopes, -slopes.sum(axis=1))
    return slopes[1:]


@lru_cache(maxsize=8)
def element_weights(stages: int) -> Array:
    """d/dx at the lines of an element of length 1, its Radau points seen from above.

    Returns
    -------
    array, shape (stages, stages + 1)
        Of its lines, from below, and of the one above them. Not to be written to.
    """
    found = -collocation_weights(radau_nodes(stages))[::-1, ::-1]
    found.flags.writeable = False
    return found
