"""Quadrature for a tilted density on a bounded interval, accurate for every tilt.

A rule is built around the mode of each tilted density, of panels on either side
(:mod:`pdesolve.model.payoff.panels`). Log densities and positions are measured as differences from
the mode, which keeps the relative accuracy of small cumulants.

Tilts are in the scaled, centred payoff: ``z`` multiplies it and ``p`` half its square
(derivation.md, section 3). All rules work in one dimension, over the tilts.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.model.payoff.panels import Panels, gauss, two_sides
from pdesolve.typing import Array

Mask = NDArray[np.bool_]


class QuadratureRule(NamedTuple):
    """Nodes and weights for the tilted densities, scaled payoff.

    Attributes
    ----------
    log_peak : ndarray, shape (points,)
        Log of the unnormalised tilted density at the mode.
    anchor : ndarray, shape (points,)
        The mode, as a centred, scaled payoff.
    shift : ndarray, shape (nodes, points)
        Nodes, measured from the mode.
    weight : ndarray, shape (nodes, points)
        Weights times the density relative to its peak; not normalised.
    """

    log_peak: Array
    anchor: Array
    shift: Array
    weight: Array


def uniform_rule(z: Array, p: Array, *, panels: Panels = Panels()) -> QuadratureRule:
    """QuadratureRule for the uniform prior on [-1, 1] (derivation.md, section 3).

    Parameters
    ----------
    z, p : ndarray, shape (points,)
        Tilts of the payoff in units of half its range.

    Returns
    -------
    QuadratureRule
        With `Panels.flat` nodes; the log density is a parabola, so one panel is enough.
    """
    mode = np.clip(np.divide(z, p, out=np.sign(z), where=np.abs(z) < p), -1.0, 1.0)
    slope = z - p * mode
    steep = np.abs(slope) * (np.abs(mode) == 1.0)
    far = panels.far
    reach = 2.0 * far / np.maximum(steep + np.sqrt(steep**2 + 2.0 * far * p), far)
    left, right = np.minimum(reach, 1.0 + mode), np.minimum(reach, 1.0 - mode)
    places, weight = gauss(panels.flat)
    shift = 0.5 * (right - left) + 0.5 * (right + left) * places[:, None]
    density = np.exp((slope - 0.5 * p * shift) * shift)
    log_peak = (z - 0.5 * p * mode) * mode
    return QuadratureRule(log_peak, mode, shift, 0.5 * (right + left) * weight[:, None] * density)


def beta_rule(
    z: Array, p: Array, *, a: float, b: float, panels: Panels = Panels()
) -> QuadratureRule:
    """QuadratureRule for the beta(a, b) prior on [-1/2, 1/2] (derivation.md, section 3).

    In the logit t of the position y the density times dy/dt is
    y^a (1 - y)^b exp(z y - p y^2/2): smooth, of one mode whatever the tilt, and
    with tails no heavier than exp(-a|t|), exp(-b t) even where the density is singular.

    Parameters
    ----------
    z, p : ndarray, shape (points,)
        Tilts of the payoff in units of its range.
    a, b : float
        Shape parameters, positive.

    Returns
    -------
    QuadratureRule
        With `Panels.each` nodes.
    """

    def slope_in_logit(t: Array) -> Array:
        y, c = 1.0 / (1.0 + np.exp(-t)), 1.0 / (1.0 + np.exp(t))
        return a * c - b * y + (z - p * 0.5 * (y - c)) * y * c

    bound = np.log((a + b + np.abs(z) + p) / min(a, b))
    mode = bisect(slope_in_logit, -bound, bound)
    y, c = 1.0 / (1.0 + np.exp(-mode)), 1.0 / (1.0 + np.exp(mode))
    anchor = 0.5 * (y - c)
    slope = z - p * anchor

    def fall_left(distance: Array) -> tuple[Array, Array]:
        return _beta_fall(distance, a, a + b, y, c, slope, p)

    def fall_right(distance: Array) -> tuple[Array, Array]:
        log_ratio, shift = _beta_fall(distance, b, a + b, c, y, -slope, p)
        return log_ratio, -shift

    limit = np.full_like(z, np.inf)
    shift, weight = two_sides(fall_left, limit, fall_right, limit, panels)
    log_peak = a * np.log(y) + b * np.log(c) + (z - 0.5 * p * anchor) * anchor
    return QuadratureRule(log_peak, anchor, shift, weight)


def _beta_fall(
    distance: Array, a: float, total: float, y: Array, c: Array, slope: Array, p: Array
) -> tuple[Array, Array]:
    """Log ratio and displacement at a logit `distance` below the position y = 1 - c."""
    lost = -np.expm1(-distance)
    ratio = c + y * np.exp(-distance)
    log_ratio = np.where(ratio > 0.5, np.log1p(-np.minimum(y * lost, 0.75)), np.log(ratio))
    shift = -y * c * lost / ratio
    return -a * distance - total * log_ratio + (slope - 0.5 * p * shift) * shift, shift


def lognormal_rule(
    z: Array,
    p: Array,
    *,
    log_mean: float,
    log_sd: float,
    low: float,
    centre: float,
    panels: Panels = Panels(),
) -> QuadratureRule:
    """QuadratureRule for a lognormal prior truncated to [low, 1] (derivation.md, section 3).

    In t = log x the log density is -(t - log_mean)^2 / (2 log_sd^2) plus the tilt. It has at most
    two inflections, hence at most two modes (one where the prior has it, one where the
    tilt drives it, perhaps at the upper end), and each gets panels of its own.

    Parameters
    ----------
    z, p : ndarray, shape (points,)
        Tilts of the payoff in units of its upper end.
    log_mean, log_sd : float
        Mean and sd of log x, x in the same units.
    low, centre : float
        Lower end and middle of the support in the same units.

    Returns
    -------
    QuadratureRule
        With `Panels.each` nodes, twice as many where some density has two modes.
    """
    curve, pull = 1.0 / log_sd**2, z + p * centre

    def slope_in_log(t: Array) -> Array:
        x = np.exp(t)
        return -(t - log_mean) * curve + (pull - p * x) * x

    def fall(mode: Array, step: Array) -> tuple[Array, Array]:
        x = np.exp(mode)
        shift = x * np.expm1(step)
        tilt = (pull - p * x - 0.5 * p * shift) * shift
        return tilt - ((mode - log_mean) + 0.5 * step) * step * curve, shift

    def bump(mode: Array, left: Array, right: Array) -> tuple[Array, Array]:
        return two_sides(lambda d: fall(mode, -d), left, lambda d: fall(mode, d), right, panels)

    start = np.log(low) if low > 0.0 else -np.inf
    lower, upper, valley, both = _log_modes(slope_in_log, pull, p, log_mean, curve, start)
    upper_wins = both & (fall(lower, upper - lower)[0] > 0.0)
    mode = np.where(upper_wins, upper, lower)
    left = mode - np.where(upper_wins, valley, start)
    right = np.where(both & ~upper_wins, valley, 0.0) - mode
    shift, weight = bump(mode, left, right)
    if both.any():
        other = np.where(upper_wins, lower, upper)
        left = other - np.where(upper_wins, start, valley)
        right = np.where(upper_wins, valley, 0.0) - other
        log_ratio, distance = fall(mode, other - mode)
        more_shift, more_weight = bump(other, left, right)
        shift = np.concatenate([shift, distance + more_shift])
        weight = np.concatenate([weight, np.where(both, np.exp(log_ratio), 0.0) * more_weight])
    anchor = np.exp(mode) - centre
    log_peak = -0.5 * (mode - log_mean) ** 2 * curve + (z - 0.5 * p * anchor) * anchor
    return QuadratureRule(log_peak, anchor, shift, weight)


def _log_modes(
    slope: Callable[[Array], Array],
    pull: Array,
    p: Array,
    log_mean: float,
    curve: float,
    start: float,
) -> tuple[Array, Array, Array, Mask]:
    """Lower and upper mode of the tilted lognormal in log x, the valley between, and where it is.

    The slope of the log density falls, rises between the inflections, and falls again.
    """
    bottom = np.maximum(start, min(log_mean, 0.0) - (np.abs(pull) + p) / curve - 1.0)
    inside = pull**2 - 8.0 * p * curve
    bent = (pull > 0.0) & (inside > 0.0)
    root = np.where(bent, pull + np.sqrt(np.maximum(inside, 0.0)), 1.0)
    first_x = np.where(bent, np.minimum(2.0 * curve / root, 1.0), 1.0)
    last_x = np.divide(root, 4.0 * p, out=np.ones_like(p), where=bent & (root < 4.0 * p))
    first, last = (np.maximum(np.log(x), bottom) for x in (first_x, last_x))
    turns, turns_back = slope(first) < 0.0, slope(last) > 0.0
    both = turns & turns_back & (first < last)
    lower, upper = bisect(slope, bottom, first), bisect(slope, last, np.zeros_like(p))
    valley = bisect(lambda t: -slope(t), first, last)
    lower = np.where(turns, lower, upper)
    return lower, np.where(both, upper, lower), valley, both


def bisect(function: Callable[[Array], Array], lower: Array, upper: Array) -> Array:
    """Root of a decreasing function in [lower, upper], or the end nearest to it.

    Parameters
    ----------
    function : callable
        Elementwise, from positive to negative.
    lower, upper : ndarray
        Brackets.

    Returns
    -------
    ndarray
    """
    for _ in range(60):
        middle = 0.5 * (lower + upper)
        positive = function(middle) > 0.0
        lower, upper = np.where(positive, middle, lower), np.where(positive, upper, middle)
    return upper
