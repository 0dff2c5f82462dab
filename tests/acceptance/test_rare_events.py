"""Rare events and heavy tails at 1e-4: solved on small grids, and within their bars.

The numbers are from passes on 360 x 161 nodes, up to a psi of paths 7 standard deviations off,
about lines 1.75 times as wide; on 260 x 101 nodes they differ by less than 2e-7.
"""

import numpy as np
import pytest

from pdesolve.case import Case, load_case
from pdesolve.solver.pde.errors import error_scales
from tests.tools.solutions import solved

FIELDS = ("price", "variance", "attention", "precision_rate", "log_value")


def discrete(values: list[float], first: float, rare: float, **market: float) -> Case:
    """Two usual values and a rare one, which comes last."""
    shares = [(1.0 - rare) * first, (1.0 - rare) * (1.0 - first), rare]
    return altered({"kind": "discrete", "values": values, "probabilities": shares}, market)


def drawn(law: str, count: int, seed: int) -> Case:
    rng = np.random.default_rng(seed)
    draws = rng.standard_t(3, size=count) if law == "t" else np.exp(rng.normal(size=count))
    return altered({"kind": "sample", "values": draws.tolist()}, {})


def altered(payoff: dict[str, object], market: dict[str, float]) -> Case:
    keys = {f"payoff.{key}": value for key, value in payoff.items()}
    return load_case("baseline", keys | {f"market.{key}": one for key, one in market.items()})


LOTTERY, DISASTER = [0.0, 1.0, 10.0], [0.0, 1.0, -8.0]
QUICK = {
    "lottery of 1e-5": (
        discrete(LOTTERY, 0.8, 1e-5),
        (0.182491846, 0.200634919, 0.0835978829, 0.0167195766, -0.0535410432),
    ),
    "disaster of 5e-4": (
        discrete(DISASTER, 0.2, 5e-4),
        (0.600994276, 1.59407664, 0.664198599, 0.13283972, -0.217649857),
    ),
}
SLOW = {
    "lottery, long": (
        discrete(LOTTERY, 0.5, 1e-4, horizon=2.0),
        (0.478634167, 0.54010941, 0.225045588, 0.0450091175, -0.155543865),
    ),
    "disaster, noisy": (
        discrete(DISASTER, 0.5, 5e-4, supply_volatility=1.3),
        (0.252737289, 2.06063598, 0.858598324, 0.171719665, -0.212756043),
    ),
    "100 of t": (drawn("t", 100, 1), (-1.7391385, 13.4537498, 5.60572907, 1.12114581, 0.003908055)),
    "200 of t": (
        drawn("t", 200, 2),
        (-0.778880362, 4.28053902, 1.78355793, 0.356711585, -0.100978),
    ),
    "500 of t": (drawn("t", 500, 3), (-0.739278837, 6.18364177, 2.5765174, 0.515303481, -0.147385)),
    "200 lognormal": (
        drawn("lognormal", 200, 2),
        (1.30136164, 2.61554647, 1.08981103, 0.217962206, -0.390958686),
    ),
    "500 lognormal": (
        drawn("lognormal", 500, 3),
        (1.36960205, 2.79325139, 1.16385474, 0.232770949, -0.412021028),
    ),
}
EXACT = 3e-7  # of the numbers above, relative to the scales


def check(case: Case, expected: tuple[float, ...]) -> None:
    found = solved(case, tol=1e-4)
    assert found.converged, found.message
    sizes = error_scales(found)
    for name, value in zip(FIELDS, expected, strict=True):
        gap = abs(getattr(found.initial, name) - value)
        assert gap <= found.error[name] + EXACT * sizes[name] <= 1.1e-4 * sizes[name], name
    assert found.space.n_xi * found.space.n_psi < 10_000


@pytest.mark.parametrize("name", QUICK)
def test_rare_events(name: str) -> None:
    check(*QUICK[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_rare_events_and_samples(name: str) -> None:
    check(*SLOW[name])
