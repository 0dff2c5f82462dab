"""The values that a solve reports: those at t = 0 in the initial state."""

from dataclasses import dataclass, fields

# what accuracy is asked of, and what has an error bar besides
ERRORS = ("price", "variance", "attention", "precision_rate", "log_value")
DERIVED = ("certainty_equivalent_gain", "price_volatility")
BARS = (*ERRORS, *DERIVED)


@dataclass(frozen=True, kw_only=True)
class InitialState:
    """Values at t = 0, xi = -rho n0, psi = 0; units in `UNITS`."""

    price: float
    variance: float
    attention: float
    precision_rate: float
    log_value: float
    certainty_equivalent_gain: float
    price_volatility: float
    static_price: float
    static_variance: float


VALUES = tuple(field.name for field in fields(InitialState))
