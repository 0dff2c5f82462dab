"""Identities notice wrong fields."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.model.payoff.prior import Cumulants
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from pdesolve.verification.identities import identity_checks
from tests.tools.solutions import solved


def test_identities_notice_a_wrong_field(normal: Solution) -> None:
    assert all(check.passed for check in identity_checks(normal))
    states = normal.states.copy()
    states[..., 1] += 1e-3
    checks = identity_checks(replace(normal, states=states))
    names = [check.name for check in checks if not check.passed]
    assert names == [
        "payoff date: fields are the static ones",
        "normal payoff: variance in closed form",
        "normal payoff: attention in closed form",
        "normal payoff: precision rate in closed form",
        "normal payoff: price volatility in closed form",
        "normal payoff: svix in closed form",
    ]


def test_the_heat_equation_holds_where_a_payoff_is_far_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one in ten thousand; and a log mass that is off by 1e-4 of psi is noticed."""
    solution = solved("jackpot", tol=1e-3)
    assert all(check.passed for check in identity_checks(solution))
    prior = type(solution.prior)
    right = prior.cumulants

    def wrong(self: object, zeta: Array, psi: Array) -> Cumulants:
        found = right(solution.prior, zeta, psi)
        return found._replace(phi=found.phi + 1e-4 * np.asarray(psi) * solution.prior.variance)

    monkeypatch.setattr(prior, "cumulants", wrong)
    failed = [check.name for check in identity_checks(solution) if not check.passed]
    assert failed == ["heat equation: phi_psi + (V^s + p^s²)/2"]
