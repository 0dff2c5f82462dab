"""The numbers that ladders of grids and steps go by."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, kw_only=True)
class LadderTuning:
    """How the nodes that are needed are found: as here where attention has no kink.

    Set by what tests/tools/ladders.py and tests/tools/error_bars.py measure, for the least work at
    bars that hold.

    Attributes
    ----------
    ratios : (float, float)
        Nodes that a rung is compared with, over its own, along xi and psi. Convergence along psi is
        not regular where the economy starts to learn fast: neighbours may have the same error.
    gathered : float
        The same along psi where nodes gather at several scales: neighbours are alike more often.
    alike : float
        There, nodes of a grid that was solved already, over those of a rung that it will do for.
    thinner : float
        Xi nodes of the ladder along psi, over the first pass's.
    stencil : int
        Order of its differences along xi, at most.
    unresolved : (float, float)
        Error along xi and psi with which a grid tells nothing of the other direction.
    apart, minor : float
        Xi nodes that leave no more than that, over those of the ladder along psi, and of what psi
        may leave: up to these that ladder will do as it is.
    whole : bool
        Whether the ladder along xi has the psi nodes that the other one calls for, and more steps.
    rungs : int
        At most.
    rises : int
        In a row, from rung to rung, of errors that are not regular: with more, steps are too few.
    hardly : float
        Order at which an error that does not count as one falls, at least.
    shortened : float
        Time steps of a ladder over those it had, once, where a grid breaks down on them.
    shorter : int
        Times that ladders which lead nowhere are tried again with twice the steps.
    regular : (bool, bool)
        Whether errors fall from node to node as the scheme has it, along xi and along psi.
    luck : (float, float)
        Order that an error is believed to fall at, at most.
    orders : (float, float)
        Along xi and psi, the most that is believed of a ladder; that of the scheme if it is less.
    unsure : (float, float)
        Share of it that an error is taken to fall at, at least, and on a first rung.
    aim : float
        Error that the next rung is to have, over the target.
    most : float
        Nodes of a rung over those of the one before it.
    start : (float, float)
        Over the first pass's, at a target of `begun`: along xi nodes that the first rung, which has
        as many as that, is compared with; along psi nodes of the first rung.
    least : float
        First pass's elements along psi, and one more, that this counts from, at least.
    near, fewer, beyond : float
        Along xi, where errors are regular: nodes over those of a rung up to which its error need
        not be measured again, nodes of a rung over the fewest that it speaks for, or the most if it
        leaves more than `rough_rung`, and the share of the scheme's order at which it is taken to
        fall beyond a rung, at most.
    some : float
        Where errors are irregular: nodes over those of a rung up to which its error is taken to
        have fallen at the least order; 1 where every node count is measured.
    rough_rung : float
    rough_target : float
        Where so much may be left or more, nodes are those of some rung: errors of coarse grids come
        and go between them.
    safety : (float, float)
        Factor on every error, along xi and psi.
    alone : float
        One more, where errors are regular, on that of a first rung: no other puts it to the test.
    coupled : (float, float, float)
        Least share of the worst field's error along xi, along psi and in time that every field is
        taken to have: one of them may be small by luck.
    finer : float
        Factor on these shares at a tenth of `begun` and below: on finer grids errors are seldom
        small by luck.
    counted : float
        Of what nodes and steps are found to leave, with all that, in the bar, at `begun`;
        all of it at a tenth of that and below.
    doubt : float
        As in `ErrorTuning`.
    share : (float, float)
        Of the tolerance: errors that too few nodes may leave, along xi of what those along psi left
        of it, and along psi.
    on_line : float
        Along xi where one psi node does: there nodes cost little, and fields elsewhere gain.
    time : float
        Of what nodes along psi left of the tolerance: error that the time steps may leave.
    coarse : (float, float, float)
        One more on those of nodes where the next rung changes so much (the last) or more: grids are
        coarse and errors less regular. None at a tenth of it or less.
    resolved : (float, float)
        Spacing of the first pass's xi nodes, in units of the domain's finest length, up to which
        that is the first number, and from which on it is the second.
    blurred : float
        There, times the error along psi with which a grid tells nothing of xi.
    step_safety : float
        Factor on the error of the steps.
    step_orders : (float, float, float)
        At which the error of the steps is taken to fall: at least, if it was not seen to, at most.
    step_apart : float
        Steps that the first rung is compared with, over its own.
    step_near : (float, float)
        Steps over those of a rung up to which its error need not be measured again, on a first rung
        and on a later one.
    begun_steps : (float, float)
        Time steps on the ladders along xi (if `whole`) and psi, at least, at a tolerance of
        `begun`.
    begun : float
    rough : (float, float, float)
        Tolerance of the time steps on the ladders: in units of the tolerance, at least, and at most
        where the tolerance itself is not more.
    again : float
        Error that either of nodes and steps may leave in the next pass, over the tolerance.
    passes : int
        At most.
    close : float or None
        As in `DomainTuning`.
    """

    ratios: tuple[float, float] = (1.25, 1.45)
    gathered: float = 2.0
    alike: float = 1.1
    thinner: float = 0.7
    stencil: int = 4
    unresolved: tuple[float, float] = (1.5e-3, 2e-4)
    apart: float = 1.3
    minor: float = 0.3
    whole: bool = False
    rungs: int = 12
    rises: int = 1
    hardly: float = 0.5
    shortened: float = 1.5
    shorter: int = 2
    regular: tuple[bool, bool] = (True, False)
    luck: tuple[float, float] = (12.0, 7.0)
    orders: tuple[float, float] = (8.0, 7.0)
    unsure: tuple[float, float] = (0.65, 0.5)
    aim: float = 0.6
    most: float = 2.5
    start: tuple[float, float] = (0.85, 0.95)
    least: float = 2.5
    near: float = 1.55
    fewer: float = 1.25
    beyond: float = 0.85
    some: float = 1.0
    rough_rung: float = 2e-4
    rough_target: float = 2e-5
    safety: tuple[float, float] = (1.3, 1.5)
    alone: float = 1.3
    coupled: tuple[float, float, float] = (0.3, 0.5, 0.15)
    finer: float = 0.6
    counted: float = 0.84
    doubt: float = 0.007
    share: tuple[float, float] = (0.51, 0.45)
    on_line: float = 0.27
    time: float = 0.28
    coarse: tuple[float, float, float] = (1.2, 1.7, 3e-5)
    resolved: tuple[float, float] = (1.4, 2.0)
    blurred: float = 0.5
    step_safety: float = 1.2
    step_orders: tuple[float, float, float] = (3.0, 3.8, 4.0)
    step_apart: float = 1.2
    step_near: tuple[float, float] = (2.6, 3.0)
    begun_steps: tuple[float, float] = (5.0, 5.8)
    begun: float = 1e-4
    rough: tuple[float, float, float] = (100.0, 3e-4, 1e-3)
    again: float = 0.4
    passes: int = 4
    close: float | None = None

    def on(self, spacing: float) -> "LadderTuning":
        """The same where the first pass's xi nodes are that many of the finest lengths apart."""
        share = float(np.interp(spacing, self.resolved, (0.0, 1.0)))
        (few, many, at), (xi, psi) = self.coarse, self.unresolved
        most, told = few * (many / few) ** share, psi * self.blurred**share
        return replace(self, coarse=(most, most, at), unresolved=(xi, told))

    def at(self, tolerance: float) -> "LadderTuning":
        """The same at a tolerance."""
        fine = float(np.clip(np.log10(self.begun / tolerance), 0.0, 1.0))
        xi, psi, late = (self.finer**fine * share for share in self.coupled)
        return replace(self, coupled=(xi, psi, late), counted=self.counted ** (1.0 - fine))

    def wary(self, change: float) -> float:
        """Factor, beside `safety`, on what is left by nodes whose next rung changes so much."""
        _, most, at = self.coarse
        share = np.clip(1.0 + np.log10(max(change, 1e-300) / at), 0.0, 1.0)
        return float(most**share)

    def least_steps(self, axis: str, tolerance: float) -> int:
        """Time steps where psi counts: too few hide what happens along it at first."""
        xi, psi = self.begun_steps
        begun = xi if axis == "xi" else psi
        return int(begun * (self.begun / tolerance) ** (1 / self.orders[1]))

    def steps_for(self, tolerance: float) -> float:
        """Tolerance of the time steps on the ladders."""
        times, least, most = self.rough
        return max(min(1.0, times) * tolerance, least, min(times * tolerance, most))


# where attention leaves zero or meets its cap; set by families of such in error_bars.py
KINKED = LadderTuning(
    ratios=(1.3, 1.4),
    thinner=1.4,
    stencil=8,
    whole=True,
    rises=2,
    luck=(5.3, 4.5),
    orders=(6.0, 4.0),
    unsure=(0.7, 0.7),
    most=1.7,
    safety=(1.15, 1.15),
    coarse=(1.75, 1.75, 3e-5),
    alone=1.0,
    coupled=(0.5, 0.5, 0.3),
    finer=1.0,
    counted=1.0,
    begun_steps=(5.0, 6.2),
    step_safety=1.4,
    step_apart=1.5,
    start=(0.8, 0.65),
    near=1.4,
    doubt=0.02,
    share=(0.95, 0.5),
    on_line=0.8,
    rough_target=1.0,
    time=0.25,
    rough=(30.0, 1e-4, 1e-3),
    close=0.35,
)


# where it jumps, too: on few steps jumps break the march down, and errors along xi fall more slowly
JUMPED = replace(
    KINKED,
    rough=(0.6, 0.0, 1.0),
    close=None,
    thinner=1.0,
    rises=1,
    share=(0.4, 0.5),
    on_line=0.4,
    safety=(1.5, 1.5),
    coarse=(1.2, 1.2, 3e-5),
    step_safety=2.0,
    some=1.3,
    shorter=1,
)
