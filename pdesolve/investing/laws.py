"""Laws of a return: bets, discrete laws, normals, lognormals, samples."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.investing.law import Law, LawError
from pdesolve.typing import Array

LEAST, MOST = 1e-100, 1e100  # size of a return and of its spread, which is squared
FARTHEST = 38.0  # standard deviations from its mean at which a normal is cut: none is left there
SUM = 1e-9  # what probabilities may miss one by
WIDEST = 1e6  # standard deviation of a lognormal over its mean
STEP, WIDE = 1 / 32, 12.0  # of the trapezoidal rule for a normal; its range, in sd
END_STEP, END_WIDE = 1 / 128, 6.0  # of the tanh-sinh rule


def two_point(probability: float, gain: float, loss: float) -> Law:
    """A bet that brings `gain` with that probability and takes `loss` else, per unit of stake."""
    if not 0.0 < probability < 1.0:
        raise LawError(f"a bet's probability must be > 0 and < 1, got {probability:g}")
    label = f"a bet that brings {gain:g} with probability {probability:g}, {-loss:g} else"
    return replace(discrete([gain, -loss], [probability, 1.0 - probability]), label=label)


def discrete(values: ArrayLike, probabilities: ArrayLike) -> Law:
    """A law of so many returns.

    Raises
    ------
    LawError
        If probabilities are negative or do not sum to one, or the return does not vary.
    """
    x, p = np.asarray(values, np.float64).ravel(), np.asarray(probabilities, np.float64).ravel()
    if x.shape != p.shape:
        raise LawError(f"a law needs a probability for each return, got {p.size} for {x.size}")
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(p))):
        raise LawError("returns and probabilities must be finite")
    if np.any(p < 0.0) or abs(p.sum() - 1.0) > SUM:
        raise LawError(f"probabilities must be >= 0 and sum to one, got a sum of {p.sum():.10g}")
    return _atoms(x[p > 0.0], p[p > 0.0] / p.sum(), f"discrete law of {x.size} returns")


def sample(values: ArrayLike) -> Law:
    """Observed returns, equally likely."""
    x = np.asarray(values, np.float64).ravel()
    if x.size < 2 or not np.all(np.isfinite(x)):
        raise LawError("a sample must have at least 2 returns, all of them finite")
    law = _atoms(x, np.full(x.size, 1.0 / x.size), f"sample of {x.size} returns")
    return replace(law, observations=x.size)


def normal(mean: float, sd: float, reach: float = np.inf) -> Law:
    """A normal return, cut off so many standard deviations from its mean.

    Uncut it can lose any multiple of the stake, so that every fraction but 0 risks ruin; its points
    then only have its mean and its standard deviation.
    """
    _check_spread("a normal return", mean, sd)
    label = f"normal return, mean {mean:g}, sd {sd:g}"
    if reach == np.inf:
        return unbounded(mean, sd, label)
    if not 0.0 < reach <= FARTHEST:
        rule = f"must be cut at > 0 and at most {FARTHEST:g} standard deviations"
        raise LawError(f"a normal return {rule}, got {reach:g}")

    def log_density(above: Array, below: Array) -> Array:
        return -0.5 * ((above - below) / (2.0 * sd)) ** 2

    label += f", cut at {reach:g} sd"
    return between(mean - reach * sd, mean + reach * sd, log_density, label)


def lognormal(mean: float, sd: float) -> Law:
    """A lognormal 1 + X; `mean` and `sd` are those of the simple return X."""
    _check_spread("a lognormal return", mean, sd)
    if not mean > -1.0:
        raise LawError(f"a lognormal return must have a mean > -1, got {mean:g}")
    if sd > WIDEST * (1.0 + mean):
        raise LawError(f"a lognormal return must have an sd <= {WIDEST:g} (1 + mean), got {sd:g}")
    log_variance = np.log1p((sd / (1.0 + mean)) ** 2)
    middle = np.log1p(mean) - 0.5 * log_variance

    # The mean comes from one sd of the log up, and negative powers of wealth from far down.
    top = WIDE + 2.0 * np.sqrt(log_variance)

    def nodes(step: float) -> Law:
        y = step * np.arange(-round(FARTHEST / step), round(top / step) + 1)
        exponent, density = middle + np.sqrt(log_variance) * y, np.exp(-0.5 * y**2)
        return Law(
            label=f"lognormal return, mean {mean:g}, sd {sd:g}",
            points=np.expm1(exponent),
            weights=density / density.sum(),
            above=np.exp(exponent),
            below=np.full(y.size, np.inf),
            low=-1.0,
            high=np.inf,
            atoms=False,
        )

    return replace(nodes(STEP), coarse=nodes(2.0 * STEP))


def steps(mean: float, sd: float, times: int) -> Law:
    """The two-point return of one of so many equal steps of a period, moments shared out evenly."""
    _check_spread("a return", mean, sd)
    m, s = mean / times, sd / np.sqrt(times)
    return replace(
        discrete([m + s, m - s], [0.5, 0.5]), label=f"two returns, {times} steps a period"
    )


def _check_spread(what: str, mean: float, sd: float) -> None:
    if not abs(mean) <= MOST:
        raise LawError(f"{what} must have a finite mean, at most {MOST:g}, got {mean:g}")
    if not LEAST <= sd <= MOST:
        rule = f"a standard deviation > 0, from {LEAST:g} to {MOST:g}"
        raise LawError(f"{what} must have {rule}, got {sd:g}")


def _atoms(x: Array, p: Array, label: str) -> Law:
    """A discrete law; LawError if it does not vary."""
    low, high = float(x.min()), float(x.max())
    if not high > low:
        raise LawError(f"a return must vary, and every one is {low:g}")
    if not (high - low >= LEAST and max(high, -low) <= MOST):
        rule = f"of a size up to {MOST:g}, and at least {LEAST:g} apart"
        raise LawError(f"returns must be {rule}, got {low:g} to {high:g}")
    return Law(label=label, points=x, weights=p, above=x - low, below=high - x, low=low, high=high)


def unbounded(mean: float, sd: float, label: str) -> Law:
    """A law without ends, of which only the moments matter."""
    return Law(
        label=label,
        points=np.array([mean - sd, mean + sd]),
        weights=np.array([0.5, 0.5]),
        above=np.full(2, np.inf),
        below=np.full(2, np.inf),
        low=-np.inf,
        high=np.inf,
        atoms=False,
    )


def between(
    low: float, high: float, log_density: Callable[[Array, Array], Array], label: str
) -> Law:
    """A law with a density between two ends, by the tanh-sinh rule, which forgives it both ends."""

    def nodes(step: float) -> Law:
        t = step * np.arange(-round(END_WIDE / step), round(END_WIDE / step) + 1)
        share = 1.0 / (1.0 + np.exp(-np.pi * np.sinh(t)))
        rest = share[::-1]
        above, below = (high - low) * share, (high - low) * rest
        log_weight = np.log(np.cosh(t) * share * rest) + log_density(above, below)
        with np.errstate(under="ignore"):
            weight = np.exp(log_weight - log_weight.max())
        some = weight > np.finfo(float).tiny
        return Law(
            label=label,
            points=np.where(t < 0.0, low + above, high - below)[some],
            weights=weight[some] / weight.sum(),
            above=above[some],
            below=below[some],
            low=low,
            high=high,
            atoms=False,
        )

    return replace(nodes(END_STEP), coarse=nodes(2.0 * END_STEP))
