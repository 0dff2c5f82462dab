"""One way to read a solved market, whatever solved it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case import Case
from pdesolve.model.attention.response import Response
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Prior
from pdesolve.solver.fields import States
from pdesolve.solver.values import QUANTITIES, VALUES, InitialState, scales
from pdesolve.typing import Array

FEW = 32  # points at which what is read is kept


class Reading(ABC):
    """Fields of a solved market as functions of the state and time.

    Everywhere xi, psi, t are broadcast together; what comes out has their shape, with NaN where the
    solution does not reach.

    Attributes
    ----------
    case : Case
    """

    case: Case

    @cached_property
    def economy(self) -> Economy:
        """The case as the equations ask for it."""
        return Economy.of(self.case)

    @property
    def prior(self) -> Prior:
        """The payoff's prior."""
        return self.economy.prior

    @abstractmethod
    def price(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price p, money.

        Parameters
        ----------
        xi, psi, t : array_like
            States (1/money, 1/money²) and time, broadcast together.

        Returns
        -------
        array
            Shaped like the broadcast arguments; NaN outside the region that the solution covers.
        """

    @abstractmethod
    def variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral variance V, money²; arguments and shape as in `price`."""

    @abstractmethod
    def log_value(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Log value L; arguments and shape as in `price`."""

    @abstractmethod
    def price_volatility(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price volatility, money/sqrt(time); arguments and shape as in `price`."""

    def paying_variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """The variance that pays for attention, money²: V, in continuous time."""
        return self.variance(xi, psi, t)

    def response(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Response:
        """Optimal attention and all that goes with it; arguments and shapes as in `price`."""
        variance = np.asarray(self.paying_variance(xi, psi, t))
        if variance.size > FEW:
            return self._response_to(variance)
        key, kept = (variance.shape, variance.tobytes()), self._last
        if key not in kept:
            kept.clear()
            kept[key] = self._response_to(variance)
        parts: Iterable[Any] = kept[key]
        return Response(*(part.copy() for part in parts))

    @cached_property
    def _last(self) -> dict[object, Response]:
        """The last one at a few points: its parts are asked for one after the other."""
        return {}

    def _response_to(self, variance: Array) -> Response:
        known = np.isfinite(variance)
        found = self.economy.respond(np.where(known, variance, 0.0))
        return Response(*(np.where(known, part, np.nan) for part in found))

    def attention(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Total attention S; arguments and shape as in `price`."""
        return self.response(xi, psi, t).attention

    def precision_rate(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Precision bought per unit of time A, 1/(money² time); arguments as in `price`."""
        return self.response(xi, psi, t).precision_rate

    def static_price(self, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
        """Price with no trade after now, p^s, money."""
        return States(self.prior, xi, psi).mean

    def static_variance(self, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
        """Variance with no trade after now, V^s, money²."""
        return States(self.prior, xi, psi).static.variance

    @cached_property
    def initial(self) -> InitialState:
        """Values at t = 0, xi = -rho n0, psi = 0."""
        found = {}
        for name in VALUES:
            value = QUANTITIES[name].value
            assert value is not None
            found[name] = float(value(self, self.economy.start))
        return InitialState(**found)

    @cached_property
    def _scales(self) -> dict[str, float]:
        """What errors of those are measured against."""
        return scales(self.economy, self.initial)

    def scales(self) -> dict[str, float]:
        """The same (:func:`pdesolve.solver.values.scales`)."""
        return dict(self._scales)
