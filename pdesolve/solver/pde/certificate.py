"""What passes over one domain share, and no comparison between them can see: is it large enough.

Checked after a pass, from what that found: that no economy learns more than the grid covers, that
next to no path leaves it along xi under the physical or the risk-neutral measure, and that the
reported values hardly change where the grid is continued outwards (:mod:`.contributions`).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import cumulative_trapezoid, trapezoid
from scipy.special import ndtri

from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.pde.errors import Errors, worst
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class CertificateTuning:
    """What is asked of a domain, and how it is widened.

    Attributes
    ----------
    margin : float
        Of the next largest psi, on the largest that is reached.
    leaving : float
        Of the tolerance: probability of the paths that may leave the grid along xi.
    ends : float
        Of the tolerance: error that the ends may leave.
    wider : float
        Next reach along xi, or largest psi, in units of one that did not suffice.
    """

    margin: float = 1.2
    leaving: float = 1e-2
    ends: float = 0.5
    wider: float = 1.5


def widened(
    domain: Domain, found: Solution, ends: Errors, tolerance: float, tuning: CertificateTuning
) -> Domain:
    """The domain, made larger where the solution on it says that it does not suffice.

    Parameters
    ----------
    domain : Domain
    found : Solution
        On a grid of that domain.
    ends : dict of str to float
        What continuing the grid outwards changes in the reported values.
    tolerance : float
    tuning : CertificateTuning
    """
    if (longest := min(learned_after_all(found), domain.psi_informed)) > 0.0:
        return replace(domain, psi_top=max(longest, tuning.wider * domain.psi_top))
    needed = min(float(found.psi_reached[-1]), domain.psi_informed)
    if not domain.informed and needed > found.space.psi_known:
        domain = replace(domain, psi_top=min(tuning.margin * needed, domain.psi_informed))
    if found.space.n_xi > 1:
        enough = -float(ndtri(tuning.leaving * tolerance))
        felt = worst(found, ends) > tuning.ends * tolerance
        if felt or covered(found, domain.tuning.reach) < enough:
            domain = replace(domain, reach=tuning.wider * domain.reach)
        if felt and found.psi_possible > found.space.psi_known:
            later = min(tuning.wider * domain.psi_top, domain.psi_informed)
            domain = replace(domain, psi_top=later, sds=tuning.wider * domain.sds)
    return domain


def learned_after_all(found: Solution) -> float:
    """Largest psi, at most, if psi matters and grows somewhere on the one line of a solution.

    Zero else. Where the static market calls for no attention the variance of the equilibrium still
    may: it is another one, and can be more than the largest of the static ones.
    """
    if found.space.n_psi > 1 or found.prior.is_two_point:
        return 0.0
    return found.learning[1] * found.economy.horizon


def covered(found: Solution, reach: float) -> float:
    """How many standard deviations off the grid's ends are for a path, under either measure.

    Given x (centred) the evidence at psi is xi = start + psi x + M, where M is a martingale whose
    variance grows by kappa² dt = (psi_dot + A + rho² sigma²) dt (derivation.md, section 7); as A is
    at most psi_dot, that is at most 2 psi + rho² sigma² T in all. Under Q the price takes the place
    of x, and another drift is added (:func:`pushed`).
    """
    space, economy = found.space, found.economy
    lines = space.psi <= max(float(found.psi_reached[-1]), 0.0)
    psi, push = space.psi[lines], pushed(found)[lines]
    low, high = economy.prior.span([0.0], reach)
    sd = np.sqrt(2.0 * psi + economy.rho_sigma**2 * economy.horizon)
    below = economy.start + psi * low - space.xi[lines, 0]
    above = space.xi[lines, -1] - economy.start - psi * high
    return float(np.min((np.minimum(below, above) - push) / sd))


def pushed(found: Solution) -> Array:
    """How far a path to each line of psi is pushed along xi under Q, at most; shape (n_psi,).

    There mu = psi_dot p + kappa² (l_xi - q) (derivation.md, section 5). As kappa² is at most
    2 psi_dot + rho² sigma², the last term adds up to at most 2 |l_xi - q| over psi and rho² sigma²
    times that over time, with the largest there is on the lines that a path to this one passes.
    """
    space = found.space
    slopes = [space.derivatives(u[..., 2:])[0][..., 0] for u in found.states]
    wedge = np.abs(slopes - found.states[..., 0])
    aside = np.where(found.visited, wedge, 0.0).max(axis=-1)
    learning = 2.0 * cumulative_trapezoid(aside.max(axis=0), space.psi, initial=0)
    so_far = np.maximum.accumulate(aside, axis=1)
    return learning + found.economy.rho_sigma**2 * trapezoid(so_far, found.times, axis=0)
