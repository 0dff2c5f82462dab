"""Nodes gather where evidence tells far payoffs apart, and psi ends where paths are improbable."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.economy import Economy
from pdesolve.solver.pde.domain import DomainTuning, choose_domain
from pdesolve.solver.pde.scales import ScaleTuning
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from tests.acceptance.test_cases import REFERENCE
from tests.tools.solutions import solved

VARIANCE = REFERENCE["jackpot"][1]


def off(found: Solution) -> float:
    """Of the variance, over its bar."""
    return abs(found.initial.variance - VARIANCE) / found.error["variance"]


@pytest.mark.parametrize(
    ("name", "lines"), [("jackpot", 1), ("disaster", 1), ("baseline", 0), ("binary", 0)]
)
def test_nodes_gather_where_that_saves_many(name: str, lines: int) -> None:
    assert len(choose_domain(Economy.of(load_case(name)), 1e-4).lines) == lines


def test_gathered_nodes_are_far_fewer() -> None:
    """Of one scale, hundreds are not enough: no pass gets through."""
    found = solved("jackpot", tol=1e-4)
    assert found.converged and found.space.clusters is not None
    assert found.space.n_xi < 100
    assert off(found) < 1.0


@pytest.mark.parametrize(
    "scales", [ScaleTuning(about=8.0), ScaleTuning(parted=(0.1, 0.1), saved=-1e3)]
)
def test_the_number_does_not_depend_on_the_map(scales: ScaleTuning) -> None:
    tuning = Tuning(domain=DomainTuning(scales=scales))
    found = solve("jackpot", tol=1e-4, tuning=tuning)
    assert found.converged
    assert off(found) < 1.0


def test_psi_ends_far_below_what_is_possible() -> None:
    found = solved("jackpot", tol=1e-4)
    assert found.psi_reached[-1] <= found.space.psi_known < found.psi_possible
    generous = replace(found, sds=np.inf)
    assert generous.psi_reached[-1] == found.psi_possible
    wide = choose_domain(found.economy, 1e-4, DomainTuning(leaving=1e-300))
    assert wide.psi_top > 3.0 * found.space.psi_known


@pytest.mark.slow
def test_psi_that_ends_too_soon_is_measured_and_cured() -> None:
    """Paths beyond 1.3 standard deviations are left out at first."""
    tuning = Tuning(domain=DomainTuning(leaving=1e3))
    found = solve("jackpot", tol=1e-4, tuning=tuning)
    first = choose_domain(found.economy, 1e-4, tuning.domain)
    assert first.sds == pytest.approx(1.2816, abs=1e-3)
    assert found.sds > first.sds
    assert found.converged
    assert off(found) < 1.0
