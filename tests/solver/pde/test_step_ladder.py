"""The ladder of time steps: what it says they leave, against far shorter ones on a full grid."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import DiscretePayoff, LinearAttention
from pdesolve.model.economy import Economy
from pdesolve.solver.pde import step_ladder
from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.budget import BudgetSpent
from pdesolve.solver.pde.errors import ErrorTuning, change, worst
from pdesolve.solver.pde.ladder_tuning import LadderTuning
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution
from tests.solver.pde.test_ladder import metered
from tests.tools.families import family_case

HOW, DOUBT = LadderTuning(), ErrorTuning()


def thin(first: Solution, steps: int) -> Solution:
    times = respaced(first.times, first.case.market, steps)
    return retrace(first, first.space.resized(25, 21), times)


@pytest.mark.parametrize("name", ["baseline", "three_states", "newsflow"])
@pytest.mark.parametrize("target", [1e-5, 3e-7])
def test_so_many_steps_leave_what_is_said(name: str, target: float) -> None:
    run, first = metered(name)
    rung = step_ladder.climb_steps(run, thin(first, 12), target, HOW, DOUBT)
    steps = int(np.ceil(rung.needed(target)))
    full = first.space.resized(60, 21)
    some, many = (
        retrace(first, full, respaced(first.times, first.case.market, n))
        for n in (steps, 4 * steps)
    )
    truly, said = worst(first, change(many, some, DOUBT)), worst(first, rung.left(steps))
    assert truly <= said <= 1.001 * target
    assert said <= 2.5 * truly


@pytest.mark.parametrize("broken", ["raises", "not a number"])
def test_where_shorter_steps_break_down_their_tolerance_has_to_do(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    run, first = metered("baseline")
    on = thin(first, 12)

    def breaks(*given: object) -> Solution:
        if broken == "raises":
            raise ArithmeticError("a step breaks down")
        return on

    monkeypatch.setattr(step_ladder, "retrace", breaks)
    if broken == "not a number":
        monkeypatch.setattr(step_ladder, "moves", lambda *given: {"price": np.array([np.nan])})
    rung = step_ladder.climb_steps(run, on, 1e-6, HOW, DOUBT)
    assert rung.size == DOUBT.blind * HOW.steps_for(run.tolerance)
    assert worst(on, rung.error) == pytest.approx(rung.size)


@pytest.mark.slow
def test_steps_are_judged_on_the_nodes_that_a_kink_of_two_payoffs_needs() -> None:
    """301 of them; on the 36 of a first pass the same steps leave six tenths as much."""
    case = family_case("thresholds", 8004)
    economy, how = Economy.of(case), case.attention
    assert isinstance(how, LinearAttention)
    mean, sd = economy.prior.mean, economy.prior.sd
    linear = 0.84 * how.efficiency * sd**2 / (2.0 * economy.risk_aversion)
    how = replace(how, cost=replace(how.cost, linear=linear))
    two = DiscretePayoff(values=(mean - sd, mean + sd), probabilities=(0.5, 0.5))
    found = solve(replace(case, payoff=two, attention=how), tol=1e-5)
    times = respaced(found.times, found.case.market, 4 * found.steps["accepted"])
    better = retrace(found, found.space, times)
    assert found.converged and found.space.n_psi == 1
    assert found.space.n_xi > 200
    error = change(better, found, DOUBT)
    assert all(error[name] <= found.error[name] for name in found.error)


def test_work_is_counted_and_ends() -> None:
    run, first = metered("baseline", work=25.0 * 21 * 60)
    with pytest.raises(BudgetSpent):
        step_ladder.climb_steps(run, thin(first, 12), 1e-12, HOW, DOUBT)
