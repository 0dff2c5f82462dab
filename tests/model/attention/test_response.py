"""The best response against closed forms, brute force and its own limits."""

from collections.abc import Callable
from functools import partial
from itertools import product
from math import inf

import numpy as np
import pytest
from scipy.special import lambertw

from pdesolve.case import (
    Attention,
    ExponentialAttention,
    ExponentialCost,
    LinearAttention,
    PowerAttention,
    PowerCost,
)
from pdesolve.model.attention import response as module
from pdesolve.model.attention.response import NoOptimum, best_response
from pdesolve.model.attention.technology import Technology
from pdesolve.numerics.rootfind import NoConvergence, increasing_root
from pdesolve.typing import Array
from tests.model.attention.technologies import (
    RHO,
    WIDE,
    exponential,
    exponential_in,
    gain,
    linear_in,
    power,
    power_in,
    random_technologies,
    respond,
)


def lambert(z: Array) -> Array:
    """The w with w exp(w) = z."""
    w: Array = np.real(lambertw(z))  # type: ignore[call-overload]
    return w


B = WIDE / (2 * RHO)
CLOSED_FORMS = {
    "linear, quadratic": (linear_in(power()), 2 * B / 0.3),
    "linear, power": (linear_in(power(1e-6, 3.5)), (2 * B / 1e-6) ** (1 / 2.5)),
    "linear, steep power": (linear_in(power(1e6, 10.0)), (2 * B / 1e6) ** (1 / 9)),
    "linear, flat power": (linear_in(power(1.0, 1.25)), (2 * B) ** 4),
    "linear, power and linear": (
        linear_in(power(0.3, 3.0, 0.1)),
        np.sqrt(np.maximum(2 * B - 0.1, 0) / 0.3),
    ),
    "linear, exponential": (
        linear_in(exponential(linear=0.1)),
        np.log(np.maximum((2 * B - 0.1) / 0.3, 1)) / 1.3,
    ),
    "power, power": (power_in(power()), (B * 3**0.5 / 0.3) ** (1 / 1.5)),
    "power, almost constant": (power_in(power(), 0.05), (B * 0.1 * 3**0.95 / 0.3) ** (1 / 1.95)),
    "power, almost linear": (power_in(power(), 0.99), (B * 1.98 * 3**0.01 / 0.3) ** (1 / 1.01)),
    "power, exponential": (  # 1.3 S + log(S)/2 = c
        power_in(exponential()),
        lambert(2.6 * (B * 3**0.5 / 0.3) ** 2) / 2.6,
    ),
    "exponential, exponential": (
        exponential_in(exponential()),
        np.log(np.maximum(0.7 * B / 0.3, 1)) / 0.6,
    ),
    "exponential with efficiency, exponential": (
        exponential_in(exponential(), k=5.0),
        np.log(np.maximum(3.5 * B / 0.3, 1)) / 0.6,
    ),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_form(name: str) -> None:
    attention, exact = CLOSED_FORMS[name]
    response = respond(attention, RHO, WIDE)
    np.testing.assert_allclose(response.attention, exact, rtol=1e-13, atol=1e-300)
    np.testing.assert_array_equal(response.regime, np.where(exact > 0, 1, 0))
    technology, chosen = Technology.of(attention), response.attention
    np.testing.assert_array_equal(response.precision_rate, technology.precision.rate(chosen))
    np.testing.assert_array_equal(response.cost, technology.cost.value(chosen))


def test_exponential_precision_against_lambert() -> None:
    # power cost: S = -(m/alpha) W(-(alpha/m) (alpha b/scale)^(1/m)), the smaller of two roots
    v = 10.0 ** np.linspace(-15, -0.2, 100)
    attention = exponential_in(power(0.3, 2.5), capacity=2.0)
    root = (0.7 * v / (2 * RHO) / 0.3) ** (1 / 1.5)
    exact = -1.5 / 0.7 * lambert(-0.7 / 1.5 * root)
    response = respond(attention, RHO, v)
    assert (response.regime == 1).all()
    np.testing.assert_allclose(response.attention, exact, rtol=1e-13)


def test_model_figures() -> None:
    # derivation.md, section 10: A at V = 1/4, c = 0.08, and at V = 1.764626, c = 0.3
    first = respond(linear_in(power(0.08), 1.0), RHO, 0.25)
    assert first.precision_rate == pytest.approx(1.0416667, abs=5e-8)
    second = respond(linear_in(power(0.3), 1.0), RHO, 1.764626)
    assert second.precision_rate == pytest.approx(1.960696, abs=1e-6)


# the margin rises on a short interval only, whose lower or upper end decides
NARROW = [
    exponential_in(power(2.5, 7.2, 0.0945), 2.5, capacity=1.585),
    exponential_in(power(0.2692, 7.02, 60.0), 0.707, capacity=6.64),
    exponential_in(power(0.5585, 1.447, 0.4724), 0.36308, capacity=0.9877),
    exponential_in(power(0.6348, 1.5535, 0.32986), 0.79187, capacity=0.81137),
]


def test_nothing_on_a_grid_does_better() -> None:
    v = 10.0 ** np.linspace(-3, 3, 241)
    seen = set()
    for attention in random_technologies(8, seed=1) + NARROW:
        response = respond(attention, RHO, v)
        cap = attention.capacity
        grid = np.concatenate([[0], np.geomspace(1e-9, 1, 2001), np.linspace(0.01, 1, 500)]) * cap
        best = gain(attention, grid, v[:, None]).max(axis=1)
        got = gain(attention, response.attention, v)
        assert (got >= best - 1e-12 * (np.abs(best) + response.cost)).all(), attention
        assert ((response.attention == cap) == (response.regime == 2)).all()
        assert ((response.attention == 0) == (response.regime == 0)).all()
        assert (np.diff(response.attention) >= -1e-13 * cap).all(), attention
        seen |= {(attention.precision, attention.cost.kind, int(r)) for r in response.regime}
    assert len(seen) == 16  # power precision is never without attention


def test_margin_balances_to_round_off() -> None:
    v = 10.0 ** np.linspace(-3, 3, 61)
    for attention in random_technologies(8, seed=2):
        response = respond(attention, RHO, v)
        inner = response.regime == 1
        s, b = response.attention[inner], v[inner] / (2 * RHO)
        cost, alpha = attention.cost, 0.0
        rate = cost.rate if isinstance(cost, ExponentialCost) else 0.0
        bend = cost.exponent - 1 if isinstance(cost, PowerCost) else 0.0
        if isinstance(attention, ExponentialAttention):
            alpha = attention.sensitivity
            benefit = b * attention.efficiency * alpha * np.exp(alpha * s)
        else:
            assert isinstance(attention, LinearAttention | PowerAttention)
            eta = attention.elasticity if isinstance(attention, PowerAttention) else 1.0
            benefit = b * attention.efficiency * eta * (s / attention.signals) ** (eta - 1)
        error = (cost.scale * s**bend * np.exp(rate * s) + cost.linear) / benefit - 1
        assert (np.abs(error) < 4e-15 * (1 + (rate + alpha) * s)).all()


@pytest.mark.parametrize("kind", ["linear", "power", "exponential"])
def test_split_over_signals_by_brute_force(kind: str) -> None:
    attention = {
        "linear": linear_in(power(), signals=3),
        "power": power_in(power()),
        "exponential": exponential_in(power(), capacity=3.0, k=2.0),
    }[kind]
    forms: dict[str, Callable[[Array], Array]] = {
        "linear": lambda a: 2 * a,
        "power": lambda a: 2 * a**0.5,
        "exponential": lambda a: 2 * np.exp(0.7 * a),
    }
    h = forms[kind]
    total, n = 1.7, 60
    first, second = (x.ravel() for x in np.mgrid[: n + 1, : n + 1])
    keep = first + second <= n
    split = total / n * np.array([first, second, n - first - second])[:, keep]
    sums = h(split).sum(axis=0)
    technology = Technology.of(attention)
    assert technology.precision.rate(np.asarray(total)) == pytest.approx(sums.max(), rel=1e-14)
    chosen = technology.allocation(total)
    assert h(chosen).sum() == pytest.approx(sums.max(), rel=1e-14)
    assert chosen.sum() == pytest.approx(total, rel=1e-15)
    if kind == "exponential":  # the equal split is the worst
        assert h(np.full(3, total / 3)).sum() == pytest.approx(sums.min(), rel=1e-14)
    assert technology.allocation(np.ones((4, 5))).shape == (3, 4, 5)


def test_no_attention_where_there_is_no_variance() -> None:
    for attention in random_technologies(2, seed=3):
        response = respond(attention, RHO, [0.0, -1e-18, -1.0, 5e-324, 1e-310, 1e-302])
        free = 0.0
        if isinstance(attention, ExponentialAttention):
            free = attention.signals * attention.efficiency
        np.testing.assert_array_equal(response.attention, 0)
        np.testing.assert_array_equal(response.precision_rate, free)
        np.testing.assert_array_equal(response.cost, 0)
        np.testing.assert_array_equal(response.slope, 0)
        np.testing.assert_array_equal(response.regime, 0)


@pytest.mark.parametrize(
    ("attention", "threshold"),
    [
        (linear_in(power(linear=0.5)), 0.5 / 2),
        (linear_in(exponential(0.25, linear=0.5)), 0.75 / 2),
        (exponential_in(exponential(0.25, linear=0.25), 0.5), 0.5 / 0.5),
        (exponential_in(exponential(0.25, linear=0.25), 0.5, k=4.0), 0.5 / 2.0),
        (exponential_in(power(10.0, 1.5, 20.0), 2.5, capacity=0.02), 20 / 2.5),
    ],
)
def test_corner_is_sharp(attention: Attention, threshold: float) -> None:
    v = 2 * RHO * threshold * (1 + np.array([-1e-14, 0, 1e-14, 1e-9, 1e-3]))
    response = respond(attention, RHO, v)
    np.testing.assert_array_equal(response.regime, [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(response.slope[:2], 0)
    assert (np.diff(response.attention[1:]) > 0).all()


def test_capacity_binds_where_it_should() -> None:
    attention = linear_in(power(0.3, 2.0, 0.1), capacity=2.0)
    v = 2 * RHO * (0.3 * 2 + 0.1) / 2 * np.array([1 - 1e-12, 1 + 1e-12, 1e9, inf])
    response = respond(attention, RHO, v)
    np.testing.assert_array_equal(response.regime, [1, 2, 2, 2])
    np.testing.assert_array_equal(response.attention[1:], 2.0)
    np.testing.assert_array_equal(response.slope[1:], 0)
    assert response.attention[0] == pytest.approx(2.0, rel=1e-11)


def test_capacity_at_the_top_of_the_interior() -> None:
    # alpha b exp(alpha S) = scale S at S = capacity, to the last bit
    attention = exponential_in(power(1.0), 0.5, capacity=1.0)
    b = 1 / (0.5 * np.exp(0.5))
    response = respond(attention, 0.5, b * (1 + np.array([-4, 0, 4]) * 2.0**-52))
    np.testing.assert_allclose(response.attention, 1.0, rtol=1e-14)


def test_exponential_precision_jumps() -> None:
    # from the interior maximum to the capacity at the V where both are worth the same
    attention = exponential_in(power(), capacity=8.0)
    v = np.linspace(0.05, 2.0, 4001)
    response = respond(attention, RHO, v)
    jump = np.flatnonzero(np.diff(response.attention) > 1)
    assert jump.size == 1
    at = v[jump[0] : jump[0] + 2]
    inner = response.attention[jump[0]]
    change = gain(attention, np.asarray(8.0), at) - gain(attention, inner, at)
    assert change[0] < 0 < change[1]
    assert set(response.regime[: jump[0] + 1]) == {1}
    assert set(response.regime[jump[0] + 1 :]) == {2}


def test_exponential_precision_jumps_from_nothing_to_the_interior() -> None:
    # rate > sensitivity and a linear cost: gain falls, rises, falls again
    attention = exponential_in(exponential(0.01, 3.0, linear=1.0), 1.0)
    v = np.linspace(1.0, 4.0, 4001)
    response = respond(attention, RHO, v)
    jump = np.flatnonzero(np.diff(response.attention) > 0.1)
    assert jump.size == 1
    assert (response.regime == (np.arange(v.size) > jump[0])).all()
    worth = gain(attention, response.attention, v)
    assert (worth >= 0).all()
    assert worth[jump[0] + 1] < 1e-3


def test_ties_go_to_the_smaller_attention() -> None:
    # rate = sensitivity and scale = alpha b: every S is worth the same
    attention = exponential_in(exponential(0.25, 0.5), 0.5, capacity=4.0)
    response = respond(attention, RHO, [1.5 * (1 - 1e-9), 1.5, 1.5 * (1 + 1e-9)])
    np.testing.assert_array_equal(response.attention, [0, 0, 4])
    # b = 1: the capacity is worth exactly nothing, and less attention is worth less
    attention = exponential_in(power(1e-30, 2.0, np.expm1(1.0) / 2), 0.5, capacity=2.0)
    response = respond(attention, 0.5, [1 - 1e-9, 1.0, 1 + 1e-9])
    np.testing.assert_array_equal(response.regime, [0, 0, 2])


@pytest.mark.parametrize(
    ("attention", "variance", "words"),
    [
        (exponential_in(power(0.3, 3.0)), 1e-9, "exponent 3"),
        (exponential_in(exponential(0.3, 0.6)), 0.5, "rate 0.6"),
        (exponential_in(exponential(0.25, 0.7)), 2.0, "rate 0.7"),
        (exponential_in(exponential(0.25, 0.7), k=4.0), 0.5, "efficiency 4"),
        (exponential_in(power(), capacity=2000.0), 2.0, "capacity 2000"),
    ],
)
def test_no_optimum(attention: Attention, variance: float, words: str) -> None:
    message = (
        rf"^precision outgrows cost, so no attention is best at V = {variance:g}, rho = 1.5 with "
        rf"exponential precision .*sensitivity 0.7.* and {attention.cost.kind} cost .*: set a "
        r"lower attention.capacity or a steeper attention.cost$"
    )
    with pytest.raises(NoOptimum, match=message) as caught:
        respond(attention, RHO, [0.0, variance])
    assert words in str(caught.value)


def test_out_of_range() -> None:
    attention = linear_in(power(0.3, 1.01))
    with pytest.raises(NoOptimum, match=r"out of range at V = 1e\+06, .*: set a finite"):
        respond(attention, RHO, [1.0, 1e6])


def test_same_speed_of_precision_and_cost_has_an_optimum_below_the_threshold() -> None:
    for k in (1.0, 4.0):
        response = respond(exponential_in(exponential(0.25, 0.7, 0.1), k=k), RHO, [0.1 / k, 1 / k])
        np.testing.assert_array_equal(response.attention, 0)


@pytest.mark.parametrize("factor", [0.5, 1 - 1e-6, 1.0, 1 + 1e-6, 30.0])
def test_guess_changes_nothing(factor: float) -> None:
    v = 10.0 ** np.linspace(-3, 3, 61)
    for attention in random_technologies(3, seed=4):
        cold = respond(attention, RHO, v)
        warm = respond(attention, RHO, v, factor * cold.attention)
        np.testing.assert_array_equal(warm.regime, cold.regime)
        np.testing.assert_allclose(warm.attention, cold.attention, rtol=1e-13, atol=1e-15)


def test_senseless_guess_does_no_harm() -> None:
    bad = np.array([0.0, -1.0, np.nan, inf, 1e-290, 1e290, 1e-30])
    for attention in random_technologies(2, seed=5):
        cold = respond(attention, RHO, np.full(7, 0.7))
        warm = respond(attention, RHO, np.full(7, 0.7), bad)
        np.testing.assert_allclose(warm.attention, cold.attention, rtol=1e-13, atol=1e-15)


def test_slopes_not_asked_for_change_nothing_else() -> None:
    v = 10.0 ** np.linspace(-3, 3, 61)
    for attention in random_technologies(2, seed=6):
        usual = respond(attention, RHO, v)
        found = best_response(Technology.of(attention), RHO, v, steep=False)
        assert np.isnan(found.slope).all()
        np.testing.assert_equal(found._replace(slope=usual.slope), usual)


def test_thirty_orders_of_magnitude() -> None:
    for scale, exponent, eta, linear in product(
        (1e-6, 1e6), (1.01, 1.5, 10.0), (0.05, 0.5, 0.9), (0.0, 1e-6, 1e6)
    ):
        response = respond(power_in(power(scale, exponent, linear), eta), RHO, WIDE)
        assert np.isfinite(response.attention).all()
        assert (np.diff(response.attention) > 0).all()
        assert (response.slope > 0).all() and np.isfinite(response.slope).all()
    for scale, rate, eta, linear in product(
        (1e-6, 1e6), (1e-3, 1e3), (0.05, 0.5, 0.9), (0.0, 1e-6, 1e6)
    ):
        response = respond(power_in(exponential(scale, rate, linear), eta), RHO, WIDE)
        assert (np.diff(response.attention) > 0).all()
        assert (response.slope > 0).all() and np.isfinite(response.slope).all()


def test_response_vanishes_continuously() -> None:
    v = 10.0 ** np.arange(-300.0, 0, 10)
    for attention in (power_in(power()), power_in(exponential(linear=0.1)), linear_in(power())):
        response = respond(attention, RHO, v)
        assert (np.diff(response.attention) >= 0).all()
        assert response.attention[0] < 1e-90
        assert np.isfinite(response.slope).all()


def test_slope_by_differences() -> None:
    v = 10.0 ** np.linspace(-2, 2, 41)
    compared = 0
    for attention in random_technologies(4, seed=6):
        at, below, above = (respond(attention, RHO, v * (1 + h)) for h in (0, -1e-6, 1e-6))
        kept = (at.regime == below.regime) & (at.regime == above.regime)
        difference = (above.precision_rate - below.precision_rate) / (2e-6 * v)
        inner = kept & (at.regime == 1)
        rough = 1e-8 * np.abs(at.precision_rate / v)
        assert (np.abs(at.slope - difference) <= 1e-5 * np.abs(difference) + rough)[inner].all()
        np.testing.assert_array_equal(at.slope[at.regime != 1], 0)
        compared += inner.sum()
    assert compared > 500


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0, 4)])
def test_shapes(shape: tuple[int, ...]) -> None:
    v = np.full(shape, 0.4)
    attentions = (linear_in(power()), exponential_in(power(), capacity=2.0))
    for attention, guess in product(attentions, (None, 0.3, np.full(shape, 0.3))):
        response = respond(attention, RHO, v, guess)
        assert [x.shape for x in response] == 5 * [shape]
        assert [x.dtype for x in response] == 4 * [np.float64] + [np.int8]
        expected = respond(attention, RHO, 0.4).attention
        np.testing.assert_allclose(response.attention, expected, rtol=1e-15)


def test_arguments_stay_as_they_are() -> None:
    v, guess = np.array([0.4, -1.0, 9.0]), np.array([0.1, 0.0, np.nan])
    kept = v.copy(), guess.copy()
    response = respond(linear_in(power(), capacity=3.0), RHO, v, guess)
    np.testing.assert_array_equal(v, kept[0])
    np.testing.assert_array_equal(guess, kept[1])
    assert not any(np.shares_memory(x, y) for x in response for y in (v, guess))


@pytest.mark.parametrize(
    "attention",
    [
        linear_in(power()),
        power_in(exponential(), capacity=1.0),
        exponential_in(exponential()),
        exponential_in(power(linear=0.1), capacity=1.0),
    ],
)
def test_nan_in_nan_out(attention: Attention) -> None:
    response = respond(attention, RHO, [np.nan, 0.5])
    assert np.isnan(response.attention[0]) and np.isnan(response.precision_rate[0])
    assert np.isfinite(response.precision_rate[1])


def test_failure_names_the_technology(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "increasing_root", partial(increasing_root, max_iterations=2))
    message = r"^2 Newton steps left 2 of 2 roots .*, for power precision \(.*elasticity 0.9\)"
    with pytest.raises(NoConvergence, match=message):
        respond(power_in(exponential(), 0.9), RHO, [1e-3, 1e3])
