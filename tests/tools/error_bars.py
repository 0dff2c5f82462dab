"""Are the error bars honest? `python tests/tools/error_bars.py TOL COUNT [FIRST_SEED [PROCESSES]]`.

Solves COUNT cases of every family (tests/tools/families.py), the same number of any kind, and the
named cases, each as a user would, and compares the bars with the true errors. For these every case
is solved again over a domain of its own: REACH standard deviations of supply in place of 7.5, psi
up to well beyond what is reached (checked afterwards), more nodes on the same length, and at least
twice the time steps, from a thirtieth of the tolerance. With 1.25 times the nodes along xi (order
8) and 1.45 times those along psi (order 7) a sixth and a thirteenth of the error are left; where
attention has a kink the factors are 1.5 and 2, and a jump is spread over 0.4 times as much. The
difference is the true error, as long as it is much larger than what the finer grid itself leaves:
an error over its bar counts if the same says so that begins at a solve to a tenth of the tolerance.
On one line of nodes (normal payoffs) the bars are too tight for that, and the closed form,
integrated to rounding from a start of its own, is the truth.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pdesolve.case import Case, case_from_dict, case_names, load_case
from pdesolve.finance.nodes import finer
from pdesolve.model.payoff.factory import make_prior
from pdesolve.solver.normal import normal_initial
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.domain import DomainTuning, choose_domain
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.pde.passes import retrace, run_pass
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.pde.solver import SolveError, solve
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import ERRORS, InitialState
from pdesolve.verification.check import barred
from pdesolve.verification.error_bars import LINES, alike

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.tools.families import FAMILIES, family_case

REACH, MORE_PSI = 9.5, 1.3
NARROWER = 0.4
FINER, FINER_KINK = ByAxis(1.25, 1.45), ByAxis(1.5, 2.0)


class Verdict(NamedTuple):
    """One case: the true errors and the bars, both relative to the scales of the tolerance.

    And the processor's seconds that the solve took.
    """

    name: str
    converged: bool
    message: str
    errors: dict[str, float]
    bars: dict[str, float]
    seconds: float

    @property
    def misses(self) -> list[str]:
        """Fields whose true error is over the bar."""
        return [name for name in self.errors if self.errors[name] > self.bars[name] + 1e-12]

    @property
    def excess(self) -> float:
        """Largest true error over its bar."""
        return max((self.errors[n] / max(self.bars[n], 1e-12) for n in self.errors), default=0.0)

    @property
    def width(self) -> float:
        """How many times too wide the bars are: the median over the fields."""
        ratios = [self.bars[n] / max(self.errors[n], 1e-12) for n in self.errors if self.bars[n]]
        return float(np.median(ratios)) if ratios else 1.0


def far_finer(found: Solution, tolerance: float) -> Solution:
    """One pass over a wider domain, on a much finer grid and with many more steps."""
    space = found.space
    domain = choose_domain(found.economy, 1e-3 * tolerance, DomainTuning(reach=REACH))
    nodes_more = FINER_KINK if has_kink(found) else FINER
    economy = replace(found.economy, jump_width=NARROWER * found.economy.jump_width)
    top = MORE_PSI * max(space.psi_known, float(found.psi_reached[-1]))
    lines, flat = space.n_psi, space.n_psi == 1 and found.prior.is_two_point
    if space.n_psi == 1 and not flat:  # does nobody learn?
        top, lines = 1.0 / found.prior.variance, LINES
    for _ in range(3):
        wide = replace(domain, psi_top=min(top, domain.psi_informed))
        grid = wide.grid(2, 2, space.order)
        longer = max(1.0, grid.width / space.width)  # for nodes of the same spacing in the middle
        nodes = ByAxis(
            round(longer * nodes_more.xi * space.n_xi),
            1 if flat else round(alike(space) * nodes_more.psi * lines),
        )
        better = run_pass(found.case, economy, wide, nodes, 0.03 * tolerance, 4000)
        if wide.informed or float(better.psi_reached[-1]) <= better.space.psi_known:
            break
        top *= MORE_PSI
    if better.times.size < 2 * found.times.size:
        halves = np.concatenate([finer(t) for t in pieces(better.times, found.case.market)])
        better = retrace(better, better.space, halves)
    return better


def assess(case: Case, tolerance: float = 1e-5) -> Verdict:
    """Solve a case and measure its true errors."""
    began = time.process_time()
    try:
        found = solve(case, tol=tolerance)
    except SolveError as failure:
        return Verdict(case.name, False, str(failure), {}, {}, time.process_time() - began)
    seconds = time.process_time() - began
    try:
        line = found.space.n_xi == 1
        truth = normal_initial(case) if line else far_finer(found, tolerance).initial
    except ArithmeticError as failure:
        said = f"no reference: {failure}"
        return Verdict(case.name, found.converged, said, {}, {}, seconds)
    verdict = compared(found, truth, seconds)
    if verdict.misses and not line:
        with suppress(SolveError, ArithmeticError):
            closer = far_finer(solve(case, tol=0.1 * tolerance), 0.1 * tolerance)
            verdict = compared(found, closer.initial, seconds)
    return verdict


def compared(found: Solution, truth: InitialState, seconds: float) -> Verdict:
    """Bars with the true errors."""
    scales = {name: size or 1.0 for name, size in error_scales(found).items()}  # an SVIX of 0
    errors = {
        name: abs(getattr(found.initial, name) - getattr(truth, name)) / scales[name]
        for name in barred(found)
    }
    bars = {name: found.bars[name] / scales[name] for name in barred(found)}
    return Verdict(found.case.name, found.converged, found.message, errors, bars, seconds)


def random_payoff(rng: np.random.Generator, size: float) -> dict[str, Any]:
    """A payoff of any kind, of about that size."""
    kind = rng.choice(["discrete", "normal", "mixture", "uniform", "lognormal", "beta", "sample"])
    if kind == "discrete":
        n = int(rng.integers(2, 6))
        shares = np.maximum(rng.dirichlet(np.ones(n)), 1e-3)
        keys = {
            "values": size * np.sort(rng.normal(size=n)),
            "probabilities": shares / shares.sum(),
        }
    elif kind == "normal":
        keys = {"mean": size * rng.normal(), "sd": size}
    elif kind == "mixture":
        n = int(rng.integers(2, 4))
        keys = {
            "means": size * rng.normal(size=n),
            "sds": size * rng.uniform(0.2, 1.0, size=n),
            "weights": rng.dirichlet(np.ones(n)),
        }
    elif kind == "uniform":
        keys = {"low": 0.0, "high": 3.0 * size}
    elif kind == "lognormal":
        cv, above = rng.uniform(0.1, 0.6), rng.uniform(3.0, 6.0)
        keys = {"mean": size, "sd": cv * size}
        keys |= {"low": size * max(0.0, 1.0 - 3.0 * cv), "high": size * (1.0 + above * cv)}
    elif kind == "beta":
        a, b = rng.uniform(0.5, 6.0, size=2)
        keys = {"a": a, "b": b, "low": 0.0, "high": 3.0 * size}
    else:
        keys = {"values": size * rng.normal(size=15), "bandwidth": 0.4 * size}
    return {"kind": str(kind), **{key: np.asarray(v).tolist() for key, v in keys.items()}}


def random_attention(
    rng: np.random.Generator, rho: float, sd: float, goal: float
) -> dict[str, Any]:
    """A technology and a cost such that V = sd² buys precision of about `goal` at S of about 1."""
    kind = rng.choice(["linear", "power", "exponential"], p=[0.65, 0.3, 0.05])
    gain, linear = sd**2 / (2.0 * rho), float(rng.choice([0.0, 0.2]))
    keys: dict[str, Any] = {"signals": 2, "precision": str(kind)}
    rate = 1.0
    if kind == "linear":
        keys["efficiency"] = goal
        marginal = gain * goal
    elif kind == "power":
        eta, signals = rng.uniform(0.3, 0.8), int(rng.integers(1, 6))
        efficiency = goal / signals ** (1.0 - eta)
        keys |= {"elasticity": eta, "signals": signals, "efficiency": efficiency}
        marginal = gain * goal * eta
    else:
        sensitivity = rng.uniform(0.3, 1.0)
        keys["sensitivity"] = sensitivity
        rate = rng.uniform(1.5, 3.0) * sensitivity
        marginal = gain * sensitivity * np.exp(sensitivity)
    if kind == "exponential" or rng.random() < 0.25:
        scale = marginal * (1.0 - linear) / np.exp(rate)
        cost = {"kind": "exponential", "scale": scale, "rate": rate}
    else:
        scale = marginal * (1.0 - linear)
        cost = {"kind": "power", "scale": scale, "exponent": rng.uniform(1.5, 3.0)}
    keys["cost"] = {**cost, "linear": linear * marginal}
    keys["capacity"] = float(rng.choice([np.inf, 1.0, 0.8], p=[0.75, 0.15, 0.1]))
    return keys


def random_case(seed: int) -> Case:
    """A case drawn at random: any payoff, technology and cost, supply risk 0.2 to 2.5."""
    rng = np.random.default_rng(seed)
    payoff = random_payoff(rng, float(10 ** rng.uniform(-1, 1)))
    plain = {"signals": 2, "precision": "linear", "efficiency": 1.0}
    body: dict[str, Any] = {
        "title": f"random {seed}",
        "market": {
            "risk_aversion": 1.0,
            "supply_volatility": 1.0,
            "initial_supply": 0.0,
            "horizon": 1.0,
        },
        "payoff": payoff,
        "attention": {**plain, "cost": {"kind": "power", "scale": 1.0, "exponent": 2.0}},
    }
    sd = make_prior(case_from_dict(body, f"random-{seed}").payoff).sd
    rho, horizon = 10 ** rng.uniform(-0.3, 0.7) / sd, 10 ** rng.uniform(-1.0, 0.5)
    risk = 10 ** rng.uniform(-0.7, 0.4)
    body["market"] = {
        "risk_aversion": rho,
        "supply_volatility": risk / (rho * sd * horizon**0.5),
        "initial_supply": rng.normal() / (rho * sd),
        "horizon": horizon,
    }
    goal = 10 ** rng.uniform(-1.3, 1.0) / (sd**2 * horizon)
    body["attention"] = random_attention(rng, rho, sd, goal)
    return case_from_dict(body, f"random-{seed}")


def line(verdict: Verdict) -> str:
    """One row of the table."""
    if not verdict.errors:
        return f"{verdict.name:22} {verdict.seconds:6.2f} s  no solution: {verdict.message}"
    worst = max(verdict.errors, key=lambda name: verdict.errors[name])
    return (
        f"{verdict.name:22} {verdict.seconds:6.2f} s  error {verdict.errors[worst]:.1e} "
        f"bar {verdict.bars[worst]:.1e} ({worst}), {verdict.width:5.1f} times too wide, "
        f"{'converged' if verdict.converged else 'NOT converged'}"
        + (f"  OVER THE BAR: {', '.join(verdict.misses)}" if verdict.misses else "")
    )


def summary(verdicts: list[Verdict], tolerance: float) -> str:
    """What the study found."""
    solved = [v for v in verdicts if v.errors]
    under = sum(not v.misses for v in solved)
    far = [v for v in solved if v.converged and asked(v) > 2.0 * tolerance]
    return (
        f"{len(solved)} of {len(verdicts)} cases solved, {sum(v.converged for v in solved)} within "
        f"the tolerance; true error under the bar in {under} ({under / len(solved):.1%}); "
        f"bars {np.median([v.width for v in solved]):.1f} times too wide in the median; "
        f"largest miss {max(v.excess for v in solved):.1f} times the bar; "
        f"{len(far)} converged cases are off by more than twice the tolerance"
    )


def asked(verdict: Verdict) -> float:
    """Largest true error of the values that accuracy is asked of."""
    return max(verdict.errors[name] for name in verdict.errors if name in ERRORS)


def table(verdicts: dict[str, list[Verdict]]) -> str:
    """One row for each family, in Markdown."""
    lines = [
        "| family | cases | solved | within | under the bar | largest miss | too wide | slowest |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for family, some in verdicts.items():
        solved = [v for v in some if v.errors]
        miss = max((v.excess for v in solved if v.misses), default=0.0)
        wide = float(np.median([v.width for v in solved])) if solved else np.nan
        lines.append(
            f"| {family} | {len(some)} | {len(solved)} | {sum(v.converged for v in solved)} | "
            f"{sum(not v.misses for v in solved)} | {f'{miss:.1f}' if miss else ''} | "
            f"{wide:.0f} | {max(v.seconds for v in some):.0f} s |"
        )
    return "\n".join(lines)


def main(
    tolerance: float = 1e-4, count: int = 25, first: int = 0, processes: int = 2
) -> dict[str, list[Verdict]]:
    """Assess so many cases of each family, from a seed on, and the named ones."""
    seeds = range(first, first + count)
    cases = {"named": [load_case(name) for name in case_names()]}
    cases["any kind"] = [random_case(seed) for seed in seeds]
    cases |= {family: [family_case(family, seed) for seed in seeds] for family in FAMILIES}
    verdicts: dict[str, list[Verdict]] = {family: [] for family in cases}
    with ProcessPoolExecutor(processes) as pool:
        flat = [(family, case) for family, some in cases.items() for case in some]
        found = pool.map(partial(assess, tolerance=tolerance), [case for _, case in flat])
        for (family, _), verdict in zip(flat, found, strict=True):
            print(line(verdict), flush=True)
            verdicts[family].append(verdict)
    print(table(verdicts))
    print(summary([v for some in verdicts.values() for v in some], tolerance))
    return verdicts


if __name__ == "__main__":
    given = sys.argv[1:]
    main(float(given[0]) if given else 1e-4, *(int(text) for text in given[1:]))
