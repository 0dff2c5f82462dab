"""Growth-optimal fractions of every kind of law, against other ways to them."""

from typing import Any

import numpy as np
import pandas
import pytest
from scipy.integrate import quad
from scipy.stats import beta, lognorm, truncnorm, uniform

import pdesolve
from pdesolve.case import (
    BetaPayoff,
    DiscretePayoff,
    LognormalPayoff,
    NormalPayoff,
    PayoffSpec,
    UniformPayoff,
)
from pdesolve.investing import laws
from pdesolve.investing.estimated import uncertainty
from pdesolve.investing.growth import Growth, growth_of, growth_optimal
from pdesolve.investing.law import Law, LawError
from pdesolve.investing.payoff_law import of_payoff, of_share


def test_kelly_himself() -> None:
    """A bet at odds b: f = p - q/b (Kelly 1956); with interest, of the return relative to it."""
    found = growth_of(laws.two_point(0.6, 2.0, 1.0))
    assert found.fraction == pytest.approx(0.6 - 0.4 / 2.0, rel=1e-14)
    assert found.error == {"fraction": 0.0, "growth": 0.0}


LOG_SD = np.sqrt(np.log1p((0.5 / 1.05) ** 2))


@pytest.mark.parametrize(
    ("law", "other", "ends"),
    [
        (
            laws.lognormal(0.05, 0.5),
            lognorm(LOG_SD, -1.0, 1.05 * np.exp(-0.5 * LOG_SD**2)),
            (-1.0, 30.0),
        ),
        (laws.normal(0.05, 0.2, 3.0), truncnorm(-3, 3, 0.05, 0.2), (-0.55, 0.65)),
        (
            of_payoff(UniformPayoff(low=0.0, high=3.0), 1.2),
            uniform(-1.0, 2.5),
            (-1.0, 1.5),
        ),
        (
            of_payoff(BetaPayoff(a=2.0, b=3.0, low=0.0, high=3.0), 1.0),
            beta(2.0, 3.0, -1.0, 3.0),
            (-1.0, 2.0),
        ),
    ],
)
def test_growth_by_quadrature_agrees_with_an_adaptive_one(
    law: Law, other: Any, ends: tuple[float, float]
) -> None:
    for f in (0.2, 0.7):
        expected = quad(
            lambda x, f=f: other.pdf(x) * np.log1p(f * x), *ends, epsabs=1e-11, limit=200
        )[0]
        assert law.growth(f) == pytest.approx(expected, abs=2e-9)
    found = growth_of(law)
    assert law.growth(found.fraction) >= max(law.growth(found.fraction + d) for d in (-1e-3, 1e-3))
    assert found.error["fraction"] < 1e-10 and found.error["growth"] < 1e-10


@pytest.mark.parametrize(("mean", "sd"), [(0.05, 0.2), (0.05, 100.0), (-0.9, 1e4)])
def test_moments_of_a_lognormal(mean: float, sd: float) -> None:
    law = laws.lognormal(mean, sd)
    assert law.mean == pytest.approx(mean, rel=1e-10)
    assert law.sd == pytest.approx(sd, rel=1e-10)


def test_a_normal_cut_far_out_is_held_to_the_end() -> None:
    found = growth_of(laws.normal(0.05, 0.2, 38.0))
    assert found.fraction == pytest.approx(1.0 / (38.0 * 0.2 - 0.05), rel=1e-12)


def test_moments_of_a_cut_lognormal_payoff() -> None:
    payoff = LognormalPayoff(mean=1.0, sd=0.3, low=0.2, high=2.0)
    spread = np.sqrt(np.log1p(0.09))
    free = lognorm(spread, 0.0, np.exp(-0.5 * spread**2))
    mass, first = (quad(lambda x, k=k: x**k * free.pdf(x), 0.2, 2.0)[0] for k in (0, 1))
    law = of_payoff(payoff, 0.9)
    assert law.mean == pytest.approx(first / mass / 0.9 - 1.0, abs=1e-9)
    assert law.ruin == pytest.approx((-1.0 / (2.0 / 0.9 - 1.0), 1.0 / (1.0 - 0.2 / 0.9)))


def test_the_error_of_a_quadrature_covers_what_half_the_nodes_miss() -> None:
    law = of_payoff(BetaPayoff(a=3000.0, b=2000.0, low=0.0, high=3.0), 1.79)
    found = growth_of(law)
    x = beta(3000.0, 2000.0, -1.0, 3.0 / 1.79)
    exact = quad(lambda z: x.pdf(z) * np.log1p(0.9 * z), -0.2, 0.2, epsabs=1e-12, limit=300)[0]
    assert abs(law.growth(0.9) - exact) <= max(found.error["growth"], 1e-10)


def test_an_optimum_at_the_end_is_said() -> None:
    found = growth_of(laws.lognormal(0.08, 0.2))
    assert found.fraction == 1.0 and "at the end where ruin begins" in found.message
    assert found.growth == pytest.approx(
        np.log(1.08) - 0.5 * np.log1p((0.2 / 1.08) ** 2), rel=1e-12
    )
    assert growth_of(laws.lognormal(0.08, 0.5)).message == ""


def test_a_normal_return_without_ends_has_no_fraction_but_zero() -> None:
    found = growth_of(laws.normal(0.056, 0.2))
    assert (found.fraction, found.ruin) == (0.0, (0.0, 0.0))
    assert "risks ruin" in found.message
    assert found.small_limit == pytest.approx(1.4, rel=1e-12)
    assert found.growth_at(1e-9) == -np.inf
    assert growth_of(of_payoff(NormalPayoff(mean=1.0, sd=0.1), 0.9)).fraction == 0.0


def test_a_cut_normal_tends_to_the_limit_of_small_returns() -> None:
    gaps = [growth_of(laws.normal(0.05 * s**2, 0.2 * s, 4.0)) for s in (0.1, 0.03)]
    apart = [abs(one.fraction / one.small_limit - 1.0) for one in gaps]
    assert apart[1] < 0.15 * apart[0] < 0.01


def test_gains_alone_have_no_optimum() -> None:
    found = growth_of(laws.discrete([0.0, 0.1], [0.5, 0.5]))
    assert found.fraction == np.inf and "no optimum" in found.message
    assert "short" not in found.message
    losses = growth_of(laws.discrete([0.0, -0.1], [0.5, 0.5]))
    assert losses.fraction == -np.inf and "sold short, nothing can be lost" in losses.message
    assert np.isnan(found.break_even)


def test_ruin_begins_where_the_worst_return_takes_all() -> None:
    found = growth_of(laws.discrete([0.5, -0.25], [0.5, 0.5]), 0.01)
    low, high = found.ruin
    assert 1.0 + high * -0.25 + (1.0 - high) * 0.01 == pytest.approx(0.0, abs=1e-14)
    assert 1.0 + low * 0.5 + (1.0 - low) * 0.01 == pytest.approx(0.0, abs=1e-14)
    assert found.growth_at(high) == -np.inf
    assert np.isfinite(found.growth_at(0.999 * high))
    fractions, growth = found.curve()
    assert fractions[0] == 0.0 and growth[0] == pytest.approx(np.log(1.01))


def test_close_to_ruin_no_digits_are_lost() -> None:
    law = laws.two_point(1.0 - 1e-12, 1.0, 1.0)
    assert 1.0 - growth_of(law).fraction == pytest.approx(2e-12, rel=1e-3)


@pytest.mark.parametrize("rate", [0.0, 0.01])
def test_a_sample_is_a_discrete_law(rate: float) -> None:
    x = np.random.default_rng(3).normal(0.02, 0.1, 40)
    found = growth_of(laws.sample(x), rate)
    slopes = (x - rate) / (1.0 + found.fraction * x + (1.0 - found.fraction) * rate)
    assert slopes.mean() == pytest.approx(0.0, abs=1e-15)


def test_the_standard_error_is_what_repeated_samples_show() -> None:
    rng = np.random.default_rng(5)
    drawn = [growth_of(laws.sample(rng.choice([0.1, -0.08], 400))).fraction for _ in range(400)]
    one = growth_of(laws.sample(rng.choice([0.1, -0.08], 400)))
    found = uncertainty(one, seed=1)
    assert found.standard_error == pytest.approx(np.std(drawn), rel=0.12)
    assert found.bootstrap == pytest.approx(found.standard_error, rel=0.08)
    assert found.interval[0] < one.fraction < found.interval[1]
    assert found == uncertainty(one, seed=1) != uncertainty(one, seed=2)


def test_the_bootstrap_is_that_of_a_loop() -> None:
    one = growth_of(laws.sample([0.3, -0.2, 0.1, 0.05, -0.15, 0.2]))
    rng, n = np.random.default_rng(0), 6
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=200)
    drawn = []
    for k in counts:
        x = one.law.points[k > 0]
        drawn.append(growth_of(laws.discrete(x, k[k > 0] / n)).fraction if x.size > 1 else np.inf)
    found = uncertainty(one, resamples=200, seed=0)
    assert found.unbounded == pytest.approx(np.mean(np.isinf(drawn)))
    assert found.overbet == pytest.approx(np.mean(np.array(drawn) < 0.5 * one.fraction))
    assert found.bootstrap == pytest.approx(np.std([x for x in drawn if np.isfinite(x)], ddof=1))


def test_growth_optimal_takes_what_is_at_hand() -> None:
    x = np.random.default_rng(3).normal(0.02, 0.1, (60, 2))
    alone = pdesolve.growth_optimal(x[:, 0], rate=0.001)
    assert isinstance(alone, Growth)
    series = growth_optimal(pandas.Series(x[:, 0], name="a"), 0.001)
    assert series.fraction == alone.fraction
    frame = growth_optimal(pandas.DataFrame(x, columns=["a", "b"]))
    assert list(frame.weights.index) == ["a", "b"]
    prices = 100.0 * np.cumprod(np.append(1.0, 1.0 + x[:, 0]))
    again = growth_optimal(prices, 0.001, prices=True)
    assert again.fraction == pytest.approx(alone.fraction, rel=1e-10)
    law = growth_optimal(laws.two_point(0.6, 1.0, 1.0))
    assert law.fraction == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: laws.two_point(1.0, 1.0, 1.0), "probability must be > 0 and < 1, got 1"),
        (lambda: laws.two_point(0.5, 1.0, -1.0), "must vary, and every one is 1"),
        (lambda: laws.discrete([1.0, -1.0], [0.5, 0.6]), "sum to one, got a sum of 1.1"),
        (lambda: laws.discrete([1.0, -1.0], [1.5, -0.5]), "must be >= 0"),
        (lambda: laws.discrete([1.0], [0.5, 0.5]), "got 2 for 1"),
        (lambda: laws.discrete([1.0, np.nan], [0.5, 0.5]), "must be finite"),
        (lambda: laws.normal(0.1, 0.0), "standard deviation > 0, from 1e-100 to 1e.100, got 0"),
        (
            lambda: laws.normal(0.1, 0.1, 0.0),
            "cut at > 0 and at most 38 standard deviations, got 0",
        ),
        (lambda: laws.lognormal(-1.0, 0.1), "mean > -1, got -1"),
        (lambda: laws.two_point(0.5, 1e300, 1.0), "must be of a size up to"),
        (lambda: laws.normal(1e200, 1.0), "must have a finite mean"),
        (lambda: laws.lognormal(0.1, 1e9), "sd <= 1e.06 "),
        (lambda: laws.sample([0.1]), "at least 2 returns"),
        (lambda: of_payoff(UniformPayoff(low=0.0, high=1.0), -0.1), "price > 0"),
        (lambda: growth_of(laws.normal(0.1, 0.1), -1.0), "rate must be a finite number > -1"),
        (lambda: uncertainty(growth_of(laws.normal(0.1, 0.1))), "only the fraction of a sample"),
    ],
)
def test_bad_laws_are_refused(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(LawError, match=message):
        make()


def test_a_lognormal_return_below_the_riskless_one_is_left_alone() -> None:
    """Held in part it does not risk ruin, and sold short it does: neither grows."""
    found = growth_of(laws.lognormal(0.08, 0.05), 0.2)
    assert found.fraction == found.ruin[0] == 0.0
    assert found.ruin[1] == pytest.approx(1.0)
    assert "every fraction" not in found.message and "nothing is to be gained" in found.message
    assert -np.inf < found.growth_at(0.5) < found.growth


def test_the_curve_of_a_normal_return_is_that_of_the_limit() -> None:
    found = growth_of(laws.normal(0.056, 0.2))
    fractions, growth = found.curve()
    assert fractions[-1] == pytest.approx(2.5 * 1.4)
    np.testing.assert_allclose(growth, 0.056 * fractions - 0.02 * fractions**2, atol=1e-15)
    assert growth.max() == pytest.approx(0.0392, abs=1e-6)


def test_the_curve_of_a_fair_bet_has_both_sides() -> None:
    fractions, growth = growth_of(laws.two_point(0.5, 1.0, 0.5)).curve()
    assert growth_of(laws.two_point(1.0 / 3.0, 1.0, 0.5)).fraction == 0.0
    fair, falls = growth_of(laws.two_point(1.0 / 3.0, 1.0, 0.5)).curve()
    assert (fair[0], fair[-1]) == (-0.5, 1.0)
    assert falls.max() == pytest.approx(0.0, abs=1e-4) and np.isfinite(falls).all()
    assert fractions[0] == 0.0 and growth[0] == 0.0


@pytest.mark.parametrize(
    "payoff",
    [
        DiscretePayoff(values=(0.5, 1.0, 2.0), probabilities=(0.3, 0.4, 0.3)),
        UniformPayoff(low=0.5, high=2.0),
        LognormalPayoff(mean=1.0, sd=0.5, low=0.2, high=4.0),
        NormalPayoff(mean=1.0, sd=0.5),
    ],
)
@pytest.mark.parametrize("rate", [0.0, 0.05])
def test_shares_are_fractions_over_the_price(payoff: PayoffSpec, rate: float) -> None:
    price = 0.9
    share, whole = (
        growth_of(law, rate) for law in (of_share(payoff, price, rate), of_payoff(payoff, price))
    )
    assert share.fraction == pytest.approx(whole.fraction / price, rel=1e-11)
    assert share.growth == pytest.approx(whole.growth, rel=1e-11)
    assert share.small_limit == pytest.approx(whole.small_limit / price, rel=1e-11)
    assert share.volatility == pytest.approx(whole.volatility, rel=1e-11)
    ends = [(end * price) for end in share.ruin]
    assert ends == pytest.approx(list(whole.ruin), rel=1e-12)


def test_shares_at_a_price_below_zero_are_those_of_a_payoff_moved_up() -> None:
    """Without a riskless rate only what a share gains counts, x - p."""
    low = DiscretePayoff(values=(-1.0, 0.5), probabilities=(0.4, 0.6))
    high = DiscretePayoff(values=(2.0, 3.5), probabilities=(0.4, 0.6))
    one, other = growth_of(of_share(low, -0.3, 0.0)), growth_of(of_payoff(high, 2.7))
    assert one.fraction == pytest.approx(other.fraction / 2.7, rel=1e-13)
    assert one.fraction == pytest.approx(0.6 / 0.7 - 0.4 / 0.8, rel=1e-13)
    assert one.growth == pytest.approx(other.growth, rel=1e-12)
    assert growth_of(of_share(low, 0.0, 0.1), 0.1).fraction < 0.0
