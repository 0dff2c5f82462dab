"""Checks by simulation: what the equations imply, without them.

Trade under the physical measure has to clear and to give the expected utility that the value
function says; under the risk-neutral one the price has to be a martingale whose variance adds up
to V. Each number comes with its Monte Carlo standard error; the error of the dates is extrapolated
away path by path (:mod:`pdesolve.finance.paths`).

A payoff that hardly any path would have is had by more of them, and every path is weighted by how
likely it is over how likely it was made: the law is the same, and the rare payoff is in the means
and in their standard errors.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from pdesolve.case import DiscretePayoff
from pdesolve.finance.claims import option_prices
from pdesolve.finance.paths import Lean, Neutral, Trading, neutral_paths, trade_paths
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
    seen : float
        Paths that are to have the rarest of the payoffs at least, or more are made to have it.
    finer : int
        Dates then, over the usual: on their way there investors learn fast.
    """

    allowed: float = 4.0
    left: float = 0.25
    seen: float = 30.0
    finer: int = 4


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
    steps *= 1 if _rare(solution, paths, tuning) is None else tuning.finer
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
    drawn, weight = _payoffs(solution, rng, paths, tuning)
    x, fine, coarse = trade_paths(solution, rng, paths, steps, investors, drawn)
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
    slope, level = np.polyfit(
        x, paid, 1, w=np.sqrt(weight)
    )  # whose price is known: of the call only the rest varies
    data = option_prices(solution, [initial.price])
    call = float(data.call[0])
    names = {
        "market clearing: mean demand less supply": (0.0, 0.0),
        "market clearing: variance of that over theory's": (1.0, 0.0),
        "expected utility: E exp(-rho W)": (said, error),
        "call at the price: E of it times the discount factor": (call, float(data.call_error[0])),
    }
    return _estimates(names, outcome(fine), outcome(coarse), (weight, weight), tuning)


def _rare(solution: Solution, paths: int, tuning: SimulationTuning) -> float | None:
    """The lowest or the highest of a few payoffs, if too few paths would have it; the rarer one."""
    payoff = solution.case.payoff
    if not isinstance(payoff, DiscretePayoff):
        return None
    known = sorted(zip(payoff.values, payoff.probabilities, strict=True))
    value, share = min(known[0], known[-1], key=lambda one: one[1])
    return None if share * paths >= tuning.seen else value


def _payoffs(
    solution: Solution, rng: np.random.Generator, paths: int, tuning: SimulationTuning
) -> tuple[Array | None, Array]:
    """Payoffs, if not drawn from the prior, and weights: half of them with all alike."""
    payoff = solution.case.payoff
    if _rare(solution, paths, tuning) is None or not isinstance(payoff, DiscretePayoff):
        return None, np.ones(paths)
    prior = np.array(payoff.probabilities)
    made = 0.5 * (prior + 1.0 / prior.size)
    which = rng.choice(prior.size, paths, p=made)
    return np.array(payoff.values)[which], (prior / made)[which]


def _lean(solution: Solution, paths: int, tuning: SimulationTuning) -> Lean | None:
    """As fast as gets to where the price is halfway to the rarest payoff at T, by supply alone."""
    rare = _rare(solution, paths, tuning)
    if rare is None:
        return None
    economy, xi = solution.economy, solution.space.xi[0]
    halfway = 0.5 * (solution.initial.price + rare)
    there = float(np.interp(halfway, solution.price(xi), xi))
    return Lean(rare, (there - economy.start) / (economy.rho_sigma * economy.horizon))


def _risk_neutral(
    solution: Solution, rng: np.random.Generator, paths: int, steps: int, tuning: SimulationTuning
) -> list[Estimate]:
    """Martingale property and variance of the price."""
    lean = _lean(solution, paths, tuning)
    fine, coarse = neutral_paths(solution, rng, paths, steps, lean)
    initial, last = solution.initial, AtDate(solution, solution.economy.horizon)

    def outcome(end: Neutral) -> list[Array]:
        p, left = last.at(end.xi, end.psi, "price", "variance")
        return [p, end.moves + left, (p - initial.price) ** 2 + left]

    def weight(end: Neutral) -> Array:
        return np.ones(paths) if lean is None else 2.0 * expit(-end.log_ratio)

    price, variance = solution.error["price"], solution.error["variance"]
    names = {
        "martingale: E^Q of the price at T": (initial.price, price),
        "variance: E^Q (squared price moves + V at T)": (initial.variance, variance),
        "variance: Var^Q of the price at T + E^Q V at T": (initial.variance, variance),
    }
    weights = weight(fine), weight(coarse)
    return _estimates(names, outcome(fine), outcome(coarse), weights, tuning)


def _estimates(
    names: dict[str, tuple[float, float]],
    fine: list[Array],
    coarse: list[Array],
    weights: tuple[Array, Array],
    tuning: SimulationTuning,
) -> list[Estimate]:
    """Extrapolated means, path by path; weights have a mean of one."""
    found = []
    for (name, (expected, error)), *both in zip(names.items(), fine, coarse, strict=True):
        one, two = (expected + w * (f - expected) for w, f in zip(weights, both, strict=True))
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
