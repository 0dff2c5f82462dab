"""Closed forms for a normal payoff, to measure the solver against (derivation.md, section 8).

With payoff N(m, 1/tau) the price is (tau m + xi)/(tau + psi) in every state, and variance,
attention and the deviation l of the log value do not depend on xi. Along the path of psi that
starts from 0 they solve ordinary differential equations in the time left, whatever the technology
of attention.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import OdeSolution, solve_ivp
from scipy.optimize import brentq

from pdesolve.case import Case
from pdesolve.model.attention.response import best_response
from pdesolve.model.equations import motion
from pdesolve.model.payoff.factory import Prior, make_prior
from pdesolve.solver.values import InitialState
from pdesolve.typing import Array

RTOL = 1e-13
ROUGH = 1e-7  # for a first guess


@dataclass(frozen=True, kw_only=True, eq=False)
class NormalPath:
    """Where an economy with a normal payoff goes from psi = 0; arrays of one shape.

    Attributes
    ----------
    times : array
        t.
    psi : array
        Psi, 1/money².
    variance : array
        Risk-neutral variance V, money².
    attention, precision_rate : array
        S, attention, and A, 1/(money² time).
    log_deviation : array
        l = L - phi.
    """

    times: Array
    psi: Array
    variance: Array
    attention: Array
    precision_rate: Array
    log_deviation: Array


class OnePeriod(NamedTuple):
    """Hellwig's equilibrium with Verrecchia's choice of information.

    Attributes
    ----------
    attention, precision_rate : float
        S and A during the one period of attention.
    psi : float
        Precision that it brings, public and private, 1/money².
    variance : float
        Variance of the payoff once the signals are in, money²: what pays for attention.
    """

    attention: float
    precision_rate: float
    psi: float
    variance: float


def normal_price(case: Case, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
    """Price (tau m + xi)/(tau + psi) of a normal payoff, money; xi, psi broadcast."""
    prior = _normal(case)
    tau = 1.0 / prior.variance
    return np.asarray((tau * prior.mean + np.asarray(xi)) / (tau + np.asarray(psi)))


def normal_log_mass(case: Case, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
    """Log mass phi = log E exp(xi x - psi x²/2) of a normal payoff; xi, psi broadcast."""
    prior = _normal(case)
    m, tau = prior.mean, 1.0 / prior.variance
    xi, psi = np.asarray(xi, float), np.asarray(psi, float)
    # m xi - m² psi/2 comes out first: the rest is what uncertainty adds
    rest = 0.5 * (xi - m * psi) ** 2 / (tau + psi) - 0.5 * np.log1p(psi / tau)
    return np.asarray(m * xi - 0.5 * m**2 * psi + rest)


def normal_path(case: Case, times: ArrayLike | None = None) -> NormalPath:
    """Solve a case with a normal payoff along the path from psi = 0.

    Parameters
    ----------
    case : Case
    times : array_like, optional
        Times t in [0, T]; 65 equidistant ones by default.

    Returns
    -------
    NormalPath

    Raises
    ------
    ValueError
        If the payoff is not normal.
    NoOptimum
        If no attention is best.
    ArithmeticError
        If the integration fails.
    """
    prior, horizon = _normal(case), case.market.horizon
    t = np.linspace(0.0, horizon, 65) if times is None else np.asarray(times, float)
    path, end, _ = _shoot(case, prior)
    left = 1.0 - np.ravel(t) / horizon
    clock = [brentq(lambda x, s=s: path(x)[0] - s, 0.0, end) if s < 1 else end for s in left]
    _, x, variance, log_deviation = path(np.array(clock))
    psi = np.maximum(np.expm1(x), 0.0) / prior.variance
    found = best_response(case.attention, case.market.risk_aversion, variance)
    parts = (psi, variance, found.attention, found.precision_rate, log_deviation)
    return NormalPath(
        times=t,
        **{
            name: part.reshape(t.shape)
            for name, part in zip(
                ("psi", "variance", "attention", "precision_rate", "log_deviation"),
                parts,
                strict=True,
            )
        },
    )


def normal_initial(case: Case) -> InitialState:
    """Initial state of a case with a normal payoff, to about ten digits.

    Raises
    ------
    ValueError, NoOptimum, ArithmeticError
        As in `normal_path`.
    """
    path = normal_path(case, 0.0)
    return _initial(
        case,
        float(path.variance),
        float(path.attention),
        float(path.precision_rate),
        float(path.log_deviation),
    )


def no_information(case: Case) -> InitialState:
    """Initial state of a normal payoff where nobody learns (A = 0): supply risk alone is traded.

    V = 1/tau + rho² sigma² T/tau² and l = -rho² sigma² T/(2 tau), whatever attention would cost.

    Raises
    ------
    ValueError
        If the payoff is not normal.
    """
    market, known = case.market, _normal(case).variance
    risk = (market.risk_aversion * market.supply_volatility) ** 2 * market.horizon * known
    return _initial(case, known * (1.0 + risk), 0.0, 0.0, -0.5 * risk)


def one_period(case: Case) -> OnePeriod:
    """One period of attention of length T/2, then one of trade without: a normal payoff at T.

    The discrete model with two periods. With Delta = T/2, psi = (A + A²/(rho sigma)²) Delta and
    attention is the best response to the variance that its signals leave, 1/(tau + psi).

    Raises
    ------
    ValueError
        If the payoff is not normal.
    NoOptimum
        If no attention is best.
    """
    market, prior = case.market, _normal(case)
    delta, known = 0.5 * market.horizon, prior.variance

    def after(left: float) -> OnePeriod:
        variance = left * known
        found = best_response(case.attention, market.risk_aversion, variance)
        move = motion(market.risk_aversion, market.supply_volatility, found.precision_rate)
        s, a, psi = (float(x) for x in (found.attention, found.precision_rate, move.psi_dot))
        return OnePeriod(s, a, psi * delta, variance)

    def gap(left: float) -> float:  # decreasing variance calls for less attention, which raises it
        return left * (1.0 + known * after(left).psi) - 1.0

    least = 1.0
    while gap(least) > 0:
        least *= 0.5
    return after(brentq(gap, least, 1.0, rtol=1e-15, xtol=1e-300) if least < 1 else 1.0)


class _March(NamedTuple):
    """Path of (s/T, log(1 + psi/tau), V, l) by a clock of its own, from 0 to `end`."""

    path: OdeSolution
    end: float
    miss: float


def _march(case: Case, prior: Prior, final: float, rtol: float = RTOL) -> _March:
    """Integrate back from x = log(1 + psi/tau) = `final` at T to x = 0, or for T if `final` is 0.

    The clock runs fast where learning does, at the rate 1/T + psi_dot/(tau + psi) per unit of time,
    so that nothing changes abruptly by it. `miss` is s/T - 1 where x = 0: it increases with
    `final`. Paths more than twice too long end early, with x in place of the rest of the way.
    """
    market, known = case.market, prior.variance
    rho, sigma, horizon = market.risk_aversion, market.supply_volatility, market.horizon
    longest = 2.0 if final else 1.0

    def rates(clock: float, y: Array) -> Array:
        _, x, variance, _ = y
        found = best_response(case.attention, rho, variance)
        move, static = motion(rho, sigma, found.precision_rate), known * np.exp(-x)
        closing = move.psi_dot * static
        log_rate = rho * found.cost - 0.5 * move.risk * static
        by_time = np.array([1.0 / horizon, -closing, move.kappa2 * static**2, log_rate])
        return by_time / (1.0 / horizon + closing)

    def late(clock: float, y: Array) -> float:
        return float(y[0] - longest)

    def uninformed(clock: float, y: Array) -> float:
        return float(y[1])

    ends = [late, uninformed] if final else [late]
    for end in ends:
        end.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(
        rates,
        (0.0, 1.1 * (longest + final)),
        [0.0, final, known * np.exp(-final), 0.0],
        method="DOP853",
        rtol=rtol,
        atol=0.01 * rtol * np.array([1.0, 1.0, known, 1.0]),
        dense_output=True,
        events=ends,
    )
    if found.status != 1 or found.sol is None:
        raise ArithmeticError(f"{case.name}: the exact path failed: {found.message}")
    s, x = found.y[:2, -1]
    return _March(found.sol, float(found.t[-1]), float(s - 1.0 + max(x, 0.0)))


def _shoot(case: Case, prior: Prior) -> _March:
    """The path that starts from psi = 0 at t = 0: roughly first, then to rounding."""
    market, widest = case.market, np.asarray(no_information(case).variance)
    if not best_response(case.attention, market.risk_aversion, widest).precision_rate > 0:
        return _march(case, prior, 0.0)  # nobody ever learns

    def miss(final: float, rtol: float) -> float:
        return _march(case, prior, final, rtol).miss if final else -1.0

    low, high = 0.0, 1.0
    while miss(high, ROUGH) < 0.0:
        low, high = high, 2.0 * high
    guess, step = brentq(miss, low, high, args=(ROUGH,), xtol=1e-9), 1e-6
    while miss(guess * (1 - step), RTOL) > 0.0 or miss(guess * (1 + step), RTOL) < 0.0:
        step = min(10.0 * step, 1.0)
    ends = guess * (1 - step), guess * (1 + step)
    return _march(case, prior, float(brentq(miss, *ends, args=(RTOL,), xtol=1e-15, rtol=1e-14)))


def _initial(
    case: Case, variance: float, attention: float, precision_rate: float, log_deviation: float
) -> InitialState:
    """Everything that follows at t = 0."""
    market, prior = case.market, _normal(case)
    rho, n0 = market.risk_aversion, market.initial_supply
    price = float(normal_price(case, -rho * n0))
    log_value = float(normal_log_mass(case, -rho * n0)) + log_deviation
    move = motion(rho, market.supply_volatility, np.asarray(precision_rate))
    return InitialState(
        price=price,
        variance=variance,
        attention=attention,
        precision_rate=precision_rate,
        log_value=log_value,
        certainty_equivalent_gain=-(rho * n0 * price + log_value) / rho,
        price_volatility=float(np.sqrt(move.kappa2)) * prior.variance,
        static_price=price,
        static_variance=prior.variance,
    )


def _normal(case: Case) -> Prior:
    """The payoff's prior, which has to be normal."""
    prior = make_prior(case.payoff)
    if not prior.is_normal:
        raise ValueError(f"{case.name}: payoff.kind must be normal here, got {case.payoff.kind}")
    return prior
