"""Richardson extrapolation and the grid convergence index of numbers under refinement.

The terms are those of Roache, *Verification and Validation in Computational Science and
Engineering* (1998), and of Celik et al., *Journal of Fluids Engineering* 130 (2008) 078001.
Numbers in, numbers out: nothing here knows the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, isfinite, log, nan

from scipy.optimize import brentq

from pdesolve.verification.orders import FitTuning


@dataclass(frozen=True, kw_only=True)
class ApparentTuning:
    """How apparent orders are read.

    Attributes
    ----------
    three, two : float
        Roache's safety factors for three grids and for two.
    lowest : float
        Apparent order that counts as one.
    near : float
        Share of the expected order by which the apparent one may miss it when asymptotic.
    round_off : float
        As in `FitTuning`.
    """

    three: float = 1.25
    two: float = 3.0
    lowest: float = 1e-3
    near: float = 0.1
    round_off: float = FitTuning.round_off


@dataclass(frozen=True, kw_only=True)
class Richardson:
    """What successive refinement says about one number, the finest first in the formulas below.

    Attributes
    ----------
    values : tuple of float
        From the coarsest resolution to the finest.
    apparent : float
        Order p at which the last three values converge; NaN with two values or if they do not.
    used : float
        Order that the extrapolation uses: `apparent`, kept between 1/2 and the expected order.
    extrapolated : float
        Value at infinite resolution.
    gci : float
        Grid convergence index of the finest value: a bound on its error, same unit. The safety
        factor is 1.25 with three values that converge, 3 with two; where three oscillate or
        diverge, it is 3 times the last change.
    asymptotic : float
        GCI of the middle value / (r^p GCI of the finest), p being the order expected: near 1 in the
        asymptotic range; NaN with two values.
    verdict : str
        "asymptotic", "monotone" (converging, at another order), "oscillatory", "diverging",
        "round-off" or "two values".
    """

    values: tuple[float, ...]
    apparent: float
    used: float
    extrapolated: float
    gci: float
    asymptotic: float
    verdict: str


def apparent_order(
    coarse: float,
    fine: float,
    ratios: tuple[float, float],
    tuning: ApparentTuning = ApparentTuning(),
) -> float:
    """Order p from two successive changes (Celik et al. 2008, eq. 5).

    Parameters
    ----------
    coarse, fine : float
        Middle value less coarsest, and finest less middle; their signs do not matter.
    ratios : (float, float)
        Of the resolutions: middle to coarsest, and finest to middle.
    tuning : ApparentTuning

    Returns
    -------
    float
        NaN if the changes do not fall as those of any order do.
    """
    wide, narrow = (log(r) for r in ratios)
    if coarse == 0.0 or fine == 0.0:
        return nan
    target = log(abs(coarse / fine))

    def excess(p: float) -> float:  # of the log ratio that order p has; it rises with p
        return p * wide + log(expm1(-p * wide) / expm1(-p * narrow)) - target

    if excess(tuning.lowest) >= 0.0:
        return nan
    high = 1.0
    while excess(high) < 0.0:
        high *= 2.0
    return float(brentq(excess, tuning.lowest, high, xtol=1e-13))


def extrapolate(
    resolutions: Sequence[float],
    values: Sequence[float],
    *,
    expected: float,
    scale: float = 1.0,
    tuning: ApparentTuning = ApparentTuning(),
) -> Richardson:
    """Extrapolate, and bound the error of the finest value.

    Parameters
    ----------
    resolutions : sequence
        Increasing; two or more.
    values : sequence
        One for each.
    expected : float
        Order in theory, > 0.
    scale : float
        What round-off is relative to, in the values' unit.
    tuning : ApparentTuning

    Returns
    -------
    Richardson
        From the last three values, or with the expected order from two.
    """
    n, x = [float(k) for k in resolutions], [float(v) for v in values]
    r, fine, floor = n[-1] / n[-2], x[-1] - x[-2], tuning.round_off * scale
    apparent, asymptotic, safety, verdict = nan, nan, tuning.two, "two values"
    if len(x) > 2:
        wide, coarse, safety = n[-2] / n[-3], x[-2] - x[-3], tuning.three
        apparent = apparent_order(coarse, fine, (wide, r), tuning)
        if fine != 0.0:  # GCI of the middle value over r^p times that of the finest
            asymptotic = abs(coarse / fine) * (r**expected - 1.0) / (wide**expected - 1.0)
            asymptotic /= r**expected
        verdict = _verdict(coarse, fine, apparent, expected, floor, tuning.near)
    converging = verdict in ("asymptotic", "monotone")
    used = min(max(apparent, 0.5), expected) if converging else expected
    gain = fine / (r**used - 1.0)
    if verdict in ("oscillatory", "diverging"):
        safety, bound = tuning.two, abs(fine)
    else:
        bound = abs(gain)
    return Richardson(
        values=tuple(x),
        apparent=apparent,
        used=used,
        extrapolated=x[-1] + (gain if converging or verdict == "two values" else 0.0),
        gci=max(safety * bound, floor),
        asymptotic=asymptotic,
        verdict=verdict,
    )


def _verdict(
    coarse: float, fine: float, apparent: float, expected: float, floor: float, near: float
) -> str:
    """Say in a word how three values converge."""
    if abs(fine) <= floor:
        return "round-off"
    if not isfinite(apparent):
        return "diverging"
    if coarse * fine < 0.0:
        return "oscillatory"
    return "asymptotic" if abs(apparent - expected) <= near * expected else "monotone"
