"""What a case file says, merged: keys, types and single numbers checked, faults put in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from math import inf
from typing import Any, NamedTuple, cast, get_args, get_type_hints

from pdesolve.case.parameters import (
    COSTS,
    PAYOFFS,
    PRECISIONS,
    Attention,
    Cost,
    Market,
    Numerics,
    PayoffSpec,
    Rule,
    SamplePayoff,
)
from pdesolve.case.sources import TABLES, CaseError, Layer, nearest, shown

TEXTS = ("title", "description", "source")


class _Choice(NamedTuple):
    """A key that chooses a class: what it may say, and the fields that all choices share."""

    classes: Mapping[str, type]
    shared: type

    def keys(self, prefix: str, name: str) -> set[str]:
        """Dotted keys that only this choice has."""
        own = {field.name for field in fields(self.classes[name])}
        own -= {field.name for field in fields(self.shared)}
        return {
            f"{prefix}{key}" for key in own | ({"file"} if name == SamplePayoff.kind else set())
        }

    def every(self, prefix: str) -> set[str]:
        """Dotted keys that only some choices have."""
        return set().union(*(self.keys(prefix, name) for name in self.classes))


_CHOICES = {
    "payoff.kind": _Choice(PAYOFFS, PayoffSpec),
    "attention.precision": _Choice(PRECISIONS, Attention),
    "attention.cost.kind": _Choice(COSTS, Cost),
}


def _prefix(chooser: str) -> str:
    return chooser.rpartition(".")[0] + "."


def known_keys() -> set[str]:
    """Every dotted key that some case may have."""
    tables = (
        ("market.", Market),
        ("attention.", Attention),
        ("attention.cost.", Cost),
        ("numerics.", Numerics),
    )
    keys = {f"{prefix}{field.name}" for prefix, table in tables for field in fields(table)}
    keys |= set().union(*(choice.every(_prefix(key)) for key, choice in _CHOICES.items()))
    return (keys - set(TABLES)) | set(_CHOICES) | set(TEXTS)


class Reader:
    """Merged layers, and the fault messages that say where a value was written."""

    def __init__(self, layers: list[Layer], label: str) -> None:
        self.label = label
        self.labels = [entry.source.label for layer in layers for entry in layer.values()]
        self.entries: Layer = {}
        for layer in layers:
            self._overlay(layer)

    def _overlay(self, layer: Layer) -> None:
        """Put a layer on top; keys that only a kind left behind has go with that kind."""
        for chooser, choice in _CHOICES.items():
            kind, prefix = layer[chooser].value if chooser in layer else None, _prefix(chooser)
            if isinstance(kind, str) and kind in choice.classes and kind != self.value(chooser):
                for key in choice.every(prefix) - choice.keys(prefix, kind):
                    self.entries.pop(key, None)
        for key, other in (("payoff.file", "payoff.values"), ("payoff.values", "payoff.file")):
            if key in layer and other not in layer:
                self.entries.pop(other, None)
        self.entries |= layer

    def value(self, key: str) -> object:
        """What was written, None if nothing."""
        return self.entries[key].value if key in self.entries else None

    def fault(self, key: str, rule: str, value: object, *also: str) -> CaseError:
        """Describe a fault in ``key``, blamed on the topmost source of it and of ``also``."""
        keys = (key.partition("[")[0], *also)
        written = {self.entries[k].source.label for k in keys if k in self.entries}
        last = next((label for label in reversed(self.labels) if label in written), self.label)
        return CaseError(f"{last}: {key} {rule}, got {shown(value)}")

    def check_keys(self) -> None:
        """Refuse unknown keys and keys that do not belong to the kind chosen."""
        known = known_keys()
        for key in self.entries:
            if key in TABLES:
                raise self.fault(key, "must be a table", self.value(key))
            if key not in known:
                close = ", ".join(nearest(key, sorted(known.union(TABLES)))) or "none"
                raise self.fault(key, f"is not a known key (nearest: {close})", self.value(key))
        for chooser, choice in _CHOICES.items():
            kind, prefix = self.choice(chooser), _prefix(chooser)
            for key in sorted(choice.every(prefix) - choice.keys(prefix, kind)):
                if key in self.entries:
                    rule = f"must be absent with {chooser} = {shown(kind)}"
                    raise self.fault(key, rule, self.value(key))

    def choice(self, key: str) -> str:
        """Read the name of a kind that there is."""
        value = self.value(key)
        known = _CHOICES[key].classes
        if not isinstance(value, str) or value not in known:
            raise self.fault(key, f"must be one of {', '.join(known)}", value)
        return value

    def text(self, key: str) -> str:
        """Read a text, empty if not given."""
        value = self.value(key)
        if value is None:
            return ""
        if not isinstance(value, str) or any("\ud800" <= c <= "\udfff" for c in value):
            raise self.fault(key, "must be text", value)
        return value

    def numbers(self, part: type, prefix: str, chooser: str | None = None) -> dict[str, Any]:
        """Read and check all numbers of a dataclass; those without a default are required."""
        hints = get_type_hints(part, include_extras=True)
        values: dict[str, Any] = {}
        for field in fields(part):
            hint, key = hints[field.name], prefix + field.name
            annotated = [a for a in (hint, *get_args(hint)) if hasattr(a, "__metadata__")]
            if not annotated:
                continue
            rule, base = annotated[0].__metadata__[0], annotated[0].__origin__
            if key in self.entries:
                values[field.name] = self._checked(key, base, rule)
            elif field.default is MISSING:
                raise self.fault(key, f"must be given ({rule.text})", None, chooser or key)
        return values

    def _checked(self, key: str, base: Any, rule: Rule) -> object:
        value = self.value(key)
        if base in (int, float):
            return self._number(key, value, base, rule)
        if not isinstance(value, list | tuple) or not value:
            raise self.fault(key, "must be a list of numbers", value)
        return tuple(
            self._number(f"{key}[{place}]", item, float, rule) for place, item in enumerate(value)
        )

    def _number(self, key: str, value: object, base: type, rule: Rule) -> float:
        kind = "a whole number" if base is int else "a number"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or value != value or (base is int and isinstance(value, float)):
            raise self.fault(key, f"must be {kind}", value)
        value = cast(float, value)
        if abs(value) == inf and not rule.infinite:
            raise self.fault(key, "must be finite", value)
        if base is float and abs(value) != inf and value and not 1e-50 <= abs(value) <= 1e50:
            raise self.fault(key, "must be 0 or between 1e-50 and 1e50 in size", value)
        if not rule.holds(value):
            raise self.fault(key, f"must be {rule.text}", value)
        return float(value) if base is float else value
