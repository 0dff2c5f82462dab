"""Units and long names of everything that is reported."""

UNITS = {
    "price": "money",
    "variance": "money^2",
    "attention": "attention",
    "precision_rate": "1/(money^2 time)",
    "log_value": "1",
    "certainty_equivalent_gain": "money",
    "price_volatility": "money/sqrt(time)",
    "static_price": "money",
    "static_variance": "money^2",
    "xi": "1/money",
    "psi": "1/money^2",
    "t": "time",
}
LONG_NAMES = {
    "price": "price p",
    "variance": "risk-neutral variance V",
    "attention": "total attention S",
    "precision_rate": "precision bought per unit of time A",
    "log_value": "log value L",
    "certainty_equivalent_gain": "certainty-equivalent gain from the market G0",
    "price_volatility": "price volatility kappa p_xi",
    "static_price": "price with no trade after now p^s",
    "static_variance": "variance with no trade after now V^s",
    "xi": "state xi = public evidence - rho theta",
    "psi": "state psi = precision accumulated, public and private",
    "t": "time",
}


def labels(name: str) -> dict[str, str]:
    """Attributes of a labelled array."""
    return {"units": UNITS[name], "long_name": LONG_NAMES[name]}
