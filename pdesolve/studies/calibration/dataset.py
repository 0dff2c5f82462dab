"""A calibration as a data set."""

from __future__ import annotations

from typing import Any

import xarray

from pdesolve.case.keys import describe_in
from pdesolve.studies.calibration.estimates import Estimates


def as_dataset(found: Estimates) -> xarray.Dataset:
    """Everything that was found, over `parameter`, `other` and `target`."""
    targets, table = found.problem.targets, found.summary()
    by_parameter: dict[str, Any] = {str(name): one.to_numpy() for name, one in table.items()}
    by_parameter["numerical_error"] = found.numerical_error.to_numpy()
    for name in ("start", "low", "high"):
        settings = [getattr(one, name) for one in found.problem.free]
        by_parameter[name if name == "start" else f"{name}_bound"] = settings
    by_target = {
        "target_value": targets.values,
        "target_sd": targets.sd,
        "model": found.observed.value,
        "model_error": found.observed.error,
        "residual": found.residuals,
    }
    variables: dict[str, Any] = {
        **{name: ("parameter", one) for name, one in by_parameter.items()},
        **{name: ("target", one) for name, one in by_target.items()},
        "target_covariance": (("target", "other_target"), targets.covariance),
        "covariance": found.cov(),
        "sensitivity": found.sensitivity(),
        "jacobian": (("target", "parameter"), found.jacobian),
    }
    units = [describe_in(found.case, key).attributes["units"] for key in found.keys]
    coords = {"unit": ("parameter", units), "target_unit": ("target", list(targets.units))}
    return xarray.Dataset(variables, coords, attrs=_attributes(found))


def _attributes(found: Estimates) -> dict[str, Any]:
    test = found.j_test
    return {
        "title": found.case.title,
        "case_name": found.case.name,
        "case": str(found.case),
        "pdesolve_version": found.version,
        "converged": int(found.converged),
        "identified": int(found.identified),
        "message": found.message,
        "rank": found.inference.rank,
        "condition_number": found.inference.condition,
        "chi_squared": test.statistic,
        "degrees_of_freedom": test.degrees_of_freedom,
        "p_value": test.p_value,
        "solves": found.solves,
        "seconds": found.seconds,
    }
