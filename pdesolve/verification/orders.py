"""Observed orders of convergence: fitted, judged against theory, and put in tables.

Numbers in, numbers out: nothing here knows the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, log, nan

import numpy as np

EPSILON = float(np.finfo(float).eps)


@dataclass(frozen=True, kw_only=True)
class FitTuning:
    """When errors say something about an order, and what they are held to.

    Attributes
    ----------
    band : float
        How far a fitted order may be from theory: a tenth, since resolutions are finite.
    round_off : float
        Of the scale: smaller errors say nothing (sums of some hundred terms leave so much).
    nearly : float
        Of the scale: an error that stops falling below this has met round-off, which division by
        squared spacings makes larger.
    """

    band: float = 0.1
    round_off: float = 200.0 * EPSILON
    nearly: float = 1e-9


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Order fitted to errors.

    Attributes
    ----------
    order : float
        Minus the slope of log error on log resolution by least squares; NaN if fewer than two
        errors are above round-off.
    pairwise : tuple of float
        Orders between neighbours, one fewer than the errors; NaN where one of them is zero.
    used : int
        How many errors, from the first on, are above round-off.
    note : str
        What was left out and why; empty if nothing.
    """

    order: float
    pairwise: tuple[float, ...]
    used: int
    note: str


def fit_order(
    resolutions: Sequence[float],
    errors: Sequence[float],
    *,
    scale: float = 1.0,
    tuning: FitTuning = FitTuning(),
) -> Fit:
    """Fit the order at which errors fall.

    Parameters
    ----------
    resolutions : sequence
        Increasing: intervals, elements or steps.
    errors : sequence
        Non-negative, in any one unit.
    scale : float
        What round-off is relative to, in the same unit.
    tuning : FitTuning

    Returns
    -------
    Fit
        Points from the first one on that is at round-off are left out: that is smaller than
        `round_off` of the scale, or smaller than `nearly` of it and not falling any more.
    """
    n = [float(x) for x in resolutions]
    e = [float(x) for x in errors]
    orders = tuple(
        log(a / b) / log(m / k) if a > 0 and b > 0 and isfinite(a + b) else nan
        for (a, b), (k, m) in zip(pairwise(e), pairwise(n), strict=True)
    )
    if not all(isfinite(x) for x in e):
        return Fit(order=nan, pairwise=orders, used=0, note="no finite error")
    used = 0
    for i, error in enumerate(e):
        stuck = i > 0 and error <= tuning.nearly * scale and orders[i - 1] < 0.5
        if error <= tuning.round_off * scale or stuck:
            break
        used += 1
    note = "" if used == len(e) else f"round-off from resolution {n[used]:g} on"
    if used < 2:
        return Fit(order=nan, pairwise=orders, used=used, note=note or "one resolution only")
    slope = np.polyfit(np.log(n[:used]), np.log(e[:used]), 1)[0]
    return Fit(order=float(-slope), pairwise=orders, used=used, note=note)


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """Errors of one field in one norm over one part of the grid.

    Attributes
    ----------
    field : str
        "price", "variance", "log_value" or "attention".
    norm : str
        "L2" (root mean square over the nodes) or "max".
    region : str
        "interior" or "boundary".
    errors : tuple of float
        One for each resolution, in units of `scale`.
    fitted : Fit
    expected : float
        Order in theory; NaN if there is none to hold it to.
    cap : float
        Largest error allowed at the finest resolution, in units of `scale`.
    scale : float
        Size of the field, in its own unit.
    passed : bool
    note : str
        Anything that a reader of the verdict should know.
    """

    field: str
    norm: str
    region: str
    errors: tuple[float, ...]
    fitted: Fit
    expected: float
    cap: float
    scale: float
    passed: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class OrderTable:
    """What one sequence of resolutions shows.

    Attributes
    ----------
    name : str
        What was refined, with which scheme.
    parameter : str
        What `resolutions` count.
    resolutions : tuple of float
    rows : tuple of OrderRow
    note : str
        Of the whole table: theory behind the expectation, or why a run broke down.
    kink : bool
        Whether attention leaves zero, meets its cap or jumps inside the grid.
    seconds : float
        What it took.
    """

    name: str
    parameter: str
    resolutions: tuple[float, ...]
    rows: tuple[OrderRow, ...]
    note: str = ""
    kink: bool = False
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every row passed, and there are any."""
        return bool(self.rows) and all(row.passed for row in self.rows)

    @property
    def failures(self) -> tuple[OrderRow, ...]:
        """Rows that did not pass."""
        return tuple(row for row in self.rows if not row.passed)


def order_row(
    resolutions: Sequence[float],
    errors: Sequence[float],
    *,
    field: str,
    norm: str,
    region: str,
    expected: float,
    cap: float,
    scale: float = 1.0,
    tuning: FitTuning = FitTuning(),
    note: str = "",
) -> OrderRow:
    """Judge errors against theory.

    They pass if the fitted order is within `band` of the expected one, or all but the first are at
    round-off, and if the last error is finite and at most `cap`. An expected order of NaN is held
    to nothing but the cap.

    Parameters
    ----------
    resolutions, errors : sequence
        As in `fit_order`; the errors in the field's own unit.
    field, norm, region : str
    expected, cap, scale : float
        As in `OrderRow`.
    tuning : FitTuning
    note : str

    Returns
    -------
    OrderRow
    """
    relative = tuple(float(e) / scale for e in errors)
    fitted = fit_order(resolutions, relative, tuning=tuning)
    right = not isfinite(expected) or abs(fitted.order - expected) <= tuning.band
    exact = fitted.used < 2 and "round-off" in fitted.note
    small = isfinite(relative[-1]) and relative[-1] <= cap
    return OrderRow(
        field=field,
        norm=norm,
        region=region,
        errors=relative,
        fitted=fitted,
        expected=expected,
        cap=cap,
        scale=scale,
        passed=bool((right or exact) and small),
        note="; ".join(text for text in (note, fitted.note) if text),
    )
