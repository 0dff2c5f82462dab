"""The path of a market with a normal payoff from psi = 0, by shooting (derivation.md, section 8).

Backwards in time: from a guess of the psi that is reached at T to psi = 0, which is to be at t = 0.
"""

from typing import NamedTuple

import numpy as np
from scipy.integrate import OdeSolution, solve_ivp
from scipy.optimize import brentq

from pdesolve.case.errors import PdesolveError
from pdesolve.model.economy import Economy
from pdesolve.typing import Array

RTOL = 1e-13
ROUGH = 1e-7  # for a first guess


class NormalError(PdesolveError, ArithmeticError):
    """The closed form's ordinary differential equations could not be integrated."""


class March(NamedTuple):
    """Path of (s/T, log(1 + psi/tau), V, l) by a clock of its own, from 0 to `end`."""

    path: OdeSolution
    end: float
    miss: float


def march(economy: Economy, final: float, rtol: float = RTOL) -> March:
    """Integrate back from x = log(1 + psi/tau) = `final` at T to x = 0, or for T if `final` is 0.

    The clock runs fast where learning does, at the rate 1/T + psi_dot/(tau + psi) per unit of time,
    so that nothing changes abruptly by it. `miss` is s/T - 1 where x = 0: it increases with
    `final`. Paths more than twice too long end early, with x in place of the rest of the way.
    """
    known, rho, horizon = economy.prior.variance, economy.risk_aversion, economy.horizon
    longest = 2.0 if final else 1.0

    def rates(clock: float, y: Array) -> Array:
        _, x, variance, _ = y
        found = economy.respond(variance)
        move, static = economy.motion(found.precision_rate), known * np.exp(-x)
        closing = move.psi_dot * static
        log_rate = rho * found.cost - 0.5 * move.risk * static
        by_time = np.array([1.0 / horizon, -closing, move.kappa2 * static**2, log_rate])
        return by_time / (1.0 / horizon + closing)

    def late(clock: float, y: Array) -> float:
        return float(y[0] - longest)

    def uninformed(clock: float, y: Array) -> float:
        return float(y[1])

    ends = [late, uninformed] if final else [late]
    for end in ends:
        end.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(
        rates,
        (0.0, 1.1 * (longest + final)),
        [0.0, final, known * np.exp(-final), 0.0],
        method="DOP853",
        rtol=rtol,
        atol=0.01 * rtol * np.array([1.0, 1.0, known, 1.0]),
        dense_output=True,
        events=ends,
    )
    if found.status != 1 or found.sol is None:
        raise NormalError(f"the exact path failed: {found.message}")
    s, x = found.y[:2, -1]
    return March(found.sol, float(found.t[-1]), float(s - 1.0 + max(x, 0.0)))


def shoot(economy: Economy, rtol: float = RTOL, near: float | None = None) -> March:
    """The path that starts from psi = 0 at t = 0: roughly first, then to rounding."""
    known = economy.prior.variance
    widest = known * (1.0 + economy.rho_sigma**2 * economy.horizon * known)
    if not economy.motion(economy.respond(widest).precision_rate).psi_dot > 0:
        return march(economy, 0.0)  # nobody ever learns

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
