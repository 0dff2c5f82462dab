"""How sure a comparison with equal weight is: blocks of quarters, drawn with replacement."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pdesolve.investing.experiment import Backtest
from pdesolve.investing.moments import PortfolioError
from pdesolve.typing import Array

BASE = "equal_weight"
MOST = 1_000_000  # streams
TOGETHER = 2_000_000  # numbers held at a time


class Against(NamedTuple):
    """A method against equal weight, over streams of drawn quarters.

    Attributes
    ----------
    share_of_samples : float
        Share of the streams in which equal weight has the higher Sharpe ratio.
    standard_error : float
        Of that share, since streams are drawn.
    sharpe_difference, low, high : float
        Of the method less equal weight, per year: the median, and the 5th and 95th percentiles.
    """

    share_of_samples: float
    standard_error: float
    sharpe_difference: float
    low: float
    high: float


def against_equal_weight(
    tested: Backtest, samples: int = 10_000, *, block: int = 4, seed: int = 0
) -> dict[str, Against]:
    """Compare Sharpe ratios with that of equal weight in streams as long as the backtest's.

    Parameters
    ----------
    tested : Backtest
        Equal weight among its methods.
    samples : int
        Streams.
    block : int
        Quarters of a block. Any quarter starts one, as likely as any other; the first follows the
        last (Politis and Romano 1992). All methods have the same blocks.
    seed : int

    Returns
    -------
    dict
        `Against` by method, equal weight left out.
    """
    if BASE not in tested.earned:
        raise PortfolioError(f"the bootstrap compares with {BASE}, which is not among the methods")
    quarters = tested.earned[BASE].traded.size
    for name, value, most in (("bootstrap", samples, MOST), ("block", block, quarters)):
        if not 1 <= value <= most:
            raise PortfolioError(f"{name} must be from 1 to {most}, got {value}")
    if seed < 0:
        raise PortfolioError(f"seed must be at least 0, got {seed}")
    sharpe = _sharpes(tested, samples, block, np.random.default_rng(seed))
    return {name: _against(sharpe[name] - sharpe[BASE]) for name in tested.earned if name != BASE}


def _sharpes(
    tested: Backtest, samples: int, block: int, draw: np.random.Generator
) -> dict[str, Array]:
    """Annual Sharpe ratio of every method in every stream."""
    quarters = tested.earned[BASE].traded.size
    sums = {name: _sums(one.returns - tested.rate, quarters) for name, one in tested.earned.items()}
    found: dict[str, list[Array]] = {name: [] for name in sums}
    batch = max(TOGETHER // quarters, 1)
    for first in range(0, samples, batch):
        size = min(batch, samples - first)
        starts = draw.integers(quarters, size=(size, -(-quarters // block)))
        drawn = (starts[:, :, None] + np.arange(block)) % quarters
        drawn = drawn.reshape(size, -1)[:, :quarters]
        for name, one in sums.items():
            found[name].append(_sharpe(one[:, drawn].sum(axis=-1), quarters * tested.every))
    year = np.sqrt(tested.year)
    return {name: np.concatenate(parts) * year for name, parts in found.items()}


def _sums(excess: Array, quarters: int) -> Array:
    """Sums of the returns in each quarter, and of their squares: a Sharpe ratio needs no more."""
    rows = excess.reshape(quarters, -1)
    return np.stack([rows.sum(axis=1), (rows**2).sum(axis=1)])


def _sharpe(sums: Array, periods: int) -> Array:
    """Sharpe ratio per period of that many; 0 where nothing moves."""
    mean = sums[0] / periods
    variance = (sums[1] - periods * mean**2) / max(periods - 1, 1)
    sd = np.sqrt(np.clip(variance, 0.0, None))
    return np.divide(mean, sd, out=np.zeros_like(mean), where=sd > 0.0)


def _against(difference: Array) -> Against:
    share = float((difference < 0.0).mean())
    low, middle, high = np.quantile(difference, [0.05, 0.5, 0.95]).tolist()
    error = float(np.sqrt(share * (1.0 - share) / difference.size))
    return Against(share, error, middle, low, high)
