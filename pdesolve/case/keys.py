"""Every key of a case file: one description, from the annotations of the parts and their labels.

What reads case files, lists their keys or writes a new one starts from here.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Set
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, NamedTuple, get_args, get_type_hints

from pdesolve.case.labels import SYMBOLS, Parameter, describe
from pdesolve.case.parameters import (
    COSTS,
    PAYOFFS,
    PRECISIONS,
    Announcement,
    Attention,
    Case,
    Cost,
    Market,
    Numerics,
    PayoffSpec,
    SamplePayoff,
)
from pdesolve.case.rules import Rule, is_text
from pdesolve.case.samples import SampleFile
from pdesolve.case.sources import TABLES, TEXTS, nearest, toml_value

ANNOUNCEMENTS = "market.announcements"
_TOLD = Rule("a list of tables with time, > 0 and < market.horizon, and precision, > 0", bool)
INSTEAD: dict[type, type] = {SamplePayoff: SampleFile}  # what may stand for a part's own keys


class Key(NamedTuple):
    """A key of a case file.

    Attributes
    ----------
    name : str
        Dotted.
    base : type
        Of its value.
    rule : Rule
        What the value, or each of a list, has to satisfy.
    default : object
        MISSING if the key has to be given.
    about : Parameter
        What is said about it.
    """

    name: str
    base: Any
    rule: Rule
    default: Any
    about: Parameter

    @property
    def field(self) -> str:
        """Its name in its table."""
        return self.name.rpartition(".")[2]

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.default is MISSING

    @property
    def range(self) -> str:
        """What it may be."""
        start = {int: "a whole number, ", tuple[float, ...]: "a list, each "}.get(self.base, "")
        return f"{start}{self.rule.text}{' or inf' if self.rule.infinite else ''}"

    @property
    def preset(self) -> str | None:
        """What it is if it is not given, as TOML has it; None if nothing."""
        return None if self.default in (MISSING, None, "", ()) else toml_value(self.default)

    @property
    def usual(self) -> str:
        """The same in words."""
        return "to be given" if self.required else f"default {self.preset or 'none'}"

    def said(self, *more: str) -> str:
        """What it means, with unit and range."""
        said = "; ".join(part for part in (self.about.unit, self.range, *more) if part)
        return f"{self.about.meaning} ({said})"


class Choice(NamedTuple):
    """A key that chooses a class.

    Attributes
    ----------
    name : str
        Dotted.
    classes : mapping of str to type
        What it may say.
    shared : type
        The class whose fields all of them have.
    default : str or None
        What it says if it is not given.
    """

    name: str
    classes: Mapping[str, type]
    shared: type
    default: str | None = None

    @property
    def prefix(self) -> str:
        """Of the keys that it decides on."""
        return self.name.rpartition(".")[0] + "."

    @property
    def key(self) -> Key:
        """The key itself."""
        known = self.classes
        rule = Rule(f"one of {', '.join(known)}", lambda x: isinstance(x, str) and x in known)
        default = MISSING if self.default is None else self.default
        return Key(self.name, str, rule, default, describe(self.name))

    def every(self, kind: str) -> tuple[Key, ...]:
        """All keys of a kind."""
        return _every(self.classes[kind], self.prefix)

    def own(self, kind: str) -> tuple[Key, ...]:
        """Those that not all kinds share."""
        return _own(self.classes[kind], self.prefix, self.shared)

    def names(self, *kinds: str) -> frozenset[str]:
        """Names of these, of several kinds."""
        return _names(tuple(self.classes[kind] for kind in kinds), self.prefix, self.shared)

    def kept(self, former: object, kind: str) -> set[str]:
        """Names of those that mean the same, in the same unit, as they did with another kind."""
        units = {}
        if isinstance(former, str) and former in self.classes:
            units = {key.name: key.about.unit for key in self.own(former)}
        return {
            key.name
            for key in self.own(kind)
            if units.get(key.name, key.about.unit) == key.about.unit
        }


CHOICES = {
    choice.name: choice
    for choice in (
        Choice("payoff.kind", PAYOFFS, PayoffSpec),
        Choice("attention.precision", PRECISIONS, Attention, "linear"),
        Choice("attention.cost.kind", COSTS, Cost, "power"),
    )
}


class Listed(NamedTuple):
    """A key in a list of all of them.

    Attributes
    ----------
    key : Key
    chooser : str
        Name of the key whose choice decides on it; empty if none does.
    kinds : tuple of str
        The choices that alone have it, in this sense; none if all have.
    """

    key: Key
    chooser: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def only(self) -> str:
        """The kinds, ahead of what is said about the key."""
        return f"{', '.join(self.kinds)}: " if self.kinds else ""


@cache
def part_keys(part: type, prefix: str) -> tuple[Key, ...]:
    """Keys of a part, a dataclass whose annotations carry rules."""
    hints = get_type_hints(part, include_extras=True)
    kind = getattr(part, "kind", getattr(part, "precision", ""))
    keys = []
    for field in fields(part):
        hint, name = hints[field.name], prefix + field.name
        annotated = [a for a in (hint, *get_args(hint)) if hasattr(a, "__metadata__")]
        if annotated:
            base, rule = annotated[0].__origin__, annotated[0].__metadata__[0]
            keys.append(Key(name, base, rule, field.default, describe(name, kind)))
    return tuple(keys)


@cache
def _every(part: type, prefix: str) -> tuple[Key, ...]:
    """Keys of a part, with those of what may stand for them."""
    parts = [part, INSTEAD[part]] if part in INSTEAD else [part]
    return tuple(key for one in parts for key in part_keys(one, prefix))


@cache
def _own(part: type, prefix: str, shared: type) -> tuple[Key, ...]:
    """Those for which the shared class has no field."""
    common = {field.name for field in fields(shared)}
    return tuple(key for key in _every(part, prefix) if key.field not in common)


@cache
def _names(parts: tuple[type, ...], prefix: str, shared: type) -> frozenset[str]:
    """Names of these, of several parts."""
    return frozenset(key.name for part in parts for key in _own(part, prefix, shared))


FILE_KEYS = tuple(key.name for key in part_keys(SampleFile, "payoff."))


@cache
def text_keys() -> tuple[Key, ...]:
    """Keys that say what a case is."""
    rule = Rule("text", is_text)
    return tuple(Key(name, str, rule, "", describe(name)) for name in TEXTS)


def known_keys() -> frozenset[str]:
    """Every dotted key that some case may have."""
    return _known(*PAYOFFS.items(), *PRECISIONS.items(), *COSTS.items())


@cache
def _known(*kinds: tuple[str, type]) -> frozenset[str]:
    """The same, with these kinds of parts: there may be more of them later."""
    return frozenset(one.key.name for one in list_keys()) - {"extends"}


def announcement_keys() -> tuple[Key, ...]:
    """Keys of a table of `market.announcements`."""
    return part_keys(Announcement, f"{ANNOUNCEMENTS}.")


def list_keys() -> list[Listed]:
    """Every key of a case file, in the order in which one writes them."""
    told = Key(ANNOUNCEMENTS, list, _TOLD, (), describe(ANNOUNCEMENTS))
    start = Key("extends", str, Rule("a case's name or path", is_text), None, describe("extends"))
    return [
        *map(Listed, (*text_keys(), start, *part_keys(Market, "market."), told)),
        *_chosen(CHOICES["payoff.kind"]),
        *_chosen(CHOICES["attention.precision"]),
        *_chosen(CHOICES["attention.cost.kind"]),
        *map(Listed, part_keys(Numerics, "numerics.")),
    ]


def describe_in(case: Case, key: str, varied: Container[str] = ()) -> Parameter:
    """What is said about the key of that dotted name, in a case.

    Powers in its unit are numbers; one that is decided by a key that is varied keeps its letter.
    """
    attention, cost = case.attention, case.attention.cost
    kinds = {
        "payoff.kind": case.payoff.kind,
        "attention.precision": attention.precision,
        "attention.cost.kind": cost.kind,
    }
    prefix = key.rpartition(".")[0] + "."
    chooser = next((name for name, one in CHOICES.items() if one.prefix == prefix), "")
    if chooser in varied:
        return describe(key)
    said = describe(key, kinds.get(chooser, ""))
    powers = {
        "η": ("attention.elasticity", getattr(attention, "elasticity", 1.0)),
        "n": ("attention.cost.exponent", getattr(cost, "exponent", 1.0)),
    }
    unit = said.unit
    for letter, (name, power) in powers.items():
        if name not in varied:
            unit = unit.replace(f"^{letter}", "" if power == 1 else f"^{power:g}")
    return said._replace(unit=unit)


def suggest(name: str, known: Set[str]) -> list[str]:
    """Keys that someone who wrote `name` may have meant, the likeliest first."""
    last = name.rpartition(".")[2]
    meant = [key for key, symbols in SYMBOLS.items() if last in symbols]
    return meant or nearest(name, sorted({*known, *TABLES}))


def _chosen(choice: Choice) -> list[Listed]:
    """A key that chooses, and those that it decides on; what kinds share stands there once."""
    found: list[tuple[Key, list[str]]] = []
    for kind in choice.classes:
        for key in choice.every(kind):
            same = next((kinds for other, kinds in found if other == key), None)
            if same is None:
                found.append((key, [kind]))
            else:
                same.append(kind)
    count = len(choice.classes)
    some = ((key, tuple(kinds) if len(kinds) < count else ()) for key, kinds in found)
    return [Listed(choice.key), *(Listed(key, choice.name, kinds) for key, kinds in some)]
