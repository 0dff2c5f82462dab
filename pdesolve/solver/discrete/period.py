"""One period of the discrete model: expectations under the kernel, attention as a fixed point."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.case.errors import PdesolveError
from pdesolve.model.economy import Economy
from pdesolve.solver.discrete.mesh import CHUNK, Mesh, StateFields
from pdesolve.typing import Array

Index = NDArray[np.intp]


class DiscreteError(PdesolveError, ArithmeticError):
    """A case that could not be solved with so many periods, in one sentence."""


class TooManyStates(DiscreteError):
    """More states than there is room for; more periods would not help."""


@dataclass(frozen=True, kw_only=True)
class PeriodTuning:
    """Accuracy of one period, far beyond that of the mesh (5e-5).

    Attributes
    ----------
    tail : float
        Reach of the quadrature, standard deviations of a shock: beyond are 1e-10 of it.
    most : int
        Nodes of the quadrature, either side; more mean that a period is too long.
    settled : float
        Relative accuracy of attention at a node.
    trials : int
        Of attention at a node, at most.
    leap : float
        The next attention tried over the largest at any state.
    """

    tail: float = 6.5
    most: int = 500
    settled: float = 1e-8
    trials: int = 80
    leap: float = 4.0


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
class Period:
    """One period, seen from the nodes at its start.

    In terms of the centred payoff the kernel (3.3) is the same with zeta for xi, and with the
    centred price, phi and L, whatever the attention.

    Attributes
    ----------
    economy : Economy
    length : float
        Delta, time.
    news : float
        Precision of the public news by the period's end, 1/money².
    step : float
        Spacing of the quadrature, standard deviations of a shock.
    mesh : Mesh
    static, after : callable
        phi, p^s and V^s; deviations of p, V and L at the period's end.
    zeta, psi : array, shape (n,)
        The nodes' states, 1/money and 1/money².
    tuning : PeriodTuning
    """

    economy: Economy
    length: float
    news: float
    step: float
    mesh: Mesh
    static: StateFields
    after: StateFields
    zeta: Array
    psi: Array
    tuning: PeriodTuning = PeriodTuning()

    @property
    def rho_sigma(self) -> float:
        """Product of risk aversion and supply volatility."""
        return self.economy.rho_sigma

    def learn(self, some: Index, a: Array) -> Learned:
        """Expectations at the nodes `some`, given the precision rates there.

        The shock u has the reference law N(0, 1): d zeta = width u. Without public news
        d theta = -sigma sqrt(Delta) u and the width is kappa sqrt(Delta); with news of precision
        N in the period its square is kappa² Delta + N, and u leaves d theta normal with what it
        does not tell, over which the kernel is a mean in closed form (section 13). It mixes, over
        payoffs, normals of that width, so the trapezoidal rule converges exponentially. Nodes that
        need about as many shocks go together.
        """
        width, psi, reach, half = self._needs(some, a)
        if half.max() > self.tuning.most:
            raise DiscreteError("one period moves prices through all of their range")
        group = np.ceil(2.0 * np.log2(half))
        found = np.empty((5, some.size))
        for g in np.unique(group):
            alike = np.flatnonzero(group == g)
            line = np.linspace(-1.0, 1.0, 2 * int(half[alike].max()) + 1)
            for these in np.array_split(alike, 1 + alike.size * line.size // CHUNK):
                parts = some[these], a[these], width[these], psi[these]
                found[:, these] = self._expect(*parts, reach[these, None] * line)
        return Learned(*found)

    def _needs(self, some: Index, a: Array) -> tuple[Array, Array, Array, Array]:
        """Width and psi of what a period adds, and the reach and half the nodes of a quadrature."""
        width = np.sqrt(self._supplied(a) ** 2 + self.news)
        psi = self._ahead(self.psi[some], a)
        reach = self.tuning.tail * np.sqrt(1.0 + width**2 * self.mesh.largest(self.psi[some]))
        bend = np.maximum(1.0, 2.0 * width * np.sqrt(self.mesh.largest(psi)))
        return width, psi, reach, np.ceil(reach * bend / self.step)

    def _supplied(self, a: Array) -> Array:
        """The width that a shock to supply has in xi."""
        return np.asarray((a / self.rho_sigma + self.rho_sigma) * np.sqrt(self.length))

    def _ahead(self, psi: Array, a: Array) -> Array:
        """Psi at the period's end."""
        return np.asarray(psi + (a**2 / self.rho_sigma**2 + a) * self.length + self.news)

    def within_reach(self, some: Index, a: Array) -> NDArray[np.bool_]:
        """Whether the quadrature can follow what these precision rates do."""
        fits: NDArray[np.bool_] = self._needs(some, a)[3] <= self.tuning.most
        return fits

    def excess(self, some: Index, a: Array) -> Array:
        """Best response to what the precision rates leave, less those rates."""
        later = self.learn(some, a).later
        return np.asarray(self.economy.respond(later).precision_rate - a)

    def _expect(self, some: Index, a: Array, width: Array, psi: Array, shock: Array) -> Learned:
        """Expectations by a rule that is centred where the static market is heading.

        `width` is that of a shock and `psi` that at the period's end; `shock` (nodes, shocks).
        """
        phi, mean, _ = self.static(self.zeta[some][:, None], self.psi[some])
        spacing = shock[:, 1] - shock[:, 0]
        share = self._supplied(a) / width
        noise = (self.rho_sigma * np.sqrt(self.length) * share)[:, None]
        square = 0.5 * self.length * (a + self.rho_sigma**2 * (1.0 - share**2))[:, None]
        shock = shock + (width[:, None] - noise) * mean
        zeta = self.zeta[some][:, None] + width[:, None] * shock
        phi_ahead, mean_ahead, variance_ahead = self.static(zeta, psi)
        q, v, log_value = self.after(zeta, psi)
        p = mean_ahead + q
        log_weight = phi_ahead - phi + log_value - 0.5 * shock**2
        log_weight += (square * p - noise * shock) * p
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

        def response(a: Array) -> Array:
            learned = variance * self._ahead(np.zeros_like(a), a)
            left = variance / (1.0 + learned)
            return self.economy.respond(left).precision_rate

        low = np.zeros_like(variance)
        high = response(low)
        for _ in range(30):
            middle = 0.5 * (low + high)
            more = response(middle) > middle
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        return low

    def choose(
        self, some: Index, guess: Array, low: Array | float = -1.0, high: Array | float = np.inf
    ) -> tuple[Learned, Array]:
        """Expectations and precision rates, where A is a best response to what A leaves.

        Between `low`, where the response is larger than A, and `high`, where it is smaller, is a
        point where it stops being larger: one such fixed point is found, the only one if periods
        are short (derivation.md, section 3), by the secant method inside brackets. Where the
        response jumps past A investors are indifferent; some choose either end of the jump, and the
        cost is their average.
        """
        rho, tuning, nodes = self.economy.risk_aversion, self.tuning, some
        a, before, gap = guess.copy(), np.full_like(guess, np.nan), np.full_like(guess, np.nan)
        low, high = np.zeros_like(guess) + low, np.zeros_like(guess) + high
        found = Learned(*np.empty((5, guess.size)))
        some = np.arange(guess.size)
        for trial in range(tuning.trials):
            now, x = self.learn(nodes[some], a[some]), a[some]
            response = self.economy.respond(now.later)
            best = response.precision_rate
            cost = response.cost + now.later / (2.0 * rho) * (x - best)
            now = now._replace(log_value=now.log_value + rho * self.length * cost)
            for every, part in zip(found, now, strict=True):
                every[some] = part
            low[some] = np.where(best > x, x, low[some])
            high[some] = np.where(best < x, x, high[some])
            new = _next(x, best - x, before[some], gap[some], low[some], high[some], trial)
            new = np.minimum(new, tuning.leap * a.max() or np.inf)
            before[some], gap[some] = x, best - x
            open_ = np.abs(best - x) > tuning.settled * np.maximum(x, best)
            open_ &= ~(high[some] <= low[some] * (1.0 + tuning.settled))
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
