"""Inverse variance down a tree of clusters (López de Prado 2016)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist

from pdesolve.typing import Array

Places = NDArray[np.int32]


def hierarchical_weights(correlation: Array, sd: Array) -> Array:
    """Weights that each split of the tree's leaves divides by the inverse variances of its halves.

    Assets are as far apart as the columns of √((1 − ρ)/2) are; single linkage puts similar ones
    side by side, and the row of leaves is cut in halves again and again.
    """
    weights = np.ones(sd.size)
    for left, right in splits(correlation):
        low, high = (half_variance(correlation, sd, half) for half in (left, right))
        both = low + high
        weights[left] *= high / both if both > 0.0 else 0.5
        weights[right] *= low / both if both > 0.0 else 0.5
    return weights


def split_residual(correlation: Array, sd: Array, weights: Array) -> float:
    """How unequal variance times weight are in the halves of any split, relative to their sum."""
    worst = 0.0
    for left, right in splits(correlation):
        pair = [
            half_variance(correlation, sd, half) * weights[half].sum() for half in (left, right)
        ]
        worst = max(worst, abs(pair[0] - pair[1]) / max(sum(pair), np.finfo(float).tiny))
    return worst


def splits(correlation: Array) -> Iterator[tuple[Places, Places]]:
    """Halves of the row of leaves, halves of these, and so on; the longer one to the right."""
    distance = np.sqrt(np.clip(0.5 * (1.0 - correlation), 0.0, None))
    rows = [leaves_list(linkage(pdist(distance), "single"))]
    while rows:
        row = rows.pop()
        half = row.size // 2
        if half:
            yield row[:half], row[half:]
            rows += [row[:half], row[half:]]


def half_variance(correlation: Array, sd: Array, half: Places) -> float:
    """Variance of the inverse variance portfolio of some assets."""
    scaled = 1.0 / sd[half]  # weights times volatilities, but for a factor
    scaled /= (scaled / sd[half]).sum()
    return float(np.clip(scaled @ correlation[np.ix_(half, half)] @ scaled, 0.0, None))
