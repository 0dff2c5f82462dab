"""The state space follows from the prior's own scales, and what is found on it is checked."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import Case, load_case
from pdesolve.finance.paths import neutral_paths, trade_paths
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.pde import climb
from pdesolve.solver.pde.budget import Metered
from pdesolve.solver.pde.certificate import CertificateTuning, covered, pushed, widened
from pdesolve.solver.pde.domain import DomainTuning, choose_domain
from pdesolve.solver.pde.errors import Errors, none
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.pde.static_scan import scan
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import TRACKED
from tests.tools.solutions import solved


def mixture(means: list[float], sds: list[float], weights: list[float]) -> Case:
    keys = {"kind": "mixture", "means": means, "sds": sds, "weights": weights}
    return load_case("binary", {f"payoff.{key}": value for key, value in keys.items()})


NARROW = mixture([0.0, 1.0], [0.05, 0.05], [0.4, 0.6])


def test_a_scan_sees_a_peak_between_two_states_far_apart() -> None:
    """Two narrow components: the variance peaks over a width of 1 in xi, 0.25 high."""
    prior = make_prior(NARROW.payoff)
    line = np.array([[-1e5, -3e4, 7e4, 1e5]])
    rough = prior.cumulants(line[0], np.zeros(4)).variance.max()
    assert rough < 0.01
    assert scan(prior, line, np.zeros(1), 0.04).largest[0] == pytest.approx(0.2525, rel=0.05)


@pytest.mark.parametrize("name", ["baseline", "three_states", "mixture", "lottery", "uniform"])
def test_a_scan_finds_the_largest_variance_at_every_psi(name: str) -> None:
    prior = make_prior(load_case(name).payoff)
    psi = np.geomspace(1e-2, 1e3, 7) / prior.variance
    ends = (1.0 + psi * prior.variance)[:, None] / prior.sd * np.array([-30.0, 30.0])
    line = np.linspace(ends[:, 0], ends[:, 1], 5, axis=1)
    fine = np.linspace(ends[:, 0], ends[:, 1], 20001, axis=1)
    every = np.broadcast_to(psi[:, None], fine.shape)
    best = prior.cumulants(fine, every).variance.max(axis=1)
    found = scan(prior, line, psi, 0.1 * prior.sd).largest
    assert np.all(found >= 0.8 * best)


def test_prices_of_narrow_components_stay_near_them() -> None:
    domain = choose_domain(Economy.of(NARROW), 1e-5)
    assert 0.5 < domain.half_range < 2.0  # 5.3 once, and nothing of interest in a band of thousands


@pytest.mark.parametrize(
    ("case", "price"),
    [
        (NARROW, 0.5187361),
        pytest.param(
            mixture([0.0, 1.0, 3.0], [0.05] * 3, [0.5, 0.3, 0.2]),
            0.7271469,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_narrow_components_are_solved(case: Case, price: float) -> None:
    """0.5188711 ± 7e-7 and 0.753201 ± 2e-6 once: all passes shared a psi that ended far too low.

    The prices are those over a domain of 10 standard deviations at 1e-6.
    """
    found = solve(case, tol=1e-4)
    assert found.converged
    assert abs(found.initial.price - price) < found.error["price"] < 1e-4
    assert found.psi_reached[-1] <= found.space.psi_known


@pytest.mark.parametrize("name", ["inattention", "three_states"])
def test_nodes_gather_about_the_start_and_reach_as_far(name: str) -> None:
    economy = Economy.of(load_case(name))
    domain = choose_domain(economy, 1e-5)
    plain, near = (one.grid(81, 17, 8) for one in (domain, domain.about_start(0.35)))
    further = np.array([-1.0, 1.0]) * (near.xi - plain.xi)[:, [0, -1]]
    assert np.all(further >= -1e-12 * np.abs(plain.xi[:, [0, -1]]))  # but for rounding
    start, psi = np.array([economy.start]), np.zeros(1)
    assert near.spacing(start, psi) < 0.7 * plain.spacing(start, psi)
    assert np.ptp(near.xi[0]) < 1.5 * np.ptp(plain.xi[0])
    assert domain.about_start(0.35).about_start(None) == domain


@pytest.mark.parametrize("name", ["capacity", "inattention"])
@pytest.mark.parametrize("tol", [1e-4, 1e-5])
def test_at_kinks_values_are_those_of_a_node(name: str, tol: float) -> None:
    """Between two of them the spline of capacity left two thirds of the error at 1e-5."""
    found = solved(name, tol=tol)
    (nearest,) = np.flatnonzero(np.abs(found.space.xi[0] - found.economy.start) < 1e-10)
    at_node = found.static_nodes.variance[0, nearest] + found.states[0, 0, nearest, 1]
    assert found.initial.variance == pytest.approx(float(at_node), abs=1e-12)


def test_a_psi_that_is_passed_widens_the_domain() -> None:
    found = solved("three_states", tol=1e-4)
    domain = replace(choose_domain(found.economy, 1e-4), psi_top=found.space.psi_known)
    ask = CertificateTuning(margin=1.2)
    assert widened(domain, found, none(), 1e-4, ask) == domain
    short = replace(found, space=replace(found.space, psi_known=0.5 * float(found.psi_reached[-1])))
    wider = widened(domain, short, none(), 1e-4, ask)
    assert wider.psi_top == pytest.approx(1.2 * float(short.psi_reached[-1]))


def test_a_grid_that_paths_leave_is_widened() -> None:
    found = solved("three_states", tol=1e-4)
    domain = choose_domain(found.economy, 1e-4)
    assert covered(found, 7.5) > 7.5
    small = replace(found, space=replace(found.space, width=0.1 * found.space.width))
    assert covered(small, 7.5) < 4.0
    wider = widened(domain, small, none(), 1e-4, CertificateTuning())
    assert wider.reach == pytest.approx(1.5 * domain.reach)


def test_ends_that_are_felt_widen_the_grid() -> None:
    found = solved("three_states", tol=1e-4)
    domain = choose_domain(found.economy, 1e-4)
    for share, reach in ((0.4, domain.reach), (0.6, 1.5 * domain.reach)):
        ends = {**none(), "variance": share * 1e-4 * found.prior.variance}
        wider = widened(domain, found, ends, 1e-4, CertificateTuning())
        assert wider.reach == pytest.approx(reach)


def test_a_grid_that_is_too_narrow_at_first_is_widened_until_it_is_not() -> None:
    case, right = load_case("three_states"), solved("three_states", tol=1e-4)
    found = solve(case, tol=1e-4, tuning=Tuning(domain=DomainTuning(reach=1.0)))
    assert found.converged
    assert abs(found.initial.price - right.initial.price) < found.error["price"]


@pytest.mark.parametrize(
    "name", [pytest.param("noisy_supply", marks=pytest.mark.slow), "three_states"]
)
def test_no_more_paths_are_far_out_than_the_certificate_says(name: str) -> None:
    """Under both measures, at T: a normal law's shares beyond one and two standard deviations."""
    found, rng = solved(name, tol=1e-4), np.random.default_rng(3)
    prior, economy, space = found.prior, found.economy, found.space
    low, high = prior.low - prior.centre, prior.high - prior.centre
    neutral, _ = neutral_paths(found, rng, 4000, 100)
    traded = trade_paths(found, rng, 4000, 100, 1).fine
    for path in (neutral, traded):
        psi, zeta = path.psi, path.xi - prior.centre * path.psi - economy.start
        push = np.interp(psi, space.psi, pushed(found))
        sd = np.sqrt(2.0 * psi + economy.rho_sigma**2 * economy.horizon)
        for out in (zeta - psi * high - push, psi * low - zeta - push):
            for far, share in ((1.0, 0.159), (2.0, 0.023)):
                chance = np.sqrt(share * (1.0 - share) / out.size)
                assert np.mean(out / sd > far) <= share + 3.0 * chance


def test_small_supply_risk_takes_steps_that_can_be_judged() -> None:
    """One step once, whose estimate meant nothing: attention .97710 ± 7e-6 for .97719."""
    keys = {
        "market.risk_aversion": 8.308775,
        "market.supply_volatility": 0.0180158,
        "market.initial_supply": -0.189477,
        "payoff.kind": "beta",
        "payoff.a": 1.99709,
        "payoff.b": 2.288822,
        "payoff.low": 0.0,
        "payoff.high": 1.0,
        "attention.efficiency": 0.3850094,
        "attention.cost.scale": 0.00109071,
        "attention.cost.exponent": 1.3,
    }
    case = load_case("binary", keys)
    found, tight = solve(case, tol=1e-4), solve(case, tol=1e-6)
    assert found.steps["accepted"] >= Tuning().steps.fewest
    for name, bar in found.error.items():
        gap = abs(getattr(found.initial, name) - getattr(tight.initial, name))
        assert gap <= bar + tight.error[name], name


def test_nodes_are_measured_anew_where_the_ends_are_felt(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they leave on a domain that cuts into the solution says little about a wider one.

    A lottery won once in 10⁵ had bars of two thirds of its error when they were not.
    """
    felt = [0.55, 0.0]

    def ends(run: Metered, best: Solution, *_: object) -> Errors:
        share = felt.pop(0) * run.tolerance
        return {name: share * best.scales()[name] for name in TRACKED}

    def over(*_: object) -> None:
        raise AssertionError("the same nodes on a wider domain")

    monkeypatch.setattr(climb, "ends_leave", ends)
    monkeypatch.setattr(climb, "_over", over)
    found = solve("three_states", tol=1e-3)
    assert found.converged and not felt
