"""Error estimates: what they are measured against, and what roughness does to them."""

import math

import numpy as np
import pytest

from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.errors import (
    ErrorTuning,
    change,
    error_scales,
    is_broken,
    judge,
    made_up,
    total,
)
from pdesolve.solver.pde.refine import remaining
from pdesolve.solver.pde.regimes import has_jump, has_kink
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import TRACKED
from tests.tools.solutions import solved

TUNING, ORDER = ErrorTuning(), ByAxis(4.0, 4.0)
CERTAIN = ErrorTuning(doubt=0.0)
TECHNOLOGIES: dict[str, dict[str, object]] = {
    "linear": {},
    "power": {"attention.elasticity": 0.6},
    "exponential": {
        "attention.sensitivity": 0.4,
        "attention.cost.kind": "exponential",
        "attention.cost.scale": 0.1,
        "attention.cost.rate": 1.5,
    },
}
JUMPING = {
    "attention.precision": "exponential",
    "attention.sensitivity": 1.0,
    "attention.capacity": 1.0,
    "attention.cost.linear": 0.6,
}


@pytest.fixture(scope="module")
def solution() -> Solution:
    return solved("three_states", tol=1e-3)


@pytest.mark.parametrize(
    ("name", "changes", "kink", "jump"),
    [
        ("three_states", {}, False, False),
        ("inattention", {}, True, False),
        ("capacity", {}, True, False),
        ("three_states", JUMPING, True, True),
    ],
)
def test_roughness_of_attention_is_seen(
    name: str, changes: dict[str, object], kink: bool, jump: bool
) -> None:
    found = solved(name, changes, 1e-2)
    assert has_kink(found) == kink
    assert has_jump(found) == jump


def test_no_field_is_taken_to_be_much_better_than_the_worst(solution: Solution) -> None:
    scales = error_scales(solution)
    error = {name: 1e-9 * scales[name] for name in TRACKED} | {
        "variance": 1e-4 * scales["variance"]
    }
    judged = judge(solution, error, 1e-3, CERTAIN)
    assert judged.converged
    assert judged.error["price"] == pytest.approx(0.6e-4 * scales["price"])
    assert not judge(solution, error, 5e-5, CERTAIN).converged
    far = judge(solution, dict.fromkeys(TRACKED, 0.0), 1e-3, TUNING)  # where nothing ever changes
    assert far.error["price"] == pytest.approx(1.5e-4 * scales["price"])


def test_a_normal_price_is_exact() -> None:
    found = solved("normal")
    assert found.error["price"] == 0.0 < found.error["variance"]


def test_no_accuracy_is_asked_of_the_volatility_but_it_has_a_bar(solution: Solution) -> None:
    scales = error_scales(solution)
    error = {name: 1e-9 * scales[name] for name in TRACKED}
    judged = judge(solution, error | {"price_volatility": 0.1}, 1e-8, TUNING)
    assert judged.converged
    assert judged.further_error["price_volatility"] == 0.1
    assert judged.bars["price_volatility"] == 0.1


@pytest.mark.parametrize(
    ("name", "changes"), [("three_states", {}), ("baseline", {"market.initial_supply": 1.0})]
)
def test_bars_of_what_is_made_of_several_values_are_their_own(
    name: str, changes: dict[str, object]
) -> None:
    """G0 = -(n0 p + L/rho), SVIX = sqrt(V)/p: at most what bars of p, V and L allow, at least half.

    And the true errors, against a solve to a hundredth of the tolerance, are within.
    """
    loose, tight = solved(name, changes, 1e-3), solved(name, changes, 1e-5)
    market, p, v = loose.case.market, loose.initial.price, loose.initial.variance
    by_p, by_v, by_l = (loose.error[one] for one in ("price", "variance", "log_value"))
    most = {
        "certainty_equivalent_gain": market.initial_supply * by_p + by_l / market.risk_aversion,
        "svix": math.sqrt(v + by_v) / (p - by_p) - math.sqrt(v) / p,
    }
    for one, bar in most.items():
        assert 0.5 * bar < loose.bars[one] <= bar * (1.0 + 1e-12)
        off = abs(getattr(loose.initial, one) - getattr(tight.initial, one))
        assert off <= loose.bars[one] + tight.bars[one]


@pytest.mark.parametrize(
    "technology", [{}, {"attention.precision": "power", "attention.elasticity": 0.6}]
)
def test_attention_is_as_uncertain_as_the_variance_that_it_answers_to(
    technology: dict[str, object],
) -> None:
    """In units of its own: so much attention more or less is what such a variance calls for."""
    found = solved("three_states", technology, 1e-4)
    v, bar = found.initial.variance, found.bars["variance"]
    more, less = (found.economy.respond(v + move) for move in (bar, -bar))
    for name in ("attention", "precision_rate"):
        moved = 0.5 * float(getattr(more, name) - getattr(less, name))
        assert found.bars[name] > 0.9 * moved > 0.0


@pytest.mark.parametrize("precision", TECHNOLOGIES)
def test_what_values_are_made_of_has_their_signs(precision: str) -> None:
    """Weights against differences of the definitions: G0 = -(n0 p + L/rho), SVIX, best response."""
    keys: dict[str, object] = {"market.initial_supply": 0.3, "attention.precision": precision}
    found = solved("three_states", keys | TECHNOLOGIES[precision], 1e-3)
    economy, at = found.economy, found.initial
    n0, rho = economy.market.initial_supply, economy.risk_aversion

    def values(p: float, v: float, log_value: float) -> dict[str, float]:
        best = economy.respond(v)
        return {
            "certainty_equivalent_gain": -(n0 * p + log_value / rho),
            "svix": math.sqrt(v) / p,
            "attention": float(best.attention),
            "precision_rate": float(best.precision_rate),
        }

    place = {"price": at.price, "variance": at.variance, "log_value": at.log_value}
    weights = made_up(found)
    assert weights.keys() == values(*place.values()).keys()
    for one, here in place.items():
        more, less = (values(*(place | {one: here + h}).values()) for h in (1e-5, -1e-5))
        for name, found_weights in weights.items():
            slope = (more[name] - less[name]) / 2e-5
            assert found_weights.get(one, 0.0) == pytest.approx(slope, rel=1e-5, abs=1e-9), name


def test_an_svix_whose_price_may_not_be_positive_has_no_bar(solution: Solution) -> None:
    far = dict.fromkeys(TRACKED, 0.0) | {"price": 2.0 * solution.initial.price, "svix": 0.1}
    assert math.isnan(judge(solution, far, 1e-3, CERTAIN).bars["svix"])


def test_what_a_refinement_leaves(solution: Solution) -> None:
    """A change as large as was estimated leaves 2 g^-p of it; a larger one leaves more."""
    one, none = dict.fromkeys(TRACKED, 1.0), dict.fromkeys(TRACKED, 0.0)
    parts, growth, more = ByAxis(one, none), ByAxis(1.5, 1.0), dict.fromkeys(TRACKED, 3.0)
    left, other = remaining(one, parts, growth, ORDER, TUNING)
    assert left["price"] == pytest.approx(2.0 * 1.5**-4)
    assert other["price"] == 0.0
    slow, _ = remaining(more, parts, growth, ORDER, TUNING)
    assert slow["price"] == pytest.approx(2.0 * 3.0 * 3.0 * 1.5**-4)


def test_what_a_change_says_nothing_about_is_kept(solution: Solution) -> None:
    """Directions that were not refined, or whose part was small, only lose what nodes take off."""
    much, little = dict.fromkeys(TRACKED, 1.0), dict.fromkeys(TRACKED, 0.02)
    small = dict.fromkeys(TRACKED, 1e-3)
    _, stuck = remaining(small, ByAxis(much, much), ByAxis(1.5, 1.0), ORDER, TUNING)
    assert stuck["price"] == 1.0
    parts, growth = ByAxis(much, little), ByAxis(1.5, 1.2)
    _, unseen = remaining(small, parts, growth, ORDER, TUNING)
    assert unseen["price"] == pytest.approx(0.02 * 1.2**-4)
    seen, _ = remaining(small, parts, growth, ORDER, TUNING)
    assert seen["price"] == pytest.approx(0.03 * (1.5 / 1.45) ** -4)


def test_time_steps_and_ends_have_their_part() -> None:
    zero, some = dict.fromkeys(TRACKED, 0.0), dict.fromkeys(TRACKED, 1e-6)
    found = total(ByAxis(some, zero), some, dict.fromkeys(TRACKED, 3e-6))
    assert found["variance"] == pytest.approx(max(0.6 * (3e-6 + 1e-6), 0.9 * 3e-6) + 1e-6)
    assert found["price_volatility"] == pytest.approx(1.25 * found["variance"])


@pytest.mark.parametrize(
    ("xi", "psi", "steps", "counts"),
    [
        ([1.0, 1.0], [2.0, 0.0], [3.0, 1.0], 0.6 * 6.0),  # all one way
        ([1.0, 1.0], [-2.0, 3.0], [1.0, -3.0], 0.6 * 7.0),
        ([1.0, -4.0], [-2.0, -4.0], [-1.0, 1.0], 0.6 * 9.0),
        ([2.0, np.nan], [3.0, 1.0], [-2.0, np.nan], 0.6 * 7.0),  # a jump parts the second state
        ([1.0, np.nan], [5.0, 1.0], [-1.0, np.nan], 0.9 * 5.0),  # more than 60% of all
    ],
)
def test_errors_of_opposite_signs_are_not_believed_to_cancel(
    xi: list[float], psi: list[float], steps: list[float], counts: float
) -> None:
    """Each at the state where it is largest."""
    xis, psis, paces = (dict.fromkeys(TRACKED, np.array(one)) for one in (xi, psi, steps))
    found = total(ByAxis(xis, psis), dict.fromkeys(TRACKED, 0.25), paces)
    assert found["variance"] == pytest.approx(counts + 0.25)


def test_attention_at_its_cap_is_exact() -> None:
    """The truth is the cap; the variance it answers to is not exact."""
    found = solved("capacity", {"attention.capacity": 0.05}, 1e-3)
    assert found.initial.attention == 0.05
    assert found.bars["attention"] == found.bars["precision_rate"] == 0.0 < found.bars["variance"]


def test_what_cannot_be_seen_is_added_up_to_the_tolerance(solution: Solution) -> None:
    scales = error_scales(solution)

    def judged(size: float) -> Solution:
        return judge(solution, {name: size * scales[name] for name in TRACKED}, 1e-5, TUNING)

    for size, bar in [(1e-9, 1.501e-6), (2e-6, 3.5e-6), (9e-6, 1e-5), (1.1e-5, 1.1e-5)]:
        assert judged(size).error["price"] == pytest.approx(bar * scales["price"])
        assert judged(size).converged == (size <= 1e-5)
        assert f"{bar:.1e}" in judged(size).message


def test_a_solution_does_not_differ_from_itself(solution: Solution) -> None:
    assert change(solution, solution, TUNING) == dict.fromkeys(TRACKED, 0.0)


@pytest.mark.parametrize(
    ("name", "scales", "broken"),
    [
        ("variance", 1.9, False),
        ("variance", 2.1, True),
        ("price", np.nan, True),
        ("log_value", np.inf, True),
        ("attention", 1e3, False),
        ("precision_rate", 1e3, False),
    ],
)
def test_fields_far_from_a_first_pass_tell_of_unstable_steps(
    solution: Solution, monkeypatch: pytest.MonkeyPatch, name: str, scales: float, broken: bool
) -> None:
    """Attention does not: what has just left zero is much more than there was."""
    moved = dict.fromkeys(TRACKED, 0.0) | {name: scales * error_scales(solution)[name]}
    monkeypatch.setattr("pdesolve.solver.pde.errors._moved", lambda name, *_: moved[name])
    assert is_broken(solution, solution, ErrorTuning()) == broken
