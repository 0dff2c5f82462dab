"""Growth in a solved market, of investors too small to move its prices (derivation.md, section 15).

Who knows the payoff trades on functions of the states, whose law has error bars; who knows prices
alone, and her gains from options besides, depend on the path and are simulated.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from pdesolve.finance.averages import path_means
from pdesolve.finance.doubts import Payoffs, unsettled
from pdesolve.finance.law import Clock, expect, laws
from pdesolve.finance.marches import Marches
from pdesolve.finance.nodes import AtNodes, at_nodes, finer
from pdesolve.finance.readings import AtDate
from pdesolve.finance.simulation import PathError
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

COUNTS = (8, 16, 32)  # of payoffs that stand for the prior, until they leave no more than the grid
SAFETY = 2.0  # standard errors in an error


class Value(NamedTuple):
    """A number with its estimated absolute error; of what is simulated two standard errors."""

    value: float
    error: float


@dataclass(frozen=True, kw_only=True)
class MarketGrowth:
    """Growth of the log of wealth until the payoff, over that of cash.

    Attributes
    ----------
    informed : Value
        Of who knows the payoff and trades the asset until T.
    public : Value
        Of who knows prices alone, by Kelly's theorem: informed less mutual information.
    mutual_information : Value
        Of the payoff and the prices, simulated.
    simulated : Value
        Of who knows prices alone, simulated: what Kelly's theorem is checked by.
    with_options : Value
        Of who knows prices alone and trades options too, simulated: the divergence of P from Q
        on prices and payoff.
    """

    informed: Value
    public: Value
    mutual_information: Value
    simulated: Value
    with_options: Value


def market_growth(
    solution: Solution,
    paths: int = 10_000,
    dates: int = 200,
    seed: int = 0,
    *,
    progress: bool = False,
) -> MarketGrowth:
    """Growth of outside investors in a solved market.

    Parameters
    ----------
    solution : Solution
    paths, dates, seed, progress
        Of the simulation, as in :func:`pdesolve.finance.simulation.simulate`.

    Raises
    ------
    PathError
        If the market has public news.
    """
    _no_news(solution)
    means = path_means(
        solution,
        {
            "mutual_information": lambda block: block.information.isel(t=-1),
            "simulated": lambda block: _public(solution, block),
            "with_options": lambda block: _relative(block.pricing_kernel),
        },
        paths,
        dates,
        seed=seed,
        progress=progress,
    )
    informed, told = informed_growth(solution), _simulated(means, "mutual_information")
    return MarketGrowth(
        informed=informed,
        public=Value(informed.value - told.value, informed.error + told.error),
        mutual_information=told,
        simulated=_simulated(means, "simulated"),
        with_options=_simulated(means, "with_options"),
    )


def _no_news(solution: Solution) -> None:
    """News moves the price with what nobody can trade apart from it, and on its date in jumps."""
    market = solution.case.market
    if market.public_precision > 0.0 or market.announcements:
        raise PathError(
            f"{solution.case.name}: growth in a market with public news (market.public_precision or"
            " market.announcements) is not computed"
        )


def _simulated(means: "xarray.Dataset", name: str) -> Value:
    error = SAFETY * float(means[f"{name}_standard_error"]) + float(means[f"{name}_date_error"])
    return Value(float(means[name]), error)


def _relative(kernel: "xarray.DataArray") -> "xarray.DataArray":
    """-log K, whose mean is the divergence of P from Q; K - 1 has mean 0 and takes noise away."""
    return kernel - 1.0 - np.log(kernel)


def _public(solution: Solution, block: "xarray.Dataset") -> "xarray.DataArray":
    """Integral of lambda²/2 along paths, lambda = (psi_dot E[x | prices] - mu)/kappa."""
    t, total = block.t.to_numpy(), 0.0
    for k, dt in enumerate(np.diff(t).tolist()):
        now = block.isel(t=k)
        xi, psi = now.xi.to_numpy(), now.psi.to_numpy()
        price, slope = AtDate(solution, float(t[k])).at(xi, psi, "price", "log_value_slope")
        kappa2, psi_dot, risk = solution.economy.motion(now.precision_rate.to_numpy())
        mu = kappa2 * slope - risk * price
        total = total + 0.5 * (psi_dot * now.public_mean.to_numpy() - mu) ** 2 / kappa2 * dt
    return block.payoff.copy(data=total)


# ---------------------------------------------------------------------- who knows the payoff


def informed_growth(solution: Solution) -> Value:
    """Growth until T of who knows the payoff, averaged over it: E of the integral of lambda²/2.

    With lambda = (psi_dot x - mu)/kappa it is the expectation of functions of the states under
    their law given x, for each of a few payoffs that stand for the prior. Errors as in
    `market_growth`.
    """
    _no_news(solution)
    marches = Marches.of(solution)
    for count in COUNTS:
        values, probabilities = solution.prior.gauss(count)
        payoffs = Payoffs(tuple(map(float, values)), probabilities, values.size < count)
        fine, coarse, short = (
            _given(clock, solution, payoffs)
            for clock in (marches.fine, marches.coarse, marches.short)
        )
        means = [np.atleast_1d(probabilities @ one) for one in (fine, coarse, short)]
        measured = marches.measured(*means)
        left = float(unsettled(fine[:, None], payoffs)[0])
        if left <= float(measured.error[0]):
            break
    return Value(float(measured.value[0]), float(measured.error[0]) + left)


def _given(clock: Clock, solution: Solution, payoffs: Payoffs) -> Array:
    """Growth given each payoff, shape (payoffs,)."""
    x = np.array(payoffs.values, float) - solution.prior.centre
    found = laws(clock, x.tolist())
    every = finer(clock.times)
    known = []
    for t in every.tolist():
        square, cross, rest = expect(found, t, _parts(at_nodes(clock.solution, t))).T
        known.append(0.5 * (x**2 * square - 2.0 * x * cross + rest))
    return np.asarray(CubicSpline(every, np.array(known)).integrate(every[0], every[-1]))


def _parts(at: AtNodes) -> Array:
    """What lambda² is made of: coefficients of x², -2x and 1, with x centred."""
    parts = at.psi_dot**2, at.psi_dot * at.neutral, at.neutral**2
    return np.stack(parts, axis=-1) / at.kappa2[..., None]
