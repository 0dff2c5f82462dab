"""The daily returns of the case ``returns``: made up, by a GARCH(1, 1) with fat tails.

``python cases/returns.py`` writes the file beside it again, the same.
"""

import csv
from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from random import Random

DAYS, START, SEED = 500, date(2023, 1, 2), 7
MEAN, SD = 0.0004, 0.011  # of a day's return
SHOCK, MEMORY = 0.08, 0.88  # how the last shock, and the last variance, make the variance
DEGREES = 6  # of freedom of the shocks, Student's t


def returns() -> list[tuple[str, str]]:
    """Weekdays and returns in percent, from the oldest on."""
    draw, day, variance = Random(SEED), START, SD**2
    rows: list[tuple[str, str]] = []
    while len(rows) < DAYS:
        if day.weekday() < 5:
            fat = (DEGREES - 2) / draw.gammavariate(DEGREES / 2, 2.0)
            surprise = sqrt(variance * fat) * draw.gauss(0.0, 1.0)
            rows.append((day.isoformat(), f"{100 * (MEAN + surprise):.2f}%"))
            variance = (1 - SHOCK - MEMORY) * SD**2 + SHOCK * surprise**2 + MEMORY * variance
        day += timedelta(days=1)
    return rows


def write(path: Path) -> None:
    """Write them, with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerows([("date", "return"), *returns()])


if __name__ == "__main__":
    write(Path(__file__).with_suffix(".csv"))
