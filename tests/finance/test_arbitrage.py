"""Arbitrage in quotes: each rule broken beyond noise, within it, and not at all."""

import numpy as np
import pytest

from pdesolve.case import CaseError
from pdesolve.finance.arbitrage import check_arbitrage
from pdesolve.finance.quotes import Quotes
from tests.finance.quoting import bachelier, made

CALL, PUT = True, False
FALLING = made([8, 9, 10], CALL, [2.0, 1.2, 0.5])
BROKEN: dict[str, tuple[Quotes, str]] = {
    "rises": (made([8, 9, 10], CALL, [2.0, 1.2, 1.3]), "must not rise"),
    "falls": (made([8, 9, 10], CALL, [2.0, 0.9, 0.5]), "must not fall"),
    "bends": (made([8, 9, 10], CALL, [2.0, 1.3, 0.5]), "convex"),
    "puts fall": (made([8, 9, 10], PUT, [0.3, 0.2, 0.9]), "puts rise"),
    "puts rise": (made([8, 9, 10], PUT, [0.2, 0.9, 2.0]), "puts fall by more"),
    "puts bend": (made([8, 9, 10], PUT, [0.2, 0.6, 0.8]), "convex"),
    "parity": (made([8, 8, 9, 9], [CALL, PUT] * 2, [1.5, 0.5, 0.9, 0.8]), "parity"),
    "parity by date": (
        made([8, 8, 9, 9], [CALL, PUT] * 2, [1.5, 0.5, 0.9, 0.8], maturity=[1, 1, 0.5, 0.5]),
        "parity",
    ),
    "two prices": (made([8, 8], CALL, [1.5, 1.4]), "must agree"),
    "earlier is dearer": (made([8, 8], CALL, [1.5, 1.2], maturity=[0.5, 1.0]), "no less"),
    "across kinds": (  # forward 9; the put at 8 makes a call of 1.1, above it and below
        made([7, 7, 8, 9], [CALL, PUT, PUT, CALL], [2.1, 0.1, 0.5, 0.2]),
        "convex",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_noise_cannot_explain_is_refused(name: str) -> None:
    quotes, said = BROKEN[name]
    with pytest.raises(CaseError, match=said) as caught:
        check_arbitrage(quotes, 1.0)
    (line,) = caught.value.args
    assert line.startswith("quotes[") and "got -" in line


@pytest.mark.parametrize("name", BROKEN)
def test_what_noise_can_explain_is_said(name: str) -> None:
    quotes, _ = BROKEN[name]
    noisy = made(quotes.strike, quotes.call, quotes.price, 0.2, quotes.maturity)
    (said,) = check_arbitrage(noisy, 1.0)
    assert "within noise" in said


def test_bid_and_ask_are_what_can_be_traded_at() -> None:
    """A butterfly that costs -0.05 at the mean costs -0.05 + 2s with half-spreads s."""
    for half, sure in ((0.02, True), (0.03, False)):
        quotes = made([8, 9, 10], CALL, [2.0, 1.3, 0.5], sd=1e-9, spread=half)
        if sure:
            with pytest.raises(CaseError, match=r"got -0\.05, beyond noise of 0\.04"):
                check_arbitrage(quotes, 1.0)
        else:
            assert "-0.05, within noise of 0.06" in check_arbitrage(quotes, 1.0)[0]


@pytest.mark.parametrize("kind", [CALL, PUT])
def test_the_price_bounds_options(kind: bool) -> None:
    """A call is worth 9.5 - 9 at least, a put 9 - 8.5."""
    quotes, price = made([9.0], kind, [0.4]), 9.5 if kind else 8.5
    assert check_arbitrage(quotes, 1.0) == []
    with pytest.raises(CaseError, match="no less than"):
        check_arbitrage(quotes, 1.0, (price, 0.01))
    assert check_arbitrage(quotes, 1.0, (price, 0.1)) != []
    assert check_arbitrage(quotes, 1.0, (9.0, 0.01)) == []


def test_a_law_has_none() -> None:
    strikes = np.repeat(np.linspace(6.0, 12.0, 13), 4)
    call, date = np.tile([CALL, PUT], 26), np.tile([0.5, 0.5, 1.0, 1.0], 13)
    out = np.where(date == 1.0, bachelier(strikes, 9.0, 1.5), bachelier(strikes, 9.0, 1.1))
    inside = np.where(call, 9.0 - strikes, strikes - 9.0)
    quotes = made(strikes, call, out + np.maximum(inside, 0.0), 1e-6, date)
    assert check_arbitrage(quotes, 1.0) == []
    assert check_arbitrage(quotes, 1.0, (9.0, 1e-6)) == []
    assert check_arbitrage(FALLING, 1.0) == []


def test_noise_alone_is_not_refused() -> None:
    rng = np.random.default_rng(3)
    strikes = np.linspace(6.0, 12.0, 25)
    for _ in range(20):
        noisy = bachelier(strikes, 9.0, 1.5) + 0.01 * rng.standard_normal(25)
        quotes = made(strikes, strikes > 9.0, np.maximum(noisy, 0.0), 0.01)
        assert len(check_arbitrage(quotes, 1.0, (9.0, 0.01))) == 1
