"""Passes on a budget of work, so that every case ends in reasonable time."""

from collections.abc import Callable

import numpy as np

from pdesolve.case import Case
from pdesolve.solver.pde.domain import Domain
from pdesolve.solver.solution import Solution

Run = Callable[[Domain, tuple[int, int], float, int], Solution]  # ..., tolerance, most time steps

FEW_STEPS = 5  # with fewer there is no point in starting
WORK = 4e6  # nodes times steps of all passes together, at a tolerance of 1e-5


class PassError(ArithmeticError):
    """A pass that broke down, in one sentence.

    Attributes
    ----------
    reason : Exception or None
        What is behind it.
    attempts : int
        Time steps tried.
    """

    def __init__(self, message: str, reason: Exception | None, attempts: int):
        super().__init__(message)
        self.reason = reason
        self.attempts = attempts


class Metered:
    """Passes on a budget of work, so that every case ends in reasonable time.

    Attributes
    ----------
    left : float
        Nodes times steps that may still be spent; no limit where the case file fixes the nodes.
    """

    def __init__(self, run: Run, case: Case, tolerance: float):
        numerics = case.numerics
        free = not (numerics.xi_nodes or numerics.psi_nodes)
        self.left = WORK * max(1.0, 1e-5 / tolerance) ** 0.5 if free else np.inf
        self._run = run
        self._most = numerics.max_steps

    def __call__(
        self, domain: Domain, nodes: tuple[int, int], tolerance: float, most: int | None = None
    ) -> Solution:
        """Run one pass of at most so many time steps."""
        size = nodes[0] * nodes[1]
        wanted = min(self._most, most or self._most)
        steps = int(min(wanted, self.left / size))
        try:
            if steps < min(FEW_STEPS, wanted):
                raise PassError("", None, 0)
            found = self._run(domain, nodes, tolerance, steps)
        except PassError as failure:
            self.left -= size * failure.attempts
            if steps < wanted and failure.attempts >= steps:
                text = f"{nodes[0]} x {nodes[1]} nodes are needed at least, too many to go on with"
                raise OutOfReach(text, None, failure.attempts) from failure
            raise
        self.left -= size * steps_tried(found)
        return found


class OutOfReach(PassError):
    """The budget of work is used up."""


def steps_tried(solution: Solution) -> int:
    """Time steps tried."""
    return solution.steps["accepted"] + solution.steps["rejected"]


def node_count(solution: Solution) -> int:
    """Nodes."""
    return solution.space.n_xi * solution.space.n_psi
