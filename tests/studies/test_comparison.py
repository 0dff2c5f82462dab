"""A few cases side by side."""

import csv
import json
from dataclasses import replace

import pytest

import pdesolve
from pdesolve.case import CaseError, load_case
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ROWS, VALUES
from pdesolve.studies.comparison import Comparison, as_csv, as_json, table
from tests.tools.program import SOLVER, forbid
from tests.tools.solutions import solved
from tests.tools.sweeps import RHO


@pytest.fixture(scope="module")
def pair(binary: Solution) -> Comparison:
    return pdesolve.compare(binary, solved("market", tol=1e-4))


def test_what_is_solved_is_taken_as_it_is(
    binary: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = solved("market", tol=1e-4)
    monkeypatch.setattr(SOLVER, "solve", forbid)
    assert pdesolve.compare(market, binary).solutions == (market, binary)


def test_cases_are_solved_to_the_accuracy_asked_for() -> None:
    cases = [load_case(name) for name in ("normal", "market")]
    found = pdesolve.compare("normal", cases[1], tol=1e-2)
    assert [one.case for one in found.solutions] == cases
    assert found.solutions[0].initial == solved("normal", tol=1e-2).initial
    assert found.missed == []


def test_differences_are_from_the_first_and_their_bars_add_up(
    pair: Comparison, binary: Solution
) -> None:
    other = pair.solutions[1]
    for name in VALUES:
        found = pair.difference(name, 1)
        assert found.value == getattr(other.initial, name) - getattr(binary.initial, name)
        assert found.error == binary.bars.get(name, 0.0) + other.bars.get(name, 0.0)
        assert not found.within
    assert pair.difference("expected_payoff", 1).error == 0.0


def test_a_difference_within_its_bar_is_said_to_be_so(binary: Solution) -> None:
    bars = binary.bars["price"], 3e-5
    price = binary.initial.price + 2.5e-5
    case = replace(binary.case, name="other")
    near = replace(binary, case=case, error={**binary.error, "price": bars[1]})
    near.__dict__["initial"] = replace(binary.initial, price=price)
    found = Comparison(solutions=(binary, near))
    assert found.difference("price", 1).within
    assert found.difference("expected_payoff", 1).within  # exact, and the same
    rows = [line.split() for line in str(found).partition("less binary")[2].splitlines()]
    assert next(row for row in rows if row[:1] == ["price"])[1:] == [
        *("2e-05", "±", f"{sum(bars):.0e}", "*", "money")
    ]
    near.__dict__["initial"] = replace(binary.initial, price=binary.initial.price + 4e-5)
    found = Comparison(solutions=(binary, near))
    assert not found.difference("price", 1).within
    row = next(line for line in table(found).splitlines()[-14:] if line.startswith("price "))
    assert "*" not in row


def test_the_table_has_every_value_of_every_case(pair: Comparison) -> None:
    lines = table(pair).splitlines()
    assert repr(pair) == str(pair) == table(pair)  # a notebook shows it
    assert lines[0] == "binary  Approval or rejection"
    heads = [line.split()[0] for line in lines if " ± " in line]
    assert len(heads) == 2 * len(ROWS)
    row = next(line for line in lines if line.startswith("attention "))
    cells = row.split()
    for k, solution in enumerate(pair.solutions):
        assert float(cells[1 + 3 * k]) == pytest.approx(solution.initial.attention, rel=1e-4)
        assert cells[3 + 3 * k] == f"{solution.error['attention']:.0e}"
    assert cells[-1] == "attention"


def test_cases_of_one_name_are_told_apart_by_what_differs() -> None:
    cases = [load_case("normal", {RHO: rho}) for rho in (1.0, 2.0)]
    cases.append(load_case("normal", {"payoff.sd": 2.0}))
    found = pdesolve.compare(*cases, tol=1e-2)
    assert found.labels == (
        "normal, risk aversion 1.0, sd 1.0",
        "normal, risk aversion 2.0, sd 1.0",
        "normal, risk aversion 1.0, sd 2.0",
    )


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "compare needs two to 6 cases, got none"),
        (["normal"], "compare needs two to 6 cases, got normal"),
        (["normal"] * 7, "compare needs two to 6 cases"),
        (["normal", "binary", "normal"], "compare needs cases that differ, got normal twice"),
    ],
)
def test_what_cannot_be_compared_is_not_solved(
    names: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SOLVER, "solve", forbid)
    with pytest.raises(CaseError, match=message):
        pdesolve.compare(*map(load_case, names))


def test_json_has_every_case_and_difference(pair: Comparison) -> None:
    said = json.loads(as_json(pair))
    assert [one["case"] for one in said["cases"]] == ["binary", "market"]
    assert said["cases"][1]["price"] == pair.solutions[1].initial.price
    (apart,) = said["differences"]
    assert (apart["label"], apart["from"]) == ("market", "binary")
    found = pair.difference("attention", 1)
    got = tuple(apart[part]["attention"] for part in ("value", "error", "within"))
    assert got == (found.value, found.error, False)
    assert set(apart["value"]) == set(VALUES)


def test_json_and_csv_have_nothing_for_what_is_not_known(pair: Comparison) -> None:
    error = dict.fromkeys(pair.solutions[0].error, float("nan"))
    blind = replace(pair.solutions[0], error=error, converged=False, message="no")
    found = Comparison(solutions=(blind, pair.solutions[1]))
    assert found.missed == ["binary: no"]
    said = json.loads(as_json(found))
    assert said["differences"][0]["error"]["price"] is None
    assert "nan" not in as_csv(found)
    assert "nan" not in table(found)


def test_csv_keeps_every_digit(pair: Comparison) -> None:
    first, second = csv.DictReader(as_csv(pair).splitlines())
    assert (first["case"], second["case"], second["converged"]) == ("binary", "market", "True")
    assert float(second["price"]) == pair.solutions[1].initial.price
    assert float(first["premium_error"]) == pair.solutions[0].bars["premium"]
    assert float(second["premium_difference"]) == pair.difference("premium", 1).value
    assert float(first["premium_difference"]) == 0.0
