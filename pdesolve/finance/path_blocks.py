"""Paths of a solved market, block by block (derivation.md, section 14).

Everything that is public follows from what the price tells: xi, psi, and the evidence Z of
precision H that prices are about the payoff. Under the physical measure the payoff is drawn first;
under the risk-neutral one last, from the tilted prior at T. What depends on the payoff (supply, and
with it what an investor holds and earns) is linear in it and can wait for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.finance.beliefs import PublicBelief
from pdesolve.finance.paths import AtDate, foretold, moved, respond, told
from pdesolve.solver.brief import Brief
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

FIELDS = ("price", "variance", "log_value_slope")  # the last under the risk-neutral measure only


@dataclass(frozen=True, kw_only=True, repr=False)
class PathTuning(Brief):
    """How paths are simulated.

    Attributes
    ----------
    stream : int
        Paths with a stream of random numbers of their own; a block consists of some of these.
    memory : int
        Bytes that a block of paths takes, about; fields that are kept take no more.
    """

    stream: int = 256
    memory: int = 2**27

    def block(self, dates: int, kept: int) -> int:
        """Paths of a block: by what is kept, twice while it is put in order, and the shocks."""
        each = 8 * (2 * len(PathValues._fields) * kept + 4 * dates + 64)
        return self.stream * max(1, self.memory // (each * self.stream))


class PathValues(NamedTuple):
    """What a path has at a date, in the order of a data set; `information` has added up."""

    xi: Array
    psi: Array
    price: Array
    variance: Array
    attention: Array
    precision_rate: Array
    spending: Array
    supply: Array
    public_mean: Array
    public_variance: Array
    information: Array
    position: Array
    wealth: Array


class _Path(NamedTuple):
    """Where paths are at a date: the states, evidence Z and its precision H, and what has added up.

    `noise` is that of an investor's signals, `gain` her wealth but for the payoff times
    `per_payoff`; `log_kernel` is that of the pricing kernel, but for what the payoff adds.
    """

    xi: Array
    psi: Array
    evidence: Array
    precision: Array
    noise: Array
    gain: Array
    per_payoff: Array
    information: Array
    log_kernel: Array


class _Seen(NamedTuple):
    """What there is to see at a date where a path is."""

    price: Array
    variance: Array
    log_value_slope: Array | None
    attention: Array
    precision_rate: Array
    cost: Array
    public_mean: Array
    public_variance: Array


class Block(NamedTuple):
    """Some of the paths: number of the first, payoffs, kernels, values of shape (paths, kept)."""

    start: int
    payoff: Array
    pricing_kernel: Array
    values: PathValues


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """What is simulated.

    Attributes
    ----------
    solution : Solution
    paths : int
    fine : array, shape (dates + 1,)
        Trading dates, from 0 to the horizon.
    physical : bool
        Or risk-neutral.
    seed : int
    coarse : bool
        Whether every second date is left out.
    kept : array
        Whole numbers of the dates that are kept, among `t`.
    size : int
        Paths of a block.
    tuning : PathTuning
    """

    solution: Solution
    paths: int
    fine: Array
    physical: bool
    seed: int
    coarse: bool
    kept: NDArray[np.int_]
    size: int
    tuning: PathTuning

    @property
    def t(self) -> Array:
        """Dates that are traded at."""
        return self.fine[::2] if self.coarse else self.fine

    def blocks(self, progress: bool) -> Iterator[Block]:
        """One block after another; what they hold together does not depend on their size."""
        from tqdm import tqdm

        off = None if progress else True  # None: where standard error is not a terminal
        total, name = self.paths * (self.t.size - 1), self.solution.case.name
        with tqdm(total=total, desc=name, unit="step", unit_scale=True, disable=off) as bar:
            for start in range(0, self.paths, self.size):
                yield self._block(start, min(start + self.size, self.paths), bar)

    # ------------------------------------------------------------------ chance

    @cached_property
    def _shares(self) -> Array:
        """Uniform shares that become payoffs: one in each of as many equal parts as paths."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0,)))
        shares = (rng.permutation(self.paths) + rng.random(self.paths)) / self.paths
        return np.asarray(np.minimum(shares, 1.0 - 2.0**-53))

    def _shocks(self, start: int, stop: int) -> Array:
        """Moves of the public and an investor's own Brownian motion, shape (steps, 2, paths)."""
        steps, each = self.fine.size - 1, self.tuning.stream
        found = np.empty((steps, 2, stop - start))
        for low in range(start, stop, each):
            stream = np.random.SeedSequence(self.seed, spawn_key=(1, low // each))
            part = found[..., low - start : low - start + each]
            drawn = np.random.default_rng(stream).standard_normal((steps, 2, each))
            part[:] = drawn[..., : part.shape[-1]]
        found *= np.sqrt(np.diff(self.fine))[:, None, None]
        return found[::2] + found[1::2] if self.coarse else found

    # ------------------------------------------------------------------ fields

    @cached_property
    def _public(self) -> PublicBelief:
        return PublicBelief(self.solution)

    @cached_property
    def _fields(self) -> Any:
        """Fields at the date of a number, kept as long as there is room."""
        size = 16 * len(FIELDS) * self.solution.space.xi.size  # values and splines through them

        @lru_cache(maxsize=self.tuning.memory // size)
        def at(k: int) -> AtDate:
            return AtDate(self.solution, float(self.t[k]))

        return at

    def _see(self, k: int, now: _Path) -> _Seen:
        names = FIELDS[:2] if self.physical else FIELDS
        price, variance, *slope = self._fields(k).at(now.xi, now.psi, *names)
        found, _ = respond(self.solution, variance)
        return _Seen(
            price,
            variance,
            slope[0] if slope else None,
            found.attention,
            found.precision_rate,
            found.cost,
            *self._public.at(now.evidence, now.precision),
        )

    # ------------------------------------------------------------------ paths

    def _block(self, start: int, stop: int, bar: Any) -> Block:
        """Paths from one to another."""
        prior, shocks, shares = self.solution.prior, self._shocks(start, stop), self._shares
        shares, none = shares[start:stop], np.zeros(stop - start)
        x = prior.quantile(shares) if self.physical else None
        now = _Path(none + self.solution.economy.start, *[none] * 8)
        seen, kept = self._see(0, now), set(self.kept.tolist())
        taken = [(now, seen)] if 0 in kept else []
        for k, dt in enumerate(np.diff(self.t).tolist()):
            later = self._moved(now, seen, x, dt, shocks[k])
            after = self._see(k + 1, later)
            now, seen = self._earned(now, seen, later, after, dt), after
            if k + 1 in kept:
                taken.append((now, seen))
            bar.update(stop - start)
        if x is None:
            x = prior.tilted_draw(shares, now.xi - prior.centre * now.psi, now.psi)
        dates = [self._values(x, *one) for one in taken]
        values = (np.stack(one, axis=1) for one in zip(*dates, strict=True))
        return Block(start, x, self._kernel(x, now, seen), PathValues(*values))

    def _moved(self, now: _Path, seen: _Seen, x: Array | None, dt: float, shock: Array) -> _Path:
        """A date on: the states, and the evidence of prices, dZ = A/(rho sigma) dM."""
        economy, rate = self.solution.economy, seen.precision_rate
        move, signal = economy.motion(rate), rate / economy.rho_sigma
        if x is not None:
            surprise = told(self.solution, rate, x, dt, shock[0])
        else:
            assert seen.log_value_slope is not None
            surprise = foretold(move, seen.price, seen.log_value_slope, dt, shock[0])
        xi, psi = moved(now.xi, now.psi, move, surprise, dt)
        return now._replace(
            xi=xi,
            psi=psi,
            evidence=now.evidence + signal * surprise,
            precision=now.precision + signal**2 * dt,
            noise=now.noise + np.sqrt(rate) * shock[1],
            information=now.information + 0.5 * signal**2 * seen.public_variance * dt,
        )

    def _earned(self, now: _Path, seen: _Seen, later: _Path, after: _Seen, dt: float) -> _Path:
        """The later date, with what an investor has gained by what she held before."""
        rho, rise = self.solution.economy.risk_aversion, after.price - seen.price
        common, per_payoff = _held(now, rho)
        paid, squared = seen.cost * dt, 0.5 * seen.precision_rate * seen.price**2 * dt
        return later._replace(
            gain=now.gain + (common + now.noise / rho) * rise - paid,
            per_payoff=now.per_payoff + per_payoff * rise,
            log_kernel=now.log_kernel - rho * (common * rise - paid) + squared,
        )

    def _kernel(self, x: Array, end: _Path, seen: _Seen) -> Array:
        """Risk-neutral over physical probability of a path with its payoff."""
        rho, gain = self.solution.economy.risk_aversion, self.solution.initial
        common, per_payoff = _held(end, rho)
        last = common * (x - seen.price) + 0.5 * per_payoff * x**2
        return np.exp(end.log_kernel - rho * (last - gain.certainty_equivalent_gain))

    def _values(self, x: Array, now: _Path, seen: _Seen) -> PathValues:
        """Values at a date, now that the payoff is known."""
        rho = self.solution.economy.risk_aversion
        common, per_payoff = _held(now, rho)
        supply = common + x * per_payoff
        return PathValues(
            xi=now.xi,
            psi=now.psi,
            price=seen.price,
            variance=seen.variance,
            attention=seen.attention,
            precision_rate=seen.precision_rate,
            spending=seen.cost,
            supply=supply,
            public_mean=seen.public_mean,
            public_variance=seen.public_variance,
            information=now.information,
            position=supply + now.noise / rho,
            wealth=now.gain + x * now.per_payoff,
        )


def _held(now: _Path, rho: float) -> tuple[Array, Array]:
    """What investors hold: theta = (Z - xi)/rho in common, Lambda/rho more per unit of payoff."""
    return (now.evidence - now.xi) / rho, (now.psi - now.precision) / rho
