"""From the discrete model to the continuous limit: shorter and shorter periods.

Where payoffs far from each other are told apart a period may teach many times what was known,
though it teaches little where the economy starts. The error is not of first order then, but of a
lower one that changes slowly; values are extrapolated at the order that they show.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from pdesolve.case import Market
from pdesolve.solver.discrete.domain import DiscreteTuning
from pdesolve.solver.discrete.solver import solve_discrete
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS
from pdesolve.verification.check import Check
from pdesolve.verification.periods import LimitTuning, Periods


def on_dates(market: Market, periods: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """About as many periods, so that announcements, with half as many too, are on trading dates."""
    shares = [one.time / market.horizon for one in market.announcements]
    for unit in range(1, periods[0] // 2 + 1):
        if all(abs(unit * share - round(unit * share)) < 1e-12 * unit for share in shares):
            first = 2 * unit * max(1, round(0.5 * periods[0] / unit))
            return first, 2 * first, 4 * first
    return None


def affordable(
    solution: Solution, periods: tuple[int, int, int], tuning: LimitTuning = LimitTuning()
) -> tuple[int, int, int]:
    """Half as many where they are too long for first order anyway, and take many states each."""
    if _most_taught(solution, periods, tuning) <= tuning.too_fast:
        return periods
    a, b, c = (n // 2 for n in periods)
    return a, b, c


def to_the_limit(
    solution: Solution, periods: tuple[int, int, int], tuning: LimitTuning = LimitTuning()
) -> tuple[Periods, ...]:
    """Reported values of the discrete model at shorter and shorter periods."""
    economy, initial = solution.economy, solution.initial
    speed = float(economy.motion(initial.precision_rate).psi_dot)
    taught = speed * initial.variance * economy.horizon / periods[0]
    apart = _most_taught(solution, periods, tuning)
    how: dict[str, Any] = {}
    if apart > tuning.too_fast:
        rough = DiscreteTuning(spacing=tuning.spacing, passes=tuning.passes)
        how = {"tol": tuning.tol, "tuning": rough}
    longer, *found = [solve_discrete(solution.case, n, **how) for n in (periods[0] // 2, *periods)]
    scales = error_scales(solution)

    def values(name: str) -> tuple[float, float, float]:
        a, b, c = (float(getattr(one.initial, name)) for one in found)
        return a, b, c

    return tuple(
        Periods(
            field=name,
            periods=periods,
            values=values(name),
            pde=getattr(solution.initial, name),
            error=solution.error[name] + tuning.amplified * found[-1].error[name],
            scale=scales[name],
            taught=taught,
            longer=float(getattr(longer.initial, name)),
            numerical=max(one.error[name] for one in found),
            apart=apart,
        )
        for name in ERRORS
    )


def _most_taught(solution: Solution, periods: tuple[int, int, int], tuning: LimitTuning) -> float:
    """What one of the fewest periods teaches at most, where supply leads at psi = 0."""
    economy = solution.economy
    reach = tuning.sds * economy.rho_sigma * economy.horizon**0.5
    variance = solution.static_nodes.variance[0] + solution.states[0][0, :, 1]
    there = np.abs(solution.space.xi[0] - economy.start) <= reach
    variance = np.append(solution.initial.variance, np.maximum(variance[there], 0.0))
    speed = economy.motion(economy.respond(variance).precision_rate).psi_dot
    return float(np.max(speed * variance)) * economy.horizon / periods[0]


def limit_checks(
    found: Iterable[Periods], kink: bool, tuning: LimitTuning = LimitTuning()
) -> Iterator[Check]:
    """First order in the length of a period, and the limit that the equations say.

    Three things say that the periods are too long: one of them teaches more than was known, and
    then nothing is decided; or it would where payoffs are told apart, and then no order is; or an
    order is not one yet but on its way there. Then that order is not decided, and every
    extrapolation, as the fields are coupled, is allowed what the last halving of the periods has
    changed in it.
    """
    known = tuple(found)
    if any(one.apart > tuning.too_fast and one.taught <= tuning.too_much for one in known):
        yield from _slow_checks(known, tuning)
        return
    early = any(_early(one, kink, tuning) for one in known)
    for one in known:
        yield from period_checks(one, kink, tuning, too_long=early)


def _slow_checks(found: Sequence[Periods], tuning: LimitTuning) -> Iterator[Check]:
    """Values extrapolated at the order that they show, where periods are too long for the first.

    Each is in as much doubt as any: the fields are coupled.
    """
    ends = [one.at_its_own_order(tuning.falling, tuning.approach) for one in found]
    doubt = max(end[1] / one.scale for one, end in zip(found, ends, strict=True))
    for one, (limit, _, error) in zip(found, ends, strict=True):
        gap, bound = abs(limit - one.pde), doubt * one.scale + error
        decided = bound <= tuning.telling * one.scale
        name, periods = one.field.replace("_", " "), ", ".join(map(str, one.periods))
        yield Check(
            group="discrete model",
            name=f"{name}: extrapolated from {periods} periods, against the equations",
            value=gap,
            bound=bound,
            passed=gap <= bound or not decided,
            unit="doubt of the extrapolation and error bars",
            note=f"order {one.order:.2f}: one of {one.periods[0]} periods teaches {one.apart:.0f}"
            " times what was known where payoffs are told apart, too much for first order",
            decided=decided,
        )


def _early(one: Periods, kink: bool, tuning: LimitTuning) -> bool:
    """Whether an order is far from one, and on its way there."""
    return _far(one, kink, tuning) and one.on_its_way(tuning.approach)


def _far(one: Periods, kink: bool, tuning: LimitTuning) -> bool:
    """Whether an order that should be one is not."""
    return not kink and not abs(one.order - 1.0) <= tuning.first_order / one.periods[-1]


def period_checks(
    one: Periods, kink: bool, tuning: LimitTuning = LimitTuning(), *, too_long: bool = False
) -> Iterator[Check]:
    """Checks of one value; `too_long` says that the periods are, for another one."""
    name = one.field.replace("_", " ")
    gap, near = abs(one.limit - one.pde), tuning.first_order / one.periods[-1]
    early = _early(one, kink, tuning)
    bound = max(one.uncertainty + one.error, tuning.round_off * abs(one.pde))
    if early or too_long:
        bound = max(bound, one.unsettled + one.error)
    periods = ", ".join(map(str, one.periods))
    decided = one.taught <= tuning.too_much
    why = f"one of {one.periods[0]} periods teaches {one.taught:.0f} times what was known: too long"
    yield Check(
        group="discrete model",
        name=f"{name}: extrapolated from {periods} periods, against the equations",
        value=gap,
        bound=bound,
        passed=gap <= bound or not decided,
        unit="sum of the error bars",
        note="" if decided else why,
        decided=decided,
    )
    if one.changes[1] <= tuning.noise * one.error or kink or not decided:
        return
    note = f"observed order {one.order:.2f}"
    if early:
        note = f"periods too long: order {one.order_before:.2f}, then {one.order:.2f}, on its way"
    yield Check(
        group="discrete model",
        name=f"{name}: order in the length of a period, less one",
        value=abs(one.order - 1.0),
        bound=near,
        passed=early or not _far(one, kink, tuning),
        note=note,
        decided=not early,
    )
