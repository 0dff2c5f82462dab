"""Parameters found again from what they imply: exactly, and with noise as often as is said."""

from collections.abc import Mapping

import numpy as np
import pytest

import pdesolve
from pdesolve.case import case_names, load_case
from pdesolve.studies.calibration.results import Calibration
from pdesolve.studies.moved import parameter
from tests.tools.solutions import solved
from tests.tools.sweeps import COST, RHO

SIGMA = "market.supply_volatility"
KEYS = (RHO, SIGMA, COST)
TARGETS = (  # the gain tells risk aversion where prices and attention alone do not
    *("price", "variance", "attention", "price_volatility", "certainty_equivalent_gain"),
)
KINKED = {"capacity", "inattention"}  # attention meets its cap, or zero
CHEAP = ("binary", "market")
CLOSE = 1e-4


def own_targets(name: str) -> dict[str, tuple[float, float]]:
    """What a case implies, with standard errors of a hundredth."""
    initial = solved(name).initial
    values = {target: float(getattr(initial, target)) for target in TARGETS}
    return {target: (value, 0.01 * abs(value)) for target, value in values.items()}


def recovered(name: str, factors: Mapping[str, float]) -> Calibration:
    case = load_case(name)
    free = {key: {"start": factor * parameter(case, key)} for key, factor in factors.items()}
    return pdesolve.calibrate(case, free, own_targets(name))


def check(name: str, factors: Mapping[str, float]) -> None:
    found, case = recovered(name, factors), load_case(name)
    assert found.converged and found.identified, found.message
    for key in factors:
        assert found.parameters[key] == pytest.approx(parameter(case, key), rel=CLOSE), key
    assert found.chi_squared < 1e-4
    assert found.inference.rank == len(factors)


@pytest.mark.parametrize("name", CHEAP)
def test_parameters_are_recovered_from_their_own_values(name: str) -> None:
    check(name, dict(zip(KEYS, (1.3, 0.7, 1.3), strict=True)))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*case_names()} - KINKED - {*CHEAP}))
def test_parameters_of_every_smooth_case_are_recovered(name: str) -> None:
    check(name, dict(zip(KEYS, (0.7, 1.3, 1.3), strict=True)))


@pytest.mark.slow
def test_quotes_and_what_the_law_says_are_targets_too() -> None:
    """An SVIX before the payoff, informativeness and two calls, from the solution itself."""
    truth = solved("binary", tol=1e-4)
    svix, told = (one.value for one in truth.reported("svix@0.5", "informativeness").values())
    options = truth.option_prices([0.4, 0.6])
    quotes = [
        {"strike": strike, "call": price, "sd": 1e-3}
        for strike, price in zip(*(options[x].values for x in ("strike", "call")), strict=True)
    ]
    found = pdesolve.calibrate(
        "binary",
        {RHO: {"start": 1.2}, SIGMA: {"start": 1.4, "low": 0.5, "high": 3.0}},
        {"svix@0.5": (svix, 0.01), "informativeness": {"value": told, "sd": 1e-3}},
        quotes=quotes,
        tol=1e-4,
    )
    assert found.converged and found.identified, found.message
    assert found.parameters[RHO] == pytest.approx(1.5, rel=CLOSE)
    assert found.parameters[SIGMA] == pytest.approx(1.2, rel=CLOSE)
    assert found.problem.targets.labels == ("svix@0.5", "informativeness", "call 0.4", "call 0.6")
    assert found.j_test.degrees_of_freedom == 2


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say() -> None:
    """200 samples of noise, each searched by itself: 95% intervals, and a test of size 5%."""
    case, names = load_case("binary"), ("price", "attention", "price_volatility")
    values = np.array([getattr(solved("binary").initial, name) for name in names])
    sd, rng, truth = 0.02 * values, np.random.default_rng(15), (1.5, 0.08)
    covered, rejected = np.zeros(2), 0
    for noise in rng.standard_normal((200, 3)):
        drawn = zip(names, zip(values + sd * noise, sd, strict=True), strict=True)
        found = pdesolve.calibrate(case, (RHO, COST), dict(drawn), tol=1e-3)
        assert found.converged, found.message
        ci = found.ci()
        covered += [
            ci["low"][key] <= x <= ci["high"][key]
            for key, x in zip((RHO, COST), truth, strict=True)
        ]
        rejected += found.j_test.p_value < 0.05
    assert (covered / 200 >= 0.91).all() and (covered / 200 <= 0.98).all(), covered
    assert 0.02 <= rejected / 200 <= 0.09, rejected
