"""So many atoms that nobody can tell them apart: fewer, with the same moments.

Neighbouring atoms are put together in bins, and those of a bin replaced by the nodes and weights of
its own Gauss rule, which has the same first 2 m moments for m nodes (Golub and Welsch, *Mathematics
of Computation* 23 (1969) 221). Tilting multiplies by exp(zeta x - psi x²/2), which varies little
over a bin, so that all tilted moments stay the same to the accuracy asked for; that is not assumed
but checked against all the atoms, at states from no evidence to nearly all.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdesolve.model.payoff.mixture import MixturePrior
from pdesolve.typing import Array

Indices: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class CompressionTuning:
    """When atoms are put together, and how exact that has to be.

    Attributes
    ----------
    many : int
        Atoms from which it is worth while.
    nodes : int
        That replace the atoms of a bin; with fewer the bins would have to be much narrower.
    bins : int
        Over the range of the atoms, to begin with.
    accuracy : float
        Of mean and variance under every tilt that is tried, relative to the prior's sd and variance
        (and of the log mass): far below any tolerance of a solve.
    informed : tuple of float
        Precisions of the evidence that are tried, times the prior's variance.
    """

    many: int = 4000
    nodes: int = 8
    bins: int = 128
    accuracy: float = 1e-10
    informed: tuple[float, ...] = (0.0, 1.0, 30.0, 1e3, 1e4)


def compressed(
    prior: MixturePrior, tuning: CompressionTuning = CompressionTuning()
) -> MixturePrior:
    """The same prior with fewer atoms, or with all of them if that cannot be had.

    Parameters
    ----------
    prior : MixturePrior
        Whose components have one sd, zero or not.
    tuning : CompressionTuning

    Returns
    -------
    MixturePrior
        Its `note` says how many atoms there were and are.
    """
    count, bins = prior.offsets.size, tuning.bins
    if count <= tuning.many or prior.sds.size > 1:
        return prior
    order = np.argsort(prior.offsets)
    x, weight = prior.offsets[order], np.exp(prior.log_weights[order])
    zeta, psi = _states(prior, tuning.informed)
    truth = prior.cumulants(zeta, psi)
    rounding = 1e-15 / tuning.accuracy * np.abs(truth.phi)
    scale = [np.maximum(1.0, rounding), *np.full((2, zeta.size), [[prior.sd], [prior.variance]])]
    while bins < count:
        offsets, masses = _rules(x, weight, bins, tuning.nodes)
        if offsets.size > count // 2:
            break
        fewer = replace(prior, offsets=offsets, log_weights=np.log(masses / masses.sum()))
        change = np.abs(np.subtract(fewer.cumulants(zeta, psi)[:3], truth[:3])) / scale
        if np.max(change) <= tuning.accuracy:
            note = f"payoff of {count} values put together to {offsets.size} with the same moments"
            return replace(fewer, note=note)
        bins *= 2
    return prior


def _states(prior: MixturePrior, informed: tuple[float, ...]) -> tuple[Array, Array]:
    """Evidence as it comes in: psi, and zeta = psi x + sqrt(psi) shock for likely payoffs x."""
    x = np.quantile(prior.offsets, [0.001, 0.2, 0.5, 0.8, 0.999])
    psi = np.repeat(np.array(informed) / prior.variance, x.size)
    shock = np.resize([-2.0, 0.0, 2.0], psi.size)
    tilt = np.resize(np.linspace(-3.0, 3.0, x.size) / prior.sd, psi.size)
    return np.where(psi > 0.0, psi * np.resize(x, psi.size) + np.sqrt(psi) * shock, tilt), psi


def _rules(x: Array, weight: Array, bins: int, nodes: int) -> tuple[Array, Array]:
    """Nodes and weights of the bins' Gauss rules; bins of few atoms keep them."""
    place = np.minimum((bins * ((x - x[0]) / (x[-1] - x[0]))).astype(int), bins - 1)
    first = np.flatnonzero(np.append(True, np.diff(place) > 0))
    sizes = np.diff(np.append(first, x.size))
    few = np.repeat(sizes <= nodes, sizes)
    if few.all():
        return x, weight
    kept_x, kept_weight, x, weight = x[few], weight[few], x[~few], weight[~few]
    sizes = sizes[sizes > nodes]
    starts = np.cumsum(sizes) - sizes
    mass = np.add.reduceat(weight, starts)
    low, high = x[starts], x[starts + sizes - 1]
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    half = np.where(half > 0.0, half, 1.0)
    t = (x - np.repeat(middle, sizes)) / np.repeat(half, sizes)
    matrix = _recurrence(t, weight / np.repeat(mass, sizes), starts, sizes, nodes)
    found, vectors = np.linalg.eigh(matrix)
    offsets = (middle[:, None] + half[:, None] * found).ravel()
    masses = (mass[:, None] * vectors[:, 0, :] ** 2).ravel()
    felt = masses > 0.0
    return np.append(kept_x, offsets[felt]), np.append(kept_weight, masses[felt])


def _recurrence(t: Array, weight: Array, starts: Indices, sizes: Indices, nodes: int) -> Array:
    """Jacobi matrices of the bins' orthogonal polynomials (Stieltjes), (bins, nodes, nodes)."""
    matrix = np.zeros((sizes.size, nodes, nodes))
    before, now, squares = np.zeros_like(t), np.ones_like(t), np.ones(sizes.size)
    for k in range(nodes):
        diagonal = np.add.reduceat(weight * t * now**2, starts) / squares
        matrix[:, k, k] = diagonal
        if k + 1 == nodes:
            break
        last = matrix[:, k, k - 1] if k else np.zeros(sizes.size)
        following = (t - np.repeat(diagonal, sizes)) * now - np.repeat(last, sizes) ** 2 * before
        sums = np.add.reduceat(weight * following**2, starts)
        beside = np.sqrt(sums / squares)
        matrix[:, k, k + 1] = matrix[:, k + 1, k] = beside
        before, now, squares = now, following, sums
    return matrix
