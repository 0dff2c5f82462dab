"""From a start to the least misfit: least squares on solves that tighten as it converges."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

from pdesolve.case import Case
from pdesolve.finance.marches import Measured
from pdesolve.solver.pde import solver
from pdesolve.solver.solution import Solution
from pdesolve.studies.calibration.derivatives import (
    ROUGH,
    DerivativeTuning,
    Jacobian,
    NoSlope,
    jacobian,
)
from pdesolve.studies.calibration.free import Free
from pdesolve.studies.calibration.inference import misfit, whiten
from pdesolve.studies.calibration.targets import Targets
from pdesolve.studies.moved import move
from pdesolve.studies.point import CONVERGED, FAILED, NOT_CONVERGED, vary_case
from pdesolve.typing import Array
from pdesolve.version import __version__

Report = Callable[[float], object]  # told the misfit of every solve
StartRecord = dict[str, Any]  # what `search_start` hands back


@dataclass(frozen=True, kw_only=True)
class SearchTuning:
    """How the search goes.

    Attributes
    ----------
    loose : float
        Tolerance of the solves that it begins with; then the middle, in logarithms, between this
        and the case's, then that.
    near : float
        Moves of z within which slopes are used again: what they are off by slows the last steps
        down, but does not move where these lead.
    misfit, least : float
        Relative fall of the misfit below which a stage is over: in units of the tolerance, and at
        least. The root of a fall is a distance in standard errors.
    held : float
        Share of the largest singular value of the slopes, or the tolerance if that is more, below
        which parameters are held back.
    lost, exact : float
        Shares of the solver's error, and of a value: targets that are all met up to these are met.
    trials, last : int
        Solves of a stage, and of the last one, whatever the rounds.
    kept : int
        Solutions that are remembered.
    """

    loose: float = 1e-2
    near: float = 0.02
    misfit: float = 0.1
    least: float = 1e-5
    held: float = 1e-5
    lost: float = 0.1
    exact: float = 1e-9
    trials: int = 30
    last: int = 12
    kept: int = 3


class Problem(NamedTuple):
    """What is asked: parameters of a case, and targets."""

    case: Case
    free: tuple[Free, ...]
    targets: Targets

    def values(self, z: Sequence[float]) -> dict[str, float]:
        """The parameters at z."""
        return {one.key: one.value(at) for one, at in zip(self.free, z, strict=True)}

    def at(self, z: Sequence[float]) -> Case:
        """The case at z; CaseError if there is none."""
        return vary_case(self.case, self.values(z), "calibrate")

    def place(self, values: Sequence[float]) -> Array:
        """Where in the search these values are."""
        return np.array([one.z(value) for one, value in zip(self.free, values, strict=True)])

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Of z."""
        return self.place([one.low for one in self.free]), self.place([f.high for f in self.free])


class Found(NamedTuple):
    """Where a search ended: the solution there, what it says of the targets, and how it ended."""

    z: Array
    solution: Solution
    observed: Measured
    settled: bool
    refused: str


class Search:
    """Solves of one problem, counted; a case that cannot be solved is as far off as can be.

    Attributes
    ----------
    solves : int
    refused : str
        Why the last case that could not be solved could not; empty if all could.
    """

    def __init__(
        self,
        problem: Problem,
        report: Report = lambda misfit: None,
        tuning: SearchTuning = SearchTuning(),
    ) -> None:
        self.problem, self.solves, self.refused = problem, 0, ""
        self._report, self._tuning = report, tuning
        self._known: dict[tuple[bytes, float], tuple[Solution, Measured]] = {}
        self._slopes: tuple[Array, Array] | None = None
        last = problem.case.numerics.tolerance
        self._left = dict.fromkeys(tolerances(problem.case, tuning), tuning.trials)
        self._left[last] = tuning.last

    def run(self, z: Array, stages: Sequence[float], slopes: Array | None = None) -> Found:
        """Search from z, with solves to these tolerances, one after the other.

        Parameters
        ----------
        z : array, shape (p,)
        stages : sequence of float
            Of `tolerances`.
        slopes : array, shape (n, p), optional
            Derivatives of what is observed to z, there.

        Raises
        ------
        PdesolveError, ArithmeticError
            If the case at z cannot be solved, or has no slopes.
        """
        settled = False
        if slopes is not None:
            self._slopes = z.copy(), whiten(self.problem.targets.covariance, slopes)
        for tolerance in stages:
            self.solve(z, tolerance)
            if self._left[tolerance] < 1:
                return Found(z, *self.solve(z, tolerance), False, self.refused)
            found = least_squares(
                partial(self._residuals, tolerance=tolerance),
                z,
                partial(self._white_slopes, tolerance=tolerance),
                self.problem.bounds,
                "dogbox",
                ftol=max(self._tuning.misfit * tolerance, self._tuning.least),
                xtol=tolerance,
                gtol=None,
                max_nfev=self._left[tolerance],
            )
            self._left[tolerance] -= found.nfev
            z, settled = found.x, found.status > 0
        return Found(z, *self.solve(z, stages[-1]), settled, self.refused)

    def solve(self, z: Array, tolerance: float) -> tuple[Solution, Measured]:
        """The solution at z, and what it says of the targets; errors as in `solver.solve`."""
        key = (z.tobytes(), tolerance)
        if key not in self._known:
            self.solves += 1
            solution = solver.solve(self.problem.at(z.tolist()), tol=tolerance)
            observed = self.problem.targets.observe(solution)
            if not np.isfinite(observed.value).all():
                targets = self.problem.targets
                none = targets.labels[int(np.argmin(np.isfinite(observed.value)))]
                raise NoSlope(f"{none} has no value")
            self._known[key] = solution, observed
            for old in list(self._known)[: -self._tuning.kept]:
                del self._known[old]
        return self._known[key]

    def gap(self, observed: Measured) -> Array:
        """Model less targets."""
        return observed.value - self.problem.targets.values

    def slopes(self, z: Array, tolerance: float, tuning: DerivativeTuning) -> Jacobian:
        """Derivatives of what is observed to z."""
        solution, _ = self.solve(z, tolerance)
        case, values = solution.case, list(self.problem.values(z.tolist()).values())
        rates = [one.rate(x) for one, x in zip(self.problem.free, values, strict=True)]
        varied = [partial(_vary, case, one.key) for one in self.problem.free]
        try:
            moved = [
                move(case, solution.economy, x, abs(rate), vary, tuning.step)
                for x, rate, vary in zip(values, rates, varied, strict=True)
            ]
        except ValueError as failure:
            raise NoSlope(str(failure)) from failure
        found = jacobian(solution, moved, self.problem.targets, tuning)
        return Jacobian(found.value * rates, found.change * np.abs(rates))

    def _residuals(self, z: Array, tolerance: float) -> Array:
        """Model less targets in standard deviations; infinite where there is no solution."""
        targets = self.problem.targets
        try:
            _, observed = self.solve(z, tolerance)
        except (ArithmeticError, ValueError) as failure:
            self.refused = " ".join(str(failure).split())
            return np.full(targets.values.size, np.inf)
        gap = self.gap(observed)
        self._report(misfit(targets.covariance, gap))
        lost = self._tuning.lost * observed.error + self._tuning.exact * np.abs(observed.value)
        return whiten(targets.covariance, gap if (np.abs(gap) > lost).any() else 0.0 * gap)

    def _white_slopes(self, z: Array, tolerance: float) -> Array:
        """Slopes in the same units, those from nearby where they will do.

        What the targets can hardly tell apart is held back, as if it mattered most: the errors of
        loose solves would lead far astray along it.
        """
        if self._slopes is None or np.abs(z - self._slopes[0]).max() > self._tuning.near:
            slopes = self.slopes(z, tolerance, ROUGH).value
            self._slopes = z.copy(), whiten(self.problem.targets.covariance, slopes)
        left, singular, right = np.linalg.svd(self._slopes[1], full_matrices=False)
        largest, share = singular.max(), max(tolerance, self._tuning.held)
        return left * np.where(singular < share * largest, largest, singular) @ right


def tolerances(case: Case, tuning: SearchTuning = SearchTuning()) -> tuple[float, ...]:
    """Of the stages of a search, the last the case's own."""
    last = case.numerics.tolerance
    if last >= tuning.loose:
        return (last,)
    return tuning.loose, float(np.sqrt(tuning.loose * last)), last


def search_start(
    task: tuple[Problem, tuple[float, ...]], report: Report = lambda x: None
) -> StartRecord:
    """Search from one start, loosely: what a worker does.

    Returns
    -------
    dict
        ``at``, the start; ``status``, ``message``; ``values`` of the parameters and
        ``chi_squared``, roughly; ``solves``, ``seconds``, ``version``.
    """
    (problem, start), began = task, time.perf_counter()
    stages = tolerances(problem.case)
    search = Search(problem, report)
    record: StartRecord = {"at": list(start), "version": __version__}
    try:
        found = search.run(problem.place(start), stages[:-1] or stages)
    except (ArithmeticError, ValueError) as failure:
        record |= {"status": FAILED, "message": " ".join(str(failure).split())}
    else:
        chi_squared = misfit(problem.targets.covariance, search.gap(found.observed))
        record |= {
            "status": CONVERGED if found.settled else NOT_CONVERGED,
            "message": found.refused,
            "values": list(problem.values(found.z.tolist()).values()),
            "chi_squared": chi_squared,
        }
    return {**record, "solves": search.solves, "seconds": time.perf_counter() - began}


def fixed(problem: Problem, key: str, value: float, rest: Sequence[float]) -> Problem:
    """The problem with one parameter given, and the others started from these values."""
    case = vary_case(problem.case, {key: value}, "calibrate")
    others = [one for one in problem.free if one.key != key]
    free = tuple(
        replace(one, start=start, size=one.size) for one, start in zip(others, rest, strict=True)
    )
    return Problem(case, free, problem.targets)


def _vary(case: Case, key: str, value: float) -> Case:
    return vary_case(case, {key: value}, "calibrate")
