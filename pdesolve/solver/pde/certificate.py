"""What passes over one domain share, and no comparison between them can see: is it large enough.

Checked after a pass, from what that found: that no economy learns more than the grid covers, and
that next to no path leaves it along xi under the physical measure. (What leaves under the
risk-neutral one, whose expectations the fields are, is measured by continuing the grid outwards:
:mod:`.contributions`.)
"""

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.solution import Solution


def widened(domain: Domain, found: Solution, tolerance: float, margin: float) -> Domain:
    """The domain, made larger where the solution on it says that it does not suffice.

    Parameters
    ----------
    domain : Domain
    found : Solution
        On a grid of that domain.
    tolerance : float
        Paths that leave the grid may have a hundredth of this probability.
    margin : float
        On the largest psi that is reached.
    """
    needed = min(float(found.psi_reached[-1]), domain.psi_informed)
    if not domain.informed and needed > found.space.psi_known:
        domain = replace(domain, psi_top=min(margin * needed, domain.psi_informed))
    wanted = -float(ndtri(1e-2 * tolerance))
    if found.space.n_xi > 1 and covered(found, domain.tuning.reach) < wanted:
        domain = replace(domain, reach=1.5 * domain.reach)
    return domain


def covered(found: Solution, reach: float) -> float:
    """How many standard deviations off the grid's ends are for a path, given any likely payoff.

    Given x (centred) the evidence at psi is xi = start + psi x + M, where M is a martingale whose
    variance grows by kappa² dt = (psi_dot + A + rho² sigma²) dt (derivation.md, section 7); as A is
    at most psi_dot, that is at most 2 psi + rho² sigma² T in all.
    """
    space, economy = found.space, found.economy
    lines = space.psi <= max(float(found.psi_reached[-1]), 0.0)
    psi = space.psi[lines]
    low, high = economy.prior.span([0.0], reach)
    sd = np.sqrt(2.0 * psi + economy.rho_sigma**2 * economy.horizon)
    below = economy.start + psi * low - space.xi[lines, 0]
    above = space.xi[lines, -1] - economy.start - psi * high
    return float(np.min(np.minimum(below, above) / sd))
