"""Roots of many increasing functions at once."""

from collections.abc import Callable

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.typing import Array


class NoConvergence(PdesolveError, RuntimeError):
    """The root-finder used up its iterations."""


def increasing_root(
    gap: Callable[..., tuple[Array, Array | float]],
    start: Array,
    lower: Array,
    upper: Array,
    *data: Array,
    geometric: bool,
    max_iterations: int = 100,
) -> Array:
    """Roots of increasing functions by Newton's method, kept inside brackets that only shrink.

    Parameters
    ----------
    gap : callable
        Points, and the data of their functions, to values of a logarithm and slopes; slopes by log
        x if `geometric`, else by x.
    start, lower, upper : array, shape (n,)
        One bracket and one first guess per function, 0 < lower if `geometric`.
    *data : array, shape (n, ...)
        What else tells the functions apart.
    geometric : bool
        Whether Newton works on log x; the fallback is then the geometric mean of the bracket.
    max_iterations : int

    Returns
    -------
    array
        Correct to round-off: the step that was taken last was below 1e-9, or the value before
        it was at round-off.

    Raises
    ------
    NoConvergence
    """
    x = np.minimum(np.maximum(start, lower), upper)
    roots, which, done = np.empty_like(x), np.arange(x.size), np.zeros(x.shape, dtype=bool)
    for _ in range(max_iterations):
        value, slope = gap(x, *data)
        step = -value / slope
        trial = x * np.exp(step) if geometric else x + step
        low = value < 0
        lower, upper = np.where(low, x, lower), np.where(low, upper, x)
        inside = (trial >= lower) & (trial <= upper)
        settled = np.abs(trial - x) <= 1e-9 * x
        if not inside.all():
            middle = np.sqrt(lower) * np.sqrt(upper) if geometric else 0.5 * (lower + upper)
            trial = np.where(inside, trial, middle)
        x = np.where(done, x, trial)  # a root is its own, whichever others there are
        done = done | settled | (np.abs(value) < 1e-14)
        left = x.size - np.count_nonzero(done)
        if 2 * left > x.size:
            continue
        roots[which[done]] = x[done]  # the others go on alone
        if not left:
            return roots
        which, x, lower, upper = (one[~done] for one in (which, x, lower, upper))
        data, done = tuple(one[~done] for one in data), done[~done]
    raise NoConvergence(
        f"{max_iterations} Newton steps left {np.count_nonzero(~done)} of {roots.size} roots "
        f"unsettled, the first between {lower[~done][0]:.6g} and {upper[~done][0]:.6g}"
    )
