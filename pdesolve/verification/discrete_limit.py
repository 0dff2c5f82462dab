"""From the discrete model to the continuous limit: shorter and shorter periods."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pdesolve.case import Market
from pdesolve.solver.discrete.solver import solve_discrete
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS
from pdesolve.verification.check import Check


@dataclass(frozen=True, kw_only=True)
class LimitTuning:
    """What is made of the discrete model at three numbers of periods.

    Attributes
    ----------
    amplified : float
        Numerical errors of the discrete model, by the extrapolation: (8 + 6 + 1)/3.
    noise : float
        Numerical errors that the last change must exceed to show an order.
    first_order : float
        How far the order may be from one, times the number of periods: the next term is of second
        order. About twice what the named cases show.
    round_off : float
        Of the value.
    too_much : float
        To learn in one period, in units of what is known: the periods are too long to tell.
    approach : float
        Most of the order's distance from one that is left when periods halve, if it is on its way
        there: the next term leaves a half. A wrong order stays where it is.
    """

    amplified: float = 5.0
    noise: float = 20.0
    first_order: float = 48.0
    round_off: float = 1e-12
    too_much: float = 1.0
    approach: float = 0.85


@dataclass(frozen=True, kw_only=True, eq=False)
class Periods:
    """A reported value of the discrete model at three numbers of periods, each twice the last.

    Attributes
    ----------
    field : str
    periods : (int, int, int)
    values : (float, float, float)
    pde : float
        The same value of the continuous-time limit.
    error : float
        Its error bar, and that of the discrete model's interpolation and quadrature.
    scale : float
        Size of the field.
    longer : float
        The value at half the fewest periods; NaN if not known.
    taught : float
        What the first of the fewest periods teaches, in units of the precision that 1/V is: much
        more than one, and the periods are too long to tell where they lead.
    """

    field: str
    periods: tuple[int, int, int]
    values: tuple[float, float, float]
    pde: float
    error: float
    scale: float
    taught: float
    longer: float = float("nan")

    @property
    def changes(self) -> tuple[float, float]:
        """How much each halving of the period changes."""
        return abs(self.values[1] - self.values[0]), abs(self.values[2] - self.values[1])

    @property
    def order(self) -> float:
        """Apparent order in the length of a period."""
        return _order(*self.values)

    @property
    def order_before(self) -> float:
        """The same of periods twice as long."""
        return _order(self.longer, *self.values[:2])

    @property
    def limit(self) -> float:
        """Value without the terms of first and second order in the length of a period."""
        return _limit(*self.values)

    @property
    def uncertainty(self) -> float:
        """What the second-order term is worth: the third may not be much less."""
        return abs(self.limit - (2.0 * self.values[2] - self.values[1]))

    @property
    def unsettled(self) -> float:
        """How much periods half as long change the extrapolation."""
        return abs(self.limit - _limit(self.longer, *self.values[:2]))

    def on_its_way(self, share: float) -> bool:
        """Whether the order's distance from one falls to that share when periods halve."""
        before, now = self.order_before - 1.0, self.order - 1.0
        return before * now > 0.0 and abs(now) <= share * abs(before)


def _order(a: float, b: float, c: float) -> float:
    before, now = abs(b - a), abs(c - b)
    return float(np.log2(before / now)) if before > 0 < now else float("nan")


def _limit(a: float, b: float, c: float) -> float:
    return (8.0 * c - 6.0 * b + a) / 3.0


def on_dates(market: Market, periods: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """About as many periods, so that announcements, with half as many too, are on trading dates."""
    shares = [one.time / market.horizon for one in market.announcements]
    for unit in range(1, periods[0] // 2 + 1):
        if all(abs(unit * share - round(unit * share)) < 1e-12 * unit for share in shares):
            first = 2 * unit * max(1, round(0.5 * periods[0] / unit))
            return first, 2 * first, 4 * first
    return None


def to_the_limit(
    solution: Solution, periods: tuple[int, int, int], tuning: LimitTuning = LimitTuning()
) -> tuple[Periods, ...]:
    """Reported values of the discrete model at shorter and shorter periods."""
    longer, *found = [solve_discrete(solution.case, n) for n in (periods[0] // 2, *periods)]
    scales = error_scales(solution)

    def values(name: str) -> tuple[float, float, float]:
        a, b, c = (float(getattr(one.initial, name)) for one in found)
        return a, b, c

    economy, initial = solution.economy, solution.initial
    speed = float(economy.motion(initial.precision_rate).psi_dot)
    taught = speed * initial.variance * economy.horizon / periods[0]
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
        )
        for name in ERRORS
    )


def limit_checks(
    found: Iterable[Periods], kink: bool, tuning: LimitTuning = LimitTuning()
) -> Iterator[Check]:
    """First order in the length of a period, and the limit that the equations say.

    Two things say that the periods are too long: one of them teaches more than was known, and then
    nothing is decided; or an order is not one yet but on its way there. Then that order is not
    decided, and every extrapolation, as the fields are coupled, is allowed what the last halving
    of the periods has changed in it.
    """
    known = tuple(found)
    early = any(_early(one, kink, tuning) for one in known)
    for one in known:
        yield from period_checks(one, kink, tuning, too_long=early)


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
