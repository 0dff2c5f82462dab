"""What follows a jump of attention, smoothed: against quadrature, and what it does to errors."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from pdesolve.case import Case, case_from_dict
from pdesolve.model.economy import Economy
from pdesolve.numerics.kernels import SAFE, SHARP, Kernel
from pdesolve.numerics.stencils import central_weights
from pdesolve.solver.pde import jumps
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.corners import over_kappa2
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.solver.pde.growth import Growth, grown, growth_beyond, ramps
from pdesolve.solver.pde.passes import run_pass
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import InitialState
from pdesolve.typing import Array
from pdesolve.verification.second_route import second_route_checks


def steep(capacity: float = np.inf) -> Case:
    """Attention jumps by little at a variance V*, and is many times as much a tenth further on."""
    return case_from_dict(
        {
            "title": "steep",
            "market": {
                "risk_aversion": 1.1,
                "supply_volatility": 0.5,
                "initial_supply": -1.0,
                "horizon": 1.0,
            },
            "payoff": {
                "kind": "discrete",
                "values": [0.0, 1.0, 2.5],
                "probabilities": [0.5, 0.4, 0.1],
            },
            "attention": {
                "signals": 1,
                "precision": "exponential",
                "sensitivity": 0.95,
                "capacity": capacity,
                "cost": {"kind": "exponential", "scale": 0.088, "rate": 1.556, "linear": 0.066},
            },
        },
        "steep",
    )


def economy_of(capacity: float = np.inf, width: float = 0.2) -> Economy:
    """With jumps spread that wide."""
    return replace(Economy.of(steep(capacity)), jump_width=width)


def plain(economy: Economy, variance: float) -> Array:
    """1/kappa² and the others at the best response."""
    response = economy.respond(np.array([variance]))
    return over_kappa2(economy.motion(response.precision_rate), response.cost)[:, 0]


@pytest.mark.parametrize("kernel", [SHARP, SAFE])
@pytest.mark.parametrize("x", [-0.7, -0.1, 0.0, 0.4, 1.3, 4.0])
def test_it_is_smoothed_by_the_kernel(kernel: Kernel, x: float) -> None:
    economy = economy_of()
    (jump,) = economy.jumps
    at, width = jump.variance, 0.2 * jump.variance
    least = plain(economy, at)
    found = Growth.of(economy, at, kernel)
    assert found is not None
    for k in range(3):

        def value(y: float, k: int = k) -> float:
            v = at + width * (x + y)
            return float(kernel.shape(y) * (plain(economy, v)[k] - least[k])) if v > at else 0.0

        low = min(max(-x, -1.0), 1.0)
        truth = quad(value, low, 1.0, epsabs=1e-11, epsrel=1e-10, limit=200)[0]
        assert found.smooth(x)[k] == pytest.approx(truth, abs=1e-7)


def test_close_nodes_see_it_as_it_is_and_its_slope() -> None:
    economy = economy_of()
    found = growth_beyond(economy, economy.jumps[0].variance, True)
    assert found is not None
    x, apart = np.linspace(-0.9, 3.0, 40), np.full(40, 0.03)
    size, slope = found.seen(x, apart, 8)
    np.testing.assert_allclose(size, found.smooth(x).T, atol=1e-6)
    np.testing.assert_allclose(slope, found.smooth(x, 1).T, atol=1e-5)
    np.testing.assert_array_equal(found.seen(x, apart, 8, steep=False), size[None])


def test_far_nodes_see_the_second_difference_of_its_second_integral() -> None:
    economy = economy_of()
    found = growth_beyond(economy, economy.jumps[0].variance, True)
    assert found is not None
    mesh = np.linspace(-1.0, 14.0, 30_001)
    once = np.cumsum(found.smooth(mesh), axis=0) * (mesh[1] - mesh[0])
    twice = np.cumsum(once, axis=0) * (mesh[1] - mesh[0])
    for x in (-1.5, 0.3, 2.0):
        beside = x + 1.7 * np.arange(-4, 5)
        read = [np.interp(beside, mesh, twice[:, k], left=0.0) for k in range(3)]
        truth = np.array(read) @ central_weights(2, 8) / 1.7**2
        size = found.seen(np.array([x]), np.array([1.7]), 8)[0, :, 0]
        np.testing.assert_allclose(size, truth, atol=2e-3 * np.abs(truth).max() + 1e-6)


def test_ramps_of_a_cap_further_on_are_left_out() -> None:
    """Of what grows up to a cap, and no more: without its ramp it goes on as it was."""
    economy = economy_of(capacity=1.2)
    (jump,), (kink,) = economy.jumps, economy.kinks
    assert jump.variance < kink.variance
    beside = kink.variance * (1.0 + np.array([-2e-4, -1e-4, 0.0, 1e-4, 2e-4]))
    with_ramp = grown(economy, jump.variance, beside) + ramps(economy, jump.variance, beside)[0]
    without = grown(economy, jump.variance, beside)
    bent, straight = (np.abs(np.diff(one, 2)).max(axis=1) for one in (with_ramp, without))
    assert np.all(straight < 0.02 * bent)
    assert growth_beyond(economy, jump.variance, True) is not None


def test_there_is_none_where_attention_jumps_to_its_cap() -> None:
    economy = economy_of(capacity=0.05)
    (jump,) = economy.jumps
    assert growth_beyond(economy, jump.variance, True) is None


def test_the_jacobian_is_that_of_the_rates_where_nodes_are_close() -> None:
    """But for how a jump moves the distance of its neighbours, which closer nodes see less of."""
    economy = economy_of(width=0.25)
    domain = replace(choose_domain(economy, 1e-4).of_order(5, (1.0, 2.0)), psi_top=25.0)
    for nodes, share in ((60, 1e-2), (300, 1e-4)):
        found = run_pass(steep(), economy, domain, ByAxis(nodes, 13), 1e-3, 400)
        system, u = Equilibrium.of(economy, found.space), found.states[0]
        moved = np.zeros_like(u)
        moved[..., 1] = 1e-6 * np.cos(3.0 * found.space.z) * np.exp(-found.space.psi[:, None])
        up, down = (system.linearise(u + way * moved).initial_rates for way in (1.0, -1.0))
        c0, c1, c2, c_psi = system.linearise(u).coefficients
        by_xi, twice, by_psi = system.derivatives(moved / system.units)
        by = np.einsum("ij...,...j->...i", c0, moved / system.units)
        by += np.einsum("ij...,...j->...i", c1, by_xi) + c2[..., None] * twice
        by += c_psi[..., None] * by_psi
        truth = (up - down) / (2.0 * system.units)
        off, size = (np.sqrt(np.mean(part**2, axis=(0, 1))) for part in (by - truth, truth))
        assert np.all(off < share * size)


def test_errors_along_psi_fall_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Smoothing the step alone leaves tens of times as much: what follows is nearly as abrupt."""
    economy = economy_of(width=0.25)
    domain = choose_domain(economy, 1e-4).of_order(5, (1.0, 2.0))
    domain = replace(domain, psi_top=25.0)

    def change() -> float:
        found: list[InitialState] = [
            run_pass(steep(), economy, domain, ByAxis(110, lines), 3e-5, 400).initial
            for lines in (61, 91)
        ]
        return abs(found[1].variance - found[0].variance) / economy.prior.variance

    smooth = change()
    monkeypatch.setattr(jumps, "growth_beyond", lambda *of: None)
    assert smooth < 3e-6
    assert change() > 10.0 * smooth


@pytest.fixture(scope="module")
def found() -> Solution:
    return solve(steep(), tol=1e-4)


def test_what_comes_of_it_is_right_by_a_second_route(found: Solution) -> None:
    """With a quarter of the lines that were needed when the step alone was smoothed."""
    assert found.converged
    assert found.space.n_psi < 100
    reported = [one for one in second_route_checks(found) if "written out" in one.name]
    assert len(reported) > 10
    assert not [check.name for check in reported if not check.passed]


@pytest.mark.slow
def test_bars_hold_against_a_finer_solve(found: Solution) -> None:
    finer = solve(steep(), tol=1e-5)
    for name in ("price", "variance", "log_value", "precision_rate"):
        off = abs(getattr(found.initial, name) - getattr(finer.initial, name))
        assert off < found.bars[name]
