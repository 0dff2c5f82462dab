"""How many time steps are needed, measured on the psi nodes of the pass that they are for.

What too few steps leave hardly depends on how many xi nodes there are. So there is a ladder here
too: few xi nodes (but for two payoffs at a kink), 1.5 times the steps on the second rung, and on
every one after it each step taken in two.
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


@dataclass(frozen=True, kw_only=True)
class StepRung:
    """Time steps, and the error that they leave.

    It is taken to fall from there at `order`, and to rise at `steep` with fewer steps.
    """

    steps: int
    error: Moves
    size: float
    order: float
    steep: float

    def needed(self, target: float) -> float:
        """Steps that leave an error of the target, relative to the scales."""
        power = self.order if self.size > target else self.steep
        return float(self.steps * (max(self.size, 1e-300) / target) ** (1.0 / power))

    def left(self, steps: int) -> Moves:
        """What so many steps of like lengths leave."""
        power = self.order if steps > self.steps else self.steep
        return times(self.error, (self.steps / steps) ** power)


def climb_steps(
    run: Metered, on: Solution, target: float, how: LadderTuning, doubt: ErrorTuning
) -> StepRung:
    """A rung from which it is not far to an error of the target, relative to the scales.

    Parameters
    ----------
    run : Metered
    on : Solution
        On the grid of the ladder, with the steps of the second rung.
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
    below, (least, unseen, most) = None, how.step_orders
    few, fine, space = on, None, on.space
    market, steps = on.case.market, int(on.steps["accepted"] / how.step_apart)
    fewer = respaced(on.times, market, max(1, steps))
    if fewer.size < on.times.size:
        with suppress(ArithmeticError):  # else so few steps are too few for this grid
            few, fine = retrace(on, space, fewer), on
    while True:
        steps = few.steps["accepted"]
        run.left -= (3.0 if fine is None else 1.0) * space.n_xi * space.n_psi * steps
        if run.left < 0.0:
            raise BudgetSpent("shorter time steps are out of reach", None, 0)
        with suppress(ArithmeticError):
            fine = retrace(few, space, halved(few)) if fine is None else fine
        moved = {} if fine is None else moves(fine, few, doubt)
        if fine is None or not is_known(moved):
            size = doubt.blind * how.steps_for(run.tolerance)
            moved = {name: np.array([size * scale]) for name, scale in error_scales(few).items()}
            return StepRung(steps=steps, error=moved, size=size, order=least, steep=most)
        ratio = steps / fine.steps["accepted"]
        kept = how.step_safety * doubt.halved
        moved = times(moved, kept * (1.0 - 0.5**least) / (1.0 - ratio**least))
        size, order, seen = worst(few, moved), unseen, most + 1.0
        if below is not None:
            fall = max(below.size, 1e-300) / max(size, 1e-300)
            seen = float(np.log(fall) / np.log(steps / below.steps))
            order = float(np.clip(seen, least, most))
        rung = StepRung(steps=steps, error=moved, size=size, order=order, steep=max(seen, most))
        if rung.needed(target) <= how.step_near[0 if below is None else 1] * steps:
            return rung
        below, few, fine = rung, fine, None
