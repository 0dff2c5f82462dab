"""The economy path by path, from the solved fields: what the equations imply, without them.

Under the physical measure (derivation.md, sections 2 and 7) a payoff is drawn, supply walks at
random, investors trade at given dates on what they have seen, and what they end up with is counted.
Under the risk-neutral measure (section 4) xi drifts by mu and the price must be a martingale whose
variance adds up to V. Each number comes with its Monte Carlo standard error. The error of trading
at dates only, of first order in their distance, is extrapolated away: every path is run a second
time with half the dates and the same shocks (Talay and Tubaro 1990).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from pdesolve.case import Case
from pdesolve.case.parameters import BetaPayoff, LognormalPayoff, UniformPayoff
from pdesolve.finance.paths import Estimate, Fields, dates, estimates, respond
from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.mixture import MixturePrior, NormalPrior
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from pdesolve.verification.risk_neutral import risk_neutral


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """Simulated paths at their last date, and the estimates made from them.

    Attributes
    ----------
    estimates : tuple of Estimate
    paths, steps, investors : int
        What was simulated; each path has so many investors of its own.
    """

    estimates: tuple[Estimate, ...]
    paths: int
    steps: int
    investors: int


def simulate(
    solution: Solution, *, paths: int = 20000, steps: int = 200, investors: int = 8, seed: int = 0
) -> Simulation:
    """Simulate a solved economy under both measures.

    Parameters
    ----------
    solution : Solution
    paths : int
        Under either measure.
    steps : int
        Trading dates before T, an even number.
    investors : int
        Sampled from the continuum on every path.
    seed : int

    Returns
    -------
    Simulation
        Of market clearing, the martingale property of the price, the decomposition of its variance
        and expected utility.
    """
    rng = np.random.default_rng(seed)
    return Simulation(
        estimates=(
            *_physical(solution, rng, paths, steps, investors),
            *risk_neutral(solution, rng, paths, steps),
        ),
        paths=paths,
        steps=steps,
        investors=investors,
    )


def sample_payoff(case: Case, rng: np.random.Generator, size: int) -> Array:
    """Payoffs drawn from the prior, money, shape (size,)."""
    prior, spec = make_prior(case.payoff), case.payoff
    if isinstance(prior, NormalPrior):
        return prior.centre + prior.spread * rng.standard_normal(size)
    if isinstance(prior, MixturePrior):
        which = rng.choice(prior.offsets.size, size, p=np.exp(prior.log_weights))
        sds = np.broadcast_to(prior.sds, prior.offsets.shape)[which]
        return prior.centre + prior.offsets[which] + sds * rng.standard_normal(size)
    if isinstance(spec, BetaPayoff):
        return spec.low + (spec.high - spec.low) * rng.beta(spec.a, spec.b, size)
    if isinstance(spec, LognormalPayoff):
        log_variance = np.log1p((spec.sd / spec.mean) ** 2)
        middle, sd = np.log(spec.mean) - 0.5 * log_variance, np.sqrt(log_variance)
        with np.errstate(divide="ignore"):
            ends = ndtr((np.log([spec.low, spec.high]) - middle) / sd)
        return np.exp(middle + sd * ndtri(rng.uniform(ends[0], ends[1], size)))
    assert isinstance(spec, UniformPayoff)
    return rng.uniform(spec.low, spec.high, size)


class _Economy(NamedTuple):
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


def _trade(
    solution: Solution,
    now: _Economy,
    x: Array,
    between: tuple[Fields, Fields],
    dt: float,
    dn: Array,
    noise: Array,
) -> _Economy:
    """From one date to the next: supply moves by dn, and everybody sees a signal and the price.

    The price reveals rho dtheta = rho dn - A x dt; an investor adds (A x dt + sqrt(A dt) noise)/rho
    of her own.
    """
    market = solution.case.market
    rho, sigma = market.risk_aversion, market.supply_volatility
    fields, later = between
    (variance,) = fields.at(now.xi, now.psi, "variance")
    found, kappa, speed = respond(solution, variance)
    a = found.precision_rate
    moved = dn - a * x * dt / rho
    xi, psi = now.xi - kappa / sigma * moved, now.psi + speed * dt
    (price,) = later.at(xi, psi, "price")
    return _Economy(
        xi=xi,
        psi=psi,
        price=price,
        supply=now.supply + dn,
        common=now.common + moved,
        private=now.private + a * dt,
        own=now.own + (a * x * dt + np.sqrt(a * dt) * noise) / rho,
        wealth=now.wealth + (now.common + now.own) * (price - now.price) - found.cost * dt,
    )


def _physical(
    solution: Solution, rng: np.random.Generator, paths: int, steps: int, investors: int
) -> list[Estimate]:
    """Clearing and expected utility."""
    market, initial = solution.case.market, solution.initial
    rho, n0 = market.risk_aversion, market.initial_supply
    t = dates(solution, steps)
    x = sample_payoff(solution.case, rng, paths)
    one, none = np.ones(paths), np.zeros((investors, paths))
    start = _Economy(
        -rho * n0 * one, 0 * one, initial.price * one, n0 * one, n0 * one, 0 * one, none, none
    )
    fine = coarse = start
    for k in range(0, steps, 2):
        dt = np.diff(t[k : k + 3])[:, None]
        dn = market.supply_volatility * np.sqrt(dt) * rng.standard_normal((2, paths))
        noise = rng.standard_normal((2, investors, paths))
        a, b, c = (Fields(solution, now) for now in t[k : k + 3])
        fine = _trade(solution, fine, x, (a, b), float(dt[0, 0]), dn[0], noise[0])
        fine = _trade(solution, fine, x, (b, c), float(dt[1, 0]), dn[1], noise[1])
        both = np.sum(np.sqrt(dt / dt.sum())[:, :, None] * noise, axis=0)
        coarse = _trade(solution, coarse, x, (a, c), float(dt.sum()), dn[0] + dn[1], both)

    def outcome(end: _Economy) -> list[Array]:
        excess = np.mean(end.common + end.own, axis=0) - end.supply
        scale = np.sqrt(np.maximum(end.private, 1e-300) / investors) / rho
        wealth = end.wealth + (end.common + end.own) * (x - end.price)
        return [excess, (excess / scale) ** 2, np.mean(np.exp(-rho * wealth), axis=0)]

    said = float(np.exp(rho * n0 * initial.price + initial.log_value))
    error = said * (rho * abs(n0) * solution.error["price"] + solution.error["log_value"])
    names = {
        "market clearing: mean demand less supply": (0.0, 0.0),
        "market clearing: variance of that over theory's": (1.0, 0.0),
        "expected utility: E exp(-rho W)": (said, error),
    }
    return estimates(names, outcome(fine), outcome(coarse))
