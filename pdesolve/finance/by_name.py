"""Numbers of a solved market by name: what every solve reports, and what takes more to know.

What the law of the states says costs more than the solve, so it is found only where it is asked
for: a row of `expectations` on a date, or an SVIX before T.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pdesolve.case.errors import PdesolveError
from pdesolve.case.sources import nearest, shown
from pdesolve.finance.asked import is_date
from pdesolve.finance.by_date import expectations
from pdesolve.finance.claims import svix
from pdesolve.finance.quantities import EXPECTED
from pdesolve.solver.quantity import Quantity
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import QUANTITIES, VALUES

SVIX, LAST = "svix", "T"
LATER = tuple(name for name in EXPECTED if name not in VALUES)  # just before T without a date
NAMES = (*VALUES, *LATER)  # that need no date


class QuantityError(PdesolveError, ValueError):
    """What is asked for is not reported, in one sentence."""


class Reported(NamedTuple):
    """A value, and its estimated absolute error: 0 if it is exact, NaN if that is not known."""

    value: float
    error: float


def reported(solution: Solution, names: Iterable[str]) -> dict[str, Reported]:
    """Values of a solved market by name, with their error bars.

    Parameters
    ----------
    solution : Solution
    names : iterable of str
        As fields of `InitialState`, at t = 0 and at no cost; as other rows of `expectations`
        (``"informativeness"``, ``"r_squared"``, ``"price_variance"``, ``"premium_earned"``, ...),
        just before the payoff. With a date, ``"NAME@0.5"`` or ``"NAME@T"``, any row of
        `expectations` on that date (``"price@0.5"`` is the expected price), and ``"svix@0.5"``,
        that of options which end then. All rows take one march of the law, every SVIX one more.

    Returns
    -------
    dict
        Name, as it was asked for -> value and error, in the unit that `about` says.

    Raises
    ------
    QuantityError
        If there is no such quantity, or the case no such date.
    """
    names, horizon = check_names(names), solution.economy.horizon
    check_dates(names, horizon)
    later = {name: _split(name, horizon) for name in further(names)}
    dates = [date for row, date in later.values() if row != SVIX]
    law = expectations(solution, dates=dates) if dates else None

    def find(name: str) -> Reported:
        if name in VALUES:
            return Reported(getattr(solution.initial, name), solution.bars.get(name, 0.0))
        row, date = later[name]
        if law is None or row == SVIX:
            return Reported(*map(float, svix(solution, date)))
        at = law.sel(t=date)
        return Reported(float(at[row]), float(at[f"{row}_error"]))

    return {name: find(name) for name in names}


def check_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """Names that `reported` knows, each once; a single one may be given as it is.

    Raises
    ------
    QuantityError
        At the first that it does not know.
    """
    every = tuple(dict.fromkeys([names] if isinstance(names, str) else names))
    for name in every:
        row, at, date = name.partition("@") if isinstance(name, str) else (shown(name), "", "")
        known = (*EXPECTED, SVIX) if at else NAMES
        if row not in known:
            close = ", ".join(f"{one}{at}{date}" for one in nearest(row, known)) or "none"
            raise QuantityError(f"no reported value is named {shown(name)}; nearest: {close}")
        if at and date != LAST and not _is_number(date):
            raise QuantityError(f"what follows @ must be a date or {LAST}, got {shown(name)}")
    return every


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not any(map(str.isspace, text))


def further(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that take more than the solve to know."""
    return tuple(name for name in names if name not in VALUES)


def check_dates(names: Iterable[str], horizon: float) -> None:
    """Refuse dates that a market of this horizon does not have.

    Raises
    ------
    QuantityError
        At the first of them.
    """
    for name in further(names):
        row, date = _split(name, horizon)
        if not is_date(date, horizon) or (row == SVIX and date == 0.0):
            rule = f"must be {'after' if row == SVIX else 'from'} 0 and up to the horizon"
            raise QuantityError(f"the date of {shown(name)} {rule}, {horizon:g}")


def _split(name: str, horizon: float) -> tuple[str, float]:
    """Row and date of what is no initial value."""
    row, _, date = name.partition("@")
    return row, horizon if date in ("", LAST) else float(date)


def described(found: Mapping[str, Reported]) -> list[tuple[Quantity, float, float]]:
    """Those of them that take more than the solve to know, as tables want them."""
    return [(about(name), *found[name]) for name in further(found)]


def about(name: str) -> Quantity:
    """Unit, long name and symbols of what `reported` answers to a name.

    Raises
    ------
    QuantityError
        If there is no such quantity.
    """
    (name,) = check_names([name])
    row, at, date = name.partition("@")
    if name in VALUES:
        return QUANTITIES[name]
    date = date if at else LAST
    when = f"at t = {date}" if date != LAST else "just before T"
    one = QUANTITIES[row] if row == SVIX else EXPECTED[row]
    return Quantity(
        name=name,
        long_name=f"{one.long_name}, {when}",
        unit=one.unit,
        label=f"{one.label}, t = {date}",
    )
