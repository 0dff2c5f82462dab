"""Every check on input, in one place: what joins several numbers; single ones in `reader`.

The rule for a single number stands beside it in :mod:`pdesolve.case.parameters`. Every fault is a
:class:`~pdesolve.case.sources.CaseError` of one line: file, key, rule and value.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import erfc, fsum, inf, log, log1p, sqrt
from pathlib import Path
from typing import Any

from pdesolve.case.parameters import (
    COSTS,
    PAYOFFS,
    PRECISIONS,
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
from pdesolve.case.reader import Reader
from pdesolve.case.sources import CaseError, Entry, Layer, Source, flatten, read_column


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
    reader = Reader(layers, label)
    reader.check_keys()
    title = reader.text("title")
    if len(title.splitlines()) > 1:
        raise reader.fault("title", "must be one line", title)
    precision, cost = (reader.choice(key) for key in ("attention.precision", "attention.cost.kind"))
    case = Case(
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
    _check_nodes(reader, case.payoff, case.numerics)
    return case


def _payoff(reader: Reader) -> PayoffSpec:
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


def _read_sample(reader: Reader) -> None:
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


def _check_truncated(reader: Reader) -> None:
    for key in ("payoff.low", "payoff.high"):
        if reader.value(key) in (None, inf):
            rule = (
                "must be finite: an untruncated lognormal has no equilibrium, since its moment"
                " generating function diverges for every positive tilt"
            )
            raise reader.fault(key, rule, reader.value(key), "payoff.kind")


def _check_distinct(reader: Reader, values: tuple[float, ...], *, repeats: bool) -> None:
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


def _check_length(reader: Reader, values: dict[str, Any], name: str, partner: str) -> None:
    if len(values[name]) != len(values[partner]):
        rule = f"must be as many as payoff.{partner} ({len(values[partner])})"
        raise reader.fault(f"payoff.{name}", rule, values[name], f"payoff.{partner}")


def _shares(reader: Reader, values: dict[str, Any], name: str, partner: str) -> tuple[float, ...]:
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


def _check_mass(reader: Reader, mean: float, sd: float, low: float, high: float) -> None:
    """Refuse a truncation that leaves next to nothing of the lognormal."""
    spread = sqrt(log1p((sd / mean) ** 2))
    ends = [(log(x / mean) / spread + spread / 2) / sqrt(2) if x else -inf for x in (low, high)]
    mass = erfc(ends[0]) - erfc(ends[1]) if ends[0] > 0 else erfc(-ends[1]) - erfc(-ends[0])
    if mass / 2 < 1e-12:
        rule = f"and payoff.high = {high!r} must enclose some of the lognormal's probability"
        raise reader.fault("payoff.low", rule, low, "payoff.high", "payoff.mean", "payoff.sd")


def _check_nodes(reader: Reader, payoff: PayoffSpec, numerics: Numerics) -> None:
    """Refuse one node along an axis on which the solution depends."""
    if numerics.xi_nodes == 1 and not _is_normal(payoff):
        raise _one_node(reader, "xi_nodes", "16 to 20000", "a normal payoff")
    if numerics.psi_nodes == 1 and not _is_two_point(payoff):
        raise _one_node(reader, "psi_nodes", "8 to 2000", "a discrete payoff of two values")


def _is_normal(payoff: PayoffSpec) -> bool:
    """Whether xi does not matter: a mixture of one component, however often, is a normal."""
    if isinstance(payoff, MixturePayoff):
        return len(set(payoff.means)) == len(set(payoff.sds)) == 1
    return isinstance(payoff, NormalPayoff)


def _is_two_point(payoff: PayoffSpec) -> bool:
    """Whether psi does not matter."""
    return isinstance(payoff, DiscretePayoff) and len(payoff.values) == 2


def _one_node(reader: Reader, name: str, others: str, only: str) -> CaseError:
    rule = f"must be 0 or from {others}: one node is for {only} only"
    return reader.fault(f"numerics.{name}", rule, 1, "payoff.kind", "payoff.values")
