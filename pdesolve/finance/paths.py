"""The economy path by path, from the solved fields.

Under the physical measure (derivation.md, sections 2 and 7) a payoff is drawn, supply walks at
random, and investors trade at given dates on what they have seen. Under the risk-neutral measure
(section 4) xi drifts by mu. Every path is run twice, the second time with half the dates and the
same shocks, so that the error of trading at dates only, of first order in their distance, can be
extrapolated away (Talay and Tubaro 1990).
"""

from typing import NamedTuple

import numpy as np

from pdesolve.finance.hearing import heard_under_q
from pdesolve.finance.readings import AtDate, respond
from pdesolve.finance.schedule import stretches
from pdesolve.solver.fields import just_after
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

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
    solution: Solution,
    rng: np.random.Generator,
    paths: int,
    steps: int,
    investors: int,
    payoff: Array | None = None,
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
    payoff : array, optional
        Of every path; drawn from the prior by default.
    """
    market = solution.case.market
    n0 = market.initial_supply
    x = solution.prior.sample(rng, paths) if payoff is None else payoff
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
            after = AtDate(solution, just_after(float(t[-1])))
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
    surprise = a / solution.economy.rho_sigma * x * dt - dn / sigma
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


class Lean(NamedTuple):
    """What every second path leans toward: a payoff, and the drift of dB at the start, 1/sqrt(t).

    It falls as the price comes near the payoff.
    """

    payoff: float
    pull: float


class Neutral(NamedTuple):
    """Paths under the risk-neutral measure.

    `moves` adds up kappa² p_xi² dt, and what is expected of the square of the price's jumps;
    `log_ratio` is that of how likely the path is if it leans, to how likely it is.
    """

    xi: Array
    psi: Array
    moves: Array
    log_ratio: Array


def neutral_paths(
    solution: Solution,
    rng: np.random.Generator,
    paths: int,
    steps: int,
    lean: Lean | None = None,
) -> tuple[Neutral, Neutral]:
    """Simulate the states under the risk-neutral measure; arguments as in `trade_paths`.

    Where every second path leans, all of them together have the risk-neutral law with weights of
    2 / (1 + exp(log_ratio)).

    Returns
    -------
    fine, coarse : Neutral
        At the last date, with all dates and with every second one.
    """
    none = np.zeros(paths)
    fine = coarse = Neutral(np.full(paths, solution.economy.start), none, none, none)
    for t, precision in stretches(solution, steps):
        for k in range(0, t.size - 1, 2):
            dt = np.diff(t[k : k + 3])
            shocks = np.sqrt(dt)[:, None] * rng.standard_normal((2, paths))
            first, second = (AtDate(solution, now) for now in t[k : k + 2])
            fine = _drift(solution, fine, first, float(dt[0]), shocks[0], lean)
            fine = _drift(solution, fine, second, float(dt[1]), shocks[1], lean)
            both = shocks[0] + shocks[1]
            coarse = _drift(solution, coarse, first, float(dt.sum()), both, lean)
        if precision:
            draws, after = rng.random((2, paths)), AtDate(solution, just_after(float(t[-1])))
            fine, coarse = (
                _heard(solution, one, after, precision, draws) for one in (fine, coarse)
            )
    return fine, coarse


def _heard(
    solution: Solution, now: Neutral, after: AtDate, precision: float, draws: Array
) -> Neutral:
    """Across an announcement."""
    found = heard_under_q(solution, after, now.xi, now.psi, precision, draws)
    return now._replace(
        xi=now.xi + found.news, psi=now.psi + precision, moves=now.moves + found.square
    )


def _drift(
    solution: Solution, now: Neutral, fields: AtDate, dt: float, shock: Array, lean: Lean | None
) -> Neutral:
    """From one date to the next: dxi = mu dt + sqrt(kappa2) dB, with the shock for dB."""
    p, variance, p_xi, l_xi = fields.at(
        now.xi, now.psi, "price", "variance", "price_slope", "log_value_slope"
    )
    _, move = respond(solution, variance)
    mu, log_ratio = move.kappa2 * l_xi - move.risk * p, now.log_ratio
    if lean is not None:
        pull = lean.pull * (lean.payoff - p) / (lean.payoff - solution.initial.price)
        shock = shock + (np.arange(p.size) % 2) * pull * dt
        log_ratio = log_ratio + pull * (shock - 0.5 * pull * dt)
    return Neutral(
        xi=now.xi + mu * dt + np.sqrt(move.kappa2) * shock,
        psi=now.psi + move.psi_dot * dt,
        moves=now.moves + move.kappa2 * p_xi**2 * dt,
        log_ratio=log_ratio,
    )
