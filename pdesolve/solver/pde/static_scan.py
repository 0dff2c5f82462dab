"""A look at the static market along xi, so close that no change of the price is missed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.model.economy import Economy
from pdesolve.model.payoff.prior import Cumulants, Prior
from pdesolve.typing import Array

HALVINGS = 60  # of an interval, at most: down to rounding


class Scan(NamedTuple):
    """States looked at, and the static market there.

    `row` says to which psi each belongs; `largest` is the largest variance found at each psi.
    """

    row: NDArray[np.intp]
    zeta: Array
    static: Cumulants
    largest: Array

    @property
    def bends(self) -> Array:
        """By how much of itself the variance changes over a unit of xi, money."""
        _, _, variance, third, fourth = self.static
        return (np.abs(third) + np.sqrt(np.abs(fourth) * variance)) / variance

    def visited(self, economy: Economy, psi: Array, sds: float) -> Array:
        """Largest variance at each psi in states that a path may get to; of all if in none."""
        there = economy.visits(self.zeta, psi[self.row], sds)
        largest = np.full(psi.size, -np.inf)
        np.maximum.at(largest, self.row[there], self.static.variance[there])
        return np.where(largest == -np.inf, self.largest, largest)


def scan(prior: Prior, line: Array, psi: Array, step: float) -> Scan:
    """Look along xi, at each psi, so closely that no change of the static price is stepped over.

    The static price increases in xi, at the rate of the static variance; so if it moves by no more
    than a step from each state to the next, every peak of the variance over which it moves by more
    has been seen, however narrow. Intervals in which it moves by more are halved, again and again.

    Parameters
    ----------
    prior : Prior
    line : array, shape (n, m)
        Centred xi to begin with, increasing, for each psi.
    psi : array, shape (n,)
    step : float
        Money.

    Returns
    -------
    Scan
    """
    where = np.repeat(np.arange(psi.size), line.shape[1])
    static = prior.cumulants(line.ravel(), psi[where])
    rows, states, parts = [where], [line.ravel()], [static]
    mean = static.mean.reshape(line.shape)
    left, right, low, high = (
        x.ravel() for x in (line[:, :-1], line[:, 1:], mean[:, :-1], mean[:, 1:])
    )
    where = np.repeat(np.arange(psi.size), line.shape[1] - 1)
    for _ in range(HALVINGS):
        wide = high - low > step
        if not wide.any():
            break
        left, right, low, high = (x[wide] for x in (left, right, low, high))
        where = where[wide]
        middle = 0.5 * (left + right)
        static = prior.cumulants(middle, psi[where])
        rows.append(where)
        states.append(middle)
        parts.append(static)
        left, right = np.append(left, middle), np.append(middle, right)
        low, high = np.append(low, static.mean), np.append(static.mean, high)
        where = np.append(where, where)
    row = np.concatenate(rows)
    found = Cumulants(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    largest = np.zeros(psi.size)
    np.maximum.at(largest, row, found.variance)
    return Scan(row, np.concatenate(states), found, largest)
