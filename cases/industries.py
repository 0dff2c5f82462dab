"""Daily returns of ten industries over fifteen years: made up, with correlations like theirs.

A market with volatility that comes in waves, a factor that sets cyclical industries against
defensive ones, and fat-tailed news of each industry. ``python cases/industries.py`` writes the file
beside it again, the same.
"""

import csv
from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from random import Random
from typing import NamedTuple

DAYS, START, SEED = 3780, date(2010, 1, 4), 13  # a usual market: some seeds lose
PREMIUM, MARKET, CYCLE = 0.0003, 0.0105, 0.0035  # mean and sds of a day
SHOCK, MEMORY = 0.09, 0.89  # how the last shock, and the last variance, make the market's variance
DEGREES = 5  # of freedom of the shocks, Student's t


class Industry(NamedTuple):
    """Loadings on the market and on the cycle, and the sd of its own news."""

    market: float
    cycle: float
    own: float


INDUSTRIES = {
    "nondurables": Industry(0.70, -0.55, 0.0048),
    "durables": Industry(1.25, 0.70, 0.0105),
    "manufacturing": Industry(1.08, 0.60, 0.0050),
    "energy": Industry(1.05, 0.90, 0.0130),
    "technology": Industry(1.15, 0.15, 0.0072),
    "telecoms": Industry(0.78, -0.50, 0.0068),
    "shops": Industry(0.90, -0.10, 0.0055),
    "health": Industry(0.80, -0.50, 0.0068),
    "utilities": Industry(0.55, -0.90, 0.0078),
    "other": Industry(1.15, 0.45, 0.0055),
}


def returns() -> list[list[str]]:
    """Weekdays, and a return of each industry, from the oldest on."""
    draw, day, variance = Random(SEED), START, MARKET**2

    def shock() -> float:
        fat = (DEGREES - 2) / draw.gammavariate(DEGREES / 2, 2.0)
        return sqrt(fat) * draw.gauss(0.0, 1.0)

    rows: list[list[str]] = []
    while len(rows) < DAYS:
        if day.weekday() < 5:
            surprise, cycle = sqrt(variance) * shock(), CYCLE * shock()
            moves = [
                one.market * (PREMIUM + surprise) + one.cycle * cycle + one.own * shock()
                for one in INDUSTRIES.values()
            ]
            rows.append([day.isoformat(), *(f"{move:.5f}" for move in moves)])
            variance = (1 - SHOCK - MEMORY) * MARKET**2 + SHOCK * surprise**2 + MEMORY * variance
        day += timedelta(days=1)
    return rows


def write(path: Path) -> None:
    """Write them, with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerows([["date", *INDUSTRIES], *returns()])


if __name__ == "__main__":
    write(Path(__file__).with_suffix(".csv"))
