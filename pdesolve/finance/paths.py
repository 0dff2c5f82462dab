"""The economy path by path, from the solved fields.

Under the physical measure (derivation.md, sections 2 and 7) a payoff is drawn, supply walks at
random, and investors trade at given dates on what they have seen. Under the risk-neutral measure
(section 4) xi drifts by mu. Every path is run twice, the second time with half the dates and the
same shocks, so that the error of trading at dates only, of first order in their distance, can be
extrapolated away (Talay and Tubaro 1990).
"""

from typing import NamedTuple

import numpy as np

from pdesolve.model.announcement import hear, neutral
from pdesolve.model.attention.response import Response
from pdesolve.model.equations import Motion
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.numerics.splines import Surface
from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import news_nodes, spans
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

NAMES = ("price", "variance", "price_slope", "log_value_slope")
EVERY = (*NAMES, "log_deviation", "log_value")


class Stretch(NamedTuple):
    """Trading dates from one announcement to the next, an even number of steps, and its precision.

    The last of them is just before the announcement; at the horizon there is none.
    """

    times: Array
    precision: float


def stretches(solution: Solution, steps: int) -> list[Stretch]:
    """About so many steps, cut at the announcements, each of which is met exactly."""
    t, cuts = trading_dates(solution, steps), spans(solution.case.market)
    if len(cuts) == 1:
        return [Stretch(t, 0.0)]
    found, index = [], np.arange(t.size)
    for span in cuts:
        low, high = (float(np.interp(end, t, index)) for end in (span.start, span.end))
        count = 2 * max(1, round(0.5 * (high - low)))
        times = np.interp(np.linspace(low, high, count + 1), index, t)
        times[0], times[-1] = span.start, just_before(span.end) if span.precision else span.end
        found.append(Stretch(times, span.precision))
    return found


def trading_dates(solution: Solution, steps: int) -> Array:
    """Trading dates, shape (steps + 1,), closer together early on, while learning is fastest."""
    prior, horizon = solution.prior, solution.economy.horizon
    _, move = respond(solution, np.array([solution.initial.variance]))
    t = horizon * np.append(0.0, np.geomspace(1e-9, 1.0, 1000))
    learned = np.log1p(float(move.psi_dot[0]) * prior.variance * t)
    clock = t / horizon + learned / max(learned[-1], 1e-300)
    return np.interp(np.linspace(0.0, clock[-1], steps + 1), clock, t)


class AtDate:
    """Fields at one date, by splines through the nodes.

    The static market's part goes through the splines too, which is much faster than quadrature for
    every path, except along an axis that has one node.
    """

    def __init__(self, solution: Solution, t: float):
        self._prior, self._space = solution.prior, solution.space
        self._whole = min(self._space.n_xi, self._space.n_psi) > 1
        u = solution.slab(min(t, float(solution.times[-1])))
        u_xi = self._space.derivatives(u)[0]
        nodes = [u[..., 0], u[..., 1], u_xi[..., 0], u_xi[..., 2], u[..., 2], u[..., 2]]
        if self._whole:
            static = self._static(solution.static_nodes)
            nodes = [node + part for node, part in zip(nodes, static, strict=True)]
        self._nodes = dict(zip(EVERY, nodes, strict=True))
        self._kept: dict[tuple[str, ...], Surface] = {}

    def _static(self, cumulants: Cumulants) -> tuple[Array, ...]:
        """Fields of the static market, none of it in l; the log value is of the centred payoff."""
        price, variance = self._prior.centre + cumulants.mean, cumulants.variance
        return price, variance, variance, price, np.zeros_like(price), cumulants.phi

    def at(self, xi: Array, psi: Array, *names: str) -> list[Array]:
        """Fields in states, each shaped like them."""
        zeta = xi - self._prior.centre * psi
        eta, z = self._space.locate(zeta, psi)
        z = np.clip(z, -1.0, 1.0)
        if names not in self._kept:
            nodes = np.stack([self._nodes[name] for name in names], axis=-1)
            self._kept[names] = Surface(self._space, nodes)
        found = list(np.moveaxis(self._kept[names](eta, z), -1, 0))
        if self._whole:
            return found
        static = dict(zip(EVERY, self._static(self._prior.cumulants(zeta, psi)), strict=True))
        return [one + static[name] for one, name in zip(found, names, strict=True)]


def respond(solution: Solution, variance: Array) -> tuple[Response, Motion]:
    """Attention, and how the states move at it."""
    found = solution.economy.respond(variance)
    return found, solution.economy.motion(found.precision_rate)


def told(solution: Solution, rate: Array, payoff: Array, dt: float, shock: Array) -> Array:
    """What the price tells, dM = A/(rho sigma) x dt + dB (derivation.md, section 7)."""
    return np.asarray(rate / solution.economy.rho_sigma * payoff * dt + shock)


def foretold(move: Motion, price: Array, log_value_slope: Array, dt: float, shock: Array) -> Array:
    """The same with the market's probabilities: dM = mu/kappa dt + dB."""
    mu = move.kappa2 * log_value_slope - move.risk * price
    return np.asarray(mu / np.sqrt(move.kappa2) * dt + shock)


def moved(xi: Array, psi: Array, move: Motion, surprise: Array, dt: float) -> tuple[Array, Array]:
    """States a moment on: dxi = kappa dM, dpsi = psi_dot dt."""
    return xi + np.sqrt(move.kappa2) * surprise, psi + move.psi_dot * dt


# ---------------------------------------------------------------------- physical measure


class Trading(NamedTuple):
    """Paths under the physical measure; what is somebody's own has shape (investors, paths).

    `common` + `own` is what an investor holds, `private` the precision of her own signals.
    """

    xi: Array
    psi: Array
    price: Array
    supply: Array
    common: Array
    private: Array
    own: Array
    wealth: Array


class Trades(NamedTuple):
    """Payoffs drawn, and paths at the last date: at all dates, and at every second one."""

    payoff: Array
    fine: Trading
    coarse: Trading


def trade_paths(
    solution: Solution, rng: np.random.Generator, paths: int, steps: int, investors: int
) -> Trades:
    """Simulate trade under the physical measure.

    Parameters
    ----------
    solution : Solution
    rng : numpy.random.Generator
    paths, steps : int
        Paths, and dates before T, an even number.
    investors : int
        Sampled from the continuum on every path.
    """
    market = solution.case.market
    n0 = market.initial_supply
    x = solution.prior.sample(rng, paths)
    one, none = np.ones(paths), np.zeros((investors, paths))
    fine = coarse = Trading(
        xi=solution.economy.start * one,
        psi=0 * one,
        price=solution.initial.price * one,
        supply=n0 * one,
        common=n0 * one,
        private=0 * one,
        own=none,
        wealth=none,
    )
    for t, precision in stretches(solution, steps):
        for k in range(0, t.size - 1, 2):
            dt = np.diff(t[k : k + 3])[:, None]
            dn = market.supply_volatility * np.sqrt(dt) * rng.standard_normal((2, paths))
            noise = rng.standard_normal((2, investors, paths))
            news = market.public_precision * x * dt
            if market.public_precision > 0.0:
                news += np.sqrt(market.public_precision * dt) * rng.standard_normal((2, paths))
            a, b, c = (AtDate(solution, now) for now in t[k : k + 3])
            fine = _trade(solution, fine, x, (a, b), float(dt[0, 0]), dn[0], news[0], noise[0])
            fine = _trade(solution, fine, x, (b, c), float(dt[1, 0]), dn[1], news[1], noise[1])
            both = np.sum(np.sqrt(dt / dt.sum())[:, :, None] * noise, axis=0)
            seen = dn[0] + dn[1], news[0] + news[1], both
            coarse = _trade(solution, coarse, x, (a, c), float(dt.sum()), *seen)
        if precision:
            heard = precision * x + np.sqrt(precision) * rng.standard_normal(paths)
            after = AtDate(solution, float(np.nextafter(t[-1], np.inf)))
            fine, coarse = (_told(after, one, precision, heard) for one in (fine, coarse))
    return Trades(x, fine, coarse)


def _told(after: AtDate, now: Trading, precision: float, heard: Array) -> Trading:
    """Across an announcement, which moves the price, and so wealth, but nobody's holdings."""
    xi, psi = now.xi + heard, now.psi + precision
    (price,) = after.at(xi, psi, "price")
    wealth = now.wealth + (now.common + now.own) * (price - now.price)
    return now._replace(xi=xi, psi=psi, price=price, wealth=wealth)


def _trade(
    solution: Solution,
    now: Trading,
    x: Array,
    between: tuple[AtDate, AtDate],
    dt: float,
    dn: Array,
    news: Array,
    noise: Array,
) -> Trading:
    """From one date to the next: supply moves by dn, and everybody sees a signal and the price.

    The price reveals rho dtheta = rho dn - A x dt; an investor adds (A x dt + sqrt(A dt) noise)/rho
    of her own. Public news dz moves xi, but nobody's holdings (derivation.md, section 13).
    """
    rho, sigma = solution.case.market.risk_aversion, solution.case.market.supply_volatility
    fields, later = between
    (variance,) = fields.at(now.xi, now.psi, "variance")
    found, move = respond(solution, variance)
    a = found.precision_rate
    kappa = move.risk / solution.economy.rho_sigma  # supply's part of the diffusion alone
    surprise = told(solution, a, x, dt, -dn / sigma)
    xi, psi = now.xi + kappa * surprise + news, now.psi + move.psi_dot * dt
    (price,) = later.at(xi, psi, "price")
    return Trading(
        xi=xi,
        psi=psi,
        price=price,
        supply=now.supply + dn,
        common=now.common - sigma * surprise,
        private=now.private + a * dt,
        own=now.own + (a * x * dt + np.sqrt(a * dt) * noise) / rho,
        wealth=now.wealth + (now.common + now.own) * (price - now.price) - found.cost * dt,
    )


# ---------------------------------------------------------------------- risk-neutral measure


class Neutral(NamedTuple):
    """Paths under the risk-neutral measure.

    `moves` adds up kappa² p_xi² dt, and what is expected of the square of the price's jumps.
    """

    xi: Array
    psi: Array
    moves: Array


def neutral_paths(
    solution: Solution, rng: np.random.Generator, paths: int, steps: int
) -> tuple[Neutral, Neutral]:
    """Simulate the states under the risk-neutral measure; arguments as in `trade_paths`.

    Returns
    -------
    fine, coarse : Neutral
        At the last date, with all dates and with every second one.
    """
    none = np.zeros(paths)
    fine = coarse = Neutral(np.full(paths, solution.economy.start), none, none)
    for t, precision in stretches(solution, steps):
        for k in range(0, t.size - 1, 2):
            dt = np.diff(t[k : k + 3])
            shocks = np.sqrt(dt)[:, None] * rng.standard_normal((2, paths))
            first, second = (AtDate(solution, now) for now in t[k : k + 2])
            fine = _drift(solution, fine, first, float(dt[0]), shocks[0])
            fine = _drift(solution, fine, second, float(dt[1]), shocks[1])
            coarse = _drift(solution, coarse, first, float(dt.sum()), shocks[0] + shocks[1])
        if precision:
            draw, date = rng.random(paths), float(np.nextafter(t[-1], np.inf))
            fine, coarse = (_jump(solution, one, date, precision, draw) for one in (fine, coarse))
    return fine, coarse


def _jump(solution: Solution, now: Neutral, date: float, precision: float, draw: Array) -> Neutral:
    """Across an announcement: one of the nodes over what may be heard, with its probability."""
    prior, fields = solution.prior, AtDate(solution, date)
    zeta = now.xi - prior.centre * now.psi
    most = float(solution.static_nodes.variance.max())
    heard = hear(prior, zeta, now.psi, precision, news_nodes(precision * most, precision * most))
    psi = np.broadcast_to((now.psi + precision)[:, None], heard.shift.shape)
    xi = zeta[:, None] + heard.shift + prior.centre * psi
    price, log_deviation = fields.at(xi, psi, "price", "log_deviation")
    weight = neutral(heard, log_deviation)
    place = np.minimum((np.cumsum(weight, axis=1) < draw[:, None]).sum(axis=1), xi.shape[1] - 1)
    mean = np.sum(weight * price, axis=1, keepdims=True)
    return Neutral(
        xi=xi[np.arange(draw.size), place],
        psi=now.psi + precision,
        moves=now.moves + np.sum(weight * (price - mean) ** 2, axis=1),
    )


def _drift(solution: Solution, now: Neutral, fields: AtDate, dt: float, shock: Array) -> Neutral:
    """From one date to the next: dxi = mu dt + sqrt(kappa2) dB, with the shock for dB."""
    p, variance, p_xi, l_xi = fields.at(now.xi, now.psi, *NAMES)
    _, move = respond(solution, variance)
    xi, psi = moved(now.xi, now.psi, move, foretold(move, p, l_xi, dt, shock), dt)
    return Neutral(xi=xi, psi=psi, moves=now.moves + move.kappa2 * p_xi**2 * dt)
