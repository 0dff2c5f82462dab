"""Payoffs of every kind, mild and odd."""

import numpy as np

from pdesolve.case.parameters import (
    BetaPayoff,
    DiscretePayoff,
    LognormalPayoff,
    MixturePayoff,
    NormalPayoff,
    PayoffSpec,
    SamplePayoff,
    UniformPayoff,
)
from pdesolve.model.payoff.prior import Prior

TOLERANCE = 1e-12

SPECS: dict[str, PayoffSpec] = {
    "two-point": DiscretePayoff(values=(0.0, 1.0), probabilities=(0.5, 0.5)),
    "three-point": DiscretePayoff(values=(0.0, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2)),
    "atoms rare and close": DiscretePayoff(
        values=(5.0, 1.0, 1.000001, 2.0), probabilities=(0.4 - 1e-9, 0.3, 1e-9, 0.3)
    ),
    "normal": NormalPayoff(mean=3.0, sd=2.0),
    "mixture": MixturePayoff(means=(0.0, 1.0, 5.0), sds=(1.0, 1.0, 0.1), weights=(0.3, 0.3, 0.4)),
    "mixture apart": MixturePayoff(means=(-3.0, 3.0), sds=(0.5, 0.5), weights=(0.9, 0.1)),
    "sample": SamplePayoff(values=(1.0, 1.5, 2.5, 2.5, 7.0), bandwidth=0.2),
    "uniform": UniformPayoff(low=5.0, high=9.0),
    "beta": BetaPayoff(a=2.0, b=5.0, low=0.0, high=1.0),
    "beta singular": BetaPayoff(a=0.5, b=0.2, low=-1.0, high=3.0),
    "beta narrow": BetaPayoff(a=400.0, b=90.0, low=0.0, high=1.0),
    "lognormal": LognormalPayoff(mean=1.0, sd=0.5, low=0.0, high=4.0),
    "lognormal two modes": LognormalPayoff(mean=1.0, sd=0.1, low=0.0, high=5.0),
    "lognormal wide": LognormalPayoff(mean=1.0, sd=3.0, low=0.01, high=100.0),
}
CLOSED_FORM = [name for name in SPECS if SPECS[name].kind in ("discrete", "normal", "mixture")]
CLOSED_FORM.append("sample")
DENSITIES = [name for name in SPECS if name not in CLOSED_FORM]


def unit(prior: Prior) -> float:
    """Range of the payoff, or its sd where it is unbounded."""
    return prior.high - prior.low if np.isfinite(prior.high) else prior.sd
