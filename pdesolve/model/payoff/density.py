"""Priors with a density on an interval, by quadrature (derivation.md, section 3)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import NamedTuple, TypeGuard

import numpy as np

from pdesolve.model.payoff.panels import Panels
from pdesolve.model.payoff.prior import Cumulants, Prior
from pdesolve.model.payoff.quadrature import QuadratureRule
from pdesolve.typing import Array

ROUGH = Panels(graded=3, nodes=16)
LEAST = 1e-10  # of the upper end: no lognormal has anything to speak of below


class Family(NamedTuple):
    """Densities on one support whose logs are sums of features times natural parameters.

    Attributes
    ----------
    name : tuple
        The same for all of them, and for no others.
    natural : tuple of float
        Parameters of this one.
    features : callable
        Centred payoffs in the rule's unit -> as many functions of them.
    low : float, optional
        Lower end of the support in that unit, which is the upper one, where they differ by it, too.
        Then the log density is that of the log of the payoff.
    """

    name: tuple[object, ...]
    natural: tuple[float, ...]
    features: Callable[[Array], list[Array]]
    low: float | None = None

    @property
    def moving(self) -> tuple[float, ...]:
        """By which they differ."""
        return self.natural if self.low is None else (*self.natural, self.low)


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityPrior(Prior):
    """Prior with a density on an interval, by quadrature (derivation.md, section 3).

    Attributes
    ----------
    scale : float
        Unit of payoff in which `rule` works, money.
    rule : callable
        QuadratureRule of the tilts in that unit, with `panels`.
    untilted : QuadratureRule
        Of no tilt, at one point.
    pdf : callable
        payoffs, money -> their density, 1/money.
    inverse : callable
        shares in [0, 1) -> quantiles of the prior, money.
    family : Family
        Of the density in that unit.
    fine : Panels
        That the rule goes by.
    """

    scale: float
    rule: Callable[..., QuadratureRule]
    untilted: QuadratureRule
    pdf: Callable[[Array], Array]
    inverse: Callable[[Array], Array]
    family: Family
    fine: Panels = Panels()
    slow: bool = field(default=True, init=False)

    @property
    def _size(self) -> int:
        return self.fine.each

    @cached_property
    def _log_mass(self) -> float:
        """Of the untilted density as the rule has it."""
        return float((self.untilted.log_peak + np.log(self.untilted.weight.sum(axis=0)))[0])

    def _tilted(self, zeta: Array, psi: Array) -> QuadratureRule:
        if zeta.size == 1 and zeta[0] == psi[0] == 0.0:
            return self.untilted
        return self.rule(zeta * self.scale, psi * self.scale**2)

    def _cumulants(self, zeta: Array, psi: Array) -> Cumulants:
        scaled, _, _ = self._scaled(self._tilted(zeta, psi))
        return _in_money(scaled, self.scale)

    def _scaled(self, rule: QuadratureRule) -> tuple[Cumulants, Array, Array]:
        """Cumulants in the rule's unit, its nodes' probabilities, and how far from the mean."""
        total = rule.weight.sum(axis=0)
        weight = rule.weight / total
        step = np.sum(weight * rule.shift, axis=0)
        apart = rule.shift - step
        moment = weight * apart**2
        variance = moment.sum(axis=0)
        moment *= apart
        third = moment.sum(axis=0)
        moment *= apart
        fourth = moment.sum(axis=0) - 3.0 * variance**2
        phi = rule.log_peak + np.log(total) - self._log_mass
        return Cumulants(phi, rule.anchor + step, variance, third, fourth), weight, apart

    def beside(self, others: Sequence[Prior], zeta: Array, psi: Array) -> list[Cumulants]:
        """Cumulants of this prior and of others nearby, as in the base class.

        Those of its family on its own nodes, to first order in how they differ: a family's tilts
        and natural parameters all move the log density by a multiple of a feature.
        """
        kin = [one for one in others if self._is_kin(one)]
        if not kin:
            return super().beside(others, zeta, psi)
        count = len(Cumulants._fields) * (3 + len(self.family.moving))
        found = self._in_chunks(self._slopes, count, zeta, psi).reshape(-1, 5, *zeta.shape)
        none = self._in_chunks(self._slopes, count, 0.0, 0.0).reshape(-1, 5)[3:, 0]
        known = {id(one): self._moved(one, zeta, psi, found, none) for one in kin}
        rest = (known.get(id(one)) or one.cumulants(zeta, psi) for one in others)
        return [_in_money(found[0], self.scale), *rest]

    @cached_property
    def rough(self) -> "DensityPrior":
        """The same on fewer nodes, as in the base class."""
        rule = partial(self.rule, panels=ROUGH)
        return replace(self, rule=rule, untilted=rule(np.zeros(1), np.zeros(1)), fine=ROUGH)

    def _is_kin(self, other: Prior) -> TypeGuard["DensityPrior"]:
        return isinstance(other, DensityPrior) and other.family.name == self.family.name

    def _slopes(self, zeta: Array, psi: Array) -> tuple[Array, ...]:
        """Cumulants in the rule's unit; then their slopes to the tilts and what the family has.

        Of a tilted mean of f they are those of its covariance with a feature.
        """
        rule = self._tilted(zeta, psi)
        scaled, weight, apart = self._scaled(rule)
        powers = [weight * apart]
        for _ in range(3):
            powers.append(powers[-1] * apart)
        y, found = rule.anchor + rule.shift, list[Array](scaled)
        for feature in (y, -0.5 * y**2, *self.family.features(y)):
            mean = _sum(weight, feature)
            feature -= mean
            found += _joint(scaled, [mean, *(_sum(power, feature) for power in powers)])
        if self.family.low is not None:
            tilt = zeta * self.scale, psi * self.scale**2
            found += self._to_low(self.family.low, tilt, rule, scaled, found[5:10])
        return tuple(found)

    def _to_low(
        self,
        low: float,
        tilt: tuple[Array, Array],
        rule: QuadratureRule,
        scaled: Cumulants,
        by_tilt: Sequence[Array],
    ) -> list[Array]:
        """Slopes to the lower end: less probability there, and half a move of the centre."""
        (z, p), end = tilt, low - 0.5 * (1.0 + low)
        density = np.zeros(z.shape)
        if low > LEAST:
            density = self._density_at(np.full(z.shape, end), z, p, rule) / low
        _, mean, variance, third, fourth = scaled
        central = np.zeros_like(mean), variance, third, fourth + 3.0 * variance**2
        less = [one - (end - mean) ** k for k, one in enumerate(central, start=1)]
        found = _joint(scaled, [-density, *(density * one for one in less)])
        found = [one + 0.5 * p * by for one, by in zip(found, by_tilt, strict=True)]
        return [found[0] - 0.5 * z, found[1] - 0.5, *found[2:]]

    def _density_at(self, y: Array, z: Array, p: Array, rule: QuadratureRule) -> Array:
        """The tilted density at centred payoffs in the rule's unit, as its measure has it."""
        rise = (z - 0.5 * p * (y + rule.anchor)) * (y - rule.anchor)
        there, here = (self.family.features(at) for at in (y, rule.anchor))
        for by, one, other in zip(self.family.natural, there, here, strict=True):
            rise += by * (one - other)
        return np.asarray(np.exp(rise) / rule.weight.sum(axis=0))

    def _moved(
        self, other: "DensityPrior", zeta: Array, psi: Array, found: Array, none: Array
    ) -> Cumulants:
        """Those of one of its family, from its own and their slopes; the mass's without a tilt."""
        shape = np.subtract(other.family.moving, self.family.moving)
        moves = [zeta * (other.scale - self.scale), psi * (other.scale**2 - self.scale**2), *shape]
        scaled = found[0] + sum(by * slope for by, slope in zip(moves, found[1:], strict=True))
        scaled[0] -= shape @ none
        return _in_money(scaled, other.scale)

    def _nodes(self, zeta: Array, psi: Array) -> tuple[Array, Array]:
        rule = self._tilted(zeta, psi)
        return (rule.anchor + rule.shift) * self.scale, rule.weight / rule.weight.sum(axis=0)

    def panels(self) -> tuple[Array, Array]:
        """The payoff as panels of Gauss nodes, as in the base class: those of the rule."""
        offsets, probabilities = (part[:, 0] for part in self._nodes(np.zeros(1), np.zeros(1)))
        nodes = self.fine.flat if offsets.size == self.fine.flat else self.fine.nodes
        return (self.centre + offsets).reshape(-1, nodes), probabilities.reshape(-1, nodes)

    def density(self, payoff: Array) -> Array:
        """Density of F, 1/money, at payoffs."""
        return self.pdf(payoff)

    def quantile(self, share: Array) -> Array:
        """Payoffs, money, of uniform shares, as in the base class."""
        return self.inverse(share)


def _joint(scaled: Cumulants, moments: Sequence[Array]) -> list[Array]:
    """Joint cumulants of the payoff, up to four times, and of what has these moments with it."""
    _, _, variance, third, _ = scaled
    mean, first, second, cube, fourfold = moments
    cube = cube - 3.0 * variance * first
    fourfold = fourfold - 4.0 * third * first - 6.0 * variance * second
    return [mean, first, second, cube, fourfold]


def _in_money(scaled: Sequence[Array] | Array, scale: float) -> Cumulants:
    """Cumulants from those in units of a scale."""
    phi, *moments = scaled
    return Cumulants(phi, *(one * scale**k for k, one in enumerate(moments, start=1)))


def _sum(weight: Array, values: Array) -> Array:
    """Of values at nodes by their weights, (nodes, points): shape (points,)."""
    return np.asarray(np.einsum("np,np->p", weight, values))
