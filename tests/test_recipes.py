"""The recipes of pdesolve/README.md, followed from outside: solve with it, take it away again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import pdesolve
from pdesolve.case import (
    Attention,
    CaseError,
    MixturePayoff,
    PayoffSpec,
    case_to_toml,
    load_case,
    parameters,
    rules,
)
from pdesolve.model.attention import precision
from pdesolve.model.attention.precision import Precision
from pdesolve.model.payoff import factory
from pdesolve.model.payoff.mixture import MixturePrior
from pdesolve.numerics import rosenbrock
from pdesolve.numerics.tableau import Tableau
from pdesolve.typing import Array
from pdesolve.verification.identities import identity_checks


@dataclass(frozen=True, kw_only=True)
class TwinPayoff(PayoffSpec):
    """Two normals of one sd, equally likely, `apart` from each other."""

    kind: ClassVar[str] = "twin"
    middle: rules.Finite
    apart: rules.Positive
    sd: rules.Positive


def twin_prior(spec: TwinPayoff) -> MixturePrior:
    return MixturePrior(
        low=-np.inf,
        high=np.inf,
        centre=spec.middle,
        offsets=0.5 * spec.apart * np.array([-1.0, 1.0]),
        log_weights=np.log([0.5, 0.5]),
        sds=np.array([spec.sd]),
    )


def test_a_payoff_is_added_with_a_spec_and_a_prior(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "twins.toml"
    text = '[payoff]\nkind = "twin"\nmiddle = 1.0\napart = 2.0\nsd = 0.5\n'
    path.write_text('extends = "binary"\n' + text)
    with pytest.raises(CaseError, match=r"payoff.middle is not a known key"):
        load_case(path)
    with monkeypatch.context() as added:
        added.setitem(parameters.PAYOFFS, "twin", TwinPayoff)
        added.setitem(factory.PRIORS, TwinPayoff, twin_prior)
        case = load_case(path)
        assert case.payoff == TwinPayoff(middle=1.0, apart=2.0, sd=0.5)
        with pytest.raises(CaseError, match=r"payoff.apart must be > 0, got -1"):
            load_case(path, {"payoff.apart": -1})
        with pytest.raises(CaseError, match=r"payoff.values must be absent with payoff.kind"):
            load_case(path, {"payoff.values": [1, 2]})
        found = pdesolve.solve(case, tol=1e-4)
        twins = found.initial
        assert case == pdesolve.load_case(write(tmp_path, case))
    same = MixturePayoff(means=(0.0, 2.0), sds=(0.5, 0.5), weights=(0.5, 0.5))
    known = pdesolve.solve(replace(case, payoff=same), tol=1e-4)
    assert found.converged
    assert twins.price == pytest.approx(known.initial.price, abs=1e-9)
    assert twins.log_value == pytest.approx(known.initial.log_value, abs=1e-9)
    with pytest.raises(CaseError, match=r"payoff.middle is not a known key"):
        load_case(path)


def write(folder: Path, case: pdesolve.Case) -> Path:
    path = folder / f"{case.name}.toml"
    path.write_text(case_to_toml(case))
    return path


@dataclass(frozen=True, kw_only=True)
class LogarithmicAttention(Attention):
    """h(a) = efficiency·log(1 + a/unit)."""

    precision: ClassVar[str] = "logarithmic"
    efficiency: rules.Positive
    unit: rules.Positive


@dataclass(frozen=True)
class LogarithmicPrecision(Precision):
    """Equal shares: A = k J log(1 + S/(J u))."""

    spec: LogarithmicAttention

    @property
    def _whole(self) -> float:
        return self.spec.signals * self.spec.unit

    def rate(self, total: Array) -> Array:
        return self.spec.efficiency * self.spec.signals * np.log1p(total / self._whole)

    def margin(self, total: Array) -> Array:
        return self.spec.efficiency * self.spec.signals / (self._whole + total)

    def steepness(self, total: Array) -> Array:
        return -1.0 / (self._whole + total)


def test_a_technology_is_added_with_a_spec_and_a_class(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "logs.toml"
    text = '[attention]\nprecision = "logarithmic"\nefficiency = 0.5\nunit = 0.5\nsignals = 3\n'
    path.write_text('extends = "three_states"\n' + text)
    with pytest.raises(CaseError, match=r"attention.unit is not a known key"):
        load_case(path)
    with monkeypatch.context() as added:
        added.setitem(parameters.PRECISIONS, "logarithmic", LogarithmicAttention)
        added.setitem(precision.PRECISIONS, LogarithmicAttention, LogarithmicPrecision)
        case = load_case(path)
        with pytest.raises(CaseError, match=r"attention.elasticity must be absent"):
            load_case(path, {"attention.elasticity": 0.5})
        found = pdesolve.solve(case, tol=1e-4)
        assert found.converged
        checks = list(identity_checks(found))  # the best attention among them, by a scan
        assert any("attention" in check.name for check in checks)
        assert all(check.passed for check in checks)
        # C'(S) = V/(2 rho) A'(S) with C' = c S: quadratic in S
        k, whole, c = 0.5 * 3, 1.5, case.attention.cost.scale
        benefit = found.initial.variance / (2 * case.market.risk_aversion)
        best = 0.5 * (np.sqrt(whole**2 + 4 * benefit * k / c) - whole)
        assert found.initial.attention == pytest.approx(best, rel=1e-12)
        few, more = (pdesolve.solve_discrete(case, n).initial.price for n in (32, 64))
        assert 2 * more - few == pytest.approx(found.initial.price, abs=2e-3)
    with pytest.raises(CaseError, match=r"attention.unit is not a known key"):
        load_case(path)


def test_a_time_scheme_is_a_tableau() -> None:
    """The linearly implicit Euler step, of order one."""
    euler = Tableau(order=1, gamma=1.0, a=np.zeros((1, 1)), c=np.zeros((1, 1)))

    class Decay:
        def __init__(self, u: Array):
            self.initial_rates = -u

        def rates(self, u: Array) -> Array:
            return -u

        def factor(self, shift: float) -> Callable[[Array], Array]:
            return lambda r: r / (shift + 1.0)

    ends = [
        float(rosenbrock.fixed_steps(Decay, np.ones(1), [1 / n] * n, method=euler)[0])
        for n in (100, 200)
    ]
    errors = [abs(end - np.exp(-1.0)) for end in ends]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(1.0, abs=0.02)
