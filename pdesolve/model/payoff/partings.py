"""Where evidence tells payoffs apart that are far from each other."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp

from pdesolve.typing import Array


class Parting(NamedTuple):
    """Where evidence tells the payoffs on either side of a gap apart: about centre + slope psi.

    Attributes
    ----------
    centre : float
        Centred xi at psi = 0 at which either side is as likely, 1/money.
    slope : float
        Middle of the gap, centred, money.
    distance : float
        Between the means of both sides there, money: all is settled over 1/distance in xi.
    """

    centre: float
    slope: float
    distance: float


def widest_gaps(
    offsets: Array, log_weights: Array, sds: Array, least: float, most: int
) -> list[Parting]:
    """Gaps between the means of neighbours in a mixture of normals.

    Once psi tells all others apart the odds of both neighbours are even at xi = slope psi, but for
    their weights; at psi = 0 everything on either side counts.

    Parameters
    ----------
    offsets, log_weights, sds : array, shape (components,)
        Centred means, money; logs of the weights; standard deviations.
    least : float
        Width of a gap, money, at least.
    most : int
        Gaps.
    """
    order, found = np.argsort(offsets), list[Parting]()
    u, log_w, s2 = offsets[order], log_weights[order], sds[order] ** 2

    def side(part: slice, zeta: float) -> tuple[float, float]:
        """Log mass and mean."""
        log_mass = log_w[part] + zeta * u[part] + 0.5 * zeta**2 * s2[part]
        mean = np.average(u[part] + zeta * s2[part], weights=np.exp(log_mass - log_mass.max()))
        return float(logsumexp(log_mass)), float(mean)

    def odds(zeta: float, i: int) -> float:
        """Log of what is above a gap over what is below."""
        return side(slice(i + 1, None), zeta)[0] - side(slice(0, i + 1), zeta)[0]

    gaps = np.diff(u)
    for i in np.argsort(-gaps)[:most].tolist():
        if gaps[i] < least:
            break
        far = (1.0 + abs(odds(0.0, i))) / gaps[i]  # the means are a gap apart, or more
        if odds(-far, i) * odds(far, i) > 0.0:  # unless sds differ
            continue
        centre = float(brentq(odds, -far, far, args=(i,)))
        low, high = side(slice(0, i + 1), centre)[1], side(slice(i + 1, None), centre)[1]
        if high > low:
            found.append(Parting(centre, 0.5 * float(u[i] + u[i + 1]), high - low))
    return found
