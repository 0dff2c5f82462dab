"""Estimates, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from pdesolve.case import Case
from pdesolve.finance.marches import Measured
from pdesolve.solver.solution import Solution
from pdesolve.studies.calibration.inference import Inference, misfit, tail
from pdesolve.studies.calibration.search import Problem
from pdesolve.typing import Array
from pdesolve.version import __version__

if TYPE_CHECKING:
    import pandas
    import xarray

LEVEL = 0.95
SENSITIVITIES = ("raw", "share")


class JTest(NamedTuple):
    """Test of the restrictions that overidentify; no degrees of freedom, no p-value."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Estimates:
    """Parameters that were found, and what is known of them (methods.md, calibration).

    Attributes
    ----------
    problem : Problem
        What was asked.
    solution : Solution
        Of the case with the parameters found.
    observed : Measured
        What it says of the targets, with the solver's errors.
    z : array, shape (p,)
        The parameters as they were searched for (:class:`.free.Free`).
    at_bound : array of bool, shape (p,)
        Parameters that a bound holds; what is said of the others is given these.
    slopes : array, shape (n, p)
        Of what is observed to z.
    inference : Inference
        Over the parameters that no bound holds.
    converged : bool
        Whether the search came to its end, and the solve there met its accuracy.
    verdict : str
        How it ended, in a few words.
    notes : tuple of str
        What has to be said besides, in a sentence each.
    starts : tuple of dict
        Where each search started, and how it ended.
    solves : int
    seconds : float
    version : str
    """

    problem: Problem
    solution: Solution
    observed: Measured
    z: Array
    at_bound: NDArray[np.bool_]
    slopes: Array
    inference: Inference
    converged: bool
    verdict: str
    notes: tuple[str, ...]
    starts: tuple[dict[str, Any], ...]
    solves: int
    seconds: float
    version: str = __version__

    # ------------------------------------------------------------------ what was found

    @property
    def message(self) -> str:
        """How it ended, and what has to be said besides."""
        return "; ".join((self.verdict, *self.notes))

    @property
    def case(self) -> Case:
        """The case with the parameters found."""
        return self.solution.case

    @property
    def keys(self) -> tuple[str, ...]:
        """The free parameters."""
        return tuple(one.key for one in self.problem.free)

    @property
    def values(self) -> Array:
        """Their values, shape (p,)."""
        return np.array(list(self.problem.values(self.z.tolist()).values()))

    @property
    def parameters(self) -> dict[str, float]:
        """Value by key."""
        return dict(zip(self.keys, self.values.tolist(), strict=True))

    @property
    def residuals(self) -> Array:
        """Model less target, in standard errors of the target, shape (n,)."""
        targets = self.problem.targets
        return np.asarray((self.observed.value - targets.values) / targets.sd)

    @property
    def chi_squared(self) -> float:
        """Misfit, weighted by the inverse of the targets' covariance."""
        targets = self.problem.targets
        return misfit(targets.covariance, self.observed.value - targets.values)

    @property
    def identified(self) -> bool:
        """Whether the targets tell all parameters apart that no bound holds."""
        return not self.inference.unidentified.size

    @property
    def reached(self) -> bool:
        """Whether targets are met that are no more than the parameters."""
        few = len(self.problem.targets.values) <= len(self.keys)
        return not few or self.chi_squared < 1e-2

    @property
    def j_test(self) -> JTest:
        """Chi-squared against the law that it has if the model is right (Hansen 1982)."""
        freedom = len(self.problem.targets.values) - self.inference.rank
        return JTest(self.chi_squared, freedom, tail(self.chi_squared, freedom))

    # ------------------------------------------------------------------ what is known of it

    @property
    def jacobian(self) -> Array:
        """Derivatives of what is observed to the parameters, shape (n, p)."""
        return np.asarray(self.slopes / self._rates)

    @property
    def _rates(self) -> Array:
        pairs = zip(self.problem.free, self.values.tolist(), strict=True)
        return np.array([one.rate(value) for one, value in pairs])

    @cached_property
    def _pinned(self) -> Array:
        """How z answers the targets, shape (p, n); NaN where that is not known."""
        pinned = np.full(self.slopes.T.shape, np.nan)
        pinned[~self.at_bound] = self.inference.pinned
        return pinned

    @cached_property
    def cov_z(self) -> Array:
        """Covariance of z: from the noise in the targets, and the solver's errors as more of it."""
        noise = self.problem.targets.covariance + np.diag(self.observed.error**2)
        return np.asarray(self._pinned @ noise @ self._pinned.T)

    def cov(self) -> xarray.DataArray:
        """Covariance of the estimates, over `parameter` and `other`; NaN where not known."""
        import xarray

        coords = {"parameter": list(self.keys), "other": list(self.keys)}
        rates = self._rates
        return xarray.DataArray(self.cov_z * np.outer(rates, rates), coords, name="covariance")

    def se(self) -> pandas.Series:
        """Standard errors by parameter; NaN for one at a bound, or that is not identified."""
        return self._series(np.sqrt(np.diag(self.cov_z)) * np.abs(self._rates))

    @property
    def numerical_error(self) -> pandas.Series:
        """How far the solver's error bars may move each estimate; part of `se` too."""
        return self._series(np.abs(self._pinned) @ self.observed.error * np.abs(self._rates))

    def ci(self, level: float = LEVEL) -> pandas.DataFrame:
        """Confidence intervals: columns low and high, by parameter.

        They are symmetric where a parameter was searched: in logarithms, if it is positive.

        Raises
        ------
        ValueError
            If the level is not between 0 and 1.
        """
        import pandas

        if not 0.0 < level < 1.0:
            raise ValueError(f"level must be > 0 and < 1, got {level!r}")
        reach = norm.ppf(0.5 + 0.5 * level) * np.sqrt(np.diag(self.cov_z))
        # not `value`: a bound does not cut an interval off
        ends = [
            [_unbounded(one, at) for one, at in zip(self.problem.free, z.tolist(), strict=True)]
            for z in (self.z - reach, self.z + reach)
        ]
        return pandas.DataFrame({"low": ends[0], "high": ends[1]}, index=list(self.keys))

    def p_values(self, null: float | Mapping[str, float] = 0.0) -> pandas.Series:
        """Two-sided p-values of the parameters being something else, by Wald's test.

        Parameters
        ----------
        null : float or mapping
            What each, or each of these, would be. Where the parameter is positive and the null too,
            they are compared in logarithms, so that it is rejected where `ci` leaves it out.
        """
        nulls = null if isinstance(null, Mapping) else dict.fromkeys(self.keys, null)
        sd, se = np.sqrt(np.diag(self.cov_z)), self.se()
        found = dict.fromkeys(self.keys, np.nan)
        for place, one in enumerate(self.problem.free):
            if one.key in nulls:
                other = float(nulls[one.key])
                gap = (self.values[place] - other) / se.iloc[place]
                if not one.logs or other > 0.0:
                    gap = (self.z[place] - one.z(other)) / sd[place]
                found[one.key] = 2.0 * norm.sf(abs(gap))
        return self._series(list(found.values()))

    def sensitivity(self, kind: str = "raw") -> xarray.DataArray:
        """How the estimates answer the targets, over `parameter` and `target`.

        Parameters
        ----------
        kind : {"raw", "share"}
            Derivatives (Andrews, Gentzkow and Shapiro 2017), in units of the parameter per unit of
            the target; or the share of the estimate's variance that the noise in each target
            makes, where targets are independent.

        Raises
        ------
        ValueError
            If the kind is another one.
        """
        import xarray

        if kind not in SENSITIVITIES:
            raise ValueError(f"kind must be one of {', '.join(SENSITIVITIES)}, got {kind!r}")
        targets = self.problem.targets
        coords = {"parameter": list(self.keys), "target": list(targets.labels)}
        raw = self._pinned * self._rates[:, None]
        if kind == "share":
            raw = (self._pinned * targets.sd) ** 2
            raw = raw / raw.sum(axis=1, keepdims=True)
        return xarray.DataArray(raw, coords, name="sensitivity")

    def summary(self, level: float = LEVEL) -> pandas.DataFrame:
        """Value, standard error, p-value and interval by parameter."""
        import pandas

        columns = {"value": self._series(self.values), "standard_error": self.se()}
        columns |= {"p_value": self.p_values(), **dict(self.ci(level).items())}
        return pandas.DataFrame({**columns, "at_bound": self._series(self.at_bound)})

    def _series(self, values: Any) -> pandas.Series:
        import pandas

        return pandas.Series(values, index=list(self.keys))


def _unbounded(one: Any, z: float) -> float:
    """A parameter at z, whatever its bounds."""
    return float(one.start * np.exp(z - 1.0) if one.logs else one.start + one.size * (z - 1.0))
