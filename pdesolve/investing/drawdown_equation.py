"""The chance that wealth ever falls to a level, from its differential equation.

In the limit of small returns (:mod:`.drawdown`): a boundary-value problem on log wealth, and with a
horizon a problem in time, by second-order differences on three grids.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_banded

from pdesolve.investing.drawdown import NEGLIGIBLE, check_drawdown, drift_and_volatility
from pdesolve.investing.law import LawError
from pdesolve.numerics.rosenbrock import fixed_steps
from pdesolve.numerics.stencils import central_weights
from pdesolve.typing import Array

NODES = 32  # from the level to the start, on the coarsest of three grids
GRADING = 4  # time steps are short at first, where the level's surroundings take shape


@dataclass(frozen=True, kw_only=True)
class Solved:
    """A chance from the differential equation, by second-order differences on three grids.

    Attributes
    ----------
    chance, error : float
        Extrapolated from the finest two grids; how far that is from the coarsest two, and what
        second differences lose to rounding.
    finest : float
        On the finest grid, without extrapolation.
    order : float
        Observed.
    """

    chance: float
    error: float
    finest: float
    order: float


def solve_ever_below(level: float, share: float, nodes: int = NODES) -> Solved:
    """The chance u of ever falling, from ½v²u'' + mu' = 0 with u = 1 at the level, 0 far above it.

    Only a share c < 2 has a drift m > 0, which takes wealth away from the level for good.
    """
    check_drawdown(level, share)
    if share >= 2.0:
        raise LawError(f"from a share of 2 on every level is reached, got {share:g}")

    def solve(nodes: int) -> float:
        operator = _Operator.of(level, share, np.inf, nodes)
        return float(operator.factor(0.0)(operator.inflow)[operator.start])

    return _extrapolated(solve, nodes)


def solve_below_within(level: float, share: float, horizon: float, nodes: int = NODES) -> Solved:
    """The chance of falling within a horizon, from u_t = ½v²u_xx + mu_x with u = 0 at first."""
    check_drawdown(level, share, horizon)

    def solve(nodes: int) -> float:
        operator = _Operator.of(level, share, horizon, nodes)
        dates = horizon * np.linspace(0.0, 1.0, nodes + 1) ** GRADING
        found = fixed_steps(operator.seen_from, np.zeros(operator.inflow.size), np.diff(dates))
        return float(found[operator.start])

    return _extrapolated(solve, nodes)


def _extrapolated(solve: Callable[[int], float], nodes: int) -> Solved:
    coarse, middle, fine = (solve(nodes * k) for k in (1, 2, 4))
    before, after = middle + (middle - coarse) / 3.0, fine + (fine - middle) / 3.0
    return Solved(
        chance=after,
        error=abs(after - before) + np.finfo(float).eps * (4 * nodes) ** 2,
        finest=fine,
        order=float(np.log2(abs((coarse - middle) / (middle - fine)))),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Operator:
    """½v² d²/dx² + m d/dx on nodes between the level and a place far above it, both left out.

    Attributes
    ----------
    bands : array, shape (3, nodes)
        As `solve_banded` wants them.
    inflow : array, shape (nodes,)
        What the value 1 at the level adds to the rates.
    start : int
        The node of the wealth one starts with.
    initial_rates : array, shape (nodes,)
        Of the state that this is seen from, 0 at first.
    """

    bands: Array
    inflow: Array
    start: int
    initial_rates: Array

    @classmethod
    def of(cls, level: float, share: float, horizon: float, nodes: int) -> "_Operator":
        drift, volatility = drift_and_volatility(share)
        far, decay = -np.log(level), 2.0 * drift / volatility**2
        top = far + NEGLIGIBLE / decay if decay > 0.0 else np.inf
        scale = min(far, 1.0 / abs(decay)) if decay else far
        if np.isfinite(horizon):
            spread = volatility * np.sqrt(horizon)
            top = min(top, far + abs(drift) * horizon + np.sqrt(2.0 * NEGLIGIBLE) * spread)
            scale = min(scale, spread)
        steps = nodes * int(np.ceil(far / scale))
        h = far / steps
        w1, w2 = central_weights(1, 2) / h, central_weights(2, 2) / h**2
        weights = 0.5 * volatility**2 * w2 + drift * w1
        bands = np.repeat(weights[::-1, None], int(np.ceil(top / h)) - 1, axis=1)
        inflow = np.zeros(bands.shape[1])
        inflow[0] = weights[0]
        return cls(bands=bands, inflow=inflow, start=steps - 1, initial_rates=inflow)

    def rates(self, u: Array) -> Array:
        """The operator applied to u."""
        found = self.bands[1] * u + self.inflow
        found[:-1] += self.bands[0, 1:] * u[1:]
        found[1:] += self.bands[2, :-1] * u[:-1]
        return found

    def seen_from(self, u: Array) -> "_Operator":
        """The same, for a time step from u."""
        return replace(self, initial_rates=self.rates(u))

    def factor(self, shift: float) -> Callable[[Array], Array]:
        """Return a function r -> x that solves (shift - operator) x = r."""
        bands = -self.bands
        bands[1] += shift
        return lambda r: solve_banded((1, 1), bands, r)
