"""Books of a date by marches on two grids and at two steps: prices with their errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pdesolve.finance.books import AtPayoff, AtPrice, Book
from pdesolve.finance.law import Law
from pdesolve.finance.marches import Marches, MarchTuning, Measured
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Books:
    """A book by each of the marches."""

    marches: Marches
    fine: Book
    coarse: Book
    short: Book

    @classmethod
    def of(cls, solution: Solution, date: float, tuning: MarchTuning) -> "Books":
        """Make them: of the payoff at the horizon, before it of the price."""
        (books,) = cls.by_date(solution, [date], tuning)
        return books

    @classmethod
    def by_date(
        cls, solution: Solution, dates: Sequence[float], tuning: MarchTuning
    ) -> list["Books"]:
        """The same of several dates, from the same marches."""
        marches = Marches.of(solution, tuning, dates)
        laws = [laws[0] for laws in marches.laws([None])]
        horizon, found = solution.economy.horizon, []
        for date in dates:
            fine, coarse, short = (_book(law, date, date == horizon) for law in laws)
            found.append(cls(marches=marches, fine=fine, coarse=coarse, short=short))
        return found

    def measured(self, price: Callable[[Book], Array]) -> Measured:
        """A price from each of them, corrected, with the error of grid and steps."""
        return self.marches.measured(price(self.fine), price(self.coarse), price(self.short))

    def along(self, price: Callable[[Book, Array], Array], at: Array, apart: float) -> Measured:
        """Prices over a line, each with the largest error so far to either side too.

        An error that changes sign along the line may be small just there.
        """
        places = np.stack([at, at - apart, at + apart])
        found = self.measured(lambda book: price(book, places.ravel()))
        value, error = (one.reshape(places.shape) for one in found)
        return Measured(value[0], error.max(axis=0))

    def options(self, at: Array, near: float) -> tuple[Measured, Measured]:
        """Calls and puts at these strikes; errors are the largest within so many roots of V."""
        solution = self.marches.solution
        doubt, apart = sum(price_bars(solution)), near * float(np.sqrt(solution.initial.variance))
        calls = self.along(lambda book, at: book.calls(at), at, apart)
        puts = self.along(lambda book, at: book.puts(at), at, apart)
        return Measured(calls.value, calls.error + doubt), Measured(puts.value, puts.error + doubt)


def _book(law: Law, date: float, at_end: bool) -> Book:
    """What is paid by a law at a date."""
    if at_end:
        return AtPayoff(law=law)
    return AtPrice(law=law, date=int(np.searchsorted(law.clock.times, date)))


def price_bars(solution: Solution) -> tuple[float, float]:
    """What the solution's own errors may do to an option: through the price, and its variance.

    A price that is off moves an option by no more; an sd that is off by 0.4 of that at most.
    """
    bars, variance = solution.bars, solution.initial.variance
    return bars["price"], 0.2 * bars["variance"] / np.sqrt(variance)
