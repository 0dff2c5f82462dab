"""What prices tell and are worth to who knows nothing else, simulated (derivation.md, section 15).

Her belief is the prior, tilted by the evidence of prices: dZ = (psi_dot/kappa²) dxi of precision
dH = (psi_dot/kappa)² dt, and an announcement's own, which the price's jump gives away. It depends
on the path. Every path is run twice, the second time with half the dates and the same shocks, to
extrapolate to trade at every moment.
"""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from pdesolve.finance.averages import LEFT
from pdesolve.finance.beliefs import PublicBelief
from pdesolve.finance.paths import AtDate, respond, stretches
from pdesolve.investing.informed import Value
from pdesolve.model.announcement import hear
from pdesolve.solver.pde.announcements import news_nodes
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

SAFETY = 2.0  # standard errors in an error
FIELDS = ("price", "variance", "log_value_slope")


class Told(NamedTuple):
    """Of who knows prices alone.

    Attributes
    ----------
    mutual_information : Value
        Of the payoff and the prices.
    growth : Value
        Of the log of her wealth until T.
    """

    mutual_information: Value
    growth: Value


def simulate_told(
    solution: Solution, paths: int, dates: int, seed: int = 0, *, progress: bool = False
) -> Told:
    """Simulate mutual information, and growth without recourse to it.

    Parameters
    ----------
    solution : Solution
    paths, dates : int
        Paths, and dates that are traded at.
    seed : int
    progress : bool
        Show a bar, if standard error is a terminal.
    """
    rng = np.random.default_rng(seed)
    shares = (rng.permutation(paths) + rng.random(paths)) / paths
    market = _Market(solution, solution.prior.quantile(np.minimum(shares, 1.0 - 2.0**-53)))
    none = np.zeros(paths)
    fine = coarse = _Paths(none + solution.economy.start, none, none, none, none, none)
    parts, name = stretches(solution, dates), solution.case.name
    total = sum(t.size - 1 for t, _ in parts)
    with tqdm(total=total, desc=name, unit="step", disable=None if progress else True) as bar:
        for t, precision in parts:
            for k in range(0, t.size - 1, 2):
                dt = np.diff(t[k : k + 3])
                shocks = np.sqrt(dt)[:, None] * rng.standard_normal((2, paths))
                first, second = (AtDate(solution, float(now)) for now in t[k : k + 2])
                fine = market.traded(fine, first, float(dt[0]), shocks[0])
                fine = market.traded(fine, second, float(dt[1]), shocks[1])
                coarse = market.traded(coarse, first, float(dt.sum()), shocks[0] + shocks[1])
                bar.update(2)
            if precision:
                noise = rng.standard_normal(paths)
                ends = AtDate(solution, float(t[-1])), AtDate(solution, _after(float(t[-1])))
                fine, coarse = (market.told(one, *ends, precision, noise) for one in (fine, coarse))
    each = np.array([fine.information, fine.growth])
    return Told(*map(_extrapolated, each, np.array([coarse.information, coarse.growth])))


def _after(just_before: float) -> float:
    """The announcement's date, of the date just before it."""
    return float(np.nextafter(just_before, np.inf))


def _extrapolated(fine: Array, coarse: Array) -> Value:
    """Mean over paths, with twice its standard error and what dates may leave."""
    each, moved = 2.0 * fine - coarse, float(np.mean(fine - coarse))
    error = SAFETY * float(np.std(each) / np.sqrt(max(each.size - 1, 1)))
    return Value(float(each.mean()), error + LEFT * abs(moved))


class _Paths(NamedTuple):
    """The states, evidence and its precision; information and growth so far; shape (paths,)."""

    xi: Array
    psi: Array
    evidence: Array
    precision: Array
    information: Array
    growth: Array


class _Market:
    """A solved market, and the payoff of every path."""

    def __init__(self, solution: Solution, payoff: Array):
        self._solution, self._payoff = solution, payoff
        self._public = PublicBelief(solution)

    def traded(self, now: _Paths, fields: AtDate, dt: float, shock: Array) -> _Paths:
        """A date on: dxi = psi_dot x dt + kappa dB, with the shock for dB."""
        price, variance, slope = fields.at(now.xi, now.psi, *FIELDS)
        _, (kappa2, psi_dot, risk) = respond(self._solution, variance)
        mean, left = self._public.at(now.evidence, now.precision)
        signal2 = psi_dot**2 / kappa2
        moved = psi_dot * self._payoff * dt + np.sqrt(kappa2) * shock
        mu = kappa2 * slope - risk * price
        return _Paths(
            xi=now.xi + moved,
            psi=now.psi + psi_dot * dt,
            evidence=now.evidence + psi_dot / kappa2 * moved,
            precision=now.precision + signal2 * dt,
            information=now.information + 0.5 * signal2 * left * dt,
            growth=now.growth + 0.5 * (psi_dot * mean - mu) ** 2 / kappa2 * dt,
        )

    def told(
        self, now: _Paths, before: AtDate, after: AtDate, precision: float, noise: Array
    ) -> _Paths:
        """Across an announcement: what it is expected to tell her, and to be worth to her."""
        prior, most = self._solution.prior, float(self._solution.static_nodes.variance.max())
        zeta = now.evidence - prior.centre * now.precision
        shock = news_nodes(precision * most, precision * most)
        heard = hear(prior, zeta, now.precision, precision, shock)
        learned = np.sum(heard.weight * heard.after.phi, axis=1) - heard.here.phi
        square = heard.here.variance + heard.here.mean**2
        psi = now.psi + precision
        later = now.xi[:, None] + heard.shift + prior.centre * precision
        (value,) = before.at(now.xi, now.psi, "log_value")
        (then,) = after.at(later, np.broadcast_to(psi[:, None], later.shape), "log_value")
        priced = np.sum(heard.weight * then, axis=1) - value
        news = precision * self._payoff + np.sqrt(precision) * noise
        return _Paths(
            xi=now.xi + news,
            psi=psi,
            evidence=now.evidence + news,
            precision=now.precision + precision,
            information=now.information + 0.5 * precision * square - learned,
            growth=now.growth + learned - priced,
        )
