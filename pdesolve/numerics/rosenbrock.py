"""Time integration with error control, by a Rosenbrock method; it knows no economics.

The method is Rodas4P (:mod:`pdesolve.numerics.tableau`). It needs no Newton iteration: a step costs
one factorisation and six solves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple, Protocol

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.numerics.tableau import RODAS4P, Tableau
from pdesolve.typing import Array

METHOD = RODAS4P  # that is used


@dataclass(frozen=True, kw_only=True)
class StepControl:
    """How the length of a step follows from the error of the last one.

    The first four are the usual ones (Hairer, Nørsett and Wanner, section II.4); the others
    say how long steps may be at most, and when there is no point in going on.

    Attributes
    ----------
    safety, shrink, grow : float
        Factor on the length that the estimate suggests; least and largest change of it.
    begin : float
        Of the time in which the state changes by its scale, times the tolerance to the power that
        errors grow with: the first step.
    patience : int
        Rejections in a row.
    shortest : float
        Rejected step, as a share of the whole span, after which there is no point.
    fewest : int
        Steps that the span takes at least: the estimate of a step that is as long as everything
        that happens means nothing.
    hopeless : float
        A rejected step that is so many times too short for the steps that are left to cover the
        rest of the span ends the integration, from the `patience`-th rejection on.
    """

    safety: float = 0.9
    shrink: float = 0.2
    grow: float = 5.0
    begin: float = 0.1
    patience: int = 12
    shortest: float = 1e-12
    fewest: int = 1
    hopeless: float = 1e3


class MarchError(PdesolveError, ArithmeticError):
    """The integration cannot go on.

    Attributes
    ----------
    time : float
        How far it came.
    index : tuple of int or None
        First entry of the state that is not finite, if any.
    reason : Exception or None
        What the system raised in the last attempt, if anything.
    attempts : int
        Steps tried.
    """

    def __init__(
        self,
        message: str,
        *,
        time: float,
        index: tuple[int, ...] | None = None,
        reason: Exception | None = None,
        attempts: int,
    ):
        super().__init__(message)
        self.time = time
        self.attempts = attempts
        self.index = index
        self.reason = reason


class _NotFinite(PdesolveError, ArithmeticError):
    """Rates that are not finite, first at `index`."""

    def __init__(self, index: tuple[int, ...]):
        super().__init__("the state is not finite")
        self.index = index


def _check(rates: Array) -> None:
    """Raise if rates are not finite."""
    finite = np.isfinite(rates)
    if np.count_nonzero(finite) < finite.size:
        raise _NotFinite(tuple(int(i) for i in np.argwhere(~finite)[0]))


class Linearised(Protocol):
    """A system du/ds = f(u) seen from one point u0."""

    @property
    def initial_rates(self) -> Array:
        """f(u0)."""

    def rates(self, u: Array) -> Array:
        """f(u), for u near u0; the array may be used again for another u."""

    def factor(self, shift: float) -> Callable[[Array], Array]:
        """Return a function r -> x that solves (shift - df/du(u0)) x = r."""


@dataclass(frozen=True, kw_only=True)
class Path:
    """Accepted states of an integration.

    Attributes
    ----------
    times : array, shape (n,)
        Increasing, from 0.
    states, rates : array, shape (n, ...)
        u and du/ds at those times.
    accepted, rejected : int
        Steps (`counts` says what they took).
    error : float
        Sum over the steps of the weighted local error estimates, in units of the tolerance's scale.
    """

    times: Array
    states: Array
    rates: Array
    accepted: int
    rejected: int
    error: float


def step(
    local: Linearised,
    solve: Callable[[Array], Array],
    u: Array,
    h: float,
    method: Tableau = METHOD,
) -> tuple[Array, Array]:
    """Take one step of length h from u; return the new state and its error estimate.

    Parameters
    ----------
    local : Linearised
        The system seen from u.
    solve : callable
        ``local.factor(1/(gamma h))``.
    u : array
    h : float
    method : Tableau
    """
    stages = len(method.a)
    flat = np.empty((stages + 3, u.size))
    start, *k, stage, rest = _like(u, flat)
    start[...] = u
    weights = np.zeros((stages, 2, stages + 1))  # of u and the k in the stage and in the rest
    weights[:, 0, 0], weights[:, 0, 1:], weights[:, 1, 1:] = 1.0, method.a, method.c / h
    for i, known in enumerate(weights):
        np.matmul(known[:, : i + 1], flat[: i + 1], out=flat[-2:])
        f = local.rates(stage) if i else local.initial_rates
        rest += f
        if not isfinite(np.dot(flat[-1], flat[-1])):  # quicker than to look at every one
            _check(f)
        k[i][...] = solve(rest)
    return stage + k[-1], k[-1]


def _like(u: Array, rows: Array) -> Array:
    """Arrays shaped and laid out in memory like u, each of the numbers in a row."""
    order = sorted(range(u.ndim), key=lambda axis: -u.strides[axis])
    shaped = rows.reshape(len(rows), *(u.shape[axis] for axis in order))
    return shaped.transpose(0, *(1 + order.index(axis) for axis in range(u.ndim)))


def fixed_steps(
    linearise: Callable[[Array], Linearised],
    u: Array,
    lengths: Iterable[float],
    *,
    method: Tableau = METHOD,
    visit: Callable[[Array, Linearised], object] = lambda u, local: None,
) -> Array:
    """Take steps of given lengths, without error control.

    Parameters
    ----------
    linearise : callable
        u -> the system linearised there.
    u : array
        Initial state.
    lengths : iterable of float
    method : Tableau
    visit : callable, optional
        Called before each step with its state and the system seen from there.

    Returns
    -------
    array
        The last state.

    Raises
    ------
    ArithmeticError
        If a step breaks down.
    """
    with np.errstate(all="ignore"):
        for h in lengths:
            local = linearise(u)
            visit(u, local)
            u, _ = step(local, local.factor(1.0 / (method.gamma * h)), u, h, method)
    return u


def counts(accepted: int, rejected: int = 0) -> dict[str, int]:
    """What so many steps take: evaluations of the rates, and factorisations."""
    stages = len(METHOD.a)
    return {
        "accepted": accepted,
        "rejected": rejected,
        "evaluations": 1 + stages * accepted + (stages - 1) * rejected,
        "factorisations": accepted + rejected,
    }


def march(
    linearise: Callable[[Array], Linearised],
    u: Array,
    span: float,
    *,
    scale: Array,
    tolerance: float,
    max_steps: int,
    report: Callable[[float], None] = lambda time: None,
    method: Tableau = METHOD,
    control: StepControl = StepControl(),
) -> Path:
    """Integrate du/ds = f(u) from s = 0 to `span`.

    Parameters
    ----------
    linearise : callable
        u -> the system linearised there.
    u : array
        Initial state.
    span : float
        Length of the interval, > 0.
    scale : array, broadcastable to u
        What an entry's error is measured against.
    tolerance : float
        Local error allowed per step, relative to `scale`: root mean square over the nodes of the
        worst field (the last axis).
    max_steps : int
        Attempts allowed.
    report : callable, optional
        Called with the time reached after each accepted step.
    method : Tableau
    control : StepControl

    Returns
    -------
    Path

    Raises
    ------
    MarchError
        If no step is short enough, or after `max_steps` attempts.
    """
    s, error, rejected, in_a_row = 0.0, 0.0, 0, 0
    local = linearise(u)
    speed = _norm(local.initial_rates / scale)
    power = 1.0 / method.order
    longest = span / control.fewest
    h = min(longest, control.begin * tolerance**power / speed) if speed > 0 else longest
    times, states, rates = [s], [u], [local.initial_rates]
    while s < span:
        h = span - s if s + 1.01 * h >= span else h
        attempt = _attempt(linearise, local, u, h, scale * tolerance, method)
        if attempt.following is None:
            rejected, in_a_row = rejected + 1, in_a_row + 1
            tried = rejected + len(times) - 1
            slow = h * control.hopeless * (max_steps - tried) < span - s
            stuck = in_a_row > control.patience or h < control.shortest * span
            stuck = stuck or (slow and rejected > control.patience)
            if stuck or tried >= max_steps:
                raise _failure(attempt, s, tried, None if stuck else max_steps)
            if attempt.size < np.inf:
                h *= max(control.shrink, control.safety * attempt.size**-power)
                h *= 0.5 if in_a_row > 2 else 1.0  # the error does not fall as it should
            else:
                h *= control.shrink
            continue
        s = span if s + h >= span * (1 - 1e-14) else s + h
        u, local, in_a_row = attempt.state, attempt.following, 0
        error += attempt.size * tolerance
        times.append(s)
        states.append(u)
        rates.append(local.initial_rates)
        report(s)
        if s < span and rejected + len(times) > max_steps:
            raise _failure(attempt, s, rejected + len(times) - 1, max_steps)
        wanted = control.safety * max(attempt.size, 1e-12) ** -power
        h = min(longest, h * min(control.grow, max(control.shrink, wanted)))
    return Path(
        times=np.array(times),
        states=np.array(states),
        rates=np.array(rates),
        accepted=len(times) - 1,
        rejected=rejected,
        error=error,
    )


class _Attempt(NamedTuple):
    """A step tried: where it led, and, if it was good enough, the system seen from there."""

    state: Array
    size: float
    following: Linearised | None
    reason: ArithmeticError | None


def _attempt(
    linearise: Callable[[Array], Linearised],
    local: Linearised,
    u: Array,
    h: float,
    allowed: Array,
    method: Tableau,
) -> _Attempt:
    """Try a step of length h; its size is its error in units of what is allowed."""
    try:
        with np.errstate(all="ignore"):
            solve = local.factor(1.0 / (method.gamma * h))
            new, difference = step(local, solve, u, h, method)
            size = _norm(difference / allowed)
            if not size <= 1.0:
                return _Attempt(new, size if size > 1.0 else np.inf, None, None)
            following = linearise(new)
            _check(following.initial_rates)
            return _Attempt(new, size, following, None)
    except ArithmeticError as failure:  # no attention optimum, a singular matrix, ...
        return _Attempt(u, np.inf, None, failure)


def _failure(attempt: _Attempt, time: float, tried: int, max_steps: int | None) -> MarchError:
    """Why the integration stops."""
    reason = attempt.reason
    text = f"more than {max_steps} time steps"
    if max_steps is None:
        text = "no time step is short enough" + (f": {reason}" if reason is not None else "")
    if isinstance(reason, _NotFinite):
        return MarchError(text, time=time, index=reason.index, attempts=tried)
    return MarchError(text, time=time, reason=reason, attempts=tried)


def _norm(u: Array) -> float:
    """Root mean square over all axes but the last, of the worst of those."""
    return float(np.sqrt(np.max(np.mean(u**2, axis=tuple(range(u.ndim - 1))))))
