"""How many nodes a direction needs, measured on grids that are thin the other way.

What too few nodes along one direction do to the reported values hardly depends on how many there
are along the other, nor on the time steps. So each direction has a ladder of grids: few nodes the
other way, few steps, and on every rung more nodes along it. A rung's error is found from what
the next one changes; orders say which rung to try next, and how much of the error the change is;
between two rungs it is interpolated where it is regular. Where it is not, a change may be small by
luck: then an error is not believed to have fallen much faster than at that order from the rung
below.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import BudgetSpent, Metered
from pdesolve.solver.pde.errors import ErrorTuning, Moves, is_broken, moves, still, times, worst
from pdesolve.solver.pde.first import nodes_of
from pdesolve.solver.pde.ladder_tuning import LadderTuning
from pdesolve.solver.pde.passes import PassError, retrace
from pdesolve.solver.solution import Solution


class Rung(NamedTuple):
    """Nodes along a direction, and the error that they leave."""

    nodes: int
    error: Moves
    size: float


class Ladder:
    """One direction of a first pass's region, on grids that are thin the other way.

    Parameters
    ----------
    run : Metered
    first : Solution
        Its region is used, and its time steps, or more if those are too few.
    axis : str
        "xi" or "psi".
    how : LadderTuning
    doubt : ErrorTuning
    """

    def __init__(
        self, run: Metered, first: Solution, axis: str, how: LadderTuning, doubt: ErrorTuning
    ):
        self._run, self._first, self._axis = run, first, axis
        self._how, self._doubt = how, doubt
        space = first.space
        self._nodes = space.n_xi if axis == "xi" else space.n_psi
        self._usual = space.n_psi if axis == "xi" else space.n_xi
        self._across = space.n_psi if axis == "xi" else max(1, round(how.thinner * space.n_xi))
        self._unit = space.stages if axis == "psi" else 1
        self._regular = getattr(ByAxis(*how.regular), axis)
        scheme = space.order if axis == "xi" else space.psi_order
        self._order = min(self._along(how.orders), scheme)
        self._gathered = axis == "psi" and bool(space.clusters)
        self._ratio = how.gathered if self._gathered else self._along(how.ratios)
        self._stencil = space.order if axis == "xi" else min(how.stencil, space.order)
        self._known = dict[int, Solution | None]()
        self._fewest: Rung | None = None  # whose error was measured
        self._times, least = first.times, how.least_steps(axis, run.tolerance)
        if (axis == "psi" or how.whole) and least > first.steps["accepted"]:
            self._times = respaced(first.times, first.case.market, least)
        self.borrow(first)
        self.begun = self.steps  # time steps of its first grids

    def climb(self, target: float) -> Rung:
        """The fewest nodes with an error of at most the target, relative to the scales.

        Raises
        ------
        PassError
            If the thin grids break down, errors grow, or they take more work than there is.
        """
        how, below, nodes, rises = self._how, None, self._nodes, 0
        if nodes == 1:
            return Rung(1, still(), 0.0)
        grown = self._along(how.start) * (how.begun / target) ** (1 / self._order)
        after = max(self._next(nodes, self._ratio), self._count(min(grown, how.most) * nodes))
        if not self._regular:  # so few may be right by luck
            elements = max(1.0 + (nodes - 1) / self._unit, how.least)
            nodes = 1 + self._unit * round(grown * elements)
            after = self._next(nodes, self._ratio)
            if self._nodes in self._known and nodes > self._nodes:
                below = self._rung(self._nodes, nodes, None)
        near = how.near
        for _ in range(how.rungs):
            here = self._rung(nodes, after, below)
            if here.size == np.inf and self._known.get(after, self._first) is None:
                if self.steps > self.begun:
                    break
                self.shorten(int(np.ceil(how.shortened * self.steps)))
                continue
            rises = rises + 1 if below is not None and self._stuck(below, here) else 0
            if below is not None and self._seen(below, here) < self._unsure:
                near = how.fewer  # nodes do not resolve yet what there is, or did not just now
            far = how.fewer if here.size > how.rough_rung else near
            rung = after if target >= how.rough_target else None
            if self._regular:
                found = self._near(below, here, target, rung)
            else:
                found = self._some(here, target)
            if found.size <= target and found.nodes <= min(far * nodes, rung or np.inf):
                return found
            if rises > how.rises and not self._regular:
                break
            order = self._observed(below, here)
            wanted = nodes * (here.size / (how.aim * target)) ** (1.0 / order)
            below, few, nodes = here if np.isfinite(here.size) else below, nodes, after
            if self._gathered:  # what a rung is compared with may be more than it takes
                nodes = self._between(self._next(few, 1.0), after, wanted)
                nodes = after if after <= how.alike * nodes else nodes
            least, most = self._next(nodes, self._ratio), self._next(nodes, how.most)
            after = self._between(least, most, wanted)
        raise PassError(f"no {self._axis} nodes are found to be enough", None, 0)

    @property
    def steps(self) -> int:
        """Time steps of all grids."""
        return self._times.size - 1

    @property
    def across(self) -> int:
        """Nodes the other way."""
        return self._across

    def widen(self, across: int) -> None:
        """Have about so many nodes the other way, and the scheme's own stencils along them."""
        self._across, self._stencil = across, self._first.space.order
        self._known.clear()

    def shorten(self, steps: int) -> None:
        """Have so many time steps, if that is more: every grid is solved anew."""
        if steps > self.steps:
            self._times = respaced(self._times, self._first.case.market, steps)
            self._known.clear()

    def borrow(self, found: Solution | None) -> None:
        """Have a grid that was solved elsewhere, if it is one of this ladder's."""
        if found is None or not np.array_equal(found.times, self._times):
            return
        nodes, across = nodes_of(found)[:: 1 if self._axis == "xi" else -1]
        if (across, found.space.order) == (self._across, self._stencil):
            self._known.setdefault(nodes, found)

    def known(self, nodes: int) -> Solution | None:
        """The solution on so many, if they were tried."""
        return self._known.get(nodes)

    @property
    def telling(self) -> float:
        """Nodes with which a grid tells of the other direction, going by the fewest tried."""
        few, size = self._fewest, self._along(self._how.unresolved)
        return 1.0 if few is None else few.nodes * (few.size / size) ** (1.0 / self._careful)

    def at(self, nodes: int) -> Rung:
        """So many nodes, and what they leave."""
        if nodes == 1:
            return Rung(1, still(), 0.0)
        few = self._nodes
        far = self._regular and nodes >= self._next(few, self._ratio)
        below = self._rung(few, nodes, None) if far else None
        return self._rung(nodes, self._next(nodes, self._ratio), below)

    def solved(self, nodes: int) -> Solution | None:
        """The solution on so many, None where it breaks down; less thin ones if that helps."""
        if nodes not in self._known:
            size = ByAxis(nodes, self._across)
            size = size if self._axis == "xi" else ByAxis(*size[::-1])
            self._run.left -= size.xi * size.psi * (self._times.size - 1)
            if self._run.left < 0.0:
                raise BudgetSpent("finer grids are out of reach", None, 0)
            try:
                grid = replace(self._first.space.resized(*size), order=self._stencil)
                found = retrace(self._first, grid, self._times)
                if is_broken(found, self._first, self._doubt):
                    raise FloatingPointError("the steps are unstable")
                self._known[nodes] = found
            except ArithmeticError:
                if self._across < self._usual:  # too thin
                    self._across = self._usual
                    self._known.clear()
                    return self.solved(nodes)
                self._known[nodes] = None
        return self._known[nodes]

    def closest(self, nodes: int) -> Solution | None:
        """The solution on so many nodes or a few less, as far as a rung stood for others."""
        near = [one for one in self._known if one <= nodes <= self._how.some * one]
        return self.solved(max(near, default=nodes))

    def _rung(self, nodes: int, after: int, below: Rung | None) -> Rung:
        """What so many nodes leave, by what the next ones change."""
        _, fine = self.solved(nodes), self.solved(after)
        coarse = self.solved(nodes)  # again, if the finer one was too thin
        if coarse is None or fine is None:
            return Rung(nodes, still(), np.inf)
        moved = moves(fine, coarse, self._doubt)
        found = Rung(nodes, moved, worst(self._first, moved))
        order = self._observed(below, found) if below else self._unsure
        kept = self._along(self._how.safety) * self._how.wary(found.size)
        kept /= 1.0 - (nodes / after) ** order
        kept *= self._how.alone if below is None and self._regular else 1.0
        if below and np.isfinite(below.size) and nodes > below.nodes:
            lucky = below.size * (below.nodes / nodes) ** self._along(self._how.luck)
            kept = max(kept, lucky / found.size) if found.size > 0.0 else kept
        found = Rung(nodes, times(moved, kept), kept * found.size)
        if self._fewest is None or nodes < self._fewest.nodes:
            self._fewest = found
        return found

    def _between(self, least: int, most: int, wanted: float) -> int:
        """As many nodes as are wanted, at least and at most so many."""
        return int(np.clip(self._count(min(wanted, 2.0 * most)), least, most))

    def _near(self, below: Rung | None, here: Rung, target: float, rung: int | None = None) -> Rung:
        """As many nodes as it takes, going by a rung, where the error is regular.

        No others than those of this rung and the one that it is compared with, if that is given.
        """
        if not np.isfinite(here.size):
            return here
        if here.size > target:
            order = min(self._careful, self._observed(below, here))
        else:  # less than what the rung below left: the error may have fallen faster than expected
            order = max(self._seen(below, here), self._order) if below else np.inf
        wanted = here.nodes * (here.size / target) ** (1.0 / order)
        nodes = max(self._count(min(wanted, 1e6)), self._count(here.nodes / self._how.fewer))
        if rung is not None:
            nodes = here.nodes if nodes <= here.nodes else max(nodes, rung)
        left = (here.nodes / nodes) ** order
        error = times(here.error, left)
        if below is not None and below.nodes < nodes < here.nodes:
            error = _steeper(error, below, here, nodes, order)
        return Rung(nodes, error, left * here.size)

    def _some(self, here: Rung, target: float) -> Rung:
        """Some more nodes where errors are irregular, at the least order, or no more."""
        if not target < here.size < np.inf:
            return here
        nodes = self._count(here.nodes * (here.size / target) ** (1.0 / self._unsure))
        if nodes > self._how.some * here.nodes:
            return here
        left = (here.nodes / nodes) ** self._unsure
        return Rung(nodes, times(here.error, left), left * here.size)

    def _stuck(self, below: Rung, here: Rung) -> bool:
        """Whether an error grew from one rung to another, or hardly fell."""
        return here.size > below.size * (below.nodes / here.nodes) ** self._how.hardly

    def _observed(self, below: Rung | None, here: Rung) -> float:
        """Order at which the error falls from one rung to another; that of the scheme at most."""
        if below is None or here.nodes <= below.nodes or not np.isfinite(here.size):
            return self._order
        return float(np.clip(self._seen(below, here), self._unsure, self._order))

    def _seen(self, below: Rung, here: Rung) -> float:
        """The same, whatever it is."""
        tiny = float(np.finfo(float).tiny)
        fall = max(below.size, tiny) / max(here.size, tiny)
        return float(np.log(fall) / np.log(here.nodes / below.nodes))

    @property
    def _careful(self) -> float:
        """Order that an error is taken to fall at where it was not measured."""
        return self._how.beyond * self._order

    @property
    def _unsure(self) -> float:
        """Least order that an error is taken to fall at."""
        return self._along(self._how.unsure) * self._order

    def _along(self, either: tuple[float, float]) -> float:
        """Of numbers for both directions, this one's."""
        return float(getattr(ByAxis(*either), self._axis))

    def _next(self, nodes: int, factor: float) -> int:
        """About so many times the nodes, and more of them."""
        return max(self._count(factor * nodes), nodes + self._unit)

    def _count(self, wanted: float) -> int:
        """The next count of nodes that there is."""
        return 1 + self._unit * int(np.ceil((wanted - 1) / self._unit - 1e-9))


def _steeper(error: Moves, below: Rung, here: Rung, nodes: int, order: float) -> Moves:
    """Between two rungs: with values that fell faster than the worst one larger, by as much."""
    found = dict(error)
    for name in found:
        before, after = (float(np.nanmax(np.abs(rung.error[name]))) for rung in (below, here))
        if 0.0 < after < before:
            own = np.log(before / after) / np.log(here.nodes / below.nodes)
            found[name] = error[name] * (here.nodes / nodes) ** max(0.0, own - order)
    return found
