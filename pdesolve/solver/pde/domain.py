"""The state space of a case: where prices move, how far supply can carry them, how much is learned.

Everything here is an estimate that only has to be generous: supply would have to move by 7.5
standard deviations to leave the grid, and `first.settle` replaces the largest psi by a measured
one. What ending the grid costs is estimated in `contributions`, and part of the true errors that
tests/tools/error_bars.py measures.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Prior
from pdesolve.numerics.clusters import Clusters, Line
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.scales import ScaleTuning, nodes_needed, parting_lines
from pdesolve.solver.pde.static_scan import scan
from pdesolve.solver.pde.turns import Turns
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class DomainTuning:
    """How generous the state space is.

    The numbers were set on the named cases, and tried on random ones by tests/tools/error_bars.py.

    Attributes
    ----------
    reach : float
        Standard deviations of the supply-driven states that the grid covers. What that leaves out
        has a probability of 6e-14 and is part of the error estimate (`contributions`).
    fade : (float, float)
        Where the transport along psi begins to fade and where the grid ends, as multiples of the
        largest psi, if nobody gets that far: a hard end puts a kink into the solution.
    late : (float, float)
        The same if the payoff is as good as known there.
    improbable : float
        Share of the static variance that is left there, in units of the tolerance.
    leaving : float
        Of the tolerance: probability of the paths that may be left out where psi ends.
    share : float
        Of the range of prices, by which the static one moves at most between states scanned.
    psi_order : int
        Order of the collocation along psi.
    close : float or None
        Half the width, in units of the band's, of states about the initial one at whose ends the
        spacing of xi nodes has doubled; None for the band itself.
    scales : ScaleTuning
    """

    reach: float = 7.5
    fade: tuple[float, float] = (1.0, 1.25)
    late: tuple[float, float] = (0.85, 1.2)
    improbable: float = 1e-2
    leaving: float = 1e-2
    share: float = 0.04
    psi_order: int = 7
    close: float | None = None
    scales: ScaleTuning = ScaleTuning()


@dataclass(frozen=True, kw_only=True)
class Domain:
    """Region of (centred xi, psi) to be solved.

    Attributes
    ----------
    start : float
        xi at t = 0, 1/money.
    low, high : float
        Ends of the active band at psi = 0 (between them the static price makes its moves), 1/money.
    reach : float
        How far outside the band the grid goes at psi = 0, 1/money.
    prices : (float, float)
        Least and largest (centred) payoffs that count, money.
    psi_scale : float
        1 / largest static variance, 1/money².
    psi_top : float
        Largest psi that can be reached from psi = 0, 1/money²; 0 if nobody learns.
    psi_informed : float
        The psi by which the payoff is as good as known, 1/money²; no need to go much further.
    finest : float
        Smallest width, in xi times money, over which the static price bends: sets the nodes.
    lines : tuple of Line
        About which nodes gather, if at several scales.
    sds : float
        Paths further off where their payoff leads are too improbable to matter for `psi_top`.
    turns : Turns, optional
        Where along psi elements are shorter.
    tuning : DomainTuning
    """

    start: float
    low: float
    high: float
    reach: float
    prices: tuple[float, float]
    psi_scale: float
    psi_top: float
    psi_informed: float
    finest: float
    lines: tuple[Line, ...] = ()
    sds: float = np.inf
    turns: Turns | None = None
    tuning: DomainTuning = DomainTuning()

    @property
    def half_range(self) -> float:
        """Half the range of prices, money; the band widens by it per unit of psi."""
        return 0.5 * (self.prices[1] - self.prices[0])

    @property
    def informed(self) -> bool:
        """Whether psi ends where the payoff is as good as known, not where learning does."""
        return self.psi_top >= self.psi_informed

    def of_order(self, psi_order: int, fade: tuple[float, float]) -> "Domain":
        """The same, with another order of the collocation along psi, and another end of it."""
        return replace(self, tuning=replace(self.tuning, psi_order=psi_order, fade=fade))

    def about_start(self, close: float | None) -> "Domain":
        """The same, with xi nodes closer to each other near the initial state."""
        return replace(self, tuning=replace(self.tuning, close=close))

    def grid(self, n_xi: int, n_psi: int, order: int) -> Grid:
        """Grid with about that many nodes; spacing doubles from the band's middle to its ends.

        Or from the initial state to as far off as the tuning says; the ends are no nearer then.
        """
        band, middle, close = 0.5 * (self.high - self.low), 0.5 * (self.low + self.high), 1.0
        centre, end = middle, band + self.reach
        if self.tuning.close is not None:
            centre, close = self.start, self.tuning.close
            end += abs(middle - centre)
        half = close * band
        stretch = float(np.arcsinh(np.sqrt(3.0) * end / half))
        flat, psi_order = n_psi == 1, self.tuning.psi_order
        turns = None if flat else self.turns
        stages = (psi_order + 1) // 2
        fade = self.tuning.late if self.informed else self.tuning.fade
        known, top = (0.0 if flat else share * self.psi_top for share in fade)
        return Grid(
            clusters=None if flat else self._clusters(),
            density=turns.density(float(np.log1p(known / self.psi_scale))) if turns else None,
            centre=centre,
            width=half * stretch / np.sqrt(3.0),
            stretch=stretch,
            spread=0.0 if flat else self.half_range / band,
            psi_scale=self.psi_scale,
            psi_known=known,
            psi_top=top,
            n_xi=n_xi,
            n_psi=1 if flat else 1 + stages * max(1, round((n_psi - 1) / stages)),
            order=order,
            psi_order=psi_order,
        )

    def _clusters(self) -> Clusters | None:
        """The map of several scales; its ends go away from where payoffs lead like a path does."""
        if not self.lines:
            return None
        further = float(self.tuning.reach * np.sqrt(2.0 / self.psi_top))
        low = Line(self.low - self.reach, self.prices[0] - further, 1.0)
        high = Line(self.high + self.reach, self.prices[1] + further, 1.0)
        return Clusters(lines=self.lines, low=low, high=high)


def choose_domain(
    economy: Economy, tolerance: float, tuning: DomainTuning = DomainTuning()
) -> Domain:
    """State space of an economy from its supply risk, payoff range and reachable psi.

    Parameters
    ----------
    economy : Economy
    tolerance : float
        States that are too improbable to matter at this accuracy are left out.
    tuning : DomainTuning

    Returns
    -------
    Domain
    """
    prior, start, supply = economy.prior, economy.start, economy.rho_sigma**2 * economy.horizon
    far = tuning.reach * np.sqrt(supply)
    low_price, high_price = prior.span([start - far, start, start + far], tuning.reach)
    half_range = 0.5 * (high_price - low_price)
    band = [_xi_at(prior, low_price + share * half_range) for share in (0.2, 1.8)]
    step = 2.0 * tuning.share * half_range
    sds = -float(ndtri(tuning.leaving * tolerance))
    psi_scale, psi_top, noise = _learning(economy, band, half_range, step, sds)
    psi_top += economy.told
    informed = _informed(prior, 1e6 * psi_scale, tuning.improbable * tolerance)
    spread = tuning.reach * np.sqrt(noise) + 12.0 / half_range
    low = max(band[0], start - spread)
    high = min(band[1], start + spread)
    low, high = min(low, start - 1 / half_range), max(high, start + 1 / half_range)
    beyond = max(low - (start - spread), start + spread - high, 12.0 / half_range)
    found = Domain(
        start=start,
        low=low,
        high=high,
        reach=beyond,
        prices=(low_price, high_price),
        psi_scale=psi_scale,
        psi_top=min(psi_top, informed),
        psi_informed=informed,
        finest=_bend(prior, low, high, step),
        sds=sds,
        tuning=tuning,
    )
    flat = prior.is_two_point or found.psi_top == 0.0
    return found if flat else _gathered(found, economy, step)


def _gathered(domain: Domain, economy: Economy, step: float) -> Domain:
    """The domain with lines about which nodes gather, if that takes far fewer of them."""
    how, plain = domain.tuning.scales, domain.grid(2, 2, 8)
    fan = 1.0 + plain.spread * domain.psi_top
    if 2.0 * plain.width / domain.finest * fan**0.5 < how.few:
        return domain
    for parted in how.parted:
        lines = parting_lines(economy, parted, how)
        found = [replace(domain, lines=lines[:count]) for count in range(len(lines) + 1)]
        needed = nodes_needed([one.grid(how.nodes, 2, 8) for one in found], economy, step, how)
        best = int(np.argmin(needed))
        if needed[best] <= how.many:
            break
    return found[best] if needed[best] + how.saved < needed[0] else domain


@lru_cache(maxsize=8)  # most economies of a sweep share their payoff
def _informed(prior: Prior, largest: float, share: float) -> float:
    """The psi by which that share of the variance is left (`Prior.informed`)."""
    return prior.informed(largest, share)


@lru_cache(maxsize=8)
def _xi_at(prior: Prior, price: float) -> float:
    """The xi at which the static price at psi = 0 is `price` (it increases in xi)."""

    def gap(xi: float) -> float:
        return float(prior.cumulants(np.array([xi]), np.zeros(1)).mean[0]) - price

    step = 1.0 / prior.sd
    sign = 1.0 if gap(0.0) < 0 else -1.0
    near, far = 0.0, sign * step
    while gap(far) * sign < 0:
        near, far = far, 2 * far
    return float(brentq(gap, near, far, xtol=1e-3 * step))


def _bend(prior: Prior, low: float, high: float, step: float) -> float:
    """Shortest length in xi over which the static variance changes by its own size at psi = 0."""
    line = np.linspace(low, high, 101)
    found = scan(prior, line[None], np.zeros(1), step)
    variance = found.static.variance
    seen = ~(variance <= 1e-3 * variance.max())  # what is not a number, too
    steepest = float(np.max(found.bends[seen]))
    return 1.0 / max(steepest, 1e-3 * prior.sd)


def _learning(
    economy: Economy, band: list[float], half_range: float, step: float, sds: float
) -> tuple[float, float, float]:
    """psi_scale, the largest reachable psi, and the variance of xi that supply adds.

    Along the fastest path dpsi/dt = psi_dot(A(V)), with a generous V from the largest static
    variance at each psi; the clock is the integral of dpsi / psi_dot.
    """
    prior, rs, horizon = economy.prior, economy.rho_sigma, economy.horizon
    half = max(0.5 * (band[1] - band[0]), 1 / half_range)
    line = 0.5 * (band[0] + band[1]) + half * np.sinh(np.linspace(-3, 3, 81)) / np.sinh(1.5)

    def generous(psi: Array) -> Array:
        fan = 1.0 + psi[:, None] * half_range / half
        xi = 0.5 * (band[0] + band[1]) + fan * (line - 0.5 * (band[0] + band[1]))
        found = scan(prior, xi, psi, step)
        static = found.visited(economy, psi, sds)
        bound = static * (1.0 + rs**2 * horizon * static)
        return np.minimum(bound, static.max()) if np.isfinite(prior.low + prior.high) else bound

    psi_scale = 1.0 / float(scan(prior, line[None], np.zeros(1), step).largest[0])
    fastest = economy.respond(generous(np.zeros(1)))
    longest = float(economy.motion(fastest.precision_rate).psi_dot[0]) * horizon
    if longest <= 0:
        return psi_scale, 0.0, rs**2 * horizon
    psi = psi_scale * np.expm1(np.linspace(0.0, np.log1p(longest / psi_scale), 60))
    a = economy.respond(generous(psi)).precision_rate
    slowness = 1.0 / np.maximum(economy.motion(a).psi_dot, 1e-300)
    pieces = 0.5 * (slowness[1:] + slowness[:-1]) * np.diff(psi)
    clock = np.append(0.0, np.cumsum(pieces))
    noise = np.append(0.0, np.cumsum(0.5 * (a[1:] + a[:-1]) * pieces)) + rs**2 * clock
    top = float(np.interp(horizon, clock, psi))
    return psi_scale, top, float(np.interp(min(top, psi[-1]), psi, noise)) + rs**2 * horizon
