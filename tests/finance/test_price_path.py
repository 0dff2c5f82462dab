"""The path on which the price stays."""

import numpy as np
import pytest

from pdesolve.finance.price_path import typical_path
from tests.tools.solutions import solved

CASES: dict[str, tuple[str, dict[str, object]]] = {
    "baseline": ("baseline", {}),
    "uniform": ("uniform", {}),
    "normal": ("normal", {}),
    "cheap": ("uniform", {"attention.efficiency": 30.0}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_typical_path_keeps_the_price_and_gathers_evidence(name: str) -> None:
    case, changes = CASES[name]
    solution = solved(case, changes, 1e-2)
    path = typical_path(solution)
    prices = solution.price(path.xi, path.psi, path.t)
    assert prices == pytest.approx(solution.initial.price, abs=2e-3 * solution.prior.sd)
    market = solution.case.market
    a = solution.precision_rate(path.xi, path.psi, path.t)
    speed = (a / (market.risk_aversion * market.supply_volatility)) ** 2 + a
    elapsed = np.sum(0.5 * (1 / speed[1:] + 1 / speed[:-1]) * np.diff(path.psi))
    assert elapsed == pytest.approx(market.horizon, rel=0.02)
    assert np.all(np.diff(path.psi) > 0)
