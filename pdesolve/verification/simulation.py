"""Checks by simulation: what the equations imply, without them.

Trade under the physical measure has to clear and to give the expected utility that the value
function says; under the risk-neutral one the price has to be a martingale whose variance adds up
to V. Each number comes with its Monte Carlo standard error; the error of the dates is extrapolated
away path by path (:mod:`pdesolve.finance.paths`).
"""

from dataclasses import dataclass

import numpy as np

from pdesolve.finance.claims import option_prices
from pdesolve.finance.paths import Neutral, Trading, neutral_paths, trade_paths
from pdesolve.finance.readings import AtDate
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class SimulationTuning:
    """What a simulated mean is held to.

    Attributes
    ----------
    allowed : float
        Standard errors; by chance one mean in 16,000 is further off.
    left : float
        Of the extrapolation to trade at every moment, taken to be left of the error of the dates:
        it is of second order, so that a quarter is generous.
    """

    allowed: float = 4.0
    left: float = 0.25


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over simulated paths and what it should be.

    Attributes
    ----------
    name : str
    value, standard_error : float
        Mean and its Monte Carlo standard error.
    bias : float
        What trading at dates only may leave.
    expected, error : float
        What the solution says, and its error bar.
    tuning : SimulationTuning
    """

    name: str
    value: float
    standard_error: float
    bias: float
    expected: float
    error: float
    tuning: SimulationTuning = SimulationTuning()

    @property
    def allowed(self) -> float:
        """Largest distance from `expected` that is put down to chance, dates and error bar."""
        return self.tuning.allowed * self.standard_error + self.bias + self.error

    @property
    def passed(self) -> bool:
        """Whether the mean is no further than that."""
        return abs(self.value - self.expected) <= self.allowed


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """Estimates made from simulated paths at their last date.

    Attributes
    ----------
    estimates : tuple of Estimate
    paths, steps, investors : int
        What was simulated; each path has so many investors of its own.
    """

    estimates: tuple[Estimate, ...]
    paths: int
    steps: int
    investors: int


def simulate(
    solution: Solution,
    *,
    paths: int = 20000,
    steps: int = 200,
    investors: int = 8,
    seed: int = 0,
    tuning: SimulationTuning = SimulationTuning(),
) -> Simulation:
    """Simulate a solved economy under both measures.

    Parameters
    ----------
    solution : Solution
    paths : int
        Under either measure.
    steps : int
        Trading dates before T, an even number.
    investors : int
        Sampled from the continuum on every path.
    seed : int
    tuning : SimulationTuning

    Returns
    -------
    Simulation
        Of market clearing, expected utility, a call by the discount factor, the martingale property
        of the price and the decomposition of its variance.
    """
    rng = np.random.default_rng(seed)
    return Simulation(
        estimates=(
            *_physical(solution, rng, paths, steps, investors, tuning),
            *_risk_neutral(solution, rng, paths, steps, tuning),
        ),
        paths=paths,
        steps=steps,
        investors=investors,
    )


def _physical(
    solution: Solution,
    rng: np.random.Generator,
    paths: int,
    steps: int,
    investors: int,
    tuning: SimulationTuning,
) -> list[Estimate]:
    """Clearing, expected utility, and a call by the discount factor (derivation.md, section 12)."""
    x, fine, coarse = trade_paths(solution, rng, paths, steps, investors)
    rho, n0 = solution.economy.risk_aversion, solution.case.market.initial_supply
    initial = solution.initial

    def outcome(end: Trading) -> list[Array]:
        excess = np.mean(end.common + end.own, axis=0) - end.supply
        scale = np.sqrt(np.maximum(end.private, 1e-300) / investors) / rho
        wealth = end.wealth + (end.common + end.own) * (x - end.price)
        utility = np.mean(np.exp(-rho * wealth), axis=0)
        call = level + slope * initial.price + utility / said * (paid - level - slope * x)
        return [excess, (excess / scale) ** 2, utility, call]

    said = float(np.exp(rho * n0 * initial.price + initial.log_value))
    error = said * (rho * abs(n0) * solution.error["price"] + solution.error["log_value"])
    paid = np.maximum(x - initial.price, 0.0)
    slope, level = np.polyfit(x, paid, 1)  # whose price is known: of the call only the rest varies
    data = option_prices(solution, [initial.price])
    call = float(data.call[0])
    names = {
        "market clearing: mean demand less supply": (0.0, 0.0),
        "market clearing: variance of that over theory's": (1.0, 0.0),
        "expected utility: E exp(-rho W)": (said, error),
        "call at the price: E of it times the discount factor": (call, float(data.call_error[0])),
    }
    return _estimates(names, outcome(fine), outcome(coarse), tuning)


def _risk_neutral(
    solution: Solution, rng: np.random.Generator, paths: int, steps: int, tuning: SimulationTuning
) -> list[Estimate]:
    """Martingale property and variance of the price."""
    fine, coarse = neutral_paths(solution, rng, paths, steps)
    initial, last = solution.initial, AtDate(solution, solution.economy.horizon)

    def outcome(end: Neutral) -> list[Array]:
        p, left = last.at(end.xi, end.psi, "price", "variance")
        return [p, end.moves + left, (p - initial.price) ** 2 + left]

    price, variance = solution.error["price"], solution.error["variance"]
    names = {
        "martingale: E^Q of the price at T": (initial.price, price),
        "variance: E^Q (squared price moves + V at T)": (initial.variance, variance),
        "variance: Var^Q of the price at T + E^Q V at T": (initial.variance, variance),
    }
    return _estimates(names, outcome(fine), outcome(coarse), tuning)


def _estimates(
    names: dict[str, tuple[float, float]],
    fine: list[Array],
    coarse: list[Array],
    tuning: SimulationTuning,
) -> list[Estimate]:
    """Extrapolated means, path by path."""
    found = []
    for (name, (expected, error)), one, two in zip(names.items(), fine, coarse, strict=True):
        values = 2.0 * one - two
        found.append(
            Estimate(
                name=name,
                value=float(np.mean(values)),
                standard_error=float(np.std(values, ddof=1) / np.sqrt(values.size)),
                bias=tuning.left * abs(float(np.mean(one - two))),
                expected=expected,
                error=error,
                tuning=tuning,
            )
        )
    return found
