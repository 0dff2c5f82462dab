"""How far wealth ever falls: closed forms, the differential equation and simulation agree."""

import numpy as np
import pytest

from pdesolve.investing import laws
from pdesolve.investing.drawdown import (
    below_within,
    drawdown_exponent,
    ever_below,
    fraction_for_drawdown,
    lowest_wealth,
    share_for_drawdown,
    simulate_below,
)
from pdesolve.investing.drawdown_equation import solve_below_within, solve_ever_below
from pdesolve.investing.growth import growth_of
from pdesolve.investing.law import LawError


@pytest.mark.parametrize("level", [0.1, 0.4, 0.9])
def test_at_full_kelly_the_chance_is_the_share(level: float) -> None:
    assert ever_below(level) == level


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("level", [0.1, 0.4, 0.9])
def test_the_boundary_value_problem_has_that_solution(level: float, share: float) -> None:
    found = solve_ever_below(level, share)
    assert abs(found.chance - level ** (2.0 / share - 1.0)) <= found.error < 2e-8
    assert found.order == pytest.approx(2.0, abs=0.01)
    assert abs(found.finest - ever_below(level, share)) < 1e-5


@pytest.mark.parametrize(("share", "horizon"), [(0.5, 5.0), (1.0, 0.5), (1.0, 5.0), (2.5, 3.0)])
def test_the_equation_with_a_horizon_agrees_with_erfc(share: float, horizon: float) -> None:
    found = solve_below_within(0.4, share, horizon)
    exact = below_within(0.4, share, horizon)
    assert abs(found.chance - exact) <= found.error < 1e-7
    coarse = solve_below_within(0.4, share, horizon, nodes=8)
    assert abs(coarse.chance - exact) < 5e-4
    assert coarse.error > 10.0 * found.error


def test_the_observed_order_with_a_horizon_is_two() -> None:
    assert solve_below_within(0.4, 1.0, 5.0).order == pytest.approx(2.0, abs=0.05)


def test_a_long_horizon_is_none() -> None:
    assert below_within(0.4, 1.0, 200.0) == pytest.approx(0.4, abs=1e-9)
    assert below_within(0.4, 2.5, 1e4) == pytest.approx(1.0, abs=1e-9)
    assert below_within(0.4, 1.0, 1e-3) == pytest.approx(0.0, abs=1e-100)


@pytest.mark.parametrize(
    ("share", "horizon"), [(0.5, np.inf), (1.0, np.inf), (1.5, np.inf), (1.0, 2.0), (2.5, 1.0)]
)
def test_simulation_agrees_within_its_standard_error(share: float, horizon: float) -> None:
    found = simulate_below(0.4, share, horizon, seed=4)
    finite = np.isfinite(horizon)
    exact = below_within(0.4, share, horizon) if finite else ever_below(0.4, share)
    assert abs(found.chance - exact) < 3.0 * found.standard_error < 0.01


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_the_chance_of_coins_is_below_the_bound_and_close_to_it(share: float) -> None:
    """Busseti, Ryu and Boyd's bound y^s: what is left is the overshoot of the last loss."""
    law = laws.two_point(0.6, 1.0, 1.0)
    fraction = share * growth_of(law).fraction
    exponent = drawdown_exponent(law, fraction)
    lowest = lowest_wealth(law, fraction, 1500, paths=4000, seed=2)
    for level in (0.3, 0.5, 0.8):
        chance, bound = float(np.mean(lowest < level)), level**exponent
        error = np.sqrt(bound * (1.0 - bound) / lowest.size)
        overshoot = (1.0 - fraction) ** exponent
        assert overshoot * bound - 3.0 * error < chance < bound + 3.0 * error


def test_half_kelly_of_a_normal_log_wealth_has_exponent_three() -> None:
    """A lognormal held whole: E exp(-s log(1 + X)) = 1 at s = 2m/v²."""
    law = laws.lognormal(0.08, 0.3)
    variance = np.log1p((0.3 / 1.08) ** 2)
    exact = 2.0 * (np.log(1.08) - 0.5 * variance) / variance
    assert drawdown_exponent(law, 1.0) == pytest.approx(exact, rel=1e-10)


def test_exponents_at_the_ends() -> None:
    law = laws.two_point(0.51, 1.0, 1.0)
    assert drawdown_exponent(law, 0.05) == 0.0
    assert drawdown_exponent(law, 0.0) == np.inf
    assert drawdown_exponent(laws.discrete([0.0, 0.1], [0.5, 0.5]), 1.0) == np.inf


def test_the_fraction_that_keeps_a_drawdown_risk() -> None:
    law = laws.two_point(0.51, 1.0, 1.0)
    fraction = fraction_for_drawdown(law, 0.5, 0.1)
    exponent = drawdown_exponent(law, fraction)
    assert 0.5**exponent == pytest.approx(0.1, rel=1e-9)
    share = share_for_drawdown(0.5, 0.1)
    assert ever_below(0.5, share) == pytest.approx(0.1, rel=1e-12)
    assert fraction == pytest.approx(0.02 * share, rel=2e-4)
    short = fraction_for_drawdown(law.mirrored(), 0.5, 0.1)
    assert short == pytest.approx(-fraction, rel=1e-12)
    assert fraction_for_drawdown(laws.two_point(0.5, 1.0, 1.0), 0.5, 0.1) == 0.0
    assert fraction_for_drawdown(laws.normal(0.1, 0.1), 0.5, 0.1) == 0.0
    assert fraction_for_drawdown(laws.discrete([0.0, 0.1], [0.5, 0.5]), 0.5, 0.1) == np.inf


def test_bad_levels_are_refused() -> None:
    with pytest.raises(LawError, match="level must be > 0 and < 1, got 1"):
        ever_below(1.0)
    with pytest.raises(LawError, match="share of the growth-optimal fraction must be > 0, got 0"):
        ever_below(0.5, 0.0)
    with pytest.raises(LawError, match="chance must be > 0 and < 1, got 0"):
        share_for_drawdown(0.5, 0.0)
    with pytest.raises(LawError, match="from a share of 2 on every level is reached"):
        solve_ever_below(0.5, 2.0)
    with pytest.raises(LawError, match="from a share of 2 on"):
        simulate_below(0.5, 2.0)
    with pytest.raises(LawError, match="horizon must be > 0"):
        below_within(0.5, 1.0, 0.0)
    assert ever_below(0.5, 2.0) == 1.0


@pytest.mark.parametrize("sd", [0.2, 0.02, 0.01])
def test_the_exponent_of_a_lognormal_held_in_full_has_a_closed_form(sd: float) -> None:
    """E exp(-s Y) = 1 of a normal Y at s = 2 mean/variance, however far out that is decided."""
    variance = np.log1p((sd / 1.08) ** 2)
    mean = np.log(1.08) - 0.5 * variance
    found = drawdown_exponent(laws.lognormal(0.08, sd), 1.0)
    assert found == pytest.approx(2.0 * mean / variance, rel=1e-9)


def test_the_exponent_fades_out_where_growth_does() -> None:
    coin = growth_of(laws.two_point(0.51, 1.0, 1.0))
    for less in (1e-6, 1e-8, 1e-10, 1e-12, 1e-14):
        found = drawdown_exponent(coin.excess, coin.break_even * (1.0 - less))
        assert found == pytest.approx(1.0007 * less, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("delta", [1e-2, 1e-5, 1e-8])
def test_the_bound_restrains_small_edges_alike(delta: float) -> None:
    found = fraction_for_drawdown(laws.two_point(0.5 + delta, 1.0, 1.0), 0.5, 0.1)
    assert found / (2.0 * delta) == pytest.approx(share_for_drawdown(0.5, 0.1), rel=1e-3)


def test_an_exponent_beyond_the_reach_of_the_quadrature_is_not_given() -> None:
    assert np.isnan(drawdown_exponent(laws.lognormal(0.08, 0.003), 1.0))
