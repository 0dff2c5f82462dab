"""The equations of an economy on a grid, as the time-stepper wants them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.model import equations
from pdesolve.model.attention.response import Response
from pdesolve.model.economy import Economy
from pdesolve.model.equations import Felt, Motion
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.numerics.banded import Factors, Room
from pdesolve.numerics.grid import Grid
from pdesolve.solver.fields import static_nodes
from pdesolve.solver.pde.corners import Added, Corners, by_variance, over_kappa2
from pdesolve.solver.pde.jumps import Jumps
from pdesolve.typing import Array


class OutOfRange(PdesolveError, ArithmeticError):
    """A price outside the payoff's range."""


class Coefficients(NamedTuple):
    """Of a Jacobian J u = c0 u + c1 u_xi + c2 u_xixi + c_psi u_psi, as `Factors` has them.

    The fields are in units of their typical sizes.
    """

    c0: Array
    c1: Array
    c2: Array
    c_psi: Array


@dataclass(frozen=True, kw_only=True)
class Equilibrium:
    """The coupled equations of one economy on one grid: what the time-stepper marches.

    Parameters
    ----------
    economy : Economy
    grid : Grid
    static : Cumulants
        Of the centred payoff at the grid's nodes, arrays of shape (n_psi, n_xi).
    price_range : (float, float)
        Least and largest (centred) payoff, money: every price lies between them.
    sizes : (float, float, float)
        Typical sizes of q, v and l: the implicit step's matrix is scaled by them, so that pivots do
        not depend on the unit of money.
    """

    economy: Economy
    grid: Grid
    static: Cumulants
    price_range: tuple[float, float]
    sizes: tuple[float, float, float]

    @classmethod
    def of(cls, economy: Economy, grid: Grid, static: Cumulants | None = None) -> "Equilibrium":
        """The equations of an economy on a grid, whose static market may be known already."""
        prior = economy.prior
        return cls(
            economy=economy,
            grid=grid,
            static=static_nodes(prior, grid) if static is None else static,
            price_range=(prior.low - prior.centre, prior.high - prior.centre),
            sizes=(prior.sd, prior.variance, 1.0),
        )

    def at_the_end(self) -> Array:
        """Deviations when the payoff is paid: none; each field in one piece, as it is read."""
        return np.moveaxis(np.zeros((len(self.sizes), *self.grid.xi.shape)), 0, -1)

    @cached_property
    def lines_known(self) -> int:
        """Lines up to psi_known, from psi = 0 on."""
        return int(np.searchsorted(self.grid.psi, self.grid.psi_known, side="right"))

    @cached_property
    def units(self) -> Array:
        """Of the fields, shape (3,)."""
        return np.array(self.sizes)

    @cached_property
    def ratios(self) -> Array:
        """Of the units of one field and of another, shape (3, 3)."""
        return self.units / self.units[:, None]

    @cached_property
    def corners(self) -> Corners:
        """Kinks of attention on the grid."""
        return Corners.of(self.economy, self.grid)

    @cached_property
    def jumps(self) -> Jumps:
        """Jumps of attention on the grid."""
        return Jumps.of(self.economy, self.grid)

    @cached_property
    def room(self) -> Room:
        """Where the factors of an implicit step are kept, until the next one's are."""
        return Room.of(self.grid, len(self.sizes))

    def respond(self, u: Array, guess: Array | None = None) -> Response:
        """Optimal attention at every node, given the deviations u; no slopes if it is guessed."""
        return self.economy.respond(self.static.variance + u[..., 1], guess, steep=guess is None)

    def seen(
        self, u: Array, u_xi: Array, move: Motion, cost: Array, kinks: int, felt: Felt | None = None
    ) -> Added | None:
        """What differences along xi make of jumps of attention, and of so many kinks, the last.

        With slopes by V if it is given how attention is felt.
        """
        if not ((kinks and self.corners.at) or (self.economy.jumps and self.jumps.at)):
            return None
        variance, by_xi = self.static.variance + u[..., 1], self.static.third + u_xi[..., 1]
        bent = self.corners.last(kinks).added(variance, by_xi, move.kappa2)
        spread = None
        if self.economy.jumps:
            slopes = None if felt is None else by_variance(felt)
            spread = self.jumps.added(variance, by_xi, over_kappa2(move, cost), slopes)
        return spread.and_also(bent) if spread else bent

    def derivatives(self, u: Array) -> Array:
        """As the grid's, of one state or of several, (states, n_psi, n_xi, 3)."""
        if u.ndim == 3:
            return self.grid.derivatives(u)
        beside = u.transpose(1, 2, 0, 3)
        found = self.grid.derivatives(beside.reshape(*self.grid.xi.shape, -1))
        return found.reshape(3, *beside.shape).transpose(0, 3, 1, 2, 4)

    def rates(self, u: Array, jet: Array, move: Motion, cost: Array) -> Array:
        """Rates of the deviations u, given their derivatives and what attention makes of them."""
        return equations.rates(u, jet, self.static, move, cost, self.economy.risk_aversion)

    def linearise(self, u: Array) -> "EquilibriumAt":
        """The equations seen from the state u, or from several, (states, n_psi, n_xi, 3).

        Raises
        ------
        OutOfRange
            If a price is outside the payoff's range by more than a hundredth of it: the price is an
            expectation of the payoff, so the grid is too coarse for this state. Lines beyond
            psi_known, where transport fades, are no equilibrium's.
        """
        low, high = self.price_range
        if np.isfinite(high - low):
            lines = slice(self.lines_known)
            price = self.static.mean[lines] + u[..., lines, :, 0]
            slack = 0.01 * (high - low)
            if price.min() < low - slack or price.max() > high + slack:
                raise OutOfRange("the price leaves the payoff's range: too few xi nodes")
        return EquilibriumAt(self, u)


class EquilibriumAt:
    """The equations near one state: rates, and the implicit step's solver.

    Of several states there are rates and coefficients, with an axis of states before the grid's.
    """

    def __init__(self, system: Equilibrium, u: Array):
        self._system = system
        self._u = u
        self._response = system.respond(u)
        self._jet = system.derivatives(u)
        move = system.economy.motion(self._response.precision_rate)
        variance = system.static.variance + u[..., 1]
        felt = Felt.of(system.economy.market, self._response, move, variance)
        added = system.seen(u, self._jet[0], move, felt.cost, len(system.corners.at), felt)
        self._felt = added.to_felt(felt) if added else felt
        self.initial_rates = system.rates(u, self._jet, *self._felt[:2])

    def rates(self, u: Array) -> Array:
        """Rates at a state nearby; the attention search starts from this state's."""
        system, jet = self._system, self._system.grid.derivatives(u)
        response = system.respond(u, self._response.attention)
        move, cost = system.economy.motion(response.precision_rate), response.cost
        if added := system.seen(u, jet[0], move, cost, len(system.corners.at)):
            move, cost = added.to(move, cost)
        return system.rates(u, jet, move, cost)

    def rates_in(self, others: "Others") -> Array:
        """Rates at these very states in economies nearby: (others, states, n_psi, n_xi, 3).

        On the same grid. A kink that only another one has counts as it is: what differences along
        xi would make of it, and make of none here, is no small move.
        """
        u, u_xi = self._u, self._jet[0]
        rate, cost = others.respond(u, self._response.attention)
        move = equations.motion_of(others.rho_sigma, others.public_precision, rate)
        for k, system in enumerate(others.systems):
            one = Motion(*(part[k] for part in move))
            if added := system.seen(u, u_xi, one, cost[k], len(self._system.corners.at)):
                one, cost[k] = added.to(one, cost[k])
                for part, seen in zip(move, one, strict=True):
                    part[k] = seen
        rho = others.risk_aversion
        return equations.rates(u, self._jet, others.static, move, cost, rho)

    @cached_property
    def coefficients(self) -> Coefficients:
        """Of the Jacobian of the rates here: exact but for how a kink moves what is seen of it."""
        system = self._system
        c0, c1 = equations.partials(
            self._u, self._jet, system.static, self._felt, system.economy.risk_aversion
        )
        ratios = system.ratios.reshape(3, 3, *(1 for _ in c0.shape[2:]))
        c0 *= ratios
        c1 *= ratios
        return Coefficients(c0, c1, 0.5 * self._felt.move.kappa2, self._felt.move.psi_dot)

    def factor(self, shift: float) -> Callable[[Array], Array]:
        """Solver of (shift - J) x = r with that Jacobian J.

        All states of a system have their factors in the same room: the last one's are those that
        can be solved with.
        """
        system, size = self._system, self._system.units
        factors = Factors(system.grid, shift, *self.coefficients, room=system.room)
        return lambda r: size * factors.solve(r / size)


@dataclass(frozen=True, kw_only=True)
class Others:
    """Economies beside one, on its grid, whose rates in several states are asked for together.

    Attributes
    ----------
    systems : sequence of Equilibrium
        At least one.
    """

    systems: Sequence[Equilibrium]

    @cached_property
    def static(self) -> Cumulants:
        """Static cumulants of all, (others, 1, n_psi, n_xi)."""
        every = zip(*(one.static for one in self.systems), strict=True)
        return Cumulants(*(np.stack(one)[:, None] for one in every))

    @cached_property
    def risk_aversion(self) -> Array:
        """Of all, (others, 1, 1, 1)."""
        return self._of_all(lambda economy: economy.risk_aversion)

    @cached_property
    def rho_sigma(self) -> Array:
        """Of all, as above."""
        return self._of_all(lambda economy: economy.rho_sigma)

    @cached_property
    def public_precision(self) -> Array:
        """Of all, as above."""
        return self._of_all(lambda economy: economy.market.public_precision)

    def _of_all(self, number: Callable[[Economy], float]) -> Array:
        return np.array([number(one.economy) for one in self.systems])[:, None, None, None]

    @cached_property
    def _alike(self) -> list[list[int]]:
        """Those in which attention answers to the variance alike."""
        alike: dict[tuple[int, float], list[int]] = {}
        for k, one in enumerate(self.systems):
            key = id(one.economy.technology), one.economy.risk_aversion
            alike.setdefault(key, []).append(k)
        return list(alike.values())

    def respond(self, u: Array, guess: Array) -> tuple[Array, Array]:
        """Best precision rate and its cost at every node of each, given the deviations u."""
        variance = self.static.variance + u[..., 1]
        rate, cost = np.empty_like(variance), np.empty_like(variance)
        for group in self._alike:
            economy = self.systems[group[0]].economy
            found = economy.respond(variance[group], guess, steep=False)
            rate[group], cost[group] = found.precision_rate, found.cost
        return rate, cost
