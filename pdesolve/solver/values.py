"""What is reported: names, symbols, units, and how each value and its scale are found.

A reported quantity is a field of :class:`InitialState`; tables, JSON, sweeps, slopes, error bars
and plots take everything else that they need to know about it from there.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.model.economy import Economy
from pdesolve.solver.quantity import Quantity
from pdesolve.typing import Array


def _attention_scale(name: str) -> Callable[[Economy, "InitialState"], float]:
    """The value itself, or a thousandth of what the prior's variance would call for, if more.

    Where that calls for nothing, of what the variance with supply risk would call for: that of a
    normal payoff which nobody learns about.
    """

    def scale(economy: Economy, initial: "InitialState") -> float:
        variance, tiny = economy.prior.variance, float(np.finfo(float).tiny)
        usual = float(getattr(economy.respond(variance), name))
        if usual == 0.0:
            risk = economy.rho_sigma**2 * economy.horizon * variance
            with suppress(ArithmeticError):  # so much might have no optimum
                usual = float(getattr(economy.respond(variance * (1.0 + risk)), name))
        return max(getattr(initial, name), 1e-3 * usual, tiny)

    return scale


def _volatility_scale(economy: Economy, initial: "InitialState") -> float:
    kappa2 = float(economy.motion(initial.precision_rate).kappa2)
    return kappa2**0.5 * economy.prior.variance


def _gain_bar(economy: Economy, initial: "InitialState", bars: Mapping[str, float]) -> float:
    """That of G0 = -(n0 p + L/rho)."""
    supply, rho = abs(economy.market.initial_supply), economy.risk_aversion
    return supply * bars["price"] + bars["log_value"] / rho


def _gain_of(economy: Economy, initial: "InitialState") -> dict[str, float]:
    return {
        "price": -economy.market.initial_supply,
        "log_value": -1.0 / economy.risk_aversion,
    }


def svix(variance: ArrayLike, price: ArrayLike) -> Array:
    """Root of the risk-neutral variance over the price; NaN unless that is positive.

    The riskless rate is zero, and the time to maturity is not divided out (Martin 2017).
    """
    price = np.asarray(price, float)
    priced = price > 0.0
    return np.where(priced, np.sqrt(variance) / np.where(priced, price, 1.0), np.nan)


def svix_bar(variance: float, price: float, variance_bar: float, price_bar: float) -> float:
    """How far it may be off by these bars; NaN if the price may not be positive."""
    least = price - price_bar
    if not least > 0.0:
        return np.nan
    return float(svix(variance + variance_bar, least) - svix(variance, price))


def _svix_bar(economy: Economy, initial: "InitialState", bars: Mapping[str, float]) -> float:
    return svix_bar(initial.variance, initial.price, bars["variance"], bars["price"])


def _svix_of(economy: Economy, initial: "InitialState") -> dict[str, float]:
    """Its logarithm is half that of the variance less that of the price."""
    value, known = initial.svix, initial.variance > 0.0
    return {
        "variance": 0.5 * value / initial.variance if known else np.nan,
        "price": -value / initial.price if initial.price > 0.0 else np.nan,
    }


def _reported(**about: Any) -> dict[str, Quantity]:
    return {"quantity": Quantity(**about)}


@dataclass(frozen=True, kw_only=True)
class InitialState:
    """Values at t = 0, xi = -rho n0, psi = 0; units in `QUANTITIES`."""

    price: float = field(
        metadata=_reported(
            long_name="price p",
            unit="money",
            latex="$p$",
            label="price p",
            value=lambda at, xi: at.price(xi),
            scale=lambda economy, initial: economy.prior.sd,
            asked=True,
            bar=True,
            static="static_price",
            column="price",
            place=1,
        )
    )
    variance: float = field(
        metadata=_reported(
            long_name="risk-neutral variance V",
            unit="money^2",
            latex="$V$",
            label="variance V",
            value=lambda at, xi: at.variance(xi),
            scale=lambda economy, initial: economy.prior.variance,
            asked=True,
            bar=True,
            static="static_variance",
            column="variance",
            place=2,
        )
    )
    attention: float = field(
        metadata=_reported(
            long_name="total attention S",
            unit="attention",
            latex="$S$",
            label="attention S",
            value=lambda at, xi: at.attention(xi),
            scale=_attention_scale("attention"),
            asked=True,
            bar=True,
            column="attention",
            place=3,
        )
    )
    precision_rate: float = field(
        metadata=_reported(
            long_name="precision bought per unit of time A",
            unit="1/(money^2 time)",
            latex="$A$",
            label="precision rate A",
            value=lambda at, xi: at.precision_rate(xi),
            scale=_attention_scale("precision_rate"),
            asked=True,
            bar=True,
        )
    )
    log_value: float = field(
        metadata=_reported(
            long_name="log value L",
            unit="1",
            latex="$L$",
            label="log value L",
            value=lambda at, xi: at.log_value(xi),
            scale=lambda economy, initial: 1.0,
            asked=True,
            bar=True,
        )
    )
    certainty_equivalent_gain: float = field(
        metadata=_reported(
            long_name="certainty-equivalent gain from the market G0",
            unit="money",
            latex="$G_0$",
            label="gain G₀",
            value=lambda at, xi: at.economy.gain(at.price(xi), at.log_value(xi)),
            scale=lambda economy, initial: 1.0 / economy.risk_aversion,
            bar=True,
            bar_from=_gain_bar,
            made_of=_gain_of,
            column="gain",
            place=5,
        )
    )
    price_volatility: float = field(
        metadata=_reported(
            long_name="price volatility kappa p_xi",
            unit="money/sqrt(time)",
            latex=r"$\kappa p_\xi$",
            label=r"price volatility $\kappa p_\xi$",
            value=lambda at, xi: at.price_volatility(xi),
            scale=_volatility_scale,
            bar=True,
            column="volatility",
            place=4,
        )
    )
    expected_payoff: float = field(
        metadata=_reported(
            long_name="expected payoff E x",
            unit="money",
            latex="$E x$",
            label="expected payoff E x",
            value=lambda at, xi: at.prior.mean,
            scale=lambda economy, initial: economy.prior.sd,
        )
    )
    premium: float = field(
        metadata=_reported(
            long_name="premium E x - p",
            unit="money",
            latex="$E x - p$",
            label="premium E x − p",
            value=lambda at, xi: at.prior.mean - at.price(xi),
            scale=lambda economy, initial: economy.prior.sd,
            bar=True,
            bar_from=lambda economy, initial, bars: bars["price"],
            column="premium",
            place=6,
        )
    )
    premium_per_sd: float = field(
        metadata=_reported(
            long_name="premium per sd of the payoff",
            unit="1",
            latex=r"$(E x - p)/\mathrm{sd}\,x$",
            label="premium (E x − p)/sd x",
            value=lambda at, xi: (at.prior.mean - at.price(xi)) / at.prior.sd,
            scale=lambda economy, initial: 1.0,
            bar=True,
            bar_from=lambda economy, initial, bars: bars["price"] / economy.prior.sd,
        )
    )
    svix: float = field(
        metadata=_reported(
            long_name="SVIX, root of the risk-neutral variance over the price",
            unit="1",
            latex=r"$\sqrt{V}/p$",
            label="SVIX √V/p",
            value=lambda at, xi: svix(at.variance(xi), at.price(xi)),
            scale=lambda economy, initial: initial.svix,
            bar=True,
            bar_from=_svix_bar,
            made_of=_svix_of,
            column="SVIX",
            place=7,
        )
    )
    static_price: float = field(
        metadata=_reported(
            long_name="price with no trade after now p^s",
            unit="money",
            latex="$p^s$",
            label="static price pˢ",
            value=lambda at, xi: at.static_price(xi),
            scale=lambda economy, initial: economy.prior.sd,
        )
    )
    static_variance: float = field(
        metadata=_reported(
            long_name="variance with no trade after now V^s",
            unit="money^2",
            latex="$V^s$",
            label="static variance Vˢ",
            value=lambda at, xi: at.static_variance(xi),
            scale=lambda economy, initial: economy.prior.variance,
        )
    )


COORDINATES = (
    Quantity(
        name="xi",
        long_name="state xi = public evidence - rho theta",
        unit="1/money",
        latex=r"$\xi$",
    ),
    Quantity(
        name="psi",
        long_name="precision psi",
        unit="1/money^2",
        latex=r"$\Psi$",
        label="precision Ψ",
    ),
    Quantity(name="t", long_name="time", unit="time", latex="$t$"),
)
REPORTED = tuple(
    replace(one.metadata["quantity"], name=one.name)  # in the order of InitialState
    for one in fields(InitialState)
)
QUANTITIES = {one.name: one for one in (*REPORTED, *COORDINATES)}
VALUES = tuple(one.name for one in REPORTED)
ERRORS = tuple(one.name for one in REPORTED if one.asked)  # accuracy is asked of these
DERIVED = tuple(one.name for one in REPORTED if one.bar and not one.asked)
BARS = (*ERRORS, *DERIVED)
TRACKED = tuple(one.name for one in REPORTED if one.bar and one.bar_from is None)  # measured
MADE_UP = tuple(one.name for one in REPORTED if one.made_of)  # of several of these
ROWS = tuple(  # of the table of one solution: what is no other's static value
    one.name for one in REPORTED if one.name not in {other.static for other in REPORTED}
)
COLUMNS = tuple(  # what tables and pages over parameters show
    one.name for one in sorted(REPORTED, key=lambda one: one.place) if one.column
)


def labels(name: str) -> dict[str, str]:
    """Attributes of a labelled array."""
    return QUANTITIES[name].attributes


def scales(economy: Economy, initial: InitialState) -> dict[str, float]:
    """What errors are measured against, by name.

    The payoff's sd and variance, attention and precision rate themselves (or a thousandth of what
    the prior's variance would call for, if that is more), and 1 for the log value. No accuracy is
    asked of the gain and the price volatility; theirs are one over the risk aversion and kappa
    times the payoff's variance.
    """
    return {one.name: one.scale(economy, initial) for one in REPORTED if one.scale is not None}
