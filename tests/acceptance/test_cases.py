"""Every named case: its numbers, its error bars, and what it was written to show."""

import numpy as np
import pytest

from pdesolve.case import case_names, load_case
from pdesolve.solver import normal as exact
from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved

FIELDS = ("price", "variance", "attention", "precision_rate", "log_value")

# At t = 0, from solve(case, tol=2e-7); beside them the nodes that it took and the largest of its
# error bars. All but "capacity" (2e-6) and "disaster" (4e-7) met that tolerance. "normal" and
# "market" are compared with the closed form.
REFERENCE = {
    "announcement": (9.17311126, 3.99878436, 1.66616015, 0.33323203, -2.07004935),  # 176x97, 1e-7
    "baseline": (9.16261364, 4.08815768, 1.70339903, 0.340679807, -2.09001956),  # 133x61, 2e-08
    "binary": (0.337478187, 0.223586661, 0.931611086, 0.931611086, -0.301384411),  # 81x1, 5e-08
    "capacity": (1.80865476, 0.974246237, 0.869862712, 0.434931356, -0.717853938),  # 358x136, 2e-06
    "cheap_attention": (0.483345082, 0.0837281498, 20.9320375, 2093.20375, -0.137047342),  # 339x76
    "disaster": (8.93517169, 5.2413647, 0.655170587, 0.655170587, -3.0990322),  # 338x169, 3e-07
    "heavy_tails": (19.1226727, 5.16167048, 2.15069604, 0.430139207, -4.1062594),  # 301x109, 1e-07
    "inattention": (2.87027346, 3.44963116, 1.20802597, 0.241605194, -0.749009878),  # 357x106, 2e-7
    "jackpot": (0.467239798, 0.414329723, 0.172637384, 0.0345274769, -0.126530651),  # 148x45, 1e-07
    "lottery": (1.2154674, 1.09277672, 0.468176676, 0.273693749, -0.320961018),  # 168x70, 3e-08
    "many_signals": (
        2.43740706,
        0.908034605,
        1.01011682,
        0.449470093,
        -0.996539988,
    ),  # 114x49, 6e-8
    "mixture": (9.88387467, 1.38031797, 0.920211978, 0.368084791, -1.96457214),  # 210x40, 4e-08
    "newsflow": (9.19841426, 3.91533911, 1.6313913, 0.326278259, -2.06250651),  # 163x85, 7e-08
    "noisy_supply": (0.81855958, 1.53074507, 1.2756209, 1.2756209, -1.44273186),  # 99x55, 2e-08
    "paper": (0.549247467, 0.339555628, 0.75246397, 3.12222267, -0.480237164),  # 178x100, 1e-07
    "returns": (99.8023784, 2.36983437, 1.97486197, 0.493715493, -12.0636372),  # 258x79, 1e-07
    "sample": (9.48841102, 2.55484604, 1.27742302, 0.319355756, -2.09415053),  # 164x40, 6e-08
    "three_states": (1.07215857, 1.76462601, 1.96069557, 1.96069557, -0.571531593),  # 125x88, 2e-07
    "uniform": (0.913155643, 0.384848294, 0.962120735, 0.962120735, -0.467537932),  # 77x37, 4e-08
}
PRECISE = 2e-7  # of the reference, by the same scales as the tolerance
SLOW = {
    "capacity",
    "cheap_attention",
    "disaster",
    "heavy_tails",
    "inattention",
}  # seconds each at the default


def scales(found: Solution) -> dict[str, float]:
    """What errors are measured against."""
    prior, state = found.prior, found.initial
    sizes = (prior.sd, prior.variance, state.attention, state.precision_rate, 1.0)
    return dict(zip(FIELDS, sizes, strict=True))


def check(found: Solution, expected: tuple[float, ...], tolerance: float) -> None:
    """Converged, within the tolerance, and within the error bars."""
    assert found.converged, found.message
    assert found.message.startswith("converged: ")
    assert set(found.error) == set(FIELDS)
    for name, value in zip(FIELDS, expected, strict=True):
        gap, scale = abs(getattr(found.initial, name) - value), scales(found)[name]
        assert gap <= tolerance * scale, f"{name} is {gap / scale:.1e} off"
        bar = found.error[name] + PRECISE * scale
        assert gap <= bar, f"{name} is {gap / scale:.1e} off, error bar {found.error[name]:.1e}"


def test_the_table_is_complete() -> None:
    assert sorted([*REFERENCE, "market", "normal"]) == case_names()


@pytest.mark.parametrize("name", sorted(set(REFERENCE) - SLOW))
def test_numbers(name: str) -> None:
    check(solved(name), REFERENCE[name], 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SLOW))
def test_numbers_of_large_cases(name: str) -> None:
    check(solved(name), REFERENCE[name], 1e-5)


@pytest.mark.parametrize("name", sorted(SLOW))
def test_numbers_of_large_cases_roughly(name: str) -> None:
    check(solved(name, tol=1e-3), REFERENCE[name], 1e-3)


@pytest.mark.parametrize("name", ["market", "normal"])
def test_numbers_of_normal_cases(name: str) -> None:
    state = exact.normal_initial(load_case(name))
    check(solved(name), tuple(getattr(state, field) for field in FIELDS), 1e-5)
    assert solved(name).initial.price == pytest.approx(state.price, abs=1e-12)


@pytest.mark.parametrize("name", sorted((set(REFERENCE) | {"normal", "market"}) - SLOW))
def test_being_in_the_market_is_worth_something(name: str) -> None:
    """G0 >= 0, a positive volatility, and a variance that exceeds the static one at a normal."""
    state = solved(name).initial
    assert state.certainty_equivalent_gain > 0.0
    assert state.price_volatility > 0.0
    if name in ("normal", "market"):
        assert state.variance > state.static_variance


def test_the_market_is_worth_one() -> None:
    assert solved("market").initial.price == pytest.approx(1.0, abs=1e-12)


def test_attention_of_two_outcomes_peaks_where_the_price_is_one_half() -> None:
    found, xi = solved("binary"), np.linspace(-3.0, 3.0, 601)
    peak = xi[np.argmax(found.attention(xi))]
    assert float(found.price(peak)) == pytest.approx(0.5, abs=2e-3)


def test_nobody_looks_when_little_is_at_stake() -> None:
    """Attention is zero exactly where V is below 2 rho linear/efficiency = 2."""
    found, xi = solved("inattention", tol=1e-3), np.linspace(-4.0, 4.0, 401)
    variance, attention = found.variance(xi), found.attention(xi)
    assert 0.1 < np.mean(attention == 0.0) < 0.9
    np.testing.assert_array_equal(attention > 0.0, variance > 2.0)


def test_attention_runs_out() -> None:
    """The capacity binds in good states and not in bad ones."""
    found, xi = solved("capacity", tol=1e-3), np.linspace(-3.0, 1.0, 41)
    attention = found.attention(xi)
    assert np.all(np.diff(attention) >= 0.0)
    assert 0.0 < attention[0] < 1.0
    assert attention[-1] == 1.2
    assert np.sum(attention == 1.2) >= 3


def test_supply_lowers_the_price_and_raises_the_variance_of_a_disaster() -> None:
    found = solved("disaster", tol=1e-3)
    price, variance = found.price([-0.6, -0.3]), found.variance([-0.6, -0.3])
    assert price[0] < price[1] and variance[0] > variance[1]


def test_cheap_attention_leaves_little_to_learn() -> None:
    found = solved("cheap_attention", tol=1e-3)
    learned = float(found.psi_reached[-1])
    assert 1.0 / (1.0 / found.prior.variance + learned) < found.prior.variance / 50
