"""A few cases side by side: their reported values, and how far apart these are."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pdesolve.case import Case, CaseError
from pdesolve.case.arguments import CaseLike, as_case
from pdesolve.case.sources import TEXTS, shown
from pdesolve.files import plain
from pdesolve.finance.by_name import Reported, about, check_dates, check_names, described, reported
from pdesolve.solver.pde import solver
from pdesolve.solver.solution import Solution
from pdesolve.solver.summary import as_dict, bound, digits, heading
from pdesolve.solver.values import ROWS, VALUES
from pdesolve.studies.plan import flat

MOST = 6  # cases that a table and a picture of them can be read with
ROUNDING = 1e-12  # of a value: differences of exact ones below are none


class Difference(NamedTuple):
    """A value less that of the first case.

    Attributes
    ----------
    value, error : float
        The difference, and its bar: that of both values, added up.
    within : bool
        Whether it is within its bar, so that the two values are not told apart.
    """

    value: float
    error: float
    within: bool


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison:
    """Solved cases side by side; as text, a table.

    Attributes
    ----------
    solutions : tuple of Solution
        Two to six, of cases that differ; the others are compared with the first.
    also : tuple of str
        Names of further values (:func:`pdesolve.finance.by_name.reported`).
    """

    solutions: tuple[Solution, ...]
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_cases([one.case for one in self.solutions])

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names of the cases, with what sets apart those of one name."""
        return case_labels([one.case for one in self.solutions])

    @cached_property
    def values(self) -> tuple[dict[str, Reported], ...]:
        """Of each case, every value by name with its error: what is reported, and `also`."""
        return tuple(reported(one, (*VALUES, *self.also)) for one in self.solutions)

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of what the table shows."""
        return tuple(dict.fromkeys((*ROWS, *self.also)))

    @property
    def missed(self) -> list[str]:
        """What there is to say of those that did not converge."""
        pairs = zip(self.labels, self.solutions, strict=True)
        return [f"{label}: {one.message}" for label, one in pairs if not one.converged]

    def difference(self, name: str, place: int) -> Difference:
        """How much more a reported value is in the case in that place than in the first one."""
        before, after = self.values[0][name], self.values[place][name]
        gap, error = after.value - before.value, after.error + before.error
        least = max(error, ROUNDING * max(abs(before.value), abs(after.value)))
        return Difference(gap, error, abs(gap) <= least)

    def __repr__(self) -> str:
        return table(self)


def compare(
    *cases: CaseLike | Solution,
    tol: float | None = None,
    also: str | Iterable[str] = (),
    progress: bool = False,
) -> Comparison:
    """Solve cases and compare what is reported of them.

    Parameters
    ----------
    *cases : Case, str, path or Solution
        Two to six that differ, or names or paths of some; what is solved already is taken as it is.
    tol : float, optional
        Accuracy asked for, in place of each case's own.
    also : str or iterable of str
        Names of further values (:func:`pdesolve.finance.by_name.reported`), for instance
        ``["informativeness", "price@0.5"]``.
    progress : bool
        Show progress bars on standard error if it is a terminal.

    Returns
    -------
    Comparison
        As text, a table; `missed` names the cases that did not converge.

    Raises
    ------
    CaseError
        If there are fewer than two cases, more than six, two that do not differ, or one that there
        is not.
    QuantityError
        If `also` names what is not reported, or not of every case.
    SolveError
        If one could not be solved.
    """
    known = [one if isinstance(one, Solution) else as_case(one) for one in cases]
    economies = [one.case if isinstance(one, Solution) else one for one in known]
    check_cases(economies)
    also = check_names(also)
    for case in economies:
        check_dates(also, case.market.horizon)
    return Comparison(
        also=also,
        solutions=tuple(
            one if isinstance(one, Solution) else solver.solve(one, tol=tol, progress=progress)
            for one in known
        ),
    )


def check_cases(cases: Sequence[Case]) -> None:
    """Refuse too few cases, too many, and the same one twice; CaseError says which."""
    if not 2 <= len(cases) <= MOST:
        names = ", ".join(case.name for case in cases) or "none"
        raise CaseError(f"compare needs two to {MOST} cases, got {names}")
    for label in (labels := case_labels(cases)):
        if labels.count(label) > 1:
            raise CaseError(f"compare needs cases that differ, got {label} twice")


def case_labels(cases: Sequence[Case]) -> tuple[str, ...]:
    """Names of cases, with what sets apart those of one name."""
    tables = [flat(case) for case in cases]
    found = []
    for case, mine in zip(cases, tables, strict=True):
        others = [one for other, one in zip(cases, tables, strict=True) if other.name == case.name]
        keys = [key for key in mine if key not in TEXTS and not key.startswith("numerics.")]
        apart = [key for key in keys if any(one.get(key) != mine[key] for one in others)]
        said = [f"{key.rpartition('.')[2].replace('_', ' ')} {shown(mine[key])}" for key in apart]
        found.append(", ".join([case.name, *said]))
    return tuple(found)


# ---------------------------------------------------------------------- for people


def table(found: Comparison) -> str:
    """Values of every case with their bars, and how far they are from those of the first."""
    wide = max(map(len, found.labels))
    pairs = list(zip(found.labels, found.solutions, strict=True))
    return "\n".join(
        [
            *(f"{label:{wide}}  {one.case.title}" for label, one in pairs),
            "at t = 0, in each one's initial state",
            "",
            *_aligned([["", *found.labels, "unit"], *_values(found)]),
            "",
            f"less {found.labels[0]}; error bars add up, * marks what is within its bar:",
            *_aligned([["", *found.labels[1:], "unit"], *_differences(found)]),
            "",
            *(f"{label}: {one.message}" for label, one in pairs),
        ]
    )


def _values(found: Comparison) -> Iterable[list[str]]:
    for one in map(about, found.rows):
        cells = [_cell(*values[one.name], found) for values in found.values]
        yield [heading(one), *cells, "" if one.unit == "1" else one.unit]


def _differences(found: Comparison) -> Iterable[list[str]]:
    for one in map(about, found.rows):
        apart = [found.difference(one.name, k) for k in range(1, len(found.solutions))]
        cells = [_cell(d.value, d.error, found) + (" *" if d.within else "  ") for d in apart]
        yield [heading(one), *cells, "" if one.unit == "1" else one.unit]


def _cell(value: float, error: float, found: Comparison) -> str:
    """A number and its bar; one that is exact to as many digits as the tolerance asks for."""
    usual = min(one.case.numerics.tolerance for one in found.solutions) * abs(value)
    small = abs(value) < error
    text = f"{value:.0e}" if small else digits(value, error if error > 0 else usual)
    return f"{text} ± {bound(error)}" if math.isfinite(error) else text


def _aligned(rows: Iterable[list[str]]) -> list[str]:
    """Names and units to the left, numbers to the right."""
    rows = list(rows)
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    sides = ["<", *">" * (len(widths) - 2), "<"]
    lines = [zip(row, sides, widths, strict=True) for row in rows]
    return ["  ".join(f"{x:{side}{wide}}" for x, side, wide in line).rstrip() for line in lines]


# ---------------------------------------------------------------------- for programs


def as_json(found: Comparison) -> str:
    """Return what `solve` says of each case, and the differences; null where not finite."""
    cases, names = zip(found.labels, found.solutions, found.values, strict=True), found.values[0]
    said: dict[str, Any] = {
        "cases": [
            {"label": label, **as_dict(one, described(values))} for label, one, values in cases
        ],
        "differences": [
            {
                "label": label,
                "from": found.labels[0],
                **{
                    part: {name: getattr(found.difference(name, k), part) for name in names}
                    for part in Difference._fields
                },
            }
            for k, label in enumerate(found.labels[1:], start=1)
        ],
    }
    return json.dumps(plain(said), indent=2, allow_nan=False)


def as_csv(found: Comparison) -> str:
    """Return a row per case: values, bars and differences from the first, every digit kept."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    parts = ("", "_error", "_difference", "_difference_error")
    names = list(found.values[0])
    writer.writerow(["case", *(f"{name}{part}" for name in names for part in parts), "converged"])
    for k, (label, one) in enumerate(zip(found.labels, found.solutions, strict=True)):
        row: list[object] = [label]
        for name in names:
            apart = found.difference(name, k) if k else Difference(0.0, 0.0, True)
            row += [x if math.isfinite(x) else None for x in (*found.values[k][name], *apart[:2])]
        writer.writerow([*row, one.converged])
    return out.getvalue()
