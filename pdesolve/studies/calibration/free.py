"""Which parameters are free: keys of the case, where the search starts, and its bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from pdesolve.case import Case, CaseError
from pdesolve.case.keys import Key, announcement_keys, part_keys, suggest
from pdesolve.case.rules import SIZE, is_sized
from pdesolve.case.sources import TEXTS, nearest, shown
from pdesolve.model.economy import Economy
from pdesolve.studies.moved import natural_size
from pdesolve.studies.plan import flat
from pdesolve.studies.point import vary_case

SETTINGS = ("start", "low", "high")
ANNOUNCED = "market.announcements"


@dataclass(frozen=True, kw_only=True)
class Free:
    """A parameter that is searched for.

    The search is over z, which is 1 at the start: in logarithms, z = 1 + log(value/start), where
    the parameter has to be positive, else z = 1 + (value - start)/size.

    Attributes
    ----------
    key : str
        Dotted.
    start, low, high : float
        Infinite where there is no bound.
    logs : bool
        Whether it is searched in logarithms.
    size : float
        Unit of z where it is not.
    """

    key: str
    start: float
    low: float
    high: float
    logs: bool
    size: float

    def value(self, z: float) -> float:
        """The parameter at z, within its bounds."""
        found = self.start * math.exp(z - 1) if self.logs else self.start + self.size * (z - 1)
        return min(max(found, self.low), self.high)

    def z(self, value: float) -> float:
        """Where in the search a value is."""
        if self.logs:
            return 1 + (math.log(value / self.start) if value > 0 else -math.inf)
        return 1 + (value - self.start) / self.size

    def rate(self, value: float) -> float:
        """Derivative of the parameter to z."""
        return value if self.logs else self.size


def read_free(
    case: Case, free: Mapping[str, Any] | Iterable[str], where: str = "calibrate"
) -> tuple[Free, ...]:
    """Check the parameters that are to be free.

    Parameters
    ----------
    case : Case
    free : mapping or iterable of str
        Dotted key -> mapping with any of start, low and high, or None; or just the keys.
    where : str
        What messages blame.

    Raises
    ------
    CaseError
        With every fault that was found.
    """
    if isinstance(free, str) or not isinstance(free, Iterable):
        raise CaseError(f"{where}: free must name keys of the case, got {shown(free)}")
    table = free if isinstance(free, Mapping) else dict.fromkeys(free)
    if not table:
        raise CaseError(f"{where}: at least one key must be free, got none")
    found, faults = [], list[str]()
    for key, settings in table.items():
        try:
            found.append(_read_one(case, key, settings, where))
        except CaseError as fault:
            faults += fault.args
    if faults:
        raise CaseError(*faults)
    vary_case(case, {one.key: one.start for one in found}, f"{where}, start")
    return tuple(found)


def _read_one(case: Case, key: object, settings: Any, where: str) -> Free:
    """One parameter."""
    if not isinstance(key, str):
        raise CaseError(f"{where}: free must name keys of the case, got {shown(key)}")
    rule, name = _real_key(case, key, where).rule, f"{where}: free.{key}"
    settings = {} if settings is None else settings
    if not isinstance(settings, Mapping):
        raise CaseError(f"{name} must be a table of {', '.join(SETTINGS)}, got {shown(settings)}")
    for setting in settings:
        if setting not in SETTINGS:
            close = ", ".join(nearest(str(setting), SETTINGS)) or ", ".join(SETTINGS)
            raise CaseError(f"{name}.{setting} is not a known key (nearest: {close})")
    given = {setting: _number(f"{name}.{setting}", value) for setting, value in settings.items()}
    for setting, value in given.items():
        infinite = setting != "start" and math.isinf(value)
        if not infinite and not (math.isfinite(value) and rule.holds(value)):
            raise CaseError(f"{name}.{setting} must be {rule.text}, got {value!r}")
    least, most, logs = _range(rule.holds)
    low, high = given.get("low", least), given.get("high", most)
    start = given.get("start", float(flat(case)[key]))
    if not low < high:
        raise CaseError(f"{name}.low must be < high = {high!r}, got {low!r}")
    if not math.isfinite(start):
        raise CaseError(f"{name}.start must be given: it is {start!r} in the case")
    if not low <= start <= high:
        raise CaseError(
            f"{name}.start must be from low = {low!r} to high = {high!r}, got {start!r}"
        )
    size = max(abs(start), natural_size(case, Economy.of(case).prior, key))
    if size == 0.0:
        size = high - low
    if not math.isfinite(size):
        raise CaseError(f"{name}.start must not be 0 unless low and high are given, got {start!r}")
    return Free(key=key, start=start, low=low, high=high, logs=logs, size=size)


def _real_key(case: Case, key: str, where: str) -> Key:
    """The key of that name, if it is a real number of the case."""
    known = flat(case)
    if key not in known:
        close = ", ".join(suggest(key, {*known} - {*TEXTS})) or "none"
        raise CaseError(f"{where}: free.{key} is not a key of the case (nearest: {close})")
    value = known[key]
    if not isinstance(value, float) or key.startswith("numerics."):
        raise CaseError(f"{where}: free.{key} must be a real key of the case, got {shown(value)}")
    prefix, _, name = key.rpartition(".")
    if prefix.startswith(ANNOUNCED):
        keys: Sequence[Key] = announcement_keys()
    else:
        parts: dict[str, Any] = {
            "market": case.market,
            "payoff": case.payoff,
            "attention": case.attention,
            "attention.cost": case.attention.cost,
        }
        part: Any = type(parts[prefix])
        keys = part_keys(part, f"{prefix}.")
    return next(one for one in keys if one.field == name)


def _range(holds: Any) -> tuple[float, float, bool]:
    """Ends of what a rule lets through, and whether all of it is positive."""
    low = -math.inf if holds(-1.0) else 0.0 if holds(0.5) else 1.0
    return low, math.inf if holds(1.5) else 1.0, low == 1.0 or (low == 0.0 and not holds(0.0))


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or value != value:
        raise CaseError(f"{name} must be a number, got {shown(value)}")
    if abs(value) != math.inf and not is_sized(value):
        raise CaseError(f"{name} must be {SIZE}, got {shown(value)}")
    return float(value)
