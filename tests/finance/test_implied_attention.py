"""Attention from quotes: intervals hold the truth, and are no longer than they have to be."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import binom

import pdesolve
from pdesolve.case import CaseError, load_case
from pdesolve.finance.attention_implied import ImpliedAttention, as_json
from pdesolve.finance.quotes import Quotes
from pdesolve.finance.replication import Interval, quoted_variance
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.finance.quoting import bachelier, made, out_of_the_money
from tests.tools.solutions import solved

NONE = (-np.inf, np.inf)


def normal_quotes(wide: float, count: int, noise: float, shift: Array | float = 0.0) -> Quotes:
    """Of a payoff that has mean 5 and sd 1.25 under Q."""
    strikes = 5.0 + 1.25 * np.linspace(-wide, wide, count)
    prices = np.maximum(bachelier(strikes, 5.0, 1.25) + shift, 0.0)
    return made(strikes, strikes >= 5.0, prices, noise)


def holds(interval: Interval, value: float) -> bool:
    return interval.low <= value <= interval.high


# ---------------------------------------------------------------------- variance


def chords(quotes: Quotes, price: float, ends: tuple[float, float]) -> float:
    """Carr and Madan's integral of straight lines between prices: no convex function is above."""
    total = 0.0
    for side, end in ((-1.0, ends[0]), (1.0, ends[1])):
        out = side * (quotes.strike - price) >= 0.0
        strikes = np.append(np.abs(quotes.strike[out] - price), abs(end - price))
        order, prices = np.argsort(strikes), np.append(quotes.price[out], 0.0)
        total += 2.0 * float(np.trapezoid(prices[order], strikes[order]))
    return total


def least(quotes: Quotes, price: float, ends: tuple[float, float], count: int) -> float:
    """The least variance of a law on so many payoffs that has these prices, by linear programming.

    Laws on a grid are few: it is above the least of all.
    """
    x = np.union1d(np.linspace(*ends, count), quotes.strike)
    beyond = np.where(quotes.call[:, None], 1.0, -1.0) * (x - quotes.strike[:, None])
    rows = np.vstack([np.ones_like(x), x, np.maximum(beyond, 0.0)])
    found = linprog((x - price) ** 2, A_eq=rows, b_eq=[1.0, price, *quotes.price])
    assert found.success
    return float(np.asarray(found.fun))


@pytest.mark.parametrize("count", [5, 9, 17])
def test_bounds_are_those_of_chords_and_of_a_linear_program(count: int) -> None:
    """Of exact quotes that include one at the price."""
    quotes, ends = normal_quotes(2.0, count, 1e-12), (0.0, 10.0)
    found = quoted_variance(quotes, 1.0, ends, (5.0, 1e-12))
    size = 1.25**2
    assert found.variance.high == pytest.approx(chords(quotes, 5.0, ends), abs=1e-3 * size)
    above = least(quotes, 5.0, ends, 2001)
    assert above - 8e-3 * size < found.variance.low < above + 1e-4 * size
    assert holds(found.variance, size)
    assert found.tails == ("range", "range") and found.chi_squared < 1e-3
    assert found.by_strikes == pytest.approx(found.variance, abs=1e-3 * size)


def test_bounds_close_in_with_the_square_of_the_distance_of_strikes() -> None:
    lengths = [
        2.0 * quoted_variance(normal_quotes(4.0, n, 1e-9), 1.0, NONE, (5.0, 1e-9)).variance.error
        for n in (9, 17, 33)
    ]
    for wide, narrow in pairwise(lengths):
        assert 3.0 < wide / narrow < 4.6


def test_noise_adds_up_as_in_a_sum() -> None:
    """Each price weighs what lies between its neighbours; far out it cannot be negative."""
    noise, ends = 0.02, (0.0, 10.0)
    quotes = normal_quotes(2.0, 17, noise)
    found = quoted_variance(quotes, 1.0, ends, (5.0, 1e-6))
    edges = np.concatenate([[ends[0]], quotes.strike, [ends[1]]])
    sum_of_noise = 1.96 * noise * np.linalg.norm(edges[2:] - edges[:-2])
    added = found.variance.error - found.by_strikes.error
    assert 0.6 * sum_of_noise < added < 1.05 * sum_of_noise


def coverage(count: int, noise: float, draws: int, seed: int) -> tuple[int, float]:
    """How often the variance is in the interval, and half of the mean length of that."""
    rng, hits, total = np.random.default_rng(seed), 0, 0.0
    for _ in range(draws):
        quotes = normal_quotes(2.0, count, noise, noise * rng.standard_normal(count))
        price = 5.0 + noise * rng.standard_normal(), noise
        found = quoted_variance(quotes, 1.0, NONE, price)
        hits += holds(found.variance, 1.25**2)
        total += found.variance.error / draws
    return hits, total


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """The chance of fewer hits than allowed, were it 95%, is one in a thousand."""
    hits, half = coverage(9, 0.02, 100, seed=5)
    assert hits >= binom.ppf(1e-3, 100, 0.95)
    assert half < 0.35 * 1.25**2


@pytest.mark.slow
@pytest.mark.parametrize(("count", "noise"), [(9, 0.01), (17, 0.003), (17, 0.04), (33, 0.01)])
def test_intervals_hold_the_truth_whatever_the_noise(count: int, noise: float) -> None:
    hits, half = coverage(count, noise, 200, seed=6)
    assert hits >= 0.91 * 200
    assert half < 0.35 * 1.25**2


def test_a_range_that_ends_far_away_raises_the_upper_end_alone() -> None:
    """That rises with the distance: chords down to zero there."""
    quotes, price = normal_quotes(2.0, 17, 1e-3), (5.0, 1e-3)
    near, far = (quoted_variance(quotes, 1.0, (-d, 10.0 + d), price) for d in (0.0, 1e4))
    assert far.variance.low == pytest.approx(near.variance.low, abs=5e-3)
    assert far.variance.high > 10.0 * near.variance.high
    assert chords(quotes, 5.0, (-1e4, 1e4 + 10.0)) < far.variance.high


def test_parity_gives_the_price() -> None:
    strikes = np.array([4.0, 5.0, 6.0])
    out, apart = bachelier(strikes, 5.2, 1.0), 5.2 - strikes
    calls = made(strikes, True, out + np.maximum(apart, 0.0))
    both = made(
        np.tile(strikes, 2),
        [True] * 3 + [False] * 3,
        np.concatenate([out + np.maximum(apart, 0.0), out + np.maximum(-apart, 0.0)]),
    )
    found = quoted_variance(both, 1.0, (0.0, 10.0))
    assert holds(found.price, 5.2) and found.price.error == pytest.approx(
        1.96e-3 * np.sqrt(2 / 3), rel=0.05
    )
    assert holds(found.variance, 1.0)
    alone = quoted_variance(calls, 1.0, (0.0, 10.0))
    assert holds(alone.price, 5.2) and alone.price.error > 50.0 * found.price.error
    assert holds(alone.variance, 1.0)


def test_without_a_rate_of_decay_nothing_bounds_a_tail() -> None:
    one_sided = made([5.0, 6.0, 7.0], True, bachelier(np.array([5.0, 6.0, 7.0]), 5.0, 1.25))
    found = quoted_variance(one_sided, 1.0, NONE, (5.0, 1e-3))
    assert found.tails == ("nothing", "decay")
    assert found.variance.high == np.inf and 0.0 < found.variance.low < 1.25**2
    bounded = quoted_variance(one_sided, 1.0, (0.0, np.inf), (5.0, 1e-3))
    assert bounded.tails == ("range", "decay") and holds(bounded.variance, 1.25**2)


# ---------------------------------------------------------------------- attention


@pytest.mark.parametrize(
    ("name", "wide", "count"),
    [
        ("binary", 1.0, 9),
        ("three_states", 1.0, 5),
        ("three_states", 2.0, 17),
        ("normal", 0.8, 9),
        pytest.param("normal", 2.5, 21, marks=pytest.mark.slow),
        ("mixture", 1.5, 9),
        pytest.param("mixture", 2.5, 33, marks=pytest.mark.slow),
    ],
)
def test_a_markets_own_quotes_give_its_attention(name: str, wide: float, count: int) -> None:
    solution = solved(name, tol=1e-4)
    quotes = out_of_the_money(solution, wide, count, 1e-4)
    initial = solution.initial
    sd = 1e-4 * float(np.sqrt(initial.variance))
    found = pdesolve.implied_attention(solution.case, quotes, (initial.price, sd))
    assert holds(found.variance, initial.variance)
    assert holds(found.attention, initial.attention)
    assert holds(found.precision_rate, initial.precision_rate)
    assert found.attention.error < 0.15 * initial.attention
    assert found.regimes == ("interior", "interior")
    said = ["are assumed to fall"] if name == "mixture" else []  # a normal's do
    assert len(found.warnings) == len(said)
    assert all(text in line for text, line in zip(said, found.warnings, strict=True))


def test_the_first_order_condition_is_solved() -> None:
    """With A = S and C = c S²/2 attention is V/(2 rho c)."""
    case = load_case("normal", {"attention.cost.scale": 0.7, "market.risk_aversion": 1.3})
    found = pdesolve.implied_attention(case, normal_quotes(2.0, 17, 1e-3), (5.0, 1e-3))
    expected = [end / (2.0 * 1.3 * 0.7) for end in found.variance]
    assert found.attention == pytest.approx(expected)
    assert found.precision_rate == pytest.approx(expected)


CORNERS = {
    "none": ({"attention.cost.linear": 5.0}, (0.0, 0.0), ("none", "none")),
    "capacity": ({"attention.capacity": 0.25}, (0.25, 0.25), ("capacity", "capacity")),
    "between": ({"attention.cost.linear": 0.78125}, None, ("none", "interior")),
}


@pytest.mark.parametrize("name", CORNERS)
def test_corners_are_said(name: str) -> None:
    """V/(2 rho) is 0.78125 with risk aversion 1."""
    overrides, attention, regimes = CORNERS[name]
    case = load_case("normal", {"market.risk_aversion": 1.0, **overrides})
    found = pdesolve.implied_attention(case, normal_quotes(2.0, 17, 1e-3), (5.0, 1e-3))
    assert found.regimes == regimes
    assert f"attention at the ends: {', '.join(regimes)}" in repr(found)
    if attention is not None:
        assert tuple(found.attention) == attention


@pytest.fixture(scope="module")
def dated(three_states: Solution) -> ImpliedAttention:
    """Quotes that mature at half of the horizon."""
    quotes = out_of_the_money(three_states, 1.0, 9, 2e-3, 0.5)
    return pdesolve.implied_attention("three_states", quotes, (three_states.initial.price, 1e-3))


def test_quotes_before_the_horizon_give_a_bound(
    dated: ImpliedAttention, three_states: Solution
) -> None:
    initial = three_states.initial
    resolved = float(three_states.option_prices([1.0], 0.5).variance)
    assert holds(dated.by_date[0].variance, resolved) and dated.by_date[0].maturity == 0.5
    assert dated.variance.low == dated.by_date[0].variance.low
    price = min(max(1.5, dated.by_date[0].price.low), dated.by_date[0].price.high)
    assert dated.variance.high == pytest.approx(price * (3.0 - price))
    assert holds(dated.attention, initial.attention)
    (said,) = dated.warnings
    assert said.startswith("no quotes mature at the horizon")


def test_json_has_all_and_null_where_there_is_no_end(dated: ImpliedAttention) -> None:
    found = json.loads(as_json(dated))
    assert found["attention"]["low"] == dated.attention.low
    assert found["by_date"][0]["price"]["error"] == dated.by_date[0].price.error
    assert found["by_date"][0]["strikes"] == list(dated.by_date[0].strikes)
    assert found["warnings"] == list(dated.warnings)
    one_sided = made([5.0, 6.0], True, bachelier(np.array([5.0, 6.0]), 5.0, 1.25))
    open_ended = pdesolve.implied_attention("normal", one_sided, (5.0, 1e-3))
    assert open_ended.regimes[1] == "unbounded" and "nothing bounds" in open_ended.warnings[0]
    parts = json.loads(as_json(open_ended))["attention"]
    assert parts["high"] is None and parts["value"] is None and parts["low"] > 0.0
    assert "inf" in repr(open_ended)


def test_a_csv_will_do(tmp_path: Path) -> None:
    quotes = normal_quotes(2.0, 9, 1e-3)
    rows = [
        f"{k},{p if c else ''},{'' if c else p},0.001"
        for k, c, p in zip(quotes.strike, quotes.call, quotes.price, strict=True)
    ]
    (tmp_path / "q.csv").write_text("\n".join(["strike,call,put,sd", *rows]), encoding="utf-8")
    found = pdesolve.implied_attention("normal", tmp_path / "q.csv", (5.0, 1e-3))
    same = pdesolve.implied_attention("normal", quotes, (5.0, 1e-3))
    assert found.variance == pytest.approx(same.variance)


def test_impossible_quotes_are_refused() -> None:
    bent = made([4.0, 5.0, 6.0], True, [1.2, 0.9, 0.2])
    with pytest.raises(CaseError, match=r"quotes\[1\]: options must be convex"):
        pdesolve.implied_attention("normal", bent)
    beyond = made([0.2, 0.8], [False, True], [0.4, 0.4])
    with pytest.raises(CaseError, match=r"some law of payoffs from 0 to 1, .* chi-squared"):
        pdesolve.implied_attention("binary", beyond, (0.5, 1e-3))
    late = made([5.0], True, [0.5], maturity=1.5)
    with pytest.raises(CaseError, match="must be up to the horizon"):
        pdesolve.implied_attention("normal", late)
