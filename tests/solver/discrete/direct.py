"""The discrete model word for word, for few dates."""

from typing import Any, NamedTuple

import numpy as np

from pdesolve.case import Case
from pdesolve.model.attention.response import best_response
from pdesolve.model.attention.technology import Technology
from pdesolve.model.payoff.factory import make_prior
from pdesolve.typing import Array


class Values(NamedTuple):
    """What a date hands to the one before: price, variance and log value, functions of states."""

    price: Array
    variance: Array
    log_value: Array


SHOCKS = np.linspace(-13.0, 13.0, 105)
WEIGHTS = np.exp(-0.5 * SHOCKS**2) * (SHOCKS[1] - SHOCKS[0]) / (2.0 * np.pi) ** 0.5


class Direct:
    """Section 3 of derivation.md word for word: uncentred, without interpolation or deviations.

    Every state asks the next date for its values at each shock, so this is for few dates.
    """

    def __init__(self, case: Case, dates: int) -> None:
        self.case, self.prior, self.dates = case, make_prior(case.payoff), dates
        self.technology = Technology.of(case.attention)
        self.delta = case.market.horizon / dates
        self.rho, self.sigma = case.market.risk_aversion, case.market.supply_volatility

    def at(self, date: int, xi: Array, psi: Array) -> tuple[Values, Array]:
        """Values and attention at states of one shape."""
        if date == self.dates - 1:
            c = self.prior.centre
            static = self.prior.cumulants(xi - c * psi, psi)
            phi = static.phi + c * xi - 0.5 * c**2 * psi
            return Values(c + static.mean, static.variance, phi), np.zeros_like(xi)

        def at_attention(s: Array) -> tuple[Values, Array]:
            rate, cost = self.technology.precision.rate(s), self.technology.cost.value(s)
            return self.expect(date, xi, psi, rate, cost)

        low, high = np.zeros_like(xi), self.respond(at_attention(0.0 * xi)[1])
        for _ in range(26):
            middle = 0.5 * (low + high)
            more = self.respond(at_attention(middle)[1]) > middle
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        return at_attention(high)[0], high

    def respond(self, variance: Array) -> Array:
        return best_response(self.technology, self.rho, variance).attention

    def expect(
        self, date: int, xi: Array, psi: Array, rate: Array, cost: Array
    ) -> tuple[Values, Array]:
        """Values at this precision rate and cost, and E^Q[V']."""
        a, rs = rate[..., None], self.rho * self.sigma
        theta = self.sigma * self.delta**0.5 * SHOCKS
        xi_next = xi[..., None] - (a / rs + rs) / self.sigma * theta
        psi_next = psi[..., None] + (a**2 / rs**2 + a) * self.delta + 0.0 * theta
        ahead, _ = self.at(date + 1, xi_next, psi_next)
        exponent = self.rho * theta * ahead.price + 0.5 * a * self.delta * ahead.price**2
        exponent += self.rho * cost[..., None] * self.delta + ahead.log_value
        weight = WEIGHTS * np.exp(exponent)
        total = weight.sum(axis=-1)
        weight /= total[..., None]
        price = np.sum(weight * ahead.price, axis=-1)
        later = np.sum(weight * ahead.variance, axis=-1)
        spread = np.sum(weight * (ahead.price - price[..., None]) ** 2, axis=-1)
        return Values(price, later + spread, np.log(total)), later


def normal_path(case: Case, dates: int) -> tuple[float, float, float]:
    """V, attention and L at the start for a normal payoff N(5, 1/tau), along its path of psi.

    Prices are known, so attention is the response to the variance one date ahead and psi can be
    stepped back from any end; the end is the one that leads to psi = 0. Expectations under the
    kernel by quadrature, uncentred.
    """
    direct, tau = Direct(case, dates), 1.3**-2
    rho, sigma, delta, rs = direct.rho, direct.sigma, direct.delta, direct.rho * direct.sigma
    start = -rho * case.market.initial_supply

    def back(psi: float) -> tuple[float, float, float, float]:
        variance, attention, deviation = 1.0 / (tau + psi), 0.0, 0.0
        for _ in range(dates - 1):
            found = best_response(direct.technology, rho, np.array(variance))
            a, attention = float(found.precision_rate), float(found.attention)
            before = psi - (a**2 / rs**2 + a) * delta
            if before < -1e-9:
                return before, 0.0, 0.0, 0.0
            theta = sigma * delta**0.5 * SHOCKS
            xi = start - (a / rs + rs) / sigma * theta
            price = (5.0 * tau + xi) / (tau + psi)
            exponent = rho * theta * price + 0.5 * a * delta * price**2
            exponent += rho * float(found.cost) * delta + mass(xi, psi) + deviation
            peak = exponent.max()
            weight = WEIGHTS * np.exp(exponent - peak)
            deviation = peak + np.log(weight.sum()) - mass(start, before)
            weight /= weight.sum()
            variance += float(weight @ price**2 - (weight @ price) ** 2)
            psi = before
        return psi, variance, attention, float(deviation + mass(start, psi))

    def mass(xi: Any, psi: float) -> Any:
        quadratic = 0.5 * ((5.0 * tau + xi) ** 2 / (tau + psi) - 25.0 * tau)
        return quadratic - 0.5 * np.log1p(psi / tau)

    low, high = 0.0, 50.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if back(middle)[0] > 0 else (middle, high)
    return back(high)[1:]
