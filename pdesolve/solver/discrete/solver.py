"""The discrete model by backward induction: trade at 0, Delta, ..., T - Delta, payoff at T.

Nothing here comes from the equations of the continuous limit or from their solver: each date takes
the expectations of derivation.md, section 3, under the kernel (3.3), and at each node attention is
the fixed point of (3.5). As in section 5 the states are (zeta, psi) of the centred payoff, and
what is interpolated are deviations from the static market.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from pdesolve.case import Case
from pdesolve.case.arguments import CaseLike, as_case, check_tolerance
from pdesolve.model.attention.response import NoOptimum
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Prior
from pdesolve.numerics.rootfind import NoConvergence
from pdesolve.solver.discrete.dates import NoDate, told
from pdesolve.solver.discrete.domain import DiscreteTuning, first_mesh
from pdesolve.solver.discrete.equilibria import choose, fixed_points
from pdesolve.solver.discrete.mesh import Between, Mesh, StateFields
from pdesolve.solver.discrete.period import DiscreteError, Period, TooManyStates
from pdesolve.solver.discrete.solution import DiscreteSolution
from pdesolve.solver.values import ERRORS, scales
from pdesolve.typing import Array


def _static(prior: Prior, mesh: Mesh, tuning: DiscreteTuning) -> StateFields:
    """The static market: for payoffs with a density, which take long, from a table."""
    if not prior.slow:
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
    length, states = economy.horizon / periods, periods * int(np.prod(mesh.shape))
    if states > tuning.most:
        raise TooManyStates(
            f"the payoff has so much detail that {states} states are needed,"
            f" and {tuning.most} are the most"
        )
    static = _static(prior, mesh, tuning)
    fields = np.zeros((periods, 4, *mesh.shape))
    fields[-1, 3] = -prior.cumulants(*mesh.nodes(periods - 1)).variance
    rates, kinked = np.zeros((periods, *mesh.shape)), False
    counts = np.ones((periods, *mesh.shape), np.intp)
    alternatives: tuple[float, ...] = ()
    news = case.market.public_precision * length + told(case.market, periods)
    for k in range(periods - 2, -1, -1):
        zeta, psi = mesh.nodes(k)
        after = Between(mesh, k + 1, fields[k + 1, :3])
        period = Period(
            economy=economy,
            length=length,
            news=float(news[k + 1]),
            step=step,
            mesh=mesh,
            static=static,
            after=after,
            zeta=zeta.ravel(),
            psi=psi.ravel(),
            tuning=tuning.period,
        )
        past = rates[k + 1 : min(k + 4, periods - 1)].reshape(-1, zeta.size)
        weights = ([], [1.0], [2.0, -1.0], [3.0, -3.0, 1.0])[len(past)]
        guess = np.maximum(weights @ past, 0.0) if weights else period.static_guess()
        found, a, several = choose(period, guess, periods, tuning.search)
        counts[k] = several.reshape(mesh.shape)
        if not found.edge.max() < tuning.edge:
            raise DiscreteError("prices move too far in one period for the quadrature")
        response = economy.respond(found.later)
        kinked |= len(set(response.regime[found.later > tuning.felt * prior.variance])) > 1
        kinked |= bool((several > 1).any())  # from one to another attention may jump
        here = int(np.argmin(np.abs(zeta[0] - economy.start)))
        if k == 0 and several[here] > 1:
            alternatives = fixed_points(period, here, a, tuning.search)
        rates[k] = a.reshape(mesh.shape)
        phi, mean, variance = static(zeta, psi[:, 0])
        less = np.stack([mean, variance, phi, variance])
        fields[k] = np.stack([f.reshape(mesh.shape) for f in found[:4]]) - less
    return DiscreteSolution(
        case=case,
        mesh=mesh,
        fields=fields,
        rates=rates,
        counts=counts,
        alternatives=alternatives,
        kinked=kinked,
    )


def solve_discrete(
    case: CaseLike,
    periods: int = 64,
    *,
    tol: float = 5e-5,
    tuning: DiscreteTuning = DiscreteTuning(),
) -> DiscreteSolution:
    """Solve the discrete model with trade at 0, T/periods, ..., T - T/periods.

    Parameters
    ----------
    case : Case, str or path
        A case, or the name or path of one.
    periods : int
        Number of trading dates; attention is paid in all periods but the last.
    tol : float
        Accuracy of quadrature and interpolation, from 1e-10 to 0.1, relative to the payoff's sd and
        variance, attention and precision rate themselves (or a thousandth of what the prior's
        variance would call for), and 1 for the log value. How far the limit is is another matter.
    tuning : DiscreteTuning

    Returns
    -------
    DiscreteSolution
        `converged` and `message` say whether `tol` was met; `error` holds the estimates.

    Raises
    ------
    CaseError
        If there is no such case, or `tol` is none that can be asked for.
    ValueError
        If `periods` is less than 1.
    DiscreteError
        If there is no solution to report: no optimal attention, periods too long, an announcement
        between trading dates, or more states than there is room for.
    """
    if periods < 1:
        raise ValueError(f"periods must be at least 1, got {periods}")
    began, case, tol = time.perf_counter(), as_case(case), check_tolerance(tol)
    economy = Economy.of(case)
    try:
        found = _refine(case, economy, first_mesh(economy, periods, tuning), tol, tuning)
    except (TooManyStates, NoDate, NoOptimum) as failure:
        raise DiscreteError(f"{case.name}, {periods} periods: {failure}") from failure
    except (DiscreteError, NoConvergence) as failure:
        text = f"{case.name}, {periods} periods: {failure}; try more periods"
        raise DiscreteError(text) from failure
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
            learned = reached - told(case.market, len(reached))  # with no news yet on that date
            tops = tuning.margin * np.append(learned[1:], 2.0 * reached[-1] - reached[-2:][0])
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
    text += found.said_of_several
    return replace(
        found,
        error=dict(zip(ERRORS, (share * scale).tolist(), strict=True)),
        converged=size <= tol,
        message=f"converged: {text}" if size <= tol else f"not within {tol:.1e}: {text}",
    )
