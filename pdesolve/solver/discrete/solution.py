"""A solved discrete model: fields as functions of (xi, psi, t), data sets and files."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.case import Case
from pdesolve.solver.discrete.dates import told
from pdesolve.solver.discrete.mesh import Between, Mesh
from pdesolve.solver.fields import States
from pdesolve.solver.solved import Solved
from pdesolve.solver.steady import Along, steady_on
from pdesolve.solver.summary import as_html, table
from pdesolve.solver.values import ERRORS, labels
from pdesolve.typing import Array
from pdesolve.version import __version__

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DiscreteSolution(Solved):
    """The equilibrium of the discrete model; as text and in notebooks, a table.

    Between two trading dates nothing moves: fields at t are those of the last date up to t, on the
    date of an announcement those just after it.

    Attributes
    ----------
    case : Case
    mesh : Mesh
    fields : array, shape (periods, 4, lines, nodes)
        Deviations of p, V, L and E^Q[V'] from p^s, V^s, phi and V^s, centred payoff.
    rates : array, shape (periods, lines, nodes)
        Precision rates A, 1/(money² time); 0 at the last date.
    counts : array of int, shape (periods, lines, nodes)
        Precision rates found that are best responses to themselves; the least is in `rates`.
    alternatives : tuple of float
        All of them at the initial state, if they are several; otherwise empty.
    kinked : bool
        Whether attention is zero or capped in one part of the mesh and not in another, or may jump
        because there are several of it.
    error : dict
        Estimated absolute errors, of quadrature and interpolation, of the initial values named
        in `ERRORS`.
    converged : bool
        Whether every error is within the tolerance asked for.
    message : str
        A sentence that says how the solve ended.
    seconds : float
        Wall time.
    version : str
        Of the package that solved it.
    """

    case: Case
    mesh: Mesh
    fields: Array
    rates: Array
    counts: NDArray[np.intp]
    kinked: bool
    alternatives: tuple[float, ...] = ()
    error: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ERRORS, float("nan")))
    converged: bool = False
    message: str = "one pass: no error estimate"
    seconds: float = 0.0
    version: str = __version__

    def __repr__(self) -> str:
        return table(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    @property
    def size(self) -> dict[str, dict[str, int]]:
        """Lines, nodes on each, and periods."""
        lines, nodes = self.mesh.shape
        return {
            "grid": {"xi_nodes": nodes, "psi_nodes": lines},
            "steps": {"periods": len(self.fields)},
        }

    @property
    def times(self) -> Array:
        """Trading dates t, shape (periods,)."""
        return np.asarray(np.arange(len(self.fields)) * self.length, dtype=np.float64)

    @property
    def length(self) -> float:
        """Delta, the length of a period."""
        return self.case.market.horizon / len(self.fields)

    @property
    def several(self) -> float:
        """Share of the nodes, the last date's apart, where several attentions are possible."""
        return float(np.mean(self.counts[:-1] > 1)) if len(self.counts) > 1 else 0.0

    @property
    def said_of_several(self) -> str:
        """The end of a sentence that says so; empty if attention is unique everywhere."""
        if not self.several:
            return ""
        start = ", ".join(f"{rate:.4g}" for rate in self.alternatives)
        also = f", at t = 0 A = {start}" if start else ", not at t = 0"
        share = f"{100.0 * self.several:.2g}% of the nodes"
        return f"; several attentions are best responses at {share}{also}: the least is taken"

    @cached_property
    def psi_reached(self) -> Array:
        """Largest psi that an economy starting from psi = 0 can have at `times`, 1/money²."""
        path, news = np.zeros(len(self.fields)), told(self.case.market, len(self.fields))
        for k in range(len(path) - 1):
            a, psi = self.rates[k].max(axis=1), self.mesh.nodes(k)[1][:, 0]
            path[k + 1] = (
                path[k] + np.interp(path[k], psi, self.economy.motion(a).psi_dot) * self.length
            ) + news[k + 1]
        return path

    @cached_property
    def _steady(self) -> Along:
        """Those states at every date."""
        xi, psi = (np.full(len(self.fields), np.nan) for _ in range(2))
        news, learned = told(self.case.market, len(self.fields)), 0.0
        for k, t in enumerate(self.times):
            learned += news[k]
            line = self.prior.centre * learned + self.mesh.line(np.array([learned]))
            psi[k], xi[k] = learned, steady_on(self, line, learned, t) if k else self.economy.start
            rate = self.precision_rate(xi[k], learned, t)
            if np.isnan(rate):
                break
            learned += float(self.economy.motion(rate).psi_dot) * self.length
        return Along(xi, psi)

    def along(self, t: ArrayLike) -> Along:
        """States on the path from the initial one along which the price stays put.

        Parameters
        ----------
        t : array_like
            Times from 0 to the horizon.

        Returns
        -------
        xi, psi : array
            1/money and 1/money², shaped like t: those of the last trading date up to it. NaN at
            other times, and from where the path leaves what the solution covers.
        """
        t = np.asarray(t, float)
        known = (t >= 0.0) & (t <= self.case.market.horizon * (1 + 1e-12))
        at = self._date(np.where(known, t, 0.0)).astype(int)
        return Along(*(np.where(known, states[at], np.nan) for states in self._steady))

    def _date(self, t: Array) -> Array:
        """Number of the last trading date up to t."""
        return np.clip(np.floor(t / self.length + 1e-9), 0, len(self.fields) - 1)

    def _at(self, xi: ArrayLike, psi: ArrayLike, t: ArrayLike) -> Array:
        """Totals p, V, L, E^Q[V'], (4, *shape); NaN where not known."""
        at, last = States(self.prior, xi, psi, t), len(self.fields) - 1
        y, when, zeta, variance = at.psi, at.t, at.zeta, at.static.variance
        static = np.stack([at.mean, variance, at.phi, variance])
        date = self._date(when)
        known = (y >= 0.0) & (when >= 0.0) & (when <= self.case.market.horizon * (1 + 1e-12))
        out = np.full(static.shape, np.nan)
        for k in np.unique(date[known]).astype(int):
            here = known & (date == k)
            if k == last:  # the static market, and nothing left to learn
                out[:, here] = static[:, here]
                out[3, here] = 0.0
                continue
            depth, along = self.mesh.locate(k, zeta, np.maximum(y, 0.0))
            lines, count = self.mesh.shape
            if not self.prior.is_two_point:
                here &= (depth <= 1.0 + 1e-12) if lines > 1 else (y == 0.0)
            if count > 1:
                here &= (along >= -1e-12) & (along <= 1.0 + 1e-12)
            between = Between(self.mesh, k, self.fields[k])
            found = between(zeta[here][:, None], y[here])[..., 0]
            out[:, here] = static[:, here] + found
        return out

    def price(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price p, money; arguments and NaN as in `Reading.price`."""
        return np.asarray(self._at(xi, psi, t)[0])

    def variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral variance V, money²."""
        return np.asarray(self._at(xi, psi, t)[1])

    def log_value(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Log value L."""
        return np.asarray(self._at(xi, psi, t)[2])

    def paying_variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """The variance after the period that begins at t, E^Q[V'], money²; 0 at the last date."""
        return np.asarray(self._at(xi, psi, t)[3])

    def price_volatility(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral sd of the price's next move over sqrt(Delta), money/sqrt(time)."""
        _, variance, _, later = self._at(xi, psi, t)
        volatility: Array = np.sqrt(np.maximum(variance - later, 0.0) / self.length)
        return volatility

    def to_dataset(self) -> xarray.Dataset:
        """Fields at the nodes, with labelled axes.

        Returns
        -------
        xarray.Dataset
            Dimensions t, line, node; coordinates psi(t, line) and xi(t, line, node).
        """
        import xarray

        dims = ("t", "line", "node")
        zeta, psi = np.stack([self.mesh.nodes(k) for k in range(len(self.fields))], axis=1)
        xi, t = zeta + self.prior.centre * psi, self.times[:, None, None]
        names = ("price", "variance", "attention", "precision_rate", "log_value")
        values = {name: getattr(self, name)(xi, psi, t) for name in (*names, "price_volatility")}
        values |= {
            name: getattr(self, name)(xi, psi) for name in ("static_price", "static_variance")
        }
        coords = {
            "t": ("t", self.times, labels("t")),
            "psi": (dims[:2], psi[..., 0], labels("psi")),
            "xi": (dims, xi, labels("xi")),
        }
        variables = {name: (dims, value, labels(name)) for name, value in values.items()}
        attrs = {"title": self.case.title, "case_name": self.case.name, "summary": self.message}
        return xarray.Dataset(variables, coords, attrs=attrs)
