"""The path of the discrete model along which the price stays put."""

import numpy as np
import pytest

from tests.tools.solutions import discrete, solved


@pytest.mark.parametrize("name", ["binary", "normal", "three_states", "announcement"])
def test_the_price_stays_put_while_psi_is_what_has_been_learned(name: str) -> None:
    found = discrete(name, 16, tol=1e-2)
    xi, psi = found.along(found.times)
    prices = found.price(xi, psi, found.times)
    np.testing.assert_allclose(prices, found.initial.price, rtol=0, atol=1e-6 * found.prior.sd)
    assert (xi[0], psi[0]) == (found.economy.start, 0.0)
    market, rate = found.case.market, found.precision_rate(xi, psi, found.times)
    noise = market.risk_aversion * market.supply_volatility
    learned = np.cumsum((rate**2 / noise**2 + rate) * found.length)
    told = [
        sum(one.precision for one in market.announcements if one.time <= t) for t in found.times
    ]
    np.testing.assert_allclose(psi, np.append(0.0, learned[:-1]) + told, rtol=1e-12)


def test_shorter_periods_lead_to_the_path_of_the_equations() -> None:
    dates = np.array([0.25, 0.5, 0.75])
    coarse, fine = (discrete("binary", n, tol=1e-2).along(dates) for n in (16, 32))
    limit = solved("binary", tol=1e-3).along(dates)
    for one, two, there in zip(coarse, fine, limit, strict=True):
        gap, half = np.abs(one - there), np.abs(two - there)
        np.testing.assert_allclose(half / gap, 0.5, atol=0.06)  # of first order


def test_between_dates_nothing_moves_and_beyond_nothing_is_known() -> None:
    found = discrete("binary", 16, tol=1e-2)
    t = np.array([[-0.1, 0.0625], [0.11, 1.1]])
    xi, psi = found.along(t)
    assert xi.shape == psi.shape == t.shape
    assert np.isnan(psi).tolist() == np.isnan(xi).tolist() == [[True, False], [False, True]]
    assert (xi[0, 1], psi[0, 1]) == (xi[1, 0], psi[1, 0])
    assert found.along(1.0) == found.along(0.9375)  # the last date
