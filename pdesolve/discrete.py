"""The discrete model by backward induction: trade at 0, Delta, ..., T - Delta, payoff at T.

Nothing here comes from the equations of the continuous limit or from their solver: each date takes
the expectations of derivation.md, section 3, under the kernel (3.3), and at each node attention is
the fixed point of (3.5). As in section 5 the states are (zeta, psi) of the centred payoff, and
what is interpolated are deviations from the static market.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dct
from scipy.ndimage import map_coordinates, spline_filter1d

from pdesolve.attention import NoOptimum, Response, best_response
from pdesolve.case import Case
from pdesolve.files import write_files
from pdesolve.numpytypes import Array
from pdesolve.payoff import DensityPrior, Prior, make_prior
from pdesolve.rootfind import NoConvergence
from pdesolve.solution import ERRORS, InitialState
from pdesolve.units import labels

if TYPE_CHECKING:
    import xarray

TAIL = 6.5  # reach of the quadrature, standard deviations of a shock
COARSE, FINE = 1.25, 0.9  # its spacing while lines are added, and from pass to pass later
EDGE = 1e-6  # most weight of its two ends; more means that a period is too long
MOST = 500  # nodes of the quadrature, either side
REACH = 4.0  # standard deviations of the supply-driven states that the nodes cover
SPACING = 0.33  # of the first pass's xi nodes, times the largest static sd
FEWEST = 6, 36  # lines of psi and xi nodes of the first pass
STRETCH = 1.8  # the xi spacing at the ends is cosh(STRETCH) times that in the middle
DEGREE: Final = 5
PAD = 3  # of the splines, and coefficients that they need beyond the ends
FINER, FINEST, WIDER = 3, (30, 240), 1.3  # nodes and range of a table of the static market
PASSES, GROWTH = 4, 1.4  # refinements of either direction at most, and by how much each
KEPT = 2.0 * GROWTH**-4  # share of a change that is left, unless attention has a kink
MARGIN = 1.05  # on the psi that is reached
FELT = 1e-6  # share of the prior's variance below which attention does not matter
SETTLED = 1e-8  # relative accuracy of attention at a node
TRIALS, LEAP = 80, 4.0  # of attention at most, and the next one over the largest at any state

Index = NDArray[np.intp]
Fields = Callable[[Array, Array], Array]  # at zeta (n, m), psi (n,): values (fields, n, m)


class DiscreteError(ArithmeticError):
    """A case that could not be solved with so many periods, in one sentence."""


class Learned(NamedTuple):
    """Expectations over one period under the kernel (3.3), one per node.

    `later` is E^Q[V'], money², which pays for attention; `log_value` is L before the cost; `edge`
    is the largest weight at the ends of the quadrature.
    """

    price: Array
    variance: Array
    log_value: Array
    later: Array
    edge: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Mesh:
    """State nodes of every date: at date k lines 0 <= psi <= tops[k] of nodes along xi.

    Along xi the fields level off, as the splines suppose.

    Attributes
    ----------
    centre, half_width : float
        Middle and half of the (centred) xi at psi = 0 where the static price moves, 1/money.
    noise : float
        Variance of xi that supply alone adds until T, 1/money².
    half_range : float
        Half the range of prices, money.
    scale : float
        Lines are spaced in log(1 + psi scale), money².
    largest : callable
        psi -> largest static variance there, money².
    tops : array, shape (periods,)
        1/money².
    shape : (int, int)
        Lines, nodes per line; 1 where the deviations do not depend on that state.
    wider : float
        Factor on the range of xi.
    """

    centre: float
    half_width: float
    noise: float
    half_range: float
    scale: float
    largest: Callable[[Array], Array]
    tops: Array
    shape: tuple[int, int]
    wider: float = 1.0

    def half(self, psi: Array) -> Array:
        """Half of the xi that the nodes cover at psi, which drift and supply shocks widen."""
        spread = REACH * np.sqrt(self.noise + 2.0 * psi) + self.half_range * psi
        return np.asarray(self.wider * (self.half_width + spread))

    def aligned(self, start: float) -> "Mesh":
        """The same, shifted by less than a node so that one of the first date's is at `start`."""
        line = self.nodes(0)[0][0]
        shift = start - line[np.argmin(np.abs(line - start))]
        return replace(self, centre=self.centre + (shift if line.size > 1 else 0.0))

    def nodes(self, k: int) -> tuple[Array, Array]:
        """Centred xi and psi at date k, each of the mesh's shape."""
        lines, count = self.shape
        share = np.sin(0.5 * np.pi * np.arange(lines) / max(lines - 1, 1)) ** 2
        psi = np.expm1(share * np.log1p(self.tops[k] * self.scale)) / self.scale
        z = np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)
        zeta = self.centre + self.half(psi)[:, None] * np.sinh(STRETCH * z) / np.sinh(STRETCH)
        return zeta, np.broadcast_to(psi[:, None], zeta.shape)

    def locate(self, k: int, zeta: Array, psi: Array) -> tuple[Array, Array]:
        """Position of states among the nodes of date k: how deep in psi and how far along xi.

        From 0 to 1 inside.
        """
        psi = psi if self.shape[0] > 1 else np.zeros_like(psi)
        depth = np.log1p(psi * self.scale) / max(np.log1p(self.tops[k] * self.scale), 1e-300)
        z = np.arcsinh((zeta - self.centre) / self.half(psi) * np.sinh(STRETCH)) / STRETCH
        return depth, 0.5 + 0.5 * z


class Between:
    """Fields at the nodes of date k and between them; constant beyond the outermost.

    Along psi polynomials through the lines, which are Chebyshev points in `Mesh.locate`'s depth,
    as sums of cosines; along xi splines.
    """

    def __init__(self, mesh: Mesh, k: int, values: Array):
        lines, count = mesh.shape
        self._mesh, self._k = mesh, k
        modes = np.array(values)
        if lines > 1:
            modes = dct(modes, type=1, axis=1) / (lines - 1)
            modes[:, [0, -1]] *= 0.5
        if count > 1:
            modes = np.asarray(spline_filter1d(modes, DEGREE, axis=2, mode="mirror"), float)
            modes = np.pad(modes, ((0, 0), (0, 0), (PAD, PAD)), mode="reflect")
        self._modes = modes

    def __call__(self, zeta: Array, psi: Array) -> Array:
        """Every field at the states (zeta, psi), shapes (n, m) and (n,): (fields, n, m)."""
        (lines, count), (fields, _, width) = self._mesh.shape, self._modes.shape
        depth, along = self._mesh.locate(self._k, zeta, psi[:, None])
        angle = 2.0 * np.arcsin(np.sqrt(np.clip(depth, 0.0, 1.0)))
        cosines = np.cos(angle * np.arange(lines))
        rows = np.einsum("nl,flw->fnw", cosines, self._modes, optimize=True)
        if count == 1:
            return np.broadcast_to(rows, (fields, *zeta.shape))
        start = PAD + width * np.arange(len(psi))[:, None]
        at = [start + (count - 1) * np.clip(along, 0.0, 1.0)]
        options: Any = {"order": DEGREE, "mode": "nearest", "prefilter": False}
        return np.stack([map_coordinates(row.ravel(), at, **options) for row in rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class Period:
    """One period, seen from the nodes at its start.

    In terms of the centred payoff the kernel (3.3) is the same with zeta for xi, and with the
    centred price, phi and L, whatever the attention.

    Attributes
    ----------
    case : Case
    length : float
        Delta, time.
    step : float
        Spacing of the quadrature, standard deviations of a shock.
    mesh : Mesh
    static, after : callable
        phi, p^s and V^s; deviations of p, V and L at the period's end.
    zeta, psi : array, shape (n,)
        The nodes' states, 1/money and 1/money².
    """

    case: Case
    length: float
    step: float
    mesh: Mesh
    static: Fields
    after: Fields
    zeta: Array
    psi: Array

    @property
    def rho_sigma(self) -> float:
        """Product of risk aversion and supply volatility."""
        return self.case.market.risk_aversion * self.case.market.supply_volatility

    def learn(self, some: Index, a: Array) -> Learned:
        """Expectations at the nodes `some`, given the precision rates there.

        The shock u has the reference law N(0, 1): d theta = -sigma sqrt(Delta) u and
        d zeta = kappa sqrt(Delta) u. The kernel mixes, over payoffs, normals of that width, so the
        trapezoidal rule converges exponentially. Nodes that need about as many shocks go together.
        """
        width = (a / self.rho_sigma + self.rho_sigma) * np.sqrt(self.length)
        psi = self.psi[some] + (a**2 / self.rho_sigma**2 + a) * self.length
        reach = TAIL * np.sqrt(1.0 + width**2 * self.mesh.largest(self.psi[some]))
        bend = np.maximum(1.0, 2.0 * width * np.sqrt(self.mesh.largest(psi)))
        half = np.ceil(reach * bend / self.step)
        if half.max() > MOST:
            raise DiscreteError("one period moves prices through all of their range")
        group = np.ceil(2.0 * np.log2(half))
        found = np.empty((5, some.size))
        for g in np.unique(group):
            these = group == g
            shock = reach[these, None] * np.linspace(-1.0, 1.0, 2 * int(half[these].max()) + 1)
            parts = some[these], a[these], width[these], psi[these], shock
            found[:, these] = self._expect(*parts)
        return Learned(*found)

    def _expect(self, some: Index, a: Array, width: Array, psi: Array, shock: Array) -> Learned:
        """Expectations by a rule that is centred where the static market is heading.

        `width` is kappa sqrt(Delta) and `psi` is that at the period's end; `shock` (nodes, shocks).
        """
        phi, mean, _ = self.static(self.zeta[some][:, None], self.psi[some])
        spacing = shock[:, 1] - shock[:, 0]
        noise = self.rho_sigma * np.sqrt(self.length)
        shock = shock + (width - noise)[:, None] * mean
        zeta = self.zeta[some][:, None] + width[:, None] * shock
        phi_ahead, mean_ahead, variance_ahead = self.static(zeta, psi)
        q, v, log_value = self.after(zeta, psi)
        p = mean_ahead + q
        log_weight = phi_ahead - phi + log_value - 0.5 * shock**2
        log_weight += (0.5 * self.length * a[:, None] * p - noise * shock) * p
        peak = log_weight.max(axis=1)
        weight = np.exp(log_weight - peak[:, None])
        total = weight.sum(axis=1)
        weight /= total[:, None]
        price = np.sum(weight * p, axis=1)
        later = np.sum(weight * (variance_ahead + v), axis=1)
        return Learned(
            price,
            later + np.sum(weight * (p - price[:, None]) ** 2, axis=1),
            phi[:, 0] + peak + np.log(total * spacing / np.sqrt(2.0 * np.pi)),
            later,
            weight[:, [0, -1]].max(axis=1),
        )

    def static_guess(self) -> Array:
        """Precision rate roughly right if supply did not move: V' is about V/(1 + V psi Delta)."""
        variance = self.static(self.zeta[:, None], self.psi)[2, :, 0]
        market = self.case.market

        def response(a: Array) -> Array:
            learned = variance * (a**2 / self.rho_sigma**2 + a) * self.length
            left = variance / (1.0 + learned)
            return best_response(self.case.attention, market.risk_aversion, left).precision_rate

        low = np.zeros_like(variance)
        high = response(low)
        for _ in range(30):
            middle = 0.5 * (low + high)
            more = response(middle) > middle
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        return low

    def choose(self, guess: Array) -> tuple[Learned, Array]:
        """Expectations and precision rates, where A is a best response to what A leaves.

        More attention leaves less variance, so the response less A falls in A: the secant method,
        inside brackets. Where the response jumps past A investors are indifferent; some choose
        either end of the jump, and the cost is their average.
        """
        rho = self.case.market.risk_aversion
        a, before, gap = guess.copy(), np.full_like(guess, np.nan), np.full_like(guess, np.nan)
        low, high = np.full_like(guess, -1.0), np.full_like(guess, np.inf)
        found = Learned(*np.empty((5, guess.size)))
        some = np.arange(guess.size)
        for trial in range(TRIALS):
            now, x = self.learn(some, a[some]), a[some]
            response = best_response(self.case.attention, rho, now.later)
            best = response.precision_rate
            cost = response.cost + now.later / (2.0 * rho) * (x - best)
            now = now._replace(log_value=now.log_value + rho * self.length * cost)
            for every, part in zip(found, now, strict=True):
                every[some] = part
            low[some] = np.where(best > x, x, low[some])
            high[some] = np.where(best < x, x, high[some])
            new = _next(x, best - x, before[some], gap[some], low[some], high[some], trial)
            new = np.minimum(new, LEAP * a.max() or np.inf)
            before[some], gap[some] = x, best - x
            open_ = np.abs(best - x) > SETTLED * np.maximum(x, best)
            open_ &= ~(high[some] <= low[some] * (1.0 + SETTLED))
            some = some[open_]
            a[some] = new[open_]
            if not some.size:
                return found, a
        raise DiscreteError(f"attention did not settle at {some.size} of {a.size} states")


def _next(
    x: Array, excess: Array, before: Array, gap: Array, low: Array, high: Array, trial: int
) -> Array:
    """Next attention to try: by the secant through two trials, or the bracket's middle."""
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (excess - gap) / (x - before)
        new = np.where(slope < 0, x - excess / slope, x + excess)
        geometric = np.sqrt(np.maximum(low, 0.0)) * np.sqrt(high)
    middle = np.where(high > 4.0 * low, geometric, 0.5 * (low + high))
    middle = np.where(low > 0.0, middle, 0.5 * high)
    unsafe = ~((new > low) & (new < high)) | (trial % 4 == 3)
    return np.where(unsafe & np.isfinite(high), middle, new)


def _first_mesh(case: Case, prior: Prior, periods: int) -> Mesh:
    """Nodes for a first pass, from the static market."""
    market = case.market
    low, high = prior.low - prior.centre, prior.high - prior.centre
    if not np.isfinite(high - low):
        low, high = -5.0 * prior.sd, 5.0 * prior.sd
    line = np.sinh(np.linspace(-9.0, 9.0, 401)) / prior.sd
    prices = prior.cumulants(line, np.zeros_like(line)).mean
    start = -market.risk_aversion * market.initial_supply
    ends = np.interp([0.9 * low + 0.1 * high, 0.1 * low + 0.9 * high], prices, line)
    left, right = min(ends[0], start), max(ends[1], start)
    region = Mesh(
        centre=0.5 * (left + right),
        half_width=0.5 * (right - left),
        noise=(market.risk_aversion * market.supply_volatility) ** 2 * market.horizon,
        half_range=0.5 * (high - low),
        scale=prior.variance,
        largest=lambda psi: np.full_like(psi, prior.variance),
        tops=np.zeros(periods),
        shape=(1, 1),
    )
    mesh = _with_learning(case, prior, region)
    narrow, wide = mesh.half(np.array([0.0, mesh.tops[-1]]))
    mean_width = narrow ** (2 / 3) * wide ** (1 / 3) * 2.0 * STRETCH / np.sinh(STRETCH)
    sd = float(np.sqrt(mesh.largest(np.zeros(1)))[0])
    count = max(FEWEST[1], 1 + round(mean_width * sd / SPACING))
    lines = FEWEST[0] + round(np.log1p(mesh.tops[-1] * prior.variance))
    flat = prior.is_two_point or mesh.tops[-1] == 0.0
    return replace(mesh, shape=(1 if flat else lines, 1 if prior.is_normal else count))


def _with_learning(case: Case, prior: Prior, region: Mesh) -> Mesh:
    """The largest static variance at each psi, and from it a generous bound on psi at each date."""
    market, periods = case.market, len(region.tops)
    rs2 = region.noise / market.horizon
    most = region.half_range**2 if np.isfinite(prior.high - prior.low) else np.inf
    z = np.sinh(3.0 * np.linspace(-1.0, 1.0, 121)) / np.sinh(3.0)

    def largest(psi: Array) -> Array:
        zeta = region.centre + region.half(psi)[:, None] * z
        static = prior.cumulants(zeta, np.broadcast_to(psi[:, None], zeta.shape))
        return np.asarray(static.variance.max(axis=1))

    def speed(variance: Array) -> Array:
        bound = np.minimum(variance * (1.0 + region.noise * variance), most)
        a = best_response(case.attention, market.risk_aversion, bound).precision_rate
        return np.asarray(a**2 / rs2 + a)

    first = largest(np.zeros(1))
    farthest = max(float(speed(first)[0]) * market.horizon, 1e-3 / first[0])
    psi = np.append(0.0, np.geomspace(1e-4 / first[0], farthest, 60))
    variance = np.maximum.accumulate(largest(psi)[::-1])[::-1]
    depth = np.log1p(psi * first)
    before = np.maximum.accumulate(psi - speed(variance) * market.horizon / periods)
    path = np.zeros(periods + 1)
    for k in range(periods):
        path[k + 1] = np.interp(path[k], before, psi)
    return replace(
        region,
        largest=lambda psi: np.interp(np.log1p(psi * first), depth, variance),
        tops=path[1:],
    )


def _static(prior: Prior, mesh: Mesh) -> Fields:
    """The static market: for payoffs with a density, which take long, from a table."""
    if not isinstance(prior, DensityPrior):
        return lambda zeta, psi: np.stack(prior.cumulants(zeta, psi[:, None])[:3])
    shape = [
        n if n == 1 else max(n, min(FINER * n, m)) for n, m in zip(mesh.shape, FINEST, strict=True)
    ]
    finer = replace(mesh, wider=WIDER, tops=MARGIN * mesh.tops[-1:], shape=(shape[0], shape[1]))
    return Between(finer, 0, np.stack(prior.cumulants(*finer.nodes(0))[:3]))


def _backward(case: Case, prior: Prior, mesh: Mesh, step: float) -> "DiscreteSolution":
    """One pass: deviations at every date, from the last to the first."""
    periods = len(mesh.tops)
    length = case.market.horizon / periods
    static = _static(prior, mesh)
    fields = np.zeros((periods, 4, *mesh.shape))
    fields[-1, 3] = -prior.cumulants(*mesh.nodes(periods - 1)).variance
    rates, kinked = np.zeros((periods, *mesh.shape)), False
    for k in range(periods - 2, -1, -1):
        zeta, psi = mesh.nodes(k)
        after = Between(mesh, k + 1, fields[k + 1, :3])
        period = Period(
            case=case,
            length=length,
            step=step,
            mesh=mesh,
            static=static,
            after=after,
            zeta=zeta.ravel(),
            psi=psi.ravel(),
        )
        past = rates[k + 1 : min(k + 4, periods - 1)].reshape(-1, zeta.size)
        weights = ([], [1.0], [2.0, -1.0], [3.0, -3.0, 1.0])[len(past)]
        guess = np.maximum(weights @ past, 0.0) if weights else period.static_guess()
        found, a = period.choose(guess)
        if not found.edge.max() < EDGE:
            raise DiscreteError("prices move too far in one period for the quadrature")
        response = best_response(case.attention, case.market.risk_aversion, found.later)
        kinked |= len(set(response.regime[found.later > FELT * prior.variance])) > 1
        rates[k] = a.reshape(mesh.shape)
        phi, mean, variance = static(zeta, psi[:, 0])
        less = np.stack([mean, variance, phi, variance])
        fields[k] = np.stack([f.reshape(mesh.shape) for f in found[:4]]) - less
    return DiscreteSolution(case=case, mesh=mesh, fields=fields, rates=rates, kinked=kinked)


def solve_discrete(case: Case, periods: int = 64, *, tol: float = 5e-5) -> "DiscreteSolution":
    """Solve the discrete model with trade at 0, T/periods, ..., T - T/periods.

    Parameters
    ----------
    case : Case
    periods : int
        Number of trading dates; attention is paid in all periods but the last.
    tol : float
        Accuracy of quadrature and interpolation, relative to the payoff's sd and variance,
        attention and precision rate themselves (or a thousandth of what the prior's variance would
        call for), and 1 for the log value. How far the limit is is another matter.

    Returns
    -------
    DiscreteSolution
        `converged` and `message` say whether `tol` was met; `error` holds the estimates.

    Raises
    ------
    ValueError
        If `periods` is less than 1.
    DiscreteError
        If there is no solution to report: no optimal attention, or periods too long.
    """
    if periods < 1:
        raise ValueError(f"periods must be at least 1, got {periods}")
    began = time.perf_counter()
    prior = make_prior(case.payoff)
    try:
        found = _refine(case, prior, _first_mesh(case, prior, periods), tol)
    except (DiscreteError, NoConvergence) as failure:
        text = f"{case.name}, {periods} periods: {failure}; try more periods"
        raise DiscreteError(text) from failure
    except NoOptimum as failure:
        raise DiscreteError(f"{case.name}, {periods} periods: {failure}") from failure
    return replace(found, seconds=time.perf_counter() - began)


def _refine(case: Case, prior: Prior, mesh: Mesh, tol: float) -> "DiscreteSolution":
    """A first pass, more lines, then more nodes on each, until neither matters; the verdict.

    The trapezoidal rule's error is about exp(-2 pi²/step²), times what the integrand adds.
    """
    step = min(1.0, np.sqrt(2.0) * np.pi / np.sqrt(np.log(1e3 / tol)))
    start = -case.market.risk_aversion * case.market.initial_supply
    found = _backward(case, prior, mesh.aligned(start), COARSE * step)
    usual = best_response(case.attention, case.market.risk_aversion, np.array(prior.variance))
    least = 1e-3 * np.array([0.0, 0.0, float(usual.attention), float(usual.precision_rate), 0.0])
    changes = np.zeros((2, len(ERRORS)))
    for axis in (0, 1) if mesh.shape[0] > 1 else (1,):
        for count in range(PASSES):
            reached, shape = found.psi_reached, list(found.mesh.shape)
            tops = MARGIN * np.append(reached[1:], 2.0 * reached[-1] - reached[-2:][0])
            shape[axis] = 1 if shape[axis] == 1 else round(GROWTH * shape[axis])
            mesh = replace(mesh, tops=tops, shape=(shape[0], shape[1])).aligned(start)
            old = found.initial
            found = _backward(case, prior, mesh, (COARSE, FINE**count)[axis] * step)
            new = found.initial
            now, before = (np.array([getattr(x, name) for name in ERRORS]) for x in (new, old))
            change = np.abs(now - before)
            luck = 0.5 * changes[axis] if found.kinked else 0.0  # convergence is irregular there
            changes[axis] = np.maximum(change if found.kinked else KEPT * change, luck)
            scales = np.array([prior.sd, prior.variance, new.attention, new.precision_rate, 1.0])
            scales = np.maximum(np.maximum(scales, least), 1e-300)
            share = changes.sum(axis=0) / scales
            if share.max() <= (0.5, 1.0)[axis] * tol:
                break
    return _judged(found, share, scales, tol)


def _judged(
    found: "DiscreteSolution", share: Array, scales: Array, tol: float
) -> "DiscreteSolution":
    """Attach the verdict; fields are coupled, so none that is not exact beats the worst."""
    worst = int(np.argmax(share))
    size = float(share[worst])
    share = np.where(share > 1e-12, size, share)
    text = f"largest relative error estimate {size:.1e} ({ERRORS[worst].replace('_', ' ')})"
    return replace(
        found,
        error=dict(zip(ERRORS, (share * scales).tolist(), strict=True)),
        converged=size <= tol,
        message=f"converged: {text}" if size <= tol else f"not within {tol:.1e}: {text}",
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class DiscreteSolution:
    """The equilibrium of the discrete model, with the interface of `Solution`.

    Between two trading dates nothing moves: fields at t are those of the last date up to t.

    Attributes
    ----------
    case : Case
    mesh : Mesh
    fields : array, shape (periods, 4, lines, nodes)
        Deviations of p, V, L and E^Q[V'] from p^s, V^s, phi and V^s, centred payoff.
    rates : array, shape (periods, lines, nodes)
        Precision rates A, 1/(money² time); 0 at the last date.
    kinked : bool
        Whether attention is zero or capped in one part of the mesh and not in another.
    error : dict
        Estimated absolute errors, of quadrature and interpolation, of the initial values named
        in `ERRORS`.
    converged : bool
        Whether every error is within the tolerance asked for.
    message : str
        A sentence that says how the solve ended.
    seconds : float
        Wall time.
    """

    case: Case
    mesh: Mesh
    fields: Array
    rates: Array
    kinked: bool
    error: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ERRORS, float("nan")))
    converged: bool = False
    message: str = "one pass: no error estimate"
    seconds: float = 0.0

    @cached_property
    def prior(self) -> Prior:
        """The payoff's prior."""
        return make_prior(self.case.payoff)

    @property
    def times(self) -> Array:
        """Trading dates t, shape (periods,)."""
        return np.asarray(np.arange(len(self.fields)) * self.length, dtype=np.float64)

    @property
    def length(self) -> float:
        """Delta, the length of a period."""
        return self.case.market.horizon / len(self.fields)

    @cached_property
    def psi_reached(self) -> Array:
        """Largest psi that an economy starting from psi = 0 can have at `times`, 1/money²."""
        rs = self.case.market.risk_aversion * self.case.market.supply_volatility
        path = np.zeros(len(self.fields))
        for k in range(len(path) - 1):
            a, psi = self.rates[k].max(axis=1), self.mesh.nodes(k)[1][:, 0]
            path[k + 1] = path[k] + np.interp(path[k], psi, a**2 / rs**2 + a) * self.length
        return path

    def _at(self, xi: ArrayLike, psi: ArrayLike, t: ArrayLike) -> tuple[Array, Array]:
        """Totals p, V, L, E^Q[V'] and static p, V, each (..., *shape); NaN where not known."""
        x, y, when = np.broadcast_arrays(*(np.asarray(part, float) for part in (xi, psi, t)))
        c, last = self.prior.centre, len(self.fields) - 1
        zeta = x - c * y
        phi, mean, variance = self.prior.cumulants(zeta, np.maximum(y, 0.0))[:3]
        static = np.stack([c + mean, variance, phi + c * x - 0.5 * c**2 * y, variance])
        date = np.clip(np.floor(when / self.length + 1e-9), 0, last)
        known = (y >= 0.0) & (when >= 0.0) & (when <= self.case.market.horizon * (1 + 1e-12))
        out = np.full(static.shape, np.nan)
        for k in np.unique(date[known]).astype(int):
            here = known & (date == k)
            if k == last:  # the static market, and nothing left to learn
                out[:, here] = static[:, here]
                out[3, here] = 0.0
                continue
            depth, along = self.mesh.locate(k, zeta, np.maximum(y, 0.0))
            lines, count = self.mesh.shape
            if not self.prior.is_two_point:
                here &= (depth <= 1.0 + 1e-12) if lines > 1 else (y == 0.0)
            if count > 1:
                here &= (along >= -1e-12) & (along <= 1.0 + 1e-12)
            between = Between(self.mesh, k, self.fields[k])
            found = between(zeta[here][:, None], y[here])[..., 0]
            out[:, here] = static[:, here] + found
        return out, static[:2]

    def price(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price p, money; arguments and NaN as in `Solution.price`."""
        return np.asarray(self._at(xi, psi, t)[0][0])

    def variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral variance V, money²."""
        return np.asarray(self._at(xi, psi, t)[0][1])

    def log_value(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Log value L."""
        return np.asarray(self._at(xi, psi, t)[0][2])

    def response(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Response:
        """Optimal attention and all that goes with it; at the last date that to no variance."""
        later = self._at(xi, psi, t)[0][3]
        filled = np.where(np.isfinite(later), later, 0.0)
        found = best_response(self.case.attention, self.case.market.risk_aversion, filled)
        return Response(*(np.where(np.isfinite(later), part, np.nan) for part in found))

    def attention(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Total attention S during the period that begins at t."""
        return self.response(xi, psi, t).attention

    def precision_rate(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Precision bought per unit of time A, 1/(money² time)."""
        return self.response(xi, psi, t).precision_rate

    def price_volatility(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral sd of the price's next move over sqrt(Delta), money/sqrt(time)."""
        _, variance, _, later = self._at(xi, psi, t)[0]
        volatility: Array = np.sqrt(np.maximum(variance - later, 0.0) / self.length)
        return volatility

    def static_price(self, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
        """Price with no trade after now, p^s, money."""
        return np.asarray(self._at(xi, psi, 0.0)[1][0])

    def static_variance(self, xi: ArrayLike, psi: ArrayLike = 0.0) -> Array:
        """Variance with no trade after now, V^s, money²."""
        return np.asarray(self._at(xi, psi, 0.0)[1][1])

    @cached_property
    def initial(self) -> InitialState:
        """Values at t = 0, xi = -rho n0, psi = 0."""
        rho, supply = self.case.market.risk_aversion, self.case.market.initial_supply
        xi = -rho * supply
        price, log_value, response = self.price(xi), self.log_value(xi), self.response(xi)
        values = {
            "price": price,
            "variance": self.variance(xi),
            "attention": response.attention,
            "precision_rate": response.precision_rate,
            "log_value": log_value,
            "certainty_equivalent_gain": -(rho * supply * price + log_value) / rho,
            "price_volatility": self.price_volatility(xi),
            "static_price": self.static_price(xi),
            "static_variance": self.static_variance(xi),
        }
        return InitialState(**{name: float(value) for name, value in values.items()})

    def to_dataset(self) -> "xarray.Dataset":
        """Fields at the nodes, with labelled axes.

        Returns
        -------
        xarray.Dataset
            Dimensions t, line, node; coordinates psi(t, line) and xi(t, line, node).
        """
        import xarray

        dims = ("t", "line", "node")
        zeta, psi = np.stack([self.mesh.nodes(k) for k in range(len(self.fields))], axis=1)
        xi, t = zeta + self.prior.centre * psi, self.times[:, None, None]
        names = ("price", "variance", "attention", "precision_rate", "log_value")
        values = {name: getattr(self, name)(xi, psi, t) for name in (*names, "price_volatility")}
        values |= {
            name: getattr(self, name)(xi, psi) for name in ("static_price", "static_variance")
        }
        coords = {
            "t": ("t", self.times, labels("t")),
            "psi": (dims[:2], psi[..., 0], labels("psi")),
            "xi": (dims, xi, labels("xi")),
        }
        variables = {name: (dims, value, labels(name)) for name, value in values.items()}
        attrs = {"title": self.case.title, "case_name": self.case.name, "summary": self.message}
        return xarray.Dataset(variables, coords, attrs=attrs)

    def save(self, path: str | FilePath) -> None:
        """Write `to_dataset` to a netCDF file, whole or not at all.

        Parameters
        ----------
        path : path-like
            File to write; an existing one is replaced.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        target = FilePath(path)
        write_files(
            target.parent,
            {target.name: lambda new: self.to_dataset().to_netcdf(new, engine="h5netcdf")},
        )
