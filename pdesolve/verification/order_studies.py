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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdesolve.numerics import grid as grids
from pdesolve.numerics import stencils
from pdesolve.typing import Array
from pdesolve.verification.manufactured_problem import Problem, march_fixed, march_steady
from pdesolve.verification.manufactured_solution import SIZES
from pdesolve.verification.orders import OrderTable, order_row

Mask: TypeAlias = NDArray[np.bool_]

PAIRS = ((2, 1), (4, 3), (6, 5), (8, 5), (10, 7))  # orders along xi and psi, refined jointly
PRODUCTION = (8, 5)

XI_SPAN, PSI_SPAN, TIME_SPAN, JOINT_SPAN = 0.6, 3.0, 0.6, 1.5
XI_INTERVALS = {
    2: (64, 96, 128, 192),
    4: (48, 64, 96, 128),
    6: (40, 48, 64, 96),
    8: (36, 48, 60, 72),
    10: (30, 36, 40, 46),
}
PSI_ELEMENTS = {1: (32, 48, 64, 96), 3: (24, 32, 48), 5: (10, 12, 16, 20), 7: (6, 7, 8, 10)}
TIME_STEPS = (12, 16, 24, 32)
TIME_INTERVALS, TIME_ORDER = 48, 10
JOINT_BASE = {  # xi intervals, psi elements and time steps at factor 1
    (2, 1): (24, 24, 8),
    (4, 3): (36, 8, 8),
    (6, 5): (22, 8, 10),
    (8, 5): (22, 8, 12),
    (10, 7): (17, 6, 16),
}
JOINT_FACTORS = (1.0, 1.5, 2.0)
# Largest errors allowed at the finest resolution, relative to SIZES: about twice those found.
XI_CAPS = {2: 8e-4, 4: 2e-6, 6: 1.2e-8, 8: 3e-10, 10: 1e-10}
PSI_CAPS = {1: 2.5e-2, 3: 1e-5, 5: 1.5e-6, 7: 4e-7}
ENDS_CAPS = {1: 2.5e-2, 3: 4e-6, 5: 7e-9, 7: 1e-10}
TIME_CAP = 2e-9
JOINT_CAPS = {(2, 1): 7e-2, (4, 3): 2e-4, (6, 5): 9e-6, (8, 5): 3e-6, (10, 7): 2e-7}


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of the grid and the order expected there.

    Attributes
    ----------
    name : str
    nodes : callable
        Grid -> boolean array, shape (n_psi, n_xi).
    expected, cap : float
        As in `OrderRow`.
    """

    name: str
    nodes: Callable[[grids.Grid], Mask]
    expected: float
    cap: float


def xi_table(order: int = PRODUCTION[0]) -> OrderTable:
    """Errors against intervals along xi, for differences of that order; no psi axis, steady."""

    def run(intervals: float) -> tuple[Problem, Array]:
        problem = Problem(intervals=int(intervals), elements=0, order=order, timed=False)
        return problem, march_steady(problem, XI_SPAN)

    regions = _across(float(order), XI_CAPS[order])
    return _study(f"xi, order {order}", "intervals along xi", XI_INTERVALS[order], run, regions)


def psi_table(psi_order: int = PRODUCTION[1]) -> OrderTable:
    """Errors against elements along psi, for collocation of that order; no xi axis, steady."""

    def run(elements: float) -> tuple[Problem, Array]:
        problem = Problem(intervals=0, elements=int(elements), psi_order=psi_order, timed=False)
        return problem, march_steady(problem, PSI_SPAN, 1e-6)

    within, cap = float(_order_within(psi_order)), PSI_CAPS[psi_order]
    ends, ends_cap = float(psi_order), ENDS_CAPS[psi_order]
    return _study(
        f"psi, order {psi_order}",
        "elements along psi",
        PSI_ELEMENTS[psi_order],
        run,
        (
            Region(name="interior", nodes=_above, expected=within, cap=cap),
            Region(name="element ends", nodes=_ends, expected=ends, cap=ends_cap),
            Region(name="boundary", nodes=_lowest, expected=ends, cap=ends_cap),
        ),
        f"Radau: order {psi_order} at elements' ends, {within:g} between them",
    )


def time_table() -> OrderTable:
    """Errors against equal time steps, on a fine grid along xi."""
    problem = Problem(intervals=TIME_INTERVALS, elements=0, order=TIME_ORDER)

    def run(steps: float) -> tuple[Problem, Array]:
        return problem, march_fixed(problem, TIME_SPAN, int(steps))

    return _study("time, order 4", "time steps", TIME_STEPS, run, _across(4.0, TIME_CAP))


def joint_table(orders: tuple[int, int] = PRODUCTION) -> OrderTable:
    """Errors with xi, psi and time refined together, for the orders along xi and psi.

    With r the factor, elements grow like r, intervals like r^(P/p) and steps like r^(P/4), P being
    the order expected and p that along xi: every contribution falls like r^-P.
    """
    order, psi_order = orders
    expected = float(_order_within(psi_order))
    base = JOINT_BASE[orders]

    def run(r: float) -> tuple[Problem, Array]:
        problem = Problem(
            intervals=round(base[0] * r ** (expected / order)),
            elements=round(base[1] * r),
            order=order,
            psi_order=psi_order,
        )
        return problem, march_fixed(problem, JOINT_SPAN, round(base[2] * r ** (expected / 4)))

    return _study(
        f"xi, psi and time together, orders {order}, {psi_order} and 4",
        f"refinement factor (1: {base[0]} intervals, {base[1]} elements, {base[2]} steps)",
        JOINT_FACTORS,
        run,
        _across(expected, JOINT_CAPS[orders]),
        f"order {expected:g}: that along psi between elements' ends",
    )


def manufactured_tables(*, quick: bool = False) -> tuple[OrderTable, ...]:
    """Every study, or those of the production scheme alone (`quick`)."""
    xi = (PRODUCTION[0],) if quick else stencils.ORDERS
    psi = (PRODUCTION[1],) if quick else stencils.PSI_ORDERS
    pairs = (PRODUCTION,) if quick else PAIRS
    return (
        *(xi_table(order) for order in xi),
        *(psi_table(order) for order in psi),
        time_table(),
        *(joint_table(pair) for pair in pairs),
    )


def _order_within(psi_order: int) -> int:
    """Order between the ends of elements of s = (psi_order + 1)/2 lines: s + 1, at most 2s - 1."""
    return min((psi_order + 1) // 2 + 1, psi_order)


def _across(expected: float, cap: float) -> tuple[Region, ...]:
    """Nodes inside the xi axis, and its ends."""
    return (
        Region(name="interior", nodes=_inside, expected=expected, cap=cap),
        Region(name="boundary", nodes=_edge, expected=expected, cap=cap),
    )


def _edge(grid: grids.Grid) -> Mask:
    """The ends of the xi axis."""
    nodes = np.zeros(grid.xi.shape, dtype=bool)
    nodes[:, [0, -1]] = True
    return nodes


def _inside(grid: grids.Grid) -> Mask:
    return ~_edge(grid)


def _lowest(grid: grids.Grid) -> Mask:
    """Return psi = 0, where an economy starts."""
    return np.broadcast_to(np.arange(grid.n_psi)[:, None] == 0, grid.xi.shape)


def _above(grid: grids.Grid) -> Mask:
    return ~_lowest(grid)


def _ends(grid: grids.Grid) -> Mask:
    """Ends of the elements, without the inflow at the top, which knows nothing of the others."""
    lines = np.arange(grid.n_psi)
    chosen = (lines % grid.stages == 0) & (lines < grid.n_psi - 1)
    return np.broadcast_to(chosen[:, None], grid.xi.shape)


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
    for field, error in problem.errors(u).items():
        for region in regions:
            there = error[region.nodes(problem.grid)]
            found[field, "L2", region.name] = float(np.sqrt(np.mean(there**2)))
            found[field, "max", region.name] = float(there.max())
    return found
