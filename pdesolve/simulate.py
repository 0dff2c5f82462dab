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

from pdesolve.attention import Response, best_response
from pdesolve.case import Case
from pdesolve.equations import motion
from pdesolve.interpolate import interpolate, slab_at
from pdesolve.mixture import MixturePrior, NormalPrior
from pdesolve.numpytypes import Array
from pdesolve.parameters import BetaPayoff, LognormalPayoff, UniformPayoff
from pdesolve.payoff import make_prior
from pdesolve.prior import Cumulants
from pdesolve.solution import Solution

ALLOWED = 4.0  # standard errors
NAMES = ("price", "variance", "price_slope", "log_value_slope")
LEFT = 0.25  # of the extrapolation, taken to be left of the error of the dates


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over simulated paths and what it should be.

    Attributes
    ----------
    name : str
    value, standard_error : float
        Mean and its Monte Carlo standard error.
    bias : float
        What trading at dates only may leave.
    expected, error : float
        What the solution says, and its error bar.
    """

    name: str
    value: float
    standard_error: float
    bias: float
    expected: float
    error: float

    @property
    def allowed(self) -> float:
        """Largest distance from `expected` that is put down to chance, dates and error bar."""
        return ALLOWED * self.standard_error + self.bias + self.error

    @property
    def passed(self) -> bool:
        """Whether the mean is no further than that."""
        return abs(self.value - self.expected) <= self.allowed


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
            *_risk_neutral(solution, rng, paths, steps),
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


def dates(solution: Solution, steps: int) -> Array:
    """Trading dates, shape (steps + 1,), closer together early on, while learning is fastest."""
    prior, horizon = solution.prior, solution.case.market.horizon
    *_, speed = _respond(solution, np.array([solution.initial.variance]))
    t = horizon * np.append(0.0, np.geomspace(1e-9, 1.0, 1000))
    learned = np.log1p(float(speed[0]) * prior.variance * t)
    clock = t / horizon + learned / max(learned[-1], 1e-300)
    return np.interp(np.linspace(0.0, clock[-1], steps + 1), clock, t)


class _Fields:
    """Fields at one date, by splines through the nodes.

    The static market's part goes through the splines too, which is much faster than quadrature for
    every path, except along an axis that has one node.
    """

    def __init__(self, solution: Solution, t: float):
        self._prior, self._space = solution.prior, solution.space
        self._whole = min(self._space.n_xi, self._space.n_psi) > 1
        u = slab_at(solution, min(t, float(solution.times[-1])))
        u_xi = self._space.derivatives(u)[0]
        nodes = [u[..., 0], u[..., 1], u_xi[..., 0], u_xi[..., 2]]
        if self._whole:
            static = self._static(solution.static_nodes)
            nodes = [node + part for node, part in zip(nodes, static, strict=True)]
        self._nodes = dict(zip(NAMES, nodes, strict=True))

    def _static(self, cumulants: Cumulants) -> tuple[Array, ...]:
        """Fields of the static market."""
        price = self._prior.centre + cumulants.mean
        return price, cumulants.variance, cumulants.variance, price

    def at(self, xi: Array, psi: Array, *names: str) -> list[Array]:
        """Fields in states, each shaped like them."""
        zeta = xi - self._prior.centre * psi
        eta, z = self._space.locate(zeta, psi)
        z = np.clip(z, -1.0, 1.0)
        found = [interpolate(self._space, self._nodes[name], eta, z) for name in names]
        if self._whole:
            return found
        static = dict(zip(NAMES, self._static(self._prior.cumulants(zeta, psi)), strict=True))
        return [one + static[name] for one, name in zip(found, names, strict=True)]


def _respond(solution: Solution, variance: Array) -> tuple[Response, Array, Array]:
    """Attention, kappa and learning speed."""
    market = solution.case.market
    found = best_response(solution.case.attention, market.risk_aversion, variance)
    move = motion(market.risk_aversion, market.supply_volatility, found.precision_rate)
    return found, np.sqrt(move.kappa2), move.psi_dot


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
    between: tuple[_Fields, _Fields],
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
    found, kappa, speed = _respond(solution, variance)
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
        a, b, c = (_Fields(solution, now) for now in t[k : k + 3])
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
    return _estimates(names, outcome(fine), outcome(coarse))


class _Neutral(NamedTuple):
    """Paths under the risk-neutral measure; `moves` adds up kappa² p_xi² dt."""

    xi: Array
    psi: Array
    moves: Array


def _drift(solution: Solution, now: _Neutral, fields: _Fields, dt: float, shock: Array) -> _Neutral:
    """From one date to the next: dxi = mu dt + kappa dB, with the shock for dB."""
    market = solution.case.market
    p, variance, p_xi, l_xi = fields.at(now.xi, now.psi, *NAMES)
    _, kappa, speed = _respond(solution, variance)
    mu = kappa**2 * l_xi - market.risk_aversion * market.supply_volatility * kappa * p
    return _Neutral(
        xi=now.xi + mu * dt + kappa * shock,
        psi=now.psi + speed * dt,
        moves=now.moves + (kappa * p_xi) ** 2 * dt,
    )


def _risk_neutral(
    solution: Solution, rng: np.random.Generator, paths: int, steps: int
) -> list[Estimate]:
    """Martingale property and variance of the price."""
    market, initial, none = solution.case.market, solution.initial, np.zeros(paths)
    t = dates(solution, steps)
    xi = np.full(paths, -market.risk_aversion * market.initial_supply)
    fine = coarse = _Neutral(xi, none, none)
    for k in range(0, steps, 2):
        dt = np.diff(t[k : k + 3])
        shocks = np.sqrt(dt)[:, None] * rng.standard_normal((2, paths))
        first, second = (_Fields(solution, now) for now in t[k : k + 2])
        fine = _drift(solution, fine, first, float(dt[0]), shocks[0])
        fine = _drift(solution, fine, second, float(dt[1]), shocks[1])
        coarse = _drift(solution, coarse, first, float(dt.sum()), shocks[0] + shocks[1])

    def outcome(end: _Neutral) -> list[Array]:
        p, left = _Fields(solution, market.horizon).at(end.xi, end.psi, "price", "variance")
        return [p, end.moves + left, (p - initial.price) ** 2 + left]

    price, variance = solution.error["price"], solution.error["variance"]
    names = {
        "martingale: E^Q of the price at T": (initial.price, price),
        "variance: E^Q (squared price moves + V at T)": (initial.variance, variance),
        "variance: Var^Q of the price at T + E^Q V at T": (initial.variance, variance),
    }
    return _estimates(names, outcome(fine), outcome(coarse))


def _estimates(
    names: dict[str, tuple[float, float]], fine: list[Array], coarse: list[Array]
) -> list[Estimate]:
    """Extrapolated means, path by path."""
    found = []
    for (name, (expected, error)), one, two in zip(names.items(), fine, coarse, strict=True):
        values = 2.0 * one - two
        found.append(
            Estimate(
                name=name,
                value=float(np.mean(values)),
                standard_error=float(np.std(values, ddof=1) / np.sqrt(values.size)),
                bias=LEFT * abs(float(np.mean(one - two))),
                expected=expected,
                error=error,
            )
        )
    return found
