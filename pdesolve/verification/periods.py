"""A value of the discrete model at shorter and shorter periods, and where that leads."""

from dataclasses import dataclass

import numpy as np


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
    too_fast, sds : float
        To learn in one period at psi = 0, in any state within so many standard deviations of supply
        until T, likewise: named cases with 3 are of first order, `jackpot` with 7 is not.
    tol, spacing, passes : float, float, int
        Of the discrete model where that is more, and the payoff's detail calls for millions of
        states at the usual ones; the extrapolation is in more doubt.
    falling : float
        Of one change over the next, from which on they show an order: a quarter.
    telling : float
        Of a field's scale: an extrapolation that is in more doubt says nothing.
    """

    amplified: float = 5.0
    noise: float = 20.0
    first_order: float = 48.0
    round_off: float = 1e-12
    too_much: float = 1.0
    approach: float = 0.85
    too_fast: float = 5.0
    sds: float = 4.0
    tol: float = 3e-4
    spacing: float = 1.0
    passes: int = 3
    falling: float = 2.0**0.25
    telling: float = 0.05


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
    numerical : float
        Error bar of the discrete model's interpolation and quadrature alone.
    apart : float
        The most that it would teach in a state that supply leads to, as `taught`.
    """

    field: str
    periods: tuple[int, int, int]
    values: tuple[float, float, float]
    pde: float
    error: float
    scale: float
    taught: float
    longer: float = float("nan")
    numerical: float = 0.0
    apart: float = 0.0

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

    def at_its_own_order(self, falling: float, approach: float) -> tuple[float, float, float]:
        """Where values of no first order yet lead, how much that is in doubt, and its error.

        An order on its way to one is taken to get there, and in doubt is what the last halving of
        the periods changes. Else the order that is seen is taken to stay (Aitken); in doubt is what
        the last halving changes, and how far it is from where first order would lead.
        """
        if self.on_its_way(approach):
            return self.limit, self.unsettled, self.error
        seen = _aitken(*self.values, falling)
        moved = abs(seen - _aitken(self.longer, *self.values[:2], falling))
        before, now = self.changes
        ratio = before / now if before > falling * now > 0.0 else np.inf
        more = 1.0 if ratio == np.inf else 1.0 + 4.0 * ratio / (ratio - 1.0) ** 2
        return seen, abs(self.limit - seen) + moved, self.error + more * self.numerical

    def on_its_way(self, share: float) -> bool:
        """Whether the order's distance from one falls to that share when periods halve."""
        before, now = self.order_before - 1.0, self.order - 1.0
        return before * now > 0.0 and abs(now) <= share * abs(before)


def _order(a: float, b: float, c: float) -> float:
    before, now = abs(b - a), abs(c - b)
    return float(np.log2(before / now)) if before > 0 < now else float("nan")


def _limit(a: float, b: float, c: float) -> float:
    return (8.0 * c - 6.0 * b + a) / 3.0


def _aitken(a: float, b: float, c: float, falling: float) -> float:
    """Limit if changes go on to fall at the same rate; the last value if they do not."""
    before, now = b - a, c - b
    return c + now**2 / (before - now) if before * now > 0.0 and before / now > falling else c
