"""What ladders of thin grids rest on, measured: `python tests/tools/ladders.py [SEED [COUNT]]`.

For every smooth named case, and COUNT of every family: what a node count leaves by a thin grid,
over what it leaves on a grid three times as fine the other way whose time steps are half as long;
along xi, along psi and in time. The quantiles of these ratios are printed: those below one are what
`LadderTuning.safety` has to cover. And the order at which the error of the time steps falls from
one rung to the next, which `LadderTuning.step_orders` stays below; and what a first rung says that
they leave, before `step_safety`, over what they do: by more steps, as it is done, and by one less.
And what steps leave that change smoothly, over as many that lie as those do which the first pass
chose.
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
from pdesolve.solver.pde.announcements import pieces, respaced
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
LATE = ("said by more", "said by fewer", "smooth over chosen")


def cases(seed: int, count: int) -> Iterator[Case]:
    """Named ones, and some of every family."""
    yield from (load_case(name) for name in case_names())
    for kind in FAMILIES:
        yield from (family_case(kind, seed + i) for i in range(count))


def first_pass(case: Case) -> Solution:
    """As a solve begins."""
    economy, how = Economy.of(case), TUNING.ladder
    domain = choose_domain(economy, TOLERANCE)
    run = Metered(case, economy, TOLERANCE, TUNING.budget, TUNING.first)
    nodes, fixed = first_nodes(case, economy, domain, TOLERANCE, TUNING.pilot, TUNING.errors)
    return settle(run, domain, nodes, how.steps_for(TOLERANCE), fixed.xi, TUNING.pilot)[1]


def apart(found: Solution, some: Grid, more: Grid, times: Array) -> float:
    """Largest change from one grid to another, with the same time steps."""
    moved = change(retrace(found, more, times), retrace(found, some, times), TUNING.errors)
    return worst(found, moved)


def as_chosen(times: Array, steps: int) -> Array:
    """Ends of so many steps where these times have theirs."""
    return np.interp(np.linspace(0, times.size - 1, steps + 1), np.arange(times.size), times)


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

    def rung(nodes: ByAxis[int]) -> tuple[float, float, float]:
        here, market, how = grid(nodes), first.case.market, TUNING.ladder
        own = how.least_steps("psi", TOLERANCE)
        counts = (own - 1, own, int(np.ceil(how.step_apart * own)), 6 * own)
        less, usual, more, most = (
            retrace(first, here, respaced(first.times, market, count)) for count in counts
        )

        def size(fine: Solution, coarse: Solution) -> float:
            return worst(first, change(fine, coarse, TUNING.errors))

        lying = np.concatenate([as_chosen(t, own) for t in pieces(first.times, market)])
        rough = retrace(first, here, lying if lying.size == usual.times.size else usual.times)
        truly, order = size(most, usual), how.step_orders[1]
        by_more = size(more, usual) / (1.0 - (own / counts[2]) ** order)
        by_fewer = size(usual, less) / ((own / counts[0]) ** order - 1.0)
        return by_more / truly, by_fewer / truly, truly / size(most, rough)

    thin = along(ByAxis(wide, m), ByAxis(2 * n, m), first.times)
    found = {"xi": thin / along(ByAxis(wide, 3 * m), ByAxis(2 * n, 3 * m), short)}
    on_few, on_many = steps(ByAxis(few, lines)), steps(ByAxis(2 * n, lines))
    found["time"] = on_few[0] / on_many[0]
    found["order in time"] = float(np.log2(on_few[0] / on_few[1]))
    for name, ratio in zip(LATE, rung(ByAxis(few, lines)), strict=True):
        found[name] = ratio
    if m > 1:
        more, least = 1 + 3 * (m - 1), TUNING.ladder.least_steps("psi", TOLERANCE)
        usual = respaced(first.times, first.case.market, least)
        thin = along(ByAxis(few, lines), ByAxis(few, more), usual)
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
    for name in ("xi", "psi", "time", "order in time", *LATE):
        known = [one[name] for one in found if np.isfinite(one.get(name, np.nan))]
        low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
        print(f"{name:16s} {len(known)} cases: {low:.2f} | {middle:.2f} | {high:.2f}  (5, 50, 95%)")


if __name__ == "__main__":
    given = [int(arg) for arg in sys.argv[1:]]
    main(given[0] if given else 97000, given[1] if len(given) > 1 else 1)
