"""The verification report in words."""

import json
from dataclasses import replace

from pdesolve.verification import summary as report
from pdesolve.verification.check import Check
from pdesolve.verification.suite import Report


def test_text_and_markdown_say_what_was_found(verified: Report) -> None:
    text, page = report.as_text(verified), report.as_markdown(verified)
    assert text.splitlines()[-1].startswith(f"PASS: all {len(verified.checks)} checks, ")
    assert text.count("  PASS  ") == len(verified.checks) and "FAIL" not in text
    for check in verified.checks:
        assert check.name in text and check.name in page
    assert "| PASS | price | max | interior |" in page


def test_a_failed_check_is_told_first(verified: Report) -> None:
    bad = Check(group="identities", name="two and two", value=5.0, bound=4.0, passed=False)
    wrong = replace(verified, checks=(*verified.checks, bad))
    assert not wrong.passed
    count = len(wrong.checks)
    assert report.verdict(wrong) == (
        f"FAIL: 1 of {count} checks; first identities, two and two: "
        "5.0e+00 where 4.0e+00 is allowed"
    )
    assert "FAIL  two and two" in report.as_text(wrong)


def test_json_holds_everything(verified: Report) -> None:
    data = json.loads(json.dumps(report.as_dict(verified), allow_nan=False))
    assert data["case"] == "binary" and data["passed"] is True
    assert set(data["versions"]) == {"pdesolve", "findiff", "numpy", "scipy"}
    assert len(data["checks"]) == len(verified.checks)
    xi = next(table for table in data["orders"] if table["name"] == "xi, order 8")
    assert all(abs(row["fitted"]["order"] - 8) <= 0.1 for row in xi["rows"])
    assert [one["field"] for one in data["periods"]][:2] == ["price", "variance"]
