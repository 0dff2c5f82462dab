"""The path along which the price stays put.

The price is a martingale under the risk-neutral measure, so this is where its mean keeps it; psi
follows dpsi/dt = A²/(rho sigma)² + A + h (derivation.md, sections 3 and 13).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.integrate import OdeSolution, solve_ivp

from pdesolve.solver.fields import just_before
from pdesolve.solver.on_grid import GridReading
from pdesolve.solver.reading import Reading
from pdesolve.typing import Array

RTOL = 1e-4  # of psi
STILL = 1e-9  # standard deviations of the payoff: no move of the price
FINER = 33  # points between two neighbours


class Along(NamedTuple):
    """States on a path, 1/money and 1/money², shaped like the times asked for."""

    xi: Array
    psi: Array


def steady_xi(market: GridReading, psi: float, t: float, zooms: int = 2) -> float:
    """The xi at which the price is the initial one; NaN if there is none."""
    line = market.prior.centre * psi + market.space.line(psi)
    return steady_on(market, line, psi, t, zooms)


def steady_on(market: Reading, line: Array, psi: float, t: float, zooms: int = 2) -> float:
    """The same, by a line of nodes: between those on either side, and so on ever closer."""
    price = market.initial.price
    if line.size == 1:  # a normal payoff: the price is linear
        slope = market.static_variance(line, psi)
        return float((line + (price - market.price(line, psi, t)) / slope)[0])
    line = line[1:-1]  # rounding puts the last ones outside
    for left in reversed(range(zooms + 1)):
        prices = market.price(line, psi, t)
        k = int(np.argmax(np.append(prices, np.inf) > price))
        if k in (0, line.size):  # beyond an end, where the price may not move any more
            end = min(k, line.size - 1)
            stays = abs(prices[end] - price) <= STILL * market.prior.sd
            return float(line[end]) if stays else np.nan
        if left:
            line = np.linspace(line[k - 1], line[k], FINER)
    return float(np.interp(price, prices[k - 1 : k + 1], line[k - 1 : k + 1]))


class SteadyPsi(NamedTuple):
    """Psi on that path as a function of time; NaN from `end` on, where it leaves the solution.

    In paths between announcements, which begin at `starts`.
    """

    paths: tuple[OdeSolution, ...]
    starts: tuple[float, ...]
    end: float
    times: Array
    limit: Array

    def __call__(self, t: Array) -> Array:
        """Psi at times t, shape (n,)."""
        alone = t.tolist()  # so that rounding does not depend on how many are asked for
        every = np.array([[path(one)[0] for one in alone] for path in self.paths])
        piece = np.searchsorted(self.starts, t, side="right") - 1
        psi = every[piece, np.arange(t.size)]
        known = np.clip(psi, 0.0, np.interp(t, self.times, self.limit))
        return np.where((t < self.end) | (t == 0.0), known, np.nan)


def steady_psi(market: GridReading) -> SteadyPsi:
    """Integrate psi along that path."""
    economy, times, lost = market.economy, market.times, [np.inf]
    endless = np.full_like(times, np.finfo(float).max)
    limit = market.psi_limit if market.space.n_psi > 1 else endless

    def speed(t: float, psi: Array) -> Array:
        inside = float(np.clip(psi[0], 0.0, np.interp(t, times, limit)))
        rate = market.precision_rate(steady_xi(market, inside, t, zooms=1), inside, t)
        if np.isnan(rate):
            lost.append(t)
            return np.zeros(1)
        return np.atleast_1d(economy.motion(rate).psi_dot)

    scale = RTOL / market.prior.variance
    psi, starts, paths = 0.0, [0.0], list[OdeSolution]()
    for one in (*economy.market.announcements, None):
        end = economy.horizon if one is None else just_before(one.time)
        span = starts[-1], end
        found = solve_ivp(speed, span, [psi], "RK45", rtol=RTOL, atol=scale, dense_output=True)
        assert found.sol is not None
        paths.append(found.sol)
        if one is not None:
            psi = float(found.y[0, -1]) + one.precision
            starts.append(one.time)
    return SteadyPsi(tuple(paths), tuple(starts), min(lost), times, limit)
