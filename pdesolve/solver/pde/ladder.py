"""How many nodes a direction needs, measured on grids that are thin the other way.

Where attention has no kink, what too few nodes along one direction do to the reported values hardly
depends on how many there are along the other, nor on the time steps. So each direction has a ladder
of grids: few nodes the other way, few steps, and on every rung more nodes along it. A rung's error
is what the next one changes: it is measured, whatever the orders of the scheme, which only say
which rung to try next; between two rungs it is interpolated.
"""

from typing import NamedTuple

import numpy as np

from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import BudgetSpent, Metered
from pdesolve.solver.pde.errors import Errors, ErrorTuning, change, none, times, worst
from pdesolve.solver.pde.passes import PassError, retrace
from pdesolve.solver.pde.tuning import LadderTuning
from pdesolve.solver.solution import Solution


class Rung(NamedTuple):
    """Nodes along a direction, and the error that they leave."""

    nodes: int
    error: Errors
    size: float


class Ladder:
    """One direction of a first pass's region, on grids that are thin the other way.

    Parameters
    ----------
    run : Metered
    first : Solution
        Its region and time steps are used.
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
        self._across = space.n_psi if axis == "xi" else space.n_xi
        self._unit, self._regular = (space.stages, False) if axis == "psi" else (1, True)
        scheme = space.order if axis == "xi" else space.psi_order
        self._order = min(getattr(ByAxis(*how.orders), axis), scheme)
        self._ratio = getattr(ByAxis(*how.ratios), axis)
        self._known: dict[int, Solution | None] = {self._nodes: first}

    def climb(self, target: float) -> Rung:
        """The fewest nodes with an error of at most the target, relative to the scales.

        Raises
        ------
        PassError
            If the thin grids break down, or take more work than there is.
        """
        how, below = self._how, None
        if self._nodes == 1:
            return Rung(1, none(), 0.0)
        grown = getattr(ByAxis(*how.start), self._axis) * (how.rough / target) ** (1 / self._order)
        nodes = max(self._nodes, self._count(grown * self._nodes))
        for _ in range(how.rungs):
            here = self.at(nodes, below)
            if self._regular and (below or here.size > target):
                found = self._near(below, here, target)
                if found.nodes <= how.near * nodes:
                    return found
            if here.size <= target:
                return here
            order = self._observed(below, here)
            wanted = nodes * (here.size / (how.aim * target)) ** (1.0 / order)
            least, most = self._next(nodes, how.least_more), self._next(nodes, how.most)
            below = here if np.isfinite(here.size) else below
            nodes = int(np.clip(self._count(min(wanted, 2.0 * most)), least, most))
        raise PassError(f"no {self._axis} nodes are found to be enough", None, 0)

    def _near(self, below: Rung | None, here: Rung, target: float) -> Rung:
        """As many nodes as it takes, not far from a rung, where the error is regular."""
        careful = self._how.beyond * self._order
        if here.size > target:
            order = min(self._observed(below, here), careful) if below else careful
        else:  # less than what the rung below left: the error may have fallen faster than expected
            order = max(self._seen(below, here), self._order) if below else self._order
        wanted = here.nodes * (here.size / target) ** (1.0 / order)
        nodes = max(self._count(min(wanted, 1e6)), self._count(here.nodes / self._how.near))
        left = (here.nodes / nodes) ** order
        return Rung(nodes, times(here.error, left), left * here.size)

    def at(self, nodes: int, below: Rung | None = None) -> Rung:
        """So many nodes, and what they leave."""
        if nodes == 1:
            return Rung(1, none(), 0.0)
        coarse, after = self._solved(nodes), self._next(nodes, self._ratio)
        fine = self._solved(after)
        if coarse is None or fine is None:
            return Rung(nodes, none(), np.inf)
        moved = change(fine, coarse, self._doubt)
        found = Rung(nodes, moved, worst(self._first, moved))
        order = self._observed(below, found) if below else self._unsure
        kept = self._how.safety / (1.0 - (nodes / after) ** order)
        return Rung(nodes, times(moved, kept), kept * found.size)

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
    def _unsure(self) -> float:
        """Least order that an error is taken to fall at."""
        return self._how.unsure * self._order

    def _next(self, nodes: int, factor: float) -> int:
        """About so many times the nodes, and more of them."""
        return max(self._count(factor * nodes), nodes + self._unit)

    def _count(self, wanted: float) -> int:
        """The next count of nodes that there is."""
        return 1 + self._unit * int(np.ceil((wanted - 1) / self._unit - 1e-9))

    def _solved(self, nodes: int) -> Solution | None:
        """The solution on so many, None where it breaks down."""
        if nodes not in self._known:
            size = ByAxis(nodes, self._across)
            size = size if self._axis == "xi" else ByAxis(*size[::-1])
            self._run.left -= size.xi * size.psi * (self._first.times.size - 1)
            if self._run.left < 0.0:
                raise BudgetSpent("finer grids are out of reach", None, 0)
            try:
                found = retrace(self._first, self._first.space.resized(*size))
                self._known[nodes] = found
            except ArithmeticError:
                self._known[nodes] = None
        return self._known[nodes]
