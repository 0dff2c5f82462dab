"""Gauss quadrature for a law that is given by points and probabilities."""

import numpy as np
from scipy.linalg import eigh_tridiagonal

from pdesolve.typing import Array


def orthonormal(points: Array, probabilities: Array, count: int) -> tuple[Array, Array, Array]:
    """Orthonormal polynomials of a law, by Lanczos' method with full reorthogonalisation.

    Parameters
    ----------
    points, probabilities : array, shape (n,)
        The law.
    count : int
        Polynomials, of degree 0 to count - 1; at most as many as there are different points.

    Returns
    -------
    basis : array, shape (count, n)
        Their values at the points, times the roots of the probabilities.
    diagonal, beside : array, shape (count,)
        Of the matrix of multiplication by the point, each less the mean; `beside` ends with what
        leads to the next polynomial.
    """
    x = points - probabilities @ points
    basis = [np.sqrt(probabilities / probabilities.sum())]
    diagonal, beside = [], []
    for _ in range(count):
        ahead = x * basis[-1]
        diagonal.append(float(ahead @ basis[-1]))
        for _ in range(2):  # twice is enough
            ahead = ahead - np.array(basis).T @ (np.array(basis) @ ahead)
        beside.append(float(np.linalg.norm(ahead)))
        basis.append(ahead / max(beside[-1], np.finfo(float).tiny))
    return np.array(basis[:count]), np.array(diagonal), np.array(beside)


def gauss_rule(points: Array, probabilities: Array, count: int) -> tuple[Array, Array]:
    """The rule of so many nodes that is exact for polynomials of degree 2 count - 1 under a law.

    By the eigenvalues of the matrix of multiplication (Golub and Welsch 1969, *Mathematics of
    Computation* 23).

    Parameters
    ----------
    points, probabilities : array, shape (n,)
        The law.
    count : int
        Less than the number of different points.

    Returns
    -------
    nodes, weights : array, shape (count,)
        Increasing nodes; weights that sum to one.
    """
    _, diagonal, beside = orthonormal(points, probabilities, count)
    nodes, vectors = eigh_tridiagonal(diagonal, beside[:-1])
    weights: Array = vectors[0] ** 2
    return np.asarray(float(probabilities @ points) + nodes), weights
