"""How well a sample says what its growth-optimal fraction is (derivation.md, section 15)."""

from dataclasses import dataclass

import numpy as np

from pdesolve.investing.growth import Growth
from pdesolve.investing.law import Law, LawError
from pdesolve.numerics.rootfind import increasing_root
from pdesolve.typing import Array

CHUNK = 2**21  # resampled returns at once


@dataclass(frozen=True, kw_only=True)
class Uncertainty:
    """How well a sample says what its growth-optimal fraction is.

    Attributes
    ----------
    standard_error : float
        By the delta method, 1/√(Σ Z²/(1 + f Z)²) over the returns Z relative to the riskless one.
    bootstrap : float
        Standard deviation over resamples (infinite ones left out).
    interval : (float, float)
        Between which 95% of the resamples are.
    overbet : float
        Share of resamples whose own optimum is less than half as large, or on the other side: of
        such a market the fraction is twice too high, and wealth does not grow by it.
    unbounded : float
        Share of resamples in which nothing is lost, so that there is no optimum.
    """

    standard_error: float
    bootstrap: float
    interval: tuple[float, float]
    overbet: float
    unbounded: float


def uncertainty(found: Growth, *, resamples: int = 1000, seed: int = 0) -> Uncertainty:
    """Standard errors of the fraction of a sample, whose returns are taken as independent.

    Parameters
    ----------
    found : Growth
        Of a sample, with a finite fraction.
    resamples : int
        Of the bootstrap.
    seed : int
    """
    if not found.law.observations or not np.isfinite(found.fraction):
        raise LawError("only the fraction of a sample has a standard error")
    slopes = found.excess.points / found.excess.wealth(found.fraction)
    rng = np.random.default_rng(seed)
    at_once = max(1, CHUNK // found.excess.points.size)
    parts = [min(at_once, resamples - k) for k in range(0, resamples, at_once)]
    drawn = np.concatenate([_bootstrap(found.excess, count, rng) for count in parts])
    finite = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975], method="inverted_cdf")
    return Uncertainty(
        standard_error=float(1.0 / np.sqrt(slopes @ slopes)),
        bootstrap=float(np.std(finite, ddof=1)) if finite.size > 1 else np.nan,
        interval=(float(low), float(high)),
        overbet=float(np.mean(drawn * np.sign(found.fraction) < 0.5 * abs(found.fraction))),
        unbounded=float(1.0 - finite.size / drawn.size),
    )


def _bootstrap(excess: Law, resamples: int, rng: np.random.Generator) -> Array:
    """Growth-optimal fractions of resamples; infinite where nothing is lost."""
    x = excess.points
    counts = rng.multinomial(x.size, np.full(x.size, 1.0 / x.size), size=resamples)
    mean, drawn = counts @ x, counts > 0
    lowest, highest = (np.where(drawn, x, s * np.inf) for s in (1, -1))
    side = np.sign(mean)
    worst = np.where(side > 0, lowest.min(axis=1), -highest.max(axis=1))  # as a return of that side
    found = np.where((worst < 0.0) | (side == 0.0), 0.0, np.copysign(np.inf, mean))
    bets = np.flatnonzero((worst < 0.0) & (side != 0.0))
    scale, often = side[bets] / -worst[bets], counts[bets].astype(float)

    def gap(share: Array, scale: Array, often: Array) -> tuple[Array, Array]:
        """-g' and -g'' along the share of the fraction that ruins."""
        with np.errstate(divide="ignore", invalid="ignore"):
            each = scale[:, None] * x / (1.0 + (share * scale)[:, None] * x)
            slope = np.where(often > 0, often * each, 0.0)
            return -slope.sum(axis=1), np.where(often > 0, slope * each, 0.0).sum(axis=1)

    if bets.size:
        ends = np.zeros(bets.size), np.full(bets.size, 1.0 - 1e-12)
        start = np.full(bets.size, 0.5)
        found[bets] = scale * increasing_root(gap, start, *ends, scale, often, geometric=False)
    return found
