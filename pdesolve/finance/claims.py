"""Prices of claims on the payoff, and on the price: options, state prices, SVIX (section 12).

Investors agree on Q, whatever they know themselves, so a claim g(x) in zero net supply is worth
E^Q[g(x)] and nobody trades it. The law of the states under Q (:mod:`.law`) at the maturity makes a
book (:mod:`.books`) on which all strikes are integrals: one march does for all of them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike

from pdesolve.finance.asked import check_claims
from pdesolve.finance.books import AtPayoff, AtPrice, Book
from pdesolve.finance.implied import black_volatility, normal_volatility
from pdesolve.finance.marches import MarchTuning, Measured
from pdesolve.finance.priced import Books, price_bars
from pdesolve.solver import values
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, kw_only=True)
class ClaimTuning:
    """How claims are priced.

    Attributes
    ----------
    strikes : int
        Where none are given.
    wide : float
        Root of V, that these lie around the price.
    states : int
        Payoffs at which a density of state prices is given.
    far : float
        Root of V, that these lie around the price.
    near : float
        Root of V, to either side of a strike or state whose errors it is taken to have.
    tails : float
        Standard deviations of what is paid upon, beyond which options are worth nothing to their
        integral over strikes; a few values of the payoff are all counted, however far.
    panels : int
        Of strikes in that integral, either side of the price; each has `nodes`.
    nodes : int
    marches : MarchTuning
    """

    strikes: int = 41
    wide: float = 2.5
    states: int = 201
    far: float = 5.0
    near: float = 0.15
    tails: float = 14.0
    panels: int = 16
    nodes: int = 8
    marches: MarchTuning = MarchTuning()


def option_prices(
    solution: Solution,
    strikes: ArrayLike | None = None,
    maturity: float | None = None,
    tuning: ClaimTuning = ClaimTuning(),
) -> "xarray.Dataset":
    """European options at t = 0, all strikes from one march (derivation.md, section 12).

    Parameters
    ----------
    solution : Solution
    strikes : array_like, optional
        Money; the default is 41 of them around the price.
    maturity : float, optional
        Date, after 0; at the horizon, the default, options are on the payoff, before it on the
        price.
    tuning : ClaimTuning

    Returns
    -------
    xarray.Dataset
        Over `strike`: `call` and `put`, money, and `normal_volatility` (Bachelier) and
        `black_volatility`, per root of time, NaN where the price is lost in its error or there is
        none. Without a dimension: `forward` (the price), `variance` (of what is paid upon, from the
        equations), `variance_from_options` (Carr and Madan 1998) and `svix`, the root of the
        variance over the price (Martin 2017), NaN if that is not positive. Each with NAME_error,
        its estimated absolute error.

    Raises
    ------
    ClaimError
        If a strike is not a finite number, or the maturity not after 0 and up to the horizon.
    """
    check_claims(solution.economy, strikes, maturity)
    date = solution.economy.horizon if maturity is None else float(maturity)
    if strikes is None:
        strikes = _around(solution, tuning.wide, tuning.strikes)
    at = np.atleast_1d(np.asarray(strikes, float)).ravel()
    books = Books.of(solution, date, tuning.marches)
    calls, puts = books.options(at, tuning.near)
    forward = Measured(np.asarray(solution.initial.price), np.asarray(solution.bars["price"]))
    variance = _variance(solution, books, date)
    sd = float(np.sqrt(variance.value))
    implied = books.measured(lambda book: np.asarray(_replicated(solution, book, sd, tuning)))
    doubt = 2.0 * np.sqrt(variance.value) * forward.error + np.asarray(solution.bars["variance"])
    price = float(forward.value)
    columns = {
        "call": calls,
        "put": puts,
        "forward": forward,
        "variance": variance,
        "variance_from_options": Measured(implied.value, implied.error + doubt),
        "svix": _svix(solution, variance, date),
    }
    columns |= _volatilities(calls, puts, price, at, date)
    return _dataset(solution, columns, {"strike": at}, date)


def state_prices(
    solution: Solution, maturity: float | None = None, tuning: ClaimTuning = ClaimTuning()
) -> "xarray.Dataset":
    """Prices at t = 0 of a unit of money in each state (derivation.md, section 12).

    Parameters
    ----------
    solution : Solution
    maturity : float, optional
        As in `option_prices`.
    tuning : ClaimTuning

    Returns
    -------
    xarray.Dataset
        Of a discrete payoff `state_price` over its values `x`, adding up to one; else `density`,
        1/money, over payoffs (or prices) around the price. Each with its error.

    Raises
    ------
    ClaimError
        If the maturity is not after 0 and up to the horizon.
    """
    check_claims(solution.economy, maturity=maturity)
    date = solution.economy.horizon if maturity is None else float(maturity)
    books = Books.of(solution, date, tuning.marches)
    payoffs, probabilities = solution.prior.panels()
    level, _ = price_bars(solution)
    sd = np.sqrt(solution.initial.variance)
    if payoffs.shape[1] == 1 and isinstance(books.fine, AtPayoff):
        at, weights = payoffs.ravel(), probabilities.ravel()
        found = books.measured(lambda book: weights * book.kernel(at))  # type: ignore[attr-defined]
        name, doubt = "state_price", level / sd * found.value
    else:
        at = _around(solution, tuning.far, tuning.states)
        found = books.along(lambda book, at: book.density(at), at, tuning.near * float(sd))
        name, doubt = "density", level * np.abs(np.gradient(found.value, at))
    columns = {name: Measured(found.value, found.error + doubt)}
    return _dataset(solution, columns, {"x": at}, date)


def svix(solution: Solution, maturity: float, tuning: ClaimTuning = ClaimTuning()) -> Measured:
    """Root of the risk-neutral variance over the price, as in `option_prices`, without options.

    Raises
    ------
    ClaimError
        If the maturity is not after 0 and up to the horizon.
    """
    check_claims(solution.economy, maturity=maturity)
    if maturity == solution.economy.horizon:
        return _reported_svix(solution)
    books = Books.of(solution, maturity, tuning.marches)
    return _svix(solution, _variance(solution, books, maturity), maturity)


def _reported_svix(solution: Solution) -> Measured:
    """Of the payoff itself."""
    return Measured(np.asarray(solution.initial.svix), np.asarray(solution.bars["svix"]))


def _svix(solution: Solution, variance: Measured, date: float) -> Measured:
    if date == solution.economy.horizon:
        return _reported_svix(solution)
    price, bar = solution.initial.price, solution.bars["price"]
    error = values.svix_bar(float(variance.value), price, float(variance.error), bar)
    return Measured(values.svix(variance.value, price), np.asarray(error))


def _variance(solution: Solution, books: Books, date: float) -> Measured:
    """Of what is paid upon: V, or what of it is resolved by the date."""
    bar = np.asarray(solution.bars["variance"])
    whole = np.asarray(solution.initial.variance)
    if date == solution.economy.horizon:
        return Measured(whole, bar)

    def resolved(book: Book) -> Array:
        assert isinstance(book, AtPrice)
        return np.asarray(book.variance)

    found = books.measured(resolved)
    return Measured(found.value, found.error + bar)


def _replicated(solution: Solution, book: Book, sd: float, tuning: ClaimTuning) -> float:
    """Carr and Madan's variance: twice the integral over strikes of what is out of the money."""
    price = book.forward
    lowest, highest = _support(solution)
    payoffs, _ = solution.prior.panels()
    few = payoffs.shape[1] == 1 and payoffs.size <= 4 * tuning.panels
    far = np.inf if few else tuning.tails * sd
    kinks = payoffs.ravel() if few else np.zeros(0)
    nodes, weights = leggauss(tuning.nodes)
    total = 0.0
    for low, high, prices in (
        (max(price - far, lowest), price, book.puts),
        (price, min(price + far, highest), book.calls),
    ):
        inside = kinks[(low < kinks) & (kinks < high)]
        edges = np.union1d(np.linspace(low, high, tuning.panels + 1), inside)
        half = 0.5 * np.diff(edges)[:, None]
        strikes = edges[:-1, None] + half * (1.0 + nodes)
        worth = prices(strikes.ravel()).reshape(strikes.shape)
        total += 2.0 * float(np.sum(half * weights * worth))
    return total


def _volatilities(
    call: Measured, put: Measured, forward: float, strikes: Array, date: float
) -> dict[str, Measured]:
    """Implied volatilities, with what the error of the price makes of them."""
    upper = strikes >= forward
    price = np.where(upper, call.value, put.value)
    error = np.where(upper, call.error, put.error)
    known = np.where(price > error, price, np.nan)
    columns = {}
    for name, implied in (
        ("normal_volatility", normal_volatility),
        ("black_volatility", black_volatility),
    ):
        found = implied(known, forward, strikes, date)
        above = implied(known + error, forward, strikes, date)
        below = implied(known - error, forward, strikes, date)
        columns[name] = Measured(found, np.fmax(above - found, found - below))
    return columns


def _around(solution: Solution, wide: float, count: int) -> Array:
    """Evenly, so many roots of V around the price, within the payoff's support."""
    initial = solution.initial
    ends = initial.price + wide * np.sqrt(initial.variance) * np.array([-1.0, 1.0])
    low, high = (float(end) for end in np.clip(ends, *_support(solution)))
    return np.linspace(low, high, count)


def _support(solution: Solution) -> tuple[float, float]:
    return solution.prior.low, solution.prior.high


ABOUT = {
    "call": ("price of a call", "money"),
    "put": ("price of a put", "money"),
    "normal_volatility": ("normal (Bachelier) implied volatility", "money/sqrt(time)"),
    "black_volatility": ("Black implied volatility", "1/sqrt(time)"),
    "forward": ("price of what is paid upon", "money"),
    "variance": ("risk-neutral variance of what is paid upon", "money^2"),
    "variance_from_options": ("the same from option prices (Carr and Madan)", "money^2"),
    "svix": ("root of the risk-neutral variance over the price", "1"),
    "state_price": ("price of a unit of money in a state", "1"),
    "density": ("density of state prices", "1/money"),
    "strike": ("strike", "money"),
    "x": ("payoff", "money"),
}


def _dataset(
    solution: Solution, columns: dict[str, Measured], coords: dict[str, Array], date: float
) -> "xarray.Dataset":
    import xarray

    variables: dict[str, Any] = {}
    for name, found in columns.items():
        long_name, unit = ABOUT[name]
        dims = tuple(coords) if np.ndim(found.value) else ()
        about = {"long_name": long_name, "units": unit}
        variables[name] = (dims, found.value, about)
        of = {**about, "long_name": f"estimated absolute error of {long_name}"}
        variables[f"{name}_error"] = (dims, found.error, of)
    labelled = {
        name: (name, at, {"long_name": ABOUT[name][0], "units": ABOUT[name][1]})
        for name, at in coords.items()
    }
    attributes = {"case_name": solution.case.name, "maturity": date}
    return xarray.Dataset(variables, labelled, attrs=attributes)
