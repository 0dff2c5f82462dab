"""Growth until T of who knows the payoff, from its equation (derivation.md, section 15).

Given the payoff x, what log wealth still grows by solves

    g_t + psi_dot g_psi + kappa²/2 g_xixi + psi_dot x g_xi + lambda²/2 = 0,   g(T) = 0,

with lambda = (psi_dot x - mu)/kappa: one linear field for each of a few payoffs, marched back from
T on the solution's grid by the solver's own steps, and beside it one without source, of what the
market will think of x. The law of the states, which is marched forward, has the same numbers by
another route. At an announcement, where options on the price just after it
are traded too, she gains what her law of the news diverges from the market's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from pdesolve.finance.crossing import recrossed
from pdesolve.finance.doubts import Payoffs, unsettled
from pdesolve.finance.law import Clock, Law, drift_of, expect, initial_weights, laws
from pdesolve.finance.marches import Marches
from pdesolve.finance.nodes import AtNodes, at_nodes, finer
from pdesolve.numerics.banded import Factors
from pdesolve.numerics.rosenbrock import fixed_steps
from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import Span, pieces, spans
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

COUNTS = (8, 16, 32)  # of payoffs that stand for the prior, until they leave no more than the grid
NORMAL = 3  # of a normal prior: growth is a square in the payoff, so that they leave nothing
NEARBY = 1e-5  # of a step: how far apart fields are that tell how coefficients move
KEPT = 16  # dates whose fields are kept


class Value(NamedTuple):
    """A number with its estimated absolute error; of what is simulated two standard errors."""

    value: float
    error: float


class Informed(NamedTuple):
    """Growth of the log of wealth over that of cash.

    Attributes
    ----------
    until_payoff : Value
        Of who knows the payoff and trades the asset until T.
    with_options : Value
        Of who knows prices alone, and trades options on the payoff too.
    """

    until_payoff: Value
    with_options: Value


class Routes(NamedTuple):
    """The same by two routes."""

    equation: Informed
    law: Informed


def informed_growth(solution: Solution) -> Routes:
    """Growth of who knows the payoff, averaged over it, and what follows for who does not."""
    marches, normal = Marches.of(solution), solution.prior.is_normal
    for count in (NORMAL,) if normal else COUNTS:
        values, probabilities = solution.prior.gauss(count)
        payoffs = Payoffs(tuple(map(float, values)), probabilities, normal or values.size < count)
        value, error, left = _averaged(marches, payoffs)
        if np.all(left[:2] <= error[:2]):
            break
    found = [Value(*one) for one in zip(value.tolist(), (error + left).tolist(), strict=True)]
    return Routes(Informed(*found[:2]), Informed(*found[2:]))


def _averaged(marches: Marches, payoffs: Payoffs) -> tuple[Array, Array, Array]:
    """Means over payoffs, by both routes; what grid and steps leave; and what so few payoffs do."""
    x = np.array(payoffs.values, float) - marches.solution.prior.centre
    given = []
    for clock in (marches.fine, marches.coarse, marches.short):
        routes = by_equation(clock, x), by_law(clock, x)
        given.append(np.array([row for grown, held in routes for row in (grown, grown - held)]))
    measured = marches.measured(*(one @ payoffs.probabilities for one in given))
    return *measured, unsettled(given[0].T, payoffs)


def leaning(solution: Solution, t: float, payoff: float) -> Array:
    """Return x xi - x² psi/2 - L at the nodes, of a centred payoff x.

    At T it is the log of how much likelier the market holds x to be than it did at first.
    """
    space, log_value = solution.space, solution.static_nodes.phi + solution.slab(t)[..., 2]
    return np.asarray(payoff * space.xi - 0.5 * payoff**2 * space.psi[:, None] - log_value)


# ---------------------------------------------------------------------- by the equation


def by_equation(clock: Clock, payoffs: Array) -> tuple[Array, Array]:
    """Growth, and what `leaning` is expected to be at T, given each centred payoff, (payoffs,).

    By marching their equations back from T: the second has no source.
    """
    solution, market = clock.solution, clock.solution.case.market
    count = payoffs.size
    u = np.zeros((*solution.space.xi.shape, 2 * count + 1))
    u[..., count:-1] = _all_leaning(solution, float(clock.times[-1]), payoffs)
    parts = zip(spans(market), pieces(clock.times, market), strict=True)
    for span, times in reversed(list(parts)):
        if span.precision:
            u[..., :-1] = _before_news(clock, span, payoffs, u[..., :-1])
        u[..., -1] = times[-1]
        equation = _Equation(solution=solution, payoffs=payoffs, times=times)
        u = fixed_steps(equation.seen_from, u, np.diff(times)[::-1].tolist())
    found = np.tensordot(initial_weights(solution), u, 2)
    return found[:count], found[count:-1]


def _all_leaning(solution: Solution, t: float, payoffs: Array) -> Array:
    """`leaning` of several payoffs, (n_psi, n_xi, payoffs)."""
    return np.stack([leaning(solution, t, x) for x in payoffs.tolist()], axis=-1)


def _before_news(clock: Clock, span: Span, payoffs: Array, u: Array) -> Array:
    """Fields just before news, from those just after it, (n_psi, n_xi, 2 payoffs)."""
    solution, count = clock.solution, payoffs.size
    u = u.copy()
    u[..., :count] += _all_leaning(solution, span.end, payoffs)
    for k, x in enumerate(np.tile(payoffs, 2).tolist()):
        u[..., k] = recrossed(solution, span.end, span.precision, x, u[..., k])
    u[..., :count] -= _all_leaning(solution, just_before(span.end), payoffs)
    return u


@dataclass(frozen=True, kw_only=True, eq=False)
class _Equation:
    """The equation between two announcements, for the stepper, whose time runs back from the later.

    There are two fields for each payoff, and one more: the date itself, which falls at the rate 1
    at every node, so that the system is autonomous.

    Attributes
    ----------
    solution : Solution
    payoffs : array
        Centred.
    times : array
        Dates that are stepped to, increasing.
    """

    solution: Solution
    payoffs: Array
    times: Array

    @cached_property
    def nodes_at(self) -> Callable[[float], AtNodes]:
        """Fields at a date."""

        @lru_cache(maxsize=KEPT)
        def at(t: float) -> AtNodes:
            return at_nodes(self.solution, t)

        return lambda t: at(float(np.clip(t, self.times[0], self.times[-1])))

    def seen_from(self, u: Array) -> "_EquationAt":
        """The equation near one state."""
        return _EquationAt(self, u)

    def rates(self, u: Array, at: AtNodes) -> Array:
        """Rates of all payoffs' fields, at the coefficients of some date."""
        g_xi, g_xixi, g_psi = self.solution.space.derivatives(u[..., :-1])
        psi_dot, kappa2 = at.psi_dot[..., None], at.kappa2[..., None]
        drift = psi_dot * np.tile(self.payoffs, 2)
        rates = drift * g_xi + 0.5 * kappa2 * g_xixi + psi_dot * g_psi
        own = slice(0, self.payoffs.size)
        rates[..., own] += 0.5 * (drift[..., own] - at.neutral[..., None]) ** 2 / kappa2
        return np.asarray(rates)


class _EquationAt:
    """The equation seen from one state: rates, and the implicit step's solver."""

    def __init__(self, equation: _Equation, u: Array):
        self._equation, self._u = equation, u
        self._at = equation.nodes_at(u[0, 0, -1])
        self.initial_rates = self.rates(u)

    def rates(self, u: Array) -> Array:
        """Of the fields, and of the date."""
        equation = self._equation
        fields = equation.rates(u, equation.nodes_at(u[0, 0, -1]))
        return np.concatenate([fields, np.full_like(u[..., :1], -1.0)], axis=-1)

    def factor(self, shift: float) -> Callable[[Array], Array]:
        """Solver of (shift - J) x = r, payoff by payoff, J with what the date does to the rates."""
        equation, at = self._equation, self._at
        space, none = equation.solution.space, np.zeros((1, 1, *at.kappa2.shape))
        by_date = self._by_date(NEARBY / shift)
        factors = [
            Factors(space, shift, none, drift_of(at, x)[None, None], 0.5 * at.kappa2, at.psi_dot)
            for x in equation.payoffs.tolist()
        ]

        def solve(r: Array) -> Array:
            date = r[..., -1:] / shift
            rest = r[..., :-1] + by_date * date
            fields = [f.solve(rest[..., k : k + 1]) for k, f in enumerate(2 * factors)]
            return np.concatenate([*fields, date], axis=-1)

        return solve

    def _by_date(self, apart: float) -> Array:
        """Derivative of the rates in the date."""
        equation, u, t = self._equation, self._u, float(self._u[0, 0, -1])
        low, high = np.clip((t - apart, t + apart), equation.times[0], equation.times[-1]).tolist()
        late, early = (equation.rates(u, equation.nodes_at(end)) for end in (high, low))
        return np.asarray((late - early) / (high - low))


# ---------------------------------------------------------------------- by the law of the states


def by_law(clock: Clock, payoffs: Array) -> tuple[Array, Array]:
    """The same by adding lambda²/2 up under the law of the states; and `leaning` at T, (payoffs,).

    Each is given the payoff.
    """
    solution, market = clock.solution, clock.solution.case.market
    found, total = laws(clock, payoffs.tolist()), np.zeros(payoffs.size)
    for span, times in zip(spans(market), pieces(clock.times, market), strict=True):
        every, known = finer(times), []
        for t in every.tolist():
            square, cross, rest = expect(found, t, _parts(at_nodes(solution, t))).T
            known.append(0.5 * (payoffs**2 * square - 2.0 * payoffs * cross + rest))
        total += CubicSpline(every, np.array(known)).integrate(every[0], every[-1])
        if span.precision:
            total += _leaning(found, span.end) - _leaning(found, just_before(span.end))
    return total, _leaning(found, float(clock.times[-1]))


def _leaning(found: list[Law], t: float) -> Array:
    """What `leaning` is expected to be at one of the clock's dates, under each law."""
    clock, known = found[0].clock, list[float]()
    k = int(np.searchsorted(clock.times, t))
    for law in found:
        assert law.payoff is not None
        known.append(float(np.sum(law.weights[k] * leaning(clock.solution, t, law.payoff))))
    return np.array(known)


def _parts(at: AtNodes) -> Array:
    """What lambda² is made of: coefficients of x², -2x and 1, with x centred."""
    parts = at.psi_dot**2, at.psi_dot * at.neutral, at.neutral**2
    return np.stack(parts, axis=-1) / at.kappa2[..., None]
