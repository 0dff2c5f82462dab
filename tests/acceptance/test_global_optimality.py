"""No joint deviation beats the equilibrium; its cost is that of derivation.md, section 3.

One investor's position at both dates and her attention are changed at once. Her expected utility is
computed from signals, beliefs and wealth; the theorem's from the measure Q.
"""

from typing import NamedTuple

import numpy as np
import pytest

from pdesolve.typing import Array
from tests.acceptance.test_first_principles import LENGTH, SUPPLY, bell, economy


class Deviation(NamedTuple):
    """What she adds: `first` and `second` to rho times her positions, `more` to her precision rate.

    `second` is level, slope in the public news and slope in her own signal, both bounded.
    """

    first: float
    second: tuple[float, float, float]
    more: float

    def later(self, z: Array, signal: Array | float) -> Array:
        level, public, own = self.second
        return np.asarray(level + public * np.tanh(z) + own * np.tanh(signal))


def log_utility(deviation: Deviation) -> float:
    """Log of minus expected utility, W_0 = 0: demand is separable and linear in her signal."""
    world = economy()
    z, density = world.evidence()
    price, rate = world.later_price(z)[:, None], world.rate + deviation.more
    error = 1.0 / (rate * LENGTH) ** 0.5
    signal = np.linspace(-7.5 * error, 3.0 + 7.5 * error, 161)
    x = world.payoffs[:, None, None]
    chance = (world.chances[:, None] * density)[:, :, None]
    joint = chance * bell(signal - world.payoffs[:, None], error)[:, None, :]
    first = SUPPLY + deviation.first / world.rho
    common = SUPPLY - world.rate * LENGTH / world.rho * z[:, None]
    second = common + (rate * LENGTH * signal + deviation.later(z[:, None], signal)) / world.rho
    cost = float(world.candidate.economy.technology.cost.value(np.asarray(rate)))
    wealth = first * (price - world.price) + second * (x - price) - cost * LENGTH
    area = (z[1] - z[0]) * (signal[1] - signal[0])
    return float(np.log(area * np.sum(joint * np.exp(-world.rho * wealth))))


def theorem(deviation: Deviation) -> float:
    """Log E^Q exp{-sum c (p' - p) - eps Delta (x^2 - p'^2)/2 + rho [C(A + eps) - C(A)] Delta}."""
    world = economy()
    z, _ = world.evidence(401)
    rho, a, price, rs = world.rho, world.rate, world.later_price(z), world.rho * world.sigma
    theta = -a * LENGTH / rho * z
    xi = world.start - (a / rs + rs) / world.sigma * theta
    psi = (a**2 / rs**2 + a) * LENGTH
    x = world.payoffs[:, None]
    log_weight = rho * theta * price + 0.5 * a * LENGTH * price**2 + xi * x - 0.5 * psi * x**2
    log_weight = log_weight - 0.5 * theta**2 / (world.sigma**2 * LENGTH)
    weight = world.chances[:, None] * np.exp(log_weight)
    cost = world.candidate.economy.technology.cost.value(np.array([a + deviation.more, a]))
    exponent = -deviation.first * (price - world.price) - deviation.later(z, 0.0) * (x - price)
    exponent = exponent - 0.5 * deviation.more * LENGTH * (x**2 - price**2)
    exponent = exponent + rho * (cost[0] - cost[1]) * LENGTH
    return float(np.log(np.sum(weight * np.exp(exponent)) / np.sum(weight)))


def drawn(own: bool) -> list[Deviation]:
    draws = np.random.default_rng(3)
    sizes = 10.0 ** draws.uniform(-1.5, 0.0, 12)
    return [
        Deviation(
            float(size * draws.normal()),
            (*(size * draws.normal(size=2)).tolist(), float(own * size * draws.normal())),
            float(economy().rate * size * draws.uniform(-0.8, 1.5)),
        )
        for size in sizes
    ]


def test_what_a_joint_deviation_costs_is_an_expectation_under_q() -> None:
    none = log_utility(Deviation(0.0, (0.0, 0.0, 0.0), 0.0))
    for deviation in drawn(own=False):
        assert log_utility(deviation) - none == pytest.approx(theorem(deviation), abs=2e-6)


@pytest.mark.parametrize("own", [False, True])
def test_no_joint_deviation_is_better(own: bool) -> None:
    none = log_utility(Deviation(0.0, (0.0, 0.0, 0.0), 0.0))
    for deviation in drawn(own):
        assert log_utility(deviation) > none + 1e-6
