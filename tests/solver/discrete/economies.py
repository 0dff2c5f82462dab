"""What the tests of the discrete model share."""

from typing import Any

import numpy as np

from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.discrete.solution import DiscreteSolution
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS
from pdesolve.typing import Array
from tests.tools.solutions import discrete

ONE_HALF: dict[str, Any] = {"payoff.probabilities": [0.5, 0.5], "market.initial_supply": 0.0}
SKEWED: dict[str, Any] = {"market.initial_supply": 0.3}


def three_states(periods: int, tol: float = 2e-5) -> DiscreteSolution:
    return discrete("three_states", periods, SKEWED, tol)


def values(found: Solution | DiscreteSolution) -> Array:
    return np.array([getattr(found.initial, name) for name in ERRORS])


def scales(found: DiscreteSolution) -> Array:
    initial, prior = found.initial, make_prior(found.case.payoff)
    return np.array(
        [prior.sd, prior.variance, initial.attention, initial.precision_rate, 1.0], dtype=float
    )
