"""Roots of many increasing functions at once."""

from collections.abc import Callable

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.typing import Array


class NoConvergence(PdesolveError, RuntimeError):
    """The root-finder used up its iterations."""


def increasing_root(
    gap: Callable[[Array], tuple[Array, Array | float]],
    start: Array,
    lower: Array,
    upper: Array,
    *,
    geometric: bool,
    max_iterations: int = 100,
) -> Array:
    """Roots of increasing functions by Newton's method, kept inside brackets that only shrink.

    Parameters
    ----------
    gap : callable
        Points to values of a logarithm and slopes; slopes by log x if `geometric`, else by x.
    start, lower, upper : array
        One bracket and one first guess per function, 0 < lower if `geometric`.
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
    for _ in range(max_iterations):
        value, slope = gap(x)
        step = -value / slope
        trial = x * np.exp(step) if geometric else x + step
        low = value < 0
        lower, upper = np.where(low, x, lower), np.where(low, upper, x)
        inside = (trial >= lower) & (trial <= upper)
        settled = np.abs(trial - x) <= 1e-9 * x
        if not inside.all():
            middle = np.sqrt(lower) * np.sqrt(upper) if geometric else 0.5 * (lower + upper)
            trial = np.where(inside, trial, middle)
        x = trial
        if settled.all() or (settled | (np.abs(value) < 1e-14)).all():
            return x
    raise NoConvergence(
        f"{max_iterations} Newton steps left {np.count_nonzero(~settled)} of {x.size} roots "
        f"unsettled, the first between {lower[~settled][0]:.6g} and {upper[~settled][0]:.6g}"
    )
