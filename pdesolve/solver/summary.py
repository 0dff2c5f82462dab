"""A solution as a person or a program reads it: tables, and the JSON object of `solve`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from pdesolve.files import plain
from pdesolve.solver.quantity import Quantity
from pdesolve.solver.solved import Solved
from pdesolve.solver.values import DERIVED, QUANTITIES, ROWS, VALUES

HEADINGS = ("", "value", "± error", "unit", "static")
REGIMES = {0: "nobody pays attention", 2: "attention is at its capacity"}


Further = tuple[Quantity, float, float]  # what is not reported unasked, its value and its error


def as_json(solution: Solved, further: Sequence[Further] = ()) -> str:
    """Return the initial values and what they took as one JSON object; null where not finite."""
    return json.dumps(as_dict(solution, further), indent=2, allow_nan=False)


def as_dict(solution: Solved, further: Sequence[Further] = ()) -> dict[str, Any]:
    """Return the same as plain values; None where not finite."""
    initial = solution.initial
    bars = {name: solution.bars[name] for name in DERIVED}
    found: dict[str, Any] = plain(
        {
            "case": solution.case.name,
            **{name: getattr(initial, name) for name in VALUES},
            **{one.name: value for one, value, _ in further},
            "error": solution.error,
            "derived_error": bars | {one.name: error for one, _, error in further},
            "converged": solution.converged,
            "message": solution.message,
            **solution.size,
            "seconds": solution.seconds,
            "version": solution.version,
        }
    )
    return found


def table(solution: Solved, further: Sequence[Further] = ()) -> str:
    """Initial values, and what else was asked for, for a person to read."""
    lines = [HEADINGS, *_rows(solution, further)]
    widths = [max(len(line[k]) for line in lines) for k in range(5)]
    aligned = [
        f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d:<{widths[3]}}  {e:>{widths[4]}}"
        for a, b, c, d, e in lines
    ]
    body = (line.rstrip() for line in aligned)
    later = [f"{heading(one)}: {one.long_name}" for one, *_ in further]
    notes = [*later, ""] if later else []
    return "\n".join([*_heads(solution), "", *body, "", *notes, *_facts(solution)])


def as_html(solution: Solved) -> str:
    """The same for a notebook."""
    name, *rest = (escape(line) for line in _heads(solution))
    head = "".join(f"<th>{escape(one)}</th>" for one in HEADINGS)
    rows = [
        f"<tr><th>{escape(label)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for label, *cells in _rows(solution)
    ]
    facts = "<br>".join(escape(line) for line in _facts(solution))
    return (
        f"<div><p><strong>{name}</strong><br>{'<br>'.join(rest)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f"<p>{facts}</p></div>"
    )


def _heads(solution: Solved) -> tuple[str, str]:
    """Which case, and in which state."""
    return (
        solution.case.heading,
        f"at t = 0, xi = {solution.economy.start:.6g} 1/money, psi = 0"
        " (static: what investors would pay with no trade after now)",
    )


def _rows(solution: Solved, further: Sequence[Further] = ()) -> Iterable[tuple[str, ...]]:
    """Name, value, error, unit and static value of all that is shown, as text."""
    initial, bars = solution.initial, solution.bars
    usual = [(QUANTITIES[name], getattr(initial, name), bars.get(name, 0.0)) for name in ROWS]
    for one, value, error in [*usual, *further]:
        rounding = error if error >= 0 else solution.case.numerics.tolerance * abs(value)
        static = digits(getattr(initial, one.static), rounding) if one.static else ""
        unit = "" if one.unit == "1" else one.unit
        yield heading(one), digits(value, rounding), bound(error), unit, static


def heading(one: Quantity) -> str:
    """Name of a reported value in tables."""
    return one.name.replace("certainty_equivalent", "certainty-equivalent").replace("_", " ")


def bound(error: float) -> str:
    """An error bar; empty if it is not known."""
    return (f"{error:.0e}" if error else "0") if math.isfinite(error) else ""


def digits(value: float, error: float) -> str:
    """A number with the decimals that its error leaves meaning to, or seven digits; - if none."""
    if not math.isfinite(value):
        return "-"
    if not 0 < error < math.inf or not 1e-4 <= abs(value) < 1e7:
        return f"{value:.7g}"
    return f"{value:.{min(12, max(0, -math.floor(math.log10(error))))}f}"


def _facts(solution: Solved) -> Iterable[str]:
    """Where attention stands, what the solve took, how it ended."""
    regime = float(solution.response(solution.economy.start).regime)
    if regime in REGIMES:
        yield f"{REGIMES[int(regime)]} in this state"
    grid, steps = solution.size["grid"], solution.size["steps"]
    nodes = f"{grid.get('xi_nodes')} x {grid.get('psi_nodes')} nodes in xi and psi"
    order = f" of order {grid['order']}" if "order" in grid else ""
    discrete = "periods" in steps
    taken = f"{steps['periods']} periods" if discrete else f"{steps.get('accepted')} time steps"
    yield f"{nodes}{order}, {taken}, {solution.seconds:.2f} s"
    yield solution.message
