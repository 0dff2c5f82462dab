"""Tuning of the discrete model's mesh, and the mesh of a first pass."""

from dataclasses import dataclass, replace

import numpy as np

from pdesolve.model.economy import Economy
from pdesolve.solver.brief import Brief
from pdesolve.solver.discrete.dates import told
from pdesolve.solver.discrete.equilibria import SearchTuning
from pdesolve.solver.discrete.mesh import Mesh
from pdesolve.solver.discrete.period import PeriodTuning
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True, repr=False)
class DiscreteTuning(Brief):
    """How the mesh of the discrete model is chosen and refined.

    Set by trial on the named cases at 64 to 256 periods, so that the error estimate of 5e-5 holds
    against the same model at 1e-6.

    Attributes
    ----------
    coarse, fine : float
        The quadrature's spacing, in units of what the tolerance calls for: while lines are added,
        and from pass to pass later.
    edge : float
        Most weight of the quadrature's two ends; more means that a period is too long.
    spacing : float
        Of the first pass's xi nodes, times the largest static sd.
    lines, nodes : int
        Fewest lines of psi and xi nodes of the first pass.
    table_finer : int
        Nodes of a table of the static market, over those of the mesh.
    table_most : (int, int)
        Lines and nodes of such a table at most, if that is more than the mesh's.
    table_wider : float
        Its range of xi over the mesh's.
    passes : int
        Refinements of either direction at most.
    growth : float
        Of its nodes at each.
    margin : float
        On the psi that is reached.
    span : float
        Standard deviations that unbounded payoffs, or their components, are taken to have.
    most : int
        State nodes of all dates together, at some 100 bytes each.
    felt : float
        Share of the prior's variance below which attention does not matter.
    period, search : PeriodTuning, SearchTuning
        Accuracy of one period, and the search for further fixed points.
    """

    coarse: float = 1.25
    fine: float = 0.9
    edge: float = 1e-6
    spacing: float = 0.33
    lines: int = 6
    nodes: int = 36
    table_finer: int = 3
    table_most: tuple[int, int] = (30, 240)
    table_wider: float = 1.3
    passes: int = 4
    growth: float = 1.4
    margin: float = 1.05
    span: float = 5.0
    most: int = 2_000_000
    felt: float = 1e-6
    period: PeriodTuning = PeriodTuning()
    search: SearchTuning = SearchTuning()

    @property
    def kept(self) -> float:
        """Share of a change that is left, unless attention has a kink: twice that of order 4."""
        return 2.0 * self.growth**-4


def first_mesh(economy: Economy, periods: int, tuning: DiscreteTuning) -> Mesh:
    """Nodes for a first pass, from the static market."""
    prior, start = economy.prior, economy.start
    low, high = prior.span(np.array([0.0, start]), tuning.span)
    line = np.sinh(np.linspace(-9.0, 9.0, 401)) / prior.sd
    prices = prior.cumulants(line, np.zeros_like(line)).mean
    ends = np.interp([0.9 * low + 0.1 * high, 0.1 * low + 0.9 * high], prices, line)
    left, right = min(ends[0], start), max(ends[1], start)
    region = Mesh(
        centre=0.5 * (left + right),
        half_width=0.5 * (right - left),
        noise=economy.rho_sigma**2 * economy.horizon,
        half_range=0.5 * (high - low),
        scale=prior.variance,
        largest=lambda psi: np.full_like(psi, prior.variance),
        tops=np.zeros(periods),
        shape=(1, 1),
    )
    mesh = _with_learning(economy, region)
    narrow, wide = mesh.half(np.array([0.0, mesh.tops[-1]]))
    mean_width = narrow ** (2 / 3) * wide ** (1 / 3) * 2.0 * mesh.stretch / np.sinh(mesh.stretch)
    sd = float(np.sqrt(mesh.largest(np.zeros(1)))[0])
    count = max(tuning.nodes, 1 + round(mean_width * sd / tuning.spacing))
    lines = tuning.lines + round(np.log1p(mesh.tops[-1] * prior.variance))
    flat = prior.is_two_point or mesh.tops[-1] == 0.0
    return replace(mesh, shape=(1 if flat else lines, 1 if prior.is_normal else count))


def _with_learning(economy: Economy, region: Mesh) -> Mesh:
    """The largest static variance at each psi, and from it a generous bound on psi at each date."""
    prior, horizon, periods = economy.prior, economy.horizon, len(region.tops)
    most = region.half_range**2 if np.isfinite(prior.high - prior.low) else np.inf
    z = np.sinh(3.0 * np.linspace(-1.0, 1.0, 121)) / np.sinh(3.0)

    def largest(psi: Array) -> Array:
        zeta = region.centre + region.half(psi)[:, None] * z
        static = prior.cumulants(zeta, np.broadcast_to(psi[:, None], zeta.shape))
        return np.asarray(static.variance.max(axis=1))

    def speed(variance: Array) -> Array:
        bound = np.minimum(variance * (1.0 + region.noise * variance), most)
        return economy.motion(economy.respond(bound).precision_rate).psi_dot

    first = largest(np.zeros(1))
    farthest = max(float(speed(first)[0]) * horizon + economy.told, 1e-3 / first[0])
    psi = np.append(0.0, np.geomspace(1e-4 / first[0], farthest, 60))
    variance = np.maximum.accumulate(largest(psi)[::-1])[::-1]
    depth = np.log1p(psi * first)
    before = np.maximum.accumulate(psi - speed(variance) * horizon / periods)
    path, news = np.zeros(periods + 1), np.append(told(economy.market, periods), 0.0)
    for k in range(periods):
        path[k + 1] = np.interp(path[k], before, psi) + news[k + 1]
    return replace(
        region,
        largest=lambda psi: np.interp(np.log1p(psi * first), depth, variance),
        tops=(path - news)[1:],  # a date's states have not heard the next one's news
    )
