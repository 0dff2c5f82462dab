"""Where attention bends, or jumps: at zero and at its cap (derivation.md, section 6)."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pdesolve.model.attention.response import NoOptimum, Response, best_response
from pdesolve.model.attention.technology import Technology

BESIDE = 1e-9, 1e-4  # of a kink's variance: how far from it slopes are taken
LEAST = 1e-100  # benefit at which attention sets in: less is none
STRAIGHT = 1.5  # those two are as alike as that where the kink is one between two slopes
ROUNDS, BETWEEN = 12, 65  # in which a jump is encircled, and variances looked at in each
JUMP = 1e-6  # of the precision rate beyond it: less is none


class Kink(NamedTuple):
    """A variance at which attention's slope jumps, money², and by how much dA/dV does."""

    variance: float
    jump: float


class Jump(NamedTuple):
    """A variance at which the best attention jumps, money², and the choices either side."""

    variance: float
    choices: Response


@lru_cache(maxsize=8)
def kinks_of(technology: Technology, risk_aversion: float) -> tuple[Kink, ...]:
    """Corners at which the precision rate is continuous, with a slope on either side.

    Where attention itself jumps there is none, nor where it sets in with another power of the
    variance than the first (a power cost with a linear part and an exponent that is not 2).
    """
    _, _, low, high = technology.interior
    corners = [(low, 1)] if low + technology.handicap > LEAST else []
    corners += [(high, -1)] if np.isfinite(technology.capacity) and high > low else []
    found = []
    for benefit, side in corners:
        at = 2 * risk_aversion * (benefit + technology.handicap)
        near, far = (1.0 + side * beside for beside in BESIDE)
        inside = best_response(technology, risk_aversion, at * np.array([near, far]))
        outside = best_response(technology, risk_aversion, at * np.array([2.0 - near]))
        gap = abs(inside.precision_rate[0] - outside.precision_rate[0])
        slope = inside.slope
        straight = 0.0 < slope.max() < STRAIGHT * slope.min()
        if straight and gap <= 4.0 * BESIDE[0] * at * slope[0]:
            found.append(Kink(at, float(side * slope[0])))
    return tuple(found)


@lru_cache(maxsize=8)
def jumps_of(technology: Technology, risk_aversion: float) -> tuple[Jump, ...]:
    """Where the best of no attention, the interior maximum and the capacity becomes another.

    Attention never falls as variance rises, so each of these is found by looking ever closer.
    """
    _, _, low, high = technology.interior
    ends = np.array([low, high, technology.needed(technology.floor)])
    if np.isfinite(technology.capacity):
        ends = np.append(ends, technology.needed(technology.capacity))
    ends = 2.0 * risk_aversion * ends[(ends > LEAST) & np.isfinite(ends)]
    found: dict[float, Jump] = {}
    if not technology.precision.convex or not ends.size:
        return ()
    for regime in (1, 2):
        near, far = 0.5 * ends.min(), 2.0 * ends.max()
        try:
            for _ in range(ROUNDS):
                variance = np.geomspace(near, far, BETWEEN)
                there = best_response(technology, risk_aversion, variance).regime >= regime
                if there[0] or not there[-1]:
                    break
                first = int(np.argmax(there))
                near, far = float(variance[first - 1]), float(variance[first])
            choices = best_response(technology, risk_aversion, [near, far])
        except NoOptimum:
            continue
        before, after = choices.precision_rate
        if after - before > JUMP * after and far < (1.0 + JUMP) * near:
            found[far] = Jump(far, choices)
    return tuple(found.values())
