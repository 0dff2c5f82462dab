"""A case as nested tables, and its parts as one reads them: nothing here knows their classes."""

from __future__ import annotations

from dataclasses import asdict, fields
from reprlib import Repr
from typing import Any, cast

SHOWN = 6  # numbers of a list that a repr shows


def as_tables(case: Any) -> dict[str, Any]:
    """Nested tables like those of a case file, every default written out; `case` is a `Case`."""
    table = asdict(case)
    del table["name"]
    table["payoff"] = {"kind": case.payoff.kind, **table["payoff"]}
    terms, cost = table["attention"], table["attention"].pop("cost")
    choice = {"signals": terms.pop("signals"), "precision": case.attention.precision}
    capacity = {"capacity": terms.pop("capacity")}
    kind = {"kind": case.attention.cost.kind, "scale": cost.pop("scale")}
    linear = {"linear": cost.pop("linear")}
    table["attention"] = {**choice, **terms, **capacity, "cost": {**kind, **cost, **linear}}
    return cast(dict[str, Any], _tidy(table))


def _tidy(value: Any) -> Any:
    """Drop what is not given; tuples become lists."""
    if isinstance(value, dict):
        return {key: _tidy(item) for key, item in value.items() if item not in (None, "", ())}
    return [_tidy(item) for item in value] if isinstance(value, tuple) else value


def brief(part: Any) -> str:
    """The repr of a dataclass in which long tuples are cut short."""
    short = Repr()
    short.maxtuple = SHOWN
    terms = [f"{one.name}={short.repr(getattr(part, one.name))}" for one in fields(part)]
    return f"{type(part).__name__}({', '.join(terms)})"
