"""A calibration as a person or a program reads it: text, JSON, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pdesolve.case.keys import describe_in
from pdesolve.files import plain
from pdesolve.solver.summary import bound, digits
from pdesolve.studies.calibration.estimates import LEVEL, Estimates

if TYPE_CHECKING:
    import xarray

Rows = list[list[str]]
LATEX = str.maketrans(
    {mark: f"\\{mark}" for mark in "&%$#_{}"}
    | {"ρ": r"$\rho$", "σ": r"$\sigma$", "η": r"$\eta$", "α": r"$\alpha$", "₀": "$_0$"}
)


# ---------------------------------------------------------------------- for people


def table(found: Estimates, profiles: Mapping[str, xarray.Dataset] | None = None) -> str:
    """Estimates, what pins them, how well the targets are met, and intervals by profiles."""
    shares = found.sensitivity("share").to_numpy()
    labels = found.problem.targets.labels
    pinned = [
        [key, *(_share(share) for share in row)]
        for key, row in zip(found.keys, shares.tolist(), strict=True)
    ]
    test, condition = found.j_test, found.inference.condition
    said = f"condition number {condition:.3g}" if np.isfinite(condition) else "not identified"
    facts = f"rank {found.inference.rank} of {int((~found.at_bound).sum())}, {said}"
    freedom = f"{test.degrees_of_freedom} degrees of freedom" if test.degrees_of_freedom else ""
    fit = ", ".join(part for part in (f"chi-squared {test.statistic:.4g}", freedom) if part)
    return "\n".join(
        [
            f"{found.case.name}: {found.case.title}",
            f"{_counted(len(found.keys), 'parameter')} from {_counted(len(labels), 'target')}",
            "",
            *_aligned(parameter_rows(found)),
            "",
            *_aligned(target_rows(found)),
            "",
            "share of each estimate's variance that the noise in a target makes:",
            *_aligned([["", *labels], *pinned]),
            "",
            *(_by_profile(data, key) for key, data in (profiles or {}).items()),
            f"{fit}; {facts}; {found.solves} solves, {found.seconds:.2f} s",
            found.verdict,
            *found.notes,
        ]
    )


def parameter_rows(found: Estimates) -> Rows:
    """Value, standard error, interval and what the solver's error makes of each parameter."""
    rows = [["", "value", "± s.e.", f"{LEVEL:.0%} interval", "± solver", "start", "unit"]]
    se, errors, ci = found.se(), found.numerical_error, found.ci()
    for one, value in zip(found.problem.free, found.values.tolist(), strict=True):
        error = float(se[one.key])
        low, high = (float(ci[side][one.key]) for side in ("low", "high"))
        known = math.isfinite(error)
        interval = f"{_rounded(low, error)} to {_rounded(high, error)}" if known else "not known"
        note = "at bound" if found.at_bound[found.keys.index(one.key)] else "not known"
        unit = describe_in(found.case, one.key).unit
        rows.append(
            [
                one.key,
                _rounded(value, error) if known else f"{value:.6g}",
                f"{error:.2g}" if known else note,
                interval if known else "",
                bound(float(errors[one.key])),
                f"{one.start:.6g}",
                unit,
            ]
        )
    return rows


def target_rows(found: Estimates) -> Rows:
    """Target, model and residual."""
    targets, rows = found.problem.targets, [["", "target", "± sd", "model", "± error", "gap/sd"]]
    columns = (targets.values, targets.sd, found.observed.value, found.observed.error)
    rest = zip(targets.labels, *(c.tolist() for c in (*columns, found.residuals)), strict=True)
    for name, value, sd, model, error, gap in rest:
        shown = digits(model, max(error, 1e-3 * sd))
        rows.append([name, f"{value:.6g}", f"{sd:.2g}", shown, bound(error), f"{gap:+.2f}"])
    return rows


def _rounded(value: float, error: float) -> str:
    """A number with the decimals that two digits of its error have."""
    return digits(value, 0.1 * error)


def _by_profile(data: xarray.Dataset, key: str) -> str:
    low, high = (data.attrs[side] for side in ("low", "high"))
    reach = [f"{end:.4g}" if math.isfinite(end) else "beyond the values" for end in (low, high)]
    return f"{LEVEL:.0%} interval of {key} by its profile: {' to '.join(reach)}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"


def _share(share: float) -> str:
    return f"{share:.0%}" if math.isfinite(share) else "-"


def _aligned(rows: Rows) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    sides = ["<", *">" * (len(widths) - 1)]
    lines = [zip(row, sides, widths, strict=True) for row in rows]
    return ["  ".join(f"{x:{side}{wide}}" for x, side, wide in line).rstrip() for line in lines]


# ---------------------------------------------------------------------- for programs


def as_json(found: Estimates, profiles: Mapping[str, xarray.Dataset] | None = None) -> str:
    """Return everything as one JSON object; null where there is nothing finite."""
    return json.dumps(plain(as_dict(found, profiles or {})), indent=2, allow_nan=False)


def as_dict(found: Estimates, profiles: Mapping[str, xarray.Dataset]) -> dict[str, Any]:
    """The same as plain values."""
    test = found.j_test
    said: dict[str, Any] = {
        "case": found.case.name,
        "parameters": dict(_parameters(found)),
        "targets": dict(_targets(found)),
        "converged": found.converged,
        "message": found.message,
        "rank": found.inference.rank,
        "condition_number": found.inference.condition,
        "chi_squared": test.statistic,
        "degrees_of_freedom": test.degrees_of_freedom,
        "p_value": test.p_value,
        "identified": found.identified,
        "notes": list(found.notes),
        "covariance": found.cov().to_numpy(),
        "sensitivity": _by_key(found, "raw"),
        "sensitivity_share": _by_key(found, "share"),
        "starts": [
            {name: one.get(name) for name in ("at", "status", "message", "values", "chi_squared")}
            for one in found.starts
        ],
        "solves": found.solves,
        "seconds": found.seconds,
        "version": found.version,
    }
    if profiles:
        said["profiles"] = {key: _profile(data, key) for key, data in profiles.items()}
    return said


def _parameters(found: Estimates) -> Iterable[tuple[str, dict[str, Any]]]:
    se, errors, p_values, ci = found.se(), found.numerical_error, found.p_values(), found.ci()
    for place, one in enumerate(found.problem.free):
        key = one.key
        yield (
            key,
            {
                "value": found.parameters[key],
                "standard_error": float(se[key]),
                "error": float(errors[key]),
                "interval": [float(ci[side][key]) for side in ("low", "high")],
                "p_value": float(p_values[key]),
                "start": one.start,
                "low": one.low,
                "high": one.high,
                "at_bound": bool(found.at_bound[place]),
                "unit": describe_in(found.case, key).attributes["units"],
            },
        )


def _targets(found: Estimates) -> Iterable[tuple[str, dict[str, Any]]]:
    targets = found.problem.targets
    for k, name in enumerate(targets.labels):
        yield (
            name,
            {
                "target": float(targets.values[k]),
                "model": float(found.observed.value[k]),
                "error": float(found.observed.error[k]),
                "sd": float(targets.sd[k]),
                "residual": float(found.residuals[k]),
                "unit": targets.units[k],
            },
        )


def _by_key(found: Estimates, kind: str) -> dict[str, dict[str, float]]:
    rows, labels = found.sensitivity(kind).to_numpy().tolist(), found.problem.targets.labels
    return {
        key: dict(zip(labels, row, strict=True)) for key, row in zip(found.keys, rows, strict=True)
    }


def _profile(data: xarray.Dataset, key: str) -> dict[str, Any]:
    return {
        "value": data[key].to_numpy(),
        "chi_squared": data["chi_squared"].to_numpy(),
        "interval": [data.attrs["low"], data.attrs["high"]],
    }


def as_csv(found: Estimates) -> str:
    """Parameters, a row each, every digit kept."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = dict(_parameters(found))
    columns = [name for name in next(iter(rows.values())) if name != "interval"]
    writer.writerow(["parameter", *columns, "interval_low", "interval_high"])
    for key, row in rows.items():
        cells = [row[name] for name in columns] + row["interval"]
        writer.writerow([key, *(_cell(cell) for cell in cells)])
    return out.getvalue()


def _cell(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


# ---------------------------------------------------------------------- for papers


def as_latex(found: Estimates) -> str:
    """Parameters and targets as tables for a paper; they need the package booktabs."""
    blocks = []
    for heading, *rows in (parameter_rows(found), target_rows(found)):
        blocks += [
            rf"\begin{{tabular}}{{l{'r' * (len(heading) - 1)}}}",
            r"\toprule",
            _line(heading),
            r"\midrule",
            *map(_line, rows),
            r"\bottomrule",
            r"\end{tabular}",
        ]
    head = [f"% {found.case.name}, pdesolve {found.version}", r"% needs \usepackage{booktabs}"]
    return (
        "\n".join([*head, *(f"% {line}" for line in (found.verdict, *found.notes)), *blocks]) + "\n"
    )


def _line(cells: list[str]) -> str:
    return " & ".join(cell.translate(LATEX | {ord("±"): r"$\pm$"}) for cell in cells) + r" \\"
