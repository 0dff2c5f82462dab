"""What `verify` found, for a person to read: text, Markdown, and a JSON object."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from pdesolve.files import plain
from pdesolve.verification.check import Check
from pdesolve.verification.orders import OrderTable
from pdesolve.verification.suite import Report


def word(check: Check) -> str:
    """PASS or FAIL, or what says that the check decides nothing here."""
    if not check.decided:
        return "none"
    return "PASS" if check.passed else "FAIL"


def as_text(report: Report) -> str:
    """Return the checks, group by group, with their verdicts."""
    lines = [_title(report), ""]
    for group, checks in groupby(report.checks, key=lambda check: check.group):
        lines.append(group)
        found = list(checks)
        width = max(len(check.name) for check in found)
        lines += [f"  {_line(check, width)}" for check in found]
        lines.append("")
    return "\n".join([*lines, verdict(report)])


def as_markdown(report: Report) -> str:
    """Return the checks and every table of orders as Markdown."""
    lines = [f"# {_title(report)}", "", verdict(report), ""]
    for group, checks in groupby(report.checks, key=lambda check: check.group):
        lines += [f"## {group.capitalize()}", "", "| | check | found | allowed | |"]
        lines += ["|---|---|--:|--:|---|"]
        lines += [
            f"| {word(c)} | {c.name} | {c.value:.1e} | {c.bound:.1e} | {_remark(c)} |"
            for c in checks
        ]
        lines.append("")
    tables = [*report.manufactured, *(one.table for one in report.refined)]
    if tables:
        lines += ["## Tables of orders", ""]
    for table in tables:
        lines += [*_orders(table), ""]
    for one in report.periods:
        values = ", ".join(
            f"{n}: {value:.8g}" for n, value in zip(one.periods, one.values, strict=True)
        )
        lines.append(
            f"- {one.field.replace('_', ' ')} by number of periods: {values}; extrapolated "
            f"{one.limit:.8g} ± {one.uncertainty:.1g}; equations {one.pde:.8g} ± {one.error:.1g}"
        )
    return "\n".join(lines).rstrip() + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """Return everything as plain Python that JSON can hold; null where not finite."""
    tables = [*report.manufactured, *(one.table for one in report.refined)]
    return dict(
        plain(
            {
                "case": report.solution.case.name,
                "passed": report.passed,
                "checks": [vars(check) for check in report.checks],
                "orders": [_table(table) for table in tables],
                "periods": [
                    {
                        **vars(one),
                        "order": one.order,
                        "limit": one.limit,
                        "uncertainty": one.uncertainty,
                    }
                    for one in report.periods
                ],
                "solution": {
                    "error": report.solution.error,
                    "grid": report.solution.grid,
                    "steps": report.solution.steps,
                    "message": report.solution.message,
                },
                "settings": report.settings,
                "versions": report.versions,
                "seconds": report.seconds,
            }
        )
    )


def verdict(report: Report) -> str:
    """Return one sentence: how many checks passed, and the first one that did not."""
    count = len(report.checks)
    if report.passed:
        idle = sum(not check.decided for check in report.checks)
        but = f" ({idle} decide nothing in this case, and say why)" if idle else ""
        return f"PASS: all {count} checks{but}, {report.seconds:.0f} s"
    first = report.failures[0]
    by = f"{first.value:.1e} where {first.bound:.1e} is allowed"
    return (
        f"FAIL: {len(report.failures)} of {count} checks; first {first.group}, {first.name}: {by}"
    )


def _title(report: Report) -> str:
    case = report.solution.case
    mode = ", quick mode" if report.settings["quick"] else ""
    return f"Verification of {case.heading}, pdesolve {report.version}{mode}"


def _line(check: Check, width: int) -> str:
    note = f"  ({check.note})" if check.note else ""
    return f"{word(check)}  {check.name:{width}}  {check.value:.1e} <= {check.bound:.1e}{note}"


def _remark(check: Check) -> str:
    return "; ".join(text for text in (check.unit, check.note) if text)


def _orders(table: OrderTable) -> Iterator[str]:
    """Yield the lines of one table: a row for each field, norm and region."""
    yield f"**{table.name}**" + (f" ({table.note})" if table.note else "")
    yield ""
    heads = " | ".join(f"{n:g}" for n in table.resolutions)
    yield f"| | field | norm | where | {heads} | order | theory |"
    yield "|---|---|---|---|" + "--:|" * (len(table.resolutions) + 2)
    for row in table.rows:
        said = "PASS" if row.passed else "FAIL"
        errors = [f"{error:.2e}" for error in row.errors]
        errors += [""] * (len(table.resolutions) - len(errors))
        yield (
            f"| {said} | {row.field.replace('_', ' ')} | {row.norm} | {row.region} | "
            f"{' | '.join(errors)} | {row.fitted.order:.2f} | {row.expected:g} |"
        )


def _table(table: OrderTable) -> dict[str, Any]:
    rows = [{**vars(row), "fitted": vars(row.fitted)} for row in table.rows]
    return {**vars(table), "rows": rows, "passed": table.passed}
