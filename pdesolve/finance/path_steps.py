"""A path from one date to the next (derivation.md, section 14).

Everything that is public follows from what the price tells and from public news: xi, psi, and the
evidence Z of precision H that they are about the payoff. What depends on the payoff under the
risk-neutral measure, where it is drawn last (supply, and with it what an investor holds and
earns), is linear in it and can wait for it.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from pdesolve.finance.hearing import heard_under_q, told_of_payoff
from pdesolve.finance.readings import AtDate
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


class PathValues(NamedTuple):
    """What a path has at a date, in the order of a data set; `information` has added up."""

    xi: Array
    psi: Array
    price: Array
    variance: Array
    attention: Array
    precision_rate: Array
    spending: Array
    supply: Array
    public_mean: Array
    public_variance: Array
    information: Array
    position: Array
    wealth: Array


class Path(NamedTuple):
    """Where paths are at a date: the states, evidence Z and its precision H, and what has added up.

    `noise` is that of an investor's signals, `gain` her wealth but for the payoff times
    `per_payoff`; `log_kernel` is that of the pricing kernel, but for what the payoff adds.
    """

    xi: Array
    psi: Array
    evidence: Array
    precision: Array
    noise: Array
    gain: Array
    per_payoff: Array
    information: Array
    log_kernel: Array


class Seen(NamedTuple):
    """What there is to see at a date where a path is; the slope under Q only."""

    price: Array
    variance: Array
    log_value_slope: Array | None
    attention: Array
    precision_rate: Array
    cost: Array
    public_mean: Array
    public_variance: Array


def traded(
    solution: Solution, now: Path, seen: Seen, x: Array | None, dt: float, shock: Array
) -> Path:
    """A date on: what the price tells, dM, and the flow of news dz move states and evidence.

    Under the physical measure the payoff x is given. Shocks, (2 or 3, paths), move M, an investor's
    own signals and, if there is one, the flow.
    """
    economy, rate = solution.economy, seen.precision_rate
    move, signal, flow = (
        economy.motion(rate),
        rate / economy.rho_sigma,
        economy.market.public_precision,
    )
    kappa = move.risk / economy.rho_sigma
    if x is not None:
        drift, rise = signal * x, x
    else:
        assert seen.log_value_slope is not None
        rise = seen.log_value_slope
        drift = kappa * rise - economy.rho_sigma * seen.price
    surprise = drift * dt + shock[0]
    news = flow * rise * dt + (np.sqrt(flow) * shock[2] if flow else 0.0)
    return now._replace(
        xi=now.xi + kappa * surprise + news,
        psi=now.psi + move.psi_dot * dt,
        evidence=now.evidence + signal * surprise + news,
        precision=now.precision + (signal**2 + flow) * dt,
        noise=now.noise + np.sqrt(rate) * shock[1],
        information=now.information + 0.5 * (signal**2 + flow) * seen.public_variance * dt,
    )


def informed(
    solution: Solution, after: AtDate, now: Path, x: Array | None, precision: float, draws: Array
) -> Path:
    """Across an announcement, with the fields just after it; draws are uniform, (2, paths)."""
    if x is not None:
        news = precision * x + np.sqrt(precision) * ndtri(draws[0])
    else:
        news = heard_under_q(solution, after, now.xi, now.psi, precision, draws).news
    told = told_of_payoff(solution.prior, now.evidence, now.precision, news, precision)
    return now._replace(
        xi=now.xi + news,
        psi=now.psi + precision,
        evidence=now.evidence + news,
        precision=now.precision + precision,
        information=now.information + told,
    )


def earned(rho: float, now: Path, seen: Seen, later: Path, after: Seen, dt: float) -> Path:
    """The later date, with what an investor has gained by what she held before."""
    rise = after.price - seen.price
    common, per_payoff = _held(now, rho)
    paid, squared = seen.cost * dt, 0.5 * seen.precision_rate * seen.price**2 * dt
    return later._replace(
        gain=now.gain + (common + now.noise / rho) * rise - paid,
        per_payoff=now.per_payoff + per_payoff * rise,
        log_kernel=now.log_kernel - rho * (common * rise - paid) + squared,
    )


def kernel(solution: Solution, x: Array, end: Path, seen: Seen) -> Array:
    """Risk-neutral over physical probability of a path with its payoff."""
    rho, gain = solution.economy.risk_aversion, solution.initial.certainty_equivalent_gain
    common, per_payoff = _held(end, rho)
    last = common * (x - seen.price) + 0.5 * per_payoff * x**2
    return np.exp(end.log_kernel - rho * (last - gain))


def values_at(rho: float, x: Array, now: Path, seen: Seen) -> PathValues:
    """Values at a date, now that the payoff is known."""
    common, per_payoff = _held(now, rho)
    supply = common + x * per_payoff
    return PathValues(
        xi=now.xi,
        psi=now.psi,
        price=seen.price,
        variance=seen.variance,
        attention=seen.attention,
        precision_rate=seen.precision_rate,
        spending=seen.cost,
        supply=supply,
        public_mean=seen.public_mean,
        public_variance=seen.public_variance,
        information=now.information,
        position=supply + now.noise / rho,
        wealth=now.gain + x * now.per_payoff,
    )


def _held(now: Path, rho: float) -> tuple[Array, Array]:
    """What investors hold: theta = (Z - xi)/rho in common, Lambda/rho more per unit of payoff."""
    return (now.evidence - now.xi) / rho, (now.psi - now.precision) / rho
