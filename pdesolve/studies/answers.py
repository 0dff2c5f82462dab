"""What a move of a parameter does to the equations on a grid, and at announcements."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pdesolve.case import Case
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Cumulants
from pdesolve.solver.pde.announcements import Span, spans
from pdesolve.solver.pde.system import Equilibrium, EquilibriumAt, Others
from pdesolve.studies.moved import Moved
from pdesolve.studies.track import Track
from pdesolve.typing import Array

HELD = 2**17  # rates in economies nearby that are found together


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """How an economy's equations on a grid answer to parameters.

    Attributes
    ----------
    track : Track
    system : Equilibrium
        Of the solution's economy.
    cases : sequence of Case
        One for each parameter, which has moved in it.
    others : sequence of Equilibrium
        Their equations on the same grid; the very same where none of these move.
    steps : array, shape (p,)
        By how much it has.
    """

    track: Track
    system: Equilibrium
    cases: Sequence[Case]
    others: Sequence[Equilibrium]
    steps: Array

    @classmethod
    def of(cls, track: Track, moved: Sequence[Moved]) -> "Answers":
        """Those to these moves."""
        prior, grid, economies = track.found.prior, track.grid, [one.economy for one in moved]
        priors = [one.prior for one in economies if one.prior is not prior]
        psi = np.broadcast_to(grid.psi[:, None], grid.xi.shape)
        own, *theirs = prior.rough.beside(priors, grid.xi, psi)
        static = {id(one): known for one, known in zip(priors, theirs, strict=True)}
        system = Equilibrium.of(track.found.economy, grid, own)
        return cls(
            track=track,
            system=system,
            cases=[one.case for one in moved],
            others=[_beside(system, one, static.get(id(one.prior), own)) for one in economies],
            steps=np.array([one.step for one in moved]),
        )

    @cached_property
    def _felt(self) -> list[int]:
        """Parameters that move the equations."""
        return [k for k, other in enumerate(self.others) if other is not self.system]

    @property
    def together(self) -> int:
        """Steps of a march whose rates are found together."""
        return max(1, HELD // (6 * self.track.grid.xi.size * max(1, len(self._felt))))

    @cached_property
    def _moved(self) -> Others:
        """These equations."""
        return Others(systems=[self.others[k] for k in self._felt])

    def worth(self, local: EquilibriumAt, weights: Array, stretch: Array) -> Array:
        """Of moves of the rates in several states, by these weights of them; shape (4, p).

        Parameters
        ----------
        local : EquilibriumAt
            At those states.
        weights : array, shape (4, states, 3, n_psi, n_xi)
        stretch : array, shape (p,)
            Slopes of the logarithm of the length of the steps.
        """
        weights = weights / np.array(self.system.sizes)[:, None, None]
        worth = summed(weights, local.initial_rates[None]) * stretch
        if self._felt:
            moves = local.rates_in(self._moved)
            moves -= local.initial_rates
            worth[:, self._felt] += summed(weights, moves) / self.steps[self._felt]
        return worth

    def of_length(self, k: int) -> Array:
        """Slopes of the logarithm of the length of the k-th span between announcements, (p,)."""
        lengths = [_length(spans(case.market)[k]) for case in self.cases]
        length = _length(spans(self.track.found.case.market)[k])
        return (np.array(lengths) / length - 1.0) / self.steps

    @property
    def of_static(self) -> Array:
        """Slopes of the static market at the nodes, p^s, V^s and phi, (p, n_psi, n_xi, 3)."""
        mine, moves = self.system.static, np.zeros((self.steps.size, *self.system.grid.xi.shape, 3))
        for move, other in zip(moves, self.others, strict=True):
            if other.static is not mine:
                for k, name in enumerate(("mean", "variance", "phi")):
                    move[..., k] = getattr(other.static, name) - getattr(mine, name)
        return moves / self.steps[:, None, None, None]

    def of_precision(self, k: int) -> Array:
        """Slopes of what the k-th announcement says, (p,)."""
        told = [spans(case.market)[k].precision for case in self.cases]
        return (np.array(told) - spans(self.track.found.case.market)[k].precision) / self.steps


def _beside(system: Equilibrium, economy: Economy, static: Cumulants) -> Equilibrium:
    """The equations of an economy nearby on the same grid, and that static market."""
    if _felt(economy) == _felt(system.economy):
        return system
    return Equilibrium.of(economy, system.grid, static)


def _felt(economy: Economy) -> tuple[object, ...]:
    """What the rates depend on."""
    market = economy.market
    felt = market.risk_aversion, market.supply_volatility, market.public_precision
    return economy.prior, economy.technology, felt


def _length(span: Span) -> float:
    return span.end - span.start


def summed(weights: Array, moves: Array) -> Array:
    """Of moves of nodal values, (p, ..., 3), by weights, fields first: shape (4, p)."""
    moves = moves.swapaxes(-1, -2).swapaxes(-2, -3)
    return np.asarray(weights.reshape(len(weights), -1) @ moves.reshape(len(moves), -1).T)
