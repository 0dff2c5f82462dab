"""Equal risk contributions, by Newton's method on a convex function (Spinu 2013)."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from pdesolve.typing import Array

STEPS = 200
CLOSE = 1e-3  # Newton decrement below which steps are full and squares of one another
ENOUGH = 1e-15


def equal_contributions(correlation: Array) -> Array:
    """Return x > 0 with x_i (Rx)_i = 1/n for all i; weights are x over volatilities, rescaled.

    It minimises ½x'Rx − (1/n)Σ log x_i, which times n is self-concordant: damped Newton steps, of
    length 1/(1 + decrement), come near from anywhere. There is no minimum if some x ≥ 0 has no
    risk at all.
    """
    count = len(correlation)
    x = np.full(count, 1.0 / np.sqrt(max(float(correlation.sum()), 1.0)))
    for _ in range(STEPS):
        slope = count * (correlation @ x) - 1.0 / x
        factor = cho_factor(count * correlation + np.diag(x**-2.0))
        step = cho_solve(factor, slope)
        decrement = float(np.sqrt(max(slope @ step, 0.0)))
        x = x - (step if decrement < CLOSE else step / (1.0 + decrement))
        if decrement < ENOUGH * count:
            break
    return x


def contribution_residual(correlation: Array, scaled: Array) -> float:
    """Largest distance of a share of the risk from 1/n, times n; `scaled`: weights times sd."""
    shares = scaled * (correlation @ scaled)
    return float(np.abs(scaled.size * shares / shares.sum() - 1.0).max())
