"""Breaking the production code on purpose: which manufactured check notices what."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from pdesolve.model import equations
from pdesolve.model.attention.response import Response
from pdesolve.model.equations import Motion
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.numerics import banded, grid
from pdesolve.numerics.grid import Grid
from pdesolve.numerics.stencils import collocation_weights, mirrored_blocks, mirrored_rows
from pdesolve.solver.pde.system import Equilibrium
from pdesolve.typing import Array
from pdesolve.verification.manufactured_solution import SIZES
from pdesolve.verification.order_studies import joint_table, psi_table, time_table, xi_table
from pdesolve.verification.orders import OrderTable

Break = Callable[[pytest.MonkeyPatch], None]


def wrong_rates(change: Callable[[Array, Array, Cumulants, Motion], None]) -> Break:
    """Replace `rates` by one that is changed in place afterwards."""

    def apply(monkeypatch: pytest.MonkeyPatch) -> None:
        right = equations.rates

        def wrong(
            u: Array,
            jet: Array,
            static: Cumulants,
            move: Motion,
            *rest: Any,
        ) -> Array:
            out = right(u, jet, static, move, *rest)
            change(out, jet[0], static, move)
            return out

        monkeypatch.setattr(equations, "rates", wrong)

    return apply


def flip_k3(out: Array, u_xi: Array, static: Cumulants, move: Motion) -> None:
    out[..., 0] -= move.risk * static.third


def drop_source(out: Array, u_xi: Array, static: Cumulants, move: Motion) -> None:
    out[..., 1] -= move.kappa2 * (static.variance + u_xi[..., 0]) ** 2


def static_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(system: Equilibrium, u: Array, guess: Array | None = None) -> Response:
        return system.economy.respond(system.static.variance, guess)

    monkeypatch.setattr(Equilibrium, "respond", respond)


def put(monkeypatch: pytest.MonkeyPatch, **broken: Callable[..., object]) -> None:
    """Replace these functions of grids and their implicit steps, whatever has been kept."""
    for module, (name, other) in product((grid, banded), broken.items()):
        monkeypatch.setattr(module, name, other, raising=False)
    monkeypatch.setattr(banded, "_patterns", banded._patterns.__wrapped__)


def lower_xi_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Differences of two orders less, with zeros where the stencil was wider."""

    def rows(order: int, nodes: int) -> list[Array]:
        wider = 1 if nodes > 1 else 0
        return [np.pad(one, ((wider,), (0,))) for one in mirrored_rows(order - 2, nodes)]

    put(
        monkeypatch,
        mirrored_rows=rows,
        mirrored_blocks=lambda order, nodes: mirrored_blocks(order - 2, nodes),
    )


def lower_psi_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collocation at equal distances instead of the Radau points."""

    def nodes(stages: int) -> Array:
        return np.arange(1.0, stages + 1) / stages

    put(
        monkeypatch,
        radau_nodes=nodes,
        element_weights=lambda stages: -collocation_weights(nodes(stages))[::-1, ::-1],
    )


def downwind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derivatives along psi from the line below instead of those above."""

    def matrix(self: Grid) -> Array:
        if self.n_psi == 1:
            return np.zeros((1, 1))
        step = np.diff(self.psi, prepend=self.psi[0] - (self.psi[1] - self.psi[0]))
        difference = np.eye(self.n_psi) - np.eye(self.n_psi, k=-1)
        return self.fade[:, None] * difference / step[:, None]

    monkeypatch.setattr(Grid, "upwind", property(matrix))


MUTATIONS: dict[str, tuple[Break, set[str]]] = {
    "sign of k3": (wrong_rates(flip_k3), {"xi", "psi", "time", "joint"}),
    "no price variance": (wrong_rates(drop_source), {"xi", "psi", "time", "joint"}),
    "static variance pays": (static_variance, {"xi", "psi", "time", "joint"}),
    "lower order along xi": (lower_xi_order, {"xi", "time", "joint"}),
    "lower order along psi": (lower_psi_order, {"psi", "joint"}),
    "wrong upwind side": (downwind, {"psi", "joint"}),
}
CHECKS: dict[str, Callable[[], OrderTable]] = {
    "xi": xi_table,
    "psi": psi_table,
    "time": time_table,
    "joint": joint_table,
}


QUICKEST = {
    "lower order along psi": "psi",
    "wrong upwind side": "joint",
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_breaking_the_code_is_caught(mutation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check = QUICKEST.get(mutation, "xi")
    assert check in MUTATIONS[mutation][1]
    MUTATIONS[mutation][0](monkeypatch)
    table = CHECKS[check]()
    assert not table.passed
    assert {row.field for row in table.failures} == set(SIZES)  # the fields are coupled


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_each_check_catches(
    mutation: str, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each check is blind to some breaks, and to those only: nothing fails by accident."""
    apply, caught_by = MUTATIONS[mutation]
    apply(monkeypatch)
    assert CHECKS[check]().passed == (check not in caught_by)
