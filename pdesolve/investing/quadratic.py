"""Least risk under linear conditions without short sales, and how far an answer is from it."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from pdesolve.typing import Array

SCALINGS = 5  # of conditions, by what they come to at the answer so far
WEIGHT = 1e4  # on conditions, where there are several: errors of 1e-8, which `_polished` removes


def least_risk(matrix: Array, root: Array, rows: Array, values: Array) -> Array:
    """Return x ≥ 0 with rows·x = values and x'Cx as small as it can be.

    Parameters
    ----------
    matrix, root : array, shape (n, n)
        C, positive semidefinite with entries of order one, and F with F'F = C.
    rows, values : array, shapes (k, n) and (k,)
        Of order one. A single condition a'x = 1 needs a positive entry of a.

    Returns
    -------
    array, shape (n,)

    Notes
    -----
    With one condition the x ≥ 0 that minimises x'Cx + (a'x − 1)² is the answer, but for its
    length: along each ray the best value is v/(1 + v), where v is x'Cx at a'x = 1. That is least
    squares without negative numbers (Lawson and Hanson 1974), singular C or not. With several
    conditions the weight on them makes up for the rest, once they are of order one at the answer.
    """
    x = _squares(root, rows, values, 1.0 if len(rows) == 1 else WEIGHT)
    for _ in range(SCALINGS if len(rows) > 1 else 0):
        sizes = _or_one(np.abs(rows) @ x / x.sum())
        if np.abs(np.log10(sizes)).max() < 1.0:
            break
        rows, values = rows / sizes[:, None], values / sizes
        x = _squares(root, rows, values, WEIGHT)
    x *= values[0] / (rows[0] @ x)
    found = [x, *_polished(matrix, rows, values, x > 0.0)]
    missed = [np.abs(rows @ one - values).max() / one.sum() for one in found]
    off = [max(residual(matrix, rows, one), far) for one, far in zip(found, missed, strict=True)]
    return found[int(np.argmin(off))]


def _squares(root: Array, rows: Array, values: Array, weight: float) -> Array:
    """Least squares of F x and of what rows·x misses, that one weighted, without negatives."""
    tall = np.vstack([root, weight * rows])
    x: Array = nnls(tall, np.append(np.zeros(len(root)), weight * values))[0]
    return x


def residual(matrix: Array, rows: Array, x: Array) -> float:
    """How far x ≥ 0 is from least risk, given what rows·x is; zero there, by Karush, Kuhn, Tucker.

    The slope of ½x'Cx less its best combination of rows should be zero where x is positive, and
    not negative elsewhere. The larger of that miss and of the part of x that is held in spite of a
    positive slope, whichever is smaller, asset by asset, counts, for x that adds up to one.
    """
    slope = matrix @ x
    if len(rows) == 1:
        slope = slope - (x @ slope / (rows[0] @ x)) * rows[0]
    else:
        held = x > 0.0
        rows = rows / _or_one(np.abs(rows[:, held]).max(axis=1))[:, None]
        slope = slope - np.linalg.lstsq(rows[:, held].T, slope[held], rcond=None)[0] @ rows
    return float(np.abs(np.minimum(slope, x)).max() / x.sum())


def _or_one(sizes: Array) -> Array:
    """Sizes to divide by."""
    return np.where(sizes > 0.0, sizes, 1.0)


def _polished(matrix: Array, rows: Array, values: Array, held: NDArray[np.bool_]) -> list[Array]:
    """The answer if these assets are the ones that are held, exactly; nothing if it is none."""
    count, conditions = int(held.sum()), len(rows)
    system = np.zeros((count + conditions, count + conditions))
    system[:count, :count] = matrix[np.ix_(held, held)]
    system[:count, count:] = -rows[:, held].T
    system[count:, :count] = rows[:, held]
    try:
        found = np.linalg.solve(system, np.append(np.zeros(count), values))[:count]
    except np.linalg.LinAlgError:
        return []
    x = np.zeros(held.size)
    x[held] = found
    return [x] if np.isfinite(found).all() and found.min() >= 0.0 else []
