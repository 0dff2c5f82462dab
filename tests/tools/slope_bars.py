"""Are the bars of slopes honest? `python tests/tools/slope_bars.py TOL COUNT [FIRST_SEED [CASE…]]`.

Solves the named cases (or those given) and COUNT random ones, each as a user would, and compares
the slopes to all real parameters with differences of the model solved again at both sides of the
case: on one grid with one set of steps, those of a solve to a thirtieth of the tolerance, so that
nothing of the march of weights is in them. Prints, of every case, the CPU seconds of the solve and
of the slopes, the largest bar and error (relative to parameters and values), the share of slopes
that are within their bars, and the largest error over its bar; at the end, error over bar by
quantile.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pdesolve.case import Case, case_names, load_case
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import VALUES
from pdesolve.studies.calibration.derivatives import mesh_of, on_mesh
from pdesolve.studies.moved import natural_size, parameter
from pdesolve.studies.plan import flat
from pdesolve.studies.point import vary_case, vary_each
from pdesolve.studies.slopes import scales, slopes_to
from pdesolve.typing import Array

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.tools.error_bars import random_case

STEP, LEAST = 1e-4, 1e-7  # of the differences; relative error that they may have themselves
# To a linear cost of zero, where a kink begins, one of order 4 of cases that have it, one to five
# longer steps off: a grid takes a case with a kink and one without differently.
ASIDE, ONE_SIDED = 1e-2, (-77 / 12, 107 / 6, -39 / 2, 61 / 6, -25 / 12)


class Verdict(NamedTuple):
    """One case: errors and bars, (values, p), relative to their scales; seconds of CPU."""

    errors: Array
    bars: Array
    solve: float
    slopes: float


def real_keys(case: Case) -> list[str]:
    """Parameters that have slopes."""
    return [
        key
        for key, value in flat(case).items()
        if isinstance(value, float) and np.isfinite(value) and not key.startswith("numerics.")
    ]


def at(case: Case, key: str, value: float) -> Case:
    """The case with another value of a parameter."""
    return vary_case(case, {key: value})


def difference(found: Solution, key: str, size: float) -> Array:
    """Difference of the initial values on the grid of a solution, of order 2 or more."""
    mesh, x, h = mesh_of(found, 1.0, 1, 1), parameter(found.case, key), STEP * size
    try:
        near, weights = [at(found.case, key, x + k * h) for k in (-1, 1)], [-0.5, 0.5]
    except ValueError:  # at the end of the range
        first, weights = 0, [-1.5, 2.0, -0.5]
        if key == "attention.cost.linear":
            first, h, weights = 1, ASIDE * size, list(ONE_SIDED)
        near = [at(found.case, key, x + (first + k) * h) for k in range(len(weights))]
    known = [on_mesh(found, case, *mesh).initial for case in near]
    values = np.array([[getattr(one, name) for one in known] for name in VALUES])
    return np.asarray(values @ weights / h)


def assess(case: Case, tolerance: float) -> Verdict:
    """Slopes of a case, and how far they are off."""
    case = replace(case, numerics=replace(case.numerics, tolerance=tolerance))
    clock = [time.process_time()]
    found = solve(case)
    clock.append(time.process_time())
    by_key = slopes_to(found, vary_each(case, real_keys(case)))
    clock.append(time.process_time())
    better, errors, bars = solve(case, tol=tolerance / 30.0), [], []
    for key, one in by_key.items():
        size = max(abs(parameter(case, key)), natural_size(case, found.prior, key))
        if size == 0.0 or np.isnan(one.value["price"]):
            continue
        truth = difference(better, key, size)
        scale = scales(found, truth[:, None] * size)[:, 0] / size
        value, bar = (np.array(list(part.values())) for part in one)
        errors.append(np.abs(value - truth) / scale)
        bars.append(bar / scale)
    seconds = np.diff(clock)
    return Verdict(np.array(errors).T, np.array(bars).T, float(seconds[0]), float(seconds[1]))


def cases(count: int, first: int, names: list[str]) -> Iterator[Case]:
    """Named ones, and random ones."""
    for name in names or case_names():
        yield load_case(name)
    for seed in range(first, first + count):
        yield random_case(seed)


def main(tolerance: float, count: int, first: int, names: list[str]) -> None:
    """Assess cases one after the other."""
    ratios: list[Array] = []
    for case in cases(count, first, names):
        try:
            found = assess(case, tolerance)
        except ArithmeticError as failure:
            print(f"{case.name:16s} {failure}", flush=True)
            continue
        if not found.errors.size:
            print(f"{case.name:16s} no slopes", flush=True)
            continue
        beyond = np.maximum(found.errors - LEAST, 0.0) / found.bars
        ratio = beyond[np.isfinite(beyond)]
        ratios.append(ratio)
        print(
            f"{case.name:16s} {found.errors.shape[1]:2d} parameters, solve {found.solve:6.3f} s, "
            f"slopes {found.slopes:6.3f} s ({found.slopes / found.solve:.2f}), largest bar "
            f"{np.nanmax(found.bars):.1e}, error {np.nanmax(found.errors):.1e}; "
            f"{np.mean(ratio <= 1.0):7.2%} hold, worst {ratio.max():.2f}",
            flush=True,
        )
    every = np.concatenate(ratios)
    shares = [0.5, 0.9, 0.98, 1.0]
    said = ", ".join(f"{np.quantile(every, q):.2f} at {q:.0%}" for q in shares)
    print(f"{every.size} slopes, {np.mean(every <= 1.0):.2%} within their bars; error/bar: {said}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(float(given[0]), int(given[1]), int(given[2]) if len(given) > 2 else 0, given[3:])
