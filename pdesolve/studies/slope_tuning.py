"""On which grids slopes are marched, one after the other, and how wide their bars are."""

from dataclasses import dataclass
from typing import NamedTuple


class Level(NamedTuple):
    """How coarse a march of weights is, beside the solution.

    `aims` are errors along xi, along psi and in time, in units of the goal: by the order of the
    differences, and of the steps, a grid that leaves them has that many fewer nodes, elements and
    steps than one that leaves the solution's tolerance. `fewer` are the lines that every element
    is short of (with one xi node, where lines cost little, the others have an element more), and
    `least` is how many nodes, elements and steps (between announcements) there are at least, so
    that all change from level to level.
    """

    aims: tuple[float, float, float]
    least: tuple[int, int, int]
    fewer: int = 0


@dataclass(frozen=True, kw_only=True)
class SlopeTuning:
    """How a derivative is refined, and how wide its bar is.

    The bars were tried against differences of solves on one grid (tests/tools/slope_bars.py), and
    of tight ones on the named cases (tests/studies).

    Attributes
    ----------
    step : float
        By which a parameter moves, in units of its size: near the cube root of what rounding
        leaves, where it costs about as much as curvature does.
    levels : tuple of Level
        Marches, one after the other; those with more nodes than the solution only if the coarser
        ones could not be compared.
    levels_at_kinks : tuple of Level
        The same where attention has a kink, where coarser ones are of no use.
    order : int
        Of the steps.
    reading : float
        Power of the share of the nodes along xi that is that of those which read how fields move
        with xi.
    smooth, uneven : float
        What is taken to be left, in units of what the last refinement changed; and where attention
        has a kink or nodes gather at several scales, which lowers the order of the march.
    shared : float
        Least share that every value is taken to have, to any parameter, of the worst error of those
        values that accuracy is asked of: all come of the same march.
    lucky : float
        The least such error, in units of the goal, on a grid of several lines: a small change may
        be two errors that cancel.
    curved : float
        What a step leaves in a difference, in units of the step and the value's scale.
    left : float
        Error that the solution itself is taken to leave, in units of its tolerance.
    goal, rough : float
        Relative error of a slope that ends the refinement; the same where marches are less even.
    besides : float
        What slopes of values that accuracy is not asked of may leave, in units of that.
    loose : float
        The least such error, in units of the solution's tolerance.
    noise : float
        Of a value: what rounding leaves in it.
    """

    step: float = 1e-6
    levels: tuple[Level, ...] = (
        Level((4.0, 1.0, 6.0), (24, 2, 1), fewer=1),
        Level((0.5, 0.15, 1.0), (28, 3, 2), fewer=1),
        Level((0.15, 0.15, 0.8), (36, 3, 3)),
        Level((0.02, 0.02, 0.4), (46, 4, 4)),
        Level((0.0015, 0.0015, 0.1), (56, 5, 8)),
    )
    levels_at_kinks: tuple[Level, ...] = (
        Level((0.1, 1.0, 1.0), (36, 4, 2)),
        Level((0.02, 0.2, 0.25), (44, 6, 3)),
        Level((0.005, 0.02, 0.1), (50, 8, 5)),
        Level((0.0005, 0.002, 0.004), (60, 10, 10)),
    )
    order: int = 4
    reading: float = 0.5
    smooth: float = 1.4
    uneven: float = 3.5
    shared: float = 0.5
    lucky: float = 0.15
    curved: float = 5.0
    left: float = 2.0
    goal: float = 5e-3
    rough: float = 2e-2
    besides: float = 2.0
    loose: float = 10.0
    noise: float = 1e-14
