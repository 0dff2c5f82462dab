"""One economy: what investors know and want, in the form in which the equations ask for it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.case import Case, Market
from pdesolve.case.errors import PdesolveError
from pdesolve.model import equations
from pdesolve.model.attention import response
from pdesolve.model.attention.kinks import Jump, Kink, jumps_of, kinks_of
from pdesolve.model.attention.response import Response
from pdesolve.model.attention.technology import Technology
from pdesolve.model.equations import Motion
from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.prior import Prior
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How extreme an economy may be before its numbers are lost to rounding or overflow.

    Attributes
    ----------
    supply_risk : float
        Largest rho sigma sqrt(T) times the payoff's sd: beyond, all but a share of its inverse of
        the states is at either end of the payoff, and the rest is lost between nodes.
    learned : float
        Largest precision that can be learned, times the payoff's variance.
    certain : float
        Least share of the payoff's variance that is left, in some state that supply leads to at
        psi = 0: with less, products of what is uncertain underflow.
    position : float
        Largest rho n0 in size, times the payoff's sd: beyond, what moves xi is lost beside it.
    spread : float
        Standard deviations of supply within which states are looked at.
    """

    supply_risk: float = 1e4
    learned: float = 1e15
    certain: float = 1e-200
    position: float = 1e10
    spread: float = 7.5


class OutOfReach(PdesolveError, ArithmeticError):
    """An economy so extreme that floating-point numbers cannot tell what happens in it."""


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
    jump_width : float
        Where attention jumps with the variance, the equations on a grid spread that over variances
        so far off at most, as a share of it (derivation.md, section 19); nothing else does.
    """

    market: Market
    prior: Prior
    technology: Technology
    jump_width: float = 0.0

    @classmethod
    def of(cls, case: Case, reach: Reach = Reach()) -> "Economy":
        """Read it off a case.

        Raises
        ------
        PriorError
            If the payoff has no equilibrium.
        OutOfReach
            If it is too extreme for floating-point numbers.
        """
        technology = Technology.of(case.attention)
        found = cls(market=case.market, prior=make_prior(case.payoff), technology=technology)
        if trouble := found._trouble(reach):
            raise OutOfReach(f"{case.name}: {trouble}")
        return found

    def _trouble(self, reach: Reach) -> str:
        """Why no floating-point numbers can describe it, if so."""
        prior, root = self.prior, self.rho_sigma * self.horizon**0.5
        if not root * prior.sd <= reach.supply_risk:
            return (
                f"supply risk rho sigma sqrt(T) is {root * prior.sd:.3g} times 1/sd of the payoff,"
                f" above {reach.supply_risk:g}: lower market.risk_aversion, supply_volatility or"
                " horizon"
            )
        if not abs(self.start) * prior.sd <= reach.position:
            return (
                f"initial supply rho n0 is {abs(self.start) * prior.sd:.3g} times 1/sd of the"
                f" payoff, above {reach.position:g}: lower market.initial_supply or risk_aversion"
            )
        states = self.start + reach.spread * root * np.linspace(-1.0, 1.0, 31)
        with np.errstate(all="ignore"):
            left = float(np.nanmax(np.append(prior.cumulants(states, 0.0).variance, 0.0)))
        if not left >= reach.certain * prior.variance:
            return (
                f"at an initial supply of {self.market.initial_supply:g} the payoff is as good as"
                f" certain: no more than {left / prior.variance:.1g} of its variance is left, which"
                " is out of range; lower market.initial_supply or risk_aversion in size"
            )
        try:
            rate = self.respond(prior.variance).precision_rate
        except ArithmeticError:  # for the solver to say, where attention is asked for
            return ""
        with np.errstate(all="ignore"):
            learned = float(self.motion(rate).psi_dot) * self.horizon + self.told
            learned *= prior.variance
        if not learned <= reach.learned:
            return (
                f"precision of {learned:.3g} times 1/variance of the payoff can be learned, above"
                f" {reach.learned:g}: raise market.risk_aversion, supply_volatility or"
                " attention.cost.scale, or lower attention.efficiency or market.public_precision"
            )
        return ""

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
        return 0.0 - self.market.risk_aversion * self.market.initial_supply

    @property
    def told(self) -> float:
        """Precision of all announcements together, 1/money²."""
        return sum(one.precision for one in self.market.announcements)

    @cached_property
    def kinks(self) -> tuple[Kink, ...]:
        """Variances at which attention's slope jumps."""
        return kinks_of(self.technology, self.risk_aversion)

    @cached_property
    def jumps(self) -> tuple[Jump, ...]:
        """Variances at which attention jumps."""
        return jumps_of(self.technology, self.risk_aversion)

    def respond(
        self, variance: ArrayLike, guess: ArrayLike | None = None, *, steep: bool = True
    ) -> Response:
        """Best response to the variance; arguments and errors as in `best_response`."""
        rho = self.risk_aversion
        return response.best_response(self.technology, rho, variance, guess, steep=steep)

    def motion(self, precision_rate: ArrayLike) -> Motion:
        """Diffusion and learning speed at a precision rate (derivation.md, section 3)."""
        return equations.motion(self.market, np.asarray(precision_rate))

    def visits(self, zeta: Array, psi: ArrayLike, sds: float) -> NDArray[np.bool_]:
        """Which states some path gets to that is at most so many sds off where its payoff leads.

        Given x (centred) evidence leads to start + psi x; what is added to it has a variance of at
        most psi + T A + rho² sigma² T, where A is the precision rate at which psi is reached at T
        (derivation.md, section 5). Every state where the payoff is not known as a mixture.

        Parameters
        ----------
        zeta : array
            Centred xi, 1/money.
        psi : array_like
            1/money², broadcast against `zeta`.
        sds : float
        """
        means, widths = self.prior.parts()
        found = np.ones(zeta.shape, dtype=bool)
        if not (np.isfinite(widths).all() and np.isfinite(sds)):
            return found
        psi = np.broadcast_to(np.asarray(psi, float), zeta.shape)
        rs2, horizon, led = self.rho_sigma**2, self.horizon, zeta - self.start
        rate = 0.5 * rs2 * (np.sqrt(1.0 + 4.0 * psi / (rs2 * horizon)) - 1.0)
        added = psi + (rate + rs2) * horizon
        found[...] = False
        for width in np.unique(widths):
            alike = np.sort(means[widths == width])
            between = 0.5 * (alike[1:] + alike[:-1])
            with np.errstate(all="ignore"):  # at psi = 0 all lead to the same
                nearest = alike[np.searchsorted(between, led / psi)]
            off = sds * np.sqrt(added + (psi * width) ** 2)
            found |= np.abs(led - psi * nearest) <= off
        return found

    def gain(self, price: Array, log_value: Array) -> Array:
        """Certainty-equivalent gain G0 of an investor, money (derivation.md, section 3)."""
        rho, supply = self.risk_aversion, self.market.initial_supply
        return -(rho * supply * price + log_value) / rho
