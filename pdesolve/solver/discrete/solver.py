"""The discrete model by backward induction: trade at 0, Delta, ..., T - Delta, payoff at T.

Nothing here comes from the equations of the continuous limit or from their solver: each date takes
the expectations of derivation.md, section 3, under the kernel (3.3), and at each node attention is
the fixed point of (3.5). As in section 5 the states are (zeta, psi) of the centred payoff, and
what is interpolated are deviations from the static market.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from pdesolve.case import Case
from pdesolve.model.attention.response import NoOptimum
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.density import DensityPrior
from pdesolve.model.payoff.prior import Prior
from pdesolve.numerics.rootfind import NoConvergence
from pdesolve.solver.discrete.mesh import Between, Mesh, StateFields
from pdesolve.solver.discrete.period import DiscreteError, Period
from pdesolve.solver.discrete.solution import DiscreteSolution
from pdesolve.solver.values import ERRORS, scales
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class DiscreteTuning:
    """How the mesh of the discrete model is chosen and refined.

    Set by trial on the named cases at 64 to 256 periods, so that the error estimate of 5e-5 holds
    against the same model at 1e-6.

    Attributes
    ----------
    coarse, fine : float
        The quadrature's spacing, in units of what the tolerance calls for: while lines are added,
        and from pass to pass later.
    edge : float
        Most weight of the quadrature's two ends; more means that a period is too long.
    spacing : float
        Of the first pass's xi nodes, times the largest static sd.
    lines, nodes : int
        Fewest lines of psi and xi nodes of the first pass.
    table_finer : int
        Nodes of a table of the static market, over those of the mesh.
    table_most : (int, int)
        Lines and nodes of such a table at most, if that is more than the mesh's.
    table_wider : float
        Its range of xi over the mesh's.
    passes : int
        Refinements of either direction at most.
    growth : float
        Of its nodes at each.
    kept : float
        Share of a change that is left, unless attention has a kink.
    margin : float
        On the psi that is reached.
    felt : float
        Share of the prior's variance below which attention does not matter.
    """

    coarse: float = 1.25
    fine: float = 0.9
    edge: float = 1e-6
    spacing: float = 0.33
    lines: int = 6
    nodes: int = 36
    table_finer: int = 3
    table_most: tuple[int, int] = (30, 240)
    table_wider: float = 1.3
    passes: int = 4
    growth: float = 1.4
    kept: float = 2.0 * 1.4**-4
    margin: float = 1.05
    felt: float = 1e-6


def _first_mesh(economy: Economy, periods: int, tuning: DiscreteTuning) -> Mesh:
    """Nodes for a first pass, from the static market."""
    prior, start = economy.prior, economy.start
    low, high = prior.low - prior.centre, prior.high - prior.centre
    if not np.isfinite(high - low):
        low, high = -5.0 * prior.sd, 5.0 * prior.sd
    line = np.sinh(np.linspace(-9.0, 9.0, 401)) / prior.sd
    prices = prior.cumulants(line, np.zeros_like(line)).mean
    ends = np.interp([0.9 * low + 0.1 * high, 0.1 * low + 0.9 * high], prices, line)
    left, right = min(ends[0], start), max(ends[1], start)
    region = Mesh(
        centre=0.5 * (left + right),
        half_width=0.5 * (right - left),
        noise=economy.rho_sigma**2 * economy.horizon,
        half_range=0.5 * (high - low),
        scale=prior.variance,
        largest=lambda psi: np.full_like(psi, prior.variance),
        tops=np.zeros(periods),
        shape=(1, 1),
    )
    mesh = _with_learning(economy, region)
    narrow, wide = mesh.half(np.array([0.0, mesh.tops[-1]]))
    mean_width = narrow ** (2 / 3) * wide ** (1 / 3) * 2.0 * mesh.stretch / np.sinh(mesh.stretch)
    sd = float(np.sqrt(mesh.largest(np.zeros(1)))[0])
    count = max(tuning.nodes, 1 + round(mean_width * sd / tuning.spacing))
    lines = tuning.lines + round(np.log1p(mesh.tops[-1] * prior.variance))
    flat = prior.is_two_point or mesh.tops[-1] == 0.0
    return replace(mesh, shape=(1 if flat else lines, 1 if prior.is_normal else count))


def _with_learning(economy: Economy, region: Mesh) -> Mesh:
    """The largest static variance at each psi, and from it a generous bound on psi at each date."""
    prior, horizon, periods = economy.prior, economy.horizon, len(region.tops)
    most = region.half_range**2 if np.isfinite(prior.high - prior.low) else np.inf
    z = np.sinh(3.0 * np.linspace(-1.0, 1.0, 121)) / np.sinh(3.0)

    def largest(psi: Array) -> Array:
        zeta = region.centre + region.half(psi)[:, None] * z
        static = prior.cumulants(zeta, np.broadcast_to(psi[:, None], zeta.shape))
        return np.asarray(static.variance.max(axis=1))

    def speed(variance: Array) -> Array:
        bound = np.minimum(variance * (1.0 + region.noise * variance), most)
        return economy.motion(economy.respond(bound).precision_rate).psi_dot

    first = largest(np.zeros(1))
    farthest = max(float(speed(first)[0]) * horizon, 1e-3 / first[0])
    psi = np.append(0.0, np.geomspace(1e-4 / first[0], farthest, 60))
    variance = np.maximum.accumulate(largest(psi)[::-1])[::-1]
    depth = np.log1p(psi * first)
    before = np.maximum.accumulate(psi - speed(variance) * horizon / periods)
    path = np.zeros(periods + 1)
    for k in range(periods):
        path[k + 1] = np.interp(path[k], before, psi)
    return replace(
        region,
        largest=lambda psi: np.interp(np.log1p(psi * first), depth, variance),
        tops=path[1:],
    )


def _static(prior: Prior, mesh: Mesh, tuning: DiscreteTuning) -> StateFields:
    """The static market: for payoffs with a density, which take long, from a table."""
    if not isinstance(prior, DensityPrior):
        return lambda zeta, psi: np.stack(prior.cumulants(zeta, psi[:, None])[:3])
    shape = [
        n if n == 1 else max(n, min(tuning.table_finer * n, m))
        for n, m in zip(mesh.shape, tuning.table_most, strict=True)
    ]
    finer = replace(
        mesh,
        wider=tuning.table_wider,
        tops=tuning.margin * mesh.tops[-1:],
        shape=(shape[0], shape[1]),
    )
    return Between(finer, 0, np.stack(prior.cumulants(*finer.nodes(0))[:3]))


def _backward(
    case: Case, economy: Economy, mesh: Mesh, step: float, tuning: DiscreteTuning
) -> DiscreteSolution:
    """One pass: deviations at every date, from the last to the first."""
    prior, periods = economy.prior, len(mesh.tops)
    length = economy.horizon / periods
    static = _static(prior, mesh, tuning)
    fields = np.zeros((periods, 4, *mesh.shape))
    fields[-1, 3] = -prior.cumulants(*mesh.nodes(periods - 1)).variance
    rates, kinked = np.zeros((periods, *mesh.shape)), False
    for k in range(periods - 2, -1, -1):
        zeta, psi = mesh.nodes(k)
        after = Between(mesh, k + 1, fields[k + 1, :3])
        period = Period(
            economy=economy,
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
        if not found.edge.max() < tuning.edge:
            raise DiscreteError("prices move too far in one period for the quadrature")
        response = economy.respond(found.later)
        kinked |= len(set(response.regime[found.later > tuning.felt * prior.variance])) > 1
        rates[k] = a.reshape(mesh.shape)
        phi, mean, variance = static(zeta, psi[:, 0])
        less = np.stack([mean, variance, phi, variance])
        fields[k] = np.stack([f.reshape(mesh.shape) for f in found[:4]]) - less
    return DiscreteSolution(case=case, mesh=mesh, fields=fields, rates=rates, kinked=kinked)


def solve_discrete(
    case: Case,
    periods: int = 64,
    *,
    tol: float = 5e-5,
    tuning: DiscreteTuning = DiscreteTuning(),
) -> DiscreteSolution:
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
    tuning : DiscreteTuning

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
    economy = Economy.of(case)
    try:
        found = _refine(case, economy, _first_mesh(economy, periods, tuning), tol, tuning)
    except (DiscreteError, NoConvergence) as failure:
        text = f"{case.name}, {periods} periods: {failure}; try more periods"
        raise DiscreteError(text) from failure
    except NoOptimum as failure:
        raise DiscreteError(f"{case.name}, {periods} periods: {failure}") from failure
    return replace(found, seconds=time.perf_counter() - began)


def _refine(
    case: Case, economy: Economy, mesh: Mesh, tol: float, tuning: DiscreteTuning
) -> DiscreteSolution:
    """A first pass, more lines, then more nodes on each, until neither matters; the verdict.

    The trapezoidal rule's error is about exp(-2 pi²/step²), times what the integrand adds.
    """
    step = min(1.0, np.sqrt(2.0) * np.pi / np.sqrt(np.log(1e3 / tol)))
    start = economy.start
    found = _backward(case, economy, mesh.aligned(start), tuning.coarse * step, tuning)
    changes = np.zeros((2, len(ERRORS)))
    for axis in (0, 1) if mesh.shape[0] > 1 else (1,):
        for count in range(tuning.passes):
            reached, shape = found.psi_reached, list(found.mesh.shape)
            tops = tuning.margin * np.append(reached[1:], 2.0 * reached[-1] - reached[-2:][0])
            shape[axis] = 1 if shape[axis] == 1 else round(tuning.growth * shape[axis])
            mesh = replace(mesh, tops=tops, shape=(shape[0], shape[1])).aligned(start)
            old = found.initial
            spacing = step * (tuning.coarse if axis == 0 else tuning.fine**count)
            found = _backward(case, economy, mesh, spacing, tuning)
            new = found.initial
            now, before = (np.array([getattr(x, name) for name in ERRORS]) for x in (new, old))
            change = np.abs(now - before)
            luck = 0.5 * changes[axis] if found.kinked else 0.0  # convergence is irregular there
            changes[axis] = np.maximum(change if found.kinked else tuning.kept * change, luck)
            sizes = scales(economy, new)
            scale = np.array([sizes[name] for name in ERRORS])
            share = changes.sum(axis=0) / scale
            if share.max() <= (0.5 if axis == 0 else 1.0) * tol:
                break
    return _judged(found, share, scale, tol)


def _judged(found: DiscreteSolution, share: Array, scale: Array, tol: float) -> DiscreteSolution:
    """Attach the verdict; fields are coupled, so none that is not exact beats the worst."""
    worst = int(np.argmax(share))
    size = float(share[worst])
    share = np.where(share > 1e-12, size, share)
    text = f"largest relative error estimate {size:.1e} ({ERRORS[worst].replace('_', ' ')})"
    return replace(
        found,
        error=dict(zip(ERRORS, (share * scale).tolist(), strict=True)),
        converged=size <= tol,
        message=f"converged: {text}" if size <= tol else f"not within {tol:.1e}: {text}",
    )
