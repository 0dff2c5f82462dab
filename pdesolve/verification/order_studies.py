"""Order studies on the manufactured problems: along xi, along psi, in time, and jointly.

Theory, and what it takes to see it:

* xi: differences of order p on a solution that is even about both ends, as the mirror image there
  makes it: order p at every node, the ends included.
* psi: Radau collocation with s lines per element, order 2s - 1 at the elements' ends and s + 1 in
  between (2s - 1 if that is less). The start at exact values is not what the scheme itself would
  settle on, and what it leaves travels with the information: until the whole axis has been crossed,
  which is why these runs are long, the ends show something between s + 1 and 2s - 1.
* time: order 4 in equal steps, on a grid so fine along xi that nothing else is seen.
* jointly: all three refined together, at rates that make every contribution fall alike; the order
  is that of psi between the ends, 4 for the production scheme.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pdesolve.numerics import stencils
from pdesolve.numerics.rosenbrock import METHOD
from pdesolve.typing import Array
from pdesolve.verification.manufactured_problem import Problem, march_fixed, march_steady
from pdesolve.verification.manufactured_solution import SIZES
from pdesolve.verification.orders import OrderTable, order_row
from pdesolve.verification.regions import Region, above, across, element_ends, lowest

PRODUCTION = (8, 7)  # orders along xi and psi; at kinks 5 along psi


class Study(NamedTuple):
    """Resolutions, and the largest errors allowed at the finest one.

    Attributes
    ----------
    resolutions : tuple of float
        Increasing.
    cap : float
        Relative to `SIZES`.
    ends_cap : float
        The same at the ends of elements, where it differs.
    """

    resolutions: tuple[float, ...]
    cap: float
    ends_cap: float = np.nan


class Joint(NamedTuple):
    """Intervals along xi, elements along psi and time steps at factor 1; the cap at the finest."""

    intervals: int
    elements: int
    steps: int
    cap: float


@dataclass(frozen=True, kw_only=True)
class StudyTuning:
    """How the manufactured problems are refined.

    The resolutions are the coarsest at which the orders of the theory are seen; what is allowed at
    the finest is about twice what was found when they were chosen.

    Attributes
    ----------
    xi_span, psi_span, time_span, joint_span : float
        How long each study runs, in time.
    xi, psi : mapping of int to Study
        Intervals and elements, by the order of the differences and of the collocation.
    time : Study
        Equal steps.
    time_intervals, time_order : int
        Of the grid along xi that the steps are studied on.
    joint : mapping of (int, int) to Joint
        By both orders.
    joint_factors : tuple of float
    """

    xi_span: float = 0.6
    psi_span: float = 3.0
    time_span: float = 0.6
    joint_span: float = 1.5
    xi: Mapping[int, Study] = field(
        default_factory=lambda: {
            2: Study((64, 96, 128, 192), 8e-4),
            4: Study((48, 64, 96, 128), 2e-6),
            6: Study((40, 48, 64, 96), 1.2e-8),
            8: Study((36, 48, 60, 72), 3e-10),
            10: Study((30, 36, 40, 46), 1e-10),
        }
    )
    psi: Mapping[int, Study] = field(
        default_factory=lambda: {
            1: Study((32, 48, 64, 96), 2.5e-2, 2.5e-2),
            3: Study((24, 32, 48), 1e-5, 4e-6),
            5: Study((10, 12, 16, 20), 1.5e-6, 7e-9),
            7: Study((6, 7, 8, 10), 4e-7, 1e-10),
        }
    )
    time: Study = field(default_factory=lambda: Study((12, 16, 24, 32), 2e-9))
    time_intervals: int = 48
    time_order: int = 10
    joint: Mapping[tuple[int, int], Joint] = field(
        default_factory=lambda: {
            (2, 1): Joint(24, 24, 8, 7e-2),
            (4, 3): Joint(36, 8, 8, 2e-4),
            (6, 5): Joint(22, 8, 10, 9e-6),
            (8, 5): Joint(22, 8, 12, 3e-6),
            (8, 7): Joint(22, 6, 16, 2.6e-7),
            (10, 7): Joint(17, 6, 16, 2e-7),
        }
    )
    joint_factors: tuple[float, ...] = (1.0, 1.5, 2.0)


def xi_table(order: int = PRODUCTION[0], tuning: StudyTuning = StudyTuning()) -> OrderTable:
    """Errors against intervals along xi, for differences of that order; no psi axis, steady."""
    study = tuning.xi[order]

    def run(intervals: float) -> tuple[Problem, Array]:
        problem = Problem(intervals=int(intervals), elements=0, order=order, timed=False)
        return problem, march_steady(problem, tuning.xi_span)

    regions = across(float(order), study.cap)
    return _study(f"xi, order {order}", "intervals along xi", study.resolutions, run, regions)


def psi_table(psi_order: int = PRODUCTION[1], tuning: StudyTuning = StudyTuning()) -> OrderTable:
    """Errors against elements along psi, for collocation of that order; no xi axis, steady."""
    study = tuning.psi[psi_order]

    def run(elements: float) -> tuple[Problem, Array]:
        problem = Problem(intervals=0, elements=int(elements), psi_order=psi_order, timed=False)
        return problem, march_steady(problem, tuning.psi_span, 1e-6)

    within, ends = float(_order_within(psi_order)), float(psi_order)
    return _study(
        f"psi, order {psi_order}",
        "elements along psi",
        study.resolutions,
        run,
        (
            Region(name="interior", nodes=above, expected=within, cap=study.cap),
            Region(name="element ends", nodes=element_ends, expected=ends, cap=study.ends_cap),
            Region(name="boundary", nodes=lowest, expected=ends, cap=study.ends_cap),
        ),
        f"Radau: order {psi_order} at elements' ends, {within:g} between them",
    )


def time_table(tuning: StudyTuning = StudyTuning()) -> OrderTable:
    """Errors against equal time steps, on a fine grid along xi."""
    study = tuning.time
    problem = Problem(intervals=tuning.time_intervals, elements=0, order=tuning.time_order)

    def run(steps: float) -> tuple[Problem, Array]:
        return problem, march_fixed(problem, tuning.time_span, int(steps))

    order = METHOD.order
    regions = across(float(order), study.cap)
    return _study(f"time, order {order}", "time steps", study.resolutions, run, regions)


def joint_table(
    orders: tuple[int, int] = PRODUCTION, tuning: StudyTuning = StudyTuning()
) -> OrderTable:
    """Errors with xi, psi and time refined together, for the orders along xi and psi.

    With r the factor, elements grow like r, intervals like r^(P/p) and steps like r^(P/q), P being
    the order expected, p that along xi and q that in time: every contribution falls like r^-P.
    """
    order, psi_order = orders
    expected = float(_order_within(psi_order))
    base = tuning.joint[orders]

    def run(r: float) -> tuple[Problem, Array]:
        problem = Problem(
            intervals=round(base.intervals * r ** (expected / order)),
            elements=round(base.elements * r),
            order=order,
            psi_order=psi_order,
        )
        return problem, march_fixed(
            problem, tuning.joint_span, round(base.steps * r ** (expected / METHOD.order))
        )

    return _study(
        f"xi, psi and time together, orders {order}, {psi_order} and {METHOD.order}",
        f"refinement factor (1: {base.intervals} intervals, {base.elements} elements, "
        f"{base.steps} steps)",
        tuning.joint_factors,
        run,
        across(expected, base.cap),
        f"order {expected:g}: that along psi between elements' ends",
    )


def manufactured_tables(
    *, quick: bool = False, tuning: StudyTuning = StudyTuning()
) -> tuple[OrderTable, ...]:
    """Every study, or those of the production scheme alone (`quick`)."""
    xi = (PRODUCTION[0],) if quick else stencils.ORDERS
    psi = (PRODUCTION[1],) if quick else stencils.PSI_ORDERS
    pairs = (PRODUCTION,) if quick else tuple(tuning.joint)
    return (
        *(xi_table(order, tuning) for order in xi),
        *(psi_table(order, tuning) for order in psi),
        time_table(tuning),
        *(joint_table(pair, tuning) for pair in pairs),
    )


def _order_within(psi_order: int) -> int:
    """Order between the ends of elements of s = (psi_order + 1)/2 lines: s + 1, at most 2s - 1."""
    return min((psi_order + 1) // 2 + 1, psi_order)


def _study(
    name: str,
    parameter: str,
    resolutions: Sequence[float],
    run: Callable[[float], tuple[Problem, Array]],
    regions: Sequence[Region],
    note: str = "",
) -> OrderTable:
    """Run every resolution and judge each field, norm and region; a breakdown fails the table."""
    began = time.perf_counter()
    measured: list[dict[tuple[str, str, str], float]] = []
    for resolution in resolutions:
        try:
            with np.errstate(all="ignore"):
                problem, u = run(resolution)
                measured.append(_norms(problem, u, regions))
        except ArithmeticError as failure:
            broken = f"broke down at resolution {resolution:g}: {failure}"
            note = "; ".join(text for text in (note, broken) if text)
            break
    measured += [{}] * (len(resolutions) - len(measured))
    rows = tuple(
        order_row(
            resolutions,
            [errors.get((field, norm, region.name), np.inf) for errors in measured],
            field=field,
            norm=norm,
            region=region.name,
            expected=region.expected,
            cap=region.cap,
            scale=SIZES[field],
        )
        for field in SIZES
        for region in regions
        for norm in ("L2", "max")
    )
    return OrderTable(
        name=name,
        parameter=parameter,
        resolutions=tuple(float(n) for n in resolutions),
        rows=rows,
        note=note,
        seconds=time.perf_counter() - began,
    )


def _norms(
    problem: Problem, u: Array, regions: Sequence[Region]
) -> dict[tuple[str, str, str], float]:
    """Errors by field, norm and region."""
    found = {}
    for name, error in problem.errors(u).items():
        for region in regions:
            there = error[region.nodes(problem.grid)]
            found[name, "L2", region.name] = float(np.sqrt(np.mean(there**2)))
            found[name, "max", region.name] = float(there.max())
    return found
