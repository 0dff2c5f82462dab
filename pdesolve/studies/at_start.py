"""The initial values as functions of the deviations there, and of the parameters besides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case import Case
from pdesolve.model.attention.response import Response
from pdesolve.model.economy import Economy
from pdesolve.solver.fields import States
from pdesolve.solver.reading import Reading
from pdesolve.solver.values import QUANTITIES, VALUES
from pdesolve.studies.moved import Moved
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class AtStart(Reading):
    """A market that is known in the initial state only: whatever is asked for, it answers there.

    Attributes
    ----------
    case : Case
    given : Economy
        Of that case.
    at : States
        The initial state.
    read : array, shape (4,) or (4, n)
        Deviations q, v and l there, and q_xi; or several such.
    """

    case: Case
    given: Economy
    at: States
    read: Array

    @cached_property
    def economy(self) -> Economy:
        """The case as the equations ask for it."""
        return self.given

    def price(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price p, money."""
        return self.at.mean + self.read[0]

    def variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral variance V, money²."""
        return np.maximum(self.at.static.variance + self.read[1], 0.0)

    def log_value(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Log value L."""
        return self.at.phi + self.read[2]

    def price_volatility(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price volatility, money/sqrt(time)."""
        kappa2 = self.economy.motion(self.precision_rate(xi)).kappa2
        return np.sqrt(kappa2) * np.maximum(self.at.static.variance + self.read[3], 0.0)

    def static_price(self, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
        """Price with no trade after now, money."""
        return self.at.mean

    def static_variance(self, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
        """Variance with no trade after now, money²."""
        return self.at.static.variance

    @cached_property
    def _best(self) -> Response:
        return self.economy.respond(self.variance(self.economy.start), steep=False)

    def response(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Response:
        """Optimal attention, looked for once."""
        return self._best

    @property
    def values(self) -> Array:
        """All initial values, (values,) or (values, n)."""
        found, xi = np.empty((len(VALUES), *self.read.shape[1:])), self.economy.start
        for k, name in enumerate(VALUES):
            value = QUANTITIES[name].value
            assert value is not None
            found[k] = value(self, xi)
        return found


def sensitivities(
    base: AtStart, sizes: Array, moved: Sequence[Moved], step: float
) -> tuple[Array, Array]:
    """Slopes of the initial values to what is read at the start, and to parameters besides.

    Parameters
    ----------
    base : AtStart
    sizes : array, shape (4,)
        Of what is read.
    moved : sequence of Moved
    step : float
        Of differences to what is read, in units of the sizes.

    Returns
    -------
    by_read, besides : array, shape (values, 4) and (values, p)
    """
    read = base.read[:, None] + step * np.diag(np.append(0.0, sizes))[1:]
    values, by_read = np.split(replace(base, read=read).values, [1], axis=1)
    besides = [one.values for one in _beside(base, moved)]
    return (
        (by_read - values) / (step * sizes),
        (np.stack(besides, axis=-1) - values) / [one.step for one in moved],
    )


def _beside(base: AtStart, moved: Sequence[Moved]) -> list[AtStart]:
    """The same deviations in cases nearby."""
    prior, nowhere = base.economy.prior, np.zeros(())
    others = [one.economy.prior for one in moved if one.economy.prior is not prior]
    _, *known = prior.beside(others, nowhere + base.economy.start, nowhere)
    static, found = dict(zip(map(id, others), known, strict=True)), list[AtStart]()
    for one in moved:
        economy, at = one.economy, base.at
        if id(economy.prior) in static:
            at = States(economy.prior, economy.start, 0.0, static=static[id(economy.prior)])
        elif economy.start != base.economy.start:
            at = States(economy.prior, economy.start, 0.0)
        found.append(replace(base, case=one.case, given=economy, at=at))
    return found
