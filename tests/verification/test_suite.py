"""The verification report: what passes, what fails, and what it looks like."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pdesolve.case import Case, load_case
from pdesolve.cli import program as cli
from pdesolve.model import equations
from pdesolve.plotting import verification_page as verify_plots
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from pdesolve.verification import summary as report
from pdesolve.verification.check import Check
from pdesolve.verification.discrete_limit import Periods, period_checks, to_the_limit
from pdesolve.verification.identities import identities
from pdesolve.verification.suite import Report, bars, simulated, verify
from tests.tools.layout import check_layout


@pytest.fixture(scope="module")
def found() -> Report:
    return verify(load_case("binary"), quick=True)


def test_a_right_solution_passes(found: Report) -> None:
    assert found.passed, found.failures
    groups = {check.group for check in found.checks}
    assert groups == {
        "error bars",
        "identities",
        "manufactured solutions",
        "discrete model",
        "simulation",
    }
    assert all(np.isfinite(check.value) and check.value <= check.bound for check in found.checks)


def test_text_and_markdown_say_what_was_found(found: Report) -> None:
    text, page = report.as_text(found), report.as_markdown(found)
    assert text.splitlines()[-1].startswith(f"PASS: all {len(found.checks)} checks, ")
    assert text.count("  PASS  ") == len(found.checks) and "FAIL" not in text
    for check in found.checks:
        assert check.name in text and check.name in page
    assert "| PASS | price | max | interior |" in page


def test_a_failed_check_is_told_first(found: Report) -> None:
    bad = Check(group="identities", name="two and two", value=5.0, bound=4.0, passed=False)
    wrong = replace(found, checks=(*found.checks, bad))
    assert not wrong.passed
    count = len(wrong.checks)
    assert report.verdict(wrong) == (
        f"FAIL: 1 of {count} checks; first identities, two and two: "
        "5.0e+00 where 4.0e+00 is allowed"
    )
    assert "FAIL  two and two" in report.as_text(wrong)


def test_json_holds_everything(found: Report) -> None:
    data = json.loads(json.dumps(report.as_dict(found), allow_nan=False))
    assert data["case"] == "binary" and data["passed"] is True
    assert set(data["versions"]) == {"pdesolve", "findiff", "numpy", "scipy"}
    assert len(data["checks"]) == len(found.checks)
    xi = next(table for table in data["orders"] if table["name"] == "xi, order 8")
    assert all(abs(row["fitted"]["order"] - 8) <= 0.1 for row in xi["rows"])
    assert [one["field"] for one in data["periods"]][:2] == ["price", "variance"]


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_pictures_are_the_same_every_time(found: Report, kind: str) -> None:
    one = verify_plots.render(found, kind)
    assert len(one) > 5000
    assert one == verify_plots.render(found, kind)


def test_every_panel_has_its_axes_named_and_nothing_overlaps(found: Report) -> None:
    for width in (3.3, 7.0):
        figure = verify_plots.page(found, width=width)
        check_layout(figure)
        panels = [ax for ax in figure.axes if ax.get_visible()]
        assert len(panels) == 5  # xi, psi, time, together, discrete model
        assert all(ax.get_xlabel() and ax.get_ylabel() and ax.get_title("left") for ax in panels)


def test_a_wrong_right_hand_side_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without kappa² p_xi² in the variance: whatever does not share the equations notices."""
    right = equations.rates

    def wrong(*arguments: Any) -> Array:
        out, u_xi, static, move = right(*arguments), arguments[1], arguments[4], arguments[5]
        out[..., 1] -= move.kappa2 * (static.variance + u_xi[..., 0]) ** 2
        return out

    monkeypatch.setattr(equations, "rates", wrong)
    solution = solve(load_case("binary"), tol=1e-4)
    assert any(not check.passed for check in identities(solution))
    assert any(not check.passed for check in simulated(solution, quick=True))
    shorter = to_the_limit(solution, (16, 32, 64))
    assert any(not check.passed for one in shorter for check in period_checks(one, kink=False))


@pytest.fixture(scope="module")
def normal() -> Solution:
    return solve(load_case("normal"), tol=1e-4)


def test_identities_notice_a_wrong_field(normal: Solution) -> None:
    assert all(check.passed for check in identities(normal))
    states = normal.states.copy()
    states[..., 1] += 1e-3
    names = [check.name for check in identities(replace(normal, states=states)) if not check.passed]
    assert names == [
        "payoff date: fields are the static ones",
        "normal payoff: variance in closed form",
        "normal payoff: attention in closed form",
        "normal payoff: precision rate in closed form",
        "normal payoff: price volatility in closed form",
    ]


def test_bars_that_are_too_small_are_noticed(normal: Solution) -> None:
    assert all(check.passed for check in bars(normal))
    proud = replace(normal, error={name: 1e-3 * bar for name, bar in normal.error.items()})
    failed = [check.name for check in bars(proud) if not check.passed]
    assert any(name.startswith("variance: ") for name in failed)


def periods(values: tuple[float, float, float], pde: float, taught: float = 0.1) -> Periods:
    return Periods(
        field="price",
        periods=(32, 64, 128),
        values=values,
        pde=pde,
        error=1e-7,
        scale=1.0,
        taught=taught,
    )


def test_first_order_convergence_to_the_limit_passes() -> None:
    values = (1 + 0.1 / 32 + 0.2 / 32**2, 1 + 0.1 / 64 + 0.2 / 64**2, 1 + 0.1 / 128 + 0.2 / 128**2)
    one = periods(values, 1.0)
    assert one.limit == pytest.approx(1.0, abs=1e-12)
    assert one.order == pytest.approx(1.0, abs=0.1)
    assert all(check.passed for check in period_checks(one, kink=False))
    off = list(period_checks(periods(values, 1.0001), kink=False))
    assert [check.passed for check in off] == [False, True]


def test_another_order_does_not_pass() -> None:
    values = (1 + 0.1 / 32**2, 1 + 0.1 / 64**2, 1 + 0.1 / 128**2)
    assert [check.passed for check in period_checks(periods(values, 1.0), kink=False)][1] is False


def test_periods_that_teach_too_much_decide_nothing() -> None:
    (check,) = period_checks(periods((1.0, 2.0, 3.0), 9.0, taught=40.0), kink=False)
    assert check.passed and not check.decided
    assert "teaches 40 times what was known" in check.note


def test_command(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    found: Report,
) -> None:
    asked: list[bool] = []

    def pretend(case: Case, *, quick: bool, tell: object) -> Report:
        asked.append(quick)
        return found

    monkeypatch.setattr("pdesolve.verification.suite.verify", pretend)
    assert cli.main(["verify", "binary", "--quick", "--out", str(tmp_path)]) == 0
    assert asked == [True]
    out, err = capsys.readouterr()
    assert "PASS: all" in out and err == ""
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"binary-verify.{ending}" for ending in ("json", "md", "png", "pdf")}
    data = json.loads((tmp_path / "binary-verify.json").read_text(encoding="utf-8"))
    assert data["passed"] is True


def test_command_fails_with_status_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: Report
) -> None:
    bad = Check(group="identities", name="two and two", value=5.0, bound=4.0, passed=False)
    wrong = replace(found, checks=(*found.checks, bad))
    monkeypatch.setattr("pdesolve.verification.suite.verify", lambda case, **_: wrong)
    assert cli.main(["verify", "binary", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["passed"] is False
    assert err.startswith("pdesolve: binary: FAIL: 1 of ") and err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["baseline", "normal", "binary", "three_states", "inattention"])
def test_named_cases_pass_in_full(name: str) -> None:
    found = verify(load_case(name))
    assert found.passed, found.failures
