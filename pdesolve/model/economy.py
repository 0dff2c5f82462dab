"""One economy: what investors know and want, in the form in which the equations ask for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case import Case, Market
from pdesolve.model import equations
from pdesolve.model.attention import response
from pdesolve.model.attention.response import Response
from pdesolve.model.attention.technology import Technology
from pdesolve.model.equations import Motion
from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.prior import Prior
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Economy:
    """Investors, their signals and the asset that they trade; made once from a case.

    Attributes
    ----------
    market : Market
    prior : Prior
        Of the payoff.
    technology : Technology
        What attention costs and brings.
    """

    market: Market
    prior: Prior
    technology: Technology

    @classmethod
    def of(cls, case: Case) -> "Economy":
        """Read it off a case.

        Raises
        ------
        PriorError
            If the payoff has no equilibrium.
        """
        technology = Technology.of(case.attention)
        return cls(market=case.market, prior=make_prior(case.payoff), technology=technology)

    @property
    def risk_aversion(self) -> float:
        """Rho, 1/money."""
        return self.market.risk_aversion

    @property
    def horizon(self) -> float:
        """T, time."""
        return self.market.horizon

    @property
    def rho_sigma(self) -> float:
        """Supply's part of the diffusion of xi, 1/(money sqrt(time))."""
        return self.market.risk_aversion * self.market.supply_volatility

    @property
    def start(self) -> float:
        """The xi at t = 0: -rho n0, 1/money (derivation.md, section 3)."""
        return -self.market.risk_aversion * self.market.initial_supply

    def respond(self, variance: ArrayLike, guess: ArrayLike | None = None) -> Response:
        """Best response to the variance; arguments and errors as in `best_response`."""
        return response.best_response(self.technology, self.risk_aversion, variance, guess)

    def motion(self, precision_rate: ArrayLike) -> Motion:
        """Diffusion and learning speed at a precision rate (derivation.md, section 3)."""
        return equations.motion(self.market, np.asarray(precision_rate))

    def gain(self, price: Array, log_value: Array) -> Array:
        """Certainty-equivalent gain G0 of an investor, money (derivation.md, section 3)."""
        rho, supply = self.risk_aversion, self.market.initial_supply
        return -(rho * supply * price + log_value) / rho
