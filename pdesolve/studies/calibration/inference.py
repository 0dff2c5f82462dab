"""What targets say about parameters at the least misfit: linear algebra of one Jacobian.

Notation of methods.md: G is the Jacobian of the model's values to z (:class:`.free.Free`), S the
covariance of the targets, W its inverse, and H = (G'WG)⁻¹G'W what moves of the targets do to z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, null_space, solve_triangular
from scipy.stats import chi2

from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class InferenceTuning:
    """When parameters are said not to be identified.

    Attributes
    ----------
    blind : float
        Standard deviations by which a parameter has to move some target as z moves by 1, or none
        depends on it.
    noise : float
        Singular values, over the largest, that are none; also `slack` times what the last
        refinement of the Jacobian changed.
    slack : float
    part : float
        Of a combination that cannot be told apart, relative to its largest, that is none.
    """

    blind: float = 1e-3
    noise: float = 1e-6
    slack: float = 3.0
    part: float = 1e-2


@dataclass(frozen=True, kw_only=True, eq=False)
class Inference:
    """What is known about z, over n targets and p parameters.

    Attributes
    ----------
    pinned : array, shape (p, n)
        H: how z answers the targets; NaN for a parameter that is not identified.
    rank : int
    condition : float
        Number of the Jacobian in standard deviations of the targets, with columns of length one;
        infinite where parameters are not identified, 1 where there are none.
    unidentified : array, shape (p - rank, p)
        Moves of z that no target notices, the largest part of each 1.
    unmoved : array of bool, shape (n,)
        Targets that no parameter moves.
    moved : array, shape (n, rank)
        An orthonormal basis of what the parameters do to targets of unit covariance.
    """

    pinned: Array
    rank: int
    condition: float
    unidentified: Array
    unmoved: Array
    moved: Array


def whiten(covariance: Array, rows: Array) -> Array:
    """Rows, one for each target, in units in which the targets have unit covariance."""
    return solve_triangular(cholesky(covariance, lower=True), rows, lower=True)


def infer(
    slopes: Array, change: Array, covariance: Array, tuning: InferenceTuning = InferenceTuning()
) -> Inference:
    """Rank, condition and what the targets pin.

    Parameters
    ----------
    slopes, change : array, shape (n, p)
        Derivatives of the model's values to z, and how far they may be off.
    covariance : array, shape (n, n)
        Of the targets.
    tuning : InferenceTuning
    """
    n, p = slopes.shape
    white, doubt = whiten(covariance, slopes), whiten(covariance, change)
    lengths = np.linalg.norm(white, axis=0)
    seen = lengths > np.maximum(tuning.blind, tuning.slack * np.linalg.norm(doubt, axis=0))
    unit = np.where(seen, 1.0 / np.where(seen, lengths, 1.0), 0.0)
    left, singular, right = np.linalg.svd(white * unit, full_matrices=False)
    largest = singular.max(initial=0.0)
    floor = max(tuning.noise * largest, tuning.slack * np.linalg.norm(doubt * unit, 2))
    kept = singular > floor
    rank = int(kept.sum())
    inverse = (unit[:, None] * right[kept].T / singular[kept]) @ left[:, kept].T
    pinned = inverse @ whiten(covariance, np.eye(n))
    empty = _combinations(right[kept] * seen, unit, seen, tuning.part)
    lost = np.any(empty != 0.0, axis=0)
    pinned[lost] = np.nan
    rows = np.linalg.norm(slopes, axis=1) * np.sqrt(1.0 / np.diag(covariance))
    least = singular[kept].min(initial=largest)
    return Inference(
        pinned=pinned,
        rank=rank,
        condition=float(largest / least if p else 1.0) if rank == p else np.inf,
        unidentified=empty,
        unmoved=rows <= tuning.blind,
        moved=left[:, kept],
    )


def _combinations(known: Array, unit: Array, seen: Array, part: float) -> Array:
    """A basis of what is not known, each in as few parameters as possible, its largest part 1."""
    p = seen.size
    if not known.size:
        return np.eye(p)
    basis = null_space(known, rcond=1e-10).T  # columns that are not seen are in it by themselves
    basis = basis * np.where(seen, unit, 1.0)
    done = 0
    for _ in range(len(basis)):  # Gauss and Jordan, pivots at the largest
        k = done + int(np.argmax(np.abs(basis[done:]).max(axis=1)))
        column = int(np.argmax(np.abs(basis[k])))
        basis[[done, k]] = basis[[k, done]]
        basis[done] /= basis[done, column]
        others = np.arange(len(basis)) != done
        basis[others] -= np.outer(basis[others, column], basis[done])
        done += 1
    basis /= np.abs(basis).max(axis=1, keepdims=True)
    return np.where(np.abs(basis) > part, basis, 0.0)


def misfit(covariance: Array, gap: Array) -> float:
    """Chi-squared of model less targets."""
    return float(np.sum(whiten(covariance, gap) ** 2))


def decrement(known: Inference, covariance: Array, gap: Array) -> float:
    """How many standard errors away the least misfit of the linear model is."""
    return float(np.linalg.norm(known.moved.T @ whiten(covariance, gap)))


def tail(chi_squared: float, freedom: int) -> float:
    """Chance of at least that misfit; NaN without degrees of freedom."""
    return float(chi2.sf(chi_squared, freedom)) if freedom > 0 else float("nan")
