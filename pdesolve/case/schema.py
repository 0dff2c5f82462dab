"""Every check on input, in one place: keys, types, ranges, and what joins several numbers.

The rule for a single number stands beside it in :mod:`pdesolve.case.parameters`. Every fault is a
:class:`~pdesolve.case.sources.CaseError` of one line: file, key, rule and value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from itertools import pairwise
from math import erfc, fsum, inf, log, log1p, sqrt
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args, get_type_hints

from pdesolve.case.parameters import (
    COSTS,
    PAYOFFS,
    PRECISIONS,
    Attention,
    Case,
    Cost,
    DiscretePayoff,
    LognormalPayoff,
    Market,
    MixturePayoff,
    Numerics,
    PayoffSpec,
    Rule,
    SamplePayoff,
)
from pdesolve.case.sources import (
    TABLES,
    CaseError,
    Entry,
    Layer,
    Source,
    flatten,
    nearest,
    read_column,
    shown,
)

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


def build_case(
    name: str, label: str, layers: list[Layer], overrides: Mapping[str, object] | None
) -> Case:
    """Merge the layers of case ``name``, base first, then the overrides; check and build.

    ``label`` is how messages name the case itself.

    Raises
    ------
    CaseError
        At the first fault.
    """
    if overrides:
        layers = [*layers, flatten(overrides, Source(f"{label} (--set)", Path()))]
    reader = _Reader(layers, label)
    reader.check_keys()
    title = reader.text("title")
    if len(title.splitlines()) > 1:
        raise reader.fault("title", "must be one line", title)
    precision, cost = (reader.choice(key) for key in ("attention.precision", "attention.cost.kind"))
    return Case(
        name=name,
        title=title.strip() or name,
        description=reader.text("description"),
        source=reader.text("source"),
        market=Market(**reader.numbers(Market, "market.")),
        payoff=_payoff(reader),
        attention=PRECISIONS[precision](
            cost=COSTS[cost](
                **reader.numbers(COSTS[cost], "attention.cost.", "attention.cost.kind")
            ),
            **reader.numbers(PRECISIONS[precision], "attention.", "attention.precision"),
        ),
        numerics=Numerics(**reader.numbers(Numerics, "numerics.")),
    )


class _Reader:
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
        value = self.value(key)
        known = _CHOICES[key].classes
        if not isinstance(value, str) or value not in known:
            raise self.fault(key, f"must be one of {', '.join(known)}", value)
        return value

    def text(self, key: str) -> str:
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


def _payoff(reader: _Reader) -> PayoffSpec:
    """Read the payoff and check what joins several of its numbers."""
    cls = PAYOFFS[reader.choice("payoff.kind")]
    if cls is SamplePayoff:
        _read_sample(reader)
    if cls is LognormalPayoff:
        _check_truncated(reader)
    values = reader.numbers(cls, "payoff.", "payoff.kind")
    if cls in (DiscretePayoff, SamplePayoff):
        _check_distinct(reader, values["values"], repeats=cls is SamplePayoff)
    if cls is DiscretePayoff:
        values["probabilities"] = _shares(reader, values, "probabilities", "values")
    if cls is MixturePayoff:
        values["weights"] = _shares(reader, values, "weights", "means")
        _check_length(reader, values, "sds", "means")
    if "low" in values and not values["low"] < values["high"]:
        rule = f"must be < payoff.high = {values['high']!r}"
        raise reader.fault("payoff.low", rule, values["low"], "payoff.high")
    if cls is LognormalPayoff:
        _check_mass(reader, **values)
    return cls(**values)


def _read_sample(reader: _Reader) -> None:
    """Put the numbers of ``payoff.file``, if given, in place of ``payoff.values``."""
    file = reader.value("payoff.file")
    if "payoff.values" in reader.entries:
        if file is None:
            return
        raise reader.fault("payoff.file", "must be absent where payoff.values is given", file)
    if not isinstance(file, str):
        raise reader.fault("payoff.file", "must be a path, or payoff.values be given", file)
    label, folder = source = reader.entries["payoff.file"].source
    numbers = read_column(folder / file, f"{label}: payoff.file")
    reader.entries["payoff.values"] = Entry(numbers, source)


def _check_truncated(reader: _Reader) -> None:
    for key in ("payoff.low", "payoff.high"):
        if reader.value(key) in (None, inf):
            rule = (
                "must be finite: an untruncated lognormal has no equilibrium, since its moment"
                " generating function diverges for every positive tilt"
            )
            raise reader.fault(key, rule, reader.value(key), "payoff.kind")


def _check_distinct(reader: _Reader, values: tuple[float, ...], *, repeats: bool) -> None:
    """Refuse payoffs without uncertainty and, unless ``repeats``, payoffs that coincide."""
    ordered = sorted(values)
    spread = ordered[-1] - ordered[0]
    if spread == 0:
        rule = "must hold at least two different numbers (else nothing is uncertain)"
        raise reader.fault("payoff.values", rule, values, "payoff.file")
    for one, other in () if repeats else pairwise(ordered):
        if other - one <= 1e-12 * spread:
            rule = f"must be different ({one!r} and {other!r} coincide)"
            raise reader.fault("payoff.values", rule, values)


def _check_length(reader: _Reader, values: dict[str, Any], name: str, partner: str) -> None:
    if len(values[name]) != len(values[partner]):
        rule = f"must be as many as payoff.{partner} ({len(values[partner])})"
        raise reader.fault(f"payoff.{name}", rule, values[name], f"payoff.{partner}")


def _shares(reader: _Reader, values: dict[str, Any], name: str, partner: str) -> tuple[float, ...]:
    """Check that shares sum to one, and make the sum exact; exact shares are left alone."""
    _check_length(reader, values, name, partner)
    shares, total = list(values[name]), fsum(values[name])
    if abs(total - 1) > 1e-9:
        raise reader.fault(f"payoff.{name}", f"must sum to 1 (they sum to {total!r})", shares)
    if total != 1:
        shares = [share / total for share in shares]
        largest = max(range(len(shares)), key=shares.__getitem__)
        shares[largest] = fsum([1.0, *(-s for i, s in enumerate(shares) if i != largest)])
    return tuple(shares)


def _check_mass(reader: _Reader, mean: float, sd: float, low: float, high: float) -> None:
    """Refuse a truncation that leaves next to nothing of the lognormal."""
    spread = sqrt(log1p((sd / mean) ** 2))
    ends = [(log(x / mean) / spread + spread / 2) / sqrt(2) if x else -inf for x in (low, high)]
    mass = erfc(ends[0]) - erfc(ends[1]) if ends[0] > 0 else erfc(-ends[1]) - erfc(-ends[0])
    if mass / 2 < 1e-12:
        rule = f"and payoff.high = {high!r} must enclose some of the lognormal's probability"
        raise reader.fault("payoff.low", rule, low, "payoff.high", "payoff.mean", "payoff.sd")
