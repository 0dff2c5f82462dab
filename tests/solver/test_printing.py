"""Solutions as a person sees them: the table of the command line, and one in notebooks."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

import pdesolve
from pdesolve.solver.discrete.solution import DiscreteSolution
from pdesolve.solver.solution import Solution
from tests.tools.program import program
from tests.tools.solutions import discrete, solved

ROWS = [
    "price",
    "variance",
    "attention",
    "precision rate",
    "log value",
    "certainty-equivalent gain",
    "price volatility",
    "expected payoff",
    "premium",
    "premium per sd",
    "svix",
]


class Table(HTMLParser):
    """Cells of the rows of a table, and whether every tag is closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1] in ("th", "td"):
            self.rows[-1][-1] += data


@pytest.fixture(params=["equations", "discrete"])
def market(request: pytest.FixtureRequest) -> Solution | DiscreteSolution:
    if request.param == "discrete":
        return discrete("binary", 8, tol=1e-3)
    return solved("binary", tol=1e-3)


def test_the_repr_is_the_table_of_the_command_line() -> None:
    printed = program("solve", "binary", "--tol", "1e-3").stdout.splitlines()
    mine = repr(pdesolve.solve("binary", tol=1e-3)).splitlines()
    assert len(mine) == len(printed) == 18
    assert [line for line in mine if not line.endswith(" s")] == [
        line
        for line in printed
        if not line.endswith(" s")  # how long it took
    ]


def test_the_repr_is_short_and_has_every_value(market: Solution | DiscreteSolution) -> None:
    lines = str(market).splitlines()
    assert lines[0] == f"binary: {market.case.title}"
    assert lines[2:4] == ["", lines[3]] and lines[3].split()[:3] == ["value", "±", "error"]
    assert [line.split("  ")[0] for line in lines[4:15]] == ROWS
    assert lines[-1] == market.message
    assert len(repr(market)) < 1500
    price = float(lines[4].split()[1])
    assert price == pytest.approx(market.initial.price, abs=market.error["price"])


def test_the_discrete_table_says_how_many_periods() -> None:
    assert "x 1 nodes in xi and psi, 8 periods, " in repr(discrete("binary", 8, tol=1e-3))


def test_a_notebook_shows_values_with_bars_and_units(market: Solution | DiscreteSolution) -> None:
    rows = Table(market._repr_html_()).rows
    assert rows[0] == ["", "value", "± error", "unit", "static"]
    assert [row[0] for row in rows[1:]] == ROWS
    plain = [line.split() for line in repr(market).splitlines()[4:6]]
    assert [row[:4] for row in rows[1:3]] == [
        ["price", *plain[0][1:3], "money"],
        ["variance", *plain[1][1:3], "money^2"],
    ]
    assert float(rows[1][2]) == pytest.approx(market.error["price"], rel=0.5)


def test_text_is_escaped() -> None:
    found = solved("binary", tol=1e-3)
    odd = replace(
        found, case=replace(found.case, title="<b>up & down"), message="<script>no</script>"
    )
    html = odd._repr_html_()
    assert "&lt;b&gt;up &amp; down" in html and "&lt;script&gt;" in html
    assert "<b>" not in html and "<script>" not in html
    Table(html)


def test_one_pass_prints_without_bars() -> None:
    found = solved("binary", tol=1e-3)
    unknown = replace(found, error=dict.fromkeys(found.error, float("nan")), further_error={})
    cells = repr(unknown).splitlines()[4].split()
    assert cells[0] == "price" and cells[2] == "money"  # nothing in between but the value
    assert "nan" not in repr(unknown)


def test_names_and_paths_are_solved() -> None:
    assert pdesolve.solve("binary", tol=1e-2).case == pdesolve.load_case("binary")
    assert pdesolve.solve_discrete("binary", 2).case.name == "binary"
    data = pdesolve.sweep("binary", {"market.risk_aversion": [1.0]}, tol=1e-2, slopes=False)
    assert data.attrs["case_name"] == "binary"


def test_a_tolerance_out_of_bounds_is_refused() -> None:
    for solve in (pdesolve.solve, pdesolve.solve_discrete):
        with pytest.raises(pdesolve.CaseError, match=r"tol must be a number from 1e-10 to 0\.1"):
            solve("binary", tol=0.5)
    with pytest.raises(pdesolve.CaseError, match="tol must be a number"):
        pdesolve.sweep("binary", {"market.risk_aversion": [1.0]}, tol=float("nan"))
    for solve in (pdesolve.solve, pdesolve.solve_discrete):
        with pytest.raises(TypeError, match="case must be a Case"):
            solve(3)  # type: ignore[arg-type]
