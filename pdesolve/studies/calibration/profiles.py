"""Profiles: the least misfit with one parameter given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.stats import chi2

from pdesolve.case import CaseError
from pdesolve.case.keys import describe_in
from pdesolve.case.sources import shown
from pdesolve.studies.calibration.estimates import LEVEL, Estimates
from pdesolve.studies.calibration.inference import misfit
from pdesolve.studies.calibration.search import Problem, Search, fixed, tolerances
from pdesolve.studies.executors import run
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

COUNT, WIDE = 9, 3.0  # values, and standard errors to either side that they reach
SAME = 1e-9  # of z: what is no nearer than that to the estimate is the estimate

Task = tuple[Problem, str, float, tuple[float, ...]]


def profile(
    found: Estimates,
    key: str,
    values: Sequence[float] | None,
    executor: Executor | None,
    processes: int | None,
    progress: bool,
) -> xarray.Dataset:
    """The least misfit over the values of a parameter; arguments as in `Calibration.profile`."""
    import xarray
    from tqdm import tqdm

    if key not in found.keys:
        free = ", ".join(found.keys)
        raise CaseError(f"profile: key must be one of the free ones, {free}, got {shown(key)}")
    place = found.keys.index(key)
    at = _usual(found, place) if values is None else np.array(values, float)
    tasks = [(found.problem, key, value, _rest(found, place, value)) for value in at.tolist()]
    for problem, _, value, rest in tasks:
        fixed(problem, key, value, rest)  # CaseError if there is no such case
    records: dict[float, Any] = {}
    off = None if progress else True
    with (
        closing(run(profile_point, tasks, executor, processes or 1)) as done,
        tqdm(total=len(tasks), desc=f"profile of {key}", unit="point", disable=off) as bar,
    ):
        for record in done:
            records[record["at"]] = record
            bar.update()
    rows = [records[value] for value in at.tolist()]
    chi_squared = np.array([row["chi_squared"] for row in rows])
    others = [other for other in found.keys if other != key]
    coords = {key: (key, at, describe_in(found.case, key).attributes)}
    variables: dict[str, Any] = {"chi_squared": (key, chi_squared, {"units": "1"})}
    for k, other in enumerate(others):
        about = describe_in(found.case, other).attributes
        variables[other] = (key, [row["values"][k] for row in rows], about)
    texts = np.array([row["message"] for row in rows], dtype=object)
    variables["message"] = (key, texts)
    low, high = _interval(found, place, at, chi_squared)
    attributes = {"low": low, "high": high, "level": LEVEL, "least": found.chi_squared}
    return xarray.Dataset(variables, coords, attrs=attributes)


def profile_point(task: Task) -> dict[str, Any]:
    """The least misfit at one value: what a worker does."""
    problem, key, value, rest = task
    given = fixed(problem, key, value, rest)
    search = Search(given)
    lost = {"chi_squared": np.nan, "values": [np.nan] * len(rest)}
    try:
        if rest:
            end = search.run(np.ones(len(rest)), tolerances(problem.case)[1:])
            observed, values = end.observed, list(given.values(end.z.tolist()).values())
        else:
            observed, values = search.solve(np.ones(0), problem.case.numerics.tolerance)[1], []
    except (ArithmeticError, ValueError) as failure:
        return {"at": value, **lost, "message": " ".join(str(failure).split())}
    chi_squared = misfit(problem.targets.covariance, search.gap(observed))
    return {"at": value, "chi_squared": chi_squared, "values": values, "message": ""}


def _usual(found: Estimates, place: int) -> Array:
    """Values around the estimate, within its bounds."""
    one, sd = found.problem.free[place], float(np.sqrt(found.cov_z[place, place]))
    wide = WIDE * sd if np.isfinite(sd) else 1.0
    ends = np.clip(found.z[place] + np.array([-wide, wide]), one.z(one.low), one.z(one.high))
    return np.array([one.value(z) for z in np.linspace(ends[0], ends[1], COUNT).tolist()])


def _rest(found: Estimates, place: int, value: float) -> tuple[float, ...]:
    """The other parameters where the linear model has its least misfit, given this one's value."""
    free = found.problem.free
    move = free[place].z(value) - found.z[place]
    cov = np.nan_to_num(found.cov_z)
    along = cov[:, place] / cov[place, place] if cov[place, place] > 0.0 else np.zeros(len(free))
    z = found.z + np.clip(move * along, -1.0, 1.0)
    return tuple(one.value(z[k]) for k, one in enumerate(free) if k != place)


def _interval(found: Estimates, place: int, at: Array, chi_squared: Array) -> tuple[float, float]:
    """Where the misfit has risen by the quantile of its law; the signed root is nearly linear."""
    one, middle = found.problem.free[place], found.z[place]
    z = np.array([one.z(value) for value in at.tolist()])
    rise = np.sqrt(np.maximum(chi_squared - found.chi_squared, 0.0)) * np.sign(z - middle)
    known = np.isfinite(rise) & (np.abs(z - middle) > SAME)
    roots, places = np.append(rise[known], 0.0), np.append(z[known], middle)
    order = np.argsort(places)
    roots, places = roots[order], places[order]
    if (np.diff(roots) <= 0.0).any():  # a second dip: no interval
        return np.nan, np.nan
    edge = float(np.sqrt(chi2.ppf(LEVEL, 1)))
    inverse = PchipInterpolator(roots, places, extrapolate=False)
    low, high = (float(inverse(side)) for side in (-edge, edge))
    return tuple(_ends(one, (low, high)))  # type: ignore[return-value]


def _ends(one: Any, z: tuple[float, float]) -> Iterator[float]:
    for place in z:
        yield one.value(place) if np.isfinite(place) else np.nan
