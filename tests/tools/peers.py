"""The same equations by general tools: SciPy's method of lines and py-pde, where installed.

Both get what they need to do well: deviations from the static market, whose cumulants are exact,
nodes that fan out with the band of states, equal steps of the logarithm of psi, and a region cut by
hand from the one that `solve` chooses. Differences and steps are theirs; there are no error bars.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from time import process_time
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import make_interp_spline

from pdesolve.case import Case
from pdesolve.model import equations
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.typing import Array

HAS_PY_PDE = find_spec("pde") is not None
TOP, REACH = 1.3, 0.7  # of the largest psi that is reached, and of how far `solve` goes along xi


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Equal steps in y = xi/(1 + spread psi), from end to end, and in eta = log(1 + psi/scale).

    Attributes
    ----------
    case : Case
    n_xi, n_psi : int
        Nodes.
    """

    case: Case
    n_xi: int
    n_psi: int

    @cached_property
    def economy(self) -> Economy:
        return Economy.of(self.case)

    @cached_property
    def region(self) -> tuple[float, float, float, float, float]:
        """Centre and half width of y, spread, scale of psi, and the largest eta."""
        domain = choose_domain(self.economy, 1e-5)
        half = 0.5 * (domain.high - domain.low)
        top = float(np.log1p(TOP * domain.psi_top / domain.psi_scale))
        spread = domain.half_range / half
        return (
            0.5 * (domain.high + domain.low),
            half + REACH * domain.reach,
            spread,
            domain.psi_scale,
            top,
        )

    @cached_property
    def y(self) -> Array:
        return np.linspace(-self.region[1], self.region[1], self.n_xi)

    @cached_property
    def psi(self) -> Array:
        _, _, _, scale, top = self.region
        return scale * np.expm1(np.linspace(0.0, top, self.n_psi))[:, None]

    @cached_property
    def fan(self) -> Array:
        return 1.0 + self.region[2] * self.psi

    @cached_property
    def static(self) -> Cumulants:
        xi = self.region[0] + self.fan * self.y
        return self.economy.prior.cumulants(xi, np.broadcast_to(self.psi, xi.shape))

    def rates(self, u: Array, u_y: Array, u_yy: Array, u_eta: Array) -> Array:
        """The model's right-hand sides, shape (n_psi, n_xi, 3), by the chain rule."""
        economy, fan = self.economy, self.fan[..., None]
        found = economy.respond(self.static.variance + u[..., 1])
        bent = self.region[2] * self.y[:, None] / fan
        u_psi = u_eta / (self.region[3] + self.psi[..., None]) - bent * u_y
        move, rho = economy.motion(found.precision_rate), economy.risk_aversion
        jet = np.stack([u_y / fan, u_yy / fan**2, u_psi])
        return equations.rates(u, jet, self.static, move, found.cost, rho)

    def initial(self, u: Array) -> dict[str, float]:
        """Reported values at t = 0 from the fields there."""
        start = self.economy.start - self.region[0]
        q, v, gain = make_interp_spline(self.y, u[0], k=5)(start)
        static, prior = self.economy.prior.cumulants(self.economy.start, 0.0), self.economy.prior
        found = self.economy.respond(float(static.variance + v))
        return {
            "price": float(prior.centre + static.mean + q),
            "variance": float(static.variance + v),
            "attention": float(found.attention),
            "precision_rate": float(found.precision_rate),
            "log_value": float(self.economy.start * prior.centre + static.phi + gain),
        }


Answer = tuple[dict[str, float], float]  # initial values, and CPU seconds


def by_scipy(case: Case, n_xi: int, n_psi: int, order: int, rtol: float) -> Answer:
    """Central differences of order 2 or 4 along xi, upwind ones of order 2 or 3 along psi, RK23."""
    began = process_time()
    lines = Lines(case=case, n_xi=n_xi, n_psi=n_psi)
    along_y, along_eta = _central(order), _upwind(order)
    dy, deta = lines.y[1] - lines.y[0], lines.region[4] / (n_psi - 1)

    def rates(time: float, flat: Array) -> Array:
        u = flat.reshape(n_psi, n_xi, 3)
        u_y, u_yy = along_y(u, dy)
        return lines.rates(u, u_y, u_yy, along_eta(u, deta)).ravel()

    none, span = np.zeros(n_psi * n_xi * 3), (0.0, case.market.horizon)
    with np.errstate(all="ignore"):
        done = solve_ivp(rates, span, none, method="RK23", rtol=rtol, atol=rtol)
    return lines.initial(done.y[:, -1].reshape(n_psi, n_xi, 3)), process_time() - began


def _central(order: int) -> Callable[[Array, float], tuple[Array, Array]]:
    """First and second differences along the second axis; the mirror image continues a field."""
    m = order // 2
    first, second = {
        2: ([1 / 2], [-2.0, 1.0]),
        4: ([2 / 3, -1 / 12], [-5 / 2, 4 / 3, -1 / 12]),
    }[order]

    def both(u: Array, step: float) -> tuple[Array, Array]:
        wide = np.concatenate([u[:, m:0:-1], u, u[:, -2 : -m - 2 : -1]], axis=1)
        n = u.shape[1]
        u_y, u_yy = np.zeros_like(u), second[0] * u
        for k, (w1, w2) in enumerate(zip(first, second[1:], strict=True), start=1):
            right, left = wide[:, m + k : m + k + n], wide[:, m - k : m - k + n]
            u_y += w1 * (right - left)
            u_yy += w2 * (right + left)
        return u_y / step, u_yy / step**2

    return both


def _upwind(order: int) -> Callable[[Array, float], Array]:
    """Differences along the first axis, from above; none at its end."""

    def one(u: Array, step: float) -> Array:
        found = np.zeros_like(u)
        found[-2] = u[-1] - u[-2]
        found[:-2] = -1.5 * u[:-2] + 2.0 * u[1:-1] - 0.5 * u[2:]
        if order == 4:
            found[1:-2] = -u[:-3] / 3 - u[1:-2] / 2 + u[2:-1] - u[3:] / 6
            found[0] = -11 / 6 * u[0] + 3 * u[1] - 1.5 * u[2] + u[3] / 3
        return found / step

    return one


def by_py_pde(case: Case, n_xi: int, n_psi: int, tolerance: float) -> Answer:
    """Its central differences along both axes, on cells, and its adaptive Runge-Kutta steps.

    The seconds are those of the march: compiling its differences takes ten more.
    """
    pde: Any = import_module("pde")
    lines = Lines(case=case, n_xi=n_xi, n_psi=n_psi)
    half_y = (lines.y[1] - lines.y[0]) / 2
    half_eta = lines.region[4] / (n_psi - 1) / 2
    ends = [
        (-half_eta, lines.region[4] + half_eta),  # the nodes are the middles of its cells
        (lines.y[0] - half_y, lines.y[-1] + half_y),
    ]
    grid = pde.CartesianGrid(ends, [n_psi, n_xi])
    level = {"derivative": 0}
    sides = {"x-": {"curvature": 0}, "x+": level, "y-": level, "y+": level}
    operators = [grid.make_operator(name, bc=sides) for name in ("d_dy", "d2_dy2", "d_dx")]

    class Equations(pde.PDEBase):  # type: ignore[misc]
        def evolution_rate(self, state: Any, t: float = 0.0) -> Any:
            u = np.moveaxis(state.data, 0, -1)
            u_y, u_yy, u_eta = (
                np.stack([operator(field) for field in state.data], axis=-1)
                for operator in operators
            )
            u_eta[-1] = 0.0  # as nobody gets there
            found = state.copy()
            found.data = np.moveaxis(lines.rates(u, u_y, u_yy, u_eta), -1, 0)
            return found

    none, system = pde.FieldCollection([pde.ScalarField(grid, 0.0) for _ in range(3)]), Equations()
    how = {"solver": "runge-kutta", "adaptive": True, "tolerance": tolerance, "backend": "numpy"}
    with np.errstate(all="ignore"):
        system.solve(none, 1e-6, dt=1e-6, tracker=None, **how)  # compiles
        began = process_time()
        done = system.solve(none, case.market.horizon, dt=1e-5, tracker=None, **how)
    return lines.initial(np.moveaxis(done.data, 0, -1)), process_time() - began
