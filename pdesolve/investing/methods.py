"""The ten methods: weights from moments, and how far weights are from what defines them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.case.sources import nearest, shown
from pdesolve.investing.equal_risk import contribution_residual, equal_contributions
from pdesolve.investing.hierarchy import hierarchical_weights, split_residual
from pdesolve.investing.many_assets import fully_invested
from pdesolve.investing.moments import HEDGED, RISKLESS, Moments, PortfolioError
from pdesolve.investing.quadratic import least_risk, residual
from pdesolve.typing import Array

OPTIMAL = 1e-9  # the largest residual of an answer

Weights = Callable[[Moments], Array]
Optimality = Callable[[Moments, Array], float]


class NotOptimal(PdesolveError):
    """A portfolio that was found, but not to the accuracy that every one of them has."""


class Method(NamedTuple):
    """A way to a portfolio.

    Attributes
    ----------
    label : str
    weights : callable
        From moments to weights that add up to one.
    optimality : callable
        From moments and weights to how far these are from the condition that defines them.
    """

    label: str
    weights: Weights
    optimality: Optimality


def check_methods(names: Iterable[str]) -> list[str]:
    """These names, each once; PortfolioError if one is no method's."""
    for name in (names := list(dict.fromkeys(names))):
        if name not in METHODS:
            close = ", ".join(nearest(str(name), METHODS)) or "none"
            raise PortfolioError(
                f"method must be of {', '.join(METHODS)}, got {shown(name)}; nearest: {close}"
            )
    return names


def best_weights(moments: Moments, method: str) -> Array:
    """Weights of a method, once they are known to be accurate; PortfolioError, NotOptimal."""
    weights = METHODS[method].weights(moments)
    far = METHODS[method].optimality(moments, weights)
    if not far <= OPTIMAL:
        raise NotOptimal(f"{method}: optimality residual {far:.1e}, above {OPTIMAL:g}")
    return weights


def _share(raw: Array) -> Array:
    return raw / raw.sum()


def _proportional(power: int) -> tuple[Weights, Optimality]:
    """Weights proportional to a power of volatility, and how far ones are from that."""

    def weights(moments: Moments) -> Array:
        return _share((moments.sd / moments.sd.min()) ** power)

    def optimality(moments: Moments, found: Array) -> float:
        level = found * (moments.sd / moments.sd.min()) ** -power
        return float(np.abs(level / level.mean() - 1.0).max())

    return weights, optimality


def _least(
    along: Callable[[Moments], Array],
) -> tuple[Weights, Optimality]:
    """Least variance for what `along` is worth per weight: the best ratio of that to volatility.

    In units of x = weight times volatility the matrix is R, whatever the assets' scales.
    """

    def row(moments: Moments) -> Array:
        a = along(moments) / moments.sd
        return (a / np.abs(a).max())[None, :]

    def weights(moments: Moments) -> Array:
        x = least_risk(moments.correlation, moments.root, row(moments), np.ones(1))
        return _share(x / moments.sd)

    def optimality(moments: Moments, found: Array) -> float:
        return residual(moments.correlation, row(moments), _share(found * moments.sd))

    return weights, optimality


def _equal_risk(moments: Moments) -> Array:
    moments.check_risky("equal_risk", HEDGED)
    return _share(equal_contributions(moments.correlation) / moments.sd)


def _volatilities(moments: Moments) -> Array:
    moments.check_risky("maximum_diversification")
    return moments.sd


def _excess(moments: Moments) -> Array:
    excess = moments.excess("tangency")
    if excess.max() <= 0.0:
        raise PortfolioError(
            "tangency does not exist: no asset has a mean return above the riskless rate,"
            f" {moments.rate:g}; the largest is {excess.max() + moments.rate:.3g}"
        )
    return excess


def _tangency(moments: Moments) -> Array:
    """Weights of the best Sharpe ratio; without risk it has no bound, if the mean is above r."""
    weights = _BEST_SHARPE[0](moments)
    if moments.volatility(weights) ** 2 <= RISKLESS * float(weights @ moments.sd) ** 2:
        moments.check_risky("tangency")
    return weights


def _returns(moments: Moments) -> Array:
    if moments.values is None:
        raise PortfolioError("growth_optimal needs returns, and only covariances are given")
    return moments.values


def _growth(moments: Moments) -> Array:
    values = _returns(moments)
    if (lost := (values <= -1.0).all(axis=1)).any():
        row = int(lost.argmax()) + 1
        raise PortfolioError(f"growth_optimal does not exist: all is lost in period {row}")
    weights = _share(fully_invested(values).weights)
    other = _growth_polished(values, weights)
    return min(weights, other, key=lambda one: _growth_residual(moments, one))


def _growth_polished(values: Array, weights: Array) -> Array:
    """A Newton step among what is held, from returns less the portfolio's: no digits are lost."""
    held = weights > 0.0
    earned = (values @ weights)[:, None]
    lead = (values[:, held] - earned) / (1.0 + earned)
    system = np.ones((held.sum() + 1, held.sum() + 1))
    system[:-1, :-1] = lead.T @ lead / len(lead)
    system[-1, -1] = 0.0
    step = np.linalg.lstsq(system, np.append(lead.mean(axis=0), 0.0), rcond=None)[0][:-1]
    moved = weights.copy()
    moved[held] += step
    return _share(np.clip(moved, 0.0, None))


def _growth_residual(moments: Moments, found: Array) -> float:
    """How far weights are from most growth, where E[(1 + X_i)/(1 + w'X)] is 1 if held, or less.

    In the units of `residual`: the miss over the asset's and the average volatility, and weight
    times volatility over that average.
    """
    values = _returns(moments)
    average, earned = float(found @ moments.sd), values @ found
    misses = ((earned[:, None] - values) / (1.0 + earned)[:, None]).mean(axis=0)
    slope = misses / (moments.sd * average)
    return float(np.abs(np.minimum(slope, found * moments.sd / average)).max())


_BEST_SHARPE = _least(_excess)
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "equal_weight": Method("equal weight", *_proportional(0)),
        "inverse_volatility": Method("inverse volatility", *_proportional(-1)),
        "inverse_variance": Method("inverse variance", *_proportional(-2)),
        "minimum_variance": Method("minimum variance", *_least(lambda m: np.ones(m.sd.size))),
        "maximum_diversification": Method("maximum diversification", *_least(_volatilities)),
        "maximum_decorrelation": Method(
            "maximum decorrelation",
            lambda m: m.decorrelated,
            lambda m, w: residual(m.correlation, np.ones((1, w.size)), w),
        ),
        "equal_risk": Method(
            "equal risk",
            _equal_risk,
            lambda m, w: contribution_residual(m.correlation, w * m.sd),
        ),
        "hierarchical_minimum_variance": Method(
            "hierarchical minimum variance",
            lambda m: hierarchical_weights(m.correlation, m.sd),
            lambda m, w: split_residual(m.correlation, m.sd, w),
        ),
        "tangency": Method("tangency", _tangency, _BEST_SHARPE[1]),
        "growth_optimal": Method("growth optimal", _growth, _growth_residual),
    }
)
