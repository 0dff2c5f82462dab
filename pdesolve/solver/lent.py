"""Methods of a solution that rooms above answer: what it implies, and its pictures.

Each imports what answers it when it is called, so that nothing here depends on what lies above
(tests/test_architecture.py names these arrows).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import xarray


class Lent:
    """What a `Solution` is asked for beyond itself."""

    def expectations(
        self,
        measure: str = "physical",
        given: float | None = None,
        dates: ArrayLike | None = None,
    ) -> xarray.Dataset:
        """What is expected at t = 0 of the market at later dates (derivation.md, section 11).

        Parameters
        ----------
        measure : {"physical", "risk-neutral"}
            With the prior's or the market's probabilities.
        given : float, optional
            Payoff, money, that comes true: under the physical measure only.
        dates : array_like, optional
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
        from pdesolve.finance.by_date import expectations

        return expectations(cast(Any, self), measure, given, dates)

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
        from pdesolve.finance.claims import option_prices

        return option_prices(cast(Any, self), strikes, maturity)

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
        from pdesolve.finance.claims import state_prices

        return state_prices(cast(Any, self), maturity)

    def reported(self, *names: str) -> dict[str, Any]:
        """Values by name, what takes more than the solve to know among them, with error bars.

        Parameters
        ----------
        *names : str
            As fields of `initial`, at t = 0; ``"informativeness"``, ``"r_squared"`` and other rows
            of `expectations`, just before the payoff; with a date, ``"price@0.5"`` or
            ``"svix@0.5"``. :func:`pdesolve.finance.by_name.reported` says more.

        Returns
        -------
        dict
            Name -> (value, error).

        Raises
        ------
        ValueError
            If there is no such quantity, or the case no such date.
        """
        from pdesolve.finance.by_name import reported

        return cast(dict[str, Any], reported(cast(Any, self), names))

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

        return simulate(cast(Any, self), paths, dates, measure, seed, **options)

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

        return information(cast(Any, self), paths, dates, seed, progress=progress)

    def event_study(self) -> xarray.Dataset:
        """What is expected of every announcement (derivation.md, section 13).

        Returns
        -------
        xarray.Dataset
            Over `date`: attention just before and after, the share of V that is settled, the
            premium that is earned. Each with NAME_error.

        Raises
        ------
        ValueError
            If the market has no announcements.
        """
        from pdesolve.finance.events import event_study

        return event_study(cast(Any, self))

    def plot(self, panel: str | None = None, *, ax: Any = None) -> Any:
        """Draw the page of the solution, or one panel of it.

        Parameters
        ----------
        panel : str, optional
            For instance ``"attention"``; ``pdesolve.plotting.solution_panels.PANELS`` has all.
        ax : matplotlib Axes, optional
            Where to draw that panel, in your own style; by default in a figure of its own.

        Returns
        -------
        matplotlib Figure or Axes
            The axes if they were given. pyplot knows nothing of the figure.

        Raises
        ------
        ValueError
            If there is no such panel, or axes are given and no panel.
        """
        from pdesolve.plotting.solution_page import plot

        return plot(cast(Any, self), panel, ax=ax)
