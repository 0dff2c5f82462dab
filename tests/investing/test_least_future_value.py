"""The least that 100 are ever worth later."""

from pathlib import Path

import numpy as np
import pytest

from pdesolve.investing.law import LawError
from pdesolve.investing.least_future_value import least_future_values
from pdesolve.investing.returns import Returns, as_returns, read_returns


def test_it_is_the_lowest_later_price() -> None:
    prices = np.array([100.0, 120.0, 90.0, 110.0, 95.0])
    found = least_future_values(as_returns(prices, prices=True), every="period")
    np.testing.assert_allclose(found.least, [90.0, 75.0, 100.0, 100.0 * 95 / 110], rtol=1e-14)
    assert found.starts == ()
    assert found.shares.sum() == 1.0
    assert found.mean == pytest.approx(found.least.mean())


def dated(path: Path, rows: list[tuple[str, float]]) -> Returns:
    path.write_text("date,p\n" + "\n".join(f"{day},{price}" for day, price in rows) + "\n")
    return read_returns(path, prices=True)


def test_it_starts_with_the_first_close_of_each_year_or_month(tmp_path: Path) -> None:
    rows = [("2019-12-30", 10.0), ("2020-01-02", 12.0), ("2020-01-03", 11.0), ("2020-02-03", 9.0)]
    found = dated(tmp_path / "p.csv", [*rows, ("2021-01-04", 13.0), ("2021-01-05", 12.5)])
    yearly = least_future_values(found, every="year")
    assert yearly.starts == ("2019-12-30", "2020-01-02", "2021-01-04")
    np.testing.assert_allclose(yearly.least, [90.0, 75.0, 100.0 * 12.5 / 13.0], rtol=1e-13)
    monthly = least_future_values(found, every="month")
    assert monthly.starts == ("2019-12-30", "2020-01-02", "2020-02-03", "2021-01-04")


@pytest.mark.parametrize("leverage", [0.5, 1.0])
def test_kelly_predicts_a_flat_histogram(leverage: float) -> None:
    """And half of Kelly the cube. Its returns have mu = sigma²; early starts can recover."""
    daily, rng = 0.01, np.random.default_rng(3)
    x = rng.choice([1.0, -1.0], 400_000) * daily + daily**2
    found = least_future_values(as_returns(x), every="period", leverage=leverage)
    ranked = np.sort(found.least[: x.size // 2]) / 100.0
    law = ranked ** (2.0 / leverage - 1.0)
    apart = np.abs(law - np.arange(ranked.size) / ranked.size).max()
    assert apart < 0.15
    assert (found.mean > 60.0) == (leverage == 0.5)
    if leverage == 1.0:
        assert found.distance < 0.15


def test_cash_leverage_and_inflation() -> None:
    x = as_returns(np.array([0.1, -0.2, 0.05]))
    found = least_future_values(x, every="period", leverage=2.0, rate=0.01)
    factors = 1.0 + 2.0 * x.values[:, 0] - 0.01
    assert found.least[1] == pytest.approx(100.0 * factors[1])
    real = least_future_values(x, every="period", inflation=0.02)
    assert real.least[1] == pytest.approx(100.0 * min(0.8 / 1.02, 0.84 / 1.02**2))
    assert least_future_values(x, every="period", leverage=6.0).least[0] == 0.0


def test_bad_requests_are_refused() -> None:
    x = as_returns(np.array([0.1, -0.2, 0.05]))
    with pytest.raises(LawError, match="needs dates that begin with YYYY-MM"):
        least_future_values(x)
    with pytest.raises(LawError, match="every must be one of year, month, period, got 'day'"):
        least_future_values(x, every="day")
    with pytest.raises(LawError, match="of one asset, got 2"):
        least_future_values(as_returns(np.array([[0.1, 0.2], [0.2, 0.1]])), every="period")
    for inflation in (-1.0, np.inf, np.nan):
        with pytest.raises(LawError, match="inflation must be finite and > -1"):
            least_future_values(x, every="period", inflation=inflation)
    with pytest.raises(LawError, match="leverage must be a finite number"):
        least_future_values(x, every="period", leverage=np.inf)
