"""Normal payoffs: one line of nodes, and an error that is measured against the closed form."""

from dataclasses import asdict, replace

import pytest

from pdesolve.case import case_from_dict, case_to_dict, load_case
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver import normal
from pdesolve.solver.normal_shooting import NormalError
from pdesolve.solver.pde.errors import Errors, ErrorTuning, error_scales, judge
from pdesolve.solver.pde.line import refine_line
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.pde.tuning import LineTuning, Tuning
from pdesolve.solver.solution import Solution
from pdesolve.verification.check import barred
from tests.tools.error_bars import random_case
from tests.tools.families import family_case


def normal_case(seed: int) -> Solution:
    """A random economy with a normal payoff of the same sd, at 1e-5."""
    case = random_case(seed)
    sd = make_prior(case.payoff).sd
    keys = case_to_dict(case)
    keys["payoff"] = {"kind": "normal", "mean": 0.3 * sd, "sd": sd}
    return solve(case_from_dict(keys, f"line-{seed}"))


def excess(found: Solution) -> float:
    """Largest true error over its bar, the closed form integrated to rounding."""
    truth = asdict(normal.normal_initial(found.case))
    scales = error_scales(found)
    return max(
        abs(getattr(found.initial, name) - truth[name]) / (found.bars[name] + 1e-13 * scales[name])
        for name in barred(found)
    )


@pytest.mark.parametrize(
    "seed", [1, 3, 17, 51, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (5, 15))]
)  # some with kinks
def test_bars_hold_and_are_tight(seed: int) -> None:
    found = normal_case(seed)
    assert found.converged
    assert 1e-3 < excess(found) <= 1.0


def test_jumps_are_narrower_sooner_where_their_width_is_what_is_left() -> None:
    """The start is within a thousandth of where attention jumps: 1.1e-3 was left on 577 lines."""
    found = solve(family_case("exponential jumps", 123503), tol=1e-3)
    assert found.converged and found.space.n_psi < 300
    assert excess(found) <= 1.0


def test_no_more_lines_where_the_tolerance_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at 1e-5, on lines hardly closer from pass to pass: the last passes are saved."""
    lines, case = list[int](), family_case("exponential jumps", 123503)

    def judged(found: Solution, error: Errors, tolerance: float, doubt: ErrorTuning) -> Solution:
        lines.append(found.space.n_psi)
        return judge(found, error, tolerance, doubt)

    monkeypatch.setattr(f"{refine_line.__module__}.judge", judged)
    how = LineTuning(growth=1.1)
    for near, saved in ((how.near, how.last), (1e9, 0)):
        assert not solve(case, tol=1e-5, tuning=Tuning(line=replace(how, near=near))).converged
        assert len(lines) == how.passes - saved
        lines.clear()


@pytest.mark.slow
def test_bars_hold_on_forty_random_lines() -> None:
    found = [normal_case(seed) for seed in range(100, 140)]
    assert all(one.converged and excess(one) <= 1.0 for one in found)
    assert sum(has_kink(one) for one in found) > 5


def test_where_there_is_no_closed_form_the_change_is_the_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise NormalError("not today")

    truth = normal.normal_initial(load_case("normal"))
    monkeypatch.setattr(f"{refine_line.__module__}.normal_initial", fails)
    found = solve(load_case("normal"))
    assert found.converged
    for name in ("variance", "attention", "log_value"):
        gap = abs(getattr(found.initial, name) - getattr(truth, name))
        assert gap < found.error[name] < 1e-5 * 10


def test_wrong_equations_do_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The closed form shares nothing with the equations on the grid."""
    from pdesolve.model import equations

    right = equations.rates

    def wrong(*arguments: object) -> object:
        return 1.001 * right(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(equations, "rates", wrong)
    found = solve(load_case("normal"), tol=1e-4)
    assert not found.converged and "not within" in found.message


def test_fixed_nodes_are_kept() -> None:
    found = solve(load_case("normal", {"numerics.psi_nodes": 25}))
    assert found.space.n_psi == 25 and excess(found) <= 1.0


@pytest.mark.parametrize("share", [1e-6, 0.3, 1.0, 50.0])
def test_a_bad_guess_of_where_the_path_ends_costs_time_only(share: float) -> None:
    case = load_case("normal")
    right = normal.normal_initial(case)
    reached = float(normal.normal_path(case, [case.market.horizon]).psi[0])
    found = normal.normal_initial(case, rtol=1e-10, near=share * reached)
    assert found.variance == pytest.approx(right.variance, rel=1e-9)
