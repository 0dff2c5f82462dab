"""Where attention bends, by how the precision rate itself goes on either side."""

from math import inf

import numpy as np
import pytest

from pdesolve.case import (
    Attention,
    ExponentialAttention,
    ExponentialCost,
    LinearAttention,
    PowerCost,
)
from pdesolve.model.attention.kinks import kinks_of
from pdesolve.model.attention.response import best_response
from pdesolve.model.attention.technology import Technology
from tests.model.examples import RHO, linear


@pytest.mark.parametrize(
    ("attention", "count"),
    [
        (linear(), 0),
        (linear(capacity=0.4), 1),
        (linear(linear=0.25), 1),
        (linear(capacity=1.2, linear=0.25), 2),
    ],
)
def test_slopes_jump_by_as_much_as_they_are_said_to(attention: Attention, count: int) -> None:
    technology = Technology.of(attention)
    found = kinks_of(technology, RHO)
    assert len(found) == count
    for at, jump in found:
        near = at * (1.0 + np.array([-2e-5, -1e-5, 1e-5, 2e-5]))
        rate = best_response(technology, RHO, near).precision_rate
        below, _, above = np.diff(rate) / np.diff(near)
        assert above - below == pytest.approx(jump, rel=1e-3)


@pytest.mark.parametrize("exponent", [1.4, 3.0])
def test_another_power_is_no_kink(exponent: float) -> None:
    """Attention sets in as a power of the variance that is not the first."""
    cost = PowerCost(scale=0.3, exponent=exponent, linear=0.25)
    spec = LinearAttention(signals=1, efficiency=1.0, cost=cost)
    assert kinks_of(Technology.of(spec), RHO) == ()


def test_attention_may_set_in_without_a_jump_where_precision_is_exponential() -> None:
    """At C'(0) = b A'(0), if the cost grows faster than the precision."""
    spec = ExponentialAttention(
        signals=1, efficiency=1.0, sensitivity=1.0, cost=ExponentialCost(scale=0.04, rate=2.0)
    )
    (kink,) = kinks_of(Technology.of(spec), RHO)
    assert kink.variance == pytest.approx(2.0 * RHO * 0.04)
    assert kink.jump > 0.0


def test_a_jump_is_no_kink() -> None:
    spec = ExponentialAttention(
        signals=1,
        efficiency=1.0,
        sensitivity=1.0,
        capacity=2.0,
        cost=ExponentialCost(scale=0.2, rate=0.5, linear=0.3),
    )
    technology = Technology.of(spec)
    v = np.geomspace(1e-2, 1e2, 4001)
    rate = best_response(technology, RHO, v).precision_rate
    assert np.diff(rate).max() > 0.5 * rate.max()
    assert kinks_of(technology, RHO) == ()
    assert technology.capacity < inf
