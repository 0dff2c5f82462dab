"""Priors with a density on an interval, by quadrature (derivation.md, section 3)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pdesolve.model.payoff.prior import Cumulants, Prior
from pdesolve.model.payoff.quadrature import Panels, QuadratureRule
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityPrior(Prior):
    """Prior with a density on an interval, by quadrature (derivation.md, section 3).

    Attributes
    ----------
    scale : float
        Unit of payoff in which `rule` works, money.
    rule : callable
        QuadratureRule of the tilts in that unit.
    log_mass : float
        Log of the rule's total mass with no tilt.
    pdf : callable
        payoffs, money -> their density, 1/money.
    inverse : callable
        shares in [0, 1) -> quantiles of the prior, money.
    fine : Panels
        That the rule goes by.
    """

    scale: float
    rule: Callable[[Array, Array], QuadratureRule]
    log_mass: float
    pdf: Callable[[Array], Array]
    inverse: Callable[[Array], Array]
    fine: Panels = Panels()
    slow: bool = field(default=True, init=False)

    @property
    def _size(self) -> int:
        return self.fine.each

    def _cumulants(self, zeta: Array, psi: Array) -> Cumulants:
        rule = self.rule(zeta * self.scale, psi * self.scale**2)
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
        return Cumulants(
            rule.log_peak + np.log(total) - self.log_mass,
            (rule.anchor + step) * self.scale,
            variance * self.scale**2,
            third * self.scale**3,
            fourth * self.scale**4,
        )

    def _nodes(self, zeta: Array, psi: Array) -> tuple[Array, Array]:
        rule = self.rule(zeta * self.scale, psi * self.scale**2)
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
