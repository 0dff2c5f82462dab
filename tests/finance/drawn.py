"""Simulated paths, and means over them that are free of the error of the dates to first order."""

from collections.abc import Callable

import numpy as np

from pdesolve.finance.paths import Trades, Trading, trade_paths
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


def draw(solution: Solution, paths: int = 8000, steps: int = 64, investors: int = 4) -> Trades:
    return trade_paths(solution, np.random.default_rng(1), paths, steps, investors)


def mean(trades: Trades, of: Callable[[Trading], Array]) -> tuple[float, float]:
    """Mean of something at the last date, and what chance and dates may leave, four times over."""
    fine, coarse = of(trades.fine), of(trades.coarse)
    both = 2.0 * fine - coarse
    chance = float(np.std(both) / np.sqrt(both.size))
    return float(np.mean(both)), 4.0 * chance + abs(float(np.mean(fine - coarse)))
