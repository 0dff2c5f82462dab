"""The discrete model against its own premises: investors who maximise, markets that clear.

Signals, beliefs, wealth and utility are those of derivation.md, section 2, and nothing else:
beliefs by Bayes' rule, demand by maximising expected utility, attention and positions by trying
others. The package enters as the candidate only, with its prices and attention.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import minimize

from pdesolve.case import NormalPayoff, load_case
from pdesolve.solver.discrete.solution import DiscreteSolution
from pdesolve.solver.discrete.solver import solve_discrete
from pdesolve.typing import Array

# ---------------------------------------------------------------- two dates, three payoffs

SUPPLY, LENGTH = 0.3, 0.5  # at t = 0, and the length of a period


class Evidence(NamedTuple):
    """What investors can come to know: public news and a private signal, both of the payoff.

    `public` are values z = x - rho (n1 - n0)/(A Delta) of what a price reveals that depends on
    payoff and supply through z alone; `density` (payoffs, z) is theirs given the payoff.
    """

    public: Array
    density: Array


class Economy:
    """Trade at 0 and Delta, payoff at 2 Delta; everyone but one investor does as the candidate."""

    def __init__(self, candidate: DiscreteSolution, payoffs: Array, chances: Array) -> None:
        self.candidate, self.payoffs, self.chances = candidate, payoffs, chances
        market = candidate.case.market
        self.rho, self.sigma = market.risk_aversion, market.supply_volatility
        self.start = -self.rho * market.initial_supply
        self.rate = float(candidate.precision_rate(self.start))
        self.price = float(candidate.price(self.start))

    @property
    def noise(self) -> float:
        """Standard deviation of z given the payoff."""
        return self.rho * self.sigma / (self.rate * LENGTH**0.5)

    def evidence(self, count: int = 161) -> Evidence:
        """Equidistant z, as far as any payoff makes them likely."""
        reach = 7.5 * self.noise
        z = np.linspace(self.payoffs[0] - reach, self.payoffs[-1] + reach, count)
        return Evidence(z, bell(z - self.payoffs[:, None], self.noise))

    def later_price(self, z: Array) -> Array:
        """The candidate's price at Delta."""
        kappa = self.rate / (self.rho * self.sigma) + self.rho * self.sigma
        psi = (self.rate**2 / (self.rho * self.sigma) ** 2 + self.rate) * LENGTH
        xi = self.start + kappa / (self.rho * self.sigma) * self.rate * LENGTH * z
        return self.candidate.price(xi, psi, LENGTH)

    def demand(self, belief: Array, price: Array) -> Array:
        """What maximises expected utility, beliefs (payoffs, ...): a root of its slope."""
        excess = (self.payoffs - price[..., None]).transpose(-1, *range(price.ndim))
        low, high = np.full(price.shape, -400.0), np.full(price.shape, 400.0)
        for _ in range(64):
            middle = 0.5 * (low + high)
            exponent = -self.rho * middle * excess
            slope = np.sum(belief * excess * np.exp(exponent - exponent.max(axis=0)), axis=0)
            low, high = np.where(slope > 0, middle, low), np.where(slope > 0, high, middle)
        return 0.5 * (low + high)

    def log_utility(self, holding: float, rate: float) -> float:
        """Log of minus expected utility of a position at 0 and a precision rate of her own.

        Trade at Delta is optimal given what she knows then; W_0 = 0.
        """
        z, density = self.evidence()
        price = self.later_price(z)
        error = 1.0 / (rate * LENGTH) ** 0.5
        signal = np.linspace(self.payoffs[0] - 7.5 * error, self.payoffs[-1] + 7.5 * error, 81)
        chance = (self.chances[:, None] * density)[:, :, None]
        joint = chance * bell(signal - self.payoffs[:, None], error)[:, None, :]
        prices = np.broadcast_to(price[:, None], joint.shape[1:])
        position = self.demand(joint, prices)
        payoff = self.payoffs[:, None, None]
        cost = float(self.candidate.economy.technology.cost.value(np.asarray(rate)))
        wealth = holding * (prices - self.price) + position * (payoff - prices) - cost * LENGTH
        area = (z[1] - z[0]) * (signal[1] - signal[0])
        return float(np.log(area * np.sum(joint * np.exp(-self.rho * wealth))))


def bell(x: Array, sd: float) -> Array:
    """Normal density."""
    return np.exp(-0.5 * (x / sd) ** 2) / (sd * (2.0 * np.pi) ** 0.5)


@cache
def economy() -> Economy:
    changes = {"market.initial_supply": SUPPLY, "market.horizon": 2 * LENGTH}
    case = load_case("three_states", changes)
    candidate = solve_discrete(case, 2, tol=1e-7)
    assert candidate.converged
    return Economy(candidate, np.array([0.0, 1.0, 3.0]), np.array([0.5, 0.3, 0.2]))


def test_the_price_reveals_the_public_signal() -> None:
    z = economy().evidence().public
    assert np.all(np.diff(economy().later_price(z)) > 0)


def test_the_market_clears_for_every_payoff_and_shock() -> None:
    world = economy()
    error = 1.0 / (world.rate * LENGTH) ** 0.5
    signal, weight = np.polynomial.hermite_e.hermegauss(40)
    weight = weight / weight.sum()
    shocks = np.array([-3.0, -1.0, 0.0, 0.4, 2.5])
    for payoff in world.payoffs:
        supply = SUPPLY + world.sigma * LENGTH**0.5 * shocks
        z = payoff - world.rho * (supply - SUPPLY) / (world.rate * LENGTH)
        seen = payoff + error * signal
        news = bell(z - world.payoffs[:, None], world.noise)[:, :, None]
        own = bell(seen - world.payoffs[:, None], error)[:, None, :]
        belief = world.chances[:, None, None] * news * own
        prices = np.broadcast_to(world.later_price(z)[:, None], belief.shape[1:])
        demand = world.demand(belief, prices)
        np.testing.assert_allclose(demand @ weight, supply, rtol=0, atol=1e-10)
        slope = world.rate * LENGTH / world.rho  # demand is separable and linear in the signal
        common = demand - slope * seen
        np.testing.assert_allclose(common, common[:, :1] + 0 * common, rtol=0, atol=1e-10)


def test_a_large_economy_clears_at_that_price() -> None:
    world, draws = economy(), np.random.default_rng(5)
    payoff, supply, investors = 1.0, SUPPLY + 0.5, 40_000
    z = payoff - world.rho * (supply - SUPPLY) / (world.rate * LENGTH)
    error = 1.0 / (world.rate * LENGTH) ** 0.5
    seen = payoff + error * draws.standard_normal(investors)
    news = bell(z - world.payoffs, world.noise)
    belief = world.chances[:, None] * news[:, None] * bell(seen - world.payoffs[:, None], error)
    demand = world.demand(belief, np.full(investors, world.later_price(np.array(z))))
    spread = demand.std() / investors**0.5
    assert spread < 0.01
    assert abs(demand.mean() - supply) < 3 * spread


def test_the_log_value_is_that_of_the_best_an_investor_can_do() -> None:
    world = economy()
    expected = world.candidate.initial.log_value + world.rho * SUPPLY * world.price
    assert world.log_utility(SUPPLY, world.rate) == pytest.approx(expected, abs=3e-8)


@pytest.mark.slow
def test_no_other_position_and_no_other_attention_is_better() -> None:
    world = economy()
    best = world.log_utility(SUPPLY, world.rate)
    for move in (-1.0, -0.3, -0.02, 0.02, 0.3, 1.0):
        assert world.log_utility(SUPPLY + move, world.rate) > best + 1e-6
        assert world.log_utility(SUPPLY, world.rate * 2.0**move) > best + 1e-6
        assert world.log_utility(SUPPLY + move, world.rate * 2.0**-move) > best + 1e-6

    def loss(choice: Array) -> float:
        return world.log_utility(float(choice[0]), float(np.exp(choice[1])))

    found = minimize(
        loss,
        np.array([SUPPLY - 0.2, np.log(1.5 * world.rate)]),
        jac="3-point",
        options={"gtol": 1e-7},
    )
    assert found.x[0] == pytest.approx(SUPPLY, abs=1e-6)
    assert np.exp(found.x[1]) == pytest.approx(world.rate, rel=1e-6)


# ---------------------------------------------------------------- three dates, normal payoff


class Strategy(NamedTuple):
    """A linear strategy: positions at 0, Delta and 2 Delta, and a precision rate in two periods.

    Positions are linear in 1 and what has been seen: private signals and public news, in turn.
    """

    first: float
    second: Array
    third: Array
    rates: Array

    @classmethod
    def of(cls, numbers: Array) -> "Strategy":
        """From a list of eleven, the rates as logarithms."""
        return cls(float(numbers[0]), numbers[1:4], numbers[4:9], np.exp(numbers[9:]))


class NormalEconomy:
    """Payoff N(m, 1/tau) at 3 Delta; random variables are linear in 1 and five standard normals.

    In turn: the payoff's, the supply's at Delta and 2 Delta, and those of two private signals.
    """

    def __init__(self, candidate: DiscreteSolution) -> None:
        case, self.technology = candidate.case, candidate.economy.technology
        market, prior = case.market, case.payoff
        self.initial, self.supply_at_start = candidate.initial, market.initial_supply
        self.rho, sigma = market.risk_aversion, market.supply_volatility
        assert isinstance(prior, NormalPayoff)
        self.step = market.horizon / 3
        xi, psi, one = -self.rho * market.initial_supply, 0.0, np.eye(6)
        self.payoff = prior.mean * one[0] + prior.sd * one[1]
        shocks = sigma * self.step**0.5 * one[2:4]
        self.supply = market.initial_supply * one[0] + np.cumsum(shocks, axis=0)
        self.rates, news, prices = [], [], [candidate.price(xi) * one[0]]
        state = xi * one[0]
        for date in (0, 1):
            rate = float(candidate.precision_rate(xi, psi, date * self.step))
            news.append(self.payoff - self.rho / (rate * self.step) * shocks[date])
            kappa = rate / (self.rho * sigma) + self.rho * sigma
            state = state + kappa / (self.rho * sigma) * rate * self.step * news[-1]
            psi += (rate**2 / (self.rho * sigma) ** 2 + rate) * self.step
            none, unit = candidate.price([0.0, 1.0], psi, (date + 1) * self.step)
            prices.append(none * one[0] + (unit - none) * state)
            self.rates.append(rate)
        self.news, self.prices = np.array(news), np.array(prices)

    def seen(self, rates: Array) -> Array:
        """One, and what an investor with those rates sees: two signals, two pieces of news."""
        one = np.eye(6)
        signals = self.payoff + one[4:] / np.sqrt(rates * self.step)[:, None]
        return np.array([one[0], signals[0], self.news[0], signals[1], self.news[1]])

    def log_utility(self, numbers: Array) -> float:
        """Log of minus expected utility of a strategy: the mean of exp of a quadratic form."""
        strategy = Strategy.of(numbers)
        seen, price = self.seen(strategy.rates), self.prices
        gains = np.outer(strategy.first * np.eye(6)[0], price[1] - price[0])
        gains += np.outer(strategy.second @ seen[:3], price[2] - price[1])
        gains += np.outer(strategy.third @ seen, self.payoff - price[2])
        form = 0.5 * (gains + gains.T)
        cost = self.technology.cost.value(strategy.rates).sum() * self.step
        inner = np.eye(5) + 2.0 * self.rho * form[1:, 1:]
        if np.linalg.eigvalsh(inner)[0] <= 0:
            return 1e6  # without bound
        slope = 2.0 * self.rho * form[0, 1:]
        square = 0.5 * slope @ np.linalg.solve(inner, slope)
        linear = self.rho * (cost - form[0, 0])
        return float(linear + square - 0.5 * np.linalg.slogdet(inner)[1])


@cache
def normal_economy() -> NormalEconomy:
    changes: dict[str, object] = {
        "market.risk_aversion": 1.5,
        "market.supply_volatility": 1.2,
        "market.horizon": 1.5,
        "payoff.sd": 0.8**-0.5,
        "attention.cost.scale": 0.3,
    }
    return NormalEconomy(solve_discrete(load_case("normal", changes), 3, tol=1e-9))


@cache
def best_linear_strategy() -> tuple[float, Strategy]:
    """Log of minus the most utility, and how to get it: a search that knows the prices only."""
    world = normal_economy()
    found = minimize(
        world.log_utility,
        np.append(np.zeros(9), np.log([0.5, 0.5])),
        jac="3-point",
        options={"gtol": 1e-9, "maxiter": 1000},
    )
    return float(found.fun), Strategy.of(found.x)


def test_the_best_linear_strategy_buys_the_attention_of_the_candidate() -> None:
    _, best = best_linear_strategy()
    np.testing.assert_allclose(best.rates, normal_economy().rates, rtol=1e-6)
    np.testing.assert_allclose(best.rates, [1.049252, 0.600471], rtol=1e-6)  # section 10


def test_the_best_linear_strategy_is_worth_the_candidate_s_log_value() -> None:
    world, (found, _) = normal_economy(), best_linear_strategy()
    initial, supply = world.initial, world.supply_at_start
    assert found == pytest.approx(initial.log_value + world.rho * supply * initial.price, abs=1e-9)


def test_investors_with_the_best_linear_strategy_hold_the_supply() -> None:
    world, (_, best) = normal_economy(), best_linear_strategy()
    seen = world.seen(best.rates)
    seen[:, 4:] = 0.0  # private errors average out
    assert best.first == pytest.approx(world.supply_at_start, abs=1e-7)
    held = np.array([best.second @ seen[:3], best.third @ seen])
    np.testing.assert_allclose(held, world.supply, rtol=0, atol=1e-6)
