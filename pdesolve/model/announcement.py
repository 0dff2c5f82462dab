"""Public news at a date: the fields just before it from those after (derivation.md, section 13).

News of precision H moves xi by z and psi by H. Given the payoff z is N(H x, H), so z is drawn with
x from the tilted prior; under Q that law is weighted by exp(l) after the news. As in section 5 the
fields are deviations, so that a market in which they vanish is left exactly as it is, whatever the
quadrature.
"""

from typing import NamedTuple

import numpy as np

from pdesolve.model.payoff.prior import Cumulants, Prior
from pdesolve.typing import Array


class Heard(NamedTuple):
    """What may be heard in n states, by a quadrature of m nodes.

    Attributes
    ----------
    shift : array, shape (n, m)
        Of xi for the centred payoff, 1/money.
    weight : array, shape (n, m)
        Probabilities with the payoff drawn from the tilted prior; every row adds up to one.
    here, after : Cumulants
        The static market before, (n,), and after, (n, m).
    """

    shift: Array
    weight: Array
    here: Cumulants
    after: Cumulants


def hear(prior: Prior, xi: Array, psi: Array, precision: float, shock: Array) -> Heard:
    """What may be heard in some states.

    Parameters
    ----------
    prior : Prior
    xi, psi : array, shape (n,)
        For the centred payoff.
    precision : float
        H, 1/money².
    shock : array, shape (m,)
        Equidistant, in standard deviations of the news: around what the tilted prior expects. The
        law of the news is a mixture of such normals, so the trapezoidal rule converges
        exponentially.
    """
    here, sd = prior.cumulants(xi, psi), np.sqrt(precision)
    shift = precision * here.mean[:, None] + sd * shock
    after = prior.cumulants(xi[:, None] + shift, (psi + precision)[:, None])
    log_weight = after.phi - 0.5 * (sd * here.mean[:, None] + shock) ** 2
    return Heard(shift, _normalised(log_weight), here, after)


def hear_at(prior: Prior, xi: Array, psi: float, precision: float, places: Array) -> Heard:
    """The same for states with one psi, by a rule whose nodes are the xi after the news, (m,).

    They are equidistant, and each belongs to all states.
    """
    here = prior.cumulants(xi, np.full(xi.shape, psi))
    after = prior.cumulants(places, np.full(places.shape, psi + precision))
    shift = places - xi[:, None]
    weight = _normalised(after.phi - 0.5 * shift**2 / precision)
    return Heard(shift, weight, here, Cumulants(*(np.broadcast_to(a, shift.shape) for a in after)))


def neutral(heard: Heard, log_deviation: Array) -> Array:
    """Probabilities under Q of what may be heard, given l after it, (n, m)."""
    with np.errstate(divide="ignore"):
        return _normalised(np.log(heard.weight) + log_deviation)


def before(heard: Heard, u: Array) -> Array:
    """Deviations (q, v, l) just before the news, (n, 3), from those just after it, (n, m, 3)."""
    q, v, log_deviation = np.moveaxis(u, -1, 0)
    weight = neutral(heard, log_deviation)
    extra = weight - heard.weight  # adds up to zero
    move = heard.after.mean - heard.here.mean[:, None]
    price = np.sum(weight * q + extra * move, axis=-1)
    variance = np.sum(
        weight * (v + (2.0 * move + q) * q) + extra * (heard.after.variance + move**2), axis=-1
    )
    peak = log_deviation.max(axis=-1)
    mean = np.sum(heard.weight * np.exp(log_deviation - peak[:, None]), axis=-1)
    return np.stack([price, variance - price**2, peak + np.log(mean)], axis=-1)


def _normalised(log_weight: Array) -> Array:
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))
