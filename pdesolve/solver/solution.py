"""A solved case: fields as functions of (xi, psi, t), the initial state, data sets and files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case import Case, case_to_dict
from pdesolve.model.equations import FIELDS
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.numerics.grid import Grid
from pdesolve.solver.fields import Deviations, States, static_nodes
from pdesolve.solver.reading import Reading
from pdesolve.solver.storage import read_saved, seal, seal_file
from pdesolve.solver.values import BARS, ERRORS, QUANTITIES, TRACKED, labels
from pdesolve.typing import Array
from pdesolve.version import __version__

if TYPE_CHECKING:
    import xarray


class KnownStatic(NamedTuple):
    """Static cumulants at the nodes of a grid, and what they belong to."""

    case: Case
    space: Grid
    cumulants: Cumulants


def _unknown() -> dict[str, float]:
    return {name: float("nan") for name in TRACKED if name not in ERRORS}


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution(Reading):
    """The equilibrium of a case.

    Attributes
    ----------
    case : Case
    space : Grid
        State grid of the last pass.
    times : array, shape (n,)
        Times t from 0 to the horizon.
    states, rates : array, shape (n, n_psi, n_xi, 3)
        Deviations (p - p^s, V - V^s, L - phi) of the centred payoff and their derivatives to T - t.
    error : dict
        Estimated absolute errors of the initial values named in `ERRORS`; `bars` has more.
    converged : bool
        Whether every error is within the tolerance asked for.
    message : str
        A sentence that says how the solve ended.
    steps : dict
        Size of the time integration.
    seconds : float
        Wall time.
    version : str
        Of the package that solved it.
    further_error : dict
        The same of what else is measured, though no accuracy is asked of it.
    known_static : KnownStatic or None
        The static market at the nodes, where it has been evaluated already.
    """

    case: Case
    space: Grid
    times: Array
    states: Array
    rates: Array
    error: dict[str, float]
    converged: bool
    message: str
    steps: dict[str, Any]
    seconds: float
    version: str = __version__
    further_error: dict[str, float] = field(default_factory=_unknown)
    known_static: KnownStatic | None = field(default=None, repr=False)

    @property
    def grid(self) -> dict[str, int]:
        """Size of the state grid."""
        space = self.space
        return {"xi_nodes": space.n_xi, "psi_nodes": space.n_psi, "order": space.order}

    # ------------------------------------------------------------------ fields

    @cached_property
    def _deviations(self) -> Deviations:
        return Deviations(
            space=self.space,
            times=self.times,
            states=self.states,
            rates=self.rates,
            psi_limit=self.psi_limit if self.space.n_psi > 1 else np.full_like(self.times, np.inf),
        )

    def slab(self, t: float) -> Array:
        """Deviations at the nodes at time t, shape (n_psi, n_xi, 3)."""
        return self._deviations.slab(t)

    def price(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price p, money.

        Parameters
        ----------
        xi, psi, t : array_like
            States (1/money, 1/money²) and time, broadcast together.

        Returns
        -------
        array
            Shaped like the broadcast arguments; NaN outside the region that the solution covers
            (`psi_limit` says how far it goes in psi).
        """
        at = States(self.prior, xi, psi, t)
        return at.mean + self._deviations.at(at, 0)

    def variance(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Risk-neutral variance V, money²; arguments and shape as in `price`.

        Zero where it is lost to rounding or to the error, which may leave it negative.
        """
        at = States(self.prior, xi, psi, t)
        return np.maximum(at.static.variance + self._deviations.at(at, 1), 0.0)

    def log_value(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Log value L; arguments and shape as in `price`."""
        at = States(self.prior, xi, psi, t)
        return at.phi + self._deviations.at(at, 2)

    def price_volatility(self, xi: ArrayLike, psi: ArrayLike = 0.0, t: ArrayLike = 0.0) -> Array:
        """Price volatility kappa p_xi, money/sqrt(time); arguments and shape as in `price`.

        Zero where it is lost to rounding or to the error, as the variance is.
        """
        at = States(self.prior, xi, psi, t)
        kappa2 = self.economy.motion(self.precision_rate(xi, psi, t)).kappa2
        slope = self._deviations.at(at, 0, along_xi=True)
        return np.sqrt(kappa2) * np.maximum(at.static.variance + slope, 0.0)

    @property
    def volatility_error(self) -> float:
        """Estimated absolute error of the price volatility."""
        return self.further_error["price_volatility"]

    @property
    def bars(self) -> dict[str, float]:
        """Estimated absolute errors of the initial values named in `BARS`."""
        known = {**self.error, **self.further_error}
        for name in BARS:
            follows = QUANTITIES[name].bar_from
            if follows is not None:
                known[name] = follows(self.economy, known)
        return {name: known[name] for name in BARS}

    # ------------------------------------------------------------------ what it implies

    def expectations(
        self,
        measure: str = "physical",
        given: float | None = None,
        dates: Sequence[float] | None = None,
    ) -> xarray.Dataset:
        """What is expected at t = 0 of the market at later dates (derivation.md, section 11).

        Parameters
        ----------
        measure : {"physical", "risk-neutral"}
            With the prior's or the market's probabilities.
        given : float, optional
            Payoff, money, that comes true: under the physical measure only.
        dates : sequence of float, optional
            Between 0 and the horizon; the default is 51 of them.

        Returns
        -------
        xarray.Dataset
            Over `t`: price, variance, attention, premium, informativeness, ... and NAME_error, the
            estimated absolute error of each.

        Raises
        ------
        ValueError
            If a date, the measure or the payoff is not possible.
        """
        from pdesolve.finance.by_date import expectations  # lent by the room above

        return expectations(self, measure, given, dates)

    def option_prices(
        self, strikes: ArrayLike | None = None, maturity: float | None = None
    ) -> xarray.Dataset:
        """European options at t = 0 and what they imply (derivation.md, section 12).

        Parameters
        ----------
        strikes : array_like, optional
            Money; the default is 41 of them around the price.
        maturity : float, optional
            Date, after 0; at the horizon, the default, options are on the payoff, before it on the
            price.

        Returns
        -------
        xarray.Dataset
            Over `strike`: call, put, normal_volatility, black_volatility; without a dimension:
            forward, variance, variance_from_options, svix. Each with NAME_error. NaN where there is
            none.

        Raises
        ------
        ValueError
            If a strike is not a finite number, or the maturity not after 0 and up to the horizon.
        """
        from pdesolve.finance.claims import option_prices  # lent by the room above

        return option_prices(self, strikes, maturity)

    def state_prices(self, maturity: float | None = None) -> xarray.Dataset:
        """Prices at t = 0 of a unit of money in each state (derivation.md, section 12).

        Parameters
        ----------
        maturity : float, optional
            As in `option_prices`.

        Returns
        -------
        xarray.Dataset
            Of a discrete payoff `state_price` over its values `x`, adding up to one; else
            `density`, 1/money, over payoffs (or prices) around the price. Each with NAME_error.

        Raises
        ------
        ValueError
            If the maturity is not after 0 and up to the horizon.
        """
        from pdesolve.finance.claims import state_prices  # lent by the room above

        return state_prices(self, maturity)

    def simulate(
        self,
        paths: int = 10_000,
        dates: int = 200,
        measure: str = "physical",
        seed: int = 0,
        **options: Any,
    ) -> xarray.Dataset:
        """Simulate paths of the market: states, price, attention, supply, an investor's wealth, ...

        Parameters
        ----------
        paths, dates : int
            How many; investors trade at so many dates, an even number.
        measure : {"physical", "risk-neutral"}
            With the prior's or the market's probabilities.
        seed : int
            The same gives the same paths.
        **options
            `keep`, `coarse` and `progress` of :func:`pdesolve.finance.simulation.simulate`, which
            says more. For means over millions of paths see
            :func:`pdesolve.finance.averages.path_means`.

        Returns
        -------
        xarray.Dataset
            Over `path` and `t`, with units; and `payoff` and `pricing_kernel`, over `path`.
        """
        from pdesolve.finance.simulation import simulate

        return simulate(self, paths, dates, measure, seed, **options)

    def information(
        self, paths: int = 10_000, dates: int = 200, seed: int = 0, *, progress: bool = False
    ) -> xarray.Dataset:
        """What prices tell of the payoff by date, and what trading costs.

        Parameters
        ----------
        paths, dates, seed, progress
            As in `simulate`, of what is known to who sees prices alone.

        Returns
        -------
        xarray.Dataset
            Every number with its error: :func:`pdesolve.finance.trading.information` names them,
            and says what to mind about implied and realised variance.
        """
        from pdesolve.finance.trading import information

        return information(self, paths, dates, seed, progress=progress)

    # ------------------------------------------------------------------ reach in psi

    @cached_property
    def _fastest(self) -> Array:
        """Largest learning speed on each line at each time, shape (n, n_psi)."""
        found = self.economy.respond(self.static_nodes.variance + self.states[..., 1])
        return self.economy.motion(found.precision_rate).psi_dot.max(axis=-1)

    @cached_property
    def static_nodes(self) -> Cumulants:
        """Static cumulants of the centred payoff at the grid's nodes, arrays (n_psi, n_xi)."""
        known = self.known_static
        if known is not None and known.case is self.case and known.space is self.space:
            return known.cumulants
        return static_nodes(self.prior, self.space)

    def _speeds(self, backward: bool) -> Iterator[tuple[int, Array, float]]:
        """Interval by interval: end index, speeds by line at its middle, length."""
        lengths = np.diff(self.times)
        order = range(len(lengths) - 1, -1, -1) if backward else range(len(lengths))
        for k in order:
            end = k if backward else k + 1
            yield end, 0.5 * (self._fastest[k] + self._fastest[k + 1]), float(lengths[k])

    @cached_property
    def psi_reached(self) -> Array:
        """Largest psi that an economy starting from psi = 0 can have at `times`, 1/money²."""
        return self._follow(0.0, backward=False)

    @cached_property
    def psi_limit(self) -> Array:
        """Largest psi at `times` for which the solution is determined by what the grid covers."""
        return self._follow(self.space.psi_known, backward=True)

    def _follow(self, psi: float, *, backward: bool) -> Array:
        """Path of the fastest learner from psi at one end of time to the other.

        Within a time step the clock is the integral of dpsi / speed, which stays accurate where the
        speed falls by orders of magnitude over one step.
        """
        path = np.empty_like(self.times)
        path[-1 if backward else 0] = psi
        eta = np.linspace(0.0, self.space.eta[-1], 16 * self.space.n_psi)
        fine = self.space.psi_scale * np.expm1(eta)
        for end, speed, length in self._speeds(backward):
            slowness = 1.0 / np.maximum(np.interp(eta, self.space.eta, speed), 1e-300)
            pieces = 0.5 * (slowness[1:] + slowness[:-1]) * np.diff(fine)
            clock = np.append(0.0, np.cumsum(pieces))
            now = np.interp(psi, fine, clock) + (-length if backward else length)
            psi = float(np.interp(now, clock, fine))
            path[end] = psi
        return path

    # ------------------------------------------------------------------ data sets and files

    def to_dataset(self) -> xarray.Dataset:
        """Fields on the solution's own nodes with labelled axes.

        Returns
        -------
        xarray.Dataset
            Dimensions t, psi, node; coordinate xi(psi, node); each variable has its unit and long
            name in its attributes, the data set the case and the version.
        """
        import xarray

        t, psi = self.times[:, None, None], self.space.psi[:, None]
        xi = self.space.xi + self.prior.centre * psi
        static, centre = self.static_nodes, self.prior.centre
        variance = np.maximum(static.variance + self.states[..., 1], 0.0)
        found = self.economy.respond(variance)
        move = self.economy.motion(found.precision_rate)
        slope = np.stack([self.space.derivatives(u[..., :1])[0][..., 0] for u in self.states])
        values = {
            "price": centre + static.mean + self.states[..., 0],
            "variance": variance,
            "attention": found.attention,
            "precision_rate": found.precision_rate,
            "log_value": self._phi_nodes + self.states[..., 2],
            "price_volatility": np.sqrt(move.kappa2) * np.maximum(static.variance + slope, 0.0),
        }
        dims = ("t", "psi", "node")
        variables: dict[str, Any] = {
            name: (dims, np.broadcast_to(value, (t.size, *xi.shape)), labels(name))
            for name, value in values.items()
        }
        variables["static_price"] = (dims[1:], centre + static.mean, labels("static_price"))
        variables["static_variance"] = (dims[1:], static.variance, labels("static_variance"))
        coords = {
            "t": ("t", self.times, labels("t")),
            "psi": ("psi", self.space.psi, labels("psi")),
            "xi": (dims[1:], xi, labels("xi")),
            "psi_limit": ("t", self.psi_limit, {**labels("psi"), "long_name": "trusted psi"}),
        }
        return xarray.Dataset(variables, coords, attrs=self._attributes())

    @property
    def _phi_nodes(self) -> Array:
        """The payoff's own phi at the nodes (the centred one's, shifted)."""
        c, psi = self.prior.centre, self.space.psi[:, None]
        return self.static_nodes.phi + c * self.space.xi + 0.5 * psi * c**2

    def _attributes(self) -> dict[str, Any]:
        """Everything but the arrays, as text; further errors but the known one apart."""
        rest = dict(self.further_error)
        volatility = rest.pop("price_volatility", float("nan"))
        more = {"further_error": rest} if rest else {}
        return {
            "title": self.case.title,
            "pdesolve_version": self.version,
            "case": json.dumps(case_to_dict(self.case)),
            "case_name": self.case.name,
            "summary": json.dumps(
                {
                    "space": asdict(self.space),
                    "error": self.error,
                    "volatility_error": volatility,
                    "converged": self.converged,
                    "message": self.message,
                    "grid": self.grid,
                    "steps": self.steps,
                    "seconds": self.seconds,
                    **more,
                }
            ),
        }

    def _stored(self) -> xarray.Dataset:
        """The fields, the deviations that they come from, and a checksum."""
        data = self.to_dataset()
        dims = ("t", "psi", "node", "field")
        data["deviation"] = (
            dims,
            self.states,
            {"long_name": "deviations p - p^s, V - V^s, L - phi"},
        )
        data["deviation_rate"] = (dims, self.rates, {"long_name": "their derivatives to T - t"})
        return seal(data.assign_coords(field=list(FIELDS)))

    def _write(self, path: Path) -> None:
        """Write that, and a checksum of the whole file behind it."""
        super()._write(path)
        seal_file(path)


def load_solution(path: str | Path) -> Solution:
    """Read a solution that `Solution.save` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Solution
        With the same arrays, bit for bit.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a saved solution, or damaged.
    """
    saved = read_saved(path)
    return Solution(
        case=saved.case,
        space=saved.space,
        times=saved.times,
        states=saved.states,
        rates=saved.rates,
        version=saved.version,
        **saved.rest,
    )
