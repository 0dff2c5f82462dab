"""What a case file says, merged: keys, types and single values checked, faults put in words.

Faults are gathered as they are found, and raised together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf
from re import fullmatch
from typing import Any

from pdesolve.case.keys import (
    CHOICES,
    FILE_KEYS,
    INSTEAD,
    Choice,
    Key,
    known_keys,
    part_keys,
    suggest,
)
from pdesolve.case.rules import SIZE, Rule, is_sized
from pdesolve.case.sources import TABLES, CaseError, Entry, Layer, flatten, shown

Check = Callable[[dict[str, Any]], None]
FAULTY = 3  # items of one list that are complained about


class Reader:
    """Merged layers, and the faults found in them, each with where it was written.

    Attributes
    ----------
    faults : list of str
    kinds : dict of str to str
        What was chosen, by the key that chooses; without those that choose nothing there is.
    """

    def __init__(self, layers: list[Layer], label: str) -> None:
        self.label = label
        self.labels = [entry.source.label for layer in layers for entry in layer.values()]
        self.entries: Layer = {}
        self.faults: list[str] = []
        self.kinds: dict[str, str] = {}
        self._settled: set[str] = set()  # keys about which nothing more is to be said
        for layer in layers:
            self._overlay(layer)
        self._check_names()
        for choice in CHOICES.values():
            self._choose(choice)

    def _overlay(self, layer: Layer) -> None:
        """Put a layer on top; keys that only a kind left behind has go with that kind."""
        for name, choice in CHOICES.items():
            kind, former = layer[name].value if name in layer else None, self.value(name)
            former = choice.default if former is None else former
            if isinstance(kind, str) and kind in choice.classes and kind != former:
                for key in choice.names(*choice.classes) - choice.kept(former, kind):
                    self.entries.pop(key, None)
        if "payoff.file" in layer and "payoff.values" not in layer:
            self.entries.pop("payoff.values", None)
        if "payoff.values" in layer and "payoff.file" not in layer:
            for key in FILE_KEYS:
                self.entries.pop(key, None)
        self.entries |= {key: one for key, one in layer.items() if not self._amend(key, one)}

    def _amend(self, key: str, entry: Entry) -> bool:
        """Change a value in a list of tables below, by place in order of time, if that is meant."""
        found = "[" in key and fullmatch(r"(market\.announcements)\[(\d+)\]\.(\w+)", key)
        if not found:
            return False
        name, place, field = found[1], int(found[2]), found[3]
        tables = self.value(name)
        if not isinstance(tables, list) or not all(isinstance(one, Mapping) for one in tables):
            return False
        if place >= len(tables) or field not in tables[place]:
            return False
        numbers = all(isinstance(one.get("time"), int | float) for one in tables)
        tables = sorted(tables, key=lambda one: one["time"]) if numbers else list(tables)
        tables[place] = {**tables[place], field: entry.value}
        self.entries[name] = Entry(tables, entry.source)
        return True

    def value(self, key: str) -> object:
        """What was written, None if nothing."""
        return self.entries[key].value if key in self.entries else None

    # ------------------------------------------------------------------ faults

    def refuse(self, key: str, rule: str, value: object, *also: str) -> None:
        """Note a fault in ``key``, blamed on the topmost source of it and of ``also``."""
        self._note(f"{key} {rule}, got {shown(value)}", key.partition("[")[0], *also)

    def miss(self, key: str, what: str, *also: str) -> None:
        """Note that a key is missing, unless something else was said about it or its table."""
        tables = {key.rpartition(".")[0], key.partition(".")[0]}
        if not self._settled & {key, *tables}:
            self._note(f"{key} is missing: {what}", *also)

    def settle(self, key: str) -> None:
        """Say nothing more about a key: neither check its value nor miss it."""
        self._settled.add(key)

    def _note(self, fault: str, *keys: str) -> None:
        written = {self.entries[key].source.label for key in keys if key in self.entries}
        last = next((label for label in reversed(self.labels) if label in written), self.label)
        self.faults.append(f"{last}: {fault}")

    def give(self, key: str, entry: Entry) -> None:
        """Put in what a key stands for."""
        self.entries[key] = entry
        self._settled.discard(key)

    def check(self) -> None:
        """Raise all faults together.

        Raises
        ------
        CaseError
            If there are any.
        """
        if self.faults:
            raise CaseError(*self.faults)

    # ------------------------------------------------------------------ keys

    def _check_names(self) -> None:
        """Refuse unknown keys; read a table whose name is misspelt by the name that was meant."""
        known, names = known_keys(), list(self.entries)
        for name in names:
            value = self.value(name)
            if name in TABLES:
                self.refuse(name, "must be a table", value)
                self.settle(name)
            elif name not in known:
                close = suggest(name, known)
                self.refuse(
                    name, f"is not a known key (nearest: {', '.join(close) or 'none'})", value
                )
                meant = close[0] if close else ""
                taken = any(key.startswith(f"{meant}.") for key in self.entries)
                if meant not in TABLES and meant not in self.entries:
                    self.settle(meant)
                elif meant in TABLES and isinstance(value, Mapping) and not taken:
                    found = flatten(value, self.entries[name].source, f"{meant}.")
                    self.entries |= found
                    names += found

    def _choose(self, choice: Choice) -> None:
        """Read the name of a kind, and refuse keys that do not belong to it."""
        if choice.name in self._settled:
            return
        kind = self.value(choice.name)
        if choice.name not in self.entries:
            kind = choice.default
        if kind is None and choice.name not in self.entries:
            self.miss(choice.name, f"{choice.key.about.meaning}: {_kinds(choice)}")
        elif not isinstance(kind, str) or kind not in choice.classes:
            self.refuse(choice.name, f"must be {choice.key.rule.text}", kind)
        else:
            self.kinds[choice.name] = kind
            for key in sorted(choice.names(*choice.classes) - choice.names(kind)):
                if key in self.entries:
                    rule = f"must be absent with {choice.name} = {shown(kind)}"
                    self.refuse(key, rule, self.value(key))

    # ------------------------------------------------------------------ values

    def chosen(self, name: str, check: Check | None = None, **more: Any) -> Any:
        """The part that the key of that name chooses, as :meth:`part` has it."""
        choice = CHOICES[name]
        if name in self.kinds:
            return self.part(choice.classes[self.kinds[name]], choice.prefix, name, check, **more)
        self.values(part_keys(choice.shared, choice.prefix))
        return None

    def part(
        self, cls: type, prefix: str, chooser: str = "", check: Check | None = None, **more: Any
    ) -> Any:
        """A part of the case; None if something is missing or wrong in it, also by `check`."""
        before, keys = len(self.faults), part_keys(cls, prefix)
        values = self.values(keys, chooser)
        if check is not None:
            check(values)
        whole = len(values) == len(keys) and len(self.faults) == before
        return cls(**values, **more) if whole else None

    def values(self, keys: Iterable[Key], chooser: str = "") -> dict[str, Any]:
        """Read and check these keys, with their defaults; what is missing or wrong is left out."""
        values = {}
        for key in keys:
            if key.name in self._settled:
                continue
            if key.name not in self.entries:
                if key.required:
                    self.miss(key.name, key.said(), chooser)
                else:
                    values[key.field] = key.default
            elif (value := self._checked(key)) is not None:
                values[key.field] = value
        return values

    def tables(self, name: str, keys: Iterable[Key]) -> dict[int, dict[str, Any]]:
        """Read and check a list of tables with these keys, all to be given; what is wrong is not.

        By the place in the list.
        """
        tables, found = self.value(name), {}
        if name in self._settled or name not in self.entries:
            return {}
        if not isinstance(tables, list | tuple) or not all(isinstance(t, Mapping) for t in tables):
            self.refuse(name, f"must be {_tables(name, keys)}", tables)
            return {}
        known = {key.field: key for key in keys}
        for place, table in enumerate(tables):
            values = found[place] = dict[str, Any]()
            for field in table.keys() - known.keys():
                close = ", ".join(known)
                rule = f"is not a known key (there are: {close})"
                self.refuse(f"{name}[{place}].{field}", rule, table[field])
            for field, key in known.items():
                if field not in table:
                    self._note(f"{name}[{place}].{field} is missing: {key.said()}", name)
                elif rule := broken_rule(table[field], key.base, key.rule):
                    self.refuse(f"{name}[{place}].{field}", rule, table[field])
                else:
                    values[field] = float(table[field])
        return found

    def _checked(self, key: Key) -> object:
        """The value of a key that is given, None if it is wrong."""
        value, many = self.value(key.name), key.base == tuple[float, ...]
        if not many:
            if rule := broken_rule(value, key.base, key.rule):
                self.refuse(key.name, rule, value)
                return None
            return float(value) if key.base is float else value  # type: ignore[arg-type]
        if not isinstance(value, list | tuple) or not value:
            self.refuse(key.name, "must be a list of numbers", value)
            return None
        broken = [
            (place, rule)
            for place, item in enumerate(value)
            if (rule := broken_rule(item, float, key.rule))
        ]
        for place, rule in broken[:FAULTY]:
            self.refuse(f"{key.name}[{place}]", rule, value[place])
        if len(broken) > FAULTY:
            self.refuse(key.name, "must be mended in more places", len(broken) - FAULTY)
        return None if broken else tuple(map(float, value))


def _tables(name: str, keys: Iterable[Key]) -> str:
    """A list of tables, with what they have."""
    fields = " and ".join(key.field for key in keys)
    return f"a list of tables [[{name}]], each with {fields}"


def _kinds(choice: Choice) -> str:
    """Kinds to choose from, with what each asks for."""
    kinds = []
    for kind, part in choice.classes.items():
        needs = [key.field for key in part_keys(part, choice.prefix) if key.required]
        file = " or file" if part in INSTEAD else ""
        kinds.append(f"{kind} ({', '.join(needs)}{file})")
    return f"one of {', '.join(kinds)}"


def broken_rule(value: Any, base: Any, rule: Rule) -> str:
    """The rule that a value breaks; empty if none."""
    if base in (int, float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or value != value or (base is int and isinstance(value, float)):
            return f"must be {'a whole number' if base is int else 'a number'}"
        if abs(value) == inf and not rule.infinite:
            return "must be finite"
        if base is float and abs(value) != inf and not is_sized(value):
            return f"must be {SIZE}"
    return "" if rule.holds(value) else f"must be {rule.text}"
