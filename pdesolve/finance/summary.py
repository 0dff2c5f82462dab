"""Expectations and claims as a person or a program reads them: tables, JSON and CSV."""

import csv
import io
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from pdesolve.files import plain
from pdesolve.finance.quantities import EXPECTED
from pdesolve.solver.solution import Solution
from pdesolve.solver.summary import bound, digits

if TYPE_CHECKING:
    import xarray

SHOWN = ("price", "variance", "attention", "price_volatility", "premium", "r_squared")
QUOTED = ("call", "put", "normal_volatility", "black_volatility")
WHOLE = ("forward", "variance", "variance_from_options", "svix")
ROWS = 11  # of a table, at most: JSON and CSV have all


# ---------------------------------------------------------------------- expectations


def paths_json(solution: Solution, data: "xarray.Dataset") -> str:
    """Expectations by date as one JSON object; null where there is none."""
    found = {
        "case": solution.case.name,
        "measure": data.attrs["measure"],
        "given": data.attrs.get("given"),
        "t": data.t.values,
        **{name: data[name].values for name in EXPECTED},
        "error": {name: data[f"{name}_error"].values for name in EXPECTED},
    }
    return _json(solution, found)


def paths_table(solution: Solution, data: "xarray.Dataset") -> str:
    """A few dates of the quantities that are asked for most, each with its bar."""
    under = "Q" if data.attrs["measure"] == "risk-neutral" else "P"
    given = f", given x = {data.attrs['given']:g}" if "given" in data.attrs else ""
    heading = f"expected at t = 0, under {under}{given}"
    return _table(solution, heading, data, "t", SHOWN, ())


# ---------------------------------------------------------------------- claims


def options_json(solution: Solution, data: "xarray.Dataset", states: "xarray.Dataset") -> str:
    """Option and state prices as one JSON object; null where there is none."""
    found = {
        "case": solution.case.name,
        "maturity": data.attrs["maturity"],
        "forward": float(data.forward),
        "strikes": data.strike.values,
        "call": data.call.values,
        "put": data.put.values,
        "call_error": data.call_error.values,
        "put_error": data.put_error.values,
        **{name: data[name].values for name in QUOTED[2:]},
        **{f"{name}_error": data[f"{name}_error"].values for name in QUOTED[2:]},
        **{name: float(data[name]) for name in WHOLE[1:]},
        "error": {name: float(data[f"{name}_error"]) for name in WHOLE},
        "state_prices": _states(states),
    }
    return _json(solution, found)


def _states(states: "xarray.Dataset") -> dict[str, Any]:
    at = states.x.values
    if "state_price" in states:
        prices, errors = states.state_price.values, states.state_price_error.values
        return {"values": at, "prices": prices, "errors": errors}
    return {"x": at, "density": states.density.values, "errors": states.density_error.values}


def options_table(solution: Solution, data: "xarray.Dataset") -> str:
    """A few strikes, and what their prices add up to."""
    date, horizon = data.attrs["maturity"], solution.economy.horizon
    upon = "the payoff" if date == horizon else "the price"
    heading = f"options at t = 0 on {upon} at t = {date:g}"
    return _table(solution, heading, data, "strike", QUOTED, WHOLE)


# ---------------------------------------------------------------------- what they share


def as_csv(data: "xarray.Dataset") -> str:
    """One row for each date or strike: every value that has one, and its error."""
    (axis,) = data.dims
    names = [str(axis), *(str(name) for name in data.data_vars if data[name].ndim)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in zip(*(data[name].values.tolist() for name in names), strict=True):
        writer.writerow("" if value != value else value for value in row)
    return out.getvalue()


def _json(solution: Solution, found: dict[str, Any]) -> str:
    ended = {"converged": solution.converged, "message": solution.message}
    return json.dumps(plain({**found, **ended}), indent=2, allow_nan=False)


def _table(
    solution: Solution,
    heading: str,
    data: "xarray.Dataset",
    axis: str,
    names: Iterable[str],
    whole: Iterable[str],
) -> str:
    at = data[axis].values
    chosen = np.unique(np.linspace(0, at.size - 1, min(at.size, ROWS)).round().astype(int))
    columns = [[axis, f"({data[axis].attrs['units']})", *(f"{at[k]:.4g}" for k in chosen)]]
    for name in names:
        values, errors = data[name].values[chosen], data[f"{name}_error"].values[chosen]
        cells = [_cell(*pair) for pair in zip(values, errors, strict=True)]
        unit = data[name].attrs["units"]
        columns.append([name.replace("_", " "), "" if unit == "1" else f"({unit})", *cells])
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    lines = ["  ".join(f"{c:>{w}}" for c, w in zip(row, widths, strict=True)) for row in rows]
    for name in whole:
        cell, unit = _cell(float(data[name]), float(data[f"{name}_error"])), data[name].attrs
        lines.append(f"{name.replace('_', ' '):<23}{cell}  {unit['units'].removesuffix('1')}")
    if whole:
        lines.insert(-len(tuple(whole)), "")
    title = f"{solution.case.name}: {solution.case.title}"
    some = [f"{chosen.size} of {at.size} rows"] if chosen.size < at.size else []
    lines = [line.rstrip() for line in lines]
    return "\n".join([title, heading, "", *lines, "", *some, solution.message])


def _cell(value: float, error: float) -> str:
    if not np.isfinite(value):
        return "none"
    return f"{digits(value, error)} ± {bound(error)}"
