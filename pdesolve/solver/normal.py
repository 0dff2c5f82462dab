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
from scipy.optimize import brentq

from pdesolve.case import Case
from pdesolve.model.economy import Economy
from pdesolve.solver.normal_shooting import RTOL, shoot
from pdesolve.solver.reading import Reading
from pdesolve.solver.values import InitialState
from pdesolve.typing import Array


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
    prior = _normal(case).prior
    tau = 1.0 / prior.variance
    return np.asarray((tau * prior.mean + np.asarray(xi)) / (tau + np.asarray(psi)))


def normal_log_mass(case: Case, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
    """Log mass phi = log E exp(xi x - psi x²/2) of a normal payoff; xi, psi broadcast."""
    prior = _normal(case).prior
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
    economy, horizon = _normal(case), case.market.horizon
    t = np.linspace(0.0, horizon, 65) if times is None else np.asarray(times, float)
    found, dates = shoot(economy), [one.time for one in case.market.announcements]
    later = len(dates) - np.searchsorted(dates, np.ravel(t), side="right")
    states = [found.at(1.0 - now / horizon, k) for now, k in zip(np.ravel(t), later, strict=True)]
    _, x, variance, log_deviation = np.array(states).T
    psi = np.maximum(np.expm1(x), 0.0) / economy.prior.variance
    best = economy.respond(variance)
    parts = (psi, variance, best.attention, best.precision_rate, log_deviation)
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


def normal_initial(case: Case, *, rtol: float = RTOL, near: float | None = None) -> InitialState:
    """Initial state of a case with a normal payoff, to about ten digits.

    Parameters
    ----------
    case : Case
    rtol : float
        Of the integration; a thousandth of it is lost.
    near : float, optional
        A guess of the psi that is reached at T, 1/money²: saves time and changes nothing else.

    Raises
    ------
    ValueError, NoOptimum, ArithmeticError
        As in `normal_path`.
    """
    return _Start(case, *shoot(_normal(case), rtol, near).start).initial


def no_information(case: Case) -> InitialState:
    """Initial state of a normal payoff where nobody attends (A = 0): supply risk alone is traded.

    V = 1/tau + rho² sigma² T/tau² and l = -rho² sigma² T/(2 tau), whatever attention would cost;
    with public news one tau of tau² is tau + h T, and T/tau in l is log(1 + h T/tau)/h.

    Raises
    ------
    ValueError
        If the payoff is not normal.
    """
    economy = _normal(case)
    known = economy.prior.variance
    told = case.market.public_precision * economy.horizon * known
    risk = economy.rho_sigma**2 * economy.horizon * known
    log_value = -0.5 * risk * (float(np.log1p(told)) / told if told else 1.0)
    return _Start(case, known * (1.0 + risk / (1.0 + told)), log_value, idle=True).initial


def one_period(case: Case) -> OnePeriod:
    """One period of attention of length T/2, then one of trade without: a normal payoff at T.

    The discrete model with two periods. With Delta = T/2, psi = (A + A²/(rho sigma)² + h) Delta and
    attention is the best response to the variance that its signals leave, 1/(tau + psi).

    Raises
    ------
    ValueError
        If the payoff is not normal.
    NoOptimum
        If no attention is best.
    """
    economy = _normal(case)
    delta, known = 0.5 * economy.horizon, economy.prior.variance

    def after(left: float) -> OnePeriod:
        variance = left * known
        found = economy.respond(variance)
        move = economy.motion(found.precision_rate)
        s, a, psi = (float(x) for x in (found.attention, found.precision_rate, move.psi_dot))
        return OnePeriod(s, a, psi * delta, variance)

    def gap(left: float) -> float:  # decreasing variance calls for less attention, which raises it
        return left * (1.0 + known * after(left).psi) - 1.0

    least = 1.0
    while gap(least) > 0:
        least *= 0.5
    return after(brentq(gap, least, 1.0, rtol=1e-15, xtol=1e-300) if least < 1 else 1.0)


class _Start(Reading):
    """A normal payoff's market at t = 0 and psi = 0."""

    def __init__(self, case: Case, variance: float, log_deviation: float, *, idle: bool = False):
        self.case = case
        self._variance, self._log_deviation, self._idle = variance, log_deviation, idle

    def price(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price p, money."""
        return normal_price(self.case, xi, psi)

    def variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral variance V, money²."""
        return np.full(np.shape(xi), self._variance)

    def log_value(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Log value L."""
        return normal_log_mass(self.case, xi, psi) + self._log_deviation

    def paying_variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """The variance that pays for attention, money²: none if nobody may attend."""
        return np.zeros(np.shape(xi)) if self._idle else self.variance(xi)

    def price_volatility(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price volatility kappa p_xi, money/sqrt(time)."""
        rate = np.where(self._idle, 0.0, self.precision_rate(xi))
        return np.asarray(np.sqrt(self.economy.motion(rate).kappa2) * self.prior.variance)

    def static_price(self, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
        """Price with no trade after now, p^s, money: the same."""
        return normal_price(self.case, xi, psi)


def _normal(case: Case) -> Economy:
    """The economy of a payoff that has to be normal."""
    economy = Economy.of(case)
    if not economy.prior.is_normal:
        raise ValueError(f"{case.name}: payoff.kind must be normal here, got {case.payoff.kind}")
    return economy
