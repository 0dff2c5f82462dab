"""Every check on input, in one place: what joins several values; single ones in `reader`.

The rule for a single value stands beside it in :mod:`pdesolve.case.parameters`. All faults are
raised together, as a :class:`~pdesolve.case.sources.CaseError` of one line each: file, key, rule
and value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import erfc, fsum, inf, log, log1p, sqrt
from pathlib import Path
from typing import Any

from pdesolve.case.keys import ANNOUNCEMENTS, FILE_KEYS, announcement_keys, part_keys, text_keys
from pdesolve.case.parameters import (
    Announcement,
    Case,
    DiscretePayoff,
    LognormalPayoff,
    Market,
    MixturePayoff,
    NormalPayoff,
    Numerics,
    PayoffSpec,
    SamplePayoff,
)
from pdesolve.case.reader import Reader, broken_rule
from pdesolve.case.samples import NoColumn, SampleFile, read_sample
from pdesolve.case.sources import CaseError, Entry, Layer, Source, flatten, shown


def build_case(
    name: str, label: str, layers: list[Layer], overrides: Mapping[str, object] | None
) -> Case:
    """Merge the layers of case ``name``, base first, then the overrides; check and build.

    ``label`` is how messages name the case itself.

    Raises
    ------
    CaseError
        With every fault that was found.
    """
    if overrides is not None and not isinstance(overrides, Mapping):
        raise CaseError(f"{label}: overrides must map keys to values, got {shown(overrides)}")
    if overrides:
        layers = [*layers, flatten(overrides, Source(f"{label} (--set)", Path()))]
    reader = Reader(layers, label)
    texts = reader.values(text_keys())
    title = texts.get("title", "")
    if len(title.splitlines()) > 1:
        reader.refuse("title", "must be one line", title)
    market = reader.part(Market, "market.", announcements=_announcements(reader))
    payoff = _payoff(reader)
    cost = reader.chosen("attention.cost.kind")
    attention = reader.chosen("attention.precision", cost=cost)
    numerics = reader.part(Numerics, "numerics.")
    if payoff is not None and numerics is not None:
        _check_nodes(reader, payoff, numerics)
    reader.check()
    assert payoff is not None
    return Case(
        name=name,
        **{**texts, "title": title.strip() or name},
        market=market,
        payoff=payoff,
        attention=attention,
        numerics=numerics,
    )


def with_number(case: Case, key: str, value: float) -> Case | None:
    """The case with another value of a real parameter that no rule joins to others.

    None where the rest is to be read again, to check or to blame: where one does (payoff, dates),
    or where the value breaks its own.
    """
    table, _, field = key.rpartition(".")
    attention, cost = case.attention, case.attention.cost
    parts = {"market": case.market, "attention": attention, "attention.cost": cost}
    part: Any = parts.get(table)
    if part is None or (case.market.announcements and key == "market.horizon"):
        return None
    cls: type = type(part)
    known = {one.field: one for one in part_keys(cls, f"{table}.")}.get(field)
    if known is None or known.base is not float or broken_rule(value, float, known.rule):
        return None
    part = replace(part, **{field: float(value)})
    if table == "attention.cost":
        table, part = "attention", replace(attention, cost=part)
    return replace(case, **{table: part})


def _announcements(reader: Reader) -> tuple[Announcement, ...]:
    """Read the announcements: between 0 and the horizon, no two at one time."""
    found = reader.tables(ANNOUNCEMENTS, announcement_keys())
    horizon = reader.value("market.horizon")
    for place, one in found.items():
        time = one.get("time")
        if time is None:
            continue
        name = f"{ANNOUNCEMENTS}[{place}].time"
        if isinstance(horizon, int | float) and not time < horizon:
            rule = f"must be < market.horizon = {horizon!r}"
            reader.refuse(name, rule, time, "market.horizon")
        if any(time == other.get("time") for at, other in found.items() if at < place):
            reader.refuse(name, "must be different from those of the others", time)
    whole = [Announcement(**one) for one in found.values() if len(one) == 2]
    return tuple(sorted(whole, key=lambda one: one.time))


def _payoff(reader: Reader) -> PayoffSpec | None:
    """Read the payoff, of a sample its file first."""
    kind = reader.kinds.get("payoff.kind")
    if kind == SamplePayoff.kind:
        _read_file(reader)
    if kind == LognormalPayoff.kind and reader.value("payoff.high") == inf:
        rule = (
            "must be finite: an untruncated lognormal has no equilibrium, since its moment"
            " generating function diverges for every positive tilt"
        )
        reader.refuse("payoff.high", rule, inf)
        reader.settle("payoff.high")
    payoff: PayoffSpec | None = reader.chosen("payoff.kind", check=partial(_check_payoff, reader))
    return payoff


def _check_payoff(reader: Reader, values: dict[str, Any]) -> None:
    """Check what joins several numbers of a payoff, as far as they are there."""
    kind, given = reader.kinds["payoff.kind"], values.keys()
    if kind in (DiscretePayoff.kind, SamplePayoff.kind) and "values" in given:
        _check_distinct(reader, values["values"], repeats=kind == SamplePayoff.kind)
    if kind == DiscretePayoff.kind:
        _check_shares(reader, values, "probabilities", "values")
    if kind == MixturePayoff.kind:
        _check_shares(reader, values, "weights", "means")
        _check_length(reader, values, "sds", "means")
    if given >= {"low", "high"} and not values["low"] < values["high"]:
        rule = f"must be < payoff.high = {values['high']!r}"
        reader.refuse("payoff.low", rule, values["low"], "payoff.high")
    elif kind == LognormalPayoff.kind and given >= {"mean", "sd", "low", "high"}:
        _check_mass(reader, **values)


def _read_file(reader: Reader) -> None:
    """Put the numbers of ``payoff.file``, if given, in place of ``payoff.values``."""
    if "payoff.values" in reader.entries:
        for key in FILE_KEYS:
            if key in reader.entries:
                rule = "must be absent where payoff.values is given"
                reader.refuse(key, rule, reader.value(key))
    elif "payoff.file" in reader.entries:
        reader.settle("payoff.values")
        settings = reader.part(SampleFile, "payoff.")
        if settings is not None:
            _read_column(reader, settings)


def _read_column(reader: Reader, settings: SampleFile) -> None:
    """Read the file."""
    label, folder = source = reader.entries["payoff.file"].source
    assert settings.file is not None
    try:
        numbers = read_sample(settings, folder / settings.file, f"{label}: payoff.file")
    except NoColumn as error:
        reader.refuse("payoff.column", str(error), settings.column, "payoff.file")
    except CaseError as error:
        reader.faults += error.args
    else:
        reader.give("payoff.values", Entry(numbers, source))


def _check_distinct(reader: Reader, values: tuple[float, ...], *, repeats: bool) -> None:
    """Refuse payoffs without uncertainty and, unless ``repeats``, payoffs that coincide."""
    ordered = sorted(values)
    spread = ordered[-1] - ordered[0]
    if spread == 0:
        key = "payoff.file" if "payoff.file" in reader.entries else "payoff.values"
        rule = "must hold at least two different numbers (else nothing is uncertain)"
        reader.refuse(key, rule, reader.value(key))
        return
    for one, other in () if repeats else pairwise(ordered):
        if other - one <= 1e-12 * spread:
            rule = f"must be different ({one!r} and {other!r} coincide)"
            reader.refuse("payoff.values", rule, values)


def _check_length(reader: Reader, values: Mapping[str, Any], name: str, partner: str) -> bool:
    """Whether two lists are there and match; refuse what does not."""
    if not values.keys() >= {name, partner}:
        return False
    if len(values[name]) == len(values[partner]):
        return True
    rule = f"must be as many as payoff.{partner} ({len(values[partner])})"
    reader.refuse(f"payoff.{name}", rule, values[name], f"payoff.{partner}")
    return False


def _check_shares(reader: Reader, values: dict[str, Any], name: str, partner: str) -> None:
    """Check that shares sum to one, and make the sum exact; exact shares are left alone."""
    if not _check_length(reader, values, name, partner):
        return
    shares, total = list(values[name]), fsum(values[name])
    if abs(total - 1) > 1e-9:
        reader.refuse(f"payoff.{name}", f"must sum to 1 (they sum to {total!r})", shares)
    elif total != 1:
        shares = [share / total for share in shares]
        largest = max(range(len(shares)), key=shares.__getitem__)
        shares[largest] = fsum([1.0, *(-s for i, s in enumerate(shares) if i != largest)])
        values[name] = tuple(shares)


def _check_mass(reader: Reader, mean: float, sd: float, low: float, high: float) -> None:
    """Refuse a truncation that leaves next to nothing of the lognormal."""
    spread = sqrt(log1p((sd / mean) ** 2))
    ends = [(log(x / mean) / spread + spread / 2) / sqrt(2) if x else -inf for x in (low, high)]
    mass = erfc(ends[0]) - erfc(ends[1]) if ends[0] > 0 else erfc(-ends[1]) - erfc(-ends[0])
    if mass / 2 < 1e-12:
        rule = f"and payoff.high = {high!r} must enclose some of the lognormal's probability"
        reader.refuse("payoff.low", rule, low, "payoff.high", "payoff.mean", "payoff.sd")


def _check_nodes(reader: Reader, payoff: PayoffSpec, numerics: Numerics) -> None:
    """Refuse one node along an axis on which the solution depends."""
    if numerics.xi_nodes == 1 and not _is_normal(payoff):
        _refuse_node(reader, "xi_nodes", "16 to 20000", "a normal payoff")
    if numerics.psi_nodes == 1 and not _is_two_point(payoff):
        _refuse_node(reader, "psi_nodes", "8 to 2000", "a discrete payoff of two values")


def _is_normal(payoff: PayoffSpec) -> bool:
    """Whether xi does not matter: a mixture of one component, however often, is a normal."""
    if isinstance(payoff, MixturePayoff):
        return len(set(payoff.means)) == len(set(payoff.sds)) == 1
    return isinstance(payoff, NormalPayoff)


def _is_two_point(payoff: PayoffSpec) -> bool:
    """Whether psi does not matter."""
    return isinstance(payoff, DiscretePayoff) and len(payoff.values) == 2


def _refuse_node(reader: Reader, name: str, others: str, only: str) -> None:
    rule = f"must be 0 or from {others}: one node is for {only} only"
    reader.refuse(f"numerics.{name}", rule, 1, "payoff.kind", "payoff.values")
