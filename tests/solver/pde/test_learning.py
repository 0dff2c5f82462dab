"""Who learns is read off the equilibrium: its variance can be more than all static ones."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import Case, load_case
from pdesolve.model.economy import Economy
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.certificate import CertificateTuning, learned_after_all, widened
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.solver.pde.errors import none
from pdesolve.solver.pde.passes import run_pass
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution
from pdesolve.verification.check import Check
from pdesolve.verification.error_bars import bars
from pdesolve.verification.second_route import second_route_checks


def priced(name: str, linear: float) -> Case:
    """With a price on the first unit of attention."""
    return load_case(name, {"attention.cost.linear": linear})


def with_psi(case: Case, nodes: ByAxis[int], psi_top: float) -> Solution:
    """One fine pass up to a psi that is given, not found."""
    economy = Economy.of(case)
    domain = replace(choose_domain(economy, 1e-6), psi_top=psi_top)
    return run_pass(case, economy, domain, nodes, 3e-6, 2000)


@pytest.mark.parametrize("linear", [0.58, 0.6, 0.62])
def test_attention_that_no_static_variance_calls_for(linear: float) -> None:
    """The static variance is 1.70 at most; attention begins at 1.74 to 1.86, and V is 1.886."""
    case = priced("three_states", linear)
    assert choose_domain(Economy.of(case), 1e-4).psi_top == 0.0
    found, truth = solve(case, tol=1e-4), with_psi(case, ByAxis(181, 41), 0.3)
    assert found.converged and found.space.n_psi > 1
    assert truth.space.psi_known > float(truth.psi_reached[-1])
    for name in ("price", "variance", "attention", "log_value"):
        off = abs(getattr(found.initial, name) - getattr(truth.initial, name))
        assert off < found.bars[name], name
    assert found.initial.attention > 0.01


@pytest.mark.parametrize("linear", [0.7, 0.9])
def test_where_nobody_learns_one_line_will_do(linear: float) -> None:
    case = priced("three_states", linear)
    found, truth = solve(case, tol=1e-4), with_psi(case, ByAxis(121, 21), 0.5)
    assert found.converged and found.space.n_psi == 1
    assert found.initial.attention == 0.0 == learned_after_all(found)
    assert float(truth.psi_reached[-1]) < 1e-200
    assert abs(found.initial.variance - truth.initial.variance) < found.bars["variance"]
    assert np.isfinite(found.price([-0.5, 0.5], 0.0, 0.7)).all()
    assert np.isnan(found.price(0.0, [1e-3, 0.5])).all()  # nobody is there, and nothing is known


def test_a_first_look_may_be_too_coarse_to_see_who_learns() -> None:
    """Attention begins at .997 of the variance at the start, which a scout is off by as much."""
    found = solve(priced("mixture", 0.45), tol=1e-4)
    assert found.converged and found.space.n_psi > 1
    assert 0.0 < float(found.psi_reached[-1]) < 1e-4
    assert found.initial.attention == pytest.approx(0.0025, abs=2e-4)


@pytest.mark.parametrize(("linear", "attention"), [(0.6, 0.0960), (0.8, 0.0)])
def test_lines_that_are_asked_for_are_there_whoever_learns(linear: float, attention: float) -> None:
    lines = {"attention.cost.linear": linear, "numerics.psi_nodes": 25}
    found = solve(load_case("three_states", lines), tol=1e-3)
    assert found.converged and found.space.n_psi == 25
    assert found.initial.attention == pytest.approx(attention, abs=3e-4)
    assert found.initial.variance == pytest.approx(1.88644 if attention else 1.88508, abs=3e-4)


def one_line(name: str, linear: float) -> Solution:
    case = priced(name, linear)
    domain = replace(choose_domain(Economy.of(case), 1e-4), psi_top=0.0)
    return run_pass(case, Economy.of(case), domain, ByAxis(81, 1), 1e-5, 400)


def test_a_line_on_which_somebody_learns_is_no_solution() -> None:
    found = one_line("three_states", 0.6)
    domain = replace(choose_domain(found.economy, 1e-4), psi_top=0.0)
    assert widened(domain, found, none(), 1e-4, CertificateTuning()).psi_top > 0.0
    wider = replace(domain, psi_top=3.0)  # with lines or without, that one has none
    assert widened(wider, found, none(), 1e-4, CertificateTuning()) != wider
    assert learned_after_all(one_line("binary", 0.0)) == 0.0  # two payoffs: psi does not matter


def test_nor_do_its_equations_hold_on_the_way() -> None:
    """By the second route, which knows nothing of lines."""
    checks = {one.name.partition(":")[0]: one for one in _integrated("three_states", 0.4)}
    assert not checks["variance"].passed
    assert all(one.passed for one in _integrated("three_states", 0.8))


def test_nor_does_a_finer_pass_agree() -> None:
    found = one_line("three_states", 0.6)
    sure = replace(found, error=dict.fromkeys(found.error, 1e-5), converged=True)
    failed = {one.name.partition(":")[0] for one in bars(sure) if not one.passed}
    assert {"price", "variance", "log value"} <= failed


def _integrated(name: str, linear: float) -> list[Check]:
    found = one_line(name, linear)
    return [one for one in second_route_checks(found) if "added up over time" in one.name]
