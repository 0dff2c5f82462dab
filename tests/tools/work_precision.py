"""Seconds against the error they leave, and the same by general tools.

`python tests/tools/benchmark.py --errors [FILE.csv]` prints the table, and keeps it in a file:
with `figures/work_precision.csv` for the figure of that name (then `pdesolve figures
work_precision`, and its caption into the README). It takes two to three minutes, with py-pde twice
that, most of it for what py-pde compiles; where it is not installed its rows are missing.

Errors are the largest of the five reported values' true errors, relative to what a tolerance is
relative to, measured against a solve to 1e-8; seconds are of the processor, the median of three
where they are few, with one BLAS thread.
"""

import csv
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import process_time
from typing import NamedTuple

from pdesolve.case import Case, load_case
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.values import ERRORS, scales
from pdesolve.version import __version__
from tests.tools.peers import HAS_PY_PDE, Answer, by_py_pde, by_scipy

CASES = ("baseline", "three_states")
REFERENCE = 1e-8
ASKED = (1e-3, 1e-4, 1e-5, 1e-6)
LINES = ((80, 16), (160, 32), (240, 48))
CELLS = ((120, 32), (240, 64))
SOME, BRIEF = 3, 2.0  # measurements of what takes fewer seconds than that


class Row(NamedTuple):
    """One measurement: what was asked for is a tolerance, or nodes along xi and psi."""

    case: str
    method: str
    asked: str
    error: float
    seconds: float


def rows(name: str) -> Iterator[Row]:
    """Measure one case by every method."""
    case = load_case(name)
    exact = solve(case, tol=REFERENCE)
    if not exact.converged:
        raise SystemExit(f"{name}: {exact.message}")
    sizes = scales(exact.economy, exact.initial)

    def row(method: str, asked: str, run: Callable[[], Answer]) -> Row:
        values, seconds = run()
        again = [run()[1] for _ in range(SOME - 1)] if seconds < BRIEF else []
        gaps = [abs(values[key] - getattr(exact.initial, key)) / sizes[key] for key in ERRORS]
        return Row(name, method, asked, max(gaps), median([seconds, *again]))

    for tol in ASKED:
        yield row("pdesolve", f"{tol:g}", partial(_solved, case, tol))
    for order, rtol in ((4, 1e-6), (2, 1e-5)):
        for n in LINES:
            run = partial(by_scipy, case, *n, order, rtol)
            yield row(f"SciPy, order {order}", "x".join(map(str, n)), run)
    for n in CELLS if HAS_PY_PDE else ():
        yield row("py-pde, order 2", "x".join(map(str, n)), partial(by_py_pde, case, *n, 1e-4))


def _solved(case: Case, tol: float) -> Answer:
    began = process_time()
    found = solve(case, tol=tol).initial
    return {key: float(getattr(found, key)) for key in ERRORS}, process_time() - began


def about() -> str:
    """When and on what this is measured."""
    used = {"NumPy": "numpy", "SciPy": "scipy"} | ({"py-pde": "py-pde"} if HAS_PY_PDE else {})
    parts = [
        f"{date.today()}",
        f"pdesolve {__version__}",
        f"Python {platform.python_version()}",
        *(f"{title} {version(name)}" for title, name in used.items()),
        f"one core of {_processor()}",
    ]
    return ", ".join(parts)


def _processor() -> str:
    """Its name, where the system tells."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def main(arguments: list[str]) -> int:
    """Print the table, and write it to a file if there is one."""
    said, found = about(), list[Row]()
    print(f"{said}\n{'case':14} {'method':16} {'asked':>8} {'error':>8} {'seconds':>8}")
    for name in CASES:
        for row in rows(name):
            found.append(row)
            print(
                f"{row.case:14} {row.method:16} {row.asked:>8} {row.error:8.1e} {row.seconds:8.3f}",
                flush=True,
            )
    if arguments:
        with Path(arguments[0]).open("w", newline="", encoding="utf-8") as file:
            file.write(f"# {said}\n")
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(Row._fields)
            writer.writerows([*r[:3], f"{r.error:.3g}", f"{r.seconds:.4g}"] for r in found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
