"""Identities notice wrong fields."""

from dataclasses import replace

from pdesolve.solver.solution import Solution
from pdesolve.verification.identities import identity_checks


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
