"""What is swept: axes read from ``--vary`` and checked, every point's case built up front."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite
from typing import Any

from pdesolve.case import Case, case_to_dict
from pdesolve.case.sources import TEXTS, CaseError, parse_overrides, shown
from pdesolve.studies.point import Task, vary_case

AXES = 2  # at most, on the command line
RANGE = "KEY=START:STOP:COUNT, KEY=START:STOP:COUNT:log or KEY=v1,v2,..."

Value = float | str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A sweep, checked.

    Attributes
    ----------
    case : Case
        That the axes start from.
    axes : dict
        Dotted key -> values, as the cases hold them.
    tasks : tuple of Task
        Every point, last axis fastest.
    slopes : tuple of str
        The axes that are differentiated.
    also : tuple of str
        What is shown besides what always is.
    """

    case: Case
    axes: dict[str, tuple[Value, ...]]
    tasks: tuple[Task, ...]
    slopes: tuple[str, ...]
    also: tuple[str, ...]

    @property
    def further(self) -> tuple[str, ...]:
        """What of that takes more than the solves to know."""
        return self.tasks[0].also

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values along each axis."""
        return tuple(map(len, self.axes.values()))

    @property
    def header(self) -> dict[str, object]:
        """What a store of these points has to agree with; values that are swept may differ."""
        from pdesolve.version import __version__

        parameters = flat(self.case)
        return {
            "version": __version__,
            "case": self.case.name,
            "vary": list(self.axes),
            "slopes": list(self.slopes),
            "parameters": {
                key: value
                for key, value in parameters.items()
                if key not in self.axes and key not in TEXTS
            },
        }


def make_plan(
    case: Case,
    vary: Mapping[str, Iterable[Any]],
    slopes: bool | None = None,
    also: str | Iterable[str] = (),
) -> Plan:
    """Check the axes of a sweep and build the case of every point.

    Parameters
    ----------
    case : Case
    vary : mapping
        Dotted key -> values, all different.
    slopes : bool, optional
        Whether to differentiate; by default with one axis.
    also : iterable of str
        Names of further values (:func:`pdesolve.finance.by_name.reported`).

    Raises
    ------
    CaseError
        At the first key or value that no case can have, before anything is solved.
    QuantityError
        At the first value that is not reported, or not at every point.
    """
    from pdesolve.finance.by_name import check_dates, check_names, further

    also = check_names(also)
    if not isinstance(vary, Mapping):
        raise CaseError(f"{case.name}: vary must map keys to values, got {shown(vary)}")
    if not vary:
        raise CaseError(f"{case.name}: a sweep needs at least one key to vary")
    axes = {key: _values(case, key, values) for key, values in vary.items()}
    points = product(*axes.values())
    cases = {at: vary_case(case, dict(zip(axes, at, strict=True))) for at in points}
    held = [
        tuple(flat(one).get(key, value) for key, value in zip(axes, at, strict=True))
        for at, one in cases.items()
    ]
    canonical: dict[str, tuple[Value, ...]] = {
        key: tuple(dict.fromkeys(point[place] for point in held)) for place, key in enumerate(axes)
    }
    for key, values in axes.items():
        if len(canonical[key]) != len(values):
            raise _fault(case, key, "must be varied over different values", list(values))
    real = tuple(key for key, values in canonical.items() if _is_real(key, values))
    differentiate = real if (len(axes) == 1 if slopes is None else slopes) else ()
    for one in cases.values():
        check_dates(also, one.market.horizon)
    tasks = tuple(
        Task(case=one, at=at, slopes=differentiate, also=further(also))
        for at, one in zip(held, cases.values(), strict=True)
    )
    return Plan(case=case, axes=canonical, tasks=tasks, slopes=differentiate, also=also)


def parse_vary(items: Sequence[str]) -> dict[str, list[Value]]:
    """Turn ``--vary`` strings into axes.

    Parameters
    ----------
    items : sequence of str
        ``KEY=START:STOP:COUNT`` (ends included), the same with ``:log`` for equal ratios, or
        ``KEY=v1,v2,...``.

    Raises
    ------
    CaseError
        If one is neither.
    """
    axes: dict[str, list[Value]] = {}
    for item in items:
        key, equals, text = (part.strip() for part in item.partition("="))
        if not equals or not key or not text:
            raise CaseError(f"--vary must be {RANGE}, got {shown(item)}")
        if key in axes:
            raise CaseError(f"--vary must name each key once, got {key} twice")
        axes[key] = _range(item, text.split(":")) if ":" in text else _list(item, text.split(","))
    if len(axes) > AXES:
        rule = "may be given once or twice (pdesolve.sweep takes any number of axes)"
        raise CaseError(f"--vary {rule}, got {', '.join(axes)}")
    return axes


def flat(case: Case) -> dict[str, Any]:
    """Every value of a case by dotted key; of lists of tables by place, from 0."""

    def walk(table: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
        for name, value in table.items():
            if isinstance(value, Mapping):
                yield from walk(value, f"{prefix}{name}.")
            elif isinstance(value, list) and isinstance(value[0], Mapping):
                for place, one in enumerate(value):
                    yield from walk(one, f"{prefix}{name}[{place}].")
            else:
                yield f"{prefix}{name}", value

    return dict(walk(case_to_dict(case), ""))


def _fault(case: Case, key: str, rule: str, value: object) -> CaseError:
    return CaseError(f"{case.name} (--vary): {key} {rule}, got {shown(value)}")


def _values(case: Case, key: str, values: Iterable[Any]) -> tuple[Any, ...]:
    """Plain values of an axis: whole numbers where the case has a whole number."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise _fault(case, key, "must be varied over a list of values", values)
    plain = tuple(v.tolist() if hasattr(v, "tolist") else v for v in values)
    if not plain:
        raise _fault(case, key, "must be varied over at least one value", None)
    current = flat(case).get(key)
    if key in TEXTS or isinstance(current, list):
        raise _fault(case, key, "cannot be varied: only numbers and kinds can", current)
    for value in plain:
        if isinstance(value, list | tuple | dict | bool):
            raise _fault(case, key, "must be varied over numbers or words", value)
    if isinstance(current, int) and all(isinstance(v, float) and v.is_integer() for v in plain):
        return tuple(map(int, plain))
    return plain


def _is_real(key: str, values: Iterable[Value]) -> bool:
    """Whether an axis can be differentiated."""
    return not key.startswith("numerics.") and all(isinstance(value, float) for value in values)


def _range(item: str, parts: list[str]) -> list[Value]:
    """Values of START:STOP:COUNT or START:STOP:COUNT:log, each end exact."""
    spacing = parts[3].strip() if len(parts) == 4 else ""
    if len(parts) not in (3, 4) or (len(parts) == 4 and spacing != "log"):
        raise CaseError(f"--vary must be {RANGE}, got {shown(item)}")
    try:
        start, stop = float(parts[0]), float(parts[1])
    except ValueError:
        raise CaseError(f"--vary START and STOP must be numbers, got {shown(item)}") from None
    if not (isfinite(start) and isfinite(stop)):
        raise CaseError(f"--vary START and STOP must be finite, got {shown(item)}")
    if start == stop:
        raise CaseError(f"--vary START and STOP must differ, got {shown(item)}")
    count = _count(item, parts[2])
    if spacing and not (start > 0 and stop > 0):
        raise CaseError(f"--vary START and STOP must be > 0 with :log, got {shown(item)}")
    shares = [k / (count - 1) for k in range(1, count - 1)]
    if spacing:
        inner = [start * (stop / start) ** share for share in shares]
    else:
        inner = [start + share * (stop - start) for share in shares]
    return [start, *(_tidy(value, start, stop) for value in inner), stop]


def _tidy(value: float, start: float, stop: float) -> float:
    """Drop the rounding of a range's arithmetic: 0.3, not 0.30000000000000004."""
    short = float(f"{value:.12g}")
    return short if min(start, stop) < short < max(start, stop) else value


def _count(item: str, text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if not 2 <= count <= 100_000:
        raise CaseError(f"--vary COUNT must be a whole number from 2 to 100000, got {shown(item)}")
    return count


def _list(item: str, parts: list[str]) -> list[Value]:
    """Values of v1,v2,...: at least two, read as in ``--set``."""
    if len(parts) < 2 or not all(part.strip() for part in parts):
        raise CaseError(f"--vary must be {RANGE}, with at least two values, got {shown(item)}")
    values: list[Any] = [parse_overrides([f"v={part}"])["v"] for part in parts]
    for value in values:
        if isinstance(value, float) and value != value:
            raise CaseError(f"--vary values must not be NaN, got {shown(item)}")
    return values
