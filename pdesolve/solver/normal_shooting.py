"""The path of a market with a normal payoff from psi = 0, by shooting (derivation.md, section 8).

Backwards in time: from a guess of the psi that is reached at T to psi = 0, which is to be at t = 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import OdeSolution, solve_ivp
from scipy.optimize import brentq

from pdesolve.case.errors import PdesolveError
from pdesolve.model.economy import Economy
from pdesolve.typing import Array

RTOL = 1e-13
LEAST = 2.3e-14  # SciPy goes no further down
ROUGH = 1e-7  # for a first guess


class NormalError(PdesolveError, ArithmeticError):
    """The closed form's ordinary differential equations could not be integrated."""


class Piece(NamedTuple):
    """Path of (s/T, log(1 + psi/tau), V, l) between announcements, by a clock of its own."""

    path: OdeSolution
    start: float
    end: float


class March(NamedTuple):
    """A path back from T, in pieces from the last announcement on; by how much s/T - 1 it misses.

    That is where psi is 0, and it increases with the psi that is reached at T.
    """

    pieces: tuple[Piece, ...]
    miss: float

    @property
    def start(self) -> tuple[float, float]:
        """V and l at the earliest time."""
        _, _, variance, log_deviation = self.pieces[-1].path(self.pieces[-1].end)
        return float(variance), float(log_deviation)

    def at(self, left: float, later: int) -> Array:
        """The state at time left s/T with so many announcements still to come."""
        path, start, end = self.pieces[later]
        if path(start)[0] >= left or path(end)[0] <= left:
            return np.asarray(path(start if path(start)[0] >= left else end))
        return np.asarray(path(brentq(lambda clock: path(clock)[0] - left, start, end)))


def march(economy: Economy, final: float, rtol: float = RTOL, *, still: bool = False) -> March:
    """Integrate back from x = log(1 + psi/tau) = `final` at T to x = 0, or for T if all is still.

    The clock runs fast where learning does, at the rate 1/T + psi_dot/(tau + psi) per unit of time,
    so that nothing changes abruptly by it. Paths more than twice too long end early, with x in
    place of the rest of the way. An announcement takes its precision off psi and leaves V less
    the static variance, and l, as they are; nobody attends where all is `still`.
    """
    known, horizon = economy.prior.variance, economy.horizon
    y, clock, pieces = np.array([0.0, final, known * np.exp(-final), 0.0]), 0.0, list[Piece]()
    for one in economy.market.announcements[::-1]:
        found = _stretch(economy, y, clock, 1.0 - one.time / horizon, rtol, still)
        y, clock = found.y[:, -1].copy(), float(found.t[-1])
        pieces.append(Piece(found.sol, float(found.t[0]), clock))
        left = np.expm1(y[1]) - one.precision * known
        if not still and (left <= 0.0 or found.t_events[1].size):  # so little is not known by then
            return March(tuple(pieces), float(y[0] - 1.0))
        static, y[1] = known * np.exp(-y[1]), np.log1p(max(left, 0.0))
        y[2] += known * np.exp(-y[1]) - static
    found = _stretch(economy, y, clock, 1.0 if still else 2.0, rtol, still)
    pieces.append(Piece(found.sol, float(found.t[0]), float(found.t[-1])))
    s, x = found.y[:2, -1]
    return March(tuple(pieces), float(s - 1.0 + max(x, 0.0)))


def _stretch(
    economy: Economy, y: Array, clock: float, until: float, rtol: float, still: bool
) -> Any:
    """Integrate to s/T = `until`, or until psi is 0."""
    known, rho, horizon = economy.prior.variance, economy.risk_aversion, economy.horizon

    def rates(clock: float, y: Array) -> Array:
        _, x, variance, _ = y
        found = economy.respond(variance)
        move, static = economy.motion(found.precision_rate), known * np.exp(-x)
        closing = move.psi_dot * static
        log_rate = rho * found.cost - 0.5 * move.risk * static
        by_time = np.array([1.0 / horizon, -closing, move.kappa2 * static**2, log_rate])
        return by_time / (1.0 / horizon + closing)

    def late(clock: float, y: Array) -> float:
        return float(y[0] - until)

    def uninformed(clock: float, y: Array) -> float:
        return float(y[1])

    ends = [late] if still else [late, uninformed]
    for end in ends:
        end.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(
        rates,
        (clock, clock + 1.1 * (until + y[1])),
        y,
        method="DOP853",
        rtol=max(rtol, LEAST),
        atol=0.01 * rtol * np.array([1.0, 1.0, known, 1.0]),
        dense_output=True,
        events=ends,
    )
    if found.status != 1 or found.sol is None:
        raise NormalError(f"the exact path failed: {found.message}")
    return found


def shoot(economy: Economy, rtol: float = RTOL, near: float | None = None) -> March:
    """The path that starts from psi = 0 at t = 0: roughly first, then to rounding."""
    known = economy.prior.variance
    widest = known * (1.0 + economy.rho_sigma**2 * economy.horizon * known)
    if not economy.motion(economy.respond(widest).precision_rate).psi_dot > 0:
        return march(economy, float(np.log1p(economy.told * known)), still=True)

    def miss(final: float, rtol: float) -> float:
        return march(economy, final, rtol).miss if final else -1.0

    if near:
        guess, step = float(np.log1p(near * known)), 1e-3
    else:
        low, high = 0.0, 1.0
        while miss(high, ROUGH) < 0.0:
            low, high = high, 2.0 * high
        guess, step = brentq(miss, low, high, args=(ROUGH,), xtol=1e-9), 1e-6
    while miss(guess * (1 - step), rtol) > 0.0 or miss(guess * (1 + step), rtol) < 0.0:
        if near and step >= 0.1:  # a guess that is no good
            return shoot(economy, rtol)
        step = min(10.0 * step, 1.0)
    ends = guess * (1 - step), guess * (1 + step)
    final = brentq(miss, *ends, args=(rtol,), xtol=1e-15, rtol=max(1e-14, 0.01 * rtol))
    return march(economy, float(final), rtol)
