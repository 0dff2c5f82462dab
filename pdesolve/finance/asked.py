"""What may be asked of a market: dates, payoffs, maturities and strikes, before it is solved."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case.errors import PdesolveError
from pdesolve.model.economy import Economy
from pdesolve.solver.pde.domain import DomainTuning

SOONEST = 1e-50  # date but 0, as a share of the horizon: what is sooner has no steps before it
Measure = Literal["physical", "risk-neutral"]
MEASURES = get_args(Measure)


class ExpectationError(PdesolveError, ValueError):
    """Something that cannot be expected of a market, in one sentence."""


class ClaimError(PdesolveError, ValueError):
    """A claim that cannot be priced, in one sentence."""


def is_date(date: float, horizon: float) -> bool:
    """Whether a market has this date: 0, or one that can be told from it, up to the horizon."""
    return date == 0.0 or SOONEST * horizon <= date <= horizon


def check_expectations(
    economy: Economy, measure: str, given: float | None, dates: ArrayLike | None
) -> None:
    """Refuse what cannot be expected.

    Raises
    ------
    ExpectationError
        If a date, the measure or the payoff is not possible.
    """
    if dates is not None:
        wrong = [float(one) for one in np.ravel(dates) if not is_date(one, economy.horizon)]
        if wrong or not np.size(dates):
            got = f"{wrong[0]:.15g}" if wrong else "none"
            rule = f"dates must lie between 0 and the horizon, {economy.horizon:g}"
            raise ExpectationError(f"{rule}; got {got}")
    if not isinstance(measure, str) or measure not in MEASURES:
        names = " or ".join(repr(name) for name in MEASURES)
        raise ExpectationError(f"measure must be {names}, got {measure!r}")
    if given is None:
        return
    if measure != "physical":
        raise ExpectationError("a payoff can be given under the physical measure only")
    prior = economy.prior
    low, high = prior.low, prior.high
    if not np.isfinite(given) or not prior.possible(given):
        rule = f"one of the payoffs, from {low:g} to {high:g}" if np.isfinite(low) else "a number"
        raise ExpectationError(f"the payoff that is given must be {rule}; got {given:g}")
    low, high = (prior.centre + end for end in prior.span([0.0], DomainTuning().reach))
    if not low <= given <= high:
        raise ExpectationError(
            f"the payoff that is given must be one that the states on the grid can lead to, from"
            f" {low:g} to {high:g}; got {given:g}"
        )


def check_claims(
    economy: Economy, strikes: ArrayLike | None = None, maturity: float | None = None
) -> None:
    """Refuse claims that cannot be priced.

    Raises
    ------
    ClaimError
        If a strike is not a finite number, or the maturity not after 0 and up to the horizon.
    """
    if maturity is not None and not (maturity and is_date(maturity, economy.horizon)):
        rule = f"a maturity must be after 0 and up to the horizon, {economy.horizon:g}"
        raise ClaimError(f"{rule}; got {maturity:.15g}")
    if strikes is None:
        return
    at = np.ravel(np.asarray(strikes, float))
    wrong = at[~np.isfinite(at)]
    if wrong.size or not at.size:
        got = f"{wrong[0]:g}" if wrong.size else "none"
        raise ClaimError(f"strikes must be finite numbers; got {got}")
