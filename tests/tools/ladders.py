"""What ladders of thin grids rest on, measured: `python tests/tools/ladders.py [SEED [COUNT]]`.

For every smooth named case, and COUNT of every family: what a node count leaves by a thin grid,
over what it leaves on a grid three times as fine the other way whose time steps are half as long;
along xi, along psi and in time. The quantiles of these ratios are printed: those below one are what
`LadderTuning.safety` has to cover. And the order at which the error of the time steps falls from
one rung to the next, which `LadderTuning.step_orders` stays below; what a first rung says that they
leave, before `step_safety`, over what they do; and the order at which that rises with 1 / 1.5 times
the steps.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from pdesolve.case import Case, case_names, load_case
from pdesolve.model.economy import Economy
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import Metered
from pdesolve.solver.pde.contributions import halved
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.solver.pde.errors import change, worst
from pdesolve.solver.pde.first import first_nodes, settle
from pdesolve.solver.pde.passes import PassError, retrace
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array
from tests.tools.families import FAMILIES, family_case

TUNING, TOLERANCE = Tuning(), 1e-5
Ratios = dict[str, float]


def cases(seed: int, count: int) -> Iterator[Case]:
    """Named ones, and some of every family."""
    yield from (load_case(name) for name in case_names())
    for kind in FAMILIES:
        yield from (family_case(kind, seed + i) for i in range(count))


def first_pass(case: Case) -> Solution:
    """As a solve begins."""
    economy, how = Economy.of(case), TUNING.ladder
    domain = choose_domain(economy, TOLERANCE)
    run = Metered(case, economy, TOLERANCE, TUNING.budget, TUNING.steps)
    nodes, fixed = first_nodes(case, economy, domain, TOLERANCE, TUNING.pilot, TUNING.errors)
    return settle(run, domain, nodes, how.steps_for(TOLERANCE), fixed.xi, TUNING.pilot)[1]


def apart(found: Solution, some: Grid, more: Grid, times: Array) -> float:
    """Largest change from one grid to another, with the same time steps."""
    moved = change(retrace(found, more, times), retrace(found, some, times), TUNING.errors)
    return worst(found, moved)


def ratios(first: Solution) -> Ratios:
    """By direction: the change on a thin grid over that on a full one. And the order in time."""
    space, short = first.space, halved(first)
    n, m = space.n_xi, space.n_psi
    few, wide, lines = round(TUNING.ladder.thinner * n), round(1.5 * n), 1 + 2 * (m - 1)

    def grid(nodes: ByAxis[int]) -> Grid:
        order = min(TUNING.ladder.stencil, space.order) if nodes.xi == few else space.order
        return replace(space.resized(*nodes), order=order)

    def along(a: ByAxis[int], b: ByAxis[int], times: Array) -> float:
        return apart(first, grid(a), grid(b), times)

    def steps(nodes: ByAxis[int]) -> list[float]:
        here, sizes = grid(nodes), []
        found = [retrace(first, here)]
        for _ in range(2):
            found.append(retrace(found[-1], here, halved(found[-1])))
            sizes.append(worst(first, change(found[-1], found[-2], TUNING.errors)))
        return sizes

    def rung(nodes: ByAxis[int]) -> tuple[float, float]:
        here, market, how = grid(nodes), first.case.market, TUNING.ladder
        few = int(how.begun_steps[1] * (how.begun / TOLERANCE) ** (1 / how.orders[1]))
        counts = (few / how.step_apart, few, few * how.step_apart, 6 * few)
        less, own, more, most = (
            retrace(first, here, respaced(first.times, market, round(k))) for k in counts
        )

        def size(fine: Solution, coarse: Solution) -> float:
            return worst(first, change(fine, coarse, TUNING.errors))

        said = size(more, own) / (1.0 - how.step_apart ** -how.step_orders[1])
        rise = np.log(size(most, less) / size(most, own)) / np.log(how.step_apart)
        return said / size(most, own), float(rise)

    thin = along(ByAxis(wide, m), ByAxis(2 * n, m), first.times)
    found = {"xi": thin / along(ByAxis(wide, 3 * m), ByAxis(2 * n, 3 * m), short)}
    on_few, on_many = steps(ByAxis(few, lines)), steps(ByAxis(2 * n, lines))
    found["time"] = on_few[0] / on_many[0]
    found["order in time"] = float(np.log2(on_few[0] / on_few[1]))
    found["said in time"], found["order with fewer"] = rung(ByAxis(few, lines))
    if m > 1:
        more = 1 + 3 * (m - 1)
        thin = along(ByAxis(few, lines), ByAxis(few, more), first.times)
        found["psi"] = thin / along(ByAxis(2 * n, lines), ByAxis(2 * n, more), short)
    return found


def main(seed: int, count: int) -> None:
    """Print the quantiles."""
    found: list[Ratios] = []
    for case in cases(seed, count):
        with suppress(PassError, ArithmeticError):
            first = first_pass(case)
            if first.space.n_xi > 1 and not has_kink(first):
                found.append(ratios(first))
                print(case.name, {name: round(x, 2) for name, x in found[-1].items()}, flush=True)
    for name in ("xi", "psi", "time", "order in time", "said in time", "order with fewer"):
        known = [one[name] for one in found if np.isfinite(one.get(name, np.nan))]
        low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
        print(f"{name:16s} {len(known)} cases: {low:.2f} | {middle:.2f} | {high:.2f}  (5, 50, 95%)")


if __name__ == "__main__":
    given = [int(arg) for arg in sys.argv[1:]]
    main(given[0] if given else 97000, given[1] if len(given) > 1 else 1)
