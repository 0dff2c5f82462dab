"""A sweep as a program reads it: JSON and CSV."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pdesolve.files import plain
from pdesolve.finance.by_name import further
from pdesolve.solver.values import BARS, VALUES
from pdesolve.studies.point import STATUSES
from pdesolve.studies.summary import asked_for, axes_of

if TYPE_CHECKING:
    import xarray


def as_json(data: "xarray.Dataset") -> str:
    """A sweep as one JSON object: null where not finite, but "inf" for a parameter."""
    axes = axes_of(data)
    return json.dumps(
        {
            "case": data.attrs["case_name"],
            "title": data.attrs["title"],
            "version": data.attrs["pdesolve_version"],
            "vary": swept_values({key: data[key].to_numpy().tolist() for key in axes}),
            "points": list(_points(data, axes)),
        },
        indent=2,
        allow_nan=False,
    )


def swept_values(axes: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
    """Values of every axis, as JSON has them."""
    return {key: [_key(value) for value in values] for key, values in axes.items()}


def _key(value: Any) -> Any:
    return "inf" if value == math.inf else value


def _points(data: "xarray.Dataset", axes: list[str]) -> Iterable[dict[str, Any]]:
    """One object per point, last axis fastest."""
    more = further(asked_for(data))
    arrays = {str(name): array.to_numpy() for name, array in data.data_vars.items()}
    slopes = data["parameter"].to_numpy().tolist() if "parameter" in data.dims else []
    for place in np.ndindex(*(data.sizes[key] for key in axes)):
        point: dict[str, Any] = {
            key: _key(data[key].to_numpy().tolist()[k]) for key, k in zip(axes, place, strict=True)
        }
        point |= {name: arrays[name][place] for name in (*VALUES, *more)}
        point["error"] = {name: arrays[f"{name}_error"][place] for name in (*BARS, *more)}
        for part in ("slope", "slope_error") if slopes else ():
            point[part] = {
                key: {name: arrays[f"{name}_{part}"][(*place, k)] for name in VALUES}
                for k, key in enumerate(slopes)
            }
        point["status"] = STATUSES[int(arrays["status"][place])]
        point["message"] = str(arrays["message"][place])
        yield plain(point)


def as_csv(data: "xarray.Dataset") -> str:
    """A sweep as a table with a header, one row per point, every digit kept."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = [_flat(point) for point in _points(data, axes_of(data))]
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return out.getvalue()


def _flat(point: dict[str, Any]) -> dict[str, Any]:
    """A point's values by column name."""
    flat: dict[str, Any] = {}
    for key, value in point.items():
        if key == "error":
            flat |= {f"{name}_error": bar for name, bar in value.items()}
        elif key in ("slope", "slope_error"):
            for parameter, slopes in value.items():
                flat |= {f"{name}_{key}:{parameter}": x for name, x in slopes.items()}
        else:
            flat[key] = value
    return flat
