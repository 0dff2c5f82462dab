"""How many time steps are needed, measured on the psi nodes of the pass that they are for.

What too few steps leave hardly depends on how many xi nodes there are. So there is a ladder here
too: few xi nodes (but for two payoffs at a kink), 1.2 times the steps on the second rung (1.5 at
kinks), and on every one after it each step taken in two. It begins at the steps of the other
ladders: with fewer errors do not fall yet as the scheme has it, and say little about those with
more.
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.budget import BudgetSpent, Metered
from pdesolve.solver.pde.contributions import halved
from pdesolve.solver.pde.errors import (
    ErrorTuning,
    Moves,
    error_scales,
    is_known,
    moves,
    times,
    worst,
)
from pdesolve.solver.pde.ladder_tuning import LadderTuning
from pdesolve.solver.pde.passes import retrace
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class StepRung:
    """Time steps, and the error that they leave; it is taken to fall from there at `order`."""

    steps: int
    error: Moves
    size: float
    order: float

    def needed(self, target: float) -> float:
        """Steps that leave an error of the target, relative to the scales; no fewer than there are.

        Fewer may leave far more, and fields at other dates need some.
        """
        return float(self.steps * max(1.0, self.size / target) ** (1.0 / self.order))

    def left(self, steps: int) -> Moves:
        """What so many steps of like lengths leave, if they are no fewer."""
        return times(self.error, (self.steps / steps) ** self.order)


def climb_steps(
    run: Metered, on: Solution, target: float, how: LadderTuning, doubt: ErrorTuning
) -> StepRung:
    """A rung from which it is not far to an error of the target, relative to the scales.

    Parameters
    ----------
    run : Metered
    on : Solution
        On the grid of the ladder, with the steps of the first rung.
    target : float
    how : LadderTuning
    doubt : ErrorTuning

    Returns
    -------
    StepRung
        Where shorter steps break down, the tolerance of the steps has to do.

    Raises
    ------
    BudgetSpent
        If shorter steps take more work than there is.
    """
    below, few, space = None, on, on.space
    least, unseen, most = how.step_orders
    while True:
        steps = few.steps["accepted"]
        shorter = _shorter(few, how) if below is None else halved(few)
        run.left -= space.n_xi * space.n_psi * (shorter.size - 1)
        if run.left < 0.0:
            raise BudgetSpent("shorter time steps are out of reach", None, 0)
        fine, moved = None, dict[str, Array]()
        with suppress(ArithmeticError):
            fine = retrace(few, space, shorter)
            moved = moves(fine, few, doubt)
        if fine is None or not is_known(moved):
            size = doubt.blind * how.steps_for(run.tolerance)
            moved = {name: np.array([size * scale]) for name, scale in error_scales(few).items()}
            return StepRung(steps=steps, error=moved, size=size, order=least)
        ratio = steps / fine.steps["accepted"]
        moved = times(moved, how.step_safety / (1.0 - ratio**unseen))
        size, order = worst(few, moved), unseen
        if below is not None:
            fall = max(below.size, 1e-300) / max(size, 1e-300)
            seen = float(np.log(fall) / np.log(steps / below.steps))
            order = float(np.clip(seen, least, most))
        rung = StepRung(steps=steps, error=moved, size=size, order=order)
        if rung.needed(target) <= how.step_near[0 if below is None else 1] * steps:
            return rung
        below, few = rung, fine


def _shorter(found: Solution, how: LadderTuning) -> Array:
    """Ends of the steps of a second rung."""
    steps = int(np.ceil(how.step_apart * found.steps["accepted"]))
    more = respaced(found.times, found.case.market, steps)
    return more if more.size > found.times.size else halved(found)
