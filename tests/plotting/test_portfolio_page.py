"""The page of portfolios."""

import numpy as np
import pytest

from pdesolve.investing.bootstrap import against_equal_weight
from pdesolve.investing.experiment import backtest
from pdesolve.investing.methods import METHODS
from pdesolve.investing.portfolio_summary import Findings
from pdesolve.investing.portfolios import compare_portfolios
from pdesolve.plotting.portfolio_page import MARKS, page, render
from tests.investing.economies import returns
from tests.plotting.pictures import KINDS, WIDTHS
from tests.tools.layout import check_layout


@pytest.fixture(scope="module")
def found() -> Findings:
    sample = returns(400, 6)
    tested = backtest(sample, window=100, every=50)
    against = against_equal_weight(tested, 200)
    found = compare_portfolios(sample)
    return Findings(
        name="six", span="400 periods", portfolios=found, tested=tested, against=against
    )


def test_every_method_has_a_mark_of_its_own_where_it_lies(found: Findings) -> None:
    figure = page(found)
    plane, _, tested, against = figure.axes[:4]
    for ax, places in (
        (plane, [(p.volatility, p.mean) for p in found.portfolios.found.values()]),
        (tested, [(p.volatility, p.growth) for p in found.performance.values()]),
        (against, [(a.sharpe_difference, k) for k, a in enumerate(found.against.values())]),
    ):
        marks = [line for line in ax.lines if line.get_linestyle() == "None"]
        seen = [tuple(float(np.asarray(v)[0]) for v in mark.get_data()) for mark in marks]
        assert seen == places
    assert len({tuple(mark.items()) for mark in MARKS.values()}) == len(METHODS)
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(said) == sorted(
        ["efficient frontier", "capital allocation line", *(m.label for m in METHODS.values())]
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_clipped_and_nothing_overlaps(width: float, found: Findings) -> None:
    check_layout(page(found, width=width), slack=1.0)
    many = compare_portfolios(returns(100, 60, market=0.5), rate=0.5)
    figure = page(Findings(name="many", span="100 periods", portfolios=many), width=width)
    check_layout(figure, slack=1.0)
    assert figure.axes[1].get_xlabel() == "the 20 assets most held"


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_the_same_every_time(kind: str, found: Findings) -> None:
    first = render(found, kind)
    assert render(found, kind) == first
    assert b"Portfolios: six" in first
